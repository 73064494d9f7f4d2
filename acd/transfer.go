package acd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchbay/store"
)

// Bounds of what a transfer brings along, in bytes.
const (
	maxTransferReason = 1000
	maxNumber         = 64
)

// Refusals of transfers and conferences, in words for the agent. The customer stays where they are.
var (
	errNoTarget    = &Error{"no_target", "Choose whom the call shall go to: an agent, a queue or a number."}
	errToYourself  = &Error{"to_yourself", "You have this call already. Choose somebody else."}
	errAlreadyHere = &Error{"already_here", "This agent is in the call already."}
	errLongReason  = &Error{"reason_too_long", "The reason is too long. Shorten it, please."}
	errInConsult   = &Error{"in_consult", "You are asking somebody already. Complete or return first."}
	errNoConsult   = &Error{"no_consult", "You are not asking anybody now."}
	errNotYours    = &Error{"not_yours", "You were asked for advice: the call is not yours to hand on."}
	errNotThereYet = &Error{"still_ringing", "Nobody has answered yet."}
	errFull        = &Error{"conference_full", fmt.Sprintf("A call takes %d parties at the most. Drop one first.", maxParties)}
	errNoParty     = &Error{"no_such_party", "This party has left already."}
	errConference  = &Error{"conference", "Others are in this call. Drop them first, or hang up to leave it to them."}
)

// Transfer hands the call over at once: to an agent, to a queue or to a number. The agent is free of it; whoever does not
// take it gives it back.
func (c *Center) Transfer(ctx context.Context, agentID, interactionID string, to Target, reason string) error {
	if to.Kind == "queue" {
		reason = c.MaskText(reason, true)
		return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
			if err := p.mayHandOver(reason); err != nil {
				return err
			}
			return c.transferToQueue(p, to.ID, reason)
		})
	}
	return c.reachOut(ctx, agentID, interactionID, to, forTransfer, reason, (*party).mayHandOver, func(p, q *party) {
		c.transferredTo(p, q.reachedAt(), "blind", q.reason)
		c.depart(p, "transfer")
		c.settle(p.in, p.who.id)
	})
}

// reachOut rings an agent or dials a number for the agent in a call, where that one may, and goes on with both.
func (c *Center) reachOut(ctx context.Context, agentID, interactionID string, to Target, why purpose, reason string,
	may func(*party, string) error, then func(p, q *party)) error {
	reason = c.MaskText(reason, true)
	if to.Kind == "number" {
		return c.withNumber(ctx, agentID, interactionID, to.ID, reason, may, func(p *party, out Outgoing, number string) {
			then(p, c.dialled(p, out, number, why, reason))
		})
	}
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		if err := may(p, reason); err != nil {
			return err
		}
		a, err := c.colleague(p, to)
		if err != nil {
			return err
		}
		q := c.ring(p.in, a, why, p, reason)
		if q == nil {
			return errNotPossible
		}
		then(p, q)
		return nil
	})
}

// reachedAt is who p is in the timeline: an agent's id, or a number.
func (p *party) reachedAt() string {
	if p.kind == KindNumber {
		return p.number
	}
	return p.who.id
}

// mayHandOver says whether p may give this call to somebody else.
func (p *party) mayHandOver(reason string) error {
	switch {
	case len(reason) > maxTransferReason:
		return errLongReason
	case p.in.consult != nil && p.in.consult.with == p:
		return errNotYours
	case p.in.consult != nil:
		return errInConsult
	case !p.in.customerHere():
		return errNotThereYet
	}
	return nil
}

func (c *Center) transferredTo(p *party, to, mode, reason string) {
	c.event(p.in, "transferred", p.who.id, map[string]any{"to": to, "mode": mode, "reason": reason})
}

func (c *Center) transferToQueue(p *party, id, reason string) error {
	in := p.in
	i := slices.IndexFunc(c.cfg.Queues, func(q store.Queue) bool { return q.ID == id })
	if id == "" || i < 0 {
		return &Error{"no_such_queue", "There is no such queue. Choose another."}
	}
	q := c.cfg.Queues[i]
	if in.otherHost(p) {
		return errConference
	}
	if !c.staffed(q.Name, p.who) {
		return &Error{"nobody_there", fmt.Sprintf("Nobody of %s is signed in. Choose another queue or an agent.", q.Name)}
	}
	in.queue, in.rec.Queue = q, q.Name
	in.transferred = &Transferred{FromName: p.who.name, Reason: reason, Mode: "blind"}
	c.transferredTo(p, q.ID, "blind", reason)
	c.emptyRoom(in)
	c.depart(p, "transfer")
	c.unqueued(in)
	c.tapeMoves(in)
	c.save(in)
	c.restate(in)
	c.match()
	return nil
}

