package media

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Stats counts what a Bridge did and what went wrong.
type Stats struct {
	Ticks    uint64        // ticks run
	Late     uint64        // ticks run at least one FrameDuration late, one after the other, to catch up
	Skipped  uint64        // ticks never run, because the clock was too far ahead; the position counts them
	Resyncs  uint64        // times that ticks were skipped
	TapDrops uint64        // frames that a tap could not take
	LateP99  time.Duration // lateness of a tick against its deadline, 99th percentile, within an eighth
	LateMax  time.Duration
}

// counters are written by the tick's goroutine and read by any.
type counters struct {
	ticks, late, skipped, resyncs, tapDrops atomic.Uint64
	lateness                                histogram
}

func (c *counters) snapshot() Stats {
	return Stats{
		Ticks: c.ticks.Load(), Late: c.late.Load(), Skipped: c.skipped.Load(), Resyncs: c.resyncs.Load(),
		TapDrops: c.tapDrops.Load(), LateP99: c.lateness.quantile(0.99), LateMax: time.Duration(c.lateness.max.Load()),
	}
}

// latenessBuckets is 32 octaves of eight.
const latenessBuckets = 8 * 32

// histogram keeps durations in buckets whose width grows with their value: eight per octave of microseconds.
type histogram struct {
	buckets [latenessBuckets]atomic.Uint64
	max     atomic.Int64 // nanoseconds; written by one goroutine
}

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.buckets[bucketOf(uint64(d.Microseconds()))].Add(1)
	if int64(d) > h.max.Load() {
		h.max.Store(int64(d))
	}
}

// bucketOf maps 0…7 to themselves, and from there each octave to eight buckets.
func bucketOf(us uint64) int {
	if us < 8 {
		return int(us)
	}
	octave := bits.Len64(us) - 3 // 8…15 is octave 1
	return min(octave*8+int(us>>(octave-1))&7, latenessBuckets-1)
}

// bucketEnd is the first value above bucket i, in microseconds.
func bucketEnd(i int) uint64 {
	if i < 8 {
		return uint64(i) + 1
	}
	octave, step := i/8, uint64(i%8)
	return (8 + step + 1) << (octave - 1)
}

func (h *histogram) quantile(q float64) time.Duration {
	var counts [latenessBuckets]uint64
	for i := range h.buckets {
		counts[i] = h.buckets[i].Load()
	}
	return quantile(&counts, q, time.Duration(h.max.Load()))
}

// quantile is the duration below which a share q of what the buckets count lies, at most longest.
func quantile(counts *[latenessBuckets]uint64, q float64, longest time.Duration) time.Duration {
	var total uint64
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return longest
	}
	want := uint64(q*float64(total-1)) + 1
	for i, n := range counts[:len(counts)-1] { // the last bucket has no end
		if n >= want {
			return min(time.Duration(bucketEnd(i))*time.Microsecond, longest)
		}
		want -= n
	}
	return longest
}
