package media

import "sync"

// Totals adds up the Stats of Bridges, of those that have ended too, for whoever watches the whole server. The zero value
// is ready; its methods may be called from any goroutine.
type Totals struct {
	mu   sync.Mutex // never held in a tick
	runs map[*Bridge]struct{}
	past tally
}

// tally is a sum of counters.
type tally struct {
	Stats
	lateness [latenessBuckets]uint64
}

func (t *tally) add(c *counters) {
	s := c.snapshot()
	t.Ticks += s.Ticks
	t.Late += s.Late
	t.Skipped += s.Skipped
	t.Resyncs += s.Resyncs
	t.TapDrops += s.TapDrops
	t.LateMax = max(t.LateMax, s.LateMax)
	for i := range t.lateness {
		t.lateness[i] += c.lateness.buckets[i].Load()
	}
}

// began is told of a Bridge that runs.
func (t *Totals) began(b *Bridge) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.runs == nil {
		t.runs = make(map[*Bridge]struct{})
	}
	t.runs[b] = struct{}{}
}

// ended is told that it does no longer.
func (t *Totals) ended(b *Bridge) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.runs, b)
	t.past.add(&b.stats)
}

// Stats is the sum; LateP99 is over all ticks of all Bridges.
func (t *Totals) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.past
	for b := range t.runs {
		sum.add(&b.stats)
	}
	sum.LateP99 = quantile(&sum.lateness, 0.99, sum.LateMax)
	return sum.Stats
}

// Running is the number of Bridges that run now.
func (t *Totals) Running() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.runs)
}
