package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Webhook is a receiver of alerts that an administrator added. Its address and secret are sealed.
type Webhook struct {
	ID        string // its name in the outbox
	Shown     string // the address without its query
	Alerts    []string
	Active    bool
	KeyID     string
	Sealed    []byte
	CreatedAt time.Time
	CreatedBy string // user id
}

// Webhooks gives all that were added, the oldest first.
func (s *Store) Webhooks(ctx context.Context) ([]Webhook, error) {
	rows, err := s.pool.Query(ctx, `select id, shown, alerts, active, key_id, sealed, created_at, created_by from webhooks order by created_at, id`)
	if err != nil {
		return nil, wrap("store: webhooks", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Webhook])
	for i := range all {
		all[i].CreatedAt = all[i].CreatedAt.UTC()
	}
	return all, wrap("store: webhooks", err)
}

// AddWebhook keeps a receiver; ErrExists where there is one of that id.
func (s *Store) AddWebhook(ctx context.Context, v Webhook) error {
	_, err := s.pool.Exec(ctx, `insert into webhooks (id, shown, alerts, active, key_id, sealed, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		v.ID, v.Shown, v.Alerts, v.Active, v.KeyID, v.Sealed, v.CreatedAt, v.CreatedBy)
	return wrap("store: add webhook", err)
}

// ChangeWebhook says of what a receiver is told, and whether it is told at all; ErrNotFound where there is none.
func (s *Store) ChangeWebhook(ctx context.Context, id string, alerts []string, active bool) error {
	tag, err := s.pool.Exec(ctx, `update webhooks set alerts = $2, active = $3 where id = $1`, id, alerts, active)
	return one("store: change webhook", tag, err)
}

// DeleteWebhook removes a receiver; ErrNotFound where there is none.
func (s *Store) DeleteWebhook(ctx context.Context, id string) error {
	tag, err := s.pool.Exec(ctx, `delete from webhooks where id = $1`, id)
	return one("store: delete webhook", tag, err)
}
