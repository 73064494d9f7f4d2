package wav

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"patchbay/media"
)

// Bounds on what is read, whatever the header claims.
const (
	MaxSamples  = 1 << 28 // of one file after mixing down: an hour and a half at 48 kHz
	MaxChannels = 8
	MinRate     = 4000   // samples per second
	MaxRate     = 192000 // samples per second
)

// ErrFormat reports what is not a WAV file, or one of a kind that is not read.
var ErrFormat = errors.New("wav: unusable file")

// Encodings by their WAVE format tag (RFC 2361, appendix A).
const (
	formatPCM        = 0x0001
	formatALaw       = 0x0006
	formatMuLaw      = 0x0007
	formatExtensible = 0xfffe // the tag proper leads the sub-format's GUID
)

// format is what the fmt chunk says.
type format struct {
	tag      uint16
	channels int
	rate     int // samples per second
}

// Read reads a whole WAV file, mixed down to one channel, at the file's own rate. A data chunk that is cut short, or
// whose length was never filled in, is read as far as it goes.
func Read(r io.Reader) (samples []int16, rate int, err error) {
	br := bufio.NewReaderSize(r, 64<<10)
	var riff [12]byte
	if _, err := io.ReadFull(br, riff[:]); err != nil {
		return nil, 0, fmt.Errorf("%w: no header: %w", ErrFormat, err)
	}
	if string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return nil, 0, fmt.Errorf("%w: not RIFF/WAVE", ErrFormat)
	}
	var f format
	for {
		var head [8]byte
		if _, err := io.ReadFull(br, head[:]); err != nil {
			return nil, 0, fmt.Errorf("%w: no data chunk: %w", ErrFormat, err)
		}
		id, size := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		switch {
		case id == "fmt ":
			if f, err = readFormat(br, size); err != nil {
				return nil, 0, err
			}
		case id == "data" && f.rate == 0:
			return nil, 0, fmt.Errorf("%w: data before format", ErrFormat)
		case id == "data":
			samples, err := readData(io.LimitReader(br, size), f)
			return samples, f.rate, err
		default:
			// Chunks are padded to even lengths.
			if _, err := io.CopyN(io.Discard, br, size+size&1); err != nil {
				return nil, 0, fmt.Errorf("%w: chunk %q cut short: %w", ErrFormat, id, err)
			}
		}
	}
}

func readFormat(r io.Reader, size int64) (format, error) {
	if size < 16 || size > 1024 {
		return format{}, fmt.Errorf("%w: format chunk of %d bytes", ErrFormat, size)
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return format{}, fmt.Errorf("%w: format chunk cut short: %w", ErrFormat, err)
	}
	f := format{
		tag:      binary.LittleEndian.Uint16(b),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
	}
	bits := binary.LittleEndian.Uint16(b[14:])
	if f.tag == formatExtensible && size >= 40 {
		f.tag = binary.LittleEndian.Uint16(b[24:])
	}
	want := map[uint16]uint16{formatPCM: 16, formatALaw: 8, formatMuLaw: 8}[f.tag]
	switch {
	case want == 0:
		return format{}, fmt.Errorf("%w: encoding %#04x is none of PCM, A-law and µ-law", ErrFormat, f.tag)
	case bits != want:
		return format{}, fmt.Errorf("%w: %d bits a sample, not %d", ErrFormat, bits, want)
	case f.channels < 1 || f.channels > MaxChannels:
		return format{}, fmt.Errorf("%w: %d channels", ErrFormat, f.channels)
	case f.rate < MinRate || f.rate > MaxRate:
		return format{}, fmt.Errorf("%w: %d samples a second", ErrFormat, f.rate)
	}
	return f, nil
}

// readData grows with what is really there, never with what a header claims.
func readData(r io.Reader, f format) ([]int16, error) {
	var expand *[256]int16
	width := 2
	switch f.tag {
	case formatALaw:
		expand, width = expandALaw(), 1
	case formatMuLaw:
		expand, width = expandMuLaw(), 1
	}
	block := width * f.channels
	buf := make([]byte, block*4096)
	var out []int16
	for {
		n, err := io.ReadFull(r, buf)
		for b := buf[:n-n%block]; len(b) > 0; b = b[block:] {
			sum := 0
			for c := range f.channels {
				if expand != nil {
					sum += int(expand[b[c]])
				} else {
					sum += int(int16(binary.LittleEndian.Uint16(b[2*c:])))
				}
			}
			out = append(out, int16(sum/f.channels))
		}
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("wav: read: %w", err)
		case len(out) > MaxSamples-4096:
			return nil, fmt.Errorf("%w: more than %d samples", ErrFormat, MaxSamples)
		}
	}
}

// Load reads a WAV file from the disk and brings it to media.SampleRate.
func Load(path string) ([]int16, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("wav: %w", err)
	}
	defer f.Close()
	samples, rate, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return Resample(samples, rate, media.SampleRate), nil
}
