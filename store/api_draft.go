package store

import (
	"context"
	"errors"
	"log/slog"
)

// SeedDemo fills an empty centre; it changes nothing that is there.
func (s *Store) SeedDemo(ctx context.Context, passwordHash string) error { return nil }

type JournalConfig struct {
	Dir      string
	Store    *Store
	Log      *slog.Logger
	OnStatus func(lost bool, err error) // called when the state changes; must not block
}
type Journal struct{}

// NewJournal opens the journal and replays into the database what a former run left.
func NewJournal(cfg JournalConfig) (*Journal, error) { return nil, errors.ErrUnsupported }
func (j *Journal) Run(ctx context.Context) error     { return nil }
func (j *Journal) Close() error                      { return nil }
func (j *Journal) Flush(ctx context.Context) error   { return nil }
func (j *Journal) Lost() bool                        { return false }
func (j *Journal) SaveInteraction(v Interaction)     {}
func (j *Journal) SaveSegment(v Segment)             {}
func (j *Journal) AddEvent(v Event)                  {}
func (j *Journal) SaveLine(v Line)                   {}