// staffed says whether anybody but one is signed in to a queue.
func (c *Center) staffed(queue string, but *agent) bool {
	for _, a := range c.agents {
		if a != but && a.status.Presence != Offline && slices.Contains(a.queues, queue) {
			return true
		}
	}
	return false
}

// colleague finds the agent whom p wants, where that one can be rung now.
func (c *Center) colleague(p *party, to Target) (*agent, error) {
	if to.Kind != "agent" || to.ID == "" {
		return nil, errNoTarget
	}
	a := c.agents[to.ID]
	switch {
	case a == nil || !a.takesCalls():
		return nil, &Error{"no_such_agent", "This agent does not work here. Choose another."}
	case a == p.who:
		return nil, errToYourself
	case slices.ContainsFunc(p.in.parties, func(q *party) bool { return q.who == a && q.kind == KindAgent && q.link <= linkAway }):
		return nil, errAlreadyHere
	case a.status.Presence == Offline:
		return nil, &Error{"agent_offline", a.name + " is not signed in. Choose somebody else, or a queue."}
	case a.status.Activity != Idle:
		return nil, &Error{"agent_busy", a.name + " is busy with another call. Choose somebody else, or a queue."}
	case a.status.Presence != Available:
		return nil, &Error{"agent_away", a.name + " is away. Choose somebody else, or a queue."}
	case a.phone == nil || a.tabs == 0:
		return nil, &Error{"agent_no_phone", a.name + " has no sound at the moment. Choose somebody else, or a queue."}
	}
	return a, nil
}

// Consult asks an agent or a number for advice while the customer hears music.
func (c *Center) Consult(ctx context.Context, agentID, interactionID string, whom Target, reason string) error {
	return c.reachOut(ctx, agentID, interactionID, whom, forConsult, reason, (*party).mayConsult, c.startConsult)
}

func (p *party) mayConsult(reason string) error {
	if err := p.mayHandOver(reason); err != nil {
		return err
	}
	return p.mayAdd(reason)
}

func (c *Center) startConsult(p, with *party) {
	in := p.in
	in.held = false // whoever waits, waits for the end of the consultation now
	in.consult = &consult{by: p, with: with, aside: true}
	_ = c.move(p.who, TriggerConsult, "")
	c.event(in, "consult_started", p.who.id, map[string]any{"party": with.id, "reason": with.reason})
}

// withConsult runs f for the agent who asks.
func (c *Center) withConsult(ctx context.Context, agentID, interactionID string, f func(*consult) error) error {
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		con := p.in.consult
		switch {
		case con == nil:
			return errNoConsult
		case con.by != p:
			return errNotYours
		}
		return f(con)
	})
}

// ConsultSwap goes from the one who was asked to the customer, or back; the other hears music.
func (c *Center) ConsultSwap(ctx context.Context, agentID, interactionID string) error {
	return c.withConsult(ctx, agentID, interactionID, func(con *consult) error {
		if !con.with.connected() {
			return errNotThereYet
		}
		con.aside = !con.aside
		c.event(con.by.in, "consult_swapped", con.by.who.id, map[string]any{"speaking_to": con.speakingTo()})
		return nil
	})
}

func (con *consult) speakingTo() string {
	if con.aside {
		return "consultant"
	}
	return "customer"
}

// ConsultComplete hands the call over to the one who was asked; where nobody has answered yet, it goes on ringing.
func (c *Center) ConsultComplete(ctx context.Context, agentID, interactionID string) error {
	return c.withConsult(ctx, agentID, interactionID, func(con *consult) error {
		in := con.by.in
		c.handOver(in)
		c.settle(in, con.by.who.id)
		return nil
	})
}

// ConsultReturn lets the one who was asked go, and is with the customer again.
func (c *Center) ConsultReturn(ctx context.Context, agentID, interactionID string) error {
	return c.withConsult(ctx, agentID, interactionID, func(con *consult) error {
		c.release(con.with, "returned")
		c.endConsult(con.by.in)
		return nil
	})
}

