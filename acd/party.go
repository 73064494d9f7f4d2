package acd

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"patchbay/media"
	"patchbay/store"
)

// Bounds of an interaction.
const (
	maxParties     = 8 // the customer, agents, numbers and guests
	maxSupervisors = 4 // at one interaction; with player and recorder all fit on a bridge
	failedShown    = 15 * time.Second
)

// link is how far a party is connected.
type link uint8

const (
	linkRinging  link = iota // an agent is offered the call, or a telephone rings
	linkDialling             // a telephone does not ring yet
	linkOn                   // in the call
	linkAway                 // a browser's sound is lost; it may come back
	linkAfter                // an agent who has left and wraps up
	linkFailed               // could not be reached; shown for a while
	linkGone                 // a customer's telephone that hung up, or a browser that is not spoken in now
)

// purpose is why somebody is rung.
type purpose uint8

const (
	forQueue    purpose = iota // the call waits in a queue
	forTransfer                // it is handed over, and whoever did it has left
	forConsult                 // advice is asked before it is handed over
	forCompany                 // a conference
)

// party is one participant of an interaction. Owned by Center.run.
type party struct {
	in      *interaction
	id      string // unique in the interaction; also the leg's name in the transcript
	kind    Kind
	who     *agent // of agents and supervisors
	name    string
	number  string // of customer and numbers, E.164 or raw
	link    link
	cause   string // of linkFailed
	purpose purpose
	by      *party       // who asked for this one
	reason  string       // that by gave
	handed  *Transferred // how the call came to this one
	mode    Mode         // of a supervisor
	takes   bool         // a number that the call was handed over to: it answers for the call as an agent does
	muted   bool
	moved   bool // a customer's telephone whose person speaks in a browser
	segment store.Segment
	endedBy string      // why an agent left
	timer   *time.Timer // ring time, time away, time shown
	expires time.Time   // of the ring time
	phone   line        // of a number that was dialled
	browser GuestPhone  // of a guest, the last one
	rings   Offer       // as last published
	shown   Call        // as last published

	// on the bridge
	seat   media.Slot
	seated bool
	early  bool // seated before it answered
	leg    media.Leg
	voice  *voice // to the recogniser; nil where there is none yet
}

// join adds a party. Ids of those who never got into the call are given again.
func (in *interaction) join(kind Kind, link link) *party {
	p := &party{in: in, kind: kind, link: link}
	for n := 1; ; n++ {
		switch {
		case n == 1 && (kind == KindCustomer || kind == KindAgent):
			p.id = string(kind)
		default:
			p.id = fmt.Sprintf("%s-%d", kind, n)
		}
		if !in.spoken[p.id] && in.party(p.id) == nil {
			break
		}
	}
	in.parties = append(in.parties, p)
	return p
}

// drop takes a party out of the list. Its seat, timer and telephone are settled before.
func (in *interaction) drop(p *party) {
	in.parties = slices.DeleteFunc(in.parties, func(q *party) bool { return q == p })
}

func (in *interaction) party(id string) *party {
	for _, p := range in.parties {
		if p.id == id {
			return p
		}
	}
	return nil
}

// customer is the first party, always.
func (in *interaction) customer() *party { return in.parties[0] }

// connected says whether p is in the call, be it that its sound is away for a moment.
func (p *party) connected() bool { return p.link == linkOn || p.link == linkAway }

// consults says whether p is being asked for advice.
func (p *party) consults() bool { return p.in.consult != nil && p.in.consult.with == p }

// host says whether p answers for the call: while there is one, the customer is looked after.
func (p *party) host() bool {
	switch p.kind {
	case KindAgent:
		return p.connected() && !p.consults()
	case KindSupervisor:
		return p.connected() && p.mode == TakeOver
	case KindNumber:
		return p.takes && p.link <= linkOn
	}
	return false
}

// lead is the first who answers for the call: the agent on the board. nil while the customer waits.
func (in *interaction) lead() *party {
	for _, p := range in.parties {
		if p.host() {
			return p
		}
	}
	return nil
}

// offered is the agent at whom a waiting or handed-over call rings; nil for none.
func (in *interaction) offered() *party {
	for _, p := range in.parties {
		if p.kind == KindAgent && p.link == linkRinging && (p.purpose == forQueue || p.purpose == forTransfer) {
			return p
		}
	}
	return nil
}

// wrapping says whether an agent has not completed the after-call work. A supervisor's holds nothing up: it is added to the
// record when it comes.
func (in *interaction) wrapping() bool {
	return slices.ContainsFunc(in.parties, func(p *party) bool { return p.link == linkAfter && p.kind == KindAgent })
}

// room is where p speaks now.
func (p *party) room() room {
	if c := p.in.consult; c != nil && (c.with == p || c.by == p && c.aside) {
		return sideRoom
	}
	if p.kind == KindSupervisor && (p.mode == Listen || p.mode == Whisper) {
		if t := p.supervised(); t != nil {
			return t.room()
		}
	}
	return mainRoom
}

