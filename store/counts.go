package store

import (
	"context"
	"fmt"
	"time"
)

// CountSince counts the calls that began at t or later, and those of them whose caller hung up before an answer.
func (s *Store) CountSince(ctx context.Context, t time.Time) (calls, abandoned int, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT count(*), count(*) FILTER (WHERE outcome = 'abandoned')
		FROM interactions WHERE started_at >= $1 AND channel = 'call'`, t).Scan(&calls, &abandoned)
	if err != nil {
		return 0, 0, fmt.Errorf("store: count calls: %w", err)
	}
	return calls, abandoned, nil
}
