package agentui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"patchbay/store"
)

type login struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

type me struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	Language string   `json:"language"`
	Queues   []string `json:"queues"`
	All      bool     `json:"all_queues"` // of a supervisor
}

type mePatch struct {
	Language *string `json:"language"`
}

type passwordChange struct {
	OldPassword string `json:"old_password"`
	NewPassword string `json:"new_password"`
}

func meOf(u store.User) me {
	return me{ID: u.ID, Name: u.Name, Role: u.Role, Language: u.Language, Queues: u.Queues, All: u.AllQueues}
}

// nobodysHash is verified where the user does not exist, so that the time taken does not tell which users do. It has the
// parameters of HashPassword; no password is known for it.
var nobodysHash = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", argonMemory, argonPasses, argonLanes,
	"MDAwMDAwMDAwMDAwMDAwMA", "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA")

var errWrongPassword = &problem{Status: http.StatusUnauthorized, Code: "wrong_password", Detail: "The user or the password is wrong."}

var errDisabled = &problem{Status: http.StatusForbidden, Code: "disabled", Detail: "This user is disabled. Ask an administrator to enable it."}

func postLogin(r *request) (any, error) {
	s := r.srv
	var v login
	if err := r.body(&v); err != nil {
		return nil, err
	}
	if v.User == "" || v.Password == "" || len(v.User) > 200 || len(v.Password) > maxPassword {
		return nil, badRequest("bad_sign_in", "Give user and password.")
	}
	address := remoteAddr(r.Request)
	if wait, ok := s.logins.take(v.User, address); !ok {
		s.metrics.signIns.WithLabelValues("limited").Inc()
		return nil, &problem{
			Status: http.StatusTooManyRequests, Code: "too_many_sign_ins", RetryAfter: wait,
			Detail: "Too many sign-ins failed. Wait a moment.",
		}
	}
	user, err := s.verify(r.Context(), v.User, v.Password)
	if errors.Is(err, errWrongPassword) {
		s.metrics.signIns.WithLabelValues("refused").Inc()
		s.audit(r, "sign_in_failed", "", nil) // not the name: people type passwords into the wrong field
		return nil, err
	}
	if errors.Is(err, errDisabled) {
		s.metrics.signIns.WithLabelValues("refused").Inc()
		s.audit(r, "sign_in_failed", user.ID, map[string]any{"reason": "disabled"})
	}
	s.logins.succeeded(v.User, address) // a failure of ours is not the person's
	if err != nil {
		return nil, err
	}
	token, hash, err := s.sessions.create(r.Context(), user, address, r.UserAgent())
	if err != nil {
		return nil, err
	}
	s.replaceSession(r)
	s.setCookie(r.w, r.Request, token)
	s.metrics.signIns.WithLabelValues("accepted").Inc()
	r.who = identity{user: user, role: roleOf(user.Role), hash: hash}
	if err := s.cfg.Store.SignedIn(r.Context(), user.ID, s.now()); err != nil {
		s.log.Warn("last sign-in not noted", "user", user.ID, "error", err)
	}
	s.audit(r, "sign_in", user.ID, nil)
	return meOf(user), nil
}

// replaceSession ends the session that a browser had when it signs in again.
func (s *Server) replaceSession(r *request) {
	if old, err := s.identify(r.Request); err == nil && !old.bearer {
		if err := s.endSession(r.Context(), old.hash); err != nil {
			s.log.Warn("old session not ended", "error", err)
		}
	}
}

// verify finds a user by name and password: errWrongPassword where they do not fit.
func (s *Server) verify(ctx context.Context, name, password string) (store.User, error) {
	user, err := s.cfg.Store.User(ctx, name)
	unknown := errors.Is(err, store.ErrNotFound)
	if err != nil && !unknown {
		return user, err
	}
	hash := user.PasswordHash
	if unknown || hash == "" {
		hash = nobodysHash
	}
	release, err := s.hashSlot(ctx)
	if err != nil {
		return user, err
	}
	defer release()
	ok, err := verifyPassword(hash, password)
	if err != nil {
		return user, err
	}
	if !ok || unknown || roleOf(user.Role) == rolePublic {
		return user, errWrongPassword
	}
	if user.DisabledAt != nil { // told to those only who know the password
		return user, errDisabled
	}
	return user, nil
}

// hashSlot waits until a password may be hashed: memory for it is bounded.
func (s *Server) hashSlot(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case s.hashing <- struct{}{}:
		return func() { <-s.hashing }, nil
	case <-ctx.Done():
		return nil, &problem{Status: http.StatusServiceUnavailable, Code: "busy", RetryAfter: 5 * time.Second, Detail: "Too many people sign in at once. Try again in a moment."}
	}
}

