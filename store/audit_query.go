package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// AuditQuery narrows the audit trail. Zero fields narrow nothing.
type AuditQuery struct {
	Before int64 // id: only older entries
	Actor  string
	Action string
	Object string
	Since  time.Time // then or later
	Until  time.Time // before
	Limit  int
}

// NamedEntry is an entry with the names that its ids have now.
type NamedEntry struct {
	AuditEntry
	ActorName  string `json:"actor_name"`  // empty where the actor is no user
	ObjectName string `json:"object_name"` // of a user, queue or customer; of an interaction, its customer's
}

// AuditEntries gives entries that fit, newest first.
func (s *Store) AuditEntries(ctx context.Context, q AuditQuery) ([]NamedEntry, error) {
	rows, err := s.pool.Query(ctx, `select a.id, a.at, a.actor, a.action, a.object, a.address, a.data, coalesce(u.name, ''),
		coalesce(o.name, q.name, c.name, k.name, '')
		from (select * from audit where ($1 = 0 or id < $1) and ($2 = '' or actor = $2) and ($3 = '' or action = $3) and ($4 = '' or object = $4)
			and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6) order by id desc limit $7) a
		left join users u on u.id = a.actor left join users o on o.id = a.object left join queues q on q.id = a.object
		left join customers c on c.id = a.object left join interactions i on i.id = a.object left join customers k on k.id = i.customer_id
		order by a.id desc`, q.Before, q.Actor, q.Action, q.Object, orNull(q.Since), orNull(q.Until), clamp(q.Limit, 50, 500))
	if err != nil {
		return nil, wrap("store: audit", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (NamedEntry, error) {
		var e NamedEntry
		err := row.Scan(&e.ID, &e.At, &e.Actor, &e.Action, &e.Object, &e.Address, &e.Data, &e.ActorName, &e.ObjectName)
		e.At = e.At.UTC()
		return e, err
	})
	return all, wrap("store: audit", err)
}

// AuditActions gives the actions that the trail holds, by name.
func (s *Store) AuditActions(ctx context.Context) ([]string, error) {
	// A walk from one action to the next by the index: the trail is long and the actions are few.
	rows, err := s.pool.Query(ctx, `with recursive a as (
		(select action from audit order by action limit 1)
		union all
		select (select action from audit where action > a.action order by action limit 1) from a where a.action is not null)
		select action from a where action is not null`)
	if err != nil {
		return nil, wrap("store: audit actions", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return all, wrap("store: audit actions", err)
}
