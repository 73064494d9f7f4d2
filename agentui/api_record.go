package agentui

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"patchbay/acd"
	"patchbay/store"
)

type health struct {
	Status string `json:"status"`
}

type readiness struct {
	Status        string `json:"status"`        // "ready"
	Transcription string `json:"transcription"` // "ready", "loading" or "off"
}

type transcript struct {
	Lines []transcriptLine `json:"lines"`
	Marks []transcriptMark `json:"marks"` // holds, pauses, sensitive stretches, transfers, supervisors who took part
}

type transcriptLine struct {
	ID      string       `json:"id"`
	Speaker string       `json:"speaker"` // "customer", "agent" or "supervisor"
	Leg     string       `json:"leg"`
	Name    string       `json:"name"`     // of whose leg it is; empty for the customer
	StartMS int64        `json:"start_ms"` // from the customer's 200 OK
	EndMS   int64        `json:"end_ms"`
	Text    string       `json:"text"`
	Spoken  string       `json:"spoken"`
	Words   []store.Word `json:"words"`
	// Translation is what it means in English, by the recogniser; missing where there is none.
	Translation string `json:"translation,omitempty"`
}

type timeline struct {
	Events []store.Event `json:"events"`
}

type customers struct {
	Items []store.Customer `json:"items"`
}

type agentList struct {
	Items []acd.AgentState `json:"items"`
}

type queueList struct {
	Items []store.Queue `json:"items"`
}

type codeList struct {
	Items []store.WrapUpCode `json:"items"`
}

func getHealth(*request) (any, error) { return health{Status: "ok"}, nil }

func getReady(r *request) (any, error) {
	if ready := r.srv.cfg.Ready; ready != nil {
		if err := ready(); err != nil {
			return nil, &problem{Status: http.StatusServiceUnavailable, Code: "starting", Detail: err.Error(), RetryAfter: time.Second}
		}
	}
	return readiness{Status: "ready", Transcription: r.srv.cfg.Hub.systemNow().Transcription}, nil
}

// sessionState answers a page that asks whether to show the sign-in: that nobody is signed in is no error.
type sessionState struct {
	SignedIn bool `json:"signed_in"`
}

func getSession(r *request) (any, error) {
	_, err := r.srv.identify(r.Request)
	if err != nil && !errors.Is(err, errNoSession) {
		return nil, asProblem(err)
	}
	return sessionState{SignedIn: err == nil}, nil
}

func getWebSocket(r *request) (any, error) {
	hello, err := helloOf(r.URL.Query())
	if err != nil {
		return nil, err
	}
	r.srv.serveWebSocket(r.w, r.Request, r.who, hello)
	return nil, errAnswered
}

// id reads the path's id; what cannot be one names nothing.
func (r *request) id(what string) (string, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return "", notFound(what)
	}
	return id.String(), nil
}

// number reads a number of the query.
func (r *request) number(name string, least, most, missing int64) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, badRequest("bad_query", name+" must be a number from "+strconv.FormatInt(least, 10)+" to "+strconv.FormatInt(most, 10)+".")
	}
	return n, nil
}

func getInteractions(r *request) (any, error) {
	query := r.URL.Query()
	q := store.InteractionQuery{From: unescapedPlus(query.Get("from")), State: query.Get("state"), Cursor: query.Get("cursor")}
	if e164, ok := store.NormalizePhone(q.From, r.srv.cfg.HomeCountry); ok {
		q.From = e164
	}
	switch q.State {
	case "", "waiting", "offered", "active", "wrap_up", "ended":
	default:
		return nil, badRequest("bad_query", "state must be waiting, offered, active, wrap_up or ended.")
	}
	var err error
	if q.Since, err = r.time("since"); err != nil {
		return nil, err
	}
	limit, err := r.number("limit", 1, 200, 50)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Scope = int(limit), r.scope()
	return r.srv.cfg.Store.Interactions(r.Context(), q)
}

// time gives a query's RFC 3339 time, zero where it is missing.
func (r *request) time(name string) (time.Time, error) {
	text := strings.ReplaceAll(r.URL.Query().Get(name), " ", "+") // of a zone, as in unescapedPlus
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, badRequest("bad_query", name+" must be an RFC 3339 time, such as 2026-11-22T09:30:00Z.")
	}
	return at, nil
}

