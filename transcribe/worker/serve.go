package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"patchbay/transcribe"
)

const (
	heartbeatEvery = 500 * time.Millisecond
	// passLimit is how long one pass may take: the slowest healthy one takes a few seconds.
	passLimit = 30 * time.Second
	// maxStreams bounds the streams that one process serves; a core carries ten.
	maxStreams = 4096
	// maxWorkers bounds what the host may ask for.
	maxWorkers = 256
)

// ErrHung is returned by Serve when a pass of the engine does not end. The process must exit then: the goroutine that is
// stuck in the engine is left behind.
var ErrHung = errors.New("worker: the recogniser hangs")

// ErrUnable is wrapped by what ServeHost returns where it told the host that it cannot transcribe.
var ErrUnable = errors.New("worker: cannot transcribe")

// Options say how one connection to a host is served.
type Options struct {
	// Load gives the engine with the model that the host wants ("" = the own one) and the SHA-256 of its weights ("" = any).
	// Its error says what is missing and how to mend it; the host is told. The engine is not closed.
	Load func(model, weights string) (transcribe.Engine, error)
	// Name and Program tell the host what this worker is called and which version it is.
	Name, Program string
	Workers       int // passes at a time; 0 = as the host wants, or one per core
	Log           *slog.Logger
}

// Serve is ServeHost with an engine that is there already.
func Serve(ctx context.Context, r io.Reader, w io.Writer, engine transcribe.Engine, log *slog.Logger) error {
	return ServeHost(ctx, r, w, Options{Log: log, Load: func(string, string) (transcribe.Engine, error) { return engine, nil }})
}

// ServeHost is the worker's half of the protocol in transcribe/proto.go, on r and w. It returns nil when r ends, which is how
// the host ends its worker, and otherwise says what went wrong. When ctx ends it closes r and w, where they can be closed,
// and returns ctx's error; see Stdio.
func ServeHost(ctx context.Context, r io.Reader, w io.Writer, o Options) error {
	mr := transcribe.NewMessageReader(r)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	unblock := context.AfterFunc(ctx, func() {
		closeIfCloser(r)
		closeIfCloser(w)
	})
	defer unblock()
	hello, err := readHello(mr)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	engine, err := o.engine(hello)
	if err != nil {
		return errors.Join(fmt.Errorf("%w: %w", ErrUnable, err), Refuse(w, err.Error()))
	}
	s := &server{engine: engine, log: o.Log, scheduler: newScheduler(engine), outbox: make(chan transcribe.Message, 256), streams: map[uint32]*stream{}}
	workers := cmp.Or(o.Workers, hello.Workers)
	if workers < 1 || workers > maxWorkers {
		workers = runtime.GOMAXPROCS(0)
	}
	s.outbox <- &transcribe.HelloMessage{Version: transcribe.ProtocolVersion, Workers: workers, Program: o.Program, Name: o.Name, Model: hello.Model}

	var passes, others sync.WaitGroup
	for range workers {
		passes.Go(func() { s.scheduler.run(ctx) })
	}
	others.Go(func() {
		if err := s.write(ctx, w); err != nil {
			cancel(err)
		}
	})
	others.Go(func() { cancel(s.read(ctx, mr)) })
	<-ctx.Done()
	err = context.Cause(ctx)
	s.scheduler.close()
	others.Wait()
	s.wg.Wait()
	if errors.Is(err, ErrHung) {
		return err
	}
	passes.Wait()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// engine is what the host asks for.
func (o Options) engine(hello *transcribe.HelloMessage) (transcribe.Engine, error) {
	if hello.Version != transcribe.ProtocolVersion {
		return nil, fmt.Errorf("the server speaks version %d of the protocol, this recogniser %d: run the same patchbay on both", hello.Version, transcribe.ProtocolVersion)
	}
	return o.Load(hello.Model, hello.Weights)
}

// Refuse tells the host that there will be no transcription, and why and how to mend it, in one sentence. The child calls
// it in place of Serve when a model or the runtime is missing or damaged, and then exits.
func Refuse(w io.Writer, reason string) error {
	mw := transcribe.NewMessageWriter(w)
	if err := mw.Write(&transcribe.OffMessage{Reason: reason}); err != nil {
		return err
	}
	return mw.Flush()
}

func readHello(r *transcribe.MessageReader) (*transcribe.HelloMessage, error) {
	m, err := r.Read()
	if err != nil {
		return nil, err
	}
	hello, ok := m.(*transcribe.HelloMessage)
	if !ok {
		return nil, fmt.Errorf("worker: %w: it begins with %T", transcribe.ErrProtocol, m)
	}
	return hello, nil
}

func closeIfCloser(v any) {
	if c, ok := v.(io.Closer); ok {
		_ = c.Close() // only to end a read or write that blocks
	}
}

// server is one connection to the host.
type server struct {
	engine    transcribe.Engine
	log       *slog.Logger
	scheduler *scheduler
	outbox    chan transcribe.Message
	streams   map[uint32]*stream // read's own
	wg        sync.WaitGroup     // of streams

	mu   sync.Mutex
	open int // streams, for the heartbeat
}

// read takes the host's messages in. It never waits for a stream, so that one of them cannot hold the others up.
func (s *server) read(ctx context.Context, r *transcribe.MessageReader) error {
	for {
		m, err := r.Read()
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *transcribe.OpenMessage:
			err = s.openStream(ctx, m)
		case *transcribe.CloseMessage:
			s.closeStream(m.Stream)
		case *transcribe.SoundMessage:
			err = s.put(m.Stream, m)
		case *transcribe.PrimeMessage:
			err = s.put(m.Stream, m)
		case *transcribe.FinishMessage:
			err = s.put(m.Stream, m)
		default:
			err = fmt.Errorf("worker: %w: unexpected %T", transcribe.ErrProtocol, m)
		}
		if err != nil {
			return err
		}
	}
}

