package codec

import (
	"fmt"

	"github.com/hraban/opus"

	"patchbay/media"
)

// Defaults of the Opus encoder: telephone speech at 16 kHz is transparent from about 24 kb/s, and complexity 5 costs
// half of what 9 does for a difference that speech does not show.
const (
	DefaultOpusBitrate = 28000 // bits per second
	opusComplexity     = 5
)

type opusEncoder struct{ enc *opus.Encoder }

func newOpusEncoder(o Options) (*opusEncoder, error) {
	if o.Bitrate == 0 {
		o.Bitrate = DefaultOpusBitrate
	}
	if o.Complexity == 0 {
		o.Complexity = opusComplexity
	}
	enc, err := opus.NewEncoder(media.SampleRate, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("codec: opus encoder: %w", err)
	}
	for _, set := range []func() error{
		func() error { return enc.SetBitrate(o.Bitrate) },
		func() error { return enc.SetComplexity(o.Complexity) },
		func() error { return enc.SetInBandFEC(o.LossPct > 0) },
		func() error { return enc.SetPacketLossPerc(o.LossPct) },
		// The far end's jitter buffer learns most from a steady stream, and comfort frames keep NAT bindings open.
		func() error { return enc.SetDTX(false) },
	} {
		if err := set(); err != nil {
			return nil, fmt.Errorf("codec: opus encoder: %w", err)
		}
	}
	return &opusEncoder{enc: enc}, nil
}

func (e *opusEncoder) Encode(f *media.Frame, out []byte) (int, error) {
	if len(out) == 0 {
		return 0, ErrBuffer
	}
	n, err := e.enc.Encode(f[:], out)
	if err != nil {
		return 0, fmt.Errorf("codec: opus encode: %w", err)
	}
	return n, nil
}

type opusDecoder struct {
	dec  *opus.Decoder
	step [opusStep]int16 // the latest piece of concealment that was longer than asked for
	left int             // samples at its end that were not used yet
}

func newOpusDecoder() (*opusDecoder, error) {
	dec, err := opus.NewDecoder(media.SampleRate, 1)
	if err != nil {
		return nil, fmt.Errorf("codec: opus decoder: %w", err)
	}
	return &opusDecoder{dec: dec}, nil
}

func (d *opusDecoder) Decode(payload []byte, out []int16) (int, error) {
	if len(payload) == 0 {
		return 0, ErrPayload
	}
	if len(out) < MaxSamples {
		return 0, ErrBuffer
	}
	d.left = 0
	n, err := d.dec.Decode(payload, out[:MaxSamples])
	if err != nil {
		return 0, ErrPayload // the library's error says no more, and wrapping it allocates
	}
	return n, nil
}

// opusUnit is what libopus conceals and recovers multiples of: 2.5 ms (opus_decode's frame_size). Its speech layer works in
// 10 ms: shorter pieces fade at once.
const (
	opusUnit = media.SampleRate / 400
	opusStep = media.SampleRate / 100
)

func (d *opusDecoder) Conceal(out []int16) {
	n := copy(out, d.step[opusStep-d.left:])
	d.left -= n
	for out = out[n:]; len(out) > 0; out = out[n:] {
		n = min(len(out), MaxSamples)
		n -= n % opusStep
		if n > 0 {
			if d.dec.DecodePLC(out[:n:n]) != nil { // the library fills a slice to its capacity
				clear(out)
				return
			}
			continue
		}
		if d.dec.DecodePLC(d.step[:]) != nil {
			clear(out)
			return
		}
		n = copy(out, d.step[:])
		d.left = opusStep - n
	}
}

func (d *opusDecoder) Recover(next []byte, out []int16) error {
	if len(next) == 0 || len(out) == 0 || len(out)%opusUnit != 0 {
		return ErrPayload
	}
	d.left = 0
	if d.dec.DecodeFEC(next, out[:len(out):len(out)]) != nil {
		return ErrPayload
	}
	return nil
}

// Reset does nothing: to libopus another stream is like one with a loss before it, from which it recovers within a
// frame or two, and a new decoder would be an allocation.
func (d *opusDecoder) Reset() {}

var (
	_ Encoder   = (*opusEncoder)(nil)
	_ Recoverer = (*opusDecoder)(nil)
)
