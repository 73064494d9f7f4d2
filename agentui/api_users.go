package agentui

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"patchbay/store"
)

// errLastAdmin: somebody must be able to give the role back.
var errLastAdmin = &problem{Status: http.StatusConflict, Code: "last_admin",
	Detail: "This is the last administrator. Make somebody else an administrator first."}

// errAllQueues: agents serve the queues that are named, and administrators see everything anyway.
var errAllQueues = badRequest("bad_user", "all_queues is a right of supervisors: name an agent's queues in queues.")

func errYourself(what string) *problem {
	return &problem{Status: http.StatusConflict, Code: "yourself", Detail: "You cannot " + what + " yourself. Ask another administrator."}
}

// deletion is what became of a user who was to be deleted.
type deletion struct {
	Removed bool `json:"removed"` // false: disabled, since the record names the user
}

type shownPassword struct {
	Password string `json:"password"` // shown this once
}

func patchUser(r *request) (any, error) {
	user, err := r.user()
	if err != nil {
		return nil, err
	}
	var p store.UserPatch
	if err := r.body(&p); err != nil {
		return nil, err
	}
	if err := r.checkPatch(user, &p); err != nil {
		return nil, err
	}
	after, err := r.srv.cfg.Store.UpdateUser(r.Context(), user.ID, p)
	switch {
	case errors.Is(err, store.ErrLastAdmin):
		return nil, errLastAdmin
	case errors.Is(err, store.ErrNotFound):
		return nil, badRequest("bad_user", "One of the queues does not exist.")
	case err != nil:
		return nil, err
	}
	r.srv.sessions.dropUser(user.ID) // looked up again with what changed
	if after.Role != user.Role || after.DisabledAt != nil {
		r.srv.forgetUser(r, user.ID)
	}
	r.srv.audit(r, "update_user", user.ID, changesOf(user, after))
	r.srv.configure(r.Context())
	return after, nil
}

func (r *request) checkPatch(user store.User, p *store.UserPatch) error {
	if p.Name != nil {
		*p.Name = strings.TrimSpace(*p.Name)
	}
	role := user.Role
	if p.Role != nil {
		role = *p.Role
	}
	switch mine := user.ID == r.who.user.ID; {
	case p.Name != nil && !validName(*p.Name):
		return badRequest("bad_user", "name has 1 to 200 characters.")
	case p.Role != nil && roleOf(*p.Role) == rolePublic:
		return badRequest("bad_user", "role must be agent, supervisor or admin.")
	case p.Language != nil && !isLanguage(*p.Language):
		return badRequest("bad_user", "language must be a tag such as en or ja, or empty for the browser's.")
	case p.Queues != nil && len(*p.Queues) > maxQueues:
		return badRequest("bad_user", "queues are too many.")
	case p.AllQueues != nil && *p.AllQueues && roleOf(role) != roleSupervisor:
		return errAllQueues
	case mine && p.Role != nil && *p.Role != user.Role:
		return errYourself("change the role of")
	case mine && p.Disabled != nil && *p.Disabled:
		return errYourself("disable")
	}
	return nil
}

// changesOf names what an administrator changed, for the audit trail.
func changesOf(before, after store.User) map[string]any {
	data := map[string]any{}
	if before.Name != after.Name {
		data["name"] = after.Name
	}
	if before.Role != after.Role {
		data["role"], data["role_before"] = after.Role, before.Role
	}
	if before.Language != after.Language {
		data["language"] = after.Language
	}
	if was, is := strings.Join(before.Queues, ", "), strings.Join(after.Queues, ", "); was != is {
		data["queues"], data["queues_before"] = is, was
	}
	if before.AllQueues != after.AllQueues {
		data["all_queues"] = after.AllQueues
	}
	if (before.DisabledAt == nil) != (after.DisabledAt == nil) {
		data["disabled"] = after.DisabledAt != nil
	}
	return data
}

// forgetUser closes all that a user has open, by session or token: the next request is looked up anew.
func (s *Server) forgetUser(r *request, id string) {
	if err := s.endSessions(r.Context(), id); err != nil {
		s.log.Warn("sessions not ended", "user", id, "error", err)
	}
	s.signOut(func(who identity) bool { return who.user.ID == id })
}

func deleteUser(r *request) (any, error) {
	user, err := r.user()
	if err != nil {
		return nil, err
	}
	if user.ID == r.who.user.ID {
		return nil, errYourself("delete")
	}
	removed, err := r.srv.cfg.Store.DeleteUser(r.Context(), user.ID)
	switch {
	case errors.Is(err, store.ErrLastAdmin):
		return nil, errLastAdmin
	case err != nil:
		return nil, err
	}
	r.srv.sessions.dropUser(user.ID)
	r.srv.signOut(func(who identity) bool { return who.user.ID == user.ID })
	r.srv.audit(r, "delete_user", user.ID, map[string]any{"name": user.Name, "removed": removed})
	r.srv.configure(r.Context())
	return deletion{Removed: removed}, nil
}

// postPasswordReset gives a user a password that is made here, and shows it once.
func postPasswordReset(r *request) (any, error) {
	user, err := r.user()
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := r.srv.changePassword(r, user.ID, password); err != nil {
		return nil, err
	}
	return shownPassword{password}, nil
}

// staffStore is what administrators change of users, queues and codes.
type staffStore interface {
	DeleteUser(ctx context.Context, id string) (removed bool, err error)
	SaveStaffedQueue(ctx context.Context, q store.Queue, users []string) error
	DeleteQueue(ctx context.Context, id string) error
	ReplaceWrapUpCodes(ctx context.Context, list []store.WrapUpCode) error
}

func deleteQueue(r *request) (any, error) {
	q, err := r.queue()
	if err != nil {
		return nil, err
	}
	err = r.srv.cfg.Store.DeleteQueue(r.Context(), q.ID)
	if errors.Is(err, store.ErrInUse) {
		return nil, &problem{Status: http.StatusConflict, Code: "in_use",
			Detail: "Calls came through this queue, and their retention goes by it. Rename it, or take its numbers away so that no more come."}
	}
	if err != nil {
		return nil, err
	}
	r.srv.sessions.dropUsers()
	r.srv.audit(r, "delete_queue", q.ID, map[string]any{"name": q.Name})
	r.srv.configure(r.Context())
	return nil, nil
}
