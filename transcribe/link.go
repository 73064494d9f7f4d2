package transcribe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// gather is how often the writer steps back behind other goroutines once a stream has something to send: taps are read at the
// same time, and one write for all costs both processes less than one for each. A sleep would gather all of them for certain,
// and wake three threads of the calls' process for it.
const gather = 4

// maxCores bounds what a worker may say of itself, so that it cannot draw all calls to it.
const maxCores = 256

// link is the connection to one worker, a child or one on another machine. Its writer and its reader are one goroutine each.
type link struct {
	service *Service
	address string        // of another machine; "" for the child
	alive   chan struct{} // the worker said something
	hello   chan struct{} // closed when it can transcribe; what stands in the next block is known then

	name, model, program string
	cores                int
	since                time.Time

	toSend sendList
	placed atomic.Int64 // streams that it is to hear
	ailing atomic.Bool  // see balance
	beat   atomic.Int64 // when it last said something, in nanoseconds
	stats  atomic.Pointer[StatsMessage]

	mu      sync.Mutex
	streams map[uint32]*stream
	retired []uint32 // to be closed at the worker
	last    uint32
}

func newLink(s *Service, address string) *link {
	return &link{service: s, address: address, alive: make(chan struct{}, 1), hello: make(chan struct{}), streams: map[uint32]*stream{},
		toSend: sendList{signal: make(chan struct{}, 1)}}
}

// enlist gives st a number on this link.
func (l *link) enlist(st *stream) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	l.streams[l.last] = st
	return l.last
}

// retire takes a number back; the writer tells the worker.
func (l *link) retire(wire uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.streams, wire)
	l.retired = append(l.retired, wire)
}

// takeRetired empties the list of numbers to be closed at the worker.
func (l *link) takeRetired() []uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.retired
	l.retired = nil
	return r
}

func (l *link) find(wire uint32) *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.streams[wire]
}

func (l *link) isSilent(now time.Time) bool { return now.UnixNano()-l.beat.Load() > int64(silentAfter) }

// late is how late the line is that is waited for longest, by the worker's own word.
func (l *link) late(now time.Time) time.Duration {
	if stats := l.stats.Load(); stats != nil && !l.isSilent(now) {
		return time.Duration(stats.LateMS) * time.Millisecond
	}
	return 0
}

func (l *link) status() WorkerStatus {
	w := WorkerStatus{Name: l.name, Address: l.address, Model: l.model, Program: l.program, Cores: l.cores, Connected: l.since, Streams: int(l.placed.Load())}
	if stats := l.stats.Load(); stats != nil {
		w.Waiting, w.Passes, w.Failed = stats.FinalsWaiting, stats.Passes, stats.Failed
	}
	return w
}

// write sends what streams have, until ctx ends or the worker does not take it. Its answers tell how that went, so
// an error ends the writer only.
func (l *link) write(ctx context.Context, w io.Writer) {
	mw := NewMessageWriter(w)
	cfg := &l.service.cfg
	hello := &HelloMessage{Version: ProtocolVersion, Program: cfg.Program, Model: cfg.Model, Weights: cfg.Weights}
	if l.address == "" {
		hello.Workers = cfg.Workers // another machine knows its own
	}
	if mw.Write(hello) != nil || mw.Flush() != nil {
		return
	}
	var buf sendBuffer
	var batch []*stream
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.toSend.signal:
		}
		for range gather {
			runtime.Gosched()
		}
		batch = l.toSend.takeAll(batch)
		for _, st := range batch {
			m, more := st.next(l, &buf)
			if m != nil && mw.Write(m) != nil {
				return
			}
			if more {
				st.resume() // behind the others: nobody's back-fill delays them
			}
		}
		clear(batch)
		for _, wire := range l.takeRetired() {
			if mw.Write(&CloseMessage{Stream: wire}) != nil {
				return
			}
		}
		if mw.Flush() != nil {
			return
		}
	}
}

