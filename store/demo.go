package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// demoLock is the advisory lock under which one process at a time fills the demo centre.
const demoLock = migrationLock + 1

// demoNamespace makes the ids of the demo's records: the same in every database, so that filling twice changes nothing.
var demoNamespace = uuid.MustParse("5f0c7a52-9d0e-4c55-8f0b-70a7c4b0ad01")

func demoID(name string) string { return uuid.NewSHA1(demoNamespace, []byte(name)).String() }

// SeedDemo fills the demo centre of an invented travel agency: users who all sign in by passwordHash, a queue that every
// number leads to, and customers with history. What is there already stays as it is.
func (s *Store) SeedDemo(ctx context.Context, passwordHash string) error {
	return wrap("store: demo", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, int64(demoLock)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into queues (id, name, numbers, language) values ($1, $2, $3, $4) on conflict do nothing`,
			demoQueue.ID, demoQueue.Name, demoQueue.Numbers, demoQueue.Language); err != nil {
			return err
		}
		for _, u := range demoUsers {
			there, err := exists(ctx, tx, `select exists (select 1 from users where id = $1)`, u.ID)
			if err != nil {
				return err
			}
			u.PasswordHash = passwordHash
			if !there {
				if err := insertUser(ctx, tx, u); err != nil {
					return err
				}
			}
		}
		for _, c := range demoCustomers(time.Now().UTC()) {
			if err := s.seedCustomer(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (s *Store) seedCustomer(ctx context.Context, tx pgx.Tx, v CustomerView) error {
	there, err := exists(ctx, tx, `select exists (select 1 from customers where id = $1)`, v.ID)
	if err != nil || there {
		return err
	}
	if err := s.insertCustomer(ctx, tx, v.Customer); err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, p := range v.Timeline {
		b.Queue(`insert into past (id, customer_id, channel, at, title, detail) values ($1, $2, $3, $4, $5, $6)`,
			newID(), v.ID, p.Channel, p.At, p.Title, p.Detail)
	}
	return tx.SendBatch(ctx, b).Close()
}

func exists(ctx context.Context, tx pgx.Tx, sql, id string) (there bool, err error) {
	err = tx.QueryRow(ctx, sql, id).Scan(&there)
	return there, err
}
