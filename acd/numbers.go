package acd

import (
	"context"
	"errors"
	"strings"
	"time"

	"patchbay/media"
	"patchbay/store"
)

var (
	errNoDialer  = &Error{"no_outbound", "This centre dials no numbers: no outbound route is set up. Choose an agent or a queue."}
	errNotDialed = &Error{"not_dialled", "The number could not be dialled. Try again in a moment."}
)

// withNumber dials beside Run, since a route may have to be looked up, and runs f where the call still may have it then.
func (c *Center) withNumber(ctx context.Context, agentID, interactionID, number, reason string,
	may func(*party, string) error, f func(p *party, out Outgoing, number string)) error {
	number, err := c.numberToDial(number)
	if err != nil {
		return err
	}
	var from string
	var lifetime context.Context
	check := func(p *party) error {
		if !p.connected() {
			return errNoCall
		}
		from, lifetime = p.in.callerID(), c.lifetime
		return may(p, reason)
	}
	if err := c.withCall(ctx, agentID, interactionID, check); err != nil {
		return err
	}
	out, err := c.dial(lifetime, number, from)
	if err != nil {
		return err
	}
	err = c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		if err := check(p); err != nil {
			return err
		}
		f(p, out, number)
		return nil
	})
	if err != nil {
		out.HangUp()
	}
	return err
}

func (c *Center) numberToDial(number string) (string, error) {
	number = strings.TrimSpace(number)
	if c.cfg.Dialer == nil {
		return "", errNoDialer
	}
	if number == "" || len(number) > maxNumber {
		return "", errNoTarget
	}
	if e164, ok := c.cfg.Normalize(number); ok {
		number = e164
	}
	return number, nil
}

// dial places a call that lives as long as the centre does.
func (c *Center) dial(ctx context.Context, number, from string) (Outgoing, error) {
	out, err := c.cfg.Dialer.Dial(ctx, number, from)
	if refused := (*Error)(nil); errors.As(err, &refused) {
		return nil, refused
	}
	if err != nil {
		c.log.Warn("number not dialled", "err", err)
		return nil, errNotDialed
	}
	return out, nil
}

// callerID is the number that we show where we dial: the centre's own.
func (in *interaction) callerID() string {
	if in.rec.Direction == "outbound" {
		return in.rec.From
	}
	return in.rec.To
}

// dialled makes an outgoing call a party of the interaction.
func (c *Center) dialled(by *party, out Outgoing, number string, why purpose, reason string) *party {
	in := by.in
	p := in.join(KindNumber, linkDialling)
	p.number, p.phone, p.purpose, p.by, p.reason, p.takes = number, out, why, by, reason, why == forTransfer
	c.event(in, "dialled", by.who.id, map[string]any{"party": p.id, "number": number})
	c.ending.Go(func() { c.watchNumber(p, out) })
	return p
}

// watchNumber carries an outgoing call's progress and its end to Run.
func (c *Center) watchNumber(p *party, out Outgoing) {
	for open := true; open; {
		select {
		case step, more := <-out.Progress():
			if open = more; more {
				c.post(func() { c.progress(p, step) })
			}
		case <-c.stopped:
			return
		}
	}
	var keys <-chan rune
	if d, ok := out.(Digits); ok {
		keys = d.Digits()
	}
	for {
		select {
		case key := <-keys:
			c.post(func() { c.answeredByKey(p.in, p.kind == KindCustomer, key) })
		case <-out.Done():
			c.post(func() { c.numberGone(p) })
			return
		case <-c.stopped:
			return
		}
	}
}

// here says whether p still is a party that can come or go.
func (p *party) here() bool {
	return p.in.party(p.id) == p && p.link != linkFailed && p.in.rec.EndedAt == nil
}

func (c *Center) progress(p *party, step DialProgress) {
	if !p.here() {
		return
	}
	in := p.in
	switch step.State {
	case "ringing":
		p.link = linkRinging
	case "early":
		if step.Leg != nil && p.link != linkOn {
			p.early = true
			_ = c.seat(p, c.early(step.Leg))
		}
	case "answered":
		p.link, p.early = linkOn, false
		if step.Leg == nil || c.seat(p, step.Leg) != nil {
			p.phone.HangUp()
			c.numberFailed(p, CauseUnreachable)
			return
		}
		if p.kind == KindCustomer {
			c.reached(in, step.Leg)
			return
		}
		c.event(in, "answered", p.id, nil)
		if p.room() == mainRoom {
			c.tellNumber(in)
		}
	case "failed":
		c.numberFailed(p, step.Cause)
		return
	}
	c.publish(in)
}

func (c *Center) numberFailed(p *party, cause string) {
	if p.kind != KindCustomer {
		c.unreached(p, cause)
		return
	}
	p.link, p.cause = linkFailed, cause
	c.event(p.in, "not_reached", "system", map[string]any{"party": p.id, "number": p.number, "cause": cause})
	c.end(p.in, "failed")
}

