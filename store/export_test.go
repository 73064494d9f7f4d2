package store

import (
	"context"
	"io/fs"
	"log/slog"
	"testing"
	"unicode/utf16"

	"github.com/jackc/pgx/v5/pgxpool"
)

// What the tests, which stand outside of the package because pgtest imports it, need of the inside.

type SegmentFile = segmentFile

var (
	CreateSegment = createSegment
	FindBinaries  = findBinaries
	BinaryDirs    = binaryDirs
)

const (
	MostMemory   = mostMemory
	SpentSegment = spentSegment
)

// WithCreate makes a journal write into files of the test's own.
func (c JournalConfig) WithCreate(create func(path string) (SegmentFile, error)) JournalConfig {
	c.create = create
	return c
}

// CheckMigrations reads migrations as Open does.
func CheckMigrations(files fs.FS) error {
	_, err := readMigrations(files)
	return err
}

// MigrateTo brings a database to the schema of an earlier release: up to that migration.
func MigrateTo(ctx context.Context, pool *pgxpool.Pool, version int) error {
	all, err := readMigrations(migrationFiles)
	if err != nil {
		return err
	}
	return migrate(ctx, pool, all[:version], slog.New(slog.DiscardHandler))
}

// Pool is the database behind a Store.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// SearchIn looks for words in one text, and checks that what it finds lies in it, in order.
func SearchIn(t *testing.T, words, text string) {
	list, err := terms(words)
	if err != nil {
		return
	}
	last, end := 0, len(utf16.Encode([]rune(text)))
	for _, r := range ranges(text, list) {
		if r[0] < last || r[1] <= r[0] || r[1] > end {
			t.Fatalf("%v of %q in %q", r, words, text)
		}
		last = r[1]
	}
}