func (s *server) openStream(ctx context.Context, m *transcribe.OpenMessage) error {
	if s.streams[m.Stream] != nil || len(s.streams) >= maxStreams {
		return fmt.Errorf("worker: %w: stream %d is open, or too many are", transcribe.ErrProtocol, m.Stream)
	}
	st := newStream(ctx, m, s.engine.NewAudio(), s.scheduler, s.outbox)
	s.streams[m.Stream] = st
	s.count()
	s.wg.Go(st.run)
	return nil
}

func (s *server) closeStream(id uint32) {
	if st := s.streams[id]; st != nil {
		st.cancel()
		delete(s.streams, id)
		s.count()
	}
}

func (s *server) count() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = len(s.streams)
}

// put hands a message to its stream; one that was closed does not want it.
func (s *server) put(id uint32, m transcribe.Message) error {
	if st := s.streams[id]; st != nil {
		return st.put(m)
	}
	return nil
}

// write sends what streams say, and the heartbeat. It also watches over the engine: a pass that hangs would hold lines up
// for ever, so the process gives itself up and the host starts another.
func (s *server) write(ctx context.Context, w io.Writer) error {
	mw := transcribe.NewMessageWriter(w)
	beat := time.NewTicker(heartbeatEvery)
	defer beat.Stop()
	for {
		var m transcribe.Message
		select {
		case <-ctx.Done():
			return nil
		case m = <-s.outbox:
		case now := <-beat.C:
			l := s.scheduler.load(now)
			if l.longest > passLimit {
				s.log.Error("a pass of the recogniser hangs", "since", l.longest)
				return ErrHung
			}
			s.mu.Lock()
			open := s.open
			s.mu.Unlock()
			m = &transcribe.StatsMessage{Streams: open, FinalsWaiting: l.finals, PartialsWaiting: l.partials, Passes: l.passes, Failed: l.failed,
				LateMS: int(l.late.Milliseconds())}
		}
		if err := mw.Write(m); err != nil {
			return err
		}
		if len(s.outbox) == 0 {
			if err := mw.Flush(); err != nil {
				return err
			}
		}
	}
}
