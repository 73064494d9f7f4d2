package mediatest

import (
	"math"
	"slices"
	"sync"

	"patchbay/media"
)

// Tone is a leg that hums and does not listen. It belongs to the goroutine that ticks.
type Tone struct {
	step, phase float64 // radians
	peak        float64
}

var _ media.Leg = (*Tone)(nil)

// NewTone makes a sine of hz at a level in dBFS, where 0 is the loudest sine that 16 bits hold.
func NewTone(hz, dBFS float64) *Tone {
	return &Tone{step: 2 * math.Pi * hz / media.SampleRate, peak: 32767 * math.Pow(10, dBFS/20)}
}

// ReadFrame implements media.Source.
func (t *Tone) ReadFrame(f *media.Frame) bool {
	for i := range f {
		f[i] = int16(math.Round(t.peak * math.Sin(t.phase)))
		t.phase = math.Mod(t.phase+t.step, 2*math.Pi)
	}
	return true
}

// WriteFrame implements media.Sink.
func (t *Tone) WriteFrame(*media.Frame) {}

// Recorder is a leg that keeps all that it hears and says nothing. Its samples may be read from any goroutine.
type Recorder struct {
	mu      sync.Mutex
	samples []int16
}

var _ media.Leg = (*Recorder)(nil)

// ReadFrame implements media.Source.
func (r *Recorder) ReadFrame(*media.Frame) bool { return false }

// WriteFrame implements media.Sink.
func (r *Recorder) WriteFrame(f *media.Frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples = append(r.samples, f[:]...)
}

// Samples is a copy of what was heard so far, at 16 kHz.
func (r *Recorder) Samples() []int16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.samples)
}

// Reset forgets what was heard.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples = nil
}

// Leg joins a source and a sink, such as a Tone and a Recorder, to one leg.
type Leg struct {
	media.Source
	media.Sink
}
