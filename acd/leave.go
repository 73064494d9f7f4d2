package acd

import (
	"context"
	"slices"
	"time"

	"patchbay/store"
)

// seatAgent lets an agent into the call, at once where the phone is connected; where it is not, the customer hears music
// until it is, for as long as an agent may stay away.
func (c *Center) seatAgent(p *party) {
	in, a := p.in, p.who
	in.sound.playHold(c)
	if a.phone == nil {
		c.away(p)
		return
	}
	a.phone.Reset()
	if c.seat(p, p.uplink()) != nil {
		c.away(p)
		return
	}
	if p.link == linkAway {
		p.disarm()
		p.link = linkOn
		if p.kind == KindAgent {
			c.event(in, "agent_back", a.id, nil)
		}
	}
	c.publish(in)
}

// away keeps the customer company while the sound of an agent is away, for a while.
func (c *Center) away(p *party) {
	c.unseat(p)
	p.link = linkAway
	if p.kind == KindAgent {
		c.event(p.in, "agent_lost", p.who.id, nil)
	}
	c.publish(p.in)
	c.arm(p, c.cfg.AwayTime, func() { c.lost(p) })
}

// lost takes an agent off whose sound did not come back.
func (c *Center) lost(p *party) {
	in, a := p.in, p.who
	if p.kind == KindSupervisor {
		c.leaveWatch(p)
		c.settle(in, "")
		return
	}
	c.closeSegment(p)
	p.hush()
	a.call = nil
	c.consultWithout(p)
	in.drop(p)
	c.cfg.Publisher.User(a.id, "call_end", CallEnd{InteractionID: in.rec.ID})
	_ = c.move(a, TriggerCallLost, "")
	c.settle(in, a.id)
}

// consultWithout settles a consultation that one of the two leaves. The colleague who was asked takes the call over when
// the one who asked is gone; where there is none yet, it goes on ringing there as a transfer does.
func (c *Center) consultWithout(p *party) {
	in := p.in
	con := in.consult
	switch {
	case con == nil:
	case con.with == p:
		c.endConsult(in)
	case con.by == p:
		c.handOver(in)
	}
}

// depart takes somebody out of a call that goes on without. An agent has the after-call work to do.
func (c *Center) depart(p *party, why string) {
	if p.kind == KindSupervisor {
		if p.who.call == p { // who took a call over and hands it on knows how it went, as an agent does
			c.endTaken(p, why)
		} else {
			c.leaveWatch(p)
		}
		return
	}
	c.toAfterCall(p, why)
	_ = c.move(p.who, TriggerCallEnd, "")
	c.unfollowed(p)
	c.publishCall(p)
}

// toAfterCall leaves of somebody who had a call only its after-call work.
func (c *Center) toAfterCall(p *party, why string) {
	p.disarm()
	c.closeSegment(p)
	c.unseat(p)
	p.hush()
	p.link, p.endedBy, p.muted = linkAfter, why, false
}

// unreached says that somebody who was rung does not come. Whom the call was to be handed to, and who did not take it,
// leaves it with the one who had it before.
func (c *Center) unreached(p *party, cause string) {
	in := p.in
	p.disarm()
	c.unseat(p)
	if in.rec.EndedAt != nil || p.purpose == forQueue {
		in.drop(p)
		c.restate(in)
		return
	}
	c.event(in, "not_reached", "system", map[string]any{"party": p.id, "name": p.name, "number": p.number, "cause": cause})
	p.link, p.cause, p.takes = linkFailed, cause, false
	c.arm(p, failedShown, func() { in.drop(p); c.publish(in) })
	switch p.purpose {
	case forConsult:
		c.endConsult(in)
	case forTransfer:
		c.takeBack(p)
	}
	c.settle(in, "")
}

// takeBack gives the call to the agent who handed it over, if that one still wraps it up; if not, settle finds another.
func (c *Center) takeBack(failed *party) {
	p := failed.by
	switch {
	case p == nil || p.link != linkAfter || p.who.phone == nil:
		return
	case p.kind == KindSupervisor:
		if p.who.watch != nil {
			return // at another call by now
		}
		p.who.watch = p
	case c.move(p.who, TriggerReturn, "") != nil:
		return
	}
	p.link = linkOn
	p.handed = &Transferred{FromName: failed.label(), Reason: failed.cause, Mode: "returned"}
	c.stint(p)
	c.event(p.in, "transfer_returned", "system", map[string]any{"agent": p.who.id})
	if p.kind == KindSupervisor {
		c.publishSupervision(p.who)
	}
	c.seatAgent(p)
}

// settle is what becomes of a call that somebody has left: as long as anybody answers for it, it goes on. A supervisor
// who takes part answers for it when nobody else does. Otherwise the customer goes to the head of the queue.
func (c *Center) settle(in *interaction, leaver string) {
	if in.rec.EndedAt != nil {
		return
	}
	if in.lead() == nil && in.offered() == nil {
		if p := in.barging(); p != nil {
			from := ""
			if a := c.agents[leaver]; a != nil {
				from = a.name
			}
			c.takeCharge(p, from)
		} else {
			c.requeue(in, leaver)
		}
	}
	c.restate(in)
	c.publish(in)
	c.match()
}

