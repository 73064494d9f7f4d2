package agentui

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/media"
	"patchbay/store"
)

const testPassword = "a long password"

// testHash is cheap: it is verified often.
var testHash = sync.OnceValue(func() string {
	hash, err := hashPassword(testPassword, 8, 1)
	if err != nil {
		panic(err)
	}
	return hash
})

var errLost = errors.New("the database is lost")

// fakeStore is a Store in memory that can be lost.
type fakeStore struct {
	mu         sync.Mutex
	lost       bool
	users      map[string]store.User
	sessions   map[string]store.Session
	tokens     map[string]store.APIToken
	audit      []store.AuditEntry
	unaudited  bool // the trail takes nothing
	clients    map[string]store.Customer
	calls      map[string]store.InteractionDetail
	queues     map[string]store.Queue
	vocabulary []store.Vocabulary
	rules      []store.PhraseRule
	masks      []store.MaskRule
	cues       []store.Cues
}

func newFakeStore() *fakeStore {
	f := &fakeStore{
		users: map[string]store.User{}, sessions: map[string]store.Session{}, tokens: map[string]store.APIToken{},
		clients: map[string]store.Customer{}, calls: map[string]store.InteractionDetail{}, queues: map[string]store.Queue{},
	}
	for id, role := range map[string]string{"akiko": "agent", "ben": "agent", "sofia": "supervisor", "admin": "admin"} {
		f.users[id] = store.User{ID: id, Name: id, Role: role, Language: "en", PasswordHash: testHash(), AllQueues: role == "supervisor"}
	}
	return f
}

func (f *fakeStore) lose(lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = lost
}

// get reads from a map as the database does.
func get[T any](f *fakeStore, from map[string]T, key string) (v T, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost {
		return v, errLost
	}
	v, ok := from[key]
	if !ok {
		return v, store.ErrNotFound
	}
	return v, nil
}

func put[T any](f *fakeStore, into map[string]T, key string, v T) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost {
		return errLost
	}
	into[key] = v
	return nil
}

func all[T any](f *fakeStore, from map[string]T, which func(T) bool) (list []T, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost {
		return nil, errLost
	}
	for _, v := range from {
		if which(v) {
			list = append(list, v)
		}
	}
	return list, nil
}

func remove[T any](f *fakeStore, from map[string]T, which func(string, T) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost {
		return errLost
	}
	n := len(from)
	for key, v := range from {
		if which(key, v) {
			delete(from, key)
		}
	}
	if len(from) == n {
		return store.ErrNotFound
	}
	return nil
}

