package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Recording is what is known of an interaction's sound; the sound itself is not here.
type Recording struct {
	InteractionID string    `json:"interaction_id"`
	State         string    `json:"state"` // "live", "spooled" (whole, on this machine) or "stored" (in the bucket)
	StartedAt     time.Time `json:"started_at"`
	DurationMS    int64     `json:"duration_ms"`
	Bytes         int64     `json:"bytes"`  // sealed
	Object        string    `json:"object"` // in the bucket
	Chain         string    `json:"chain"`  // SHA-256 over the sealed file, in hex
	Recovered     bool      `json:"recovered"`
}

// Erasure ends an interaction's content: lines, notes and pictures go, and what the journal still brings of them is not kept.
type Erasure struct {
	InteractionID string    `json:"interaction_id"`
	At            time.Time `json:"at"`
	By            string    `json:"by"`     // user id, "customer" or "system"
	Reason        string    `json:"reason"` // "discarded", "asked" or "retention"
}

// Content is whether an interaction's content may go, or has gone.
type Content struct {
	HoldAt       *time.Time `json:"hold_at"` // null: no legal hold
	HoldBy       string     `json:"hold_by"`
	HoldReason   string     `json:"hold_reason"`
	ErasedAt     *time.Time `json:"erased_at"` // null: not erased
	ErasedBy     string     `json:"erased_by"`
	ErasedReason string     `json:"erased_reason"`
	DueAt        *time.Time `json:"due_at"` // null: nobody asked under the hold that it be erased; it goes when the hold ends
}

// Note is pinned to a moment of an interaction.
type Note struct {
	ID            string    `json:"id"` // UUIDv7, given by AddNote
	InteractionID string    `json:"interaction_id"`
	Author        string    `json:"author"` // user id
	AuthorName    string    `json:"author_name"`
	AtMS          int64     `json:"at_ms"` // from the customer's 200 OK
	Text          string    `json:"text"`
	CreatedAt     time.Time `json:"created_at"`
}

// ErrHeld says that a legal hold keeps an interaction's content, ErrErased that there is none any more.
var (
	ErrHeld   = errors.New("store: under legal hold")
	ErrErased = errors.New("store: erased")
)

// Due is what somebody asked to be erased, the agent's "do not record" or the customer's no, while a legal hold keeps it.
type Due struct {
	InteractionID string    `json:"interaction_id"`
	At            time.Time `json:"at"`
	By            string    `json:"by"`
}

func queueDue(b *pgx.Batch, d Due) {
	b.Queue(`insert into contents (interaction_id, due_at, due_by) values ($1, $2, $3)
		on conflict (interaction_id) do update set due_at = coalesce(contents.due_at, excluded.due_at),
			due_by = case when contents.due_at is null then excluded.due_by else contents.due_by end`, d.InteractionID, d.At, d.By)
}

// EraseLater notes that an interaction's content is to be erased when its legal hold ends.
func (j *Journal) EraseLater(v Due) { j.save(v) }

// discarded is the reason of an erasure where somebody only wished not to be recorded: the note that the agent writes, and what video
// help was, stay.
const discarded = "discarded"

// queueErasure brings an erasure to the database; applied again it changes nothing. What comes later is erased by apply.
func queueErasure(b *pgx.Batch, e Erasure) {
	b.Queue(`insert into contents (interaction_id, erased_at, erased_by, erased_reason) values ($1, $2, $3, $4)
		on conflict (interaction_id) do update set erased_at = coalesce(contents.erased_at, excluded.erased_at),
			erased_by = case when contents.erased_at is null then excluded.erased_by else contents.erased_by end,
			erased_reason = case when contents.erased_at is null then excluded.erased_reason else contents.erased_reason end`,
		e.InteractionID, e.At, e.By, e.Reason)
	b.Queue(`delete from lines where interaction_id = $1`, e.InteractionID)
	b.Queue(`delete from originals where interaction_id = $1`, e.InteractionID)
	b.Queue(`delete from notes where interaction_id = $1`, e.InteractionID)
	b.Queue(`delete from snapshots where interaction_id = $1`, e.InteractionID)
	b.Queue(`delete from recordings where interaction_id = $1`, e.InteractionID)
	b.Queue(`delete from films where interaction_id = $1`, e.InteractionID)
	b.Queue(`delete from river_job where kind = $1 and args @> jsonb_build_object('interaction_id', $2::text)`, Delivery{}.Kind(), e.InteractionID)
	b.Queue(`update events set data = kept_of_event(type, data) where interaction_id = $1 and data is not null and ($2 or type not like 'video%')`,
		e.InteractionID, e.Reason != discarded)
	if e.Reason != discarded {
		b.Queue(`update interactions set note = '' where id = $1`, e.InteractionID)
	}
}

