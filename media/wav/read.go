package wav

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
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
	formatFloat      = 0x0003
	formatALaw       = 0x0006
	formatMuLaw      = 0x0007
	formatExtensible = 0xfffe // the tag proper leads the sub-format's GUID
)

// format is what the fmt chunk says.
type format struct {
	tag      uint16
	bits     int // of one sample
	channels int
	rate     int // samples per second
}

// sampleOf gives what reads one sample of a format; nil where the format is not read.
func (f format) sampleOf() func(b []byte) int {
	le := binary.LittleEndian
	switch [2]int{int(f.tag), f.bits} {
	case [2]int{formatPCM, 8}: // the one width that is unsigned
		return func(b []byte) int { return (int(b[0]) - 128) << 8 }
	case [2]int{formatPCM, 16}:
		return func(b []byte) int { return int(int16(le.Uint16(b))) }
	case [2]int{formatPCM, 24}, [2]int{formatPCM, 32}: // the two upper bytes
		at := f.bits/8 - 2
		return func(b []byte) int { return int(int16(le.Uint16(b[at:]))) }
	case [2]int{formatFloat, 32}:
		return func(b []byte) int { return fromFloat(float64(math.Float32frombits(le.Uint32(b)))) }
	case [2]int{formatFloat, 64}:
		return func(b []byte) int { return fromFloat(math.Float64frombits(le.Uint64(b))) }
	case [2]int{formatALaw, 8}:
		table := expandALaw()
		return func(b []byte) int { return int(table[b[0]]) }
	case [2]int{formatMuLaw, 8}:
		table := expandMuLaw()
		return func(b []byte) int { return int(table[b[0]]) }
	}
	return nil
}

// fromFloat takes full scale for 1, clips what is beyond, and takes what is no number for silence.
func fromFloat(v float64) int {
	if math.IsNaN(v) {
		return 0
	}
	return int(math.RoundToEven(min(max(v*(1<<15), math.MinInt16), math.MaxInt16)))
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
	f.bits = int(binary.LittleEndian.Uint16(b[14:]))
	if f.tag == formatExtensible && size >= 40 {
		f.tag = binary.LittleEndian.Uint16(b[24:])
	}
	switch {
	case f.sampleOf() == nil:
		return format{}, fmt.Errorf("%w: encoding %#04x with %d bits a sample is none of PCM, floating point, A-law and µ-law; "+
			"ffmpeg -i IN -c:a pcm_s16le OUT.wav makes one that is read", ErrFormat, f.tag, f.bits)
	case f.channels < 1 || f.channels > MaxChannels:
		return format{}, fmt.Errorf("%w: %d channels", ErrFormat, f.channels)
	case f.rate < MinRate || f.rate > MaxRate:
		return format{}, fmt.Errorf("%w: %d samples a second", ErrFormat, f.rate)
	}
	return f, nil
}

// readData grows with what is really there, never with what a header claims.
func readData(r io.Reader, f format) ([]int16, error) {
	sample, width := f.sampleOf(), f.bits/8
	block := width * f.channels
	buf := make([]byte, block*4096)
	var out []int16
	for {
		n, err := io.ReadFull(r, buf)
		for b := buf[:n-n%block]; len(b) > 0; b = b[block:] {
			sum := 0
			for c := range f.channels {
				sum += sample(b[width*c:])
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