// requeue lets the customer wait again, ahead of all others.
func (c *Center) requeue(in *interaction, leaver string) {
	if in.rec.State == StateWaiting {
		return
	}
	in.returned = true
	c.event(in, "returned_to_queue", "system", map[string]any{"agent": leaver})
	c.emptyRoom(in)
}

// emptyRoom leaves the customer alone with the music; whoever still was in the conference is let go.
func (c *Center) emptyRoom(in *interaction) {
	in.held = false
	for _, p := range slices.Clone(in.parties) {
		if p.kind == KindNumber && p.link != linkFailed {
			c.hangUpNumber(p)
		}
	}
}

// HangUp ends the agent's call, or only the agent's part in it where others go on: one who consults hands the call over,
// one who is asked leaves, one of several agents leaves the others.
func (c *Center) HangUp(ctx context.Context, agentID, interactionID string) error {
	return c.withCall(ctx, agentID, interactionID, func(p *party) error {
		in := p.in
		if !p.connected() {
			return errNoCall
		}
		con := in.consult
		switch {
		case con != nil && con.by == p:
			c.event(in, "left", p.who.id, nil)
			c.handOver(in)
		case con != nil && con.with == p:
			c.event(in, "left", p.who.id, nil)
			c.depart(p, "agent")
			c.endConsult(in)
		case in.otherHost(p):
			c.event(in, "left", p.who.id, nil)
			c.depart(p, "agent")
		default:
			in.phone.HangUp()
			by := "agent"
			if p.kind == KindSupervisor {
				by = "supervisor"
			}
			c.end(in, by)
			return nil
		}
		c.settle(in, p.who.id)
		return nil
	})
}

// otherHost says whether somebody else than p answers for the call and can be heard.
func (in *interaction) otherHost(p *party) bool {
	return slices.ContainsFunc(in.parties, func(q *party) bool { return q != p && q.host() && q.link == linkOn })
}

// end ends the call, whoever hung up; it is harmless on one that has ended.
func (c *Center) end(in *interaction, by string) {
	if in.rec.EndedAt != nil {
		return
	}
	now := time.Now()
	in.rec.EndedAt = &now
	for id, t := range in.declined {
		t.Stop()
		delete(in.declined, id)
	}
	c.endSensitive(in, "system")
	c.unanswered(in)
	if in.vanished(by) {
		by = endVanished
		c.event(in, "ended", "system", map[string]any{"reason": endVanished})
	} else {
		c.event(in, "ended", by, nil)
	}
	switch {
	case in.rec.Direction == "outbound" && in.rec.AnsweredAt == nil:
		in.rec.Outcome = OutcomeNotReached
	case in.rec.State == StateActive:
		in.rec.Outcome = OutcomeHandled
		c.took(in, now)
	default:
		in.rec.Outcome = OutcomeAbandoned
		c.newDay(now)
		c.abandoned++
	}
	in.consult = nil
	for _, p := range slices.Clone(in.parties) {
		switch {
		case p.link == linkAfter: // has left before, and wraps up
		case p.kind == KindAgent && p.link == linkRinging:
			c.endOffer(p, TriggerOfferEnd, "caller_gone", CauseCancelled)
		case p.kind == KindAgent && p.connected():
			c.depart(p, by)
		case p.kind == KindSupervisor && p.who.call == p:
			c.endTaken(p, by)
		case p.kind == KindSupervisor:
			c.leaveWatch(p)
		case p.kind == KindNumber && p.link != linkFailed:
			c.hangUpNumber(p)
		case p.link == linkFailed || p.kind == KindGuest:
			p.disarm()
		}
	}
	if c.cfg.Ended != nil {
		c.cfg.Ended(in.rec.ID)
	}
	c.restate(in)
	c.save(in)
	c.publish(in)
	c.stopSound(in)
	c.match()
	c.checkDrained()
}

// vanished says whether the customer, who is said to have hung up, did not.
func (in *interaction) vanished(by string) bool {
	e, ok := in.phone.(Ender)
	return by == "customer" && ok && e.Vanished()
}

// closeAll ends every call when Run ends.
func (c *Center) closeAll() {
	for _, in := range c.interactions {
		open := in.rec.EndedAt == nil
		for _, p := range in.parties {
			p.disarm()
			if open && p.phone != nil {
				p.phone.HangUp()
			}
			if open && p.connected() && p.segment.ID != "" {
				c.closeSegment(p)
			}
		}
		if open {
			now := time.Now()
			in.rec.EndedAt = &now
			if in.rec.AnsweredAt == nil {
				in.rec.Outcome = OutcomeAbandoned
			} else {
				in.rec.Outcome = OutcomeInterrupted
			}
			in.phone.HangUp()
			c.unanswered(in)
			c.event(in, "ended", "system", map[string]any{"reason": "shutdown"})
		}
		in.rec.State = StateEnded
		c.save(in)
		if in.sound != nil {
			c.stop(in)
			c.ending.Go(in.sound.running.Wait)
		}
	}
}

func (c *Center) closeSegment(p *party) {
	if p.segment.ID == "" || p.segment.EndedAt != nil {
		return
	}
	now := time.Now()
	p.segment.EndedAt = &now
	c.cfg.Journal.SaveSegment(p.segment)
}

// segmentOf is a stint that begins now.
func segmentOf(p *party) store.Segment {
	return store.Segment{ID: newID(), InteractionID: p.in.rec.ID, AgentID: p.who.id, StartedAt: time.Now()}
}
