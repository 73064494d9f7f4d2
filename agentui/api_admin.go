package agentui

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"patchbay/store"
)

type userList struct {
	Items []store.User `json:"items"`
}

type newUser struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	Language string   `json:"language"`
	Queues   []string `json:"queues"`
	All      *bool    `json:"all_queues"` // of a supervisor: all of them; so where neither is given
	Password string   `json:"password"`   // empty: one is made, and shown this once
}

// createdUser is a new user, with the password where it was made here.
type createdUser struct {
	store.User
	Password string `json:"password,omitempty"`
}

type newPassword struct {
	NewPassword string `json:"new_password"`
}

type sessionList struct {
	Items []session `json:"items"`
}

// session is one as an administrator sees it. The id is the hash of the token: it lets no one in.
type session struct {
	ID string `json:"id"`
	store.Session
}

func getUsers(r *request) (any, error) {
	users, err := r.srv.cfg.Store.Users(r.Context())
	return userList{Items: users}, err
}

var userID = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

func postUser(r *request) (any, error) {
	var v newUser
	if err := r.body(&v); err != nil {
		return nil, err
	}
	supervises := roleOf(v.Role) == roleSupervisor
	all := supervises && v.Queues == nil
	if v.All != nil {
		all = *v.All
	}
	switch {
	case !userID.MatchString(v.ID):
		return nil, badRequest("bad_user", "id has 1 to 64 of a-z, 0-9 and ._@-, and begins with a letter or digit.")
	case !validName(v.Name):
		return nil, badRequest("bad_user", "name has 1 to 200 characters.")
	case roleOf(v.Role) == rolePublic:
		return nil, badRequest("bad_user", "role must be agent, supervisor or admin.")
	case all && !supervises:
		return nil, errAllQueues
	case !isLanguage(v.Language) || len(v.Queues) > maxQueues:
		return nil, badRequest("bad_user", "language must be a tag such as en or ja, or empty; queues are at most 100.")
	}
	out := createdUser{}
	if v.Password == "" {
		out.Password = rand.Text()
		v.Password = out.Password
	}
	if err := checkPassword(v.Password); err != nil {
		return nil, err
	}
	release, err := r.srv.hashSlot(r.Context())
	if err != nil {
		return nil, err
	}
	hash, err := HashPassword(v.Password)
	release()
	if err != nil {
		return nil, err
	}
	user := store.User{ID: v.ID, Name: v.Name, Role: v.Role, Language: v.Language, Queues: v.Queues, AllQueues: all, PasswordHash: hash}
	err = r.srv.cfg.Store.CreateUser(r.Context(), user)
	if errors.Is(err, store.ErrNotFound) {
		return nil, badRequest("bad_user", "One of the queues does not exist.")
	}
	if err != nil {
		return nil, err
	}
	r.srv.audit(r, "create_user", user.ID, map[string]any{"role": user.Role, "queues": strings.Join(user.Queues, ", "), "all_queues": user.AllQueues})
	r.srv.configure(r.Context())
	out.User = user
	return out, nil
}

// user gives the path's user.
func (r *request) user() (store.User, error) {
	id := r.PathValue("id")
	if len(id) > 200 || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
		return store.User{}, notFound("user")
	}
	return r.srv.cfg.Store.User(r.Context(), id)
}

func postUserPassword(r *request) (any, error) {
	user, err := r.user()
	if err != nil {
		return nil, err
	}
	var v newPassword
	if err := r.body(&v); err != nil {
		return nil, err
	}
	return nil, r.srv.changePassword(r, user.ID, v.NewPassword)
}

func getSessions(r *request) (any, error) {
	user, err := r.user()
	if err != nil {
		return nil, err
	}
	found, err := r.srv.cfg.Store.Sessions(r.Context(), user.ID)
	if err != nil {
		return nil, err
	}
	var out sessionList
	for _, v := range found {
		out.Items = append(out.Items, session{ID: hex.EncodeToString(v.TokenHash), Session: v})
	}
	return out, nil
}

func deleteSessions(r *request) (any, error) {
	user, err := r.user()
	if err != nil {
		return nil, err
	}
	if err := r.srv.endSessions(r.Context(), user.ID); err != nil {
		return nil, err
	}
	r.srv.audit(r, "revoke_sessions", user.ID, nil)
	return nil, nil
}

// hash reads the path's id as that of a session or token.
func (r *request) hash(what string) (hash tokenHash, err error) {
	raw, err := hex.DecodeString(r.PathValue("id"))
	if err != nil || len(raw) != len(hash) {
		return hash, notFound(what)
	}
	return tokenHash(raw), nil
}

func deleteSession(r *request) (any, error) {
	hash, err := r.hash("session")
	if err != nil {
		return nil, err
	}
	if _, err := r.srv.cfg.Store.Session(r.Context(), hash[:]); err != nil {
		return nil, err
	}
	if err := r.srv.endSession(r.Context(), hash); err != nil {
		return nil, err
	}
	r.srv.audit(r, "revoke_session", hash.String()[:16], nil)
	return nil, nil
}
