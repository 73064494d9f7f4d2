package wav

import (
	"encoding/binary"
	"fmt"
	"io"
)

// headerSize is the length of what precedes the samples in files that this package writes.
const headerSize = 44

// maxData is the longest data chunk, in bytes, that a RIFF header can describe.
const maxData = 1<<32 - headerSize

func header(rate int, dataBytes uint32) []byte {
	b := make([]byte, 0, headerSize)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, dataBytes+headerSize-8)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, formatPCM)
	b = binary.LittleEndian.AppendUint16(b, 1) // channel
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate)*2) // bytes per second
	b = binary.LittleEndian.AppendUint16(b, 2)              // bytes per sample
	b = binary.LittleEndian.AppendUint16(b, 16)             // bits per sample
	b = append(b, "data"...)
	return binary.LittleEndian.AppendUint32(b, dataBytes)
}

// Write writes a whole WAV file: 16-bit PCM, one channel.
func Write(w io.Writer, samples []int16, rate int) error {
	if int64(len(samples))*2 > maxData {
		return fmt.Errorf("%w: %d samples do not fit", ErrFormat, len(samples))
	}
	b := header(rate, uint32(len(samples)*2))
	for _, v := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("wav: write: %w", err)
	}
	return nil
}

// Writer writes a WAV file while its length is unknown: 16-bit PCM, one channel. Until Close the header claims the
// longest possible file, which readers take as "to the end", so that a recording survives a crash. A Writer belongs to
// one goroutine.
type Writer struct {
	w    io.WriteSeeker
	rate int
	data int64 // bytes written after the header
	buf  []byte
}

// NewWriter begins a file where w stands.
func NewWriter(w io.WriteSeeker, rate int) (*Writer, error) {
	if _, err := w.Write(header(rate, maxData)); err != nil {
		return nil, fmt.Errorf("wav: write: %w", err)
	}
	return &Writer{w: w, rate: rate}, nil
}

// Write appends samples.
func (w *Writer) Write(samples []int16) error {
	if w.data+int64(len(samples))*2 > maxData {
		return fmt.Errorf("%w: longer than 4 GiB", ErrFormat)
	}
	w.buf = w.buf[:0]
	for _, v := range samples {
		w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(v))
	}
	n, err := w.w.Write(w.buf)
	w.data += int64(n)
	if err != nil {
		return fmt.Errorf("wav: write: %w", err)
	}
	return nil
}

// Close completes the header and leaves w at the end. It does not close w.
func (w *Writer) Close() error {
	if _, err := w.w.Seek(-w.data-headerSize, io.SeekCurrent); err != nil {
		return fmt.Errorf("wav: seek: %w", err)
	}
	if _, err := w.w.Write(header(w.rate, uint32(w.data))); err != nil {
		return fmt.Errorf("wav: write: %w", err)
	}
	if _, err := w.w.Seek(w.data, io.SeekCurrent); err != nil {
		return fmt.Errorf("wav: seek: %w", err)
	}
	return nil
}
