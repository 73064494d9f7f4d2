package codec

import (
	"fmt"

	"github.com/hraban/opus"

	"patchbay/media"
)

// Settings of the stereo encoder, which records calls and so is bound by CPU, not by a network. Restricted low delay is
// CELT alone: at complexity 0 a stereo frame costs 30 µs, a third of what SILK takes for one channel. At 48 kb/s it keeps
// two voices apart that have nothing in common (TestStereoKeepsVoicesApart).
const (
	stereoBitrate    = 48000 // bits per second, both channels
	stereoComplexity = 0
)

// Opus's own clock is 48 kHz, whatever it codes (RFC 7845 §4).
const (
	OpusClock       = 48000
	OpusFrame       = OpusClock / 50  // of a Frame, in samples of that clock
	StereoLookahead = OpusClock / 400 // samples that a Stereo's decoder gives before the first of the sound: 2.5 ms
	MaxStereoPacket = 400             // bytes that a packet of Stereo has at most; three times its usual size
)

// Stereo codes two Frames as the left and right of one Opus packet (RFC 6716). It belongs to one goroutine at a time and
// does not allocate.
type Stereo struct {
	enc *opus.Encoder
	pcm [2 * media.FrameSamples]int16
}

// NewStereo makes an encoder.
func NewStereo() (*Stereo, error) {
	enc, err := opus.NewEncoder(media.SampleRate, 2, opus.AppRestrictedLowdelay)
	if err == nil {
		err = enc.SetBitrate(stereoBitrate)
	}
	if err == nil {
		err = enc.SetComplexity(stereoComplexity)
	}
	if err != nil {
		return nil, fmt.Errorf("codec: stereo encoder: %w", err)
	}
	return &Stereo{enc: enc}, nil
}

// Encode writes 20 ms to out, which should hold MaxStereoPacket bytes, and gives the packet's length.
func (s *Stereo) Encode(left, right *media.Frame, out []byte) (int, error) {
	if len(out) == 0 {
		return 0, ErrBuffer
	}
	for i := range left {
		s.pcm[2*i], s.pcm[2*i+1] = left[i], right[i]
	}
	n, err := s.enc.Encode(s.pcm[:], out)
	if err != nil {
		return 0, fmt.Errorf("codec: opus encode: %w", err)
	}
	return n, nil
}

// Reset makes the next frame the first of a stream: what follows a stretch that was not coded.
func (s *Stereo) Reset() error {
	if err := s.enc.Reset(); err != nil {
		return fmt.Errorf("codec: stereo encoder: %w", err)
	}
	return nil
}

// StereoDecoder is the way back, for those who rewrite or check recordings.
type StereoDecoder struct {
	dec *opus.Decoder
	pcm [2 * MaxSamples]int16
}

// NewStereoDecoder makes a decoder.
func NewStereoDecoder() (*StereoDecoder, error) {
	dec, err := opus.NewDecoder(media.SampleRate, 2)
	if err != nil {
		return nil, fmt.Errorf("codec: stereo decoder: %w", err)
	}
	return &StereoDecoder{dec: dec}, nil
}

// Decode gives the sound of a packet of 20 ms.
func (d *StereoDecoder) Decode(packet []byte, left, right *media.Frame) error {
	if len(packet) == 0 {
		return ErrPayload
	}
	n, err := d.dec.Decode(packet, d.pcm[:])
	if err != nil || n != media.FrameSamples {
		return ErrPayload
	}
	for i := range left {
		left[i], right[i] = d.pcm[2*i], d.pcm[2*i+1]
	}
	return nil
}
