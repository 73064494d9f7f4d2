package transcribe

import (
	"context"
	"sync"
	"time"
)

// keepEvery is the period of the keeper's rounds: sound is in a file within 200 ms.
const keepEvery = 100 * time.Millisecond

// keep makes rounds over the streams: idle legs, time limits, and kept audio that goes to files.
func (s *Service) keep(ctx context.Context) {
	t := time.NewTicker(keepEvery)
	defer t.Stop()
	var sealing sync.WaitGroup
	defer sealing.Wait()
	var rounds chan struct{} // nil where nothing is sealed
	if s.cfg.Keys != nil && s.cfg.Dir != "" {
		rounds = make(chan struct{}, 1)
		sealing.Go(func() { s.seal(ctx, rounds) }) // its own goroutine: a slow disk holds up nobody
	}
	var balanced time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			if now.Sub(balanced) >= balanceEvery {
				balanced = now
				s.balance(now)
			}
			for _, st := range s.open() {
				st.tick(now, s.cfg.FinishWithin)
				s.spoolOut(st)
			}
			s.watchLateness()
			select {
			case rounds <- struct{}{}: // with the same wake-up: a timer costs more than a round
			default: // the disk is slow
			}
		}
	}
}

// spoolOut moves what is too much for the memory to the stream's file. Where the file fails, the sound stays in memory:
// MaxKept bounds it there too.
func (s *Service) spoolOut(st *stream) {
	for s.cfg.Dir != "" {
		moved, err := st.spoolOne(s.cfg.Dir, int(s.cfg.MaxMemory/time.Second))
		if err != nil {
			s.cfg.Log.Warn("kept audio stays in memory", "stream", st.cfg.ID, "err", err)
		}
		if !moved {
			return
		}
	}
}

// spoolOne writes the oldest second in memory to the file, where there are more than limit; the lock is not held meanwhile.
func (st *stream) spoolOne(dir string, limit int) (moved bool, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	c := st.kept.oldestInMemory(limit)
	if c == nil || st.ended || st.kept.unspoolable {
		return false, nil
	}
	c.leaving = true
	sp, index, sound := st.kept.spool, c.index, c.sound
	st.mu.Unlock()
	if sp == nil {
		sp, err = newSpool(dir)
	}
	var slot int64
	if err == nil {
		slot, err = sp.put(sound)
	}
	st.mu.Lock()
	if st.ended {
		if sp != nil && st.kept.spool != sp { // else end has closed it
			err = sp.close()
		}
		return false, err
	}
	if sp != nil {
		st.kept.spool = sp
	}
	c = st.kept.byIndex(index)
	switch {
	case err != nil:
		st.kept.unspoolable = true
		if c != nil {
			c.leaving = false
		}
		return false, err
	case c == nil: // it was heard meanwhile
		sp.free(slot)
	default:
		c.sound, c.slot, c.leaving = nil, slot, false
		st.service.pool.put(sound)
	}
	return true, nil
}
