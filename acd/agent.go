package acd

import (
	"fmt"
	"slices"
	"time"

	"patchbay/store"
)

// Presence is what an agent chose.
type Presence string

// The presences.
const (
	Available Presence = "available"
	Away      Presence = "away"
	Offline   Presence = "offline"
)

// Activity is what the system sees an agent do.
type Activity string

// The activities.
const (
	Idle       Activity = "idle"
	Offered    Activity = "offered"
	Talking    Activity = "talking"
	Consulting Activity = "consulting" // asks a colleague, or is asked, while a customer waits
	WrappingUp Activity = "wrap_up"
)

// Reasons that the system, not the agent, gives for being away.
const (
	ReasonNotAnswering   = "not_answering"   // a call rang out
	ReasonConnectionLost = "connection_lost" // the browser did not come back to its call
)

// Status is an agent's place in the state machine. The zero value is offline and idle.
type Status struct {
	Presence Presence
	Reason   string // for Away
	Activity Activity
}

// Trigger is what may move an agent from one Status to another.
type Trigger string

// The triggers.
const (
	TriggerSignIn    Trigger = "sign_in"
	TriggerSignOut   Trigger = "sign_out" // the last tab is gone, and did not come back
	TriggerAvailable Trigger = "available"
	TriggerAway      Trigger = "away"
	TriggerOffer     Trigger = "offer"
	TriggerOfferEnd  Trigger = "offer_end" // declined, or the caller is gone
	TriggerRangOut   Trigger = "rang_out"  // not answered in time
	TriggerAnswer    Trigger = "answer"    //
	TriggerCallEnd   Trigger = "call_end"  // either side hung up
	TriggerCallLost  Trigger = "call_lost" // the agent's audio stayed away and the call went back to the queue
	TriggerComplete  Trigger = "complete"  // wrap-up done
	// Of calls with more parties.
	TriggerConsult    Trigger = "consult"     // asks for advice, or answers who asks
	TriggerConsultEnd Trigger = "consult_end" // with the customer again, or for the first time
	TriggerCallOut    Trigger = "call_out"    // dials a number
	TriggerReturn     Trigger = "return"      // whom the call was handed to could not be reached: it is back
)

// Next is the state machine of agents. Presence and activity move apart: an agent may ask for a break in mid-call, and
// is away when the wrap-up is done. It refuses a trigger that the Status does not allow.
func (s Status) Next(t Trigger, reason string) (Status, error) {
	refuse := func() (Status, error) {
		return s, fmt.Errorf("acd: an agent who is %s and %s cannot %s", s.Presence, s.Activity, t)
	}
	n := s
	switch t {
	case TriggerSignIn:
		if s.Presence == Offline {
			n.Presence, n.Reason = Away, ""
		}
	case TriggerSignOut:
		if s.Activity == Talking || s.Activity == Consulting || s.Activity == Offered {
			return refuse() // the call is settled first
		}
		n = Status{Presence: Offline, Activity: Idle}
	case TriggerAvailable:
		if s.Presence == Offline {
			return refuse()
		}
		n.Presence, n.Reason = Available, ""
	case TriggerAway:
		if s.Presence == Offline {
			return refuse()
		}
		n.Presence, n.Reason = Away, reason
	case TriggerOffer:
		if s.Presence != Available || s.Activity != Idle {
			return refuse()
		}
		n.Activity = Offered
	case TriggerOfferEnd, TriggerRangOut:
		if s.Activity != Offered {
			return refuse()
		}
		n.Activity = Idle
		if t == TriggerRangOut {
			n.Presence, n.Reason = Away, ReasonNotAnswering
		}
	case TriggerAnswer:
		if s.Activity != Offered {
			return refuse()
		}
		n.Activity = Talking
	case TriggerConsult:
		if s.Activity != Talking {
			return refuse()
		}
		n.Activity = Consulting
	case TriggerConsultEnd:
		if s.Activity != Consulting {
			return refuse()
		}
		n.Activity = Talking
	case TriggerCallOut:
		if s.Activity != Idle || s.Presence == Offline {
			return refuse()
		}
		n.Activity = Talking
	case TriggerReturn:
		if s.Activity != WrappingUp || s.Presence == Offline {
			return refuse()
		}
		n.Activity = Talking
	case TriggerCallEnd:
		if s.Activity != Talking && s.Activity != Consulting {
			return refuse()
		}
		n.Activity = WrappingUp
	case TriggerCallLost:
		if s.Activity != Talking && s.Activity != Consulting {
			return refuse()
		}
		n = Status{Presence: Away, Reason: ReasonConnectionLost, Activity: Idle}
	case TriggerComplete:
		if s.Activity != WrappingUp {
			return refuse()
		}
		n.Activity = Idle
	default:
		return refuse()
	}
	return n, nil
}

// agent is one person who takes calls, or a supervisor, who follows those of others. Owned by Center.run.
type agent struct {
	id, name string
	role     string // "agent", "supervisor" or "admin"
	queues   []string
	all      bool      // of a supervisor: follows calls of all queues
	status   Status    // of agents; a supervisor stays offline and idle, and is rung by nobody
	since    time.Time // of the status shown
	idle     time.Time // since when idle: the order of routing
	phone    AgentPhone
	tabs     int
	leaving  *time.Timer   // runs while no tab is there
	offer    *party        // rings
	call     *party        // talking or wrapping up; a supervisor who took over
	watch    *party        // of a supervisor: the place at the call that is followed, in any mode
	address  string        // of a supervisor: where the last command of supervision came from
	follow   string        // of a supervisor: whose calls are followed
	shown    Supervision   // of a supervisor: as last published
	targets  *Targets      // as last published
	history  []HistoryItem // newest first
}

func (a *agent) takesCalls() bool { return a.role == "agent" }

// overseesAll says whether a may follow calls of every queue.
func (a *agent) overseesAll() bool { return a.role == "admin" || a.role == "supervisor" && a.all }

// oversees says whether a may follow calls of a queue: supervisors those of the queues that they are given.
func (a *agent) oversees(queue string) bool {
	return a.overseesAll() || a.role == "supervisor" && slices.Contains(a.queues, queue)
}

// mayFollow says whether a may follow the calls of b: of a queue at least that a supervises.
func (a *agent) mayFollow(b *agent) bool {
	return b != nil && (a.overseesAll() || slices.ContainsFunc(b.queues, a.oversees))
}

// talks says whether a has a call, and not only its after-call work.
func (a *agent) talks() bool { return a.call != nil && a.call.link != linkAfter }

func newAgent(u store.User) *agent {
	return &agent{id: u.ID, name: u.Name, role: u.Role, queues: u.Queues, all: u.AllQueues, since: time.Now(), status: Status{Presence: Offline, Activity: Idle}}
}

// place is where the agent's or supervisor's sound belongs now; nil for nowhere.
func (a *agent) place() *party {
	for _, p := range []*party{a.call, a.watch} {
		if p != nil && p.connected() && p.in.sound != nil {
			return p
		}
	}
	return nil
}
