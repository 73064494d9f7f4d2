package transcribe

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	firstBackoff = 50 * time.Millisecond
	longBackoff  = 5 * time.Second
	// A child that lived so long was healthy: the next one starts at once.
	healthyLife = 30 * time.Second
	// maxShortLives is the number of short-lived children in a row after which transcription counts as off.
	maxShortLives = 6
	// endWithin is what a child gets to end by itself when its input ends.
	endWithin = 2 * time.Second
)

// supervise runs one child after the other until ctx ends.
func (s *Service) supervise(ctx context.Context) {
	shortLives := 0
	for ctx.Err() == nil {
		begin := time.Now()
		err := s.live(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begin) > healthyLife {
			shortLives = 0
		}
		shortLives++
		wait := min(firstBackoff<<(shortLives-1), longBackoff)
		var off *offError
		switch {
		case errors.As(err, &off):
			s.setStatus(Status{State: Off, Reason: off.reason})
			wait, shortLives = s.cfg.OffRetry, 0
		case shortLives >= maxShortLives:
			s.setStatus(Status{State: Off, Reason: fmt.Sprintf("the recogniser has failed %d times in a row (%v); its last words are in the log; run patchbay doctor", shortLives, err)})
			wait, shortLives = s.cfg.OffRetry, maxShortLives-1
		default:
			s.setStatus(Status{State: Loading})
		}
		s.restarts.Add(1)
		s.cfg.Log.Warn("recogniser ended", "err", err, "again_in", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// live runs one child to its end and says why it ended.
func (s *Service) live(ctx context.Context) error {
	c, err := s.start(s.cfg)
	if err != nil {
		return &offError{reason: fmt.Sprintf("the recogniser cannot be started: %v; run patchbay doctor", err)}
	}
	l := newLink(s, "")
	err = s.serve(ctx, l, c.in, c.out, func(err error) {
		// From here on nothing is sent. A child that is asked to end (its input ends) gets a moment; any other is killed.
		if ctx.Err() != nil {
			c.closeInput()
			select {
			case <-c.exited:
			case <-time.After(endWithin):
			}
		} else if isEnd(err) {
			select { // it has closed its output: its exit status says more
			case <-c.exited:
			case <-time.After(endWithin):
			}
		}
		c.kill()
		<-c.exited
		c.closeInput()
	})
	c.out.Close()
	if isEnd(err) {
		err = fmt.Errorf("transcribe: recogniser ended: %v", c.exit)
	}
	s.part(l, true)
	return err
}

// watch waits for the worker's first word, then for its silence or its end.
func (s *Service) watch(ctx context.Context, l *link, readDone <-chan error) error {
	limit := time.NewTimer(s.cfg.StartWithin)
	defer limit.Stop()
	hello := l.hello
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-readDone:
			return err
		case <-hello:
			hello = nil
			s.joined(l)
		case <-l.alive:
		case <-limit.C:
			if hello != nil {
				return fmt.Errorf("transcribe: the recogniser was not ready within %v", s.cfg.StartWithin)
			}
			return fmt.Errorf("transcribe: the recogniser was silent for %v", s.cfg.StallAfter)
		}
		if hello == nil {
			limit.Reset(s.cfg.StallAfter)
		}
	}
}
