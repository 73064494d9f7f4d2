package acd

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"patchbay/acd/route"
	"patchbay/store"
)

// States of an Interaction, and outcomes of an ended one.
const (
	StateWaiting = "waiting"
	StateOffered = "offered"
	StateActive  = "active"
	StateWrapUp  = "wrap_up"
	StateEnded   = "ended"

	OutcomeHandled     = "handled"
	OutcomeAbandoned   = "abandoned"
	OutcomeInterrupted = "interrupted"
)

// interaction is one customer's call. Owned by Center.run.
type interaction struct {
	rec      store.Interaction
	queue    store.Queue
	phone    CustomerPhone
	sound    *sound // nil until answered
	seq      int64  // of the last timeline event
	routable bool   // the record was looked up, or has taken too long
	returned bool   // an agent was lost: goes first
	since    time.Time
	declined map[string]*time.Timer // agents who are not rung again for now
	view     *store.CustomerView
	match    string // as in Call.Match

	agent    *agent // offered to, talking with or wrapping up
	segment  store.Segment
	deadline time.Time   // of the offer
	timer    *time.Timer // ring time, or the time an agent may stay away
	muted    bool
	held     bool
	endedBy  string
}

func (in *interaction) talking() bool { return in.rec.State == StateActive }

// Incoming takes a customer's call. It returns at once; the call is answered, or refused, by the Center.
func (c *Center) Incoming(p CustomerPhone) {
	select {
	case c.do <- func() { c.incoming(p) }:
	case <-c.stopped:
		p.Refuse(RefuseShuttingDown)
	}
}

func (c *Center) incoming(p CustomerPhone) {
	queue, ok := c.queueFor(p.To())
	switch {
	case c.draining:
		p.Refuse(RefuseShuttingDown)
		return
	case !ok:
		p.Refuse(RefuseNoSuchNumber)
		return
	case c.live() >= c.cfg.MaxCalls:
		c.log.Warn("call refused, all lines are taken", "max_calls", c.cfg.MaxCalls)
		p.Refuse(RefuseBusy)
		return
	}
	now := time.Now()
	from := p.From()
	if e164, ok := c.cfg.Normalize(from); ok {
		from = e164
	}
	in := &interaction{
		rec: store.Interaction{ID: newID(), Channel: "call", Direction: "inbound", From: from, To: p.To(),
			Queue: queue.Name, State: StateWaiting, StartedAt: now},
		queue: queue, phone: p, since: now, match: "pending", declined: map[string]*time.Timer{},
	}
	c.interactions[in.rec.ID] = in
	c.newDay(now)
	c.calls++
	c.log.Info("call", "interaction", in.rec.ID, "queue", queue.Name, "call", p.ID())
	c.event(in, "started", "customer", map[string]any{"from": from, "to": p.To()})
	c.lookup(in)
	c.ending.Go(func() { c.answerCustomer(in) })
	c.touchBoard()
}

func (c *Center) queueFor(number string) (store.Queue, bool) {
	if e164, ok := c.cfg.Normalize(number); ok {
		number = e164
	}
	for _, want := range []string{number, "*"} {
		for _, q := range c.cfg.Queues {
			if slices.Contains(q.Numbers, want) {
				return q, true
			}
		}
	}
	return store.Queue{}, false
}

// answerCustomer sends the 200 OK beside Run, since it may wait for a socket, then watches the call to its end.
func (c *Center) answerCustomer(in *interaction) {
	leg, err := in.phone.Answer(c.lifetime)
	c.post(func() {
		if err != nil {
			c.log.Warn("call not answered", "interaction", in.rec.ID, "err", err)
			in.phone.HangUp()
			c.customerGone(in, "customer")
			return
		}
		if in.rec.EndedAt == nil {
			c.startSound(in, leg)
			c.match()
		}
	})
	if err != nil {
		return
	}
	select {
	case <-in.phone.Done():
		c.post(func() { c.customerGone(in, "customer") })
	case <-c.stopped:
	}
}

// match rings whoever can be rung.
func (c *Center) match() {
	var waiting []route.Waiting
	for _, in := range c.interactions {
		if in.rec.State == StateWaiting && in.sound != nil && in.routable {
			not := map[string]bool{}
			for id := range in.declined {
				not[id] = true
			}
			waiting = append(waiting, route.Waiting{ID: in.rec.ID, Queue: in.queue.Name, Since: in.since, Returned: in.returned, Not: not})
		}
	}
	if len(waiting) == 0 {
		return
	}
	var free []route.Free
	for _, a := range c.agents {
		if a.status.Presence == Available && a.status.Activity == Idle && a.phone != nil {
			free = append(free, route.Free{ID: a.id, Queues: a.queues, IdleSince: a.idle})
		}
	}
	for _, p := range route.Match(waiting, free) {
		c.offer(c.interactions[p.Interaction], c.agents[p.Agent])
	}
}

