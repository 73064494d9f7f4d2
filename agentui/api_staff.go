package agentui

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"patchbay/acd"
	"patchbay/store"
)

// queuePatch is a queue to add, or what changes of one: the fields that are not nil.
type queuePatch struct {
	Name     *string   `json:"name"`
	Numbers  *[]string `json:"numbers"` // dialled numbers that lead here; "*" is any
	Language *string   `json:"language"`

	Recording     *string `json:"recording"`      // "on", "off" or "ask"
	RetentionDays *int    `json:"retention_days"` // after which what was said is erased; 0: never
	Supervision   *string `json:"supervision"`    // whether agents see who listens or whispers: "shown", "hidden", or "" as the server is set

	Users *[]string `json:"users"` // ids of those who serve it; replaces the whole list
}

// maxLanguage is the longest BCP 47 tag that we keep (RFC 5646 §4.4.1).
const maxLanguage = 35

func postQueue(r *request) (any, error) {
	return r.saveQueue(store.Queue{ID: uuid.NewString(), Numbers: []string{}, Language: "en", Recording: acd.RecordingOn}, "create_queue")
}

func patchQueue(r *request) (any, error) {
	q, err := r.queue()
	if err != nil {
		return nil, err
	}
	return r.saveQueue(q, "update_queue")
}

// queue is the one that the path names.
func (r *request) queue() (store.Queue, error) {
	queues, err := r.srv.cfg.Store.Queues(r.Context())
	if err != nil {
		return store.Queue{}, err
	}
	i := slices.IndexFunc(queues, func(q store.Queue) bool { return q.ID == r.PathValue("id") })
	if i < 0 {
		return store.Queue{}, notFound("queue")
	}
	return queues[i], nil
}

// saveQueue changes q as the body says.
func (r *request) saveQueue(q store.Queue, action string) (any, error) {
	var p queuePatch
	if err := r.body(&p); err != nil {
		return nil, err
	}
	if p.Name != nil {
		q.Name = strings.TrimSpace(*p.Name)
	}
	if p.Language != nil {
		q.Language = *p.Language
	}
	if p.Numbers != nil {
		q.Numbers = r.srv.dialled(*p.Numbers)
	}
	if p.Recording != nil {
		q.Recording = *p.Recording
	}
	if p.RetentionDays != nil {
		q.RetentionDays = *p.RetentionDays
	}
	if p.Supervision != nil {
		q.Supervision = *p.Supervision
	}
	switch {
	case q.Supervision != "" && q.Supervision != acd.SupervisionShown && q.Supervision != acd.SupervisionHidden:
		return nil, badRequest("bad_queue", "supervision is shown, hidden, or empty for what the server is set to.")
	case q.Recording != acd.RecordingOn && q.Recording != acd.RecordingOff && q.Recording != acd.RecordingAsk:
		return nil, badRequest("bad_queue", "recording is on, off or ask.")
	case q.RetentionDays < 0 || q.RetentionDays > maxRetention:
		return nil, badRequest("bad_queue", "retention_days is 0, which is for ever, to 36500.")
	case !validName(q.Name):
		return nil, badRequest("bad_queue", "name has 1 to 200 characters.")
	case !isLanguage(q.Language):
		return nil, badRequest("bad_queue", "language must be a BCP 47 tag, such as en or ja; empty takes the customer's, or finds it out.")
	case len(q.Numbers) > maxNumbers || slices.ContainsFunc(q.Numbers, func(n string) bool { return n == "" || len(n) > 64 }):
		return nil, badRequest("bad_queue", "numbers are at most 100, each of 1 to 64 bytes.")
	}
	if p.Users != nil && len(*p.Users) > maxMembers {
		return nil, badRequest("bad_queue", "users are at most 2000.")
	}
	data := map[string]any{"name": q.Name, "recording": q.Recording, "supervision": q.Supervision, "retention_days": q.RetentionDays}
	save := func() error { return r.srv.cfg.Store.SaveQueue(r.Context(), q) }
	if p.Users != nil {
		data["users"] = strings.Join(*p.Users, ", ")
		save = func() error { return r.srv.cfg.Store.SaveStaffedQueue(r.Context(), q, *p.Users) }
	}
	switch err := save(); {
	case errors.Is(err, store.ErrExists):
		return nil, &problem{Status: http.StatusConflict, Code: "exists", Detail: "Another queue has that name: choose a different one."}
	case errors.Is(err, store.ErrNotFound):
		return nil, badRequest("bad_queue", "One of the users does not exist: read the list again.")
	case err != nil:
		return nil, err
	}
	r.srv.sessions.dropUsers() // who serves it, and its name, say what they may read
	r.srv.audit(r, action, q.ID, data)
	r.srv.configure(r.Context())
	r.srv.tellVocabulary(r.Context()) // it follows a queue's new name
	return q, nil
}

// dialled gives numbers as calls to them are compared: E.164 where they are such.
func (s *Server) dialled(numbers []string) []string {
	out := make([]string, 0, len(numbers))
	for _, n := range numbers {
		n, _ = store.NormalizePhone(n, s.cfg.HomeCountry)
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

const (
	maxQueues  = 100 // of one user
	maxNumbers = 100 // of one queue
	maxMembers = 2000
	// maxRetention is a hundred years, in days.
	maxRetention = 36500
)

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// isLanguage tells a BCP 47 tag; empty stands for none.
func isLanguage(tag string) bool {
	return tag == "" || len(tag) <= maxLanguage && languageTag.MatchString(tag)
}

func validName(name string) bool {
	return strings.TrimSpace(name) != "" && utf8.RuneCountInString(name) <= 200
}

// configure tells the contact centre who works here and which queues there are. What cannot be read now is read at the
// next sweep, which also finds what another program wrote.
func (s *Server) configure(ctx context.Context) {
	s.configuring.Lock() // else the older of two readings could come last
	defer s.configuring.Unlock()
	users, err := s.cfg.Store.Users(ctx)
	var queues []store.Queue
	if err == nil {
		queues, err = s.cfg.Store.Queues(ctx)
	}
	if err != nil {
		s.log.Warn("users and queues not read", "error", err)
		return
	}
	users = slices.DeleteFunc(users, func(u store.User) bool { return u.DisabledAt != nil })
	s.cfg.Center.Configure(users, queues)
	for _, u := range users {
		who := identity{user: u, role: roleOf(u.Role)}
		s.cfg.Hub.limit(u.ID, who.reach())
	}
}

// sweepConfiguration is configure with a bound: a lost database must not hold up the sweep.
func (s *Server) sweepConfiguration(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sessionLookup)
	defer cancel()
	s.configure(ctx)
}
