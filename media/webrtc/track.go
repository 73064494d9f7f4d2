package webrtc

import (
	"fmt"
	"sync"
	"time"

	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/rtp"
)

// pauseAfter is how long nothing was written before the timestamp leaps over the pause.
const pauseAfter = 5 * media.FrameDuration

// track sends our sound. It implements pion.TrackLocal: pion binds it when a codec is agreed upon.
type track struct {
	sender *rtp.Sender

	mu     sync.Mutex // guards the fields below; pion holds it when it (un)binds, the tick when it writes
	format rtp.Format
	stream pion.TrackLocalWriter // nil while unbound
	ssrc   uint32

	header  pionrtp.Header
	written time.Time // when the last packet was
	leap    uint32    // added to the sender's timestamps, in RTP clock units
}

var _ pion.TrackLocal = (*track)(nil)

func newTrack() (*track, error) {
	var t track
	s, err := rtp.NewSender(rtp.SenderConfig{Format: rtp.Default(codec.PCMU), Write: t.write})
	if err != nil {
		return nil, fmt.Errorf("webrtc: sender: %w", err)
	}
	t.sender = s
	return &t, nil
}

// Bind implements pion.TrackLocal.
func (t *track) Bind(ctx pion.TrackLocalContext) (pion.RTPCodecParameters, error) {
	for _, p := range ctx.CodecParameters() {
		c := codecOf(p.MimeType)
		if c == codec.None {
			continue
		}
		f := rtp.Format{Codec: c, PayloadType: uint8(p.PayloadType)}
		if err := t.sender.SetCodec(f, 0); err != nil {
			return pion.RTPCodecParameters{}, fmt.Errorf("webrtc: sender: %w", err)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.format, t.stream, t.ssrc = f, ctx.WriteStream(), uint32(ctx.SSRC())
		return p, nil
	}
	return pion.RTPCodecParameters{}, pion.ErrUnsupportedCodec
}

// Unbind implements pion.TrackLocal.
func (t *track) Unbind(pion.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stream = nil
	return nil
}

// ID implements pion.TrackLocal.
func (t *track) ID() string { return "voice" }

// RID implements pion.TrackLocal.
func (t *track) RID() string { return "" }

// StreamID implements pion.TrackLocal.
func (t *track) StreamID() string { return "patchbay" }

// Kind implements pion.TrackLocal.
func (t *track) Kind() pion.RTPCodecType { return pion.RTPCodecTypeAudio }

// WriteFrame sends 20 ms, or nothing while no codec is agreed upon.
func (t *track) WriteFrame(f *media.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stream != nil {
		t.sender.WriteFrame(f)
	}
}

// write is the sender's: it hands a packet to pion under the SSRC that was announced. The caller holds mu.
func (t *track) write(pkt []byte) error {
	n, err := t.header.Unmarshal(pkt)
	if err != nil {
		return err
	}
	now := time.Now()
	if pause := now.Sub(t.written); pause > pauseAfter && !t.written.IsZero() {
		// A peer is written to only while it sits in a Bridge. RFC 3550 §5.1: the timestamp goes on through silence, and
		// RFC 3551 §4.1: the first packet after it carries the marker; without, the far end takes all that follows for late.
		frames := int64(pause/media.FrameDuration) - 1
		t.leap += uint32(frames * int64(t.format.Codec.ClockRate()) / int64(time.Second/media.FrameDuration))
		t.header.Marker = true
	}
	t.written = now
	t.header.SSRC = t.ssrc
	t.header.Timestamp += t.leap
	_, err = t.stream.WriteRTP(&t.header, pkt[n:])
	return err
}

// codec is what is sent, codec.None before one is agreed upon.
func (t *track) codec() codec.Codec {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.format.Codec
}

// boundSSRC is the SSRC of what is sent.
func (t *track) boundSSRC() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ssrc
}
