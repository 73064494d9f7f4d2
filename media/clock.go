package media

import (
	"context"
	"time"
)

// Clock tells bridges when to tick. One Clock may pace many of them.
type Clock interface {
	// Now is a monotonic time.
	Now() time.Time
	// NewTimer gives one goroutine a timer of its own.
	NewTimer() Timer
}

// Timer lets one goroutine sleep again and again without allocating.
type Timer interface {
	// WaitUntil returns nil at t, at once where t has passed, or the context's error.
	WaitUntil(ctx context.Context, t time.Time) error
	// Stop lets the timer go. It is not used again.
	Stop()
}

// SystemClock is the machine's clock.
type SystemClock struct{}

var _ Clock = SystemClock{}

// Now is the machine's time.
func (SystemClock) Now() time.Time { return time.Now() }

// NewTimer gives a timer of the machine's clock.
func (SystemClock) NewTimer() Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &systemTimer{t}
}

type systemTimer struct{ t *time.Timer }

func (s *systemTimer) WaitUntil(ctx context.Context, t time.Time) error {
	d := time.Until(t)
	if d <= 0 {
		return ctx.Err()
	}
	s.t.Reset(d)
	select {
	case <-s.t.C:
		return nil
	case <-ctx.Done():
		s.t.Stop()
		return ctx.Err()
	}
}

func (s *systemTimer) Stop() { s.t.Stop() }

// KernelClock is the machine's clock whose timers are the kernel's, on Linux. A wait costs one wake-up and is late by some
// 50 µs. Go's own timers, good to 1 ms, cost four: the poller's thread wakes up to 1 ms early and sleeps again, and the
// scheduler's thread, sysmon, wakes with every one of them. A lane of bridges waits fifty times a second.
type KernelClock struct{}

var _ Clock = KernelClock{}

// Now is the machine's time.
func (KernelClock) Now() time.Time { return time.Now() }
