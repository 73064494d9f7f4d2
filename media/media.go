package media

import "time"

// One sample rate runs through the whole server: 16 kHz is wideband telephony (G.722, Opus at 16 kHz) and
// what the recogniser wants, so only G.711 is ever resampled (docs/adr/002).
const (
	SampleRate    = 16000                 // samples per second inside the server, mono
	FrameSamples  = 320                   // samples in a Frame
	FrameDuration = 20 * time.Millisecond // what a Frame lasts; the period of a Bridge's tick
	MaxLegs       = 16                    // legs and players that one Bridge carries
)

// Frame is 20 ms of mono sound: 16-bit linear samples at 16 kHz.
type Frame [FrameSamples]int16

// Source gives a Bridge the sound of one leg or player.
type Source interface {
	// ReadFrame fills f with the next 20 ms. It is called once a tick, from the Bridge's goroutine only; it must not
	// block or allocate. It reports false, and leaves f as it was, where there is nothing to hear.
	ReadFrame(f *Frame) bool
}

// Sink takes the 20 ms that a leg shall hear.
type Sink interface {
	// WriteFrame is called once a tick, from the Bridge's goroutine only, with silence where nobody speaks. It must
	// not block, allocate or retain f.
	WriteFrame(f *Frame)
}

// Leg is one party's attachment to a Bridge.
type Leg interface {
	Source
	Sink
}
