package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// Bounds of the outbox. docs/guardrails.md states them.
const (
	// MaxOutbox is how many deliveries wait for one receiver; those that come while so many wait are dropped.
	MaxOutbox = 10_000
	// DeliveryGiveUp is how long a delivery is tried.
	DeliveryGiveUp = 24 * time.Hour
	// DeliveryTimeout bounds one attempt.
	DeliveryTimeout = 15 * time.Second

	deliveryKept   = 24 * time.Hour     // one that arrived can be seen that long
	deliveryFailed = 7 * 24 * time.Hour // and one that was given up
	deliveryFirst  = 5 * time.Second    // until the second attempt
	deliveryMost   = time.Hour          // between two attempts
	deliveryAtOnce = 2                  // to one receiver
	deliveryTurn   = time.Second        // until one looks again that comes after another
	deliveryStop   = 2 * time.Second    // one under way when the server stops has that long
	deliveryShown  = 20
	maxAttempts    = 1000 // more than fit into DeliveryGiveUp: time decides
)

// ErrGone, from OutboxConfig.Deliver, says that the receiver wants nothing any more: the delivery is given up at once.
var ErrGone = errors.New("store: the receiver is gone")

// Delivery is a message on its way to another system. The journal brings it to the outbox, so it survives whatever the journal
// survives; it arrives at least once, each time under the same id.
type Delivery struct {
	ID            string    `json:"id"`             // for the receiver to know a repetition by
	Receiver      string    `json:"receiver"`       // of letters, digits and _
	InteractionID string    `json:"interaction_id"` // whose erasure takes it along; empty for none
	What          string    `json:"what"`           // for administrators: the code of the alert
	At            time.Time `json:"at"`
	Body          string    `json:"body"` // JSON; a string, so that the database changes no byte of it
}

// Kind names the job. It is in the database: it never changes.
func (Delivery) Kind() string { return "webhook" }

// DeliveryState is what has become of a delivery.
type DeliveryState struct {
	ID            string     `json:"id"`
	What          string     `json:"what"`
	InteractionID string     `json:"interaction_id"`
	At            time.Time  `json:"at"`
	State         string     `json:"state"` // "waiting", "delivered" or "given_up"
	Attempts      int        `json:"attempts"`
	LastAt        *time.Time `json:"last_at"`    // of the last attempt
	LastError     string     `json:"last_error"` // of the last attempt that failed
	NextAt        *time.Time `json:"next_at"`    // of the next attempt, where there will be one
}

// newJobs makes what puts deliveries into the outbox, by transactions of ours.
func newJobs(log *slog.Logger) (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(nil), &river.Config{Logger: riverLog(log), SkipUnknownJobCheck: true})
}

// migrateJobs brings the outbox's tables up to date, under the lock of migrate. River keeps its own list of migrations; some
// of them cannot share a transaction.
func migrateJobs(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: riverLog(log)})
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err == nil { // the planner's statistics keep samples: not of what is sent
		_, err = pool.Exec(ctx, `alter table river_job alter column args set statistics 0`)
	}
	if err != nil {
		return fmt.Errorf("store: migrate the outbox: %w", err)
	}
	return nil
}

// riverLog passes on what river warns of. Failed attempts are not: their errors are kept with the delivery.
func riverLog(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }
func (w warnings) WithGroup(name string) slog.Handler   { return warnings{w.Handler.WithGroup(name)} }

// Deliver hands a message to the outbox: it returns at once.
func (j *Journal) Deliver(d Delivery) { j.save(d) }

// putOut inserts deliveries, those left out for which too many wait.
func (s *Store) putOut(ctx context.Context, tx pgx.Tx, list []Delivery) error {
	list, err := s.unerased(ctx, tx, list)
	if err != nil {
		return err
	}
	waiting := map[string]int{}
	var jobs []river.InsertManyParams
	for _, d := range list {
		n, counted := waiting[d.Receiver]
		if !counted {
			err := tx.QueryRow(ctx, `select count(*) from (select 1 from river_job where queue = $1 and finalized_at is null limit $2) w`,
				d.Receiver, MaxOutbox).Scan(&n)
			if err != nil {
				return err
			}
		}
		if n >= MaxOutbox {
			s.log.Error("webhook dropped: too many wait for its receiver", "id", d.ID, "receiver", d.Receiver, "what", d.What)
			continue
		}
		waiting[d.Receiver] = n + 1
		jobs = append(jobs, river.InsertManyParams{Args: d, InsertOpts: &river.InsertOpts{Queue: d.Receiver, MaxAttempts: maxAttempts}})
	}
	if len(jobs) == 0 {
		return nil
	}
	_, err = s.jobs.InsertManyTx(ctx, tx, jobs)
	return err
}

