package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// AuditEntry is one row of the audit trail.
type AuditEntry struct {
	ID      int64          `json:"id"` // given by the database
	At      time.Time      `json:"at"` // now, where zero
	Actor   string         `json:"actor"`
	Action  string         `json:"action"` // such as "sign_in", "choose_customer" or "whisper"
	Object  string         `json:"object"` // what it was done to, such as an interaction's id
	Address string         `json:"address"`
	Data    map[string]any `json:"data,omitempty"`
}

// AppendAudit adds an entry. Nothing changes or removes one.
func (s *Store) AppendAudit(ctx context.Context, e AuditEntry) error {
	_, err := s.pool.Exec(ctx, `insert into audit (at, actor, action, object, address, data) values ($1, $2, $3, $4, $5, $6)`,
		orTime(e.At, time.Now()), e.Actor, e.Action, e.Object, e.Address, e.Data)
	return wrap("store: append audit", err)
}

// Audit gives entries newest first: those with an id below before, or from the newest where before is 0.
func (s *Store) Audit(ctx context.Context, before int64, limit int) ([]AuditEntry, error) {
	rows, err := s.pool.Query(ctx, `select id, at, actor, action, object, address, data from audit
		where $1 = 0 or id < $1 order by id desc limit $2`, before, clamp(limit, 50, 500))
	if err != nil {
		return nil, wrap("store: audit", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (AuditEntry, error) {
		var e AuditEntry
		err := row.Scan(&e.ID, &e.At, &e.Actor, &e.Action, &e.Object, &e.Address, &e.Data)
		e.At = e.At.UTC()
		return e, err
	})
	return all, wrap("store: audit", err)
}
