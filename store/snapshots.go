package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Snapshot is a picture that an agent kept of a video help.
type Snapshot struct {
	ID            string    `json:"id"`
	InteractionID string    `json:"interaction_id"`
	Session       string    `json:"session"` // of video help
	At            time.Time `json:"at"`
	By            string    `json:"by"`      // user id
	Type          string    `json:"type"`    // "image/jpeg" or "image/png"
	Width         int       `json:"width"`   // pixels
	Height        int       `json:"height"`  // pixels
	Drawing       bool      `json:"drawing"` // what was drawn is in it
	Key           string    `json:"-"`       // id of the key that the picture is sealed under; "" for none
}

const mostSnapshots = 200 // of a list

const snapshotColumns = `s.id, s.interaction_id, s.session, s.at, s.by_user, s.type, s.width, s.height, s.drawing, s.key`

func scanSnapshot(row pgx.CollectableRow) (Snapshot, error) {
	var p Snapshot
	err := row.Scan(&p.ID, &p.InteractionID, &p.Session, &p.At, &p.By, &p.Type, &p.Width, &p.Height, &p.Drawing, &p.Key)
	p.At = p.At.UTC()
	return p, err
}

// AddSnapshot keeps a picture, sealed by the caller. It gives it the time, and an id where it has none. Erased content takes none: ErrNotFound.
func (s *Store) AddSnapshot(ctx context.Context, p Snapshot, picture []byte) (Snapshot, error) {
	p.At = time.Now().UTC()
	if p.ID == "" {
		p.ID = uuid.Must(uuid.NewV7()).String()
	}
	tag, err := s.pool.Exec(ctx, `insert into snapshots (id, interaction_id, session, at, by_user, type, width, height, drawing, picture, key)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
		where not exists (select 1 from contents where interaction_id = $2 and erased_at is not null)`,
		p.ID, p.InteractionID, p.Session, p.At, p.By, p.Type, p.Width, p.Height, p.Drawing, picture, p.Key)
	return p, one("store: add snapshot", tag, err)
}

// Snapshots lists those of an interaction, or of a customer, newest first, at most 200; of those in the scope.
func (s *Store) Snapshots(ctx context.Context, interactionID, customerID string, scope *Scope) ([]Snapshot, error) {
	const what = "store: snapshots"
	args := []any{interactionID, customerID, mostSnapshots}
	rows, err := s.pool.Query(ctx, `select `+snapshotColumns+` from snapshots s
		where ($1 = '' or s.interaction_id = $1)
		and ($2 = '' or s.interaction_id in (select i.id from interactions i where i.customer_id = $2 and `+scope.holds(&args)+`))
		order by s.at desc, s.id desc limit $3`, args...)
	if err != nil {
		return nil, wrap(what, err)
	}
	out, err := pgx.CollectRows(rows, scanSnapshot)
	return out, wrap(what, err)
}

// SnapshotPicture gives a snapshot with its picture; ErrNotFound where there is none.
func (s *Store) SnapshotPicture(ctx context.Context, id string) (Snapshot, []byte, error) {
	var p Snapshot
	var picture []byte
	err := s.pool.QueryRow(ctx, `select `+snapshotColumns+`, s.picture from snapshots s where s.id = $1`, id).
		Scan(&p.ID, &p.InteractionID, &p.Session, &p.At, &p.By, &p.Type, &p.Width, &p.Height, &p.Drawing, &p.Key, &picture)
	p.At = p.At.UTC()
	return p, picture, wrap("store: snapshot", err)
}

// UnsealedSnapshots gives some pictures that were kept before pictures were sealed.
func (s *Store) UnsealedSnapshots(ctx context.Context, limit int) ([]Snapshot, error) {
	const what = "store: unsealed snapshots"
	rows, err := s.pool.Query(ctx, `select `+snapshotColumns+` from snapshots s where s.key = '' limit $1`, limit)
	if err != nil {
		return nil, wrap(what, err)
	}
	out, err := pgx.CollectRows(rows, scanSnapshot)
	return out, wrap(what, err)
}

// SealSnapshot puts a sealed picture in the place of an open one.
func (s *Store) SealSnapshot(ctx context.Context, id, key string, sealed []byte) error {
	tag, err := s.pool.Exec(ctx, `update snapshots set key = $2, picture = $3 where id = $1 and key = ''`, id, key, sealed)
	return one("store: seal snapshot", tag, err)
}
