package acd

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"patchbay/store"
)

// lookup finds the customer by the caller's number, beside Run. Ringing waits for it, but not long.
func (c *Center) lookup(in *interaction) {
	id, from := in.rec.ID, in.customer().number
	ring := func() {
		if !in.routable {
			in.routable = true
			c.match()
		}
	}
	if from == "" { // withheld
		c.matched(in, nil, nil)
		ring()
		return
	}
	time.AfterFunc(lookupPatience, func() { c.post(ring) })
	c.ending.Go(func() {
		ctx, cancel := context.WithTimeout(c.lifetime, lookupLimit)
		defer cancel()
		found, err := c.cfg.Records.CustomersByPhone(ctx, from)
		var view *store.CustomerView
		if err == nil && len(found) == 1 {
			var v store.CustomerView
			if v, err = c.cfg.Records.CustomerView(ctx, found[0].ID); err == nil {
				view = &v
			}
		}
		if err != nil {
			c.log.Warn("customer not looked up", "interaction", id, "err", err)
		}
		c.post(func() {
			if in.view == nil { // the agent may have chosen meanwhile
				c.matched(in, found, view)
			}
			ring()
		})
	})
}

// matched shows who the caller is, or may be.
func (c *Center) matched(in *interaction, found []store.Customer, view *store.CustomerView) {
	switch {
	case view != nil:
		in.match, in.view, in.rec.CustomerID = "one", view, view.ID
		c.event(in, "matched", "system", map[string]any{"customer": view.ID})
		c.cfg.Publisher.Interaction(in.rec.ID, "customer", *view)
	case len(found) > 0:
		in.match = "several"
	default:
		in.match = "none"
	}
	if view == nil {
		c.cfg.Publisher.Interaction(in.rec.ID, "candidates",
			Candidates{InteractionID: in.rec.ID, Number: in.customer().number, Items: slices.Clone(found)})
	}
	c.save(in)
	c.publish(in)
}

// publish sets who hears whom, and tells everybody at the call and the board, after something of the interaction changed.
func (c *Center) publish(in *interaction) {
	c.rehear(in)
	c.prime(in)
	for _, p := range in.parties {
		switch {
		case p.kind == KindAgent && p.link == linkRinging:
			c.publishOffer(p)
		case p.who != nil && p.who.call == p:
			c.publishCall(p)
		}
		if p.kind == KindSupervisor {
			c.publishSupervision(p.who)
		}
	}
	c.touchBoard()
}

// ChooseCustomer says who the caller is: it settles several candidates or none, or corrects a wrong pop.
func (c *Center) ChooseCustomer(ctx context.Context, agentID, interactionID, customerID string) error {
	view, err := c.customerView(ctx, customerID)
	if err != nil {
		return err
	}
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		if a == nil {
			return errUnknown
		}
		p := a.call
		if p == nil {
			p = a.offer
		}
		if p == nil || p.in.rec.ID != interactionID {
			return errNoCall
		}
		in := p.in
		c.event(in, "customer_chosen", agentID, map[string]any{"customer": customerID, "before": in.rec.CustomerID})
		in.match, in.view, in.rec.CustomerID, in.opened = "one", &view, customerID, ""
		c.save(in)
		c.cfg.Publisher.Interaction(in.rec.ID, "customer", view)
		c.publish(in)
		return nil
	})
}

// CustomerChanged shows the new record of a customer to the agents who have it on screen.
func (c *Center) CustomerChanged(view store.CustomerView) {
	c.post(func() {
		for _, in := range c.interactions {
			if in.view != nil && in.view.ID == view.ID {
				in.view = &view
				c.cfg.Publisher.Interaction(in.rec.ID, "customer", view)
				c.publish(in)
			}
		}
	})
}

// customerView reads a record for a command.
func (c *Center) customerView(ctx context.Context, id string) (store.CustomerView, error) {
	view, err := c.cfg.Records.CustomerView(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return view, &Error{"no_such_customer", "This customer is no longer in the records."}
	} else if err != nil {
		return view, &Error{"database", "The records cannot be read now. Try again in a moment."}
	}
	return view, nil
}

// Mute keeps the agent's voice from everybody else and from the transcript.
func (c *Center) Mute(ctx context.Context, agentID, interactionID string, on bool) error {
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		p.muted = on
		return nil
	})
}

// Hold gives the customer, and everybody else from outside, music; they and the agents do not hear each other.
func (c *Center) Hold(ctx context.Context, agentID, interactionID string, on bool) error {
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		in := p.in
		switch {
		case in.held == on:
			return nil
		case in.consult != nil && in.consult.with == p:
			return errNotYours
		case in.consult != nil && in.consult.aside:
			return &Error{"customer_waits", "The customer waits already while you ask. Swap or return to speak to them."}
		}
		in.held = on
		c.event(in, map[bool]string{true: "held", false: "resumed"}[on], agentID, nil)
		return nil
	})
}

// Bounds of what an agent writes, in bytes.
const (
	maxNote = 16 << 10
	maxCode = 100 // of wrap-up
)

var errNoteTooLong = &Error{"note_too_long", "The note is too long. Shorten it, please."}