func postLogout(r *request) (any, error) {
	if r.who.bearer {
		return nil, badRequest("not_a_session", "An API token is revoked, not signed out.")
	}
	if err := r.srv.endSession(r.Context(), r.who.hash); err != nil {
		return nil, err
	}
	r.srv.setCookie(r.w, r.Request, "")
	r.srv.audit(r, "sign_out", r.who.user.ID, nil)
	return nil, nil
}

// endSession revokes a session or token's cache and closes its sockets, even where the database cannot be told.
func (s *Server) endSession(ctx context.Context, hash tokenHash) error {
	err := s.cfg.Store.RevokeSession(ctx, hash[:])
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err // still signed in: say so rather than pretend
	}
	s.sessions.drop(hash)
	s.signOut(func(who identity) bool { return who.hash == hash })
	return nil
}

// endSessions ends all sessions of a user.
func (s *Server) endSessions(ctx context.Context, userID string) error {
	if err := s.cfg.Store.RevokeUserSessions(ctx, userID); err != nil {
		return err
	}
	s.sessions.dropUser(userID)
	s.signOut(func(who identity) bool { return who.user.ID == userID && !who.bearer })
	return nil
}

func getMe(r *request) (any, error) { return meOf(r.who.user), nil }

func patchMe(r *request) (any, error) {
	var v mePatch
	if err := r.body(&v); err != nil {
		return nil, err
	}
	user := r.who.user
	if v.Language != nil {
		if len(*v.Language) > maxLanguage {
			return nil, badRequest("bad_language", "language must be a BCP 47 tag, such as en or ja.")
		}
		if err := r.srv.cfg.Store.SetLanguage(r.Context(), user.ID, *v.Language); err != nil {
			return nil, err
		}
		user.Language = *v.Language
		r.srv.sessions.dropUser(user.ID) // looked up again with the new language
	}
	return meOf(user), nil
}

func postMyPassword(r *request) (any, error) {
	var v passwordChange
	if err := r.body(&v); err != nil {
		return nil, err
	}
	s, user := r.srv, r.who.user
	address := remoteAddr(r.Request)
	if wait, ok := s.logins.take(user.ID, address); !ok {
		return nil, &problem{Status: http.StatusTooManyRequests, Code: "too_many_sign_ins", RetryAfter: wait, Detail: "Too many wrong passwords. Wait a moment."}
	}
	_, err := s.verify(r.Context(), user.ID, v.OldPassword)
	if errors.Is(err, errWrongPassword) {
		return nil, &problem{Status: http.StatusForbidden, Code: "wrong_password", Detail: "The old password is wrong."}
	}
	s.logins.succeeded(user.ID, address)
	if err != nil {
		return nil, err
	}
	if err := s.changePassword(r, user.ID, v.NewPassword); err != nil {
		return nil, err
	}
	if r.who.bearer {
		return nil, nil
	}
	// This browser stays signed in, with a new token.
	token, _, err := s.sessions.create(r.Context(), user, address, r.UserAgent())
	if err != nil {
		return nil, err
	}
	s.setCookie(r.w, r.Request, token)
	return nil, nil
}

// changePassword sets a password and ends all sessions that were opened with the old one.
func (s *Server) changePassword(r *request, userID, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	release, err := s.hashSlot(r.Context())
	if err != nil {
		return err
	}
	hash, err := HashPassword(password)
	release()
	if err != nil {
		return err
	}
	if err := s.cfg.Store.SetPassword(r.Context(), userID, hash); err != nil {
		return err
	}
	s.audit(r, "change_password", userID, nil)
	return s.endSessions(r.Context(), userID)
}

// checkPassword follows NIST SP 800-63B §5.1.1.2: length matters, composition does not.
func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < minPassword || len(password) > maxPassword || strings.TrimSpace(password) == "" {
		return badRequest("bad_password", fmt.Sprintf("A password has at least %d characters.", minPassword))
	}
	return nil
}

// audit writes down who did what. A lost database does not stop people from working: the entry goes to the log instead.
func (s *Server) audit(r *request, action, object string, data map[string]any) {
	s.auditAs(r.Context(), r.who, remoteAddr(r.Request), action, object, data)
}

func (s *Server) auditAs(ctx context.Context, who identity, from netip.Addr, action, object string, data map[string]any) {
	entry := store.AuditEntry{At: s.now(), Actor: who.user.ID, Action: action, Object: object, Address: from.String(), Data: data}
	if err := s.cfg.Store.AppendAudit(ctx, entry); err != nil {
		s.log.Warn("audit entry not stored", "action", action, "object", object, "actor", entry.Actor, "error", err)
	}
}
