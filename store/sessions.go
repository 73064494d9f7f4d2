package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Session is a sign-in of one browser. The token itself is never stored.
type Session struct {
	TokenHash []byte    `json:"-"` // SHA-256 of the cookie's token
	UserID    string    `json:"user_id"`
	CreatedAt time.Time `json:"created_at"`
	LastSeen  time.Time `json:"last_seen"`
	ExpiresAt time.Time `json:"expires_at"`
	Address   string    `json:"address"`
	Agent     string    `json:"agent"` // User-Agent
}

func scanSession(row pgx.CollectableRow) (Session, error) {
	var v Session
	err := row.Scan(&v.TokenHash, &v.UserID, &v.CreatedAt, &v.LastSeen, &v.ExpiresAt, &v.Address, &v.Agent)
	v.CreatedAt, v.LastSeen, v.ExpiresAt = v.CreatedAt.UTC(), v.LastSeen.UTC(), v.ExpiresAt.UTC()
	return v, err
}

// CreateSession keeps a sign-in.
func (s *Store) CreateSession(ctx context.Context, v Session) error {
	_, err := s.pool.Exec(ctx, `insert into sessions (token_hash, user_id, created_at, last_seen, expires_at, address, agent)
		values ($1, $2, $3, $4, $5, $6, $7)`, v.TokenHash, v.UserID, v.CreatedAt, v.LastSeen, v.ExpiresAt, v.Address, v.Agent)
	return wrap("store: create session", err)
}

// Session gives a session that is neither expired nor revoked, else ErrNotFound.
func (s *Store) Session(ctx context.Context, tokenHash []byte) (Session, error) {
	rows, err := s.pool.Query(ctx, `select token_hash, user_id, created_at, last_seen, expires_at, address, agent
		from sessions where token_hash = $1 and expires_at > now()`, tokenHash)
	if err != nil {
		return Session{}, wrap("store: session", err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scanSession)
	return v, wrap("store: session", err)
}

// Sessions gives a user's sessions that have not expired, the last seen first.
func (s *Store) Sessions(ctx context.Context, userID string) ([]Session, error) {
	rows, err := s.pool.Query(ctx, `select token_hash, user_id, created_at, last_seen, expires_at, address, agent
		from sessions where user_id = $1 and expires_at > now() order by last_seen desc, token_hash`, userID)
	if err != nil {
		return nil, wrap("store: sessions", err)
	}
	all, err := pgx.CollectRows(rows, scanSession)
	return all, wrap("store: sessions", err)
}

// TouchSession notes that a session was seen and when it expires now; ErrNotFound where it was revoked meanwhile.
func (s *Store) TouchSession(ctx context.Context, tokenHash []byte, seen, expires time.Time) error {
	tag, err := s.pool.Exec(ctx, `update sessions set last_seen = $2, expires_at = $3 where token_hash = $1 and expires_at > now()`,
		tokenHash, seen, expires)
	return one("store: touch session", tag, err)
}

// RevokeSession ends a session. One that is gone already is no error.
func (s *Store) RevokeSession(ctx context.Context, tokenHash []byte) error {
	_, err := s.pool.Exec(ctx, `delete from sessions where token_hash = $1`, tokenHash)
	return wrap("store: revoke session", err)
}

// RevokeUserSessions ends all sessions of a user.
func (s *Store) RevokeUserSessions(ctx context.Context, userID string) error {
	_, err := s.pool.Exec(ctx, `delete from sessions where user_id = $1`, userID)
	return wrap("store: revoke sessions", err)
}

// PurgeSessions removes what expired before now, and tells how many that were.
func (s *Store) PurgeSessions(ctx context.Context, now time.Time) (int, error) {
	tag, err := s.pool.Exec(ctx, `delete from sessions where expires_at <= $1`, now)
	return int(tag.RowsAffected()), wrap("store: purge sessions", err)
}

// APIToken lets a program act for a user. The token itself is never stored.
type APIToken struct {
	TokenHash []byte     `json:"-"` // SHA-256
	UserID    string     `json:"user_id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"` // nil: never
	LastUsed  *time.Time `json:"last_used"`  // to the minute; nil: never
	CreatedBy string     `json:"created_by"` // user id; empty where it is not known
}

// CreateAPIToken keeps a token.
func (s *Store) CreateAPIToken(ctx context.Context, t APIToken) error {
	_, err := s.pool.Exec(ctx, `insert into api_tokens (token_hash, user_id, name, created_at, expires_at, created_by) values ($1, $2, $3, $4, $5, $6)`,
		t.TokenHash, t.UserID, t.Name, t.CreatedAt, t.ExpiresAt, t.CreatedBy)
	return wrap("store: create API token", err)
}

// APIToken gives a token that is not expired, else ErrNotFound.
func (s *Store) APIToken(ctx context.Context, tokenHash []byte) (APIToken, error) {
	rows, err := s.pool.Query(ctx, `select token_hash, user_id, name, created_at, expires_at, last_used, created_by from api_tokens
		where token_hash = $1 and (expires_at is null or expires_at > now())`, tokenHash)
	if err != nil {
		return APIToken{}, wrap("store: API token", err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[APIToken])
	return t.inUTC(), wrap("store: API token", err)
}

func (t APIToken) inUTC() APIToken {
	t.CreatedAt, t.ExpiresAt, t.LastUsed = t.CreatedAt.UTC(), inUTC(t.ExpiresAt), inUTC(t.LastUsed)
	return t
}

// APITokens gives all tokens, also expired ones, the newest first.
func (s *Store) APITokens(ctx context.Context) ([]APIToken, error) {
	rows, err := s.pool.Query(ctx, `select token_hash, user_id, name, created_at, expires_at, last_used, created_by from api_tokens
		order by created_at desc, token_hash`)
	if err != nil {
		return nil, wrap("store: API tokens", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[APIToken])
	for i := range all {
		all[i] = all[i].inUTC()
	}
	return all, wrap("store: API tokens", err)
}

// TouchAPIToken notes that a token was used; ErrNotFound where it was revoked meanwhile.
func (s *Store) TouchAPIToken(ctx context.Context, tokenHash []byte, used time.Time) error {
	tag, err := s.pool.Exec(ctx, `update api_tokens set last_used = $2 where token_hash = $1`, tokenHash, used)
	return one("store: touch API token", tag, err)
}

// DeleteAPIToken ends a token. One that is gone already is no error.
func (s *Store) DeleteAPIToken(ctx context.Context, tokenHash []byte) error {
	_, err := s.pool.Exec(ctx, `delete from api_tokens where token_hash = $1`, tokenHash)
	return wrap("store: delete API token", err)
}
