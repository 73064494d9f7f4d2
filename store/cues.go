package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Cues say from when on the calls of a queue may need somebody. 0 turns a cue off.
type Cues struct {
	QueueID        string  `json:"queue_id"`        // empty: of all queues that have none of their own
	WaitSeconds    int     `json:"wait_seconds"`    // a caller waits that long
	SilenceSeconds int     `json:"silence_seconds"` // nobody says a word that is recognised for that long
	LongTimes      float64 `json:"long_times"`      // a call takes that many times what is usual in the queue
	LongSeconds    int     `json:"long_seconds"`    // and no call is long before that
	OverlapSeconds int     `json:"overlap_seconds"` // both speak at once for that long within a minute, and for a quarter of what is spoken
}

// Cues gives all that were set, those of all queues first.
func (s *Store) Cues(ctx context.Context) ([]Cues, error) {
	rows, err := s.pool.Query(ctx, `select queue_id, wait_seconds, silence_seconds, long_times, long_seconds, overlap_seconds from cues order by queue_id`)
	if err != nil {
		return nil, wrap("store: cues", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Cues])
	return list, wrap("store: cues", err)
}

// ReplaceCues puts cues in the place of all that there are.
func (s *Store) ReplaceCues(ctx context.Context, list []Cues) error {
	return wrap("store: replace cues", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from cues`); err != nil {
			return err
		}
		for _, c := range list {
			if _, err := tx.Exec(ctx, `insert into cues (queue_id, wait_seconds, silence_seconds, long_times, long_seconds, overlap_seconds) values ($1, $2, $3, $4, $5, $6)`,
				c.QueueID, c.WaitSeconds, c.SilenceSeconds, c.LongTimes, c.LongSeconds, c.OverlapSeconds); err != nil {
				return err
			}
		}
		return nil
	}))
}
