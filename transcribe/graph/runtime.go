package graph

import (
	"errors"
	"fmt"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// ONNX Runtime is one for the whole process; this guards its start.
var starting sync.Mutex

// Start loads ONNX Runtime from a shared library. The first call counts; later ones do nothing. It is never unloaded: a
// process that used it keeps it to its end.
func Start(library string) error {
	starting.Lock()
	defer starting.Unlock()
	if ort.IsInitialized() {
		return nil
	}
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return fmt.Errorf("graph: load %s: %w", library, err)
	}
	return nil
}

// Session runs one graph, from several goroutines at once.
type Session struct {
	s       *ort.DynamicAdvancedSession
	outputs int
}

// NewSession prepares a graph; Start must have been called. Each run uses up to the given number of cores.
func NewSession(model []byte, inputs, outputs []string, threads int) (*Session, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("graph: session options: %w", err)
	}
	defer o.Destroy()
	// Shapes differ from run to run, so a memory pattern of the last one only wastes memory.
	// Idle threads sleep rather than spin: a core that waits for one run belongs to another, or to the calls.
	if err := errors.Join(o.SetIntraOpNumThreads(threads), o.SetInterOpNumThreads(1), o.SetMemPattern(false),
		o.AddSessionConfigEntry("session.intra_op.allow_spinning", "0")); err != nil {
		return nil, fmt.Errorf("graph: session options: %w", err)
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(model, inputs, outputs, o)
	if err != nil {
		return nil, fmt.Errorf("graph: session: %w", err)
	}
	return &Session{s, len(outputs)}, nil
}

// Run gives the graph's outputs, which the caller closes.
func (s *Session) Run(inputs ...*Tensor) ([]*Tensor, error) {
	in := make([]ort.Value, len(inputs))
	for i, t := range inputs {
		in[i] = t.v
	}
	out := make([]ort.Value, s.outputs)
	if err := s.s.Run(in, out); err != nil {
		return nil, fmt.Errorf("graph: run: %w", err)
	}
	ts := make([]*Tensor, len(out))
	for i, v := range out {
		ts[i] = &Tensor{v}
	}
	return ts, nil
}

// Close frees the session after every Run has returned.
func (s *Session) Close() error {
	if err := s.s.Destroy(); err != nil {
		return fmt.Errorf("graph: close session: %w", err)
	}
	return nil
}

// Tensor is a value in ONNX Runtime's memory, or in Go's where the caller made it.
type Tensor struct{ v ort.Value }

// Floats wraps data, which must not move into other hands before Close.
func Floats(data []float32, shape ...int64) (*Tensor, error) { return wrap(data, shape) }

// Ints wraps data, which must not move into other hands before Close. Without a shape it is a scalar.
func Ints(data []int64, shape ...int64) (*Tensor, error) { return wrap(data, shape) }

func wrap[T float32 | int64](data []T, shape []int64) (*Tensor, error) {
	if len(shape) == 0 && len(data) == 1 {
		v, err := ort.NewScalar(data[0])
		if err != nil {
			return nil, fmt.Errorf("graph: scalar: %w", err)
		}
		return &Tensor{v}, nil
	}
	v, err := ort.NewTensor(ort.NewShape(shape...), data)
	if err != nil {
		return nil, fmt.Errorf("graph: tensor %v: %w", shape, err)
	}
	return &Tensor{v}, nil
}

// Data gives the values of a tensor of floats; they live until Close. Any other tensor has none.
func (t *Tensor) Data() []float32 {
	if f, ok := t.v.(*ort.Tensor[float32]); ok {
		return f.GetData()
	}
	return nil
}

// Close frees the tensor. It may be nil.
func (t *Tensor) Close() {
	if t != nil {
		t.v.Destroy() // its error says only that it was freed before
	}
}