// Note keeps what the agent typed so far.
func (c *Center) Note(ctx context.Context, agentID, interactionID, text string) error {
	if len(text) > maxNote {
		return errNoteTooLong
	}
	return c.withCall(ctx, agentID, interactionID, func(p *party) error {
		p.in.rec.Note = c.MaskText(text, false)
		c.save(p.in)
		c.publish(p.in)
		return nil
	})
}

func (c *Center) publishOffer(p *party) {
	in := p.in
	offer := Offer{
		InteractionID: in.rec.ID, From: in.customer().number, CustomerName: in.customerName(), Queue: in.queue.Name,
		WaitingSince: in.since, ExpiresAt: p.expires, Transferred: p.handed,
	}
	if p.rings != offer {
		p.rings = offer
		c.cfg.Publisher.User(p.who.id, "offer", offer)
	}
}

func (c *Center) publishCall(p *party) {
	in := p.in
	call := Call{
		InteractionID: in.rec.ID, State: "active", From: in.customer().number, Queue: in.queue.Name,
		StartedAt: in.rec.StartedAt, AnsweredAt: p.segment.StartedAt, EndedAt: in.rec.EndedAt,
		Muted: p.muted, Held: in.held, AgentAway: p.link == linkAway,
		Match: in.match, Note: in.rec.Note, EndedBy: p.endedBy,
		Channel: in.rec.Channel, Direction: in.rec.Direction, Parties: in.views(c.visible), Transferred: p.handed,
		Recording: in.tape.view(), RecordRule: c.recordRule(in), Hides: c.hides(in), Sensitive: in.sensitive, HandRaised: in.needsHand(),
		Languages: in.languages(), LanguageBy: in.languageBy(), OpenedItem: in.opened,
	}
	if p.link == linkAfter {
		call.State, call.EndedAt = StateWrapUp, p.segment.EndedAt
	}
	if con := in.consult; con != nil && con.by == p {
		call.Consult = &Consult{PartyID: con.with.id, SpeakingTo: con.speakingTo()}
	} else if con != nil && con.with == p {
		call.Consult = &Consult{PartyID: con.by.id, SpeakingTo: con.speakingTo()}
	}
	for _, q := range in.parties {
		if q.kind == KindSupervisor && q.connected() && c.visible(q) {
			call.Supervisors = append(call.Supervisors, Supervisor{Name: q.who.name, Mode: string(q.mode)})
		}
	}
	if !reflect.DeepEqual(p.shown, call) { // a desk acts on what it is sent: once is enough
		p.shown = call
		c.cfg.Publisher.User(p.who.id, "call", call)
	}
}

func (in *interaction) customerName() string {
	if in.view == nil {
		return ""
	}
	return in.view.Name
}

func (c *Center) publishAgent(a *agent) {
	c.cfg.Publisher.User(a.id, "agent", c.agentState(a))
	c.touchBoard()
}

func (c *Center) agentState(a *agent) AgentState {
	s := AgentState{
		ID: a.id, Name: a.name, Presence: string(a.status.Presence), Reason: a.status.Reason,
		Activity: string(a.status.Activity), Since: a.since, PhoneReady: a.phone != nil, Queues: a.queues,
	}
	for _, in := range c.interactions {
		if in.rec.State == StateWaiting && slices.Contains(a.queues, in.queue.Name) {
			s.QueueWaiting++
			if s.QueueLongest == nil || in.since.Before(*s.QueueLongest) {
				since := in.since
				s.QueueLongest = &since
			}
		}
	}
	return s
}

// publishWaiting tells the agents who are there how many wait.
func (c *Center) publishWaiting() {
	for _, a := range c.agents {
		if a.takesCalls() && a.status.Presence != Offline {
			c.cfg.Publisher.User(a.id, "agent", c.agentState(a))
		}
	}
}

// loadHistory shows an agent's last interactions at sign-in.
func (c *Center) loadHistory(a *agent) {
	c.ending.Go(func() {
		ctx, cancel := context.WithTimeout(c.lifetime, lookupLimit)
		defer cancel()
		last, err := c.cfg.Records.RecentInteractions(ctx, a.id, historyLength)
		if err != nil {
			c.log.Warn("history not read", "agent", a.id, "err", err)
			return
		}
		var items []HistoryItem
		for _, in := range last {
			name := ""
			if in.CustomerID != "" {
				if v, err := c.cfg.Records.CustomerView(ctx, in.CustomerID); err == nil {
					name = v.Name
				}
			}
			items = append(items, historyItem(in, name))
		}
		c.post(func() {
			if len(a.history) == 0 {
				a.history = items
			}
			c.cfg.Publisher.User(a.id, "history", History{Items: slices.Clone(a.history)})
		})
	})
}

func (c *Center) addHistory(a *agent, in *interaction) {
	a.history = slices.Insert(a.history, 0, historyItem(in.rec, in.customerName()))
	a.history = a.history[:min(len(a.history), historyLength)]
	c.cfg.Publisher.User(a.id, "history", History{Items: slices.Clone(a.history)})
}

func historyItem(in store.Interaction, name string) HistoryItem {
	return HistoryItem{InteractionID: in.ID, CustomerName: name, From: in.From, StartedAt: in.StartedAt,
		WrapUpCode: in.WrapUpCode, Outcome: in.Outcome}
}
