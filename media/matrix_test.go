package media_test

import (
	"math/rand/v2"
	"testing"

	"patchbay/media"
)

// TestMatrixAgainstMap does random changes to a Matrix and to a plain set of pairs, and compares everything.
func TestMatrixAgainstMap(t *testing.T) {
	type pair struct{ listener, speaker media.Slot }
	rnd := rand.New(rand.NewPCG(1, 2))
	slot := func() media.Slot { return media.Slot(rnd.IntN(media.MaxLegs)) }
	var m media.Matrix
	want := map[pair]bool{}
	for step := range 2000 {
		p := pair{slot(), slot()}
		if step%50 == 49 {
			m = m.Without(p.listener)
			for q := range want {
				if q.listener == p.listener || q.speaker == p.listener {
					delete(want, q)
				}
			}
		} else {
			on := rnd.IntN(3) > 0
			m = m.With(p.listener, p.speaker, on)
			want[p] = on && p.listener != p.speaker // nobody hears themself
		}
		for l := range media.Slot(media.MaxLegs) {
			for s := range media.Slot(media.MaxLegs) {
				if m.Hears(l, s) != want[pair{l, s}] {
					t.Fatalf("step %d: Hears(%d, %d) = %v", step, l, s, m.Hears(l, s))
				}
			}
		}
	}
}

func TestMatrixRefusesSlotsOutOfRange(t *testing.T) {
	for name, f := range map[string]func(){
		"listener": func() { media.Matrix{}.With(media.MaxLegs, 0, true) },
		"speaker":  func() { media.Matrix{}.With(0, media.MaxLegs, true) },
		"hears":    func() { media.Matrix{}.Hears(0, media.MaxLegs) },
		"without":  func() { media.Matrix{}.Without(media.MaxLegs) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