func getInteraction(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	return r.reviewed(detail)
}

func getTranscript(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	id := detail.ID
	lines, err := r.srv.cfg.Store.Lines(r.Context(), id)
	if err != nil {
		return nil, err
	}
	var out transcript
	for _, l := range lines {
		out.Lines = append(out.Lines, transcriptLine{
			ID: l.ID, Speaker: l.Speaker, Leg: l.Leg, Name: l.Name, StartMS: l.StartMS, EndMS: l.EndMS, Text: l.Text, Spoken: l.Spoken, Words: l.Words, Translation: l.Translation,
		})
	}
	events, err := r.events(r.Context(), id)
	if err != nil {
		return nil, err
	}
	out.Marks, err = r.marks(detail, events)
	return out, err
}

func getTimeline(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	id := detail.ID
	events, err := r.events(r.Context(), id)
	return timeline{Events: events}, err
}

func getCustomers(r *request) (any, error) {
	const most = 50
	var out customers
	var err error
	phone, q := r.URL.Query().Get("phone"), strings.TrimSpace(r.URL.Query().Get("q"))
	switch {
	case len(phone) > 200 || len(q) > 200:
		return nil, badRequest("bad_query", "phone and q have at most 200 bytes.")
	case phone != "" && q != "":
		return nil, badRequest("bad_query", "Give phone or q, not both.")
	case phone != "":
		out.Items, err = r.srv.cfg.Store.CustomersByPhone(r.Context(), unescapedPlus(phone))
	default:
		out.Items, err = r.srv.cfg.Store.SearchCustomers(r.Context(), q, most)
	}
	return out, err
}

// unescapedPlus mends a number of a query: a + that was not escaped arrives as a space.
func unescapedPlus(number string) string {
	if strings.HasPrefix(number, " ") {
		return "+" + strings.TrimSpace(number)
	}
	return number
}

func postCustomer(r *request) (any, error) {
	var p store.CustomerPatch
	if err := r.body(&p); err != nil {
		return nil, err
	}
	if err := checkCustomer(p); err != nil {
		return nil, err
	}
	if p.Name == nil {
		return nil, badRequest("bad_customer", "A customer has a name.")
	}
	r.maskCustomer(&p)
	c, err := r.srv.cfg.Store.CreateCustomer(r.Context(), store.Customer{
		Name: value(p.Name), Organisation: value(p.Organisation), Town: value(p.Town), Tier: value(p.Tier), Language: value(p.Language),
		Phones: value(p.Phones), Emails: value(p.Emails), Preferences: value(p.Preferences), Note: value(p.Note),
		Orders: value(p.Orders), Cases: value(p.Cases),
	})
	if err != nil {
		return nil, err
	}
	r.srv.audit(r, "create_customer", c.ID, nil)
	return c, nil
}

func getCustomer(r *request) (any, error) {
	id, err := r.id("customer")
	if err != nil {
		return nil, err
	}
	view, err := r.srv.cfg.Store.CustomerView(r.Context(), id)
	if err == nil {
		r.srv.auditOnce(r, "see_customer", id)
	}
	return view, err
}

