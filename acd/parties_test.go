package acd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/store"
)

// More voices: every sum of them and of the others is another number.
const (
	benSays    = 5500
	sofiaSays  = 12000
	numberSays = 350
)

// outgoing is a call that a test's dialer placed; the test moves it from step to step.
type outgoing struct {
	ear
	to, from string
	steps    chan DialProgress
	done     chan struct{}
	once     sync.Once
	keys     string
	digits   chan rune // that the far end presses
}

func (o *outgoing) Digits() <-chan rune { return o.digits }

func (o *outgoing) ID() string                    { return "out-" + o.to }
func (o *outgoing) HangUp()                       { o.once.Do(func() { close(o.done) }) }
func (o *outgoing) Done() <-chan struct{}         { return o.done }
func (o *outgoing) Progress() <-chan DialProgress { return o.steps }
func (o *outgoing) SendDTMF(digits string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys += digits
	return nil
}

func (o *outgoing) answer() {
	o.steps <- DialProgress{State: "answered", Leg: o}
	close(o.steps)
}

func (o *outgoing) early() { o.steps <- DialProgress{State: "early", Leg: o} }

func (o *outgoing) fail(cause string) {
	o.steps <- DialProgress{State: "failed", Cause: cause}
	close(o.steps)
	o.HangUp()
}

func (o *outgoing) over() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// dialer reaches what begins with +1202.
type dialer struct {
	mu     sync.Mutex
	placed []*outgoing
}

func (d *dialer) Dial(_ context.Context, to, from string) (Outgoing, error) {
	if !strings.HasPrefix(to, "+1202") {
		return nil, &Error{CauseNotAllowed, "This number may not be called from here."}
	}
	o := &outgoing{ear: ear{says: numberSays}, to: to, from: from, steps: make(chan DialProgress, 8), done: make(chan struct{}), digits: make(chan rune, 8)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.placed = append(d.placed, o)
	return o, nil
}

func (d *dialer) last() *outgoing {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.placed[len(d.placed)-1]
}

// auditor keeps entries, unless it is lost.
type auditor struct {
	mu      sync.Mutex
	lost    bool
	entries []store.AuditEntry
}

func (a *auditor) AppendAudit(_ context.Context, e store.AuditEntry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lost {
		return errors.New("the database is lost")
	}
	a.entries = append(a.entries, e)
	return nil
}

func (a *auditor) acts() (acts []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.entries {
		acts = append(acts, e.Actor+" "+e.Action)
	}
	return acts
}

// stage is a call between haruto and akiko, with everybody else at hand.
type stage struct {
	*fixture
	id          string
	haruto      *customer
	akiko, ben  *ear
	sofia, theo *ear
	dialer      *dialer
	auditor     *auditor
	ctx         context.Context
}

// onStage runs f with akiko in a call, ben free, and two supervisors at their boards.
func onStage(t *testing.T, f func(*stage)) {
	t.Helper()
	onStageWith(t, nil, func(s *stage) { s.wait(time.Second); f(s) })
}

func onStageWith(t *testing.T, change func(*Config), f func(*stage)) {
	t.Helper()
	s := &stage{dialer: &dialer{}, auditor: &auditor{}}
	inBubble(t, func(c *Config) {
		c.Users = append(c.Users, store.User{ID: "theo", Name: "Theo Park", Role: "supervisor", AllQueues: true})
		c.Queues = append(c.Queues, store.Queue{ID: "orders", Name: "Orders", Numbers: []string{"+12025550101"}, Language: "en"})
		c.Dialer, c.Audit = s.dialer, s.auditor
		if change != nil {
			change(c)
		}
	}, func(fx *fixture) {
		s.fixture, s.ctx = fx, fx.t.Context()
		s.haruto = newCustomer("+12025550142")
		s.akiko = fx.signIn("akiko")
		fx.Incoming(s.haruto)
		fx.wait(time.Millisecond)
		s.id = fx.offer("akiko")
		fx.must(fx.Answer(s.ctx, "akiko", s.id))
		s.ben = s.join("ben", benSays)
		fx.must(fx.SetPresence(s.ctx, "ben", "available", ""))
		s.sofia, s.theo = s.join("sofia", sofiaSays), s.join("theo", 0)
		fx.wait(time.Millisecond)
		f(s)
	})
}

// join opens a browser with a voice of its own.
func (s *stage) join(user string, says int16) *ear {
	p := &ear{says: says}
	s.Connected(user, 1)
	s.AttachPhone(user, p)
	return p
}

// settle lets what was asked for be heard.
func (s *stage) settle() { s.wait(100 * time.Millisecond) }

func (s *stage) call(user string) Call {
	s.t.Helper()
	c, ok := get[Call](s.fixture, user, "call")
	if !ok {
		s.t.Fatalf("%s has no call", user)
	}
	return c
}

func (s *stage) callState(user, want string) {
	s.t.Helper()
	c, _ := get[Call](s.fixture, user, "call")
	if c.State != want {
		s.t.Errorf("the call of %s is %q, want %q", user, c.State, want)
	}
}

func (s *stage) supervision(user string) Supervision {
	v, _ := get[Supervision](s.fixture, user, "supervision")
	return v
}

// party finds a party in an agent's call.
func (s *stage) party(user, id string) Party {
	for _, p := range s.call(user).Parties {
		if p.ID == id {
			return p
		}
	}
	return Party{}
}

func (s *stage) refused(what string, err error, code string) {
	s.t.Helper()
	refused := new(Error)
	if !errors.As(err, &refused) || refused.Code != code || refused.Message == "" {
		s.t.Errorf("%s: %v, want %q", what, err, code)
	}
}

func (s *stage) happened(typ string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.events[s.id], typ) {
		s.t.Errorf("the timeline %v has no %q", s.events[s.id], typ)
	}
}

// segments counts an agent's stints in the call, and those that are open.
func (s *stage) segments(user string) (all, open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segs {
		if g.AgentID == user && g.InteractionID == s.id {
			if all++; g.EndedAt == nil {
				open++
			}
		}
	}
	return all, open
}

func (s *stage) connected() {
	s.t.Helper()
	select {
	case <-s.haruto.done:
		s.t.Fatal("the customer was hung up")
	default:
	}
}

func (s *stage) record() (left, right *ear) {
	s.t.Helper()
	left, right = &ear{}, &ear{}
	s.must(s.ask(s.ctx, func() error { return s.Center.record(s.interactions[s.id], silent{left}, silent{right}) }))
	return left, right
}

// silent is a leg that only hears.
type silent struct{ media.Sink }

func (silent) ReadFrame(*media.Frame) bool { return false }

func agentTo(id string) Target { return Target{Kind: "agent", ID: id} }
func queueTo(id string) Target { return Target{Kind: "queue", ID: id} }
func numberTo(n string) Target { return Target{Kind: "number", ID: n} }
