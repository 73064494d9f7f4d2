package agentui

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"patchbay/store"
)

const (
	sessionIdle     = 12 * time.Hour     // without a request and without an open desk
	sessionLongest  = 7 * 24 * time.Hour // then a password is asked again
	sessionTouch    = time.Minute        // LastSeen is not written more often
	sessionFresh    = 15 * time.Second   // a session that was just looked up is not looked up again
	sessionLookup   = 2 * time.Second    // how long a lost database may hold up one request in sessionFresh
	maxCached       = 4096
	tokenPrefix     = "pb_" // of API tokens, so that scanners of leaked secrets can tell them
	maxUserAgentLen = 200
)

var (
	errNoSession   = errors.New("agentui: no such session")
	errUnavailable = errors.New("agentui: the sessions cannot be read")
)

// tokenHash names a session or API token; the token itself is never stored. A plain SHA-256 is enough: a token has 256 random bits.
type tokenHash [sha256.Size]byte

func (h tokenHash) String() string { return hex.EncodeToString(h[:]) }

func newToken() (token string, hash tokenHash) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails (crypto/rand)
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	return token, sha256.Sum256([]byte(token))
}

// identity is who makes a request.
type identity struct {
	user   store.User
	role   role
	hash   tokenHash
	bearer bool // by an API token
}

// sessions knows who is signed in. Sessions lie in PostgreSQL, by the hash of their token; what was looked up is kept here,
// so that agents in a call stay signed in while the database is lost.
//
// It is not scs, the library kept for this: scs stores one opaque blob per session behind a Find that must answer, so a user's
// sessions could be neither listed nor revoked, and a lost database would sign everybody out in mid-call.
type sessions struct {
	store Store
	log   *slog.Logger
	now   func() time.Time

	mu    sync.Mutex
	cache map[tokenHash]*cached
	drops uint64 // how often something was dropped: what was read before is not kept after
}

type cached struct {
	who       identity
	created   time.Time
	seen      time.Time // last written
	expires   time.Time // zero: never
	checkedAt time.Time
}

func newSessions(st Store, log *slog.Logger, now func() time.Time) *sessions {
	return &sessions{store: st, log: log, now: now, cache: map[tokenHash]*cached{}}
}

// create signs a user in and gives the cookie's token.
func (s *sessions) create(ctx context.Context, user store.User, address netip.Addr, agent string) (token string, hash tokenHash, err error) {
	token, hash = newToken()
	s.mu.Lock()
	drops := s.drops
	s.mu.Unlock()
	now := s.now()
	agent = strings.ToValidUTF8(agent[:min(len(agent), maxUserAgentLen)], "")
	v := store.Session{
		TokenHash: hash[:], UserID: user.ID, CreatedAt: now, LastSeen: now, ExpiresAt: now.Add(sessionIdle),
		Address: address.String(), Agent: agent,
	}
	if err := s.store.CreateSession(ctx, v); err != nil {
		return "", hash, fmt.Errorf("agentui: create session: %w", err)
	}
	s.keep(hash, &cached{
		who:     identity{user: user, role: roleOf(user.Role), hash: hash},
		created: now, seen: now, expires: v.ExpiresAt, checkedAt: now,
	}, drops)
	return token, hash, nil
}

// find says whose token it is: errNoSession where it is nobody's, errUnavailable where that cannot be known.
func (s *sessions) find(ctx context.Context, token string, bearer bool) (identity, error) {
	return s.check(ctx, sha256.Sum256([]byte(token)), bearer)
}

// check is find by the token's hash. It counts as a use of the session.
func (s *sessions) check(ctx context.Context, hash tokenHash, bearer bool) (identity, error) {
	now := s.now()
	s.mu.Lock()
	c, drops := s.cache[hash], s.drops
	var known cached
	if c != nil {
		known = *c
	}
	s.mu.Unlock()
	if c != nil && (known.who.bearer != bearer || !known.expires.IsZero() && !now.Before(known.expires)) {
		return identity{}, errNoSession
	}
	if c != nil && now.Sub(known.checkedAt) < sessionFresh {
		return known.who, nil
	}
	ctx, cancel := context.WithTimeout(ctx, sessionLookup)
	defer cancel()
	found, err := s.load(ctx, hash, bearer)
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.drop(hash)
		return identity{}, errNoSession
	case err != nil && c != nil:
		s.log.Warn("session taken from memory: the database did not answer", "error", err)
		known.checkedAt = now
		s.keep(hash, &known, drops)
		return known.who, nil
	case err != nil:
		return identity{}, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	found.checkedAt = now
	if err := s.touch(ctx, found); errors.Is(err, store.ErrNotFound) { // revoked since it was read
		s.drop(hash)
		return identity{}, errNoSession
	} else if err != nil {
		s.log.Warn("session not extended", "error", err)
	}
	s.keep(hash, found, drops)
	return found.who, nil
}

