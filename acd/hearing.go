package acd

import "patchbay/media"

// Kind is what somebody is in an interaction.
type Kind string

// The kinds of parties.
const (
	KindCustomer   Kind = "customer"
	KindAgent      Kind = "agent"
	KindNumber     Kind = "number" // somebody at a telephone whom we dialled
	KindGuest      Kind = "guest"  // the customer in a browser
	KindSupervisor Kind = "supervisor"
)

// Mode is what a supervisor does in a call.
type Mode string

// The modes of supervision.
const (
	Listen   Mode = "listen"   // hears; nobody hears
	Whisper  Mode = "whisper"  // hears; the agents alone hear
	Barge    Mode = "barge"    // takes part
	TakeOver Mode = "takeover" // takes the agent's place
)

// room is where a party speaks: with the customer, or beside.
type room uint8

const (
	mainRoom room = iota
	sideRoom      // an agent and whom the agent asks for advice
)

// place is what the matrix has to know of one party on the bridge.
type place struct {
	slot media.Slot
	kind Kind
	room room
	mode Mode // of a supervisor
	// host marks who keeps a room open. Everybody else in a room without a host hears the player instead: a customer who
	// waits, whose agent is away or asks a colleague; a colleague whose asker went back to the customer.
	host  bool
	muted bool
	early bool // a telephone that does not answer yet: what it says is heard by those who wait for it
	moved bool // a telephone whose person speaks in a browser: it neither hears nor says anything, or there would be an echo
}

// scene is all that decides who hears whom in one interaction, and what is kept of it. It is a value without a past,
// so that a test can go through every one that there is (hearing_test.go).
type scene struct {
	places    []place
	player    media.Slot // greeting, music
	held      bool       // the outside waits with music
	sensitive bool       // nothing is kept, and nobody listens in
	unkept    bool       // nothing is kept, of a call whose legal hold forbids that what there is be destroyed
	closing   bool       // the player says goodbye, and nobody anything else
	announces bool       // the player tells everybody in the call something, beside what they say
	recording bool
	// The recorder's two listen-only seats, where recording: the customer's side, and what the customer hears of ours.
	recorderCustomer, recorderAgents media.Slot
}

// outside parties are not of the centre: they can be put on hold.
func (p *place) outside() bool {
	return p.kind == KindCustomer || p.kind == KindNumber || p.kind == KindGuest
}

// customerSide is recorded left and written down as the customer's.
func (p *place) customerSide() bool { return p.kind == KindCustomer || p.kind == KindGuest }

// besides says whether p is a supervisor who takes no part in the talk.
func (p *place) besides() bool {
	return p.kind == KindSupervisor && p.mode != Barge && p.mode != TakeOver
}

// open says whether p takes part in the talk of its room, instead of hearing the player.
func (s *scene) open(p *place) bool {
	if p.besides() || s.held && p.outside() && p.room == mainRoom {
		return false
	}
	if p.host {
		return true
	}
	for i := range s.places {
		if h := &s.places[i]; h.host && h.room == p.room {
			return true
		}
	}
	return false
}

// hears says whether l hears what v says.
func (s *scene) hears(l, v *place) bool {
	switch {
	case l.slot == v.slot, l.room != v.room, v.muted, l.moved, v.moved, s.closing:
		return false
	case v.besides():
		return v.mode == Whisper && l.kind == KindAgent && s.open(l) // the only path of a whisper
	case !s.open(v), l.early:
		return false
	case l.besides():
		return !s.sensitive && !v.early
	case v.early:
		return s.open(l) && (!l.outside() || v.host)
	}
	return s.open(l)
}

// music says whether p hears the player: whoever is in the call and cannot talk now, or is told something. Supervisors beside it never do.
func (s *scene) music(p *place) bool {
	return !p.besides() && !p.early && !p.moved && (s.closing || s.announces && p.room == mainRoom || !s.open(p))
}

// kept says whether what p says is recorded and written down: the customer's words always, ours as far as the customer
// hears them. So a whisper, a private consultation and what an agent says muted or on hold are nowhere.
func (s *scene) kept(p *place) bool {
	if s.sensitive || s.unkept || p.early || p.moved {
		return false
	}
	if p.customerSide() {
		return true
	}
	for i := range s.places {
		if l := &s.places[i]; l.customerSide() && s.hears(l, p) {
			return true
		}
	}
	return false
}

// matrix is who hears whom: the one place where hold, mute, consultation, conference and supervision come from.
func (s *scene) matrix() media.Matrix {
	var m media.Matrix
	for i := range s.places {
		l := &s.places[i]
		m = m.With(l.slot, s.player, s.music(l))
		for j := range s.places {
			if v := &s.places[j]; s.hears(l, v) {
				m = m.With(l.slot, v.slot, true)
			}
		}
		if s.recording && s.kept(l) {
			seat := s.recorderAgents
			if l.customerSide() {
				seat = s.recorderCustomer
			}
			m = m.With(seat, l.slot, true)
		}
	}
	return m
}
