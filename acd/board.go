package acd

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"
)

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
	c.judge(now)
	b := Board{At: now, CallsToday: c.calls, AbandonedToday: c.abandoned, Calls: []BoardCall{}, Agents: []AgentState{}}
	for _, in := range c.interactions {
		if in.rec.EndedAt != nil {
			continue
		}
		row := BoardCall{InteractionID: in.rec.ID, CustomerName: in.customerName(), From: in.customer().number,
			Queue: in.queue.Name, State: in.rec.State, Since: in.rec.StartedAt, Held: in.held,
			Direction: in.rec.Direction, Parties: in.views(func(*party) bool { return true }), Needs: slices.Clone(in.needs), Video: in.video}
		p := in.lead()
		if p == nil {
			p = in.offered()
		}
		if p != nil {
			row.AgentName = p.label()
			if p.who != nil {
				row.AgentID = p.who.id
			}
		}
		if in.rec.State == StateActive {
			b.Talking++
		} else {
			b.Waiting++
			since := in.since
			row.WaitingSince = &since
			if b.LongestSince == nil || since.Before(*b.LongestSince) {
				b.LongestSince = &since
			}
		}
		b.Calls = append(b.Calls, row)
	}
	slices.SortFunc(b.Calls, func(x, y BoardCall) int { return x.Since.Compare(y.Since) })
	for _, a := range c.agents {
		if !a.takesCalls() {
			continue
		}
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

func (in *interaction) needsHand() bool {
	return slices.ContainsFunc(in.needs, func(n Need) bool { return n.Code == CodeHand })
}

// RaiseHand asks the supervisors to look at the call, in private; or no longer.
func (c *Center) RaiseHand(ctx context.Context, agentID, interactionID string, on bool) error {
	return c.withTalk(ctx, agentID, interactionID, func(p *party) error {
		switch in := p.in; {
		case on && !in.needsHand():
			c.event(in, "hand_raised", agentID, nil)
			c.need(in, CodeHand, map[string]any{"agent": p.who.name})
		case !on && in.needsHand():
			c.event(in, "hand_lowered", agentID, nil)
			c.needNoMore(in, CodeHand)
		}
		return nil
	})
}

// Need puts a call on the list of those that may need a supervisor, with the reason, and alerts the supervisors where
// the reason is new; NeedNoMore takes the reason back. A call that is over needs nobody.
func (c *Center) Need(interactionID, code string, params map[string]any) {
	c.post(func() {
		if in := c.interactions[interactionID]; in != nil && in.rec.EndedAt == nil {
			c.need(in, code, params)
		}
	})
}

// NeedNoMore takes a reason back.
func (c *Center) NeedNoMore(interactionID, code string) {
	c.post(func() {
		if in := c.interactions[interactionID]; in != nil {
			c.needNoMore(in, code)
		}
	})
}

const maxNeeds = 20 // of one call

func (c *Center) need(in *interaction, code string, params map[string]any) {
	c.needSaying(in, code, params, false)
}

// needSaying is need; share says that what was said, which params hold, may leave the centre.
func (c *Center) needSaying(in *interaction, code string, params map[string]any, share bool) {
	for i := range in.needs {
		if in.needs[i].Code == code {
			in.needs[i].Params = params
			c.touchBoard()
			return
		}
	}
	if len(in.needs) == maxNeeds {
		return
	}
	in.needs = append(in.needs, Need{Code: code, Params: params, Since: time.Now()})
	c.cfg.Publisher.Alert(Alert{InteractionID: in.rec.ID, Code: code, Params: params, Queue: in.queue.Name, ShareText: share})
	c.touchBoard()
}

func (c *Center) needNoMore(in *interaction, code string) {
	in.needs = slices.DeleteFunc(slices.Clone(in.needs), func(n Need) bool { return n.Code == code })
	c.touchBoard()
}

// targets is whom an agent can hand a call to now.
func (c *Center) targets(me *agent) Targets {
	t := Targets{Agents: []TargetAgent{}, Queues: []TargetQueue{}, Numbers: c.cfg.Dialer != nil}
	for _, q := range c.cfg.Queues {
		row := TargetQueue{ID: q.ID, Name: q.Name}
		for _, in := range c.interactions {
			if in.rec.State == StateWaiting && in.queue.ID == q.ID {
				row.Waiting++
			}
		}
		for _, a := range c.agents {
			if a == me || a.status.Presence == Offline || !slices.Contains(a.queues, q.Name) {
				continue
			}
			row.SignedIn++
			if a.free() {
				row.Free++
			}
		}
		t.Queues = append(t.Queues, row)
	}
	for _, a := range c.agents {
		if a != me && a.status.Presence != Offline {
			t.Agents = append(t.Agents, TargetAgent{ID: a.id, Name: a.name, Presence: string(a.status.Presence), Reason: a.status.Reason,
				Activity: string(a.status.Activity), Since: a.since, Free: a.free()})
		}
	}
	slices.SortFunc(t.Agents, func(x, y TargetAgent) int { return strings.Compare(x.Name, y.Name) })
	return t
}

// publishTargets shows them to everybody who may have a call to hand over, where they changed.
func (c *Center) publishTargets() {
	for _, a := range c.agents {
		if a.status.Presence == Offline && a.call == nil {
			continue
		}
		if now := c.targets(a); !reflect.DeepEqual(a.targets, &now) {
			a.targets = &now
			c.cfg.Publisher.User(a.id, "targets", now)
		}
	}
}

// boardWatched says whether a supervisor or administrator has a browser open.
func (c *Center) boardWatched() bool {
	for _, a := range c.agents {
		if !a.takesCalls() && a.tabs > 0 {
			return true
		}
	}
	return false
}
