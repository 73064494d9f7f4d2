package prompt

import (
	"bytes"
	"fmt"
)

// stream is what a walk over an MP3's frames found, before any of them is decoded.
type stream struct {
	frames    []byte // from the first sound frame to the last
	rate      int    // samples per second
	samples   int    // that the frames will give, per channel
	trimStart int    // samples of the encoder's and the decoder's delay
	trimEnd   int    // samples of padding
}

// decoderDelay is how late the sound leaves a Layer III decoder: 528 samples and one.
const decoderDelay = 529

// scan walks from header to header. A file is refused unless its frames lie back to back and agree on version and rate,
// so that the decoder never searches for frames in rubbish; tags before and after are skipped.
func scan(data []byte) (stream, error) {
	data = skipID3v2(data)
	first, err := parseHeader(data)
	if err != nil {
		return stream{}, err
	}
	s := stream{rate: first.rate}
	if body := data[:min(first.size, len(data))]; s.readInfo(first, body) {
		data = data[first.size:] // it describes the others and holds no sound
	}
	at := 0
	for at < len(data) && !isTrailer(data[at:]) {
		h, err := parseHeader(data[at:])
		if err != nil {
			return stream{}, fmt.Errorf("%w (at byte %d)", err, at)
		}
		if h.rate != first.rate || h.lsf != first.lsf {
			return stream{}, fmt.Errorf("%w: the sample rate changes at byte %d", ErrFormat, at)
		}
		if at+h.size > len(data) {
			break // cut short: what is whole is played
		}
		at += h.size
		s.samples += h.samples()
	}
	switch {
	case s.samples == 0:
		return stream{}, fmt.Errorf("%w: no sound", ErrFormat)
	case s.samples > MaxSeconds*s.rate:
		return stream{}, fmt.Errorf("%w: longer than %d seconds", ErrFormat, MaxSeconds)
	}
	s.frames = data[:at]
	return s, nil
}

// skipID3v2 drops the tags before the sound (id3.org, ID3v2.4 §3.1: ten bytes, the size in four of seven bits each).
func skipID3v2(data []byte) []byte {
	for len(data) >= 10 && string(data[:3]) == "ID3" {
		size := int(data[6]&0x7f)<<21 | int(data[7]&0x7f)<<14 | int(data[8]&0x7f)<<7 | int(data[9]&0x7f)
		size += 10
		if data[5]&0x10 != 0 {
			size += 10 // a footer
		}
		data = data[min(size, len(data)):]
	}
	return data
}

// isTrailer reports what may follow the last frame: an ID3v1 or APE tag, or padding.
func isTrailer(rest []byte) bool {
	return bytes.HasPrefix(rest, []byte("TAG")) || bytes.HasPrefix(rest, []byte("APETAGEX")) ||
		len(bytes.Trim(rest, "\x00")) == 0
}

// frameHeader is the header of one Layer III frame (ISO/IEC 11172-3 §2.4.1.3, and 13818-3 §2.4.2.3 for the low rates).
type frameHeader struct {
	lsf  bool // MPEG-2, low sampling frequencies
	mono bool
	rate int // samples per second
	size int // bytes, header included
}

// samples is how many the frame gives, per channel.
func (h frameHeader) samples() int {
	if h.lsf {
		return 576
	}
	return 1152
}

// sideInfo is the length of the side information, in bytes (ISO/IEC 11172-3 §2.4.1.7, 13818-3 §2.4.1.7).
func (h frameHeader) sideInfo() int {
	switch {
	case h.lsf && h.mono:
		return 9
	case h.lsf != h.mono:
		return 17
	}
	return 32
}

// bitrates are in kb/s, for MPEG-1 and MPEG-2; index 0 is "free", which nobody uses and go-mp3 does not read.
var bitrates = [2][15]int{
	{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
}

func parseHeader(b []byte) (frameHeader, error) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return frameHeader{}, fmt.Errorf("%w: no frame where one should be", ErrFormat)
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	if layer != 1 || version < 2 {
		return frameHeader{}, fmt.Errorf("%w: neither MPEG-1 nor MPEG-2 Layer III", ErrFormat)
	}
	bitrate, rate := int(b[2]>>4), int(b[2]>>2&3)
	if bitrate == 0 || bitrate == 15 || rate == 3 || b[3]&3 == 2 {
		return frameHeader{}, fmt.Errorf("%w: reserved bits in a frame header", ErrFormat)
	}
	h := frameHeader{lsf: version == 2, mono: b[3]>>6 == 3, rate: [...]int{44100, 48000, 32000}[rate]}
	row, scale := 0, 144
	if h.lsf {
		row, scale, h.rate = 1, 72, h.rate/2
	}
	h.size = scale*1000*bitrates[row][bitrate]/h.rate + int(b[2]>>1&1)
	// go-mp3 halves the padding together with the size, and so loses a byte where the rest is even; what it then makes of
	// the bit reservoir is noise.
	if padded := b[2]>>1&1 == 1; h.lsf && padded && 2*scale*1000*bitrates[row][bitrate]/h.rate%2 == 0 {
		return frameHeader{}, fmt.Errorf("%w: padded frames of %d kb/s at %d Hz cannot be read; encode it at another rate",
			ErrFormat, bitrates[row][bitrate], h.rate)
	}
	return h, nil
}

// readInfo reads the encoder's own frame at the beginning ("Xing", "Info"), and reports whether this is one. LAME and
// others note there the delay and the padding that they added, twelve bits each.
func (s *stream) readInfo(h frameHeader, body []byte) bool {
	at := 4 + h.sideInfo() // with a checksum too: LAME leaves no room for it here
	if len(body) < h.size || at+8 > len(body) {
		return false
	}
	tag := body[at:]
	if string(tag[:4]) != "Info" && string(tag[:4]) != "Xing" {
		return false
	}
	const delays = 8 + 4 + 4 + 100 + 4 + 21 // after frames, bytes, seek table and quality, 21 bytes into LAME's part
	if len(tag) < delays+3 || tag[7]&0x0f != 0x0f {
		return true
	}
	d := tag[delays:]
	delay, padding := int(d[0])<<4|int(d[1])>>4, int(d[1]&0x0f)<<8|int(d[2])
	if delay > 0 {
		s.trimStart = delay + decoderDelay
		s.trimEnd = max(0, padding-decoderDelay)
	}
	return true
}