// queueRecording brings a recording to the database. One whose content was erased stays erased.
func queueRecording(b *pgx.Batch, v Recording) {
	b.Queue(`insert into recordings (interaction_id, state, started_at, duration_ms, bytes, object, chain, recovered)
		select $1, $2, $3, $4, $5, $6, $7, $8
		where not exists (select 1 from contents where interaction_id = $1 and erased_at is not null)
		on conflict (interaction_id) do update set state = excluded.state, duration_ms = excluded.duration_ms,
			bytes = excluded.bytes, object = excluded.object, chain = excluded.chain,
			recovered = excluded.recovered or recordings.recovered`,
		v.InteractionID, v.State, v.StartedAt, v.DurationMS, v.Bytes, v.Object, v.Chain, v.Recovered)
}

// EraseContent erases an interaction's content at once, or gives ErrHeld. destroy destroys the recording's key, between the look
// for a hold and the erasure, while no hold can be set.
func (s *Store) EraseContent(ctx context.Context, e Erasure, destroy func(context.Context) error) error {
	return wrap("store: erase content", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// A row to lock, also where there was none.
		if _, err := tx.Exec(ctx, `insert into contents (interaction_id) values ($1) on conflict do nothing`, e.InteractionID); err != nil {
			return err
		}
		var held bool
		err := tx.QueryRow(ctx, `select hold_at is not null from contents where interaction_id = $1 for update`, e.InteractionID).Scan(&held)
		if err != nil {
			return err
		}
		if held {
			return ErrHeld
		}
		if err := destroy(ctx); err != nil {
			return err
		}
		b := &pgx.Batch{}
		queueErasure(b, e)
		return tx.SendBatch(ctx, b).Close()
	}))
}

// SetHold puts an interaction's content under legal hold, or, with by empty, ends the hold. ErrErased: there is nothing to hold.
func (s *Store) SetHold(ctx context.Context, interactionID, by, reason string, at time.Time) error {
	tag, err := s.pool.Exec(ctx, `insert into contents (interaction_id, hold_at, hold_by, hold_reason) values ($1, $2, $3, $4)
		on conflict (interaction_id) do update set hold_at = excluded.hold_at, hold_by = excluded.hold_by, hold_reason = excluded.hold_reason
		where contents.erased_at is null or excluded.hold_at is null`,
		interactionID, orNull(at), by, reason)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrErased
	}
	return wrap("store: legal hold", err)
}

// Content gives whether an interaction is held or erased; the zero value where nothing was ever said about it.
func (s *Store) Content(ctx context.Context, interactionID string) (Content, error) {
	rows, err := s.pool.Query(ctx, `select hold_at, hold_by, hold_reason, erased_at, erased_by, erased_reason, due_at from contents
		where interaction_id = $1`, interactionID)
	if err != nil {
		return Content{}, wrap("store: content", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Content])
	if errors.Is(err, pgx.ErrNoRows) {
		return Content{}, nil
	}
	c.HoldAt, c.ErasedAt, c.DueAt = inUTC(c.HoldAt), inUTC(c.ErasedAt), inUTC(c.DueAt)
	return c, wrap("store: content", err)
}

// Recording gives what is known of an interaction's sound, or ErrNotFound.
func (s *Store) Recording(ctx context.Context, interactionID string) (Recording, error) {
	rows, err := s.pool.Query(ctx, `select interaction_id, state, started_at, duration_ms, bytes, object, chain, recovered
		from recordings where interaction_id = $1`, interactionID)
	if err != nil {
		return Recording{}, wrap("store: recording", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Recording])
	r.StartedAt = r.StartedAt.UTC()
	return r, wrap("store: recording", err)
}

