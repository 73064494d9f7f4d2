package acd

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"patchbay/acd/route"
	"patchbay/store"
	"patchbay/transcribe/crosstalk"
	"patchbay/transcribe/redact"
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
	OutcomeNotReached  = "not_reached" // a call of ours that nobody answered
)

// Channels of an Interaction.
const (
	ChannelCall  = "call"
	ChannelVideo = "video" // video help without a telephone
)

// interaction is one customer's call. Owned by Center.run.
type interaction struct {
	rec      store.Interaction
	queue    store.Queue
	phone    line     // the customer's
	parties  []*party // the customer first, the others in the order they came
	spoken   map[string]bool
	sound    *sound // nil until there is something to hear
	seq      int64  // of the last timeline event
	routable bool   // the record was looked up, or has taken too long
	returned bool   // it lost its agent, or was handed to nobody: goes first
	since    time.Time
	declined map[string]*time.Timer // agents who are not rung again for now
	view     *store.CustomerView
	opened   string // the record's order or case that the agent opened last: the call is about it
	match    string // as in Call.Match

	held           bool
	consult        *consult
	transferred    *Transferred // how it came to who has it now
	sensitive      *Sensitive
	sensitiveTimer *time.Timer  // set while sensitive is
	mask           *redact.Call // of the transcript
	english        *redact.Call // of what it means in English
	voices         crosstalk.Room
	needs          []Need
	talk           talk
	chosen         map[string]string // languages, by leg
	heard          map[string]string // languages that the recogniser found out, by leg
	tape           tape
	pauses         *pauses // of the tape
	legalHold      bool    // what there is must be kept
	unkept         bool    // nothing more is to be kept: "do not record" under a legal hold
	video          string  // as BoardCall.Video
}

// consult is an agent's talk with somebody beside the customer.
type consult struct {
	by, with *party
	aside    bool // by speaks with the one asked, not with the customer
}

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
	from := p.From()
	if e164, ok := c.cfg.Normalize(from); ok {
		from = e164
	}
	in := c.open("inbound", from, p.To(), queue, p)
	c.calls++
	c.log.Info("call", "interaction", in.rec.ID, "queue", queue.Name, "call", p.ID())
	c.event(in, "started", "customer", map[string]any{"from": from, "to": p.To()})
	c.lookup(in)
	c.ending.Go(func() { c.answerCustomer(in, p) })
	c.touchBoard()
}

