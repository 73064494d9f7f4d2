package media

import "time"

// Tick lets tests count what one tick allocates, without a goroutine around it.
func (b *Bridge) Tick() { b.tick() }

// Quantile puts durations through a Bridge's histogram.
func Quantile(q float64, durations ...time.Duration) time.Duration {
	var h histogram
	for _, d := range durations {
		h.add(d)
	}
	return h.quantile(q)
}
