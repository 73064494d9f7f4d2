package transcribe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxRemotes bounds the workers on other machines.
const maxRemotes = 64

// ErrTooManyWorkers says that no further worker is taken.
var ErrTooManyWorkers = fmt.Errorf("transcribe: %d workers are connected already", maxRemotes)

// Peer is a connection to a worker on another machine (worker.ServeHost), whose right to be here is proven.
type Peer struct {
	Conn    io.ReadWriteCloser // messages of the protocol; Close ends a read or write that blocks
	Address string             // where it comes from, for people; not empty
}

// Attach lets a worker on another machine take calls until its connection or the Service ends, or ctx does, and says why.
// It closes the connection. Calls that it had go on with others, from their last lines on.
func (s *Service) Attach(ctx context.Context, p Peer) error {
	s.mu.Lock()
	err := error(nil)
	switch {
	case s.closed || s.ending || s.running == nil:
		err = ErrClosed
	case s.remotes >= maxRemotes:
		err = ErrTooManyWorkers
	default:
		s.remotes++
		s.attached.Add(1)
	}
	s.mu.Unlock()
	if err != nil {
		return errors.Join(err, p.Conn.Close())
	}
	defer func() {
		s.mu.Lock()
		s.remotes--
		s.mu.Unlock()
		s.attached.Done()
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.quit:
			cancel()
		case <-ctx.Done():
		}
	}()

	l := newLink(s, p.Address)
	err = s.serve(ctx, l, p.Conn, p.Conn, func(error) { _ = p.Conn.Close() })
	// A network that fails falls silent; a process that dies closes its connection.
	s.part(l, isEnd(err))
	select {
	case <-l.hello:
		s.refresh()
		s.workerEvent(l, err)
	default:
	}
	return err
}

// workerEvent tells of a worker on another machine: that it has come, or, with an error, that it has gone.
func (s *Service) workerEvent(l *link, err error) {
	w := l.status()
	if err == nil {
		s.cfg.Log.Info("a recogniser is connected", "name", w.Name, "address", w.Address, "model", w.Model, "cores", w.Cores)
	} else {
		s.cfg.Log.Warn("a recogniser has gone", "name", w.Name, "address", w.Address, "after", time.Since(w.Connected).Round(time.Second), "err", err)
	}
	if s.cfg.OnWorker != nil {
		s.cfg.OnWorker(w, err)
	}
}

// hosting waits for workers from other machines, where there is no child.
func (s *Service) hosting(ctx context.Context) {
	t := time.NewTicker(balanceEvery)
	defer t.Stop()
	s.setStatus(Status{State: Loading, Reason: noWorker})
	began := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			since := s.fleet.emptySince()
			if since.Before(began) {
				since = began
			}
			if now.Sub(since) > s.cfg.OffRetry {
				s.setStatus(Status{State: Off, Reason: noWorker})
			} else {
				s.setStatus(Status{State: Loading, Reason: noWorker})
			}
		}
	}
}

const noWorker = "no recogniser is connected, and this server runs none itself: start one by patchbay transcriber --connect, or serve with --transcriber local"