// Expired gives interactions whose queue keeps content for fewer days than have passed since they ended, and those that were to be
// erased while a legal hold kept them, which has ended.
func (s *Store) Expired(ctx context.Context, now time.Time, limit int) ([]string, error) {
	rows, err := s.pool.Query(ctx, `select id from (
			select i.id, i.ended_at as at from interactions i join queues q on q.name = i.queue
			where q.retention_days > 0 and i.state = 'ended' and i.ended_at < $1::timestamptz - q.retention_days * interval '1 day'
			union all select interaction_id, due_at from contents where due_at is not null
		) x left join contents c on c.interaction_id = x.id
		where c.hold_at is null and c.erased_at is null group by id order by min(at), id limit $2`, now, clamp(limit, 500, 5000))
	if err != nil {
		return nil, wrap("store: expired", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, wrap("store: expired", err)
}

// Shred rewrites the tables that texts were deleted from, so that nothing of them is left in their files, and lets the
// write-ahead log that has them go. It may lock those tables for some seconds; whoever writes waits in the journal.
func (s *Store) Shred(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return wrap("store: shred", err)
	}
	defer conn.Release()
	for _, sql := range []string{`set lock_timeout = '10s'`, `vacuum (full) lines`, `vacuum (full) notes`, `vacuum (full) snapshots`,
		`vacuum (full) events`, `vacuum (full) interactions`, `vacuum (full) river_job`, `reset lock_timeout`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return wrap("store: shred", err)
		}
	}
	for _, sql := range []string{`select pg_switch_wal()`, `checkpoint`} { // need rights that a given database may not grant
		if _, err := conn.Exec(ctx, sql); err != nil {
			s.log.Debug("write-ahead log not let go after shredding", "error", err)
		}
	}
	return nil
}

// AddNote pins a note; erased content takes none: ErrNotFound.
func (s *Store) AddNote(ctx context.Context, n Note) (Note, error) {
	n.ID, n.CreatedAt = newID(), time.Now().UTC().Truncate(time.Microsecond)
	tag, err := s.pool.Exec(ctx, `insert into notes (id, interaction_id, author, at_ms, text, created_at) select $1, $2, $3, $4, $5, $6
		where not exists (select 1 from contents where interaction_id = $2 and erased_at is not null)`,
		n.ID, n.InteractionID, n.Author, n.AtMS, n.Text, n.CreatedAt)
	return n, one("store: add note", tag, err)
}

// Notes gives an interaction's notes by their moment.
func (s *Store) Notes(ctx context.Context, interactionID string) ([]Note, error) {
	rows, err := s.pool.Query(ctx, `select n.id, n.interaction_id, n.author, coalesce(u.name, n.author), n.at_ms, n.text, n.created_at
		from notes n left join users u on u.id = n.author where n.interaction_id = $1 order by n.at_ms, n.id`, interactionID)
	if err != nil {
		return nil, wrap("store: notes", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Note])
	for i := range all {
		all[i].CreatedAt = all[i].CreatedAt.UTC()
	}
	return all, wrap("store: notes", err)
}

// DeleteNote removes a note of an interaction; with author not empty only that author's. ErrNotFound where there is none.
func (s *Store) DeleteNote(ctx context.Context, interactionID, id, author string) error {
	tag, err := s.pool.Exec(ctx, `delete from notes where interaction_id = $1 and id = $2 and ($3 = '' or author = $3)`, interactionID, id, author)
	return one("store: delete note", tag, err)
}

// SaveRecording inserts or replaces what is known of a recording.
func (j *Journal) SaveRecording(v Recording) { j.save(v) }

// Erase erases an interaction's content behind everything that was written of it before, then lets go of the journal's
// own files that hold it. What is written of it later is not kept.
func (j *Journal) Erase(v Erasure) { j.save(v) }

// Forget lets go of the journal's files once the database has what is in them, however small they are.
func (j *Journal) Forget(ctx context.Context) error {
	if err := j.Flush(ctx); err != nil {
		return fmt.Errorf("store: forget: %w", err)
	}
	j.mu.Lock()
	j.forget = true
	j.mu.Unlock()
	select {
	case j.wake <- struct{}{}:
	default:
	}
	return nil
}
