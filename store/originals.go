package store

import (
	"context"

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
