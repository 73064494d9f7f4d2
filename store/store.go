package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
)

// ErrNotFound says that no record has the given id.
var ErrNotFound = errors.New("store: not found")

// ErrExists says that a record with the given id is there already.
var ErrExists = errors.New("store: exists already")

// ErrValue says that a text, number or time is one that the database cannot hold, such as a text with NUL.
var ErrValue = errors.New("store: not a value that can be kept")

// Config of a Store.
type Config struct {
	Log         *slog.Logger
	HomeCountry string // ISO 3166 code for numbers written without a country; "US" where empty
}

// Store reads and writes the records. Its methods may be used by any goroutine.
type Store struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	home string
	jobs *river.Client[pgx.Tx] // puts into the outbox
}

// connectTimeout bounds one attempt to reach the server.
const connectTimeout = 5 * time.Second

// Open connects and brings the schema up to date. The URL is one that libpq understands.
func Open(ctx context.Context, url string, cfg Config) (*Store, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.HomeCountry == "" {
		cfg.HomeCountry = "US"
	}
	pc, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("store: database URL: %w", err) // pgx masks the password
	}
	pc.ConnConfig.ConnectTimeout = connectTimeout
	// Every time is stored as an instant; give it back in UTC whatever the server's zone is.
	pc.ConnConfig.RuntimeParams["timezone"] = "UTC"
	pc.ConnConfig.RuntimeParams["application_name"] = "patchbay"
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("store: connect: %w", err)
	}
	all, err := readMigrations(migrationFiles)
	if err == nil {
		err = migrate(ctx, pool, all, cfg.Log)
	}
	var jobs *river.Client[pgx.Tx]
	if err == nil {
		jobs, err = newJobs(cfg.Log)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Store{pool: pool, log: cfg.Log, home: cfg.HomeCountry, jobs: jobs}, nil
}

// Close ends the connections; it waits for those in use.
func (s *Store) Close() { s.pool.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("store: ping: %w", err)
	}
	return nil
}

// newID gives a UUIDv7, so ids sort by time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// wrap names what failed and turns pgx's errors into ours.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		err = ErrNotFound
	case errors.As(err, &pg) && pg.Code == "23505": // unique_violation
		err = ErrExists
	case errors.As(err, &pg) && strings.HasPrefix(pg.Code, "22"): // data exception
		err = fmt.Errorf("%w: %w", ErrValue, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// one checks that a change met a row.
func one(what string, tag pgconn.CommandTag, err error) error {
	if err == nil && tag.RowsAffected() == 0 {
		err = pgx.ErrNoRows
	}
	return wrap(what, err)
}

// clamp bounds a limit that came from outside: 0 means normal.
func clamp(limit, normal, most int) int {
	if limit <= 0 {
		return normal
	}
	return min(limit, most)
}

// inUTC gives the instant of a nullable time in UTC; pgx gives local time.
func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
