package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

const userColumns = `u.id, u.name, u.role, u.language, u.password_hash, u.disabled_at, u.last_sign_in, u.all_queues,
	array(select q.name from queue_agents a join queues q on q.id = a.queue_id where a.user_id = u.id order by q.name)`

func scanUser(row pgx.CollectableRow) (User, error) {
	var u User
	err := row.Scan(&u.ID, &u.Name, &u.Role, &u.Language, &u.PasswordHash, &u.DisabledAt, &u.LastSignIn, &u.AllQueues, &u.Queues)
	u.DisabledAt, u.LastSignIn = inUTC(u.DisabledAt), inUTC(u.LastSignIn)
	return u, err
}

// User gives who signs in by id, or ErrNotFound.
func (s *Store) User(ctx context.Context, id string) (User, error) {
	rows, err := s.pool.Query(ctx, `select `+userColumns+` from users u where u.id = $1`, id)
	if err != nil {
		return User{}, wrap("store: user", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, scanUser)
	return u, wrap("store: user", err)
}

// Users gives all users by id.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	rows, err := s.pool.Query(ctx, `select `+userColumns+` from users u order by u.id`)
	if err != nil {
		return nil, wrap("store: users", err)
	}
	all, err := pgx.CollectRows(rows, scanUser)
	return all, wrap("store: users", err)
}

// CreateUser adds a user who serves the named queues; ErrExists where the id is taken. AllQueues is for supervisors alone.
func (s *Store) CreateUser(ctx context.Context, u User) error {
	return wrap("store: create user", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		return insertUser(ctx, tx, u)
	}))
}

func insertUser(ctx context.Context, tx pgx.Tx, u User) error {
	if _, err := tx.Exec(ctx, `insert into users (id, name, role, language, password_hash, all_queues) values ($1, $2, $3, $4, $5, $6)`,
		u.ID, u.Name, u.Role, u.Language, u.PasswordHash, u.AllQueues); err != nil {
		return err
	}
	return serve(ctx, tx, u.ID, u.Queues)
}

// serve adds a user to the named queues; ErrNotFound where there is none of a name.
func serve(ctx context.Context, tx pgx.Tx, userID string, queues []string) error {
	for _, name := range queues {
		tag, err := tx.Exec(ctx, `insert into queue_agents (queue_id, user_id) select id, $1 from queues where name = $2
			on conflict (queue_id, user_id) do update set user_id = excluded.user_id`, userID, name) // named twice is once
		if err := one("store: queue", tag, err); err != nil {
			return err
		}
	}
	return nil
}

// SetPassword changes a user's password hash and ends the user's sessions.
func (s *Store) SetPassword(ctx context.Context, id, hash string) error {
	return wrap("store: set password", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update users set password_hash = $2 where id = $1`, id, hash)
		if err := one("user", tag, err); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from sessions where user_id = $1`, id)
		return err
	}))
}

// SetLanguage changes the language of a user's screens.
func (s *Store) SetLanguage(ctx context.Context, id, language string) error {
	tag, err := s.pool.Exec(ctx, `update users set language = $2 where id = $1`, id, language)
	return one("store: set language", tag, err)
}

// Queues gives all queues by name.
func (s *Store) Queues(ctx context.Context) ([]Queue, error) {
	rows, err := s.pool.Query(ctx, `select id, name, numbers, language, recording, retention_days, supervision from queues order by name`)
	if err != nil {
		return nil, wrap("store: queues", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Queue])
	return all, wrap("store: queues", err)
}

// SaveQueue adds a queue or replaces the one with its id; ErrExists where another has its name.
func (s *Store) SaveQueue(ctx context.Context, q Queue) error {
	return wrap("store: save queue", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return saveQueue(ctx, tx, q) }))
}

// SaveStaffedQueue is SaveQueue, and has exactly the named users serve the queue; ErrNotFound where one of them is none, and then
// nothing is saved.
func (s *Store) SaveStaffedQueue(ctx context.Context, q Queue, users []string) error {
	return wrap("store: save queue", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := saveQueue(ctx, tx, q); err != nil {
			return err
		}
		return staff(ctx, tx, q.ID, users)
	}))
}

func saveQueue(ctx context.Context, tx pgx.Tx, q Queue) error {
	if q.Numbers == nil {
		q.Numbers = []string{}
	}
	if q.Recording == "" {
		q.Recording = "on"
	}
	// Interactions and vocabularies know their queue by its name: retention and the recogniser go by it.
	_, err := tx.Exec(ctx, `update interactions i set queue = $2 from queues q where q.id = $1 and q.name <> $2 and i.queue = q.name`, q.ID, q.Name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update vocabularies v set queue = $2 from queues q where q.id = $1 and q.name <> $2 and v.queue = q.name
		and not exists (select 1 from vocabularies w where w.queue = $2 and w.language = v.language)`, q.ID, q.Name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into queues (id, name, numbers, language, recording, retention_days, supervision) values ($1, $2, $3, $4, $5, $6, $7)
	on conflict (id) do update set name = excluded.name, numbers = excluded.numbers, language = excluded.language,
		recording = excluded.recording, retention_days = excluded.retention_days, supervision = excluded.supervision`,
		q.ID, q.Name, q.Numbers, q.Language, q.Recording, q.RetentionDays, q.Supervision)
	return err
}

// WrapUpCodes gives the dispositions in the order in which screens show them.
func (s *Store) WrapUpCodes(ctx context.Context) ([]WrapUpCode, error) {
	rows, err := s.pool.Query(ctx, `select code, label from wrap_up_codes order by position, code`)
	if err != nil {
		return nil, wrap("store: wrap-up codes", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[WrapUpCode])
	return all, wrap("store: wrap-up codes", err)
}
