package acd

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"patchbay/media"
	"patchbay/media/prompt"
	"patchbay/store"
	"patchbay/transcribe"
)

// Limits that have a default where Config leaves them zero.
const (
	DefaultRingTime    = 20 * time.Second // an offer rings that long
	DefaultAwayTime    = 60 * time.Second // an agent's lost audio may come back that long
	DefaultMaxCalls    = 200
	lookupPatience     = 150 * time.Millisecond // ringing waits that long for the customer's record
	lookupLimit        = 10 * time.Second       // the lookup itself is given up after that
	declinePause       = 10 * time.Second       // who declined is not rung for the same call again before
	offerGrace         = 5 * time.Second        // a closed tab may come back before its call rings elsewhere
	signOutGrace       = 60 * time.Second       // a closed tab may come back before its agent is offline
	transcriptPatience = 60 * time.Second       // the last words of a call may take that long
	boardPause         = 500 * time.Millisecond // the board is published at most that often
	boardBeat          = 900 * time.Millisecond // and while somebody watches it at least that often
	boardRest          = 15 * time.Second       // and where nobody does, while there are calls
	historyLength      = 20
	maxReason          = 100 // bytes of a reason to be away, which every wallboard shows
)

// Config is what a Center needs. Every field but the times and MaxCalls must be set.
type Config struct {
	Users       []store.User // agents among them take calls; Configure changes them
	Queues      []store.Queue
	Publisher   Publisher
	Transcriber Transcriber
	Journal     Journal
	Records     Records
	// Normalize turns a caller's number as the trunk gave it into E.164; false where it is no such number.
	Normalize func(raw string) (string, bool)
	Greeting  *prompt.Clip // played once, ahead of Hold
	// RingBack stands in for early media that was promised and does not come; nil leaves the silence.
	RingBack *prompt.Clip
	// Consent asks, in a queue that asks, whether the call may be recorded; Unrecorded greets where it is not. May be nil.
	Consent, Unrecorded *prompt.Clip
	// Question asks the same later in a call, or of whom we called; Announced tells whom we called that they are recorded. May be
	// nil: nobody is asked or told then, and who should be asked is not recorded.
	Question, Announced *prompt.Clip
	Hold                *prompt.Clip // played in a loop while the customer waits
	Closing             *prompt.Clip // played before a call is closed by a shutdown
	Log                 *slog.Logger
	Bridges             *media.Totals // adds up what the bridges of all calls count; may be nil
	Pacer               *media.Pacer  // what the bridges of all calls tick by; nil: each by one of its own

	// What may be nil, and is off then.
	Recorder  Recorder  // keeps the sound of calls
	Originals Originals // keeps what was masked, of calls that are recorded
	Dialer    Dialer    // reaches telephone numbers
	Audit     Auditor   // keeps who supervised whom

	Masks *Masks       // what is masked beside the built-in rules; shared with Backfill. Nothing where nil
	Cues  []store.Cues // from when on calls may need somebody; DefaultCues where there are none

	Phrases []Phrase // which supervisors are told of when they are said; none are where nil

	Ended func(interactionID string) // told at once that a call is over, before its after-call work; must not block

	// HideSupervision keeps from agents who listens or whispers; who barges in is heard, and seen.
	HideSupervision bool

	// Translate names the languages whose lines get a machine's English, as in transcribe.StreamConfig; empty: none.
	Translate string

	Vocabulary []store.Vocabulary // words that the recogniser shall know; SetVocabulary changes them

	RingTime, AwayTime time.Duration
	SensitiveTime      time.Duration // a sensitive stretch that nobody ends lasts that long
	MaxCalls           int
	// CallsToday and AbandonedToday are what the database counted before this process started.
	CallsToday, AbandonedToday int
}

// Errors of commands, in words for the agent.
var (
	errClosed      = &Error{"closed", "The server is stopping."}
	errUnknown     = &Error{"unknown_agent", "This user takes no calls."}
	errNoOffer     = &Error{"offer_gone", "This call no longer rings for you."}
	errNoCall      = &Error{"call_gone", "This is not your call, or it is over."}
	errNotPossible = &Error{"not_possible", "That is not possible now."}
)

// Center is the contact centre. New makes it, Run serves it.
type Center struct {
	cfg Config
	log *slog.Logger

	vocabulary []store.Vocabulary // owned by Run

	do      chan func()   // in
	stopped chan struct{} // closed when Run has ended

	tapes  sync.Map       // interaction id → Recording, until its last words are written
	ending sync.WaitGroup // what runs beside Run: lookups, last words

	// owned by run
	agents       map[string]*agent
	interactions map[string]*interaction
	usuals       map[string]*usual // how long calls take, by queue
	system       System
	boardTimer   *time.Timer
	boardDue     bool // boardTimer runs
	today        time.Time
	calls        int
	abandoned    int
	draining     bool
	drained      chan struct{} // closed by run when draining and no call is left; nil before
	lifetime     context.Context
}