func patchCustomer(r *request) (any, error) {
	id, err := r.id("customer")
	if err != nil {
		return nil, err
	}
	var p store.CustomerPatch
	if err := r.body(&p); err != nil {
		return nil, err
	}
	if err := checkCustomer(p); err != nil {
		return nil, err
	}
	r.maskCustomer(&p)
	c, err := r.srv.cfg.Store.UpdateCustomer(r.Context(), id, p)
	if err != nil {
		return nil, err
	}
	r.srv.audit(r, "update_customer", id, nil)
	if view, err := r.srv.cfg.Store.CustomerView(r.Context(), id); err != nil {
		r.srv.log.Warn("changed customer not shown", "customer", id, "error", err)
	} else {
		r.srv.cfg.Center.CustomerChanged(view)
	}
	return c, nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// emailAddress tells an address from a slip of the keyboard; who has it, only a letter can tell.
var emailAddress = regexp.MustCompile(`^[^\s@]+@[^\s@]+$`)

// checkCustomer bounds what a record may hold, and says which field is wrong.
func checkCustomer(p store.CustomerPatch) error {
	const line, text, items = 200, 5000, 100 // characters, characters, entries of a list
	if p.Name != nil && strings.TrimSpace(*p.Name) == "" {
		return badRequest("bad_customer", "A customer has a name.")
	}
	fields := []struct {
		name string
		v    *string
		most int
	}{
		{"name", p.Name, line}, {"organisation", p.Organisation, line}, {"town", p.Town, line}, {"tier", p.Tier, line},
		{"language", p.Language, 35}, {"preferences", p.Preferences, text}, {"note", p.Note, text},
	}
	for _, f := range fields {
		if f.v != nil && (utf8.RuneCountInString(*f.v) > f.most || strings.ContainsRune(*f.v, 0)) {
			return badRequest("bad_customer", f.name+" has at most "+strconv.Itoa(f.most)+" characters, and none of value 0.")
		}
	}
	if !isLanguage(value(p.Language)) {
		return badRequest("bad_customer", "language must be a tag such as en or ja, or empty.")
	}
	for _, e := range value(p.Emails) {
		if !emailAddress.MatchString(strings.TrimSpace(e)) {
			return badRequest("bad_customer", "An e-mail address looks like name@example.com.")
		}
	}
	for _, at := range timesOf(p) {
		if y := at.UTC().Year(); !at.IsZero() && (y < 1900 || y > 9000) {
			return badRequest("bad_customer", "A time lies between the years 1900 and 9000.")
		}
	}
	lists := []struct {
		name   string
		values []string
		count  int
	}{
		{"phones", value(p.Phones), len(value(p.Phones))}, {"emails", value(p.Emails), len(value(p.Emails))},
	}
	var titles []string
	for _, o := range value(p.Orders) {
		titles = append(titles, o.Title, o.Status, o.Number, o.Amount)
	}
	lists = append(lists, struct {
		name   string
		values []string
		count  int
	}{"orders", titles, len(value(p.Orders))})
	titles = nil
	for _, c := range value(p.Cases) {
		titles = append(titles, c.Title, c.Status)
	}
	lists = append(lists, struct {
		name   string
		values []string
		count  int
	}{"cases", titles, len(value(p.Cases))})
	for _, l := range lists {
		if l.count > items {
			return badRequest("bad_customer", l.name+" has at most "+strconv.Itoa(items)+" entries.")
		}
		for _, v := range l.values {
			if utf8.RuneCountInString(v) > line || strings.ContainsRune(v, 0) {
				return badRequest("bad_customer", "An entry of "+l.name+" has at most "+strconv.Itoa(line)+" characters, and none of value 0.")
			}
		}
	}
	return nil
}

// maskCustomer takes card numbers and the like out of what is written freely, as out of every other note.
func (r *request) maskCustomer(p *store.CustomerPatch) {
	for _, text := range []*string{p.Note, p.Preferences} {
		if text != nil {
			*text = r.srv.cfg.Center.MaskText(*text, true)
		}
	}
}

// timesOf gives the times of a patch; PostgreSQL and JSON do not agree about those before and after four-digit years.
func timesOf(p store.CustomerPatch) (times []time.Time) {
	for _, o := range value(p.Orders) {
		times = append(times, o.PlacedAt, value(o.DueAt))
	}
	for _, c := range value(p.Cases) {
		times = append(times, c.OpenedAt)
	}
	return times
}

func getAgents(r *request) (any, error) {
	users, err := r.srv.cfg.Store.Users(r.Context())
	if err != nil {
		return nil, err
	}
	states := r.srv.cfg.Hub.agentsNow()
	var out agentList
	for _, u := range users {
		if roleOf(u.Role) != roleAgent || u.DisabledAt != nil {
			continue
		}
		state, ok := states[u.ID]
		if !ok {
			state = acd.AgentState{ID: u.ID, Name: u.Name, Presence: "offline", Activity: "idle", Queues: u.Queues}
		}
		out.Items = append(out.Items, state)
	}
	return out, nil
}

func getQueues(r *request) (any, error) {
	queues, err := r.srv.cfg.Store.Queues(r.Context())
	return queueList{Items: queues}, err
}

func getWrapUpCodes(r *request) (any, error) {
	codes, err := r.srv.cfg.Store.WrapUpCodes(r.Context())
	return codeList{Items: codes}, err
}
