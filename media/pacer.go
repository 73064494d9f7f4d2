package media

import (
	"context"
	"slices"
	"sync"
	"time"
)

// laneBridges is how many Bridges tick in one goroutine. A tick of a call of two takes some 50 µs, sending included, so the
// last of a full lane ticks about 2 ms after the first.
const laneBridges = 32

// Fetcher brings packets that a tick will read. Its methods neither block nor allocate.
type Fetcher interface {
	// Begin is called before the first tick of all, and again after End.
	Begin()
	// Fetch is called at the beginning of each tick.
	Fetch()
	// End is called when no Bridge runs any more: nobody calls Fetch from then on.
	End()
}

// PacerConfig sets up a Pacer. The zero value is fit for use.
type PacerConfig struct {
	Clock   Clock   // nil: SystemClock
	Fetcher Fetcher // nil for none
}

// Pacer wakes Bridges. Those of one lane tick one after the other in one goroutine: to wake up costs a machine more than a
// tick does, so calls share it (docs/adr/010). Its methods may be called from any goroutine, but not from inside a tick.
type Pacer struct {
	clock   Clock
	fetcher Fetcher

	mu    sync.Mutex // never held in a tick
	lanes []*lane
}

// NewPacer makes a Pacer. It owns a goroutine for each lane, from the lane's first Bridge to its last.
func NewPacer(cfg PacerConfig) *Pacer {
	if cfg.Clock == nil {
		cfg.Clock = SystemClock{}
	}
	return &Pacer{clock: cfg.Clock, fetcher: cfg.Fetcher}
}

// join has b ticked until leave.
func (p *Pacer) join(b *Bridge) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	for _, l := range p.lanes {
		if l.add(b, now) {
			return l
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &lane{cancel: cancel, done: make(chan struct{}), next: now.Add(FrameDuration)}
	l.add(b, now)
	if len(p.lanes) == 0 && p.fetcher != nil {
		p.fetcher.Begin()
	}
	p.lanes = append(p.lanes, l)
	go l.run(ctx, p.clock, p.fetcher)
	return l
}

// leave ends what join began. Once it returns, b is ticked no more.
func (p *Pacer) leave(b *Bridge, l *lane) {
	if p.empties(b, l) {
		l.cancel()
		<-l.done
	}
}

// empties takes b out and reports whether its lane is at its end with that.
func (p *Pacer) empties(b *Bridge, l *lane) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.remove(b) > 0 {
		return false
	}
	p.lanes = slices.DeleteFunc(p.lanes, func(o *lane) bool { return o == l })
	if len(p.lanes) == 0 && p.fetcher != nil {
		p.fetcher.End()
	}
	return true
}

// lane is Bridges that tick together.
type lane struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when run has ended

	mu      sync.Mutex // held while the Bridges tick, by others for a few instructions
	bridges []*Bridge
	next    time.Time // deadline of the next tick
	turns   int       // since the start
}

// add takes b in unless the lane is full. Its first tick is the lane's next one after now.
func (l *lane) add(b *Bridge, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.bridges) == laneBridges {
		return false
	}
	b.due = l.next
	if late := now.Sub(l.next); late >= 0 {
		b.due = l.next.Add((late/FrameDuration + 1) * FrameDuration)
	}
	l.bridges = append(l.bridges, b)
	return true
}

// remove takes b out and gives the number of those left.
func (l *lane) remove(b *Bridge) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bridges = slices.DeleteFunc(l.bridges, func(o *Bridge) bool { return o == b })
	return len(l.bridges)
}

func (l *lane) run(ctx context.Context, clock Clock, fetcher Fetcher) {
	defer close(l.done)
	timer := clock.NewTimer()
	defer timer.Stop()
	due := l.next // nobody but turn changes it
	for {
		if timer.WaitUntil(ctx, due) != nil {
			return
		}
		if fetcher != nil {
			fetcher.Fetch()
		}
		due = l.turn(clock)
	}
}

// turn ticks every Bridge that is due and gives the next deadline, which has passed already where a Bridge has ticks to
// make up for.
func (l *lane) turn(clock Clock) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = l.next.Add(FrameDuration)
	l.turns++
	for i, b := range l.bridges {
		if now := clock.Now(); !b.due.After(now) {
			b.turn(now)
		}
		if i == 0 || b.due.Before(l.next) {
			l.next = b.due
		}
	}
	if l.turns%wakeEvery == 0 {
		for _, b := range l.bridges {
			b.wakeReaders()
		}
	}
	return l.next
}
