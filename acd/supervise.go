package acd

import (
	"context"
	"slices"
	"time"

	"patchbay/media"
	"patchbay/store"
)

// Refusals of supervision, in words for the supervisor.
var (
	errNoSupervisor = &Error{"forbidden", "Only supervisors follow other people's calls."}
	errCallOver     = &Error{"call_gone", "This call is over."}
	errNoMode       = &Error{"bad_mode", `The mode is "listen", "whisper", "barge", "takeover" or "leave".`}
	errNotYourQueue = &Error{"forbidden", "This call is of a queue that you do not supervise. Ask an administrator for it."}
	errNotYourAgent = &Error{"forbidden", "This agent serves no queue that you supervise. Ask an administrator for one."}
	errNobodyTalks  = &Error{"nobody_talks", "No agent is in this call now. You can listen, and take part when one is."}
	errTaken        = &Error{"taken_over", "Another supervisor has taken this call over."}
	errYours        = &Error{"yours", "You have this call. Transfer it, or leave: the customer then goes to the head of the queue."}
	errWatchersFull = &Error{"too_many_supervisors", "Other supervisors are at this call already. Ask one of them to leave."}
	errNoSound      = &Error{"no_phone", "Your browser's sound is not connected yet. Allow the microphone and wait for the phone."}
)

const retryAudit = 5 * time.Second

// Supervise puts a supervisor beside a call, or changes how: "listen", "whisper", "barge", "takeover" or "leave".
func (c *Center) Supervise(ctx context.Context, userID, interactionID, mode string) error {
	return c.ask(ctx, func() error {
		a := c.agents[userID]
		if a == nil || a.takesCalls() {
			return errNoSupervisor
		}
		a.address = addressOf(ctx)
		if mode == "leave" {
			return c.superviseNoMore(a, interactionID)
		}
		in := c.interactions[interactionID]
		switch {
		case !slices.Contains([]Mode{Listen, Whisper, Barge, TakeOver}, Mode(mode)):
			return errNoMode
		case in == nil || in.rec.EndedAt != nil:
			return errCallOver
		case a.talks() && (a.call.in != in || Mode(mode) != TakeOver):
			return errYours
		case a.talks():
			return nil
		}
		return c.supervise(a, in, Mode(mode))
	})
}

func (c *Center) superviseNoMore(a *agent, interactionID string) error {
	p := a.watch
	if p == nil || p.in.rec.ID != interactionID {
		return errCallOver
	}
	a.follow = "" // or the next call of the agent, or this one, would be followed at once
	c.leaveWatch(p)
	c.settle(p.in, a.id)
	return nil
}

// supervise changes a supervisor's mode; every act is in the timeline and in the audit.
func (c *Center) supervise(a *agent, in *interaction, mode Mode) error {
	lead := in.lead()
	switch {
	case !a.oversees(in.queue.Name):
		return errNotYourQueue
	case mode != Listen && (in.sound == nil || lead == nil):
		return errNobodyTalks
	case mode != Listen && a.phone == nil:
		return errNoSound
	case mode == TakeOver && lead.kind == KindSupervisor:
		return errTaken
	case a.watch == nil || a.watch.in != in:
		n := 0
		for _, p := range in.parties {
			if p.kind == KindSupervisor && p.link != linkAfter {
				n++
			}
		}
		if n >= maxSupervisors {
			return errWatchersFull
		}
	}
	c.completeTaken(a) // who goes to another call is done with the last
	if a.watch != nil && a.watch.in != in {
		old := a.watch.in
		c.leaveWatch(a.watch)
		c.publish(old)
	}
	p := a.watch
	if p == nil {
		p = in.join(KindSupervisor, linkOn)
		p.who, p.name = a, a.name
		a.watch = p
	}
	if p.mode == mode && p.link == linkOn {
		return nil
	}
	c.audit(a.id, string(mode), in.rec.ID, nil)
	c.event(in, "supervision", a.id, map[string]any{"mode": string(mode), "visible": c.visible(&party{in: in, mode: mode})})
	p.mode = mode
	if mode == TakeOver {
		c.takeCharge(p, lead.label())
		return nil
	}
	c.seatSupervisor(p)
	c.publish(in)
	return nil
}

