package prompt

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"

	"patchbay/media"
	"patchbay/media/wav"
)

// Bounds on an MP3 that is taken.
const (
	MaxBytes   = 32 << 20 // of the file
	MaxSeconds = 30 * 60  // of its sound
)

// ErrFormat reports what is not an MP3 (MPEG-1 or MPEG-2, Layer III), a damaged one, or one beyond the bounds.
var ErrFormat = errors.New("prompt: unusable MP3")

// Decode reads a whole MP3 into a Clip. Where the encoder noted its delay and padding, they are cut off, so that what
// was made to loop still does.
func Decode(r io.Reader) (clip *Clip, err error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("prompt: read: %w", err)
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrFormat, MaxBytes)
	}
	s, err := scan(data)
	if err != nil {
		return nil, err
	}
	// go-mp3 indexes tables by what the bit stream says, and panics where that is nonsense.
	defer func() {
		if v := recover(); v != nil {
			clip, err = nil, fmt.Errorf("%w: damaged: %v", ErrFormat, v)
		}
	}()
	mono, err := decodeFrames(s)
	if err != nil {
		return nil, err
	}
	return NewClip(wav.Resample(mono, s.rate, media.SampleRate)), nil
}

// decodeFrames gives the stream's sound at its own rate, mixed down, without the encoder's delay and padding.
func decodeFrames(s stream) ([]int16, error) {
	// Hidden behind a plain io.Reader, or go-mp3 would read everything twice to find its length.
	dec, err := mp3.NewDecoder(io.MultiReader(bytes.NewReader(s.frames)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	mono := make([]int16, 0, s.samples)
	buf := make([]byte, 4*4096) // two channels of 16 bits, always
	for {
		n, err := io.ReadFull(dec, buf)
		for b := buf[:n-n%4]; len(b) > 0; b = b[4:] {
			left, right := int16(uint16(b[0])|uint16(b[1])<<8), int16(uint16(b[2])|uint16(b[3])<<8)
			mono = append(mono, int16((int(left)+int(right))/2))
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}
	if s.trimEnd > 0 {
		mono = mono[:max(0, len(mono)-s.trimEnd)]
	}
	return mono[min(s.trimStart, len(mono)):], nil
}
