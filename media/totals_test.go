package media_test

import (
	"testing"

	"patchbay/media"
)

func TestTotals(t *testing.T) {
	const frame = media.FrameDuration
	var totals media.Totals
	one, two := run(t, media.BridgeConfig{Totals: &totals}), run(t, media.BridgeConfig{Totals: &totals})
	one.clock.Step(3)
	two.clock.Jump(5 * frame)
	check := func(when string, running int) {
		t.Helper()
		got := totals.Stats()
		if got.LateMax != 4*frame || got.LateP99 > got.LateMax || got.LateP99 < frame {
			t.Errorf("%s: lateness is %v, at most %v", when, got.LateP99, got.LateMax)
		}
		got.LateMax, got.LateP99 = 0, 0
		if want := (media.Stats{Ticks: 7, Late: 3, Skipped: 1, Resyncs: 1}); got != want {
			t.Errorf("%s: got %+v, not %+v", when, got, want)
		}
		if n := totals.Running(); n != running {
			t.Errorf("%s: %d run, not %d", when, n, running)
		}
	}
	check("two bridges", 2)
	two.stop()
	check("one has ended", 1)
	one.stop()
	check("both have ended", 0)
}