func (f *fakeStore) User(_ context.Context, id string) (store.User, error) {
	return get(f, f.users, id)
}
func (f *fakeStore) Users(context.Context) ([]store.User, error) {
	return all(f, f.users, func(store.User) bool { return true })
}
func (f *fakeStore) CreateUser(_ context.Context, u store.User) error {
	if _, err := get(f, f.users, u.ID); err == nil {
		return store.ErrExists
	}
	return put(f, f.users, u.ID, u)
}
func (f *fakeStore) SetPassword(_ context.Context, id, hash string) error {
	u, err := get(f, f.users, id)
	if err != nil {
		return err
	}
	u.PasswordHash = hash
	return put(f, f.users, id, u)
}
func (f *fakeStore) SetLanguage(_ context.Context, id, language string) error {
	u, err := get(f, f.users, id)
	if err != nil {
		return err
	}
	u.Language = language
	return put(f, f.users, id, u)
}
func (f *fakeStore) AppendAudit(_ context.Context, e store.AuditEntry) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unaudited {
		return errLost
	}
	f.audit = append(f.audit, e)
	return nil
}
func (f *fakeStore) CreateSession(_ context.Context, v store.Session) error {
	return put(f, f.sessions, string(v.TokenHash), v)
}
func (f *fakeStore) Session(_ context.Context, hash []byte) (store.Session, error) {
	return get(f, f.sessions, string(hash))
}
func (f *fakeStore) Sessions(_ context.Context, userID string) ([]store.Session, error) {
	return all(f, f.sessions, func(v store.Session) bool { return v.UserID == userID })
}
func (f *fakeStore) TouchSession(_ context.Context, hash []byte, seen, expires time.Time) error {
	v, err := get(f, f.sessions, string(hash))
	if err != nil {
		return err
	}
	v.LastSeen, v.ExpiresAt = seen, expires
	return put(f, f.sessions, string(hash), v)
}
func (f *fakeStore) RevokeSession(_ context.Context, hash []byte) error {
	return remove(f, f.sessions, func(key string, _ store.Session) bool { return key == string(hash) })
}
func (f *fakeStore) RevokeUserSessions(_ context.Context, userID string) error {
	err := remove(f, f.sessions, func(_ string, v store.Session) bool { return v.UserID == userID })
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
func (f *fakeStore) PurgeSessions(context.Context, time.Time) (int, error) { return 0, nil }
func (f *fakeStore) CreateAPIToken(_ context.Context, t store.APIToken) error {
	return put(f, f.tokens, string(t.TokenHash), t)
}
func (f *fakeStore) APIToken(_ context.Context, hash []byte) (store.APIToken, error) {
	return get(f, f.tokens, string(hash))
}
func (f *fakeStore) DeleteAPIToken(_ context.Context, hash []byte) error {
	return remove(f, f.tokens, func(key string, _ store.APIToken) bool { return key == string(hash) })
}
func (f *fakeStore) CustomerView(_ context.Context, id string) (store.CustomerView, error) {
	c, err := get(f, f.clients, id)
	return store.CustomerView{Customer: c}, err
}
func (f *fakeStore) SearchCustomers(context.Context, string, int) ([]store.Customer, error) {
	return all(f, f.clients, func(store.Customer) bool { return true })
}
func (f *fakeStore) CustomersByPhone(_ context.Context, number string) ([]store.Customer, error) {
	return all(f, f.clients, func(c store.Customer) bool { return len(c.Phones) > 0 && c.Phones[0] == number })
}
func (f *fakeStore) CreateCustomer(_ context.Context, c store.Customer) (store.Customer, error) {
	c.ID = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(f.clients)+1)
	return c, put(f, f.clients, c.ID, c)
}
func (f *fakeStore) UpdateCustomer(_ context.Context, id string, p store.CustomerPatch) (store.Customer, error) {
	c, err := get(f, f.clients, id)
	if err == nil && p.Name != nil {
		c.Name, c.Note, c.Preferences = *p.Name, value(p.Note), value(p.Preferences)
		err = put(f, f.clients, id, c)
	}
	return c, err
}
func (f *fakeStore) Interactions(context.Context, store.InteractionQuery) (store.InteractionPage, error) {
	items, err := all(f, f.calls, func(store.InteractionDetail) bool { return true })
	return store.InteractionPage{Items: items}, err
}
func (f *fakeStore) Interaction(_ context.Context, id string) (store.InteractionDetail, error) {
	return get(f, f.calls, id)
}
func (f *fakeStore) Lines(context.Context, string) ([]store.Line, error) { return nil, nil }
func (f *fakeStore) Search(context.Context, store.Search) (store.FoundPage, error) {
	return store.FoundPage{Items: []store.Found{}}, nil
}
func (f *fakeStore) Events(context.Context, string) ([]store.Event, error) { return nil, nil }
func (f *fakeStore) Queues(context.Context) ([]store.Queue, error) {
	return all(f, f.queues, func(store.Queue) bool { return true })
}
func (f *fakeStore) SaveQueue(_ context.Context, q store.Queue) error {
	return put(f, f.queues, q.ID, q)
}
func (f *fakeStore) UpdateUser(_ context.Context, id string, p store.UserPatch) (store.User, error) {
	u, err := get(f, f.users, id)
	if err != nil {
		return u, err
	}
	if p.Name != nil {
		u.Name = *p.Name
	}
	if p.Queues != nil {
		u.Queues = *p.Queues
	}
	if p.Role != nil {
		u.Role = *p.Role
	}
	if p.AllQueues != nil {
		u.AllQueues = *p.AllQueues
	}
	if p.Disabled != nil {
		u.DisabledAt = nil
		if *p.Disabled {
			now := time.Now()
			u.DisabledAt = &now
		}
	}
	return u, put(f, f.users, id, u)
}
func (f *fakeStore) WrapUpCodes(context.Context) ([]store.WrapUpCode, error) {
	return []store.WrapUpCode{{Code: "solved", Label: map[string]string{"en": "Solved"}}}, nil
}