// open begins an interaction with a customer, who does not hear anything yet.
func (c *Center) open(direction, from, to string, queue store.Queue, phone line) *interaction {
	now := time.Now()
	c.newDay(now)
	in := &interaction{
		rec: store.Interaction{ID: newID(), Channel: ChannelCall, Direction: direction, From: from, To: to,
			Queue: queue.Name, State: StateWaiting, StartedAt: now},
		queue: queue, phone: phone, since: now, match: "pending",
		spoken: map[string]bool{}, declined: map[string]*time.Timer{},
		pauses: &pauses{}, mask: redact.New(redact.Config{Language: queue.Language, Own: c.cfg.Masks}),
		english: redact.New(redact.Config{Language: "en", Own: c.cfg.Masks}),
	}
	in.join(KindCustomer, linkDialling).number = from
	c.interactions[in.rec.ID] = in
	return in
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
func (c *Center) answerCustomer(in *interaction, p CustomerPhone) {
	leg, err := p.Answer(c.lifetime)
	c.post(func() {
		if err != nil {
			c.log.Warn("call not answered", "interaction", in.rec.ID, "err", err)
			p.HangUp()
			c.end(in, "customer")
			return
		}
		if in.rec.EndedAt == nil {
			c.startSound(in, leg)
			c.match()
		}
	})
	if err == nil {
		c.watchCustomer(in)
	}
}

// watchCustomer ends the interaction with the customer's call.
func (c *Center) watchCustomer(in *interaction) {
	select {
	case <-in.phone.Done():
		c.post(func() { c.customerGone(in) })
	case <-c.stopped:
	}
}

// match rings whoever can be rung.
func (c *Center) match() {
	var waiting []route.Waiting
	for _, in := range c.interactions {
		if in.rec.State == StateWaiting && in.sound != nil && in.routable && !in.tape.asking() {
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
		if a.free() {
			free = append(free, route.Free{ID: a.id, Queues: a.queues, IdleSince: a.idle})
		}
	}
	for _, p := range route.Match(waiting, free) {
		c.ring(c.interactions[p.Interaction], c.agents[p.Agent], forQueue, nil, "")
	}
}

// free says whether a call may ring at a.
func (a *agent) free() bool {
	return a.status.Presence == Available && a.status.Activity == Idle && a.phone != nil && a.tabs > 0
}

// ring offers the call to an agent. nil: the agent cannot be rung.
func (c *Center) ring(in *interaction, a *agent, why purpose, by *party, reason string) *party {
	if err := c.move(a, TriggerOffer, ""); err != nil {
		return nil
	}
	p := in.join(KindAgent, linkRinging)
	p.who, p.name, p.purpose, p.by, p.reason = a, a.name, why, by, reason
	p.expires = time.Now().Add(c.cfg.RingTime)
	p.handed = in.transferred
	if by != nil {
		mode := map[purpose]string{forTransfer: "blind", forConsult: "consult", forCompany: "conference"}[why]
		p.handed = &Transferred{FromName: by.who.name, Reason: reason, Mode: mode}
	}
	a.offer = p
	c.restate(in)
	c.event(in, "offered", "system", map[string]any{"agent": a.id})
	c.publishOffer(p)
	c.arm(p, c.cfg.RingTime, func() {
		c.event(in, "offer_timeout", "system", map[string]any{"agent": a.id})
		c.endOffer(p, TriggerRangOut, "timeout", CauseNoAnswer)
		c.match()
	})
	return p
}

// ringsAtNobody passes a call on that rings in a browser which was closed and does not come back at once, as a reload does.
func (c *Center) ringsAtNobody(a *agent) {
	p := a.offer
	if p == nil {
		return
	}
	time.AfterFunc(offerGrace, func() {
		c.post(func() {
			if a.offer == p && a.tabs == 0 {
				c.event(p.in, "offer_timeout", "system", map[string]any{"agent": a.id, "reason": "browser_gone"})
				c.endOffer(p, TriggerRangOut, "timeout", CauseUnreachable)
				c.match()
			}
		})
	})
}

// endOffer stops the ringing. A waiting call waits again, in its old place; others go back to who asked.
func (c *Center) endOffer(p *party, t Trigger, reason, cause string) {
	c.stopRinging(p, t, reason)
	c.unreached(p, cause)
}

func (c *Center) stopRinging(p *party, t Trigger, reason string) {
	p.disarm()
	p.who.offer = nil
	c.cfg.Publisher.User(p.who.id, "offer_end", OfferEnd{InteractionID: p.in.rec.ID, Reason: reason})
	_ = c.move(p.who, t, "")
}

// Answer connects the agent with the customer who rings, or the colleague who asks.
func (c *Center) Answer(ctx context.Context, agentID, interactionID string) error {
	return c.withOffer(ctx, agentID, interactionID, func(p *party) error {
		a, in := p.who, p.in
		if err := c.move(a, TriggerAnswer, ""); err != nil {
			return errNotPossible
		}
		p.disarm()
		a.offer, p.link = nil, linkOn
		if p.purpose == forQueue || p.purpose == forTransfer {
			in.returned, in.held = false, false
		}
		c.stint(p)
		c.event(in, "answered", a.id, nil)
		if p.consults() {
			_ = c.move(a, TriggerConsult, "")
		}
		c.seatAgent(p)
		c.cfg.Publisher.User(a.id, "offer_end", OfferEnd{InteractionID: in.rec.ID, Reason: "answered"})
		c.publish(in)
		c.followTo(a)
		return nil
	})
}

// withOffer runs f on the place that rings at the agent.
func (c *Center) withOffer(ctx context.Context, agentID, interactionID string, f func(*party) error) error {
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		switch {
		case a == nil:
			return errUnknown
		case a.offer == nil || a.offer.in.rec.ID != interactionID:
			return errNoOffer
		}
		return f(a.offer)
	})
}

// stint makes the interaction the agent's call from now on.
func (c *Center) stint(p *party) {
	now := time.Now()
	in := p.in
	p.who.call, p.endedBy = p, ""
	if in.rec.AnsweredAt == nil && in.customerHere() {
		in.rec.AnsweredAt = &now
		c.save(in)
	}
	p.segment = segmentOf(p)
	c.cfg.Journal.SaveSegment(p.segment)
	c.restate(in)
}

// Decline passes the call on to the next agent, or back to who asked.
func (c *Center) Decline(ctx context.Context, agentID, interactionID string) error {
	return c.withOffer(ctx, agentID, interactionID, func(p *party) error {
		a, in := p.who, p.in
		c.event(in, "declined", a.id, nil)
		in.declined[a.id] = time.AfterFunc(declinePause, func() {
			c.post(func() { delete(in.declined, a.id); c.match() })
		})
		c.endOffer(p, TriggerOfferEnd, "declined", CauseRefused)
		c.match()
		return nil
	})
}

