package media_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// fetches is a Fetcher that counts, and notes what ticks had come before each fetch.
type fetches struct {
	clock                media.Clock
	mu                   sync.Mutex
	begun, ended, called int
	at                   []time.Duration // after begin
	start                time.Time
}

func (f *fetches) Begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun++
	f.start = f.clock.Now()
}

func (f *fetches) Fetch() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.called++
	f.at = append(f.at, f.clock.Now().Sub(f.start))
}

func (f *fetches) End() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended++
}

// tickTimes is a leg that notes when it is read.
type tickTimes struct {
	mediatest.Recorder
	at []time.Time
}

func (l *tickTimes) ReadFrame(*media.Frame) bool {
	l.at = append(l.at, time.Now())
	return false
}

// TestBridgesShareTicks: whenever it began, a bridge ticks with those that run, 20 ms apart to the nanosecond, and packets are
// fetched with each tick.
func TestBridgesShareTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fetches{clock: media.SystemClock{}}
		p := media.NewPacer(media.PacerConfig{Fetcher: f})
		start := time.Now()
		const bridges, ticks = 100, 10
		legs := make([]tickTimes, bridges)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for i := range bridges {
			b := media.NewBridge(media.BridgeConfig{Pacer: p})
			seat(t, b, &legs[i])
			running.Go(func() { _ = b.Run(ctx) })
			synctest.Wait()
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(time.Until(start.Add((ticks + 1) * media.FrameDuration).Add(-time.Nanosecond)))
		cancel()
		running.Wait()
		lanes := map[time.Duration]int{}
		for i := range legs {
			at := legs[i].at
			if len(at) < ticks-1 {
				t.Fatalf("bridge %d ticked %d times", i, len(at))
			}
			lanes[at[0].Sub(start)%media.FrameDuration]++
			for n := 1; n < len(at); n++ {
				if d := at[n].Sub(at[n-1]); d != media.FrameDuration {
					t.Fatalf("bridge %d: %v between two ticks", i, d)
				}
			}
		}
		if len(lanes) != 4 {
			t.Errorf("%d bridges tick at %d times, in lanes of %v", bridges, len(lanes), lanes)
		}
		if f.begun != 1 || f.ended != 1 || f.called < 4*ticks {
			t.Errorf("begun %d, ended %d, fetched %d times", f.begun, f.ended, f.called)
		}
		if first := f.at[0]; first != media.FrameDuration {
			t.Errorf("the first fetch comes %v before the first tick", media.FrameDuration-first)
		}
	})
}

// TestPacerStartsOver: a lane ends with its last bridge, and another begins.
func TestPacerStartsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fetches{clock: media.SystemClock{}}
		p := media.NewPacer(media.PacerConfig{Fetcher: f})
		for n := 1; n <= 3; n++ {
			b := media.NewBridge(media.BridgeConfig{Pacer: p})
			ctx, cancel := context.WithTimeout(t.Context(), 5*media.FrameDuration+1)
			_ = b.Run(ctx)
			cancel()
			if got := b.Stats().Ticks; got != 5 {
				t.Errorf("%d ticks", got)
			}
			if f.begun != n || f.ended != n {
				t.Errorf("begun %d, ended %d times", f.begun, f.ended)
			}
		}
	})
}

// TestLateBridgeOwesNothing: a bridge that comes while its lane oversleeps makes up for nothing that was before it.
func TestLateBridgeOwesNothing(t *testing.T) {
	next := time.Now()
	for late, want := range map[time.Duration]time.Duration{
		-time.Millisecond: 0, 0: media.FrameDuration, time.Millisecond: media.FrameDuration, 50 * time.Millisecond: 60 * time.Millisecond,
	} {
		if first := media.FirstTick(next, next.Add(late)); first != next.Add(want) {
			t.Errorf("%v after the lane's next tick: the first one is %v after it, not %v", late, first.Sub(next), want)
		}
	}
}
