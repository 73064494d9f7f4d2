package wav

import "io"

// Write writes a whole WAV file: 16-bit PCM, mono.
func Write(w io.Writer, samples []int16, rate int) error { return nil }

// Writer writes a WAV file of unknown length: 16-bit PCM, mono. It belongs to one goroutine.
type Writer struct{}

// NewWriter begins a file at the start of w.
func NewWriter(w io.WriteSeeker, rate int) (*Writer, error) { return &Writer{}, nil }

// Write appends samples.
func (w *Writer) Write(samples []int16) error { return nil }

// Close completes the header. It does not close the file.
func (w *Writer) Close() error { return nil }