func (f *fakeStore) Deliveries(context.Context, string) (int, []store.DeliveryState, error) {
	return 1, []store.DeliveryState{{ID: "msg_1", What: "phrase", State: "waiting", Attempts: 3, LastError: "it answered 500"}}, nil
}
func (f *fakeStore) PhraseRules(context.Context) ([]store.PhraseRule, error) { return f.rules, nil }
func (f *fakeStore) ReplacePhraseRules(_ context.Context, list []store.PhraseRule) error {
	f.rules = list
	return nil
}
func (f *fakeStore) Vocabularies(context.Context) ([]store.Vocabulary, error) {
	return f.vocabulary, nil
}
func (f *fakeStore) ReplaceVocabularies(_ context.Context, list []store.Vocabulary) error {
	f.vocabulary = list
	return nil
}

// fakeCenter writes down what it is told.
type fakeCenter struct {
	mu     sync.Mutex
	told   []string
	phone  acd.AgentPhone
	refuse error
	users  []store.User  // of the last Configure
	queues []store.Queue // of the last Configure
	news   chan string   // if not nil: everything told, too
}

func (c *fakeCenter) tell(format string, args ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := fmt.Sprintf(format, args...)
	c.told = append(c.told, told)
	if c.news != nil {
		c.news <- told
	}
	return c.refuse
}

func (c *fakeCenter) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.told) == 0 {
		return ""
	}
	return c.told[len(c.told)-1]
}

func (c *fakeCenter) phoneNow() acd.AgentPhone {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phone
}

