package acd

import (
	"context"
	"time"

	"patchbay/media"
	"patchbay/store"
)

// Recorder keeps the sound of interactions. Without one (Config.Recorder is nil) nothing is recorded.
type Recorder interface {
	Record(RecordingStart) Recording // nil where it cannot begin
	// Refuse keeps nothing of what is said in an interaction, its words neither.
	Refuse(interactionID string)
	// Due has what is kept of an interaction erased when its legal hold ends.
	Due(interactionID, by string)
}

// RecordingStart names what is recorded from now on.
type RecordingStart struct {
	InteractionID string
	Queue         string // its name
	At            time.Time
	Position      func() int64       // frames since the customer's 200 OK; for the bridge's tick
	OnState       func(state string) // "failed", and "on" again, by any goroutine
}

// Originals keeps what lines said before they were masked, sealed. Without one (Config.Originals is nil) nothing is kept.
type Originals interface {
	// KeepOriginal is called by the recogniser's streams. Where it fails the original is lost, which is as good as not kept.
	KeepOriginal(store.Line)
}

// Recording is the sound of one interaction. Its calls return at once.
type Recording interface {
	Customer() media.Leg // what the bridge writes to it is kept left; ReadFrame gives silence
	Agents() media.Leg   // kept right
	Pause(reason string)
	Resume()
	Mark(kind string, data map[string]any)
	// Silence takes back what was said there (sensitive mode), in milliseconds on the transcript's axis.
	Silence(fromMS, toMS int64)
	// Finish keeps what there is; Discard destroys its key and what there is.
	Finish()
	Discard()
}

// Why a party could not be reached.
const (
	CauseBusy         = "busy"
	CauseNoSuchNumber = "no_such_number"
	CauseNoAnswer     = "no_answer"
	CauseRefused      = "refused"
	CauseUnreachable  = "unreachable"
	CauseTrunkRefused = "trunk_refused" // the trunk does not take our user or password: nobody can be called
	CauseNotAllowed   = "not_allowed"
	CauseTooMany      = "too_many"
	CauseCancelled    = "cancelled"
)

// Ender is a telephone call that tells, once Done is closed, whether its far end is gone without hanging up: its network or
// power failed. The timeline and the desk then say so, and not that somebody hung up.
type Ender interface {
	Vanished() bool
}

// endVanished is the reason of a call's end that its far end did not mean.
const endVanished = "vanished"

// Digits is an Outgoing whose far end can press keys. The channel is bounded: keys that nobody takes are lost.
type Digits interface {
	Digits() <-chan rune
}

// Auditor keeps who did what to whom; *store.Store implements it.
type Auditor interface {
	AppendAudit(ctx context.Context, e store.AuditEntry) error
}

// line is a telephone call that can be ended: what CustomerPhone and Outgoing have in common.
type line interface {
	ID() string
	HangUp()
	Done() <-chan struct{}
}
