package crosstalk

import "testing"

// BenchmarkDoubleTalk is the dearest second: both speak, and neither is heard in the other.
func BenchmarkDoubleTalk(b *testing.B) {
	own, other := load(b, speech+"lv-0870.wav"), load(b, speech+"lv-0880.wav")
	leg := room(mix(5, 0.2, own), mix(5, 0.1, other))
	l := line(0.5, 3.5)
	b.Run("line of 3 s", func(b *testing.B) {
		for range b.N {
			leg.Own(l)
		}
	})
	b.Run("partial of 3 s", func(b *testing.B) {
		for range b.N {
			leg.leaks(leg.end-heldBack, leg.end)
		}
	})
}
