package store

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

var ErrNotFound = errors.New("store: not found")
var ErrExists = errors.New("store: exists already")

type PrivateConfig struct {
	DataDir string
	Log     *slog.Logger
}
type Private struct{}

func StartPrivate(ctx context.Context, cfg PrivateConfig) (*Private, error) {
	return nil, errors.ErrUnsupported
}
func (p *Private) URL() string           { return "" }
func (p *Private) Stop() error           { return nil }
func (p *Private) Done() <-chan struct{} { return nil }

type Config struct {
	Log         *slog.Logger
	HomeCountry string // ISO 3166, of numbers written without a country; "US" where empty
}
type Store struct{}

func Open(ctx context.Context, url string, cfg Config) (*Store, error) {
	return nil, errors.ErrUnsupported
}
func (s *Store) Close()                         {}
func (s *Store) Ping(ctx context.Context) error { return nil }

// CustomerPatch changes the fields that are not nil.
type CustomerPatch struct {
	Name         *string   `json:"name"`
	Organisation *string   `json:"organisation"`
	Town         *string   `json:"town"`
	Tier         *string   `json:"tier"`
	Language     *string   `json:"language"`
	Phones       *[]string `json:"phones"`
	Emails       *[]string `json:"emails"`
	Preferences  *string   `json:"preferences"`
	Note         *string   `json:"note"`
	Orders       *[]Order  `json:"orders"`
	Cases        *[]Case   `json:"cases"`
}

func (s *Store) Customer(ctx context.Context, id string) (Customer, error) {
	return Customer{}, ErrNotFound
}
func (s *Store) CustomerView(ctx context.Context, id string) (CustomerView, error) {
	return CustomerView{}, ErrNotFound
}
func (s *Store) SearchCustomers(ctx context.Context, q string, limit int) ([]Customer, error) {
	return nil, nil
}
func (s *Store) CustomersByPhone(ctx context.Context, number string) ([]Customer, error) {
	return nil, nil
}
func (s *Store) CreateCustomer(ctx context.Context, c Customer) (Customer, error) { return c, nil }
func (s *Store) UpdateCustomer(ctx context.Context, id string, p CustomerPatch) (Customer, error) {
	return Customer{}, ErrNotFound
}

func NormalizePhone(raw, homeCountry string) (e164 string, ok bool) { return raw, false }

func (s *Store) User(ctx context.Context, id string) (User, error)          { return User{}, ErrNotFound }
func (s *Store) Users(ctx context.Context) ([]User, error)                  { return nil, nil }
func (s *Store) CreateUser(ctx context.Context, u User) error               { return nil }
func (s *Store) SetPassword(ctx context.Context, id, hash string) error     { return nil }
func (s *Store) SetLanguage(ctx context.Context, id, language string) error { return nil }
func (s *Store) Queues(ctx context.Context) ([]Queue, error)                { return nil, nil }
func (s *Store) SaveQueue(ctx context.Context, q Queue) error               { return nil }
func (s *Store) WrapUpCodes(ctx context.Context) ([]WrapUpCode, error)      { return nil, nil }

// InteractionQuery selects interactions; zero fields select all.
type InteractionQuery struct {
	From   string
	Since  time.Time
	State  string
	Cursor string // InteractionPage.NextCursor of the page before
	Limit  int    // 1…200; 50 where 0
}

// CustomerRef names a customer.
type CustomerRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// InteractionDetail is an interaction with who took part.
type InteractionDetail struct {
	Interaction
	Customer *CustomerRef `json:"customer"`
	Agents   []string     `json:"agents"` // names, in the order of their segments
}

// InteractionPage is one page, newest first.
type InteractionPage struct {
	Items      []InteractionDetail `json:"items"`
	NextCursor string              `json:"next_cursor"` // empty on the last page
}

func (s *Store) Interactions(ctx context.Context, q InteractionQuery) (InteractionPage, error) {
	return InteractionPage{}, nil
}
func (s *Store) Interaction(ctx context.Context, id string) (InteractionDetail, error) {
	return InteractionDetail{}, ErrNotFound
}
func (s *Store) RecentInteractions(ctx context.Context, agentID string, limit int) ([]Interaction, error) {
	return nil, nil
}
func (s *Store) Lines(ctx context.Context, interactionID string) ([]Line, error)   { return nil, nil }
func (s *Store) Events(ctx context.Context, interactionID string) ([]Event, error) { return nil, nil }
func (s *Store) CloseInterrupted(ctx context.Context) (int, error)                 { return 0, nil }

// AuditEntry is one row of the audit trail.
type AuditEntry struct {
	ID      int64          `json:"id"`
	At      time.Time      `json:"at"`
	Actor   string         `json:"actor"`
	Action  string         `json:"action"` // such as "sign_in", "choose_customer", "whisper"
	Object  string         `json:"object"` // what it was done to, such as an interaction's id
	Address string         `json:"address"`
	Data    map[string]any `json:"data,omitempty"`
}

func (s *Store) AppendAudit(ctx context.Context, e AuditEntry) error { return nil }

// Audit gives entries newest first, those with an id below before (0: from the newest).
func (s *Store) Audit(ctx context.Context, before int64, limit int) ([]AuditEntry, error) {
	return nil, nil
}

// Session is a sign-in of one browser.
type Session struct {
	TokenHash []byte    `json:"-"` // SHA-256 of the cookie's token
	UserID    string    `json:"user_id"`
	CreatedAt time.Time `json:"created_at"`
	LastSeen  time.Time `json:"last_seen"`
	ExpiresAt time.Time `json:"expires_at"`
	Address   string    `json:"address"`
	Agent     string    `json:"agent"` // User-Agent
}

func (s *Store) CreateSession(ctx context.Context, v Session) error { return nil }

// Session gives a session that is neither expired nor revoked, else ErrNotFound.
func (s *Store) Session(ctx context.Context, tokenHash []byte) (Session, error) {
	return Session{}, ErrNotFound
}
func (s *Store) Sessions(ctx context.Context, userID string) ([]Session, error) { return nil, nil }
func (s *Store) TouchSession(ctx context.Context, tokenHash []byte, seen, expires time.Time) error {
	return nil
}
func (s *Store) RevokeSession(ctx context.Context, tokenHash []byte) error     { return nil }
func (s *Store) RevokeUserSessions(ctx context.Context, userID string) error   { return nil }
func (s *Store) PurgeSessions(ctx context.Context, now time.Time) (int, error) { return 0, nil }

// APIToken lets a program act for a user.
type APIToken struct {
	TokenHash []byte     `json:"-"` // SHA-256
	UserID    string     `json:"user_id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func (s *Store) CreateAPIToken(ctx context.Context, t APIToken) error { return nil }

// APIToken gives a token that is not expired, else ErrNotFound.
func (s *Store) APIToken(ctx context.Context, tokenHash []byte) (APIToken, error) {
	return APIToken{}, ErrNotFound
}
func (s *Store) DeleteAPIToken(ctx context.Context, tokenHash []byte) error { return nil }

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