// unerased leaves out what concerns interactions that are erased: it may hold what was said. Who only wished not to be recorded is
// still a caller who may need somebody; what was said does not travel then (acd).
func (s *Store) unerased(ctx context.Context, tx pgx.Tx, list []Delivery) ([]Delivery, error) {
	var ids []string
	for _, d := range list {
		if d.InteractionID != "" {
			ids = append(ids, d.InteractionID)
		}
	}
	if len(ids) == 0 {
		return list, nil
	}
	rows, err := tx.Query(ctx, `select interaction_id from contents where interaction_id = any($1) and erased_at is not null and erased_reason <> $2`, ids, discarded)
	if err != nil {
		return nil, err
	}
	erased, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return slices.DeleteFunc(list, func(d Delivery) bool { return slices.Contains(erased, d.InteractionID) }), err
}

// OutboxConfig of an Outbox.
type OutboxConfig struct {
	Store     *Store
	Receivers []string // that there are; what waits for others is given up
	// Deliver makes one attempt; nil says that the message arrived. It is called by several goroutines.
	Deliver func(ctx context.Context, d Delivery) error
	Log     *slog.Logger

	First, GiveUp time.Duration // deliveryFirst and DeliveryGiveUp where 0; for tests
}

// Outbox sends what is in the outbox.
type Outbox struct {
	cfg     OutboxConfig
	changed chan struct{} // there are other receivers

	mu        sync.Mutex
	receivers []string
}

// NewOutbox makes an Outbox; Run sends.
func NewOutbox(cfg OutboxConfig) *Outbox {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.First == 0 {
		cfg.First = deliveryFirst
	}
	if cfg.GiveUp == 0 {
		cfg.GiveUp = DeliveryGiveUp
	}
	return &Outbox{cfg: cfg, receivers: cfg.Receivers, changed: make(chan struct{}, 1)}
}

// SetReceivers changes whom there is to send to. What waits for others is given up.
func (o *Outbox) SetReceivers(list []string) {
	o.mu.Lock()
	o.receivers = slices.Clone(list)
	o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default: // Run is told already, and reads the list after that
	}
}

// Run sends until ctx ends. What is under way then, or was when a former run was killed, is tried again by the next one.
func (o *Outbox) Run(ctx context.Context) error {
	retry := retryFirst
	for ctx.Err() == nil {
		select {
		case <-o.changed: // what it tells of is read now
		default:
		}
		client, err := o.start(ctx)
		if err != nil {
			o.cfg.Log.Warn("webhooks wait: the outbox cannot be read", "error", err)
			wait(ctx, time.After(retry), nil)
			retry = min(2*retry, 10*retryMost)
			continue
		}
		retry = retryFirst
		select {
		case <-ctx.Done():
		case <-o.changed: // river has its queues from its start on
		}
		if client == nil {
			continue
		}
		switch err := stop(ctx, client); {
		case err == nil:
		case ctx.Err() != nil:
			return err
		default: // an attempt that does not end: the next client leaves it alone, and it is made again
			o.cfg.Log.Warn("an attempt to deliver a webhook goes on while receivers change", "error", err)
		}
	}
	return nil
}

func stop(ctx context.Context, client *river.Client[pgx.Tx]) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*deliveryStop)
	defer cancel()
	return wrap("store: stop the outbox", client.Stop(ctx))
}

// start gives what sends; nil where there is nobody to send to.
func (o *Outbox) start(ctx context.Context) (*river.Client[pgx.Tx], error) {
	const what = "store: start the outbox"
	o.mu.Lock()
	receivers := append([]string{}, o.receivers...) // none is an empty array, not null
	o.mu.Unlock()
	pool := o.cfg.Store.pool
	// One server at a time has this outbox: what runs now ran in a process that was killed.
	if _, err := pool.Exec(ctx, `update river_job set state = 'available' where kind = $1 and state = 'running'`, Delivery{}.Kind()); err != nil {
		return nil, wrap(what, err)
	}
	tag, err := pool.Exec(ctx, `update river_job set state = 'cancelled', finalized_at = now()
		where kind = $1 and finalized_at is null and queue <> all($2)`, Delivery{}.Kind(), receivers)
	if err != nil {
		return nil, wrap(what, err)
	}
	if tag.RowsAffected() > 0 {
		o.cfg.Log.Warn("webhooks given up: their receiver is not configured any more", "webhooks", tag.RowsAffected())
	}
	if len(receivers) == 0 {
		return nil, nil
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(o.work))
	queues := map[string]river.QueueConfig{}
	for _, r := range receivers {
		queues[r] = river.QueueConfig{MaxWorkers: deliveryAtOnce} // one that is slow or dead holds up nobody else
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues: queues, Workers: workers, RetryPolicy: o, Logger: riverLog(o.cfg.Log), MaxAttempts: maxAttempts,
		JobTimeout: DeliveryTimeout, SoftStopTimeout: deliveryStop,
		CompletedJobRetentionPeriod: deliveryKept, CancelledJobRetentionPeriod: deliveryFailed, DiscardedJobRetentionPeriod: deliveryFailed,
	})
	if err == nil {
		err = client.Start(context.WithoutCancel(ctx)) // Stop ends it
	}
	return client, wrap(what, err)
}

