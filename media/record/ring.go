package record

import (
	"sync/atomic"

	"patchbay/media"
)

const (
	// ringFrames is how long the writer may be held up, by a slow disk, before sound is lost: 5 s, 320 kB.
	ringFrames = 250
	// wakeEvery is the number of frames after which the writer is woken: half a second, which with pages of 1 s is what
	// kill -9 can lose. Each time costs more than the frames do.
	wakeEvery = 25
)

// entry is 20 ms of both sides.
type entry struct {
	pos    int64
	frames [2]media.Frame
}

// ring carries entries from the tick to the writer. The tick never waits: what does not fit is counted, and is a gap.
type ring struct {
	entries []entry
	written atomic.Uint64
	read    atomic.Uint64
	dropped atomic.Uint64
	wake    chan struct{}
}

func newRing() *ring {
	return &ring{entries: make([]entry, ringFrames), wake: make(chan struct{}, 1)}
}

// next gives the entry to fill, nil where there is no room.
func (r *ring) next() *entry {
	w := r.written.Load()
	if w-r.read.Load() == uint64(len(r.entries)) {
		return nil
	}
	return &r.entries[w%uint64(len(r.entries))]
}

// push hands over what next gave.
func (r *ring) push() {
	w := r.written.Load() + 1
	r.written.Store(w)
	if w%wakeEvery == 0 || w-r.read.Load() == uint64(len(r.entries)) {
		r.poke()
	}
}

func (r *ring) poke() {
	select {
	case r.wake <- struct{}{}:
	default: // the writer has yet to see the last one
	}
}

// peek gives the oldest entry, nil where there is none; pop lets it go.
func (r *ring) peek() *entry {
	n := r.read.Load()
	if n == r.written.Load() {
		return nil
	}
	return &r.entries[n%uint64(len(r.entries))]
}

func (r *ring) pop() { r.read.Add(1) }

// intake is where the bridge's tick leaves its frames.
type intake struct {
	ring     *ring
	position func() int64 // of the tick; nil: legs are counted
	pos      atomic.Int64 // of the newest frame
	off      atomic.Bool  // nothing is taken: paused, or over

	// owned by the tick
	open  *entry // filled in part
	has   [2]bool
	count [2]int64
}

// leg is one side of the intake. It says nothing.
type leg struct {
	in   *intake
	side int // 0 left, 1 right
}

var _ media.Leg = (*leg)(nil)

// ReadFrame implements media.Source.
func (l *leg) ReadFrame(*media.Frame) bool { return false }

// WriteFrame implements media.Sink.
func (l *leg) WriteFrame(f *media.Frame) { l.in.take(l.side, f) }

func (in *intake) take(side int, f *media.Frame) {
	pos := in.count[side]
	in.count[side]++
	if in.position != nil {
		pos = in.position()
	}
	in.pos.Store(pos)
	if in.off.Load() {
		in.open = nil
		return
	}
	if in.open != nil && (in.open.pos != pos || in.has[side]) {
		in.commit() // the other side did not come
	}
	if in.open == nil {
		if in.open = in.ring.next(); in.open == nil {
			if side == 0 {
				in.ring.dropped.Add(1)
			}
			return
		}
		in.open.pos, in.has = pos, [2]bool{}
	}
	in.open.frames[side], in.has[side] = *f, true
	if in.has[1-side] {
		in.commit()
	}
}

func (in *intake) commit() {
	for side, has := range in.has {
		if !has {
			in.open.frames[side] = media.Frame{}
		}
	}
	in.open = nil
	in.ring.push()
}