// New checks the configuration and makes a Center.
func New(cfg Config) (*Center, error) {
	if cfg.Publisher == nil || cfg.Transcriber == nil || cfg.Journal == nil || cfg.Records == nil || cfg.Normalize == nil ||
		cfg.Greeting == nil || cfg.Hold == nil || cfg.Closing == nil || cfg.Log == nil {
		return nil, errors.New("acd: incomplete Config")
	}
	if cfg.SensitiveTime == 0 {
		cfg.SensitiveTime = DefaultSensitiveTime
	}
	if cfg.RingTime == 0 {
		cfg.RingTime = DefaultRingTime
	}
	if cfg.AwayTime == 0 {
		cfg.AwayTime = DefaultAwayTime
	}
	if cfg.MaxCalls == 0 {
		cfg.MaxCalls = DefaultMaxCalls
	}
	if cfg.Masks == nil {
		cfg.Masks = new(Masks)
	}
	c := &Center{
		cfg: cfg, log: cfg.Log, vocabulary: cfg.Vocabulary,
		do: make(chan func(), 64), stopped: make(chan struct{}),
		agents: map[string]*agent{}, interactions: map[string]*interaction{}, usuals: map[string]*usual{},
		calls: cfg.CallsToday, abandoned: cfg.AbandonedToday,
		system: System{Transcription: string(transcribe.Loading), Database: "ready"},
	}
	c.cfg.Publisher = overhear{cfg.Publisher, c}
	for _, u := range cfg.Users {
		if u.DisabledAt == nil {
			c.agents[u.ID] = newAgent(u)
		}
	}
	return c, nil
}

// Run serves the centre until ctx ends; then every call is hung up and its record closed.
func (c *Center) Run(ctx context.Context) error {
	c.lifetime = ctx
	c.today = midnight(time.Now())
	c.boardTimer, c.boardDue = time.NewTimer(0), true
	defer c.boardTimer.Stop()
	for _, a := range c.agents {
		a.since = time.Now()
		if a.takesCalls() {
			c.publishAgent(a)
		}
	}
	c.cfg.Publisher.System(c.system)
	for {
		select {
		case f := <-c.do:
			f()
		case <-c.boardTimer.C:
			c.boardDue = false
			c.cfg.Publisher.Board(c.board())
			c.publishTargets()
			switch {
			case c.boardWatched(): // a board says how old it is: a quiet one is not an old one
				c.boardTimer.Reset(boardBeat)
			case c.live() > 0: // who is told by webhook of a call that may need somebody has no board open
				c.boardTimer.Reset(boardRest)
			}
		case <-ctx.Done():
			close(c.stopped)
			c.closeAll()
			c.ending.Wait()
			return nil
		}
	}
}

// post hands f to Run's goroutine and does not wait for it. It is dropped once Run has ended.
func (c *Center) post(f func()) {
	select {
	case c.do <- f:
	case <-c.stopped:
	}
}

// ask runs f in Run's goroutine and gives its error.
func (c *Center) ask(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	select {
	case c.do <- func() { done <- f() }:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.stopped:
		return errClosed
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.stopped:
		return errClosed
	}
}

// move applies a trigger to an agent and tells the desks. A refusal is a bug or a late command: it is logged by the
// caller's error, and nothing changes.
func (c *Center) move(a *agent, t Trigger, reason string) error {
	n, err := a.status.Next(t, reason)
	if err != nil {
		return err
	}
	if n != a.status {
		now := time.Now()
		if n.Activity == Idle && (a.status.Activity == WrappingUp || n.Presence == Available && a.status.Presence != Available) {
			a.idle = now
		}
		a.status, a.since = n, now
		c.publishAgent(a)
	}
	return nil
}

// Connected tells how many tabs of an agent are there. The first signs the agent in; with none left the agent is
// offline after a grace, in which a reload comes back.
func (c *Center) Connected(agentID string, tabs int) {
	c.post(func() {
		a := c.agents[agentID]
		if a == nil {
			return
		}
		a.tabs = tabs
		if a.leaving != nil {
			a.leaving.Stop()
			a.leaving = nil
		}
		if tabs > 0 {
			if !a.takesCalls() {
				c.touchBoard()
			}
			if a.takesCalls() && a.status.Presence == Offline {
				_ = c.move(a, TriggerSignIn, "")
				c.loadHistory(a)
			}
			c.match()
			return
		}
		c.ringsAtNobody(a)
		c.leaveLater(a)
	})
}

// leaveLater signs an agent out when the grace is over, unless a tab comes back.
func (c *Center) leaveLater(a *agent) {
	var t *time.Timer
	t = time.AfterFunc(max(signOutGrace, c.cfg.AwayTime+time.Second), func() {
		c.post(func() {
			if a.leaving == t {
				c.signOut(a)
			}
		})
	})
	a.leaving = t
}