// turn is how long a delivery has to wait for an earlier one of the same interaction, or of the same alert of the server's own: a
// receiver must not be told that something has ended before it is told that it began.
func (o *Outbox) turn(ctx context.Context, job *river.Job[Delivery]) (wait time.Duration, err error) {
	d := job.Args
	same := map[string]string{"receiver": d.Receiver, "interaction_id": d.InteractionID}
	if d.InteractionID == "" {
		same["what"] = d.What
	}
	var at time.Time
	err = o.cfg.Store.pool.QueryRow(ctx, `select scheduled_at from river_job where kind = $1 and queue = $2 and id < $3 and finalized_at is null
		and args @> $4 order by id limit 1`, d.Kind(), d.Receiver, job.ID, same).Scan(&at)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, wrap("store: turn of a delivery", err)
	}
	return max(deliveryTurn, time.Until(at)), nil
}

// work makes one attempt, where it is the delivery's turn.
func (o *Outbox) work(ctx context.Context, job *river.Job[Delivery]) error {
	d := job.Args
	switch wait, err := o.turn(ctx, job); {
	case err != nil && ctx.Err() == nil:
		return err
	case err != nil:
		return river.JobSnooze(0)
	case wait > 0:
		return river.JobSnooze(wait)
	}
	err := o.cfg.Deliver(ctx, d)
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled): // the server stops: that is no fault of the receiver's
		return river.JobSnooze(0)
	case errors.Is(err, ErrGone), time.Since(d.At)+o.cfg.First > o.cfg.GiveUp:
		o.cfg.Log.Error("webhook given up", "id", d.ID, "what", d.What, "receiver", d.Receiver, "attempts", job.Attempt, "error", err)
		return river.JobCancel(err)
	}
	o.cfg.Log.Warn("webhook did not arrive; it is tried again", "id", d.ID, "what", d.What, "receiver", d.Receiver, "attempt", job.Attempt, "error", err)
	return err
}

// NextRetry waits twice as long after each failure, up to an hour, give or take a quarter, so that receivers which come back are
// not met by everything at once.
func (o *Outbox) NextRetry(job *rivertype.JobRow) time.Time {
	pause := deliveryMost
	if n := max(len(job.Errors), job.Attempt) - 1; n < 20 {
		pause = min(o.cfg.First<<max(n, 0), deliveryMost)
	}
	return time.Now().UTC().Add(time.Duration(float64(pause) * (0.75 + rand.Float64()/2)))
}

// Deliveries gives how many wait for a receiver, and the last of all, newest first.
func (s *Store) Deliveries(ctx context.Context, receiver string) (waiting int, last []DeliveryState, err error) {
	const what = "store: deliveries"
	if err := s.pool.QueryRow(ctx, `select count(*) from river_job where queue = $1 and finalized_at is null`, receiver).Scan(&waiting); err != nil {
		return 0, nil, wrap(what, err)
	}
	rows, err := s.pool.Query(ctx, `select args->>'id', args->>'what', args->>'interaction_id', (args->>'at')::timestamptz, state::text,
			attempt, attempted_at, coalesce(errors[array_upper(errors, 1)]->>'error', ''), scheduled_at
		from river_job where queue = $1 order by id desc limit $2`, receiver, deliveryShown)
	if err != nil {
		return 0, nil, wrap(what, err)
	}
	last, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (DeliveryState, error) {
		var d DeliveryState
		var next time.Time
		err := row.Scan(&d.ID, &d.What, &d.InteractionID, &d.At, &d.State, &d.Attempts, &d.LastAt, &d.LastError, &next)
		d.At, d.LastAt, next = d.At.UTC(), inUTC(d.LastAt), next.UTC()
		switch {
		case d.State == string(rivertype.JobStateCompleted):
			d.State = "delivered"
		case slices.Contains([]string{string(rivertype.JobStateCancelled), string(rivertype.JobStateDiscarded)}, d.State):
			d.State = "given_up"
		default:
			d.State, d.NextAt = "waiting", &next
		}
		return d, err
	})
	return waiting, last, wrap(what, err)
}
