package record

import (
	"log/slog"
	"sync"
	"time"

	"patchbay/media"
)

const (
	// quietPeak is the highest sample that counts as nobody speaking: comfort noise, not more.
	quietPeak = 24
	// holdMost bounds the segments that wait in memory for a full or failing disk: some 30 s. Then the oldest are given up.
	holdMost  = 30
	retryDisk = time.Second
)

// Status is how a recording fares.
type Status string

// The states of a Recorder.
const (
	Recording Status = "on"
	Paused    Status = "paused"
	Failing   Status = "failed" // the disk does not take it; it is tried again every second
	Finished  Status = "finished"
	Discarded Status = "discarded"
)

// Start says what is to be recorded.
type Start struct {
	ID       string // the interaction's; ^[0-9A-Za-z-]{1,64}$
	At       time.Time
	Position func() int64 // of the bridge's tick, called in it; nil: each leg's frames are counted from 0
	// OnStatus is told each change, by the recording's goroutine. It must not block. May be nil.
	OnStatus func(Status)
}

// Recorder records one interaction. Its methods return at once and may be called from any goroutine.
type Recorder struct {
	vault *Vault
	id    string
	start Start
	log   *slog.Logger
	in    intake
	legs  [2]leg
	done  chan struct{} // closed when the writer has ended

	mu     sync.Mutex
	notes  []note
	paused bool
	over   bool // Finish or Discard was called
	ended  bool // the writer reads no more notes
}

// note is a command to the writer, in order.
type note struct {
	mark    *Mark
	silence *span
	finish  bool
	discard bool
	status  Status
	end     int64 // of finish: the position after the last frame
}

func newRecorder(v *Vault, start Start) *Recorder {
	r := &Recorder{vault: v, id: start.ID, start: start, log: v.log.With("interaction", start.ID), done: make(chan struct{})}
	r.in.ring, r.in.position = newRing(), start.Position
	r.legs = [2]leg{{&r.in, 0}, {&r.in, 1}}
	return r
}

// Customer is the seat whose sound is kept left; Agents that whose sound is kept right. Neither ever says anything.
func (r *Recorder) Customer() media.Leg { return &r.legs[0] }

// Agents is the seat whose sound is kept right.
func (r *Recorder) Agents() media.Leg { return &r.legs[1] }

// nowMS is the position now.
func (r *Recorder) nowMS() int64 { return r.in.pos.Load() * frameMS }

// tell leaves a note for the writer, or for the vault where the writer has ended.
func (r *Recorder) tell(n note) {
	r.mu.Lock()
	ended := r.ended
	if !ended {
		r.notes = append(r.notes, n)
	}
	r.mu.Unlock()
	if ended {
		r.late(n)
		return
	}
	r.in.ring.poke()
}

// late does what can still be done with a recording that is finished.
func (r *Recorder) late(n note) {
	switch {
	case n.silence != nil:
		r.vault.background(func() { r.vault.silenceStored(r.id, *n.silence) })
	case n.discard:
		r.vault.background(func() { r.vault.eraseOrLog(r.id) })
	}
}

// take gives the notes so far; the last time, those after them go to late.
func (r *Recorder) take(last bool) []note {
	r.mu.Lock()
	defer r.mu.Unlock()
	notes := r.notes
	r.notes, r.ended = nil, last
	return notes
}

// Pause keeps what comes from now on out of the recording; it is silence there. Paused twice is paused once.
func (r *Recorder) Pause(reason string) {
	r.mu.Lock()
	was := r.paused || r.over
	r.paused = true
	r.mu.Unlock()
	if !was {
		r.in.off.Store(true)
		r.Mark("paused", map[string]any{"reason": reason})
		r.tell(note{status: Paused})
	}
}

// Resume ends a pause.
func (r *Recorder) Resume() {
	r.mu.Lock()
	was := r.paused && !r.over
	r.paused = false
	if was {
		r.in.off.Store(false)
	}
	r.mu.Unlock()
	if was {
		r.Mark("resumed", nil)
		r.tell(note{status: Recording})
	}
}

// Mark notes that something happens now.
func (r *Recorder) Mark(kind string, data map[string]any) {
	r.tell(note{mark: &Mark{Kind: kind, AtMS: r.nowMS(), Data: data}})
}

// Silence takes back what was, or will be, said on both sides from fromMS to toMS, also where it is written already: that
// part of the file is written anew under a new key, and the old key destroyed. It works on a finished recording too.
func (r *Recorder) Silence(fromMS, toMS int64) {
	if toMS <= fromMS {
		return
	}
	s := spanOf(fromMS, toMS)
	r.tell(note{silence: &s})
}

// Finish ends the recording, which is then copied to the bucket.
func (r *Recorder) Finish() { r.finish(note{finish: true}) }

// Discard ends the recording and destroys its key: what is written of it can be read no more, and is removed.
func (r *Recorder) Discard() { r.finish(note{discard: true}) }

func (r *Recorder) finish(n note) {
	r.mu.Lock()
	first := !r.over
	r.over = true
	r.in.off.Store(true)
	n.end = r.in.pos.Load() + 1
	r.mu.Unlock()
	if first || n.discard {
		r.tell(n)
	}
}

// Done is closed when the file is whole, or gone.
func (r *Recorder) Done() <-chan struct{} { return r.done }

// Dropped is the number of frames that the ring had no room for.
func (r *Recorder) Dropped() uint64 { return r.in.ring.dropped.Load() }

func (r *Recorder) report(s Status) {
	if r.start.OnStatus != nil {
		r.start.OnStatus(s)
	}
}
