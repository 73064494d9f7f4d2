package main

import (
	"context"
	"syscall"
	"time"

	"patchbay/acd"
	"patchbay/agentui/webhook"
)

const (
	storageEvery = 5 * time.Second
	// diskLow is the free space of the data directory's disk below which people are told; the alert ends a quarter above it, so
	// that it does not come and go with every file.
	diskLow = lowDisk
	// diskStep is how finely the desks are told of it: not with every second of sound.
	diskStep = 100_000_000 // bytes
	// lossShown is how long the desks are told that sound was given up.
	lossShown = time.Minute
)

// watchStorage tells desks and webhooks when the disk of the data directory is nearly full, recordings stop, finished ones wait
// for their bucket, or sound is given up unheard; and when that is over.
func (c *centre) watchStorage(ctx context.Context) error {
	tick := time.NewTicker(storageEvery)
	defer tick.Stop()
	w := storageWatch{dropped: c.words.Metrics().DroppedSeconds}
	for {
		var now storageNow
		var err error
		if now.free, now.total, err = diskSpace(c.s.DataDir); err != nil {
			c.log.Warn("free disk space not read", "dir", c.s.DataDir, "err", err)
			now.free = diskLow * 2 // nothing is said of what is not known
		}
		now.stopped = int(c.keeper.stopped.Load())
		if c.keeper.vault.Trouble() != nil {
			now.waiting = c.keeper.vault.Waiting()
		}
		now.dropped = c.words.Metrics().DroppedSeconds
		was := w.low
		c.acd.SetStorage(w.see(now, time.Now()))
		if w.low != was {
			if w.low {
				c.log.Error("disk nearly full: make room, or recordings and records will fail", "dir", c.s.DataDir, "free_bytes", now.free)
			} else {
				c.log.Info("disk has room again", "dir", c.s.DataDir, "free_bytes", now.free)
			}
			c.watch.Server(webhook.CodeDisk, w.low, map[string]any{"free_bytes": now.free, "total_bytes": now.total})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// storageNow is what there is to see at a moment.
type storageNow struct {
	free, total      uint64
	stopped, waiting int
	dropped          float64 // seconds, since the start
}

// storageWatch remembers what was seen.
type storageWatch struct {
	low     bool
	dropped float64
	lostAt  time.Time // zero: never
}

// see says what desks are told.
func (w *storageWatch) see(now storageNow, at time.Time) acd.Storage {
	w.low = diskIsLow(w.low, now.free)
	if now.dropped > w.dropped {
		w.dropped, w.lostAt = now.dropped, at
	}
	s := acd.Storage{Stopped: now.stopped, Waiting: now.waiting, SoundLost: !w.lostAt.IsZero() && at.Sub(w.lostAt) < lossShown}
	if w.low {
		s.DiskFree = int64(now.free/diskStep) * diskStep
		s.DiskFull = s.DiskFree == 0
	}
	return s
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
