package media_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// party hums one tone and records what it hears.
type party struct {
	mediatest.Leg
	hz   float64
	rec  *mediatest.Recorder
	slot media.Slot
}

func newParty(hz float64) *party {
	rec := &mediatest.Recorder{}
	return &party{Leg: mediatest.Leg{Source: mediatest.NewTone(hz, -20), Sink: rec}, hz: hz, rec: rec}
}

// hears checks which of the tones p heard since it was last asked, by spectrum.
func (p *party) hears(t *testing.T, parties []*party, want ...*party) {
	t.Helper()
	heard := p.rec.Samples()
	p.rec.Reset()
	for _, q := range parties {
		level := mediatest.PowerAt(heard, media.SampleRate, q.hz)
		wanted := false
		for _, w := range want {
			wanted = wanted || w == q
		}
		switch {
		case wanted && math.Abs(level+20) > 0.1:
			t.Errorf("slot %d hears %.0f Hz at %.1f dBFS, not -20", p.slot, q.hz, level)
		case !wanted && level > -75:
			t.Errorf("slot %d hears %.0f Hz at %.1f dBFS, and should not", p.slot, q.hz, level)
		}
	}
}

// bridge is a bridge that runs on a stepped clock until the test ends.
type bridge struct {
	*media.Bridge
	clock *mediatest.Clock
	stop  func()
}