func (c *Center) offer(in *interaction, a *agent) {
	if err := c.move(a, TriggerOffer, ""); err != nil {
		return
	}
	in.agent, a.offer = a, in
	in.deadline = time.Now().Add(c.cfg.RingTime)
	c.setState(in, StateOffered)
	c.event(in, "offered", "system", map[string]any{"agent": a.id})
	c.publishOffer(in)
	c.arm(in, c.cfg.RingTime, func() {
		c.event(in, "offer_timeout", "system", map[string]any{"agent": a.id})
		c.endOffer(in, TriggerRangOut, "timeout")
		c.match()
	})
}

// endOffer stops the ringing; the interaction waits again, in its old place.
func (c *Center) endOffer(in *interaction, t Trigger, reason string) {
	a := in.agent
	in.disarm()
	in.agent, a.offer = nil, nil
	c.cfg.Publisher.User(a.id, "offer_end", OfferEnd{InteractionID: in.rec.ID, Reason: reason})
	_ = c.move(a, t, "")
	if in.rec.EndedAt == nil {
		c.setState(in, StateWaiting)
	}
}

// Answer connects the agent with the customer who rings.
func (c *Center) Answer(ctx context.Context, agentID, interactionID string) error {
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		if a == nil {
			return errUnknown
		}
		in := a.offer
		if in == nil || in.rec.ID != interactionID {
			return errNoOffer
		}
		if err := c.move(a, TriggerAnswer, ""); err != nil {
			return errNotPossible
		}
		now := time.Now()
		in.disarm()
		a.offer, a.call = nil, in
		if in.rec.AnsweredAt == nil {
			in.rec.AnsweredAt = &now
		}
		in.returned, in.muted, in.held = false, false, false
		in.segment = store.Segment{ID: newID(), InteractionID: in.rec.ID, AgentID: a.id, StartedAt: now}
		c.cfg.Journal.SaveSegment(in.segment)
		c.setState(in, StateActive)
		c.joinAgent(in)
		c.event(in, "answered", a.id, nil)
		c.cfg.Publisher.User(a.id, "offer_end", OfferEnd{InteractionID: in.rec.ID, Reason: "answered"})
		c.publishCall(in)
		return nil
	})
}

// Decline passes the call on to the next agent.
func (c *Center) Decline(ctx context.Context, agentID, interactionID string) error {
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		if a == nil {
			return errUnknown
		}
		in := a.offer
		if in == nil || in.rec.ID != interactionID {
			return errNoOffer
		}
		c.event(in, "declined", a.id, nil)
		in.declined[a.id] = time.AfterFunc(declinePause, func() {
			c.post(func() { delete(in.declined, a.id); c.match() })
		})
		c.endOffer(in, TriggerOfferEnd, "declined")
		c.match()
		return nil
	})
}

// loseAgent keeps the customer company while the agent's audio is away, for a while.
func (c *Center) loseAgent(in *interaction) {
	in.sound.removeAgent()
	c.event(in, "agent_lost", in.agent.id, nil)
	c.publishCall(in)
	c.arm(in, c.cfg.AwayTime, func() {
		a := in.agent
		c.event(in, "returned_to_queue", "system", map[string]any{"agent": a.id})
		c.closeSegment(in)
		in.agent, a.call = nil, nil
		in.returned, in.muted, in.held = true, false, false
		in.sound.endAgentStream()
		c.cfg.Publisher.User(a.id, "call_end", CallEnd{InteractionID: in.rec.ID})
		_ = c.move(a, TriggerCallLost, "")
		c.setState(in, StateWaiting)
		c.match()
	})
}

// HangUp ends the agent's call.
func (c *Center) HangUp(ctx context.Context, agentID, interactionID string) error {
	return c.withCall(ctx, agentID, interactionID, func(in *interaction) error {
		if !in.talking() {
			return errNoCall
		}
		in.phone.HangUp()
		c.customerGone(in, "agent")
		return nil
	})
}

// customerGone ends the call, whoever hung up; it is harmless on one that has ended.
func (c *Center) customerGone(in *interaction, by string) {
	if in.rec.EndedAt != nil {
		return
	}
	now := time.Now()
	in.rec.EndedAt, in.endedBy = &now, by
	for id, t := range in.declined {
		t.Stop()
		delete(in.declined, id)
	}
	c.event(in, "ended", by, nil)
	switch in.rec.State {
	case StateActive:
		in.disarm()
		c.closeSegment(in)
		in.rec.Outcome = OutcomeHandled
		c.setState(in, StateWrapUp)
		_ = c.move(in.agent, TriggerCallEnd, "")
		c.publishCall(in)
		c.stopSound(in)
	case StateOffered:
		c.endOffer(in, TriggerOfferEnd, "caller_gone")
		fallthrough
	default:
		in.rec.Outcome = OutcomeAbandoned
		c.newDay(now)
		c.abandoned++
		c.setState(in, StateEnded)
		c.stopSound(in)
		c.match()
	}
	c.checkDrained()
}

