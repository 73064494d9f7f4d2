package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrLastAdmin says that a change would leave nobody who can administer the centre.
var ErrLastAdmin = errors.New("store: the last administrator")

// UserPatch changes the fields of a User that are not nil.
type UserPatch struct {
	Name     *string   `json:"name"`
	Role     *string   `json:"role"`     // "agent", "supervisor" or "admin"
	Language *string   `json:"language"` // BCP 47
	Queues   *[]string `json:"queues"`   // names; replaces the whole list, and AllQueues where that is not given too
	// AllQueues gives a supervisor all queues, or only those of the list. Who has another role has no such right.
	AllQueues *bool `json:"all_queues"`
	Disabled  *bool `json:"disabled"` // signs in no more; the record keeps the name
}

// UpdateUser changes what the patch names and gives the new user; ErrNotFound for an id or a queue that is none,
// ErrLastAdmin where no administrator would be left. Who is disabled has no session any more.
func (s *Store) UpdateUser(ctx context.Context, id string, p UserPatch) (User, error) {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockAdmins(ctx, tx); err != nil {
			return err
		}
		all := p.AllQueues
		if all == nil && p.Queues != nil {
			all = new(bool)
		}
		tag, err := tx.Exec(ctx, `update users set name = coalesce($2, name), role = coalesce($3, role), language = coalesce($4, language),
			all_queues = coalesce($3, role) = 'supervisor' and coalesce($6, all_queues),
			disabled_at = case when $5::boolean is null then disabled_at when $5 then coalesce(disabled_at, now()) end where id = $1`,
			id, p.Name, p.Role, p.Language, p.Disabled, all)
		if err := one("store: user", tag, err); err != nil {
			return err
		}
		if p.Disabled != nil && *p.Disabled {
			if _, err := tx.Exec(ctx, `delete from sessions where user_id = $1`, id); err != nil {
				return err
			}
		}
		if p.Role != nil || p.Disabled != nil {
			if err := someAdmin(ctx, tx); err != nil {
				return err
			}
		}
		if p.Queues == nil {
			return nil
		}
		if _, err := tx.Exec(ctx, `delete from queue_agents where user_id = $1`, id); err != nil {
			return err
		}
		return serve(ctx, tx, id, *p.Queues)
	})
	if err != nil {
		return User{}, wrap("store: update user", err)
	}
	return s.User(ctx, id)
}

// DeleteUser removes a user of whom nothing is kept, and tells true. Who took part in an interaction or stands in the audit
// trail is disabled: the record keeps the name. ErrNotFound, ErrLastAdmin as UpdateUser.
func (s *Store) DeleteUser(ctx context.Context, id string) (removed bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockAdmins(ctx, tx); err != nil {
			return err
		}
		var known bool
		err := tx.QueryRow(ctx, `select exists (select 1 from audit where actor = u.id) or exists (select 1 from segments where agent_id = u.id)
			or exists (select 1 from notes where author = u.id) or exists (select 1 from contents where hold_by = u.id or erased_by = u.id)
			from users u where u.id = $1`, id).Scan(&known)
		if err != nil {
			return err
		}
		removed = !known
		sql := `delete from users where id = $1`
		if known {
			if _, err := tx.Exec(ctx, `delete from sessions where user_id = $1`, id); err != nil {
				return err
			}
			sql = `update users set disabled_at = coalesce(disabled_at, now()) where id = $1`
		}
		if _, err := tx.Exec(ctx, sql, id); err != nil {
			return err
		}
		return someAdmin(ctx, tx)
	})
	return removed, wrap("store: delete user", err)
}

// lockAdmins lets one change of who administers go on at a time: two administrators may not remove each other at once.
func lockAdmins(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('patchbay administrators'))`)
	return err
}

func someAdmin(ctx context.Context, tx pgx.Tx) error {
	var some bool
	err := tx.QueryRow(ctx, `select exists (select 1 from users where role = 'admin' and disabled_at is null)`).Scan(&some)
	if err == nil && !some {
		err = ErrLastAdmin
	}
	return err
}

// SignedIn notes that a user signed in.
func (s *Store) SignedIn(ctx context.Context, id string, at time.Time) error {
	tag, err := s.pool.Exec(ctx, `update users set last_sign_in = $2 where id = $1`, id, at)
	return one("store: signed in", tag, err)
}

// staff has exactly the named users serve a queue; ErrNotFound where one of them, or the queue, is none.
func staff(ctx context.Context, tx pgx.Tx, queueID string, users []string) error {
	if _, err := tx.Exec(ctx, `delete from queue_agents where queue_id = $1`, queueID); err != nil {
		return err
	}
	for _, id := range users {
		tag, err := tx.Exec(ctx, `insert into queue_agents (queue_id, user_id) select q.id, u.id from queues q, users u where q.id = $1 and u.id = $2
			on conflict (queue_id, user_id) do update set user_id = excluded.user_id`, queueID, id) // named twice is once
		if err := one("store: user", tag, err); err != nil {
			return err
		}
	}
	return nil
}

// ErrInUse says that something refers to what was to be deleted.
var ErrInUse = errors.New("store: in use")

// DeleteQueue removes a queue through which no interaction ever came, else ErrInUse: retention goes by the queue.
func (s *Store) DeleteQueue(ctx context.Context, id string) error {
	return wrap("store: delete queue", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var used bool
		err := tx.QueryRow(ctx, `select exists (select 1 from interactions i where i.queue = q.name) from queues q where q.id = $1 for update`, id).Scan(&used)
		if err != nil {
			return err
		}
		if used {
			return ErrInUse
		}
		if _, err = tx.Exec(ctx, `delete from cues where queue_id = $1`, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from queues where id = $1`, id)
		return err
	}))
}

// ReplaceWrapUpCodes puts dispositions in the place of all that there are, in the order in which screens show them.
func (s *Store) ReplaceWrapUpCodes(ctx context.Context, list []WrapUpCode) error {
	return wrap("store: replace wrap-up codes", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from wrap_up_codes`); err != nil {
			return err
		}
		for i, c := range list {
			if _, err := tx.Exec(ctx, `insert into wrap_up_codes (code, position, label) values ($1, $2, $3)`, c.Code, i+1, c.Label); err != nil {
				return err
			}
		}
		return nil
	}))
}