// takeCharge makes a supervisor answer for the call that one called from had; the agents who had it leave for their after-call work. Seats and
// matrix change in one go, so the customer is not without somebody for longer than a tick.
func (c *Center) takeCharge(p *party, from string) {
	in := p.in
	p.handed = &Transferred{FromName: from, Mode: "taken_over"}
	p.mode, in.held, p.muted = TakeOver, false, false
	c.stint(p)
	c.seatSupervisor(p)
	if con := in.consult; con != nil {
		c.release(con.with, "takeover")
		c.endConsult(in)
	}
	for _, q := range slices.Clone(in.parties) {
		switch {
		case q.kind == KindAgent && q.connected():
			q.handed = nil
			c.depart(q, "takeover")
		case q.kind == KindAgent && q.link == linkRinging:
			c.stopRinging(q, TriggerOfferEnd, "cancelled")
			in.drop(q)
		case q.kind == KindNumber && q.takes && q.link < linkOn: // or its failure would bring back who handed the call over
			c.hangUpNumber(q)
		}
	}
	c.event(in, "taken_over", p.who.id, nil)
	c.restate(in)
	c.publish(in)
}

// seatSupervisor puts a supervisor's sound on the bridge as the mode has it, or waits for it.
func (c *Center) seatSupervisor(p *party) {
	if p.in.sound == nil || p.who.phone == nil {
		c.away(p)
		return
	}
	c.seatAgent(p)
}

// uplink is the phone of an agent or supervisor as the bridge gets it. One who only listens has none: beside having no
// listener in the matrix, what the microphone sends is not even read.
func (p *party) uplink() media.Leg {
	if p.kind == KindSupervisor && p.mode == Listen {
		return listenOnly{p.who.phone}
	}
	return p.who.phone
}

// listenOnly is a leg that says nothing.
type listenOnly struct{ media.Sink }

func (listenOnly) ReadFrame(*media.Frame) bool { return false }

// leaveWatch takes a supervisor off a call. Who answered for it leaves it to settle.
func (c *Center) leaveWatch(p *party) { c.leaveFor(p, "") }

// leaveFor is leaveWatch with the reason why one is taken off who did not leave.
func (c *Center) leaveFor(p *party, reason string) {
	a, in := p.who, p.in
	p.disarm()
	c.unseat(p)
	p.hush()
	in.drop(p)
	a.watch = nil
	noted := map[string]any{"mode": "leave"}
	var why map[string]any
	if reason != "" {
		noted["reason"] = reason
		why = map[string]any{"reason": reason}
	}
	c.audit(a.id, "leave", in.rec.ID, why)
	c.event(in, "supervision", a.id, noted)
	if a.call == p {
		c.closeSegment(p)
		a.call = nil
		c.cfg.Publisher.User(a.id, "call_end", CallEnd{InteractionID: in.rec.ID})
	}
	c.publishSupervision(a)
}

// endTaken gives a supervisor the after-call work of a call that has ended in their hands: nobody else knows how it went.
func (c *Center) endTaken(p *party, by string) {
	a, in := p.who, p.in
	c.toAfterCall(p, by)
	a.watch = nil
	c.audit(a.id, "leave", in.rec.ID, nil)
	c.event(in, "supervision", a.id, map[string]any{"mode": "leave"})
	c.publishSupervision(a)
	c.publishCall(p)
}

// completeTaken completes a supervisor's after-call work as it stands.
func (c *Center) completeTaken(a *agent) {
	if p := a.call; p != nil && !a.talks() {
		c.complete(p, "", p.in.rec.Note)
	}
}