// load reads a session or API token, and its user, from the database.
func (s *sessions) load(ctx context.Context, hash tokenHash, bearer bool) (*cached, error) {
	c := &cached{who: identity{hash: hash, bearer: bearer}}
	var userID string
	if bearer {
		t, err := s.store.APIToken(ctx, hash[:])
		if err != nil {
			return nil, err
		}
		userID = t.UserID
		if t.LastUsed != nil {
			c.seen = *t.LastUsed
		}
		if t.ExpiresAt != nil {
			c.expires = *t.ExpiresAt
		}
	} else {
		v, err := s.store.Session(ctx, hash[:])
		if err != nil {
			return nil, err
		}
		userID, c.created, c.seen, c.expires = v.UserID, v.CreatedAt, v.LastSeen, v.ExpiresAt
	}
	user, err := s.store.User(ctx, userID)
	if err != nil {
		return nil, err
	}
	if user.DisabledAt != nil {
		return nil, store.ErrNotFound
	}
	c.who.user, c.who.role = user, roleOf(user.Role)
	return c, nil
}

// touch writes that a session or token is in use, now and then, and moves a session's end.
func (s *sessions) touch(ctx context.Context, c *cached) error {
	now := s.now()
	if now.Sub(c.seen) < sessionTouch {
		return nil
	}
	if c.who.bearer {
		if err := s.store.TouchAPIToken(ctx, c.who.hash[:], now); err != nil {
			return err
		}
		c.seen = now
		return nil
	}
	expires := now.Add(sessionIdle)
	if last := c.created.Add(sessionLongest); expires.After(last) {
		expires = last
	}
	if err := s.store.TouchSession(ctx, c.who.hash[:], now, expires); err != nil {
		return err
	}
	c.seen, c.expires = now, expires
	return nil
}

// keep caches what was read when drops was read: a session that was revoked between must not come back to life here.
func (s *sessions) keep(hash tokenHash, c *cached, drops uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drops != drops {
		return
	}
	if len(s.cache) >= maxCached {
		for old := range s.cache { // any: it is looked up again when it comes back
			delete(s.cache, old)
			break
		}
	}
	s.cache[hash] = c
}

func (s *sessions) drop(hash tokenHash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops++
	delete(s.cache, hash)
}

func (s *sessions) dropUser(userID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops++
	for hash, c := range s.cache {
		if c.who.user.ID == userID {
			delete(s.cache, hash)
		}
	}
}

// dropUsers is dropUser of everybody.
func (s *sessions) dropUsers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops++
	clear(s.cache)
}

// cookieName differs between servers on one machine: browsers do not tell ports apart (RFC 6265 §8.5). Over TLS the
// prefix has the browser refuse a cookie that another host or an unsafe page planted.
func (s *Server) cookieName(secure bool) string {
	name := "patchbay_" + s.port()
	if secure {
		return "__Host-" + name
	}
	return name
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	secure := s.secure(r)
	cookie := &http.Cookie{
		Name: s.cookieName(secure), Value: token, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
		MaxAge: int(sessionLongest / time.Second),
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// secure says whether the browser speaks TLS: with us, or with the proxy that the public address names.
func (s *Server) secure(r *http.Request) bool {
	public := s.cfg.PublicURL
	return r.TLS != nil || public != nil && public.Scheme == "https" && strings.EqualFold(public.Host, r.Host)
}

// identify says who makes a request; errNoSession where nobody is signed in.
func (s *Server) identify(r *http.Request) (identity, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(token, tokenPrefix) { // RFC 6750 §2.1
			return identity{}, errNoSession
		}
		return s.sessions.find(r.Context(), token, true)
	}
	cookie, err := r.Cookie(s.cookieName(s.secure(r)))
	if err != nil {
		return identity{}, errNoSession
	}
	return s.sessions.find(r.Context(), cookie.Value, false)
}
