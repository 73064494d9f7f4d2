package acd

import (
	"slices"

	"patchbay/store"
)

// Configure gives the Center who works here and which queues there are, whenever that changed: calls and offers go on.
// Agents are added and changed; one who is no longer named, or disabled, goes once no call, offer or customer's record that
// is still to be wrapped up is theirs.
func (c *Center) Configure(users []store.User, queues []store.Queue) {
	c.post(func() {
		users = slices.DeleteFunc(slices.Clone(users), func(u store.User) bool { return u.DisabledAt != nil })
		c.hire(users)
		c.dismiss(users)
		c.changeQueues(queues)
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
		} else if a.name == u.Name && a.role == u.Role && slices.Equal(a.queues, u.Queues) {
			continue
		}
		a.name, a.queues = u.Name, u.Queues
		if a.call == nil && a.watch == nil && a.offer == nil { // who is in a call keeps the role until the next change
			if a.role = u.Role; !a.takesCalls() && a.status.Presence != Offline {
				a.status = Status{Presence: Offline, Activity: Idle} // nobody rings them any more
				c.cfg.Publisher.User(a.id, "agent", c.agentState(a))
			}
		}
		if a.takesCalls() {
			c.publishAgent(a)
		}
	}
}

// dismiss forgets who is here no more. Who still has something to do is forgotten at a later Configure.
func (c *Center) dismiss(users []store.User) {
	for id, a := range c.agents {
		if slices.ContainsFunc(users, func(u store.User) bool { return u.ID == id }) || a.call != nil || a.watch != nil || a.offer != nil {
			continue
		}
		if a.leaving != nil {
			a.leaving.Stop()
		}
		delete(c.agents, id)
		c.touchBoard()
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
