package acd

import (
	"time"

	"patchbay/store"
)

// Timeline writes an event into an interaction's timeline for who works beside the contact centre, such as video help. What
// comes after the interaction was closed, as a guest's answer how it was, is numbered by the time, which is behind every number
// that was counted.
func (c *Center) Timeline(interactionID, typ, actor string, data map[string]any) {
	at := time.Now()
	c.post(func() {
		if in := c.interactions[interactionID]; in != nil {
			c.event(in, typ, actor, data)
			return
		}
		c.cfg.Journal.AddEvent(store.Event{InteractionID: interactionID, Seq: at.UnixMilli(), At: at, Type: typ, Actor: actor, Data: data})
	})
}
