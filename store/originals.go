package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Original is what a line said before it was masked, sealed.
type Original struct {
	InteractionID string `json:"interaction_id"`
	LineID        string `json:"line_id"`
	KeyID         string `json:"key_id"`
	Sealed        []byte `json:"sealed"`
}

func queueOriginal(b *pgx.Batch, v Original) {
	b.Queue(`insert into originals (interaction_id, line_id, key_id, sealed) select $1, $2, $3, $4
		where not exists (select 1 from contents where interaction_id = $1 and erased_at is not null)
		on conflict (interaction_id, line_id) do update set key_id = excluded.key_id, sealed = excluded.sealed`,
		v.InteractionID, v.LineID, v.KeyID, v.Sealed)
}

// SaveOriginal keeps the original of a masked line.
func (j *Journal) SaveOriginal(v Original) { j.save(v) }

// Originals gives the sealed originals of an interaction's lines.
func (s *Store) Originals(ctx context.Context, interactionID string) ([]Original, error) {
	rows, err := s.pool.Query(ctx, `select interaction_id, line_id, key_id, sealed from originals where interaction_id = $1`, interactionID)
	if err != nil {
		return nil, wrap("store: originals", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Original])
	return all, wrap("store: originals", err)
}

// KeptOriginals is what is kept of an interaction's masked lines, without what they said.
type KeptOriginals struct {
	InteractionID string     `json:"interaction_id"`
	StartedAt     time.Time  `json:"started_at"`
	From          string     `json:"from"`
	Queue         string     `json:"queue"`
	CustomerName  string     `json:"customer_name"`
	Lines         int        `json:"lines"`     // masked at some time; those that were shown again since are among them
	Reads         int        `json:"reads"`     // how often somebody read them
	LastRead      *time.Time `json:"last_read"` // nil: never
	LastReader    string     `json:"last_reader"`
}

// OriginalsKept gives the interactions of a scope whose originals are kept, the newest first.
func (s *Store) OriginalsKept(ctx context.Context, scope *Scope, limit int) ([]KeptOriginals, error) {
	args := []any{clamp(limit, 100, 1000)}
	rows, err := s.pool.Query(ctx, `select i.id, i.started_at, i.from_number, i.queue, coalesce(k.name, ''), o.lines, coalesce(a.reads, 0), a.last_read, coalesce(a.reader, '')
		from (select interaction_id, count(*) as lines from originals group by interaction_id) o
		join interactions i on i.id = o.interaction_id left join customers k on k.id = i.customer_id
		left join lateral (select count(*) as reads, max(at) as last_read, (array_agg(coalesce(u.name, t.actor) order by t.id desc))[1] as reader
			from audit t left join users u on u.id = t.actor where t.object = i.id and t.action = 'see_originals') a on true
		where `+scope.holds(&args)+` order by i.started_at desc, i.id limit $1`, args...)
	if err != nil {
		return nil, wrap("store: kept originals", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[KeptOriginals])
	for i := range all {
		all[i].StartedAt, all[i].LastRead = all[i].StartedAt.UTC(), inUTC(all[i].LastRead)
	}
	return all, wrap("store: kept originals", err)
}