// WrapUp completes the after-call work: the record is closed and the agent is free again.
func (c *Center) WrapUp(ctx context.Context, agentID, interactionID, code, note string) error {
	return c.withCall(ctx, agentID, interactionID, func(in *interaction) error {
		if len(note) > maxNote {
			return errNoteTooLong
		}
		if len(code) > maxCode {
			return &Error{"no_such_code", "There is no such wrap-up code."}
		}
		if in.rec.State != StateWrapUp {
			return &Error{"still_talking", "The call is still going on: hang up first."}
		}
		c.complete(in, code, note)
		c.match()
		return nil
	})
}

func (c *Center) complete(in *interaction, code, note string) {
	a := in.agent
	in.rec.WrapUpCode, in.rec.Note = code, note
	c.event(in, "wrap_up_completed", a.id, map[string]any{"code": code})
	c.setState(in, StateEnded)
	in.agent, a.call = nil, nil
	c.cfg.Publisher.User(a.id, "call_end", CallEnd{InteractionID: in.rec.ID})
	_ = c.move(a, TriggerComplete, "")
	c.addHistory(a, in)
	c.forget(in)
}

// forget drops an interaction when neither an agent nor the recogniser has anything more to add.
func (c *Center) forget(in *interaction) {
	if in.rec.State != StateEnded || in.agent != nil || in.sound != nil && !in.sound.finished {
		return
	}
	if _, ok := c.interactions[in.rec.ID]; ok {
		delete(c.interactions, in.rec.ID)
		c.cfg.Publisher.InteractionEnd(in.rec.ID)
	}
}

// withCall runs f on the agent's call.
func (c *Center) withCall(ctx context.Context, agentID, interactionID string, f func(*interaction) error) error {
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		if a == nil {
			return errUnknown
		}
		if a.call == nil || a.call.rec.ID != interactionID {
			return errNoCall
		}
		return f(a.call)
	})
}

func (c *Center) closeSegment(in *interaction) {
	now := time.Now()
	in.segment.EndedAt = &now
	c.cfg.Journal.SaveSegment(in.segment)
}

// setState changes and keeps the interaction's state.
func (c *Center) setState(in *interaction, state string) {
	in.rec.State = state
	c.save(in)
	c.touchBoard()
	c.publishWaiting()
}

func (c *Center) save(in *interaction) { c.cfg.Journal.SaveInteraction(in.rec) }

func (c *Center) event(in *interaction, typ, actor string, data map[string]any) {
	in.seq++
	c.cfg.Journal.AddEvent(store.Event{InteractionID: in.rec.ID, Seq: in.seq, At: time.Now(), Type: typ, Actor: actor, Data: data})
}

// arm sets the interaction's one timer. f runs in Run's goroutine, unless the timer was disarmed or set anew.
func (c *Center) arm(in *interaction, d time.Duration, f func()) {
	in.disarm()
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		c.post(func() {
			if in.timer == t {
				in.timer = nil
				f()
			}
		})
	})
	in.timer = t
}

func (in *interaction) disarm() {
	if in.timer != nil {
		in.timer.Stop()
		in.timer = nil
	}
}

// newDay starts the day's counts over after midnight.
func (c *Center) newDay(now time.Time) {
	if d := midnight(now); d.After(c.today) {
		c.today, c.calls, c.abandoned = d, 0, 0
	}
}

// closeAll ends every call when Run ends.
func (c *Center) closeAll() {
	for _, in := range c.interactions {
		in.disarm()
		if in.rec.EndedAt == nil {
			now := time.Now()
			in.rec.EndedAt = &now
			if in.rec.AnsweredAt == nil {
				in.rec.Outcome = OutcomeAbandoned
			} else {
				in.rec.Outcome = OutcomeInterrupted
			}
			if in.talking() {
				c.closeSegment(in)
			}
			in.phone.HangUp()
			c.event(in, "ended", "system", map[string]any{"reason": "shutdown"})
		}
		in.rec.State = StateEnded
		c.save(in)
		if in.sound != nil {
			in.sound.stop()
			c.ending.Go(in.sound.running.Wait)
		}
	}
}

// newID gives an id that sorts by time.
func newID() string {
	if id, err := uuid.NewV7(); err == nil {
		return id.String()
	}
	return uuid.NewString() // no randomness for a time-ordered one: any id will do
}