// supervised is the agent beside whom a supervisor sits: the one who is followed, else the lead.
func (p *party) supervised() *party {
	for _, q := range p.in.parties {
		if q.kind == KindAgent && q.connected() && q.who.id == p.who.follow {
			return q
		}
	}
	if l := p.in.lead(); l != p {
		return l
	}
	return nil
}

// place is p as the matrix sees it.
func (p *party) place() place {
	return place{
		slot: p.seat, kind: p.kind, room: p.room(), mode: p.mode, muted: p.muted, early: p.early, moved: p.moved,
		host: p.host() || p.kind == KindSupervisor && p.mode == Barge,
	}
}

// scene is the interaction as the matrix sees it.
func (in *interaction) scene() scene {
	s := scene{player: in.sound.player, held: in.held, sensitive: in.sensitive != nil, unkept: in.unkept, closing: in.sound.closing, announces: in.sound.announced != nil,
		recording: in.sound.recording, recorderCustomer: in.sound.recorderCustomer, recorderAgents: in.sound.recorderAgents}
	for _, p := range in.parties {
		if p.seated {
			s.places = append(s.places, p.place())
		}
	}
	return s
}

// label is what p is called where no desk can put a better name.
func (p *party) label() string { return cmp.Or(p.name, p.number) }

// barging is a supervisor who takes part and can be heard; nil for none.
func (in *interaction) barging() *party {
	for _, p := range in.parties {
		if p.kind == KindSupervisor && p.mode == Barge && p.link == linkOn {
			return p
		}
	}
	return nil
}

// signature is what stands beside p's lines: nothing for the customer, whose name the record knows better.
func (p *party) signature() string {
	if p.speaker() == "customer" {
		return ""
	}
	return p.label()
}

// speaker is who p is in the transcript; a number speaks for our side.
func (p *party) speaker() string {
	switch p.kind {
	case KindCustomer, KindGuest:
		return "customer"
	case KindSupervisor:
		return "supervisor"
	}
	return "agent"
}

// view is p as desks see it.
func (p *party) view(s *scene) Party {
	v := Party{ID: p.id, Kind: string(p.kind), Name: p.name, Number: p.number, Cause: p.cause, Muted: p.muted}
	if p.who != nil {
		v.UserID, v.Name = p.who.id, p.who.name
	}
	if p.kind == KindCustomer {
		v.Name = p.in.customerName()
	}
	if p.kind == KindGuest {
		v.Name, v.Number = p.in.customerName(), p.in.customer().number
	}
	switch p.link {
	case linkRinging:
		v.State = "ringing"
	case linkDialling:
		v.State = "dialling"
		if p.in.rec.Channel == ChannelVideo {
			v.State = "invited"
		}
	case linkAway:
		v.State = "away"
	case linkFailed:
		v.State = "failed"
	case linkGone:
		v.State = "gone"
		if p.kind == KindCustomer && p.in.rec.Channel == ChannelVideo {
			v.State = "video" // shows, and does not talk: there is no telephone
		}
	case linkOn:
		v.State = "talking"
		if at := p.place(); p.moved {
			v.State = "moved"
		} else if s != nil && s.music(&at) {
			v.State = "held"
		} else if at.room == sideRoom && p.kind != KindSupervisor {
			v.State = "consulting"
		}
	}
	return v
}

// onlyGuest says whether the customer, who has no telephone, talks in a browser: one entry is enough then.
func (in *interaction) onlyGuest() bool {
	g := in.guest()
	return in.rec.Channel == ChannelVideo && g != nil && g.connected()
}

// views are the parties as desks see them: not those who have left, and of the supervisors the visible ones.
func (in *interaction) views(visible func(*party) bool) []Party {
	var s *scene
	if in.sound != nil {
		now := in.scene()
		s = &now
	}
	list := []Party{}
	for _, p := range in.parties {
		if p.link != linkAfter && (p.link != linkGone || p.kind == KindCustomer && !in.onlyGuest()) && (p.kind != KindSupervisor || visible(p)) {
			list = append(list, p.view(s))
		}
	}
	return list
}

// hides says whether supervision of an interaction is kept from those who are in it.
func (c *Center) hides(in *interaction) bool {
	if by := in.queue.Supervision; by != "" {
		return by == SupervisionHidden
	}
	return c.cfg.HideSupervision
}

// visible says whether an agent sees that this supervisor is there. One who speaks is never hidden.
func (c *Center) visible(p *party) bool {
	return !c.hides(p.in) || p.mode == Barge || p.mode == TakeOver
}

// What a queue may say of store.Queue.Supervision.
const (
	SupervisionShown  = "shown"
	SupervisionHidden = "hidden"
)

// arm sets the party's one timer. f runs in Run's goroutine, unless the timer was disarmed or set anew.
func (c *Center) arm(p *party, d time.Duration, f func()) {
	p.disarm()
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		c.post(func() {
			if p.timer == t {
				p.timer = nil
				f()
			}
		})
	})
	p.timer = t
}

func (p *party) disarm() {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}
