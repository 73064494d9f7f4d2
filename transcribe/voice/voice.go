package voice

import (
	"fmt"
	"os"

	"patchbay/transcribe/graph"
)

const (
	// Window is the number of samples that one probability speaks of: 32 ms at 16 kHz.
	Window = 512
	// context is the end of the window before, which Silero wants in front of each.
	context    = 64
	stateSize  = 2 * 128
	sampleRate = 16000
)

// Detector is the loaded network.
type Detector struct{ s *graph.Session }

// Open loads silero_vad.onnx; graph.Start must have been called.
func Open(path string) (*Detector, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("voice: %w", err)
	}
	s, err := graph.NewSession(b, []string{"input", "state", "sr"}, []string{"output", "stateN"}, 1)
	if err != nil {
		return nil, fmt.Errorf("voice: %s: %w", path, err)
	}
	return &Detector{s}, nil
}

// Close frees the network after every Stream's last Push.
func (d *Detector) Close() error { return d.s.Close() }

// Stream is the memory of one stream of sound at 16 kHz.
type Stream struct {
	d     *Detector
	input []float32 // the context, then what has come of the present window
	have  int       // samples of the present window
	state []float32
	out   []float32
	level gain      // of what came
	fed   []float32 // input as the network hears it
}

// NewStream starts a stream in silence.
func (d *Detector) NewStream() *Stream {
	// Allocations of their own: cgo refuses memory that shares its object with Go pointers.
	return &Stream{d: d, input: make([]float32, context+Window), state: make([]float32, stateSize), fed: make([]float32, context+Window)}
}

// Push takes samples and gives the probability of a voice, 0…1, for each window that they completed, oldest first. The
// slice is valid until the next call. After an error the windows before it are in the slice and the stream goes on with
// the next window.
func (s *Stream) Push(samples []int16) ([]float32, error) {
	s.out = s.out[:0]
	var failed error
	for _, x := range samples {
		s.input[context+s.have] = float32(x) / 32768
		s.have++
		if s.have < Window {
			continue
		}
		p, err := s.run()
		if err != nil {
			failed = err
		} else {
			s.out = append(s.out, p)
		}
		copy(s.input[:context], s.input[Window:])
		s.have = 0
	}
	return s.out, failed
}

func (s *Stream) run() (float32, error) {
	g := s.level.next(s.input[context:])
	for i, x := range s.input {
		s.fed[i] = x * g
	}
	in, err := graph.Floats(s.fed, 1, context+Window)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	state, err := graph.Floats(s.state, 2, 1, 128)
	if err != nil {
		return 0, err
	}
	defer state.Close()
	rate, err := graph.Ints([]int64{sampleRate})
	if err != nil {
		return 0, err
	}
	defer rate.Close()
	out, err := s.d.s.Run(in, state, rate)
	if err != nil {
		return 0, fmt.Errorf("voice: %w", err)
	}
	defer out[0].Close()
	defer out[1].Close()
	p, next := out[0].Data(), out[1].Data()
	if len(p) != 1 || len(next) != stateSize {
		return 0, fmt.Errorf("voice: the network gave %d probabilities and a state of %d", len(p), len(next))
	}
	copy(s.state, next)
	return p[0], nil
}
