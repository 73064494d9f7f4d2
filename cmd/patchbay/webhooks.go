package main

import (
	"context"

	"patchbay/agentui/webhook"
	"patchbay/store"
)

// openWebhooks prepares what tells other systems of alerts: between the contact centre and the hub.
func (c *centre) openWebhooks(ctx context.Context) error {
	fixed, err := webhook.Parse(string(c.s.Webhooks), readSmall)
	if err != nil {
		return err
	}
	sender, err := webhook.NewSender(fixed)
	if err != nil {
		return err
	}
	c.onClose(sender.Close)
	c.watch = webhook.NewWatch(c.video.Watch(c.hub), fixed, c.journal, c.log)
	c.outbox = store.NewOutbox(store.OutboxConfig{Store: c.store, Deliver: sender.Send, Log: c.log})
	c.hooks, err = webhook.OpenBook(ctx, webhook.BookConfig{
		Fixed: fixed, Store: c.store, Safe: hookSafe{c.keeper}, Log: c.log,
		Changed: func(all []webhook.Hook) error {
			if err := sender.Set(all); err != nil {
				return err
			}
			c.watch.Set(all)
			c.outbox.SetReceivers(webhook.Receivers(all))
			return nil
		},
	})
	return err
}
