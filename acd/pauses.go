package acd

import (
	"math"
	"slices"
	"sync"
)

// pauses are when an interaction was not to be recorded, in milliseconds of the transcript's axis. They are asked when a
// line comes, which may be seconds after its words were said and the recording was resumed. Owned by nobody: mu guards all.
type pauses struct {
	mu    sync.Mutex
	spans []interval
}

// interval of the transcript's axis. One that goes on ends at math.MaxInt64.
type interval struct{ from, to int64 }

// begin notes a pause, where none goes on.
func (p *pauses) begin(at int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.spans); n == 0 || p.spans[n-1].to != math.MaxInt64 {
		p.spans = append(p.spans, interval{at, math.MaxInt64})
	}
}

// end notes that recording goes on.
func (p *pauses) end(at int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.spans); n > 0 && p.spans[n-1].to == math.MaxInt64 {
		p.spans[n-1].to = at
	}
}

// touch reports whether something from one time to another was said in a pause, even in part.
func (p *pauses) touch(from, to int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.spans, func(s interval) bool { return from < s.to && to >= s.from })
}
