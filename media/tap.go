package media

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
)

// DefaultTapFrames is how much a Tap holds for a reader that has fallen behind: 5 s, 160 kB.
const DefaultTapFrames = 250

// wakeEvery is the number of ticks after which waiting readers are woken: 60 ms, since waking a goroutine costs more than
// copying three frames; those of all Bridges of a lane at the end of the same tick, so that what they do together is done once,
// and not while the lane still ticks. It is also the pace at which transcribe sends, so words come no later for it.
const wakeEvery = 3

// Tap is a read-only copy of one leg's own sound, with the position of each frame on the Bridge's axis. The Bridge
// writes, one goroutine reads, woken every 60 ms. It carries a frame every tick, silence where the leg gave nothing, so that a reader sees
// time pass. Where the reader falls behind by more than the tap holds, new frames are dropped and counted, and the gap
// shows in the positions: the writer never waits.
type Tap struct {
	ring    []tapEntry
	written atomic.Uint64 // entries ever written; advanced by the writer only
	read    atomic.Uint64 // entries ever read; advanced by the reader only
	dropped atomic.Uint64
	wake    chan struct{} // holds one token when there may be something new
	closed  chan struct{}
	once    sync.Once
}

type tapEntry struct {
	pos   int64
	frame Frame
}

// NewTap makes a tap that holds the given number of frames; 0 means DefaultTapFrames.
func NewTap(frames int) *Tap {
	if frames <= 0 {
		frames = DefaultTapFrames
	}
	return &Tap{
		ring:   make([]tapEntry, frames),
		wake:   make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
}

// push copies f into the ring, or counts it as dropped, and wakes the reader where that is now full. It reports false where it
// was dropped.
func (t *Tap) push(pos int64, f *Frame) bool {
	w := t.written.Load()
	if w-t.read.Load() == uint64(len(t.ring)) {
		t.dropped.Add(1)
		return false
	}
	e := &t.ring[w%uint64(len(t.ring))]
	e.pos, e.frame = pos, *f
	t.written.Store(w + 1)
	if w+1-t.read.Load() == uint64(len(t.ring)) {
		t.poke()
	}
	return true
}

// poke wakes the reader.
func (t *Tap) poke() {
	select {
	case t.wake <- struct{}{}:
	default: // the reader has not taken the last token yet: it will look again anyway
	}
}

// Read copies the oldest frame into f and gives its position, waiting for one where there is none. It returns io.EOF
// once the tap is closed and empty, or the context's error.
func (t *Tap) Read(ctx context.Context, f *Frame) (pos int64, err error) {
	for {
		if pos, ok := t.pop(f); ok {
			return pos, nil
		}
		select {
		case <-t.wake:
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-t.closed:
			// A frame may have come between the look and the close.
			if pos, ok := t.pop(f); ok {
				return pos, nil
			}
			return 0, io.EOF
		}
	}
}

func (t *Tap) pop(f *Frame) (pos int64, ok bool) {
	r := t.read.Load()
	if r == t.written.Load() {
		return 0, false
	}
	e := &t.ring[r%uint64(len(t.ring))]
	pos, *f = e.pos, e.frame
	t.read.Store(r + 1)
	return pos, true
}

// Dropped is how many frames were lost because the reader was behind.
func (t *Tap) Dropped() uint64 { return t.dropped.Load() }

// Close ends the tap: the reader gets what is still held, then io.EOF. Take the tap off its Bridge first (SetTap or
// Detach); what is pushed after Close may be lost. Close may be called more than once.
func (t *Tap) Close() { t.once.Do(func() { close(t.closed) }) }
