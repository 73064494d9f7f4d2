package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Held is an interaction under legal hold.
type Held struct {
	InteractionID string    `json:"interaction_id"`
	StartedAt     time.Time `json:"started_at"` // of the interaction; of the hold where the interaction is not known
	From          string    `json:"from"`
	Queue         string    `json:"queue"`
	CustomerName  string    `json:"customer_name"`
	HoldAt        time.Time `json:"hold_at"`
	HoldBy        string    `json:"hold_by"` // user id
	HoldByName    string    `json:"hold_by_name"`
	Reason        string    `json:"reason"`
}

// HoldQuery narrows what is under legal hold.
type HoldQuery struct {
	Scope  *Scope // whose; nil for all
	Cursor string // HeldPage.NextCursor of the page before
	Limit  int    // 1…500; 100 where 0
}

// HeldPage is a page of what is under legal hold.
type HeldPage struct {
	Items      []Held `json:"items"`
	NextCursor string `json:"next_cursor"` // empty on the last page
}

// Holds gives a page of what is under legal hold, the newest hold first. ErrCursor for a cursor that is none.
func (s *Store) Holds(ctx context.Context, q HoldQuery) (HeldPage, error) {
	const what = "store: holds"
	limit := clamp(q.Limit, 100, 500)
	before, beforeID, err := parseCursor(q.Cursor)
	if err != nil {
		return HeldPage{}, err
	}
	args := []any{orNull(before), beforeID, limit + 1}
	rows, err := s.pool.Query(ctx, `select c.interaction_id, coalesce(i.started_at, c.hold_at), coalesce(i.from_number, ''), coalesce(i.queue, ''),
		coalesce(k.name, ''), c.hold_at, c.hold_by, coalesce(u.name, c.hold_by), c.hold_reason
		from contents c left join interactions i on i.id = c.interaction_id left join customers k on k.id = i.customer_id
		left join users u on u.id = c.hold_by where c.hold_at is not null
		and ($1::timestamptz is null or (c.hold_at, c.interaction_id) < ($1, $2)) and `+q.Scope.holds(&args)+`
		order by c.hold_at desc, c.interaction_id desc limit $3`, args...)
	if err != nil {
		return HeldPage{}, wrap(what, err)
	}
	page := HeldPage{}
	if page.Items, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Held]); err != nil {
		return HeldPage{}, wrap(what, err)
	}
	for i := range page.Items {
		h := &page.Items[i]
		h.StartedAt, h.HoldAt = h.StartedAt.UTC(), h.HoldAt.UTC()
	}
	if len(page.Items) > limit { // the one too many tells that there is a next page
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.NextCursor = cursorAt(last.HoldAt, last.InteractionID)
	}
	return page, nil
}

// QueueKeep is what is kept of the interactions of one queue.
type QueueKeep struct {
	Queue        string     `json:"queue"`        // name, also of a queue that is none any more
	Interactions int64      `json:"interactions"` // that ended and were not erased
	Recordings   int64      `json:"recordings"`
	Bytes        int64      `json:"bytes"` // of sealed recordings
	DurationMS   int64      `json:"duration_ms"`
	Unstored     int64      `json:"unstored"` // recordings that are not in the bucket yet
	Oldest       *time.Time `json:"oldest"`   // start of the oldest interaction that was not erased
	Held         int64      `json:"held"`
	Due          int64      `json:"due"` // that the next sweep erases
}

// Keeps gives what is kept, by queue.
func (s *Store) Keeps(ctx context.Context, now time.Time) ([]QueueKeep, error) {
	rows, err := s.pool.Query(ctx, `select i.queue, count(*), count(r.interaction_id), coalesce(sum(r.bytes), 0)::bigint,
		coalesce(sum(r.duration_ms), 0)::bigint, count(*) filter (where r.state <> 'stored'), min(i.started_at), count(c.hold_at),
		count(*) filter (where q.retention_days > 0 and c.hold_at is null and i.ended_at < $1::timestamptz - q.retention_days * interval '1 day')
		from interactions i left join queues q on q.name = i.queue left join contents c on c.interaction_id = i.id
		left join recordings r on r.interaction_id = i.id where i.state = 'ended' and c.erased_at is null group by i.queue order by i.queue`, now)
	if err != nil {
		return nil, wrap("store: keeps", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[QueueKeep])
	for i := range all {
		all[i].Oldest = inUTC(all[i].Oldest)
	}
	return all, wrap("store: keeps", err)
}

// DatabaseState is how the database fares.
type DatabaseState struct {
	Version string `json:"version"`
	Bytes   int64  `json:"bytes"`
	Schema  int    `json:"schema"` // the last migration
}

// DatabaseState asks the database about itself.
func (s *Store) DatabaseState(ctx context.Context) (d DatabaseState, err error) {
	err = s.pool.QueryRow(ctx, `select current_setting('server_version'), pg_database_size(current_database()), (select max(version) from schema_migrations)`).
		Scan(&d.Version, &d.Bytes, &d.Schema)
	return d, wrap("store: database state", err)
}
