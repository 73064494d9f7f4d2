package acd

import (
	"slices"

	"patchbay/store"
)

// Configure gives the Center who works here and which queues there are, whenever that changed: calls go on. Agents are added and
// changed. One who is no longer named, or disabled, goes at once: what rings at them rings elsewhere, the customer of their call
// goes to the head of the queue, and their after-call work is done as it stands. A supervisor who may follow a call no longer is
// off it at once.
func (c *Center) Configure(users []store.User, queues []store.Queue) {
	c.post(func() {
		users = slices.DeleteFunc(slices.Clone(users), func(u store.User) bool { return u.DisabledAt != nil })
		c.changeQueues(queues) // first: rights go by the queues' new names
		c.hire(users)
		c.dismiss(users)
		c.match()
	})
}

// hire adds users and takes over what changed of those who are here.
func (c *Center) hire(users []store.User) {
	for _, u := range users {
		a := c.agents[u.ID]
		if a == nil {
			a = newAgent(u)
			c.agents[u.ID] = a
		} else if a.name == u.Name && a.role == u.Role && a.all == u.AllQueues && slices.Equal(a.queues, u.Queues) {
			continue
		}
		a.name, a.queues, a.all = u.Name, u.Queues, u.AllQueues
		if a.takesCalls() && (a.call != nil || a.offer != nil) {
			c.publishAgent(a) // who is in a call as an agent keeps the role until the next Configure after it
			continue
		}
		a.role = u.Role
		c.restrict(a)
		if !a.takesCalls() {
			c.putOffline(a)
		}
		if a.takesCalls() {
			c.publishAgent(a)
		}
	}
}

// restrict takes a supervisor off the call, and off the agent, that they may no longer follow. Who has taken a call over leaves it
// too: the customer goes to the head of the queue.
func (c *Center) restrict(a *agent) {
	if p := a.watch; p != nil && !a.oversees(p.in.queue.Name) {
		c.expel(a, "rights")
	}
	if a.takesCalls() {
		c.completeTaken(a)
	}
	if b := c.agents[a.follow]; a.follow != "" && !a.mayFollow(b) {
		a.follow = ""
		c.audit(a.id, "follow_end", "", map[string]any{"reason": "rights"})
		c.publishSupervision(a)
	}
}

// expel takes a supervisor off the call that is followed or was taken over.
func (c *Center) expel(a *agent, reason string) {
	p := a.watch
	c.leaveFor(p, reason)
	c.settle(p.in, a.id)
}

// dismiss lets go who is here no more.
func (c *Center) dismiss(users []store.User) {
	for id, a := range c.agents {
		if slices.ContainsFunc(users, func(u store.User) bool { return u.ID == id }) {
			continue
		}
		c.retire(a)
		if a.leaving != nil {
			a.leaving.Stop()
		}
		delete(c.agents, id)
		for _, b := range c.agents {
			if b.follow == id {
				b.follow = ""
				c.publishSupervision(b)
			}
		}
		c.touchBoard()
	}
}

// retire takes somebody out of all that they have to do with calls; no customer is hung up for it.
func (c *Center) retire(a *agent) {
	a.follow, a.tabs = "", 0 // rung no more
	if p := a.offer; p != nil {
		c.event(p.in, "offer_timeout", "system", map[string]any{"agent": a.id, "reason": "dismissed"})
		c.endOffer(p, TriggerOfferEnd, "cancelled", CauseUnreachable)
	}
	if a.watch != nil {
		c.expel(a, "dismissed")
	}
	switch p := a.call; {
	case p == nil:
	case p.connected():
		if p.link == linkOn {
			c.event(p.in, "agent_lost", a.id, map[string]any{"reason": "dismissed"})
		}
		p.disarm()
		c.unseat(p)
		c.lost(p)
	default:
		c.complete(p, "", p.in.rec.Note)
	}
	c.publishSupervision(a)
	c.putOffline(a)
}

// putOffline shows somebody as offline whom nobody rings any more.
func (c *Center) putOffline(a *agent) {
	if a.status.Presence != Offline {
		a.status = Status{Presence: Offline, Activity: Idle}
		c.cfg.Publisher.User(a.id, "agent", c.agentState(a))
	}
}

// changeQueues takes over the queues. A call stays in its queue under the new name.
func (c *Center) changeQueues(queues []store.Queue) {
	same := func(a, b store.Queue) bool {
		return a.ID == b.ID && a.Name == b.Name && a.Language == b.Language && a.Recording == b.Recording &&
			a.Supervision == b.Supervision && slices.Equal(a.Numbers, b.Numbers)
	}
	if slices.EqualFunc(c.cfg.Queues, queues, same) {
		return
	}
	c.cfg.Queues = queues
	for _, in := range c.interactions {
		i := slices.IndexFunc(queues, func(q store.Queue) bool { return q.ID == in.queue.ID })
		if i < 0 {
			continue // its queue is gone: the call is not
		}
		shown := in.queue.Supervision == queues[i].Supervision
		in.queue = queues[i]
		if in.rec.Queue != in.queue.Name {
			in.rec.Queue = in.queue.Name
			c.save(in)
			shown = false
		}
		if !shown {
			c.publish(in)
		}
	}
	c.publishWaiting()
}
