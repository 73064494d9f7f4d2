package mediatest_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"patchbay/media"
	"patchbay/media/mediatest"
)

func tone(hz, dBFS float64, frames int) []int16 {
	rec := &mediatest.Recorder{}
	src := mediatest.NewTone(hz, dBFS)
	for range frames {
		var f media.Frame
		src.ReadFrame(&f)
		rec.WriteFrame(&f)
	}
	return rec.Samples()
}

func TestPowerAtMeasuresOneToneBesideAnother(t *testing.T) {
	mix := tone(437, -20, 50)
	for i, v := range tone(1723, -50, 50) {
		mix[i] += v
	}
	for _, c := range []struct{ hz, want, within float64 }{
		{437, -20, 0.05}, {1723, -50, 0.1}, {911, -150, 65},
	} {
		if got := mediatest.PowerAt(mix, media.SampleRate, c.hz); math.Abs(got-c.want) > c.within {
			t.Errorf("%.0f Hz at %.2f dBFS, not %.0f", c.hz, got, c.want)
		}
	}
	if got := mediatest.RMS(tone(437, -20, 50)); math.Abs(got+20) > 0.05 {
		t.Errorf("RMS is %.2f dBFS, not -20", got)
	}
	if got := mediatest.PowerAt(make([]int16, 100), media.SampleRate, 437); got != -150 {
		t.Errorf("silence has %.1f dBFS", got)
	}
}

func TestCorrelateFindsWhatIsHidden(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	noise := func(n int, peak int) []int16 {
		s := make([]int16, n)
		for i := range s {
			s[i] = int16(rnd.IntN(2*peak+1) - peak)
		}
		return s
	}
	needle := noise(4000, 1000)
	hay := noise(20000, 500)
	for i, v := range needle {
		hay[7123+i] += v / 2
	}
	if at, r := mediatest.Correlate(hay, needle); at != 7123 || r < 0.6 || r > 0.8 {
		t.Errorf("found at %d with %.2f", at, r)
	}
	if at, r := mediatest.Correlate(needle, needle); at != 0 || math.Abs(r-1) > 1e-6 {
		t.Errorf("itself at %d with %v", at, r)
	}
	if _, r := mediatest.Correlate(noise(20000, 500), needle); r > 0.2 {
		t.Errorf("found with %.2f where it is not", r)
	}
	if _, r := mediatest.Correlate(needle, hay); r != 0 {
		t.Errorf("a needle longer than the haystack: %.2f", r)
	}
}

// TestClockStepsSeveralBridges: after Step, what the ticks did is done on every bridge, also where one ended meanwhile.
func TestClockStepsSeveralBridges(t *testing.T) {
	clock := mediatest.NewClock()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	newBridge := func() *media.Bridge {
		return media.NewBridge(media.BridgeConfig{Pacer: media.NewPacer(media.PacerConfig{Clock: clock})})
	}
	short, long := newBridge(), newBridge()
	go func() {
		defer close(ended)
		_ = short.Run(ctx)
	}()
	longCtx, stop := context.WithCancel(t.Context())
	longEnded := make(chan struct{})
	go func() {
		defer close(longEnded)
		_ = long.Run(longCtx)
	}()
	clock.Await(2)
	clock.Step(10)
	if short.Position() != 10 || long.Position() != 10 {
		t.Errorf("positions %d and %d after ten steps", short.Position(), long.Position())
	}
	cancel()
	<-ended
	clock.Step(5)
	if short.Position() != 10 || long.Position() != 15 {
		t.Errorf("positions %d and %d after one ended", short.Position(), long.Position())
	}
	stop()
	<-longEnded
}
