package transcribe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// gather is how long the writer waits for other streams once one has something to send: taps are read at the same time, and one
// write for all costs both processes less than one for each.
const gather = 2 * time.Millisecond

// link is the connection to one child. Its writer and its reader are one goroutine each.
type link struct {
	service *Service
	alive   chan struct{} // the child said something
	hello   chan struct{} // closed when it can transcribe

	mu      sync.Mutex
	streams map[uint32]*stream
	retired []uint32 // to be closed at the child
	last    uint32
}

func newLink(s *Service) *link {
	return &link{service: s, alive: make(chan struct{}, 1), hello: make(chan struct{}), streams: map[uint32]*stream{}}
}

// enlist gives st a number on this link.
func (l *link) enlist(st *stream) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	l.streams[l.last] = st
	return l.last
}

// retire takes a number back; the writer tells the child.
func (l *link) retire(wire uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.streams, wire)
	l.retired = append(l.retired, wire)
}

// takeRetired empties the list of numbers to be closed at the child.
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

// write sends what streams have, until ctx ends or the child does not take it. The child's answers tell how that went, so
// an error ends the writer only.
func (l *link) write(ctx context.Context, w io.Writer) {
	mw := NewMessageWriter(w)
	if mw.Write(&HelloMessage{Version: ProtocolVersion, Workers: l.service.cfg.Workers}) != nil || mw.Flush() != nil {
		return
	}
	select {
	case <-l.hello:
	case <-ctx.Done():
		return
	}
	for _, st := range l.service.open() {
		l.service.toSend.add(st)
	}
	var buf sendBuffer
	var batch []*stream
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.service.toSend.signal:
		}
		time.Sleep(gather)
		batch = l.service.toSend.takeAll(batch)
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

// offError is the child's own word that it cannot transcribe.
type offError struct{ reason string }

func (e *offError) Error() string { return "transcribe: " + e.reason }

// read takes the child's messages in until it ends, and says why.
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
		if m.Version != ProtocolVersion {
			return &offError{reason: fmt.Sprintf("the recogniser speaks version %d of the protocol, this program %d: restart patchbay after an update", m.Version, ProtocolVersion)}
		}
		close(l.hello)
	default:
		return fmt.Errorf("transcribe: %w: it begins with %T", ErrProtocol, m)
	}
	for {
		m, err := mr.Read()
		if err != nil {
			return err
		}
		select {
		case l.alive <- struct{}{}:
		default:
		}
		if err := l.dispatch(m); err != nil {
			return err
		}
	}
}

// dispatch hands a message to its stream. Messages for streams that ended meanwhile are nobody's.
func (l *link) dispatch(m Message) error {
	switch m := m.(type) {
	case *HeardMessage:
		if st := l.find(m.Stream); st != nil {
			st.heardTo(l, m)
		}
	case *PartialMessage:
		if st := l.find(m.Stream); st != nil {
			st.saying(l, m)
		}
	case *LineMessage:
		if st := l.find(m.Stream); st != nil {
			st.said(l, m)
		}
	case *FinishedMessage:
		if st := l.find(m.Stream); st != nil {
			st.finished(l, m)
		}
	case *StatsMessage:
		l.service.stats.Store(m)
	case *OffMessage:
		return &offError{reason: m.Reason}
	default:
		return fmt.Errorf("transcribe: %w: unexpected %T", ErrProtocol, m)
	}
	return nil
}

// isEnd reports whether err is only the end of the child's output.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
