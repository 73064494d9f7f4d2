package main

import (
	"context"
	"syscall"
	"time"

	"patchbay/agentui/webhook"
	"patchbay/store"
)

const (
	diskEvery = 30 * time.Second
	// diskLow is the free space of the data directory's disk below which people are told; the alert ends a quarter above it, so
	// that it does not come and go with every file.
	diskLow = lowDisk
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

// watchDisk tells when the disk of the data directory is nearly full, and when it is no longer.
func (c *centre) watchDisk(ctx context.Context) error {
	tick := time.NewTicker(diskEvery)
	defer tick.Stop()
	low := false
	for {
		if free, total, err := diskSpace(c.s.DataDir); err != nil {
			c.log.Warn("free disk space not read", "dir", c.s.DataDir, "err", err)
		} else if now := diskIsLow(low, free); now != low {
			low = now
			if low {
				c.log.Error("disk nearly full: make room, or recordings and records will fail", "dir", c.s.DataDir, "free_bytes", free)
			} else {
				c.log.Info("disk has room again", "dir", c.s.DataDir, "free_bytes", free)
			}
			c.watch.Server(webhook.CodeDisk, low, map[string]any{"free_bytes": free, "total_bytes": total})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// diskIsLow says whether free bytes are too few; low says whether they were.
func diskIsLow(low bool, free uint64) bool {
	if low {
		return free < diskLow+diskLow/4
	}
	return free < diskLow
}

// diskSpace is what the disk of a directory has left for us, and in all, in bytes.
func diskSpace(dir string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}
