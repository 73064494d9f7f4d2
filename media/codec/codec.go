package codec

import (
	"errors"
	"fmt"
	"strings"

	"patchbay/media"
)

// MaxSamples is the longest sound that one packet may carry, in samples at 16 kHz: 120 ms, the longest that Opus packs
// (RFC 6716 §2.1.4). A buffer of this length takes what any Decoder makes of any packet.
const MaxSamples = 120 * media.SampleRate / 1000

// MaxPayload is the longest payload that an Encoder makes for one Frame, in bytes.
const MaxPayload = 1275 // RFC 6716 §3.4: the longest Opus frame

var (
	// ErrPayload reports a payload that its codec can't have made: empty, too long, or damaged.
	ErrPayload = errors.New("codec: malformed payload")
	// ErrBuffer reports an output buffer that is too short for what it should hold.
	ErrBuffer = errors.New("codec: output buffer too short")
	// ErrUnknown reports a Codec that is none of this package's.
	ErrUnknown = errors.New("codec: unknown codec")
)

// Codec names one of the audio codecs. The zero value is none.
type Codec uint8

// The codecs, in the order of RFC 3551's payload types.
const (
	None Codec = iota
	PCMU       // G.711 µ-law, RFC 3551 §4.5.14
	PCMA       // G.711 A-law, RFC 3551 §4.5.14
	G722       // G.722 at 64 kb/s, RFC 3551 §4.5.2
	Opus       // RFC 6716 and RFC 7587
)

// ByName finds the codec with an SDP encoding name, in any case (RFC 4855 §3). It returns None where there is none.
func ByName(name string) Codec {
	for _, c := range [...]Codec{PCMU, PCMA, G722, Opus} {
		if strings.EqualFold(name, c.Name()) {
			return c
		}
	}
	return None
}

// ByPayloadType finds the codec of a static payload type (RFC 3551 §6). It returns None where there is none.
func ByPayloadType(pt uint8) Codec {
	for _, c := range [...]Codec{PCMU, PCMA, G722} {
		if pt == c.PayloadType() {
			return c
		}
	}
	return None
}

// Name is the encoding name in SDP's a=rtpmap.
func (c Codec) Name() string {
	switch c {
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	case G722:
		return "G722"
	case Opus:
		return "opus"
	}
	return "none"
}

// String is Name.
func (c Codec) String() string { return c.Name() }

// PayloadType is the static payload type, or our default among the dynamic ones (RFC 3551 §6: 96 to 127).
func (c Codec) PayloadType() uint8 {
	switch c {
	case PCMA:
		return 8
	case G722:
		return 9
	case Opus:
		return 111
	}
	return 0
}

// ClockRate is the rate of the RTP timestamp in Hz. G.722's is 8000 though it samples at 16 kHz (RFC 3551 §4.5.2);
// Opus's is always 48000 (RFC 7587 §4.1).
func (c Codec) ClockRate() int {
	switch c {
	case PCMU, PCMA, G722:
		return 8000
	case Opus:
		return 48000
	}
	return 0
}

// SampleRate is the rate in Hz of the sound that the codec carries here. Opus is coded from and to 16 kHz directly.
func (c Codec) SampleRate() int {
	switch c {
	case PCMU, PCMA:
		return 8000
	case G722, Opus:
		return media.SampleRate
	}
	return 0
}

// Channels is the channel count in SDP's a=rtpmap: Opus always says 2 (RFC 7587 §7), though ours is mono.
func (c Codec) Channels() int {
	if c == Opus {
		return 2
	}
	return 1
}

// Encoder turns Frames into payloads. It keeps state between Frames and belongs to one goroutine.
type Encoder interface {
	// Encode writes the payload of f to out and returns its length in bytes. It neither retains f nor allocates.
	Encode(f *media.Frame, out []byte) (int, error)
}

// Decoder turns payloads into sound at 16 kHz. It keeps state between payloads and belongs to one goroutine.
type Decoder interface {
	// Decode writes the sound of one payload of any legal length to out and returns the number of samples. It neither
	// retains payload nor allocates. After an error the state is as before.
	Decode(payload []byte, out []int16) (samples int, err error)
	// Conceal fills out with what most likely was in a lost payload; further calls fade to silence.
	Conceal(out []int16)
	// Reset forgets the stream so far.
	Reset()
}

// Recoverer is a Decoder whose packets carry a copy of their predecessor (RFC 6716 §2.1.7).
type Recoverer interface {
	Decoder
	// Recover fills out, in place of Conceal, with the sound of the lost packet right before the one with the payload
	// next, which is still to be decoded after it.
	Recover(next []byte, out []int16) error
}

// Options are an Encoder's; only Opus has any.
type Options struct {
	Bitrate    int // bits per second; 0 is 28000
	LossPct    int // expected loss in percent, 0 to 100; above 0 it turns in-band FEC on
	Complexity int // 1 to 10; 0 is 5
}

// NewEncoder makes an Encoder.
func (c Codec) NewEncoder(o Options) (Encoder, error) {
	switch c {
	case PCMU, PCMA:
		return newG711Encoder(c), nil
	case G722:
		return newG722Encoder(), nil
	case Opus:
		return newOpusEncoder(o)
	}
	return nil, fmt.Errorf("%w: %d", ErrUnknown, c)
}

// NewDecoder makes a Decoder.
func (c Codec) NewDecoder() (Decoder, error) {
	switch c {
	case PCMU, PCMA:
		return newG711Decoder(c), nil
	case G722:
		return newG722Decoder(), nil
	case Opus:
		return newOpusDecoder()
	}
	return nil, fmt.Errorf("%w: %d", ErrUnknown, c)
}
