package transcribe

import (
	"io"
	"sync"
)

// NewPipeService returns a Service whose children are calls of serve in this process, so that tests can run under a
// stepped clock. To kill such a child is to break its pipes.
func NewPipeService(cfg Config, serve func(r io.ReadCloser, w io.WriteCloser)) *Service {
	s := NewService(cfg)
	s.start = func(Config) (*child, error) {
		inR, inW := io.Pipe()
		outR, outW := io.Pipe()
		exited := make(chan struct{})
		kill := sync.OnceFunc(func() {
			inR.CloseWithError(io.ErrClosedPipe)
			outW.CloseWithError(io.EOF)
			outR.CloseWithError(io.ErrClosedPipe)
		})
		go func() {
			defer close(exited)
			serve(inR, outW)
			outW.Close()
			inR.Close()
		}()
		return &child{in: inW, out: outR, kill: kill, exited: exited, exit: io.EOF}, nil
	}
	return s
}
