package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Film is what is known of a picture that was recorded of an interaction's video help; the picture itself is not here.
type Film struct {
	InteractionID string    `json:"interaction_id"`
	AtMS          int64     `json:"at_ms"` // when it began, from the customer's 200 OK: its name among the interaction's
	State         string    `json:"state"` // "spooled" (whole, on this machine) or "stored" (in the bucket)
	StartedAt     time.Time `json:"started_at"`
	DurationMS    int64     `json:"duration_ms"`
	Bytes         int64     `json:"bytes"` // sealed
	Codec         string    `json:"codec"` // "VP8" (WebM) or "H264" (Matroska)
	Width         int       `json:"width"` // pixels, of the first picture
	Height        int       `json:"height"`
	Object        string    `json:"object"` // in the bucket
	Chain         string    `json:"chain"`  // SHA-256 over the sealed file, in hex
	Recovered     bool      `json:"recovered"`
}

// queueFilm brings a film to the database. One whose content was erased stays erased.
func queueFilm(b *pgx.Batch, v Film) {
	b.Queue(`insert into films (interaction_id, at_ms, state, started_at, duration_ms, bytes, codec, width, height, object, chain, recovered)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
		where not exists (select 1 from contents where interaction_id = $1 and erased_at is not null)
		on conflict (interaction_id, at_ms) do update set state = excluded.state, duration_ms = excluded.duration_ms,
			bytes = excluded.bytes, object = excluded.object, chain = excluded.chain, recovered = excluded.recovered or films.recovered`,
		v.InteractionID, v.AtMS, v.State, v.StartedAt, v.DurationMS, v.Bytes, v.Codec, v.Width, v.Height, v.Object, v.Chain, v.Recovered)
}

// Films gives those of an interaction, by when they began.
func (s *Store) Films(ctx context.Context, interactionID string) ([]Film, error) {
	rows, err := s.pool.Query(ctx, `select interaction_id, at_ms, state, started_at, duration_ms, bytes, codec, width, height, object, chain, recovered
		from films where interaction_id = $1 order by at_ms`, interactionID)
	if err != nil {
		return nil, wrap("store: films", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Film])
	for i := range all {
		all[i].StartedAt = all[i].StartedAt.UTC()
	}
	return all, wrap("store: films", err)
}

// SaveFilm inserts or replaces what is known of a film.
func (j *Journal) SaveFilm(v Film) { j.save(v) }