func (c *fakeCenter) SetPresence(_ context.Context, agent, presence, reason string) error {
	return c.tell("presence %s %s %s", agent, presence, reason)
}
func (c *fakeCenter) Answer(_ context.Context, agent, id string) error {
	return c.tell("answer %s %s", agent, id)
}
func (c *fakeCenter) Decline(_ context.Context, agent, id string) error {
	return c.tell("decline %s %s", agent, id)
}
func (c *fakeCenter) HangUp(_ context.Context, agent, id string) error {
	return c.tell("hang_up %s %s", agent, id)
}
func (c *fakeCenter) Mute(_ context.Context, agent, id string, on bool) error {
	return c.tell("mute %s %s %t", agent, id, on)
}
func (c *fakeCenter) Hold(_ context.Context, agent, id string, on bool) error {
	return c.tell("hold %s %s %t", agent, id, on)
}
func (c *fakeCenter) Note(_ context.Context, agent, id, text string) error {
	return c.tell("note %s %s %s", agent, id, text)
}
func (c *fakeCenter) WrapUp(_ context.Context, agent, id, code, note string) error {
	return c.tell("wrap_up %s %s %s %s", agent, id, code, note)
}
func (c *fakeCenter) ChooseCustomer(_ context.Context, agent, id, customer string) error {
	return c.tell("choose_customer %s %s %s", agent, id, customer)
}
func (c *fakeCenter) SendDTMF(_ context.Context, user, id, digits string) error {
	return c.tell("dtmf %s %s %s", user, id, digits)
}
func (c *fakeCenter) Transfer(_ context.Context, user, id string, to acd.Target, reason string) error {
	return c.tell("transfer %s %s %s %s %s", user, id, to.Kind, to.ID, reason)
}
func (c *fakeCenter) Consult(_ context.Context, user, id string, to acd.Target, reason string) error {
	return c.tell("consult %s %s %s %s %s", user, id, to.Kind, to.ID, reason)
}
func (c *fakeCenter) ConsultSwap(_ context.Context, user, id string) error {
	return c.tell("consult_swap %s %s", user, id)
}
func (c *fakeCenter) ConsultComplete(_ context.Context, user, id string) error {
	return c.tell("consult_complete %s %s", user, id)
}
func (c *fakeCenter) ConsultReturn(_ context.Context, user, id string) error {
	return c.tell("consult_return %s %s", user, id)
}
func (c *fakeCenter) AddParty(_ context.Context, user, id string, whom acd.Target) error {
	return c.tell("add_party %s %s %s %s", user, id, whom.Kind, whom.ID)
}
func (c *fakeCenter) DropParty(_ context.Context, user, id, party string) error {
	return c.tell("drop_party %s %s %s", user, id, party)
}
func (c *fakeCenter) CallOut(_ context.Context, user, number, customer string) error {
	return c.tell("call_out %s %s %s", user, number, customer)
}
func (c *fakeCenter) RaiseHand(_ context.Context, user, id string, on bool) error {
	return c.tell("raise_hand %s %s %t", user, id, on)
}
func (c *fakeCenter) SetSensitive(_ context.Context, user, id string, on bool) error {
	return c.tell("sensitive %s %s %t", user, id, on)
}
func (c *fakeCenter) ControlRecording(_ context.Context, user, id, action string) error {
	return c.tell("record %s %s %s", user, id, action)
}
func (c *fakeCenter) Supervise(_ context.Context, user, id, mode string) error {
	return c.tell("supervise %s %s %s", user, id, mode)
}
func (c *fakeCenter) Follow(_ context.Context, user, agent string) error {
	return c.tell("follow %s %s", user, agent)
}
func (c *fakeCenter) AttachPhone(agent string, p acd.AgentPhone) {
	_ = c.tell("attach %s %s", agent, p.(*fakePeer).name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phone = p
}
func (c *fakeCenter) DetachPhone(agent string, p acd.AgentPhone) {
	_ = c.tell("detach %s %s", agent, p.(*fakePeer).name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phone == p {
		c.phone = nil
	}
}
func (c *fakeCenter) CustomerChanged(v store.CustomerView) {
	_ = c.tell("customer %s %s", v.ID, v.Name)
}
func (c *fakeCenter) Configure(users []store.User, queues []store.Queue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users, c.queues = users, queues
}
func (c *fakeCenter) SetVocabulary(list []store.Vocabulary) { _ = c.tell("vocabulary %v", list) }
func (c *fakeCenter) SetMasks(rules []acd.MaskPattern)      { _ = c.tell("masks %v", rules) }
func (c *fakeCenter) MaskText(text string, whole bool) string {
	out, _ := (*acd.Masks)(nil).Text(text, whole)
	return out
}
func (c *fakeCenter) SetLegalHold(_ context.Context, id string, on bool) error {
	return c.tell("legal_hold %s %t", id, on)
}
func (c *fakeCenter) SetPhrases(rules []acd.Phrase) { _ = c.tell("phrases %d", len(rules)) }
func (c *fakeCenter) SetCues(list []store.Cues)     { _ = c.tell("cues %d", len(list)) }
func (c *fakeCenter) SetCallLanguage(_ context.Context, user, interaction, leg, language string) error {
	return c.tell("language %s %s %s %s", user, interaction, leg, language)
}
func (c *fakeCenter) OpenItem(_ context.Context, agent, interaction, item string) error {
	return c.tell("open_item %s %s %s", agent, interaction, item)
}
func (c *fakeCenter) Connected(agent string, n int) { _ = c.tell("connected %s %d", agent, n) }

// fakePhones makes peers that a test moves from state to state.
type fakePhones struct {
	mu    sync.Mutex
	peers []*fakePeer
}

func (f *fakePhones) NewPeer(cfg PeerConfig) (Peer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := &fakePeer{name: fmt.Sprintf("peer%d", len(f.peers)+1), cfg: cfg, closed: make(chan struct{})}
	f.peers = append(f.peers, p)
	return p, nil
}

func (f *fakePhones) peer(i int) *fakePeer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.peers[i]
}

type fakePeer struct {
	name   string
	cfg    PeerConfig
	mu     sync.Mutex
	calls  []string
	closed chan struct{}
}

func (p *fakePeer) did(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, what)
}

func (p *fakePeer) Offer(context.Context) (string, error)      { return "offer of " + p.name, nil }
func (p *fakePeer) RestartICE(context.Context) (string, error) { return "restart of " + p.name, nil }
func (p *fakePeer) Answer(sdp string) error {
	if sdp == "bad" {
		return errors.New("bad sdp")
	}
	p.did("answer " + sdp)
	return nil
}
func (p *fakePeer) AddCandidate(c wire.Candidate) error {
	p.did("candidate " + c.Candidate)
	return nil
}
func (p *fakePeer) Close() error                { close(p.closed); return nil } // twice panics
func (p *fakePeer) Reset()                      {}
func (p *fakePeer) ReadFrame(*media.Frame) bool { return false }
func (p *fakePeer) WriteFrame(*media.Frame)     {}

func (p *fakePeer) isClosed() bool {
	select {
	case <-p.closed:
		return true
	default:
		return false
	}
}