// WrapUp completes the after-call work: the record is closed and the agent is free again.
func (c *Center) WrapUp(ctx context.Context, agentID, interactionID, code, note string) error {
	return c.withCall(ctx, agentID, interactionID, func(p *party) error {
		if len(note) > maxNote {
			return errNoteTooLong
		}
		if len(code) > maxCode {
			return &Error{"no_such_code", "There is no such wrap-up code."}
		}
		if p.link != linkAfter {
			return &Error{"still_talking", "The call is still going on: hang up first."}
		}
		c.complete(p, code, c.MaskText(note, true))
		c.match()
		return nil
	})
}

func (c *Center) complete(p *party, code, note string) {
	a, in := p.who, p.in
	in.rec.Note = note
	if code != "" || in.rec.WrapUpCode == "" {
		in.rec.WrapUpCode = code
	}
	c.event(in, "wrap_up_completed", a.id, map[string]any{"code": code})
	a.call = nil
	in.drop(p)
	c.save(in)
	c.restate(in)
	c.cfg.Publisher.User(a.id, "call_end", CallEnd{InteractionID: in.rec.ID})
	if a.takesCalls() {
		_ = c.move(a, TriggerComplete, "")
		c.addHistory(a, in)
	} else if b := c.agents[a.follow]; b != nil {
		c.followTo(b) // to the call that began meanwhile
	}
	if in.rec.EndedAt == nil {
		c.publish(in) // the others have the note
	}
	c.forget(in)
}

// forget drops an interaction when neither an agent, a supervisor nor the recogniser has anything more to add.
func (c *Center) forget(in *interaction) {
	if in.rec.State != StateEnded || in.sound != nil && !in.sound.finished {
		return
	}
	if slices.ContainsFunc(in.parties, func(p *party) bool { return p.link == linkAfter }) {
		return
	}
	if _, ok := c.interactions[in.rec.ID]; ok {
		delete(c.interactions, in.rec.ID)
		c.tapes.Delete(in.rec.ID)
		c.cfg.Publisher.InteractionEnd(in.rec.ID)
	}
}

// withCall runs f on the agent's place in the agent's call.
func (c *Center) withCall(ctx context.Context, agentID, interactionID string, f func(*party) error) error {
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		if a == nil {
			return errUnknown
		}
		if a.call == nil || a.call.in.rec.ID != interactionID {
			return errNoCall
		}
		return f(a.call)
	})
}

// withTalk runs f on a call that is going on, then sets who hears whom and tells the desks.
func (c *Center) withTalk(ctx context.Context, agentID, interactionID string, f func(*party) error) error {
	return c.withCall(ctx, agentID, interactionID, func(p *party) error {
		if !p.connected() {
			return errNoCall
		}
		if err := f(p); err != nil {
			return err
		}
		c.publish(p.in)
		return nil
	})
}

// restate derives the interaction's state from its parties, and keeps it.
func (c *Center) restate(in *interaction) {
	state := StateWaiting
	switch {
	case in.rec.EndedAt != nil && in.wrapping():
		state = StateWrapUp
	case in.rec.EndedAt != nil:
		state = StateEnded
	case in.lead() != nil:
		state = StateActive
	case in.offered() != nil:
		state = StateOffered
	}
	if state != in.rec.State {
		in.rec.State = state
		c.save(in)
		c.touchBoard()
		c.publishWaiting()
	}
}

func (c *Center) save(in *interaction) { c.cfg.Journal.SaveInteraction(in.rec) }

func (c *Center) event(in *interaction, typ, actor string, data map[string]any) {
	in.seq++
	in.mark(typ, actor, data)
	if s := in.sound; s != nil && s.answered && data["at_ms"] == nil {
		data = maps.Clone(data)
		if data == nil {
			data = map[string]any{}
		}
		data["at_ms"] = s.now() // its place among the words
	}
	c.cfg.Journal.AddEvent(store.Event{InteractionID: in.rec.ID, Seq: in.seq, At: time.Now(), Type: typ, Actor: actor, Data: data})
}

// newDay starts the day's counts over after midnight.
func (c *Center) newDay(now time.Time) {
	if d := midnight(now); d.After(c.today) {
		c.today, c.calls, c.abandoned = d, 0, 0
	}
}

// newID gives an id that sorts by time.
func newID() string {
	if id, err := uuid.NewV7(); err == nil {
		return id.String()
	}
	return uuid.NewString() // no randomness for a time-ordered one: any id will do
}
