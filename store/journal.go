package store

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Sizes and times of a journal.
const (
	applyRecords  = 256                   // at most in one transaction
	applyGather   = 20 * time.Millisecond // waits for more after the first record
	applyTimeout  = 10 * time.Second      // of one transaction
	replayTimeout = time.Minute           // of what a former run left
	drainTimeout  = 5 * time.Second       // of what is left when Run ends
	retryFirst    = 100 * time.Millisecond
	retryMost     = 2 * time.Second
	idlePing      = 2 * time.Second // notices a lost database while nothing is written
	fullSegment   = 16 << 20        // bytes: the next record starts a new segment
	spentSegment  = 256 << 10       // bytes: started anew once all of it is applied
	mostMemory    = 32 << 20        // bytes of records that wait for a full disk
)

// JournalConfig of a Journal.
type JournalConfig struct {
	Dir   string // of the journal's files, for it alone
	Store *Store
	Log   *slog.Logger
	// OnStatus is told each change, by Run's goroutine: lost says that the database does not take what is written; err
	// why, or that the journal's own disk does not. It must not block.
	OnStatus func(lost bool, err error)

	create func(path string) (segmentFile, error) // for tests; nil: createSegment
}

// Journal brings what happens to PostgreSQL, in order, without anybody waiting for it. A record is safe from a kill -9 of
// this process when its method has returned, and stays in the journal until the database has it.
type Journal struct {
	store    *Store
	log      *slog.Logger
	onStatus func(lost bool, err error)
	wake     chan struct{}   // capacity 1: something was written
	life     context.Context // ends with Close
	end      context.CancelFunc

	mu       sync.Mutex
	spool    *spool
	memory   []record // what the disk refused, in order; while there is any, everything goes here
	bytes    int      // of memory
	accepted uint64
	applied  uint64
	dropped  uint64 // refused by the disk while memory was full, or given after Close
	diskErr  error
	dbErr    error
	changed  chan struct{} // closed and renewed when applied rises
	running  chan struct{} // closed when Run returns; nil before
	closed   bool
	forget   bool // the last segment goes, however small, once it is spent

	at place // owned by NewJournal, then by Run: all before it is applied
}

// NewJournal opens the journal of a directory and applies what a former run left in it. Run must be started to bring
// new records to the database.
func NewJournal(cfg JournalConfig) (*Journal, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.OnStatus == nil {
		cfg.OnStatus = func(bool, error) {}
	}
	if cfg.create == nil {
		cfg.create = createSegment
	}
	spool, numbers, err := openSpool(cfg.Dir, cfg.create)
	if err != nil {
		return nil, err
	}
	j := &Journal{
		store: cfg.Store, log: cfg.Log, onStatus: cfg.OnStatus, spool: spool,
		wake: make(chan struct{}, 1), changed: make(chan struct{}),
	}
	j.life, j.end = context.WithCancel(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), replayTimeout)
	defer cancel()
	if err := j.replay(ctx, numbers); err != nil {
		j.end()
		_ = spool.close()
		return nil, err
	}
	j.applied = 0 // counts what is accepted from now on
	return j, nil
}

// replay applies the segments of a former run and starts a new one: never behind bytes that may be torn.
func (j *Journal) replay(ctx context.Context, numbers []int64) error {
	done, err := j.store.journalPlace(ctx, j.spool.id)
	if err != nil {
		return err
	}
	last := done.segment
	for _, n := range numbers {
		last = max(last, n)
	}
	j.spool.number = last
	if err := j.spool.rotate(); err != nil {
		return err
	}
	j.at = done
	for _, n := range numbers {
		if n < done.segment {
			j.leave(n, j.spool.remove)
			continue
		}
		if n > done.segment {
			j.at = place{segment: n}
		}
		for j.at.segment == n {
			if _, err := j.step(ctx); err != nil {
				return fmt.Errorf("store: replay journal: %w", err)
			}
		}
	}
	j.at = place{segment: j.spool.number}
	return nil
}

// SaveInteraction inserts or replaces an interaction by its id.
func (j *Journal) SaveInteraction(v Interaction) { j.save(v) }

// SaveSegment inserts or replaces a segment by its id.
func (j *Journal) SaveSegment(v Segment) { j.save(v) }

// AddEvent adds an event to an interaction's timeline; the same number again replaces it.
func (j *Journal) AddEvent(v Event) { j.save(v) }

// SaveLine inserts or replaces a line by its interaction and id.
func (j *Journal) SaveLine(v Line) { j.save(v) }

func (j *Journal) save(value any) {
	r, err := newRecord(value)
	if err != nil { // a value that no program of ours makes, such as a year beyond 9999
		j.log.Error("journal cannot encode a record", "error", err)
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		j.dropped++
		j.log.Error("journal is closed: a record is dropped", "kind", int(r.kind))
		return
	case len(j.memory) == 0 && j.writeLocked(r) == nil:
	case j.bytes+r.size() <= mostMemory:
		j.memory = append(j.memory, r)
		j.bytes += r.size()
	default:
		j.dropped++
		return
	}
	j.accepted++
	select {
	case j.wake <- struct{}{}:
	default: // Run has yet to see the last one
	}
}

// writeLocked writes a record to the last segment and notes how the disk is.
func (j *Journal) writeLocked(r record) error {
	var err error
	if j.spool.size > fullSegment {
		err = j.spool.rotate()
	}
	if err == nil {
		err = j.spool.append(r.appendTo(make([]byte, 0, r.size())))
	}
	if err != nil {
		j.diskErr = fmt.Errorf("store: the journal's disk does not take records, %w", err)
		return err
	}
	j.diskErr = nil
	return nil
}

// Lost tells whether the database does not take what is written.
func (j *Journal) Lost() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dbErr != nil
}

// Flush waits until the database has everything that was written before.
func (j *Journal) Flush(ctx context.Context) error {
	j.mu.Lock()
	target := j.accepted
	for j.applied < target {
		changed := j.changed
		j.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("store: flush journal: %w", ctx.Err())
		}
		j.mu.Lock()
	}
	j.mu.Unlock()
	return nil
}

// Close ends Run, which first tries to bring everything to the database, and closes the files. What the database does not
// have then stays in them for the next start.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.end()
	j.closed = true
	running := j.running
	j.mu.Unlock()
	if running != nil {
		<-running
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.at == (place{j.spool.number, j.spool.size}) {
		j.leave(j.spool.number, j.spool.remove)
	}
	return j.spool.close()
}