// Follow has a supervisor listen to every call of an agent, the present one first. "" follows nobody.
func (c *Center) Follow(ctx context.Context, userID, agentID string) error {
	return c.ask(ctx, func() error {
		a := c.agents[userID]
		if a == nil || a.takesCalls() {
			return errNoSupervisor
		}
		a.address = addressOf(ctx)
		if agentID == a.follow {
			return nil
		}
		b := c.agents[agentID]
		if agentID != "" && (b == nil || !b.takesCalls()) {
			return &Error{"no_such_agent", "This agent does not work here. Choose another."}
		}
		if b != nil && !a.mayFollow(b) {
			return errNotYourAgent
		}
		a.follow = agentID
		if agentID == "" {
			c.audit(a.id, "follow_end", "", nil)
		} else {
			c.audit(a.id, "follow", agentID, nil)
			c.followTo(b)
		}
		if a.watch != nil {
			c.publish(a.watch.in) // beside whom one sits may be another now
		}
		c.publishSupervision(a)
		return nil
	})
}

// followTo takes the supervisors who follow an agent to the call where the agent is now. One who has a call stays there.
func (c *Center) followTo(b *agent) {
	if b.call == nil || !b.call.connected() {
		return
	}
	for _, a := range c.agents {
		if a.follow == b.id && a.phone != nil && a.call == nil && (a.watch == nil || a.watch.in != b.call.in) {
			if err := c.supervise(a, b.call.in, Listen); err != nil {
				c.log.Warn("supervisor cannot follow", "supervisor", a.id, "agent", b.id, "err", err)
			}
		}
	}
}

// supervisorGone ends what a supervisor did whose browser is gone for good; a call that was taken over ends with its sound.
func (c *Center) supervisorGone(a *agent) {
	a.follow = ""
	c.completeTaken(a)
	if p := a.watch; p != nil && a.call == nil {
		c.leaveWatch(p)
		c.settle(p.in, a.id)
	}
	c.publishSupervision(a)
}

// unfollowed takes those off who are at a call only because they follow the agent who leaves it.
func (c *Center) unfollowed(p *party) {
	for _, q := range slices.Clone(p.in.parties) {
		if q.kind == KindSupervisor && q.who.follow == p.who.id && (q.mode == Listen || q.mode == Whisper) {
			c.leaveWatch(q)
		}
	}
}

// unqueued takes those off a call which has gone to a queue that they do not supervise.
func (c *Center) unqueued(in *interaction) {
	for _, p := range slices.Clone(in.parties) {
		if p.kind == KindSupervisor && !p.who.oversees(in.queue.Name) {
			c.leaveFor(p, "queue")
		}
	}
}

// publishSupervision shows a supervisor what they do now, where it is not on the screen already.
func (c *Center) publishSupervision(a *agent) {
	v := Supervision{FollowAgentID: a.follow}
	if p := a.watch; p != nil {
		v.InteractionID, v.Mode, v.CustomerName, v.Visible = p.in.rec.ID, string(p.mode), p.in.customerName(), c.visible(p)
		if p.mode == TakeOver && p.handed != nil {
			v.AgentName = p.handed.FromName // who has left
		} else if t := p.supervised(); t != nil {
			v.AgentName = t.label()
		}
	}
	if a.shown != v {
		a.shown = v
		c.cfg.Publisher.User(a.id, "supervision", v)
	}
}

// audit keeps an act for good, beside Run: a database that is away gets it when it is back.
func (c *Center) audit(actor, action, object string, data map[string]any) {
	if c.cfg.Audit == nil {
		return
	}
	e := store.AuditEntry{At: time.Now(), Actor: actor, Action: action, Object: object, Data: data}
	if a := c.agents[actor]; a != nil {
		e.Address = a.address // also of what follows from a command later, such as following the next call
	}
	c.ending.Go(func() {
		for {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(c.lifetime), lookupLimit)
			err := c.cfg.Audit.AppendAudit(ctx, e)
			cancel()
			if err == nil {
				return
			}
			c.log.Error("audit entry not stored yet", "actor", actor, "action", action, "object", object, "err", err)
			select {
			case <-time.After(retryAudit):
			case <-c.stopped:
				return
			}
		}
	})
}

type fromAddress struct{}

// FromAddress says in a command's context which address the command came from, for the audit trail.
func FromAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, fromAddress{}, address)
}

func addressOf(ctx context.Context) string {
	address, _ := ctx.Value(fromAddress{}).(string)
	return address
}