// offError is the worker's own word that it cannot transcribe.
type offError struct{ reason string }

func (e *offError) Error() string { return "transcribe: " + e.reason }

// read takes the worker's messages in until it ends, and says why.
func (l *link) read(r io.Reader) error {
	mr := NewMessageReader(r)
	m, err := mr.Read()
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case *OffMessage:
		return &offError{reason: m.Reason}
	case *HelloMessage:
		if err := l.greet(m); err != nil {
			return err
		}
	default:
		return fmt.Errorf("transcribe: %w: it begins with %T", ErrProtocol, m)
	}
	for {
		m, err := mr.Read()
		if err != nil {
			return err
		}
		l.beat.Store(time.Now().UnixNano())
		select {
		case l.alive <- struct{}{}:
		default:
		}
		if err := l.dispatch(m); err != nil {
			return err
		}
	}
}

// greet takes the worker's hello in.
func (l *link) greet(m *HelloMessage) error {
	if m.Version != ProtocolVersion {
		return &offError{reason: fmt.Sprintf("the recogniser speaks version %d of the protocol, this program %d: restart patchbay after an update", m.Version, ProtocolVersion)}
	}
	if want := l.service.cfg.Model; l.address != "" && want != "" && m.Model != want {
		return &offError{reason: fmt.Sprintf("the recogniser at %s has the model %q, this server %q: both must run the same", l.address, m.Model, want)}
	}
	now := time.Now()
	l.name, l.model, l.program, l.since = m.Name, m.Model, m.Program, now
	if l.name == "" {
		l.name = "local"
		if l.address != "" {
			l.name = l.address
		}
	}
	if l.model == "" {
		l.model = l.service.cfg.Model
	}
	l.cores = min(max(m.Workers, 1), maxCores)
	l.beat.Store(now.UnixNano())
	close(l.hello)
	return nil
}

// dispatch hands a message to its stream. Messages for streams that ended meanwhile, or are elsewhere, are nobody's.
func (l *link) dispatch(m Message) error {
	switch m := m.(type) {
	case *HeardMessage:
		if st := l.find(m.Stream); st != nil {
			st.heardTo(l, m)
		}
	case *PartialMessage:
		if st := l.find(m.Stream); st != nil {
			return st.saying(l, m)
		}
	case *LineMessage:
		if st := l.find(m.Stream); st != nil {
			return st.said(l, m)
		}
	case *TranslationMessage:
		if st := l.find(m.Stream); st != nil {
			st.translated(l, m)
		}
	case *FinishedMessage:
		if st := l.find(m.Stream); st != nil {
			st.finished(l, m)
		}
	case *StatsMessage:
		l.stats.Store(m)
	case *OffMessage:
		return &offError{reason: m.Reason}
	default:
		return fmt.Errorf("transcribe: %w: unexpected %T", ErrProtocol, m)
	}
	return nil
}

// serve carries one link from its worker's first word to its end, and says how it ended. stop is called as soon as it is
// known, and must let a read or a write that blocks return.
func (s *Service) serve(ctx context.Context, l *link, in io.Writer, out io.Reader, stop func(err error)) error {
	linkCtx, stopLink := context.WithCancel(ctx)
	defer stopLink()
	var wg sync.WaitGroup
	readDone := make(chan error, 1)
	wg.Go(func() { l.write(linkCtx, in) })
	wg.Go(func() { readDone <- l.read(out) })
	err := s.watch(ctx, l, readDone)
	stopLink()
	stop(err)
	wg.Wait()
	return err
}

// part takes a worker's streams from it, and gives them to others where there are some. blame says that what they said may
// have killed it.
func (s *Service) part(l *link, blame bool) {
	s.fleet.leave(l)
	for _, st := range s.open() {
		st.lost(l, blame)
	}
}

// isEnd reports whether err is only the end of the worker's output.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