func run(t *testing.T, cfg media.BridgeConfig) bridge {
	t.Helper()
	clock := mediatest.NewClock()
	cfg.Pacer = media.NewPacer(media.PacerConfig{Clock: clock})
	b := media.NewBridge(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop := func() {
		cancel()
		if err, open := <-done; open {
			close(done)
			if err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	clock.Await(1)
	return bridge{b, clock, stop}
}

func seat(t *testing.T, b *media.Bridge, l media.Leg) media.Slot {
	t.Helper()
	s, err := b.Attach(l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSupervision walks through what the centre does with one call: every mode is nothing but a matrix.
func TestSupervision(t *testing.T) {
	b := run(t, media.BridgeConfig{})
	customer, agent, supervisor := newParty(437), newParty(911), newParty(1723)
	all := []*party{customer, agent, supervisor}
	for _, p := range all {
		p.slot = seat(t, b.Bridge, p)
	}
	c, a, s := customer.slot, agent.slot, supervisor.slot
	talk := media.Matrix{}.With(c, a, true).With(a, c, true)
	listen := talk.With(s, c, true).With(s, a, true)
	whisper := listen.With(a, s, true)
	barge := whisper.With(c, s, true)
	for _, step := range []struct {
		name                         string
		matrix                       media.Matrix
		customer, agent, supervision []*party
	}{
		{"nobody", media.Matrix{}, nil, nil, nil},
		{"talk", talk, []*party{agent}, []*party{customer}, nil},
		{"mute", talk.With(c, a, false), nil, []*party{customer}, nil},
		{"listen", listen, []*party{agent}, []*party{customer}, []*party{customer, agent}},
		{"whisper", whisper, []*party{agent}, []*party{customer, supervisor}, []*party{customer, agent}},
		{"barge", barge, []*party{agent, supervisor}, []*party{customer, supervisor}, []*party{customer, agent}},
		{"take over", barge.Without(a), []*party{supervisor}, nil, []*party{customer}},
	} {
		t.Run(step.name, func(t *testing.T) {
			b.SetMatrix(step.matrix)
			if b.Matrix() != step.matrix {
				t.Error("Matrix gives another matrix")
			}
			for _, p := range all {
				p.rec.Reset()
			}
			b.clock.Step(25) // half a second
			customer.hears(t, all, step.customer...)
			agent.hears(t, all, step.agent...)
			supervisor.hears(t, all, step.supervision...)
		})
	}
}

// TestLoudVoicesClip: two at full scale are added and clipped, not wrapped and not divided.
func TestLoudVoicesClip(t *testing.T) {
	b := run(t, media.BridgeConfig{})
	rec := &mediatest.Recorder{}
	l := seat(t, b.Bridge, rec)
	s1 := seat(t, b.Bridge, mediatest.NewTone(400, 0))
	s2 := seat(t, b.Bridge, mediatest.NewTone(400, 0))
	b.SetMatrix(media.Matrix{}.With(l, s1, true).With(l, s2, true))
	b.clock.Step(10)
	one := make([]int16, 0, 10*media.FrameSamples)
	tone := mediatest.NewTone(400, 0)
	for range 10 {
		var f media.Frame
		tone.ReadFrame(&f)
		one = append(one, f[:]...)
	}
	for i, got := range rec.Samples() {
		want := int16(min(max(2*int(one[i]), math.MinInt16), math.MaxInt16))
		if got != want {
			t.Fatalf("sample %d is %d, not %d", i, got, want)
		}
	}
}

func TestWhereNobodySpeaks(t *testing.T) {
	for _, silence := range []bool{false, true} {
		b := run(t, media.BridgeConfig{Silence: silence})
		rec := &mediatest.Recorder{}
		seat(t, b.Bridge, rec)
		b.clock.Step(50)
		got := rec.Samples()
		if len(got) != 50*media.FrameSamples {
			t.Fatalf("%d samples in a second", len(got))
		}
		level := mediatest.RMS(got)
		if silence && level > -149 {
			t.Errorf("silence has %.1f dBFS", level)
		}
		// −70 dBov against a square wave is −67 dBFS against a sine.
		if !silence && math.Abs(level+67) > 1 {
			t.Errorf("comfort noise has %.1f dBFS, not -67", level)
		}
		b.stop()
	}
}

func TestReplaceInMidCall(t *testing.T) {
	b := run(t, media.BridgeConfig{})
	customer, before, after := newParty(437), newParty(911), newParty(1723)
	all := []*party{customer, before, after}
	customer.slot = seat(t, b.Bridge, customer)
	before.slot = seat(t, b.Bridge, before)
	after.slot = before.slot
	tap := media.NewTap(100)
	b.SetTap(before.slot, tap)
	b.SetMatrix(media.Matrix{}.With(customer.slot, before.slot, true).With(before.slot, customer.slot, true))
	b.clock.Step(25)
	customer.hears(t, all, before)
	before.hears(t, all, customer)

	b.Replace(before.slot, after)
	b.clock.Step(25)
	customer.hears(t, all, after)
	after.hears(t, all, customer)
	if n := len(before.rec.Samples()); n > 0 {
		t.Errorf("the old leg heard %d samples more", n)
	}

	// The tap stays with the slot, without a gap.
	tap.Close()
	var f media.Frame
	for want := range int64(50) {
		if pos, err := tap.Read(t.Context(), &f); err != nil || pos != want {
			t.Fatalf("frame %d of the tap: position %d, %v", want, pos, err)
		}
	}
}

func TestReplaceOnAFreeSlotDoesNothing(t *testing.T) {
	b := run(t, media.BridgeConfig{})
	rec := &mediatest.Recorder{}
	b.Replace(3, rec)
	b.SetTap(3, media.NewTap(1))
	b.clock.Step(3)
	if n := len(rec.Samples()); n > 0 {
		t.Errorf("heard %d samples", n)
	}
	if d := b.Stats().TapDrops; d > 0 {
		t.Errorf("the tap of a free slot dropped %d frames", d)
	}
}

// TestDetachedSlotStartsFresh: who gets a freed seat does not inherit who heard it.
func TestDetachedSlotStartsFresh(t *testing.T) {
	b := run(t, media.BridgeConfig{})
	customer, supervisor, next := newParty(437), newParty(911), newParty(1723)
	all := []*party{customer, supervisor, next}
	customer.slot = seat(t, b.Bridge, customer)
	supervisor.slot = seat(t, b.Bridge, supervisor)
	b.SetMatrix(media.Matrix{}.With(customer.slot, supervisor.slot, true).With(supervisor.slot, customer.slot, true))
	b.Detach(supervisor.slot)
	next.slot = seat(t, b.Bridge, next)
	if next.slot != supervisor.slot {
		t.Fatalf("got slot %d, not the free one %d", next.slot, supervisor.slot)
	}
	b.clock.Step(25)
	customer.hears(t, all)
	next.hears(t, all)
}

// busyLeg notices a tick that uses it after Detach returned.
type busyLeg struct {
	mediatest.Recorder
	t    *testing.T
	gone bool // written only after Detach, so the race detector sees what overlaps
}

func (l *busyLeg) ReadFrame(*media.Frame) bool {
	if l.gone {
		l.t.Error("used after Detach")
	}
	return false
}

func TestDetachWhileRunning(t *testing.T) {
	b := media.NewBridge(media.BridgeConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			b.Tick() // as fast as it can
		}
	}()
	for range 1000 {
		l := &busyLeg{t: t}
		s := seat(t, b, l)
		b.Detach(s)
		l.gone = true
	}
	cancel()
	<-done
}

func TestDetachBeforeAndAfterRun(t *testing.T) {
	b := run(t, media.BridgeConfig{})
	s := seat(t, b.Bridge, &mediatest.Recorder{})
	b.stop()
	b.Detach(s)
	if err := b.Run(t.Context()); !errors.Is(err, media.ErrBridgeRan) {
		t.Errorf("second run: %v", err)
	}
	never := media.NewBridge(media.BridgeConfig{})
	never.Detach(seat(t, never, &mediatest.Recorder{}))
}

func TestBridgeFull(t *testing.T) {
	b := media.NewBridge(media.BridgeConfig{})
	for range media.MaxLegs {
		seat(t, b, &mediatest.Recorder{})
	}
	if _, err := b.Attach(&mediatest.Recorder{}); !errors.Is(err, media.ErrBridgeFull) {
		t.Fatalf("one too many: %v", err)
	}
	b.Detach(7)
	if s := seat(t, b, &mediatest.Recorder{}); s != 7 {
		t.Errorf("got slot %d, not the free 7", s)
	}
}

// TestOversleep: up to three missed ticks are made up for; of more, the rest is skipped and counted, so that positions
// still tell the time.
func TestOversleep(t *testing.T) {
	const frame = media.FrameDuration
	for _, c := range []struct {
		name  string
		sleep time.Duration
		want  media.Stats
	}{
		{"on time", frame, media.Stats{Ticks: 1}},
		{"a little late", frame + frame/2, media.Stats{Ticks: 1}},
		{"one missed", 2 * frame, media.Stats{Ticks: 2, Late: 1}},
		{"three missed", 4 * frame, media.Stats{Ticks: 4, Late: 3}},
		{"four missed", 5 * frame, media.Stats{Ticks: 4, Late: 3, Skipped: 1, Resyncs: 1}},
		{"a second", 50 * frame, media.Stats{Ticks: 4, Late: 3, Skipped: 46, Resyncs: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log strings.Builder
			b := run(t, media.BridgeConfig{Log: slog.New(slog.NewTextHandler(&log, nil))})
			b.clock.Jump(c.sleep)
			got := b.Stats()
			got.LateP99, got.LateMax = 0, 0
			if got != c.want {
				t.Errorf("got %+v, not %+v", got, c.want)
			}
			if pos, want := b.Position(), int64(c.sleep/frame); pos != want {
				t.Errorf("position %d, not %d", pos, want)
			}
			b.clock.Step(1)
			if pos, want := b.Position(), int64(c.sleep/frame)+1; pos != want {
				t.Errorf("a tick later: position %d, not %d", pos, want)
			}
			b.stop()
			if warned := strings.Contains(log.String(), "level=WARN"); warned != (c.want.Resyncs > 0) {
				t.Errorf("log: %q", log.String())
			}
		})
	}
}

// TestSystemClock runs the real clock in a bubble: 100 ticks take two seconds to the nanosecond, because deadlines are
// added up.
func TestSystemClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := media.NewBridge(media.BridgeConfig{})
		ctx, cancel := context.WithTimeout(t.Context(), 100*media.FrameDuration+1)
		defer cancel()
		if err := b.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if got := b.Stats(); got != (media.Stats{Ticks: 100}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestLatenessQuantile(t *testing.T) {
	var late []time.Duration
	for us := range 1000 {
		late = append(late, time.Duration(us)*time.Microsecond)
	}
	// The bucket of 989 µs ends at 1024 µs, beyond the largest value seen.
	if got := media.Quantile(0.99, late...); got != 999*time.Microsecond {
		t.Errorf("p99 of 0…999 µs is %v", got)
	}
	if got := media.Quantile(0.5, late...); got < 499*time.Microsecond || got > 562*time.Microsecond {
		t.Errorf("median of 0…999 µs is %v", got)
	}
	if got := media.Quantile(0.99); got != 0 {
		t.Errorf("p99 of nothing is %v", got)
	}
	if got := media.Quantile(0.99, 1000*time.Hour); got != 1000*time.Hour {
		t.Errorf("p99 of 1000 h is %v", got)
	}
}
