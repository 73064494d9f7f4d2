package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// Run brings records to the database until ctx ends or Close is called, then once more what is left. It never gives up on
// a database that is lost; it returns an error only when it runs already.
func (j *Journal) Run(ctx context.Context) error {
	j.mu.Lock()
	if j.running != nil {
		j.mu.Unlock()
		return errors.New("store: journal runs already")
	}
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	running := make(chan struct{})
	j.running = running
	j.mu.Unlock()
	defer close(running)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(j.life, cancel)()

	var told status
	retry := retryFirst
	for {
		_, err := j.applyAll(ctx)
		if ctx.Err() != nil {
			break
		}
		told = j.tell(told, err)
		if err != nil {
			j.sync()
			wait(ctx, time.After(retry), nil)
			retry = min(2*retry, retryMost)
			continue
		}
		retry = retryFirst
		wait(ctx, time.After(idlePing), j.wake)
		// The first of several: let the others come, so that they share a transaction.
		wait(ctx, time.After(applyGather), nil)
	}
	last, cancelLast := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancelLast()
	if _, err := j.applyAll(last); err != nil {
		j.log.Warn("the database does not have the end of the journal, which stays for the next start", "error", err)
	}
	return nil
}

// wait ends with any of what it is given.
func wait(ctx context.Context, timer <-chan time.Time, wake <-chan struct{}) {
	select {
	case <-timer:
	case <-wake:
	case <-ctx.Done():
	}
}

// status is what OnStatus was told last.
type status struct {
	lost bool
	text string // of the error
}

// tell reports a change of status; err is the database's.
func (j *Journal) tell(told status, err error) status {
	j.mu.Lock()
	j.dbErr = err
	if err == nil {
		err = j.diskErr
	}
	if err != nil && j.dropped > 0 {
		err = fmt.Errorf("%w; %d records are dropped", err, j.dropped)
	}
	now := status{lost: j.dbErr != nil}
	j.mu.Unlock()
	if err != nil {
		now.text = err.Error()
	}
	if now == told {
		return told
	}
	if now.lost != told.lost || (now.text == "") != (told.text == "") {
		if err != nil {
			j.log.Error("journal is in trouble; what is written is kept and tried again", "database_lost", now.lost, "error", err)
		} else {
			j.log.Info("journal is well again")
		}
	}
	j.onStatus(now.lost, err)
	return now
}

// applyAll brings everything that is there to the database. With nothing to bring it asks the database whether it is there.
func (j *Journal) applyAll(ctx context.Context) (total int, err error) {
	for ctx.Err() == nil {
		j.spill()
		n, err := j.step(ctx)
		if err != nil {
			return total, err
		}
		total += n
		if n == 0 && j.atEnd() {
			break
		}
	}
	if total == 0 && ctx.Err() == nil {
		ping, cancel := context.WithTimeout(ctx, applyTimeout)
		defer cancel()
		return 0, j.store.Ping(ping)
	}
	return total, ctx.Err()
}

// spill tries to bring to the disk what waits in memory.
func (j *Journal) spill() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.memory) > 0 && j.writeLocked(j.memory[0]) == nil {
		j.bytes -= j.memory[0].size()
		j.memory = j.memory[1:]
	}
	if len(j.memory) == 0 {
		j.memory = nil // lets go of what the array holds
	}
}

// atEnd tells whether all of the journal is applied.
func (j *Journal) atEnd() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.memory) == 0 && j.at == place{j.spool.number, j.spool.size}
}

// step applies the next records, or moves on to the next segment; it gives the number of records.
func (j *Journal) step(ctx context.Context) (int, error) {
	j.mu.Lock()
	last, size := j.spool.number, j.spool.size
	waiting := j.memory[:min(len(j.memory), applyRecords):len(j.memory)]
	if j.at == (place{last, size}) {
		if len(waiting) == 0 {
			j.renewLocked()
			j.mu.Unlock()
			return 0, nil
		}
		j.mu.Unlock()
		return len(waiting), j.applyMemory(ctx, waiting)
	}
	j.mu.Unlock()

	records, next, err := j.spool.read(j.at, applyRecords)
	if j.at.segment == last && err == nil {
		// Another record may be on its way to the file while we read: take what was whole when we looked.
		for len(records) > 0 && next.position > size {
			next.position -= int64(records[len(records)-1].size())
			records = records[:len(records)-1]
		}
	}
	switch {
	case errors.Is(err, errTorn) && j.at.segment < last:
		j.log.Warn("the journal of a killed run ends within a record", "segment", j.at.segment, "position", j.at.position)
		j.leave(j.at.segment, j.spool.remove)
		return 0, nil
	case errors.Is(err, errTorn), errors.Is(err, errDamaged), errors.Is(err, fs.ErrNotExist):
		return 0, j.leaveDamaged(err)
	case err != nil:
		return 0, err
	case len(records) == 0:
		j.leave(j.at.segment, j.spool.remove)
		return 0, nil
	}
	if err := j.applyRecords(ctx, records, next); err != nil {
		return 0, err
	}
	j.at = next
	j.count(len(records))
	return len(records), nil
}