// endConsult leaves the customer with the agent who asked.
func (c *Center) endConsult(in *interaction) {
	if con := in.consult; con != nil {
		in.consult = nil
		_ = c.move(con.by.who, TriggerConsultEnd, "")
		c.event(in, "consult_ended", con.by.who.id, nil)
	}
}

// handOver ends a consultation in favour of the one who was asked, and lets the one who asked go. The caller settles.
func (c *Center) handOver(in *interaction) {
	con := in.consult
	in.consult, in.held = nil, false
	p := con.with
	if p.link < linkOn {
		p.purpose = forTransfer
	}
	if p.kind == KindNumber {
		p.takes = true
		if p.link == linkOn {
			c.tellNumber(in)
		}
	} else {
		_ = c.move(p.who, TriggerConsultEnd, "")
		if p.link == linkRinging {
			c.publishOffer(p)
		}
	}
	c.transferredTo(con.by, p.reachedAt(), "consult", p.reason)
	if con.by.connected() && con.by.who.call == con.by {
		c.depart(con.by, "transfer")
	}
	c.restate(in)
}

// release ends the part of somebody whom an agent brought in.
func (c *Center) release(p *party, why string) {
	switch {
	case p.kind == KindNumber && p.link != linkFailed:
		c.hangUpNumber(p)
	case p.kind == KindAgent && p.link == linkRinging:
		c.stopRinging(p, TriggerOfferEnd, "cancelled")
		p.in.drop(p)
	case p.kind == KindAgent && p.connected():
		c.depart(p, why)
	case p.kind == KindGuest:
		c.guestOff(p, false)
		p.browser.HangUp()
	case p.link == linkFailed:
		p.disarm()
		p.in.drop(p)
	}
}

// AddParty asks an agent or a number to join the call.
func (c *Center) AddParty(ctx context.Context, agentID, interactionID string, whom Target) error {
	return c.reachOut(ctx, agentID, interactionID, whom, forCompany, "", (*party).mayAdd, func(_, _ *party) {})
}

func (p *party) mayAdd(string) error {
	n := 0
	for _, q := range p.in.parties {
		if q.kind != KindSupervisor && q.link <= linkAway {
			n++
		}
	}
	switch {
	case p.in.consult != nil && p.in.consult.with == p:
		return errNotYours
	case p.in.consult != nil:
		return errInConsult
	case !p.in.customerHere():
		return errNotThereYet
	case n >= maxParties:
		return errFull
	}
	return nil
}

// DropParty lets somebody go from the call, or no longer rings them.
func (c *Center) DropParty(ctx context.Context, agentID, interactionID, partyID string) error {
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		in := p.in
		q := in.party(partyID)
		switch {
		case p.consults():
			return errNotYours
		case q == nil || q.link == linkAfter || q.link == linkGone || q.kind == KindSupervisor:
			return errNoParty
		case q == p || q.kind == KindCustomer:
			return &Error{"hang_up_instead", "To end the call, or your part in it, hang up."}
		}
		c.event(in, "dropped", p.who.id, map[string]any{"party": q.id})
		asked := q.consults()
		c.release(q, "dropped")
		if asked {
			c.endConsult(in)
		}
		c.settle(in, "")
		return nil
	})
}

// SendDTMF presses keys towards the customer and the numbers in the room where the agent speaks.
func (c *Center) SendDTMF(ctx context.Context, agentID, interactionID, digits string) error {
	if digits == "" || len(digits) > maxDigits || strings.Trim(digits, "0123456789*#ABCD") != "" {
		return &Error{"bad_digits", fmt.Sprintf("Keys are 0 to 9, * and #, %d at a time.", maxDigits)}
	}
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		sent := 0
		for _, q := range p.in.parties {
			if s, ok := q.leg.(DTMFSender); ok && q.seated && !q.early && q.who == nil && q.room() == p.room() {
				if err := s.SendDTMF(digits); err != nil {
					return &Error{"digits_not_sent", "The keys could not be sent. Try again in a moment."}
				}
				sent++
			}
		}
		if sent == 0 {
			return &Error{"takes_no_digits", "Nobody here is at a telephone that takes keys."}
		}
		// How many, not which: they may be a card's number.
		c.event(p.in, "dtmf_sent", p.who.id, map[string]any{"digits": len(digits)})
		return nil
	})
}

const maxDigits = 32
