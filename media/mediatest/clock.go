package mediatest

import (
	"context"
	"slices"
	"sync"
	"time"

	"patchbay/media"
)

// Clock is a media.Clock that moves only when a test steps it.
type Clock struct {
	mu      sync.Mutex
	changed *sync.Cond // the waiters, or the timers, changed
	now     time.Time
	timers  int // made and not stopped
	waiting []*timer
}

var _ media.Clock = (*Clock)(nil)

// NewClock makes a clock that stands at an invented time.
func NewClock() *Clock {
	c := &Clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// Now implements media.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// NewTimer implements media.Clock.
func (c *Clock) NewTimer() media.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers++
	c.changed.Broadcast()
	return &timer{clock: c, due: make(chan struct{}, 1)}
}

// Await waits until n bridges run on this clock, all asleep.
func (c *Clock) Await(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.timers != n || len(c.waiting) != n {
		c.changed.Wait()
	}
}

// Step lets n ticks pass, one by one. It returns when every bridge that it woke sleeps again or has ended, so what the
// ticks did is done.
func (c *Clock) Step(n int) {
	for range n {
		c.Jump(media.FrameDuration)
	}
}

// Jump moves the clock at once, as when the machine slept, and returns as Step does.
func (c *Clock) Jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	c.now = c.now.Add(d)
	c.waiting = slices.DeleteFunc(c.waiting, func(t *timer) bool {
		if t.until.After(c.now) {
			return false
		}
		t.due <- struct{}{}
		return true
	})
	c.settle()
}

// settle waits until every timer is waited on. The caller holds mu.
func (c *Clock) settle() {
	for len(c.waiting) != c.timers {
		c.changed.Wait()
	}
}

type timer struct {
	clock *Clock
	until time.Time
	due   chan struct{}
}

func (t *timer) WaitUntil(ctx context.Context, until time.Time) error {
	if !t.enqueue(until) {
		return ctx.Err()
	}
	select {
	case <-t.due:
		return nil
	case <-ctx.Done():
		t.leave()
		return ctx.Err()
	}
}

// enqueue reports false where the time has come already.
func (t *timer) enqueue(until time.Time) bool {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if !until.After(c.now) {
		return false
	}
	t.until = until
	c.waiting = append(c.waiting, t)
	c.changed.Broadcast()
	return true
}

// leave takes the timer off the waiters, and the token that it may just have been given.
func (t *timer) leave() {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = slices.DeleteFunc(c.waiting, func(o *timer) bool { return o == t })
	select {
	case <-t.due:
	default:
	}
	c.changed.Broadcast()
}

func (t *timer) Stop() {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers--
	c.changed.Broadcast()
}