// applyMemory applies records that the disk does not take; the place in the files stays.
func (j *Journal) applyMemory(ctx context.Context, records []record) error {
	if err := j.applyRecords(ctx, records, j.at); err != nil {
		return err
	}
	j.mu.Lock()
	for _, r := range records {
		j.bytes -= r.size()
	}
	j.memory = j.memory[len(records):]
	j.mu.Unlock()
	j.count(len(records))
	return nil
}

// applyRecords applies records in one transaction, or each in its own where one of them cannot be applied: that one is
// put aside, so that it does not hold up the others.
func (j *Journal) applyRecords(ctx context.Context, records []record, next place) error {
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	values := make([]any, 0, len(records))
	var err error
	for _, r := range records {
		v, verr := r.value()
		if verr != nil {
			err = errors.Join(errUnfit, verr)
			break
		}
		values = append(values, v)
	}
	if err == nil {
		err = j.store.apply(ctx, values, j.spool.id, next)
	}
	if err == nil && slices.ContainsFunc(values, func(v any) bool { _, is := v.(Erasure); return is }) {
		j.mu.Lock()
		j.forget = true
		j.mu.Unlock()
	}
	if !errors.Is(err, errUnfit) {
		return err
	}
	if len(records) == 1 {
		j.log.Error("journal holds a record that does not fit the database: it is put aside in rejected.journal",
			"kind", int(records[0].kind), "error", err)
		if err := j.spool.reject(records[0]); err != nil {
			return err
		}
		return j.store.apply(ctx, nil, j.spool.id, next)
	}
	at, onDisk := j.at, next != j.at
	for i := range records {
		if onDisk {
			at.position += int64(records[i].size())
		}
		if err := j.applyRecords(ctx, records[i:i+1], at); err != nil {
			return err
		}
	}
	return nil
}

// leave goes on to the segment after one, which is removed or put aside. If that fails the file stays, and the next start
// removes it: its place is known to the database.
func (j *Journal) leave(number int64, by func(int64) error) {
	if err := by(number); err != nil {
		j.log.Warn("a segment of the journal stays", "segment", number, "error", err)
	}
	j.at = place{segment: number + 1}
}

// leaveDamaged goes on with the next segment after one that cannot be read, which a human being may want to see.
func (j *Journal) leaveDamaged(cause error) error {
	j.mu.Lock()
	var err error
	if j.at.segment == j.spool.number {
		err = j.spool.rotate()
	}
	j.mu.Unlock()
	if err != nil {
		return err
	}
	j.log.Error("a segment of the journal is damaged or gone: what is left is put aside", "segment", j.at.segment, "position", j.at.position, "error", cause)
	j.leave(j.at.segment, j.spool.keepDamaged)
	return nil
}

// renewLocked starts a new segment when the last one is spent, so that what was said does not stay in a file.
func (j *Journal) renewLocked() {
	if j.spool.size < spentSegment && !(j.forget && j.spool.size > 0) {
		return
	}
	if err := j.spool.rotate(); err != nil {
		j.diskErr = err // the spent one goes when the next one can be made
		return
	}
	j.forget = false
	j.leave(j.at.segment, j.spool.remove)
}

// count notes records as applied and wakes who waits for that.
func (j *Journal) count(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.applied += uint64(n)
	close(j.changed)
	j.changed = make(chan struct{})
}

// sync brings the journal to the disk itself: while the database is lost, it is the only copy.
func (j *Journal) sync() {
	j.mu.Lock()
	file := j.spool.file
	j.mu.Unlock()
	if file == nil {
		return
	}
	if err := file.Sync(); err != nil && !errors.Is(err, fs.ErrClosed) {
		j.log.Warn("journal cannot be synced", "error", err)
	}
}