// numberGone lets a telephone go that hung up. One that the call was handed to ends it; whom an agent asked leaves the
// customer with that agent.
func (c *Center) numberGone(p *party) {
	if !p.here() {
		return
	}
	in := p.in
	switch {
	case p.kind == KindCustomer:
		c.customerGone(in)
		return
	case p.link != linkOn:
		c.unreached(p, CauseUnreachable) // over without a word of how
		return
	case p.takes && !in.otherHost(p):
		in.phone.HangUp()
		c.end(in, "number")
		return
	}
	c.event(in, "left", p.id, nil)
	asked := p.consults()
	c.hangUpNumber(p)
	if asked {
		c.endConsult(in)
	}
	c.settle(in, "")
}

// hangUpNumber takes a number out of the call.
func (c *Center) hangUpNumber(p *party) {
	p.disarm()
	c.unseat(p)
	p.hush()
	p.phone.HangUp()
	p.in.drop(p)
}

// CallOut dials a number for an agent, who hears it ring: a call that begins with us. The record may be named; else it
// is looked up by the number.
func (c *Center) CallOut(ctx context.Context, agentID, number, customerID string) error {
	number, err := c.numberToDial(number)
	if err != nil {
		return err
	}
	var view *store.CustomerView
	if customerID != "" {
		v, err := c.customerView(ctx, customerID)
		if err != nil {
			return err
		}
		view = &v
	}
	var queue store.Queue
	var lifetime context.Context
	check := func() error {
		lifetime = c.lifetime
		a, err := c.mayBegin(agentID, "call")
		if err != nil {
			return err
		}
		queue = c.queueOf(a)
		return nil
	}
	if err := c.ask(ctx, check); err != nil {
		return err
	}
	from := c.numberOf(queue)
	out, err := c.dial(lifetime, number, from)
	if err != nil {
		return err
	}
	err = c.ask(ctx, func() error {
		if err := check(); err != nil {
			return err
		}
		a := c.agents[agentID]
		if err := c.move(a, TriggerCallOut, ""); err != nil {
			return errNotPossible
		}
		c.callOut(a, out, from, number, queue, view)
		return nil
	})
	if err != nil {
		out.HangUp()
	}
	return err
}

// mayBegin gives the agent who begins an interaction, or why they cannot; what is what they want to do. In Center.run.
func (c *Center) mayBegin(agentID, what string) (*agent, error) {
	a := c.agents[agentID]
	switch {
	case a == nil || !a.takesCalls():
		return nil, errUnknown
	case c.draining:
		return nil, errClosed
	case c.live() >= c.cfg.MaxCalls:
		return nil, &Error{"lines_taken", "All lines are taken. Try again in a moment."}
	case a.status.Activity != Idle || a.status.Presence == Offline:
		return nil, &Error{"busy", "Finish what you are doing first: then you can " + what + "."}
	case a.phone == nil:
		return nil, &Error{"no_phone", "Your browser's sound is not connected yet. Allow the microphone and wait for the phone."}
	}
	return a, nil
}

// queueOf is the queue that an agent's own calls count for: the first of theirs.
func (c *Center) queueOf(a *agent) store.Queue {
	for _, q := range c.cfg.Queues {
		if len(a.queues) > 0 && q.Name == a.queues[0] {
			return q
		}
	}
	return store.Queue{Language: "en"}
}

// numberOf is the number that a queue calls from: its first that is one.
func (c *Center) numberOf(q store.Queue) string {
	for _, n := range q.Numbers {
		if n != "*" {
			return n
		}
	}
	return ""
}

func (c *Center) callOut(a *agent, out Outgoing, from, number string, queue store.Queue, view *store.CustomerView) {
	in := c.open("outbound", from, number, queue, out)
	in.customer().number, in.customer().phone = number, out
	in.routable = true
	c.log.Info("call out", "interaction", in.rec.ID, "queue", queue.Name, "call", out.ID())
	c.event(in, "started", a.id, map[string]any{"from": from, "to": number})
	c.withAgent(in, a)
	if view != nil {
		c.matched(in, nil, view)
	} else {
		c.lookup(in)
	}
	c.ending.Go(func() { c.watchNumber(in.customer(), out) })
}

// withAgent puts the agent who began an interaction into it.
func (c *Center) withAgent(in *interaction, a *agent) {
	ended := c.openSound(in, c.cfg.Hold.Player(true))
	in.sound.music = true
	in.sound.running.Go(func() { _ = in.sound.bridge.Run(ended) })
	p := in.join(KindAgent, linkOn)
	p.who, p.name = a, a.name
	c.stint(p)
	c.save(in)
	c.seatAgent(p)
	c.followTo(a)
}

// reached begins the talk of a call of ours: now is its 200 OK.
func (c *Center) reached(in *interaction, leg media.Leg) {
	now := time.Now()
	in.rec.AnsweredAt = &now
	c.customerAnswered(in, leg)
	c.event(in, "answered", "customer", nil)
	c.publish(in)
}
