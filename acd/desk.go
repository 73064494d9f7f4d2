package acd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"patchbay/store"
)

// lookup finds the customer by the caller's number, beside Run. Ringing waits for it, but not long.
func (c *Center) lookup(in *interaction) {
	id, from := in.rec.ID, in.rec.From
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
			Candidates{InteractionID: in.rec.ID, Number: in.rec.From, Items: slices.Clone(found)})
	}
	c.save(in)
	c.publishAll(in)
}

// publishAll tells the agent and the board after something of the interaction's head changed.
func (c *Center) publishAll(in *interaction) {
	switch {
	case in.rec.State == StateOffered:
		c.publishOffer(in)
	case in.agent != nil:
		c.publishCall(in)
	}
	c.touchBoard()
}

// ChooseCustomer says who the caller is: it settles several candidates or none, or corrects a wrong pop.
func (c *Center) ChooseCustomer(ctx context.Context, agentID, interactionID, customerID string) error {
	view, err := c.cfg.Records.CustomerView(ctx, customerID)
	if errors.Is(err, store.ErrNotFound) {
		return &Error{"no_such_customer", "This customer is no longer in the records."}
	} else if err != nil {
		return &Error{"database", "The records cannot be read now. Try again in a moment."}
	}
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		if a == nil {
			return errUnknown
		}
		in := a.call
		if in == nil {
			in = a.offer
		}
		if in == nil || in.rec.ID != interactionID {
			return errNoCall
		}
		c.event(in, "customer_chosen", agentID, map[string]any{"customer": customerID, "before": in.rec.CustomerID})
		in.match, in.view, in.rec.CustomerID = "one", &view, customerID
		c.save(in)
		c.cfg.Publisher.Interaction(in.rec.ID, "customer", view)
		c.publishAll(in)
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
				c.publishAll(in)
			}
		}
	})
}

// Mute keeps the agent's voice from the customer and from the transcript.
func (c *Center) Mute(ctx context.Context, agentID, interactionID string, on bool) error {
	return c.withTalk(ctx, agentID, interactionID, func(in *interaction) {
		in.muted = on
	})
}

// Hold gives the customer music; neither hears the other.
func (c *Center) Hold(ctx context.Context, agentID, interactionID string, on bool) error {
	return c.withTalk(ctx, agentID, interactionID, func(in *interaction) {
		if in.held == on {
			return
		}
		in.held = on
		c.event(in, map[bool]string{true: "held", false: "resumed"}[on], agentID, nil)
	})
}

// withTalk changes who hears whom in a call that is going on.
func (c *Center) withTalk(ctx context.Context, agentID, interactionID string, f func(*interaction)) error {
	return c.withCall(ctx, agentID, interactionID, func(in *interaction) error {
		if !in.talking() {
			return errNoCall
		}
		f(in)
		c.rehear(in)
		c.publishCall(in)
		c.touchBoard()
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
	return c.withCall(ctx, agentID, interactionID, func(in *interaction) error {
		in.rec.Note = text
		c.save(in)
		c.publishCall(in)
		return nil
	})
}

func (c *Center) publishOffer(in *interaction) {
	c.cfg.Publisher.User(in.agent.id, "offer", Offer{
		InteractionID: in.rec.ID, From: in.rec.From, CustomerName: in.customerName(), Queue: in.queue.Name,
		WaitingSince: in.since, ExpiresAt: in.deadline,
	})
}

func (c *Center) publishCall(in *interaction) {
	state := "active"
	if in.rec.State == StateWrapUp {
		state = "wrap_up"
	}
	c.cfg.Publisher.User(in.agent.id, "call", Call{
		InteractionID: in.rec.ID, State: state, From: in.rec.From, Queue: in.queue.Name,
		StartedAt: in.rec.StartedAt, AnsweredAt: in.segment.StartedAt, EndedAt: in.rec.EndedAt,
		Muted: in.muted, Held: in.held, AgentAway: in.talking() && !in.sound.hasAgent,
		Match: in.match, Note: in.rec.Note, EndedBy: in.endedBy,
	})
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
		if a.status.Presence != Offline {
			c.cfg.Publisher.User(a.id, "agent", c.agentState(a))
		}
	}
}

// touchBoard has the board published soon; what changes until then goes with it.
func (c *Center) touchBoard() {
	if !c.boardDue {
		c.boardDue = true
		c.boardTimer.Reset(boardPause)
	}
}

func (c *Center) board() Board {
	now := time.Now()
	c.newDay(now)
	b := Board{At: now, CallsToday: c.calls, AbandonedToday: c.abandoned, Calls: []BoardCall{}, Agents: []AgentState{}}
	for _, in := range c.interactions {
		if in.rec.EndedAt != nil {
			continue
		}
		row := BoardCall{InteractionID: in.rec.ID, CustomerName: in.customerName(), From: in.rec.From,
			Queue: in.queue.Name, State: in.rec.State, Since: in.rec.StartedAt, Held: in.held}
		if in.agent != nil {
			row.AgentName = in.agent.name
		}
		if in.talking() {
			b.Talking++
		} else {
			b.Waiting++
			if b.LongestSince == nil || in.since.Before(*b.LongestSince) {
				since := in.since
				b.LongestSince = &since
			}
		}
		b.Calls = append(b.Calls, row)
	}
	slices.SortFunc(b.Calls, func(x, y BoardCall) int { return x.Since.Compare(y.Since) })
	for _, a := range c.agents {
		if a.status.Presence != Offline {
			b.SignedIn++
		}
		if a.status.Presence == Available && a.status.Activity == Idle {
			b.Available++
		}
		b.Agents = append(b.Agents, c.agentState(a))
	}
	slices.SortFunc(b.Agents, func(x, y AgentState) int { return strings.Compare(x.Name, y.Name) })
	return b
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