// signOut takes an agent off whose browser is gone for good. One whose call is not settled yet, since the loss of its
// sound was noticed later than that of the browser, is taken off a grace later.
func (c *Center) signOut(a *agent) {
	a.leaving = nil
	if !a.takesCalls() {
		c.supervisorGone(a)
		return
	}
	if a.call != nil && a.status.Activity == WrappingUp {
		c.complete(a.call, "", a.call.in.rec.Note)
	}
	if err := c.move(a, TriggerSignOut, ""); err != nil {
		c.leaveLater(a)
	}
}

// SetPresence is the agent's choice: "available" or "away" with a reason. In a call it takes effect after it.
func (c *Center) SetPresence(ctx context.Context, agentID, presence, reason string) error {
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		if a == nil || !a.takesCalls() {
			return errUnknown
		}
		if len(reason) > maxReason {
			return &Error{"reason_too_long", "The reason is too long. Shorten it, please."}
		}
		t := TriggerAway
		if presence == string(Available) {
			t = TriggerAvailable
		} else if presence != string(Away) {
			return &Error{"bad_presence", `Presence is "available" or "away".`}
		}
		if err := c.move(a, t, reason); err != nil {
			return errNotPossible
		}
		c.match()
		return nil
	})
}

// AttachPhone gives an agent the phone that a browser just connected. It takes the place of an earlier one, and goes
// straight into the agent's call if there is one: so a reload re-joins it.
func (c *Center) AttachPhone(agentID string, p AgentPhone) {
	c.post(func() {
		a := c.agents[agentID]
		if a == nil {
			return
		}
		a.phone = p
		if q := a.place(); q != nil {
			c.seatAgent(q)
		}
		if a.takesCalls() {
			c.publishAgent(a)
		} else if b := c.agents[a.follow]; b != nil {
			c.followTo(b)
		}
		c.match()
	})
}

// DetachPhone takes back a phone whose connection is lost or closed; p is read no longer when it returns. A phone that
// another one replaced already is none of ours, and nothing happens.
func (c *Center) DetachPhone(agentID string, p AgentPhone) {
	_ = c.ask(context.Background(), func() error {
		a := c.agents[agentID]
		if a == nil || a.phone != p {
			return nil
		}
		a.phone = nil
		if q := a.place(); q != nil {
			c.away(q)
		}
		if a.takesCalls() {
			c.publishAgent(a)
		}
		return nil
	})
}

// SetTranscription and SetDatabase change the banners.
func (c *Center) SetTranscription(s transcribe.Status) {
	c.post(func() {
		c.system.Transcription, c.system.TranscriptionReason, c.system.TranscriptionBehind = string(s.State), s.Reason, s.Behind
		c.system.TranscriptionLeaves = s.Leaves
		c.cfg.Publisher.System(c.system)
	})
}

// SetDatabase tells whether PostgreSQL can be reached; what is to be written meanwhile waits in the journal.
func (c *Center) SetDatabase(lost bool) {
	c.post(func() {
		c.system.Database = "ready"
		if lost {
			c.system.Database = "lost"
		}
		c.cfg.Publisher.System(c.system)
	})
}

// SetStorage tells of trouble with what is kept.
func (c *Center) SetStorage(s Storage) {
	c.post(func() {
		if s != c.system.Storage {
			c.system.Storage = s
			c.cfg.Publisher.System(c.system)
		}
	})
}

// Drain takes no more calls, tells the desks, and waits until the last call has ended or ctx does. Customers who are
// still there then hear that the line closes, and are hung up.
func (c *Center) Drain(ctx context.Context) {
	var drained chan struct{}
	err := c.ask(ctx, func() error {
		if c.drained == nil {
			c.drained = make(chan struct{})
		}
		drained = c.drained
		c.draining = true
		c.system.ShuttingDown = true
		c.cfg.Publisher.System(c.system)
		c.checkDrained()
		return nil
	})
	if err != nil {
		return
	}
	select {
	case <-drained:
		return
	case <-c.stopped:
		return
	case <-ctx.Done():
	}
	c.post(func() {
		for _, in := range c.interactions {
			c.sayClosing(in)
		}
	})
	timeout := time.NewTimer(c.cfg.Closing.Duration() + time.Second)
	defer timeout.Stop()
	select {
	case <-drained:
	case <-c.stopped:
	case <-timeout.C:
	}
}

// Calls is the number of customers on the line.
func (c *Center) Calls(ctx context.Context) (n int) {
	_ = c.ask(ctx, func() error { n = c.live(); return nil })
	return n
}

func (c *Center) live() (n int) {
	for _, in := range c.interactions {
		if in.rec.EndedAt == nil {
			n++
		}
	}
	return n
}

func (c *Center) checkDrained() {
	if !c.draining || c.live() > 0 {
		return
	}
	for _, in := range c.interactions {
		if in.sound != nil && !in.sound.finished {
			return // its last words are still to come
		}
	}
	select {
	case <-c.drained:
	default:
		close(c.drained)
	}
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}
