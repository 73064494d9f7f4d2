package media

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of a Bridge.
var (
	// ErrBridgeFull: all MaxLegs slots are taken.
	ErrBridgeFull = errors.New("media: bridge is full")
	// ErrBridgeRan: Run was called a second time.
	ErrBridgeRan = errors.New("media: bridge was run before")
)

// maxCatchUp is how many missed ticks a Bridge runs one after the other. Legs buffer about as much; what is older would
// only be delay.
const maxCatchUp = 3

// BridgeConfig sets up a Bridge. The zero value is fit for use.
type BridgeConfig struct {
	Pacer   *Pacer       // what it ticks by, with others; nil: one of its own
	Log     *slog.Logger // nil: discarded. Written when Run ends, never in the tick
	Totals  *Totals      // where this bridge is counted; nil: nowhere
	Silence bool         // write digital silence instead of comfort noise where nobody speaks
}

// Bridge is where legs hear each other. Its methods may be called from any goroutine, except from inside a leg's
// ReadFrame or WriteFrame.
type Bridge struct {
	pacer   *Pacer
	log     *slog.Logger
	totals  *Totals
	silence bool
	ran     atomic.Bool

	matrix atomic.Pointer[Matrix]
	pos    atomic.Int64 // frames since the start; advanced by the tick only
	stats  counters

	mu    sync.Mutex // guards seats; held by the tick while it uses legs, by others for a few instructions
	seats [MaxLegs]seat

	// owned by the tick
	mixer mixer
	due   time.Time // deadline of the next tick
}

// seat is one slot: a leg and, perhaps, its tap. leg is nil where the slot is free.
type seat struct {
	leg Leg
	tap *Tap
}

// NewBridge makes a bridge without legs, in which nobody hears anybody.
func NewBridge(cfg BridgeConfig) *Bridge {
	if cfg.Pacer == nil {
		cfg.Pacer = NewPacer(PacerConfig{})
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Bridge{pacer: cfg.Pacer, log: cfg.Log, totals: cfg.Totals, silence: cfg.Silence, mixer: mixer{noise: noise{state: 1}}}
	b.matrix.Store(&Matrix{})
	return b
}

// Run has the bridge ticked every FrameDuration until ctx is done, then returns nil. A Bridge runs once.
func (b *Bridge) Run(ctx context.Context) error {
	if b.ran.Swap(true) {
		return ErrBridgeRan
	}
	defer b.report()
	if b.totals != nil {
		b.totals.began(b)
		defer b.totals.ended(b)
	}
	lane := b.pacer.join(b)
	defer b.pacer.leave(b, lane)
	<-ctx.Done()
	return nil
}

// turn is a tick that is due, or the first of some that were missed.
func (b *Bridge) turn(now time.Time) {
	late := now.Sub(b.due)
	b.stats.lateness.add(late)
	if missed := int64(late / FrameDuration); missed > 0 {
		b.stats.late.Add(1)
		if skip := missed - maxCatchUp; skip > 0 {
			b.stats.resyncs.Add(1)
			b.stats.skipped.Add(uint64(skip))
			b.pos.Add(skip)
			b.due = b.due.Add(time.Duration(skip) * FrameDuration)
		}
	}
	b.tick()
	// Deadlines advance by addition, so that lateness never adds up to drift.
	b.due = b.due.Add(FrameDuration)
}

func (b *Bridge) report() {
	s := b.stats.snapshot()
	level := slog.LevelDebug
	if s.Resyncs > 0 || s.TapDrops > 0 {
		level = slog.LevelWarn
	}
	b.log.Log(context.Background(), level, "bridge ended", "ticks", s.Ticks, "late", s.Late, "skipped", s.Skipped,
		"resyncs", s.Resyncs, "tap_drops", s.TapDrops, "late_p99", s.LateP99, "late_max", s.LateMax)
}

// Attach seats a leg. Until a matrix says otherwise it hears nobody and nobody hears it.
func (b *Bridge) Attach(l Leg) (Slot, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.seats {
		if b.seats[i].leg == nil {
			b.seats[i].leg = l
			return Slot(i), nil
		}
	}
	return 0, ErrBridgeFull
}

// Replace puts another leg into a slot, with the same tap and the same row of the matrix. Once it returns, the tick no
// longer uses the old leg. On a free slot it does nothing.
func (b *Bridge) Replace(s Slot, l Leg) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seats[s].leg != nil {
		b.seats[s].leg = l
	}
}

// Detach frees a slot and takes it out of the matrix, so that whoever gets it next is not heard by mistake. Once it
// returns, the tick no longer uses the leg or the tap.
func (b *Bridge) Detach(s Slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seats[s] = seat{}
	for {
		old := b.matrix.Load()
		m := old.Without(s)
		if b.matrix.CompareAndSwap(old, &m) {
			return
		}
	}
}

// SetTap gives the leg in a slot its tap, nil for none. Once it returns, the tick no longer writes to the old one.
func (b *Bridge) SetTap(s Slot, t *Tap) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seats[s].leg != nil {
		b.seats[s].tap = t
	}
}

// SetMatrix says who hears whom from the next tick on.
func (b *Bridge) SetMatrix(m Matrix) { b.matrix.Store(&m) }

// Matrix says who hears whom.
func (b *Bridge) Matrix() Matrix { return *b.matrix.Load() }

// Position is the number of frames since the bridge started to run: the position that the next tick's frames will have.
func (b *Bridge) Position() int64 { return b.pos.Load() }

// Stats counts what the bridge did so far.
func (b *Bridge) Stats() Stats { return b.stats.snapshot() }
