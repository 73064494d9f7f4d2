package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationLock is the advisory lock under which one process at a time migrates a database ("patchbay" in ASCII).
const migrationLock int64 = 0x7061746368626179

// migration is one numbered file. It is never changed once released: the next number mends it.
type migration struct {
	version  int
	name     string
	sql      string
	checksum string // SHA-256 in hex
}

// readMigrations gives the migrations of a directory in order; NNNN_name.sql, numbered from 1 without a gap.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("store: list migrations: %w", err)
	}
	var all []migration
	for i, path := range names {
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, fmt.Errorf("store: read migration: %w", err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "migrations/"), ".sql")
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("store: migration %s should have number %04d", name, i+1)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{version, name, string(text), hex.EncodeToString(sum[:])})
	}
	return all, nil
}

// migrate brings the database to the newest schema. Processes that start together wait for each other.
func migrate(ctx context.Context, pool *pgxpool.Pool, all []migration, log *slog.Logger) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("store: connect: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("store: lock migrations: %w", err)
	}
	defer func() {
		// Not under ctx: a cancelled start must not leave the lock on a pooled connection.
		if _, err := conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock($1)`, migrationLock); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx)) // the lock goes with the connection
		}
	}()

	if _, err := conn.Exec(ctx, `create table if not exists schema_migrations (
		version    integer primary key,
		name       text not null,
		checksum   text not null,
		applied_at timestamptz not null default now())`); err != nil {
		return fmt.Errorf("store: create schema_migrations: %w", err)
	}
	rows, err := conn.Query(ctx, `select version, checksum from schema_migrations order by version`)
	if err != nil {
		return fmt.Errorf("store: read schema_migrations: %w", err)
	}
	type applied struct {
		Version  int
		Checksum string
	}
	done, err := pgx.CollectRows(rows, pgx.RowToStructByName[applied])
	if err != nil {
		return fmt.Errorf("store: read schema_migrations: %w", err)
	}
	if len(done) > len(all) {
		return fmt.Errorf("store: the database has migration %d, this program knows %d: it was used by a newer Patchbay; run that one",
			done[len(done)-1].Version, len(all))
	}
	for i, d := range done {
		if d.Version != all[i].version || d.Checksum != all[i].checksum {
			return fmt.Errorf("store: migration %s differs from the one that made this database: use the Patchbay that made it, or a new database",
				all[i].name)
		}
	}
	for _, m := range all[len(done):] {
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, m.sql); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `insert into schema_migrations (version, name, checksum) values ($1, $2, $3)`,
				m.version, m.name, m.checksum)
			return err
		}); err != nil {
			return fmt.Errorf("store: migration %s: %w", m.name, err)
		}
	}
	return migrateJobs(ctx, pool, log)
}
