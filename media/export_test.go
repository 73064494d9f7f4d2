package media

import "time"

// Tick lets tests count what one tick allocates, without a goroutine around it.
func (b *Bridge) Tick() {
	b.tick()
	if b.Position()%wakeEvery == 0 {
		b.wakeReaders()
	}
}

// Quantile puts durations through a Bridge's histogram.
func Quantile(q float64, durations ...time.Duration) time.Duration {
	var h histogram
	for _, d := range durations {
		h.add(d)
	}
	return h.quantile(q)
}

// FirstTick is the first deadline of a Bridge that joins, at the time now, a lane whose next tick was due at next.
func FirstTick(next, now time.Time) time.Time {
	b := &Bridge{}
	(&lane{next: next}).add(b, now)
	return b.due
}
