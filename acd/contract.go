package acd

import (
	"context"

	"patchbay/media"
	"patchbay/store"
	"patchbay/transcribe"
)

// CustomerPhone is the customer's leg as the contact centre sees it; cmd/patchbay implements it over sip.Call.
type CustomerPhone interface {
	// ID names the call in logs (SIP: the Call-ID).
	ID() string
	// From is the caller's number as the trunk gave it, empty where withheld; To is the dialled number.
	From() string
	To() string
	// Answer accepts the call (SIP: 200 OK with our SDP) and gives its sound. It does not wait for the ACK.
	Answer(ctx context.Context) (media.Leg, error)
	// Refuse ends a call that was not answered; HangUp ends one that was. Both return at once.
	Refuse(RefuseReason)
	HangUp()
	// Done is closed when the call is over, whoever ended it.
	Done() <-chan struct{}
}

// RefuseReason says why a call is not taken; edges translate it (SIP: status codes).
type RefuseReason string

// The reasons to refuse.
const (
	RefuseNoSuchNumber RefuseReason = "no_such_number" // SIP: 404
	RefuseBusy         RefuseReason = "busy"           // SIP: 486
	RefuseShuttingDown RefuseReason = "shutting_down"  // SIP: 503
)

// AgentPhone is an agent's browser (or `patchbay agent`), connected and able to carry a call.
type AgentPhone interface {
	media.Leg
	// Reset drops what is buffered; called before the phone joins a bridge.
	Reset()
}

// Publisher shows desks what changed. The hub implements it: it folds what it is given into one value per topic, so a
// browser that joins or reloads gets a snapshot that fits the deltas after it. Calls never block. Types are the keys
// of wire.ServerTypes, data the value named there.
type Publisher interface {
	// User publishes to every tab of a user: "agent", "offer", "offer_end", "call", "call_end", "history", "targets",
	// "supervision".
	// While an offer or call of an interaction is the user's, what is published of the interaction reaches the user too.
	User(userID, typ string, data any)
	// Interaction publishes what belongs to one interaction: "customer", "candidates", "partial", "line".
	Interaction(interactionID, typ string, data any)
	// InteractionEnd forgets the interaction's topic.
	InteractionEnd(interactionID string)
	// Board publishes the live board to supervisors and administrators, Alert what they should look at now; System the
	// banners to everybody.
	Board(Board)
	Alert(Alert)
	System(System)
}

// Transcriber opens a stream per leg; *transcribe.Service implements it.
type Transcriber interface {
	Open(transcribe.StreamConfig) transcribe.Stream
}

// Journal keeps what happened: writes return at once, survive kill -9 of this process and a lost database, and reach
// PostgreSQL in order. *store.Journal implements it.
type Journal interface {
	SaveInteraction(store.Interaction) // insert or replace by id
	SaveSegment(store.Segment)
	AddEvent(store.Event)
	SaveLine(store.Line)
}

// Records reads and changes customers; *store.Store implements it.
type Records interface {
	CustomersByPhone(ctx context.Context, number string) ([]store.Customer, error) // best match first
	CustomerView(ctx context.Context, id string) (store.CustomerView, error)       // store.ErrNotFound
	RecentInteractions(ctx context.Context, agentID string, limit int) ([]store.Interaction, error)
}

// Error is a refusal of an agent's command: a code for programs, a sentence for people.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Message }

// Dialer places calls to telephone numbers. cmd/patchbay implements it over the SIP server's outbound route.
type Dialer interface {
	// Dial returns at once: how the call goes on is told by Progress. The call lives no longer than ctx. An *Error says why a
	// number is not called at all: "no_route", "bad_number", "not_allowed" or "too_many". from is our number; empty is the
	// route's own.
	Dial(ctx context.Context, to, from string) (Outgoing, error)
}

// Outgoing is a call that we place.
type Outgoing interface {
	// ID names the call in logs (SIP: the Call-ID).
	ID() string
	// HangUp ends the call in whatever state it is. It returns at once.
	HangUp()
	// Done is closed when the call is over, whoever ended it.
	Done() <-chan struct{}
	// Progress is closed after "answered" or "failed". It need not be read.
	Progress() <-chan DialProgress
}

// DialProgress is a step of a call that we place.
type DialProgress struct {
	State string    // "trying", "ringing", "early", "answered" or "failed"
	Leg   media.Leg // with "early" (what the network plays before the answer) and "answered": the same leg
	Cause string    // with "failed": "busy", "no_such_number", "no_answer", "refused", "unreachable", "trunk_refused" or "cancelled"
}

// DTMFSender is a media.Leg that can press keys at its far end: 0-9, *, #, A-D, all of them or none. They are queued.
type DTMFSender interface {
	SendDTMF(digits string) error
}
