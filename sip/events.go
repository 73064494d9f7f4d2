package sip

import "time"

// EventKind says what an Event reports.
type EventKind uint8

// What calls report.
const (
	EventTrying     EventKind = iota + 1 // OutCall: the far end has the INVITE (100)
	EventRinging                         // OutCall: it rings there (180)
	EventEarlyMedia                      // OutCall: sound before the answer (183 with SDP); Leg carries it
	EventAnswered                        // OutCall: 200 OK
	EventDigit                           // a key was pressed: telephone-event or SIP INFO
	EventHeld                            // the far end put us on hold
	EventResumed                         // it took us back
	EventMediaLost                       // no RTP arrives though some is due
	EventMediaBack                       // RTP arrives again
	EventEnded                           // the call is over, see Event.Cause; always the last
)

// String names the kind, as `patchbay dial --json` prints it.
func (k EventKind) String() string {
	switch k {
	case EventTrying:
		return "trying"
	case EventRinging:
		return "ringing"
	case EventEarlyMedia:
		return "early_media"
	case EventAnswered:
		return "answered"
	case EventDigit:
		return "digit"
	case EventHeld:
		return "held"
	case EventResumed:
		return "resumed"
	case EventMediaLost:
		return "media_lost"
	case EventMediaBack:
		return "media_back"
	case EventEnded:
		return "ended"
	}
	return "none"
}

// Event is something that happened in a call.
type Event struct {
	Kind  EventKind
	At    time.Time
	Digit rune  // with EventDigit: 0-9, *, #, A-D
	Cause Cause // with EventEnded
}

// Party is a side of a call.
type Party uint8

// The sides. Nobody ended a call that failed.
const (
	Nobody Party = iota
	Local        // we
	Remote       // the far end
)

// String names the side.
func (p Party) String() string {
	switch p {
	case Local:
		return "local"
	case Remote:
		return "remote"
	}
	return "nobody"
}

// Outcome says how a call ended. There are no other values than these constants, so it may label a metric.
type Outcome string

// The outcomes.
const (
	OutcomeNone       Outcome = ""           // not over yet
	OutcomeCompleted  Outcome = "completed"  // answered, and somebody hung up
	OutcomeCancelled  Outcome = "cancelled"  // the caller gave up before the answer
	OutcomeRefused    Outcome = "refused"    // the called side said no
	OutcomeUnanswered Outcome = "unanswered" // nobody said yes or no in time
	OutcomeNoACK      Outcome = "no_ack"     // our 200 OK was never acknowledged
	OutcomeExpired    Outcome = "expired"    // the session timer ran out (RFC 4028)
	OutcomeFailed     Outcome = "failed"     // network, media or protocol failure
)

// Cause says who ended a call, and how.
type Cause struct {
	By      Party
	Outcome Outcome
	Code    int // the SIP status code that ended it, 0 for none
	Q850    int // the telephone network's own cause (Q.850), 1 to 127, where a refusal names it; 0 for none
	// Unproven says that the trunk refused us, and nobody was called: it did not get the proof that it asked for.
	Unproven bool
	Reason   string // in words, for people and logs; never the far end's own text
}
