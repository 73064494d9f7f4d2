package media_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"patchbay/media"
)

// TestKernelClock waits for the machine's own timer, which keeps time, allocates nothing and ends with its context.
func TestKernelClock(t *testing.T) {
	timer := media.KernelClock{}.NewTimer()
	defer timer.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	start := time.Now()
	due := start
	for range 20 {
		due = due.Add(2 * time.Millisecond)
		if err := timer.WaitUntil(ctx, due); err != nil {
			t.Fatal(err)
		}
		if now := time.Now(); now.Before(due) {
			t.Fatalf("woken %v early", due.Sub(now))
		}
	}
	if n := testing.AllocsPerRun(20, func() { _ = timer.WaitUntil(ctx, time.Now().Add(100*time.Microsecond)) }); n != 0 {
		t.Errorf("%v allocations per wait", n)
	}
	if err := timer.WaitUntil(ctx, start); err != nil {
		t.Errorf("a time that has passed: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- timer.WaitUntil(ctx, time.Now().Add(time.Hour)) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("after the context's end: %v", err)
	}
	if err := timer.WaitUntil(ctx, time.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("long after the context's end: %v", err)
	}
}
