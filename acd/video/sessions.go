package video

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/acd"
)

// Times and counts of sessions.
const (
	LinkLife    = 15 * time.Minute // of a link that nobody used
	sessionLife = 4 * time.Hour    // of a session
	afterLife   = 10 * time.Minute // the guest may still answer how it was
	housekeep   = time.Second
	maxSessions = 500
	maxPeople   = 8    // in a session, the guest included
	maxSent     = 5    // links sent by message
	maxEvents   = 1000 // of a session in the timeline, beside how it began and ended
	maxRatings  = 10   // a guest may think again
)

// Sessions is all video help. New makes it, Run serves it.
type Sessions struct {
	cfg Config
	log *slog.Logger

	mu     sync.Mutex // guards queue: post must never wait, since the contact centre calls it
	queue  []func()
	over   bool
	wake   chan struct{} // capacity 1
	closed chan struct{} // by Run, at its end
	ending sync.WaitGroup

	// owned by run
	links        map[tokenHash]*link
	codes        map[string]*link
	interactions map[string]*interaction
	agents       map[string]string // names by id
	lifetime     context.Context
}

// interaction is what the contact centre published of one, as far as it matters here.
type interaction struct {
	id        string
	talking   map[string]bool // agents who have it on their desk
	ended     bool
	session   *session // the last one; nil for none
	channel   string
	onPhone   bool            // the customer's telephone is there
	phones    map[string]bool // what each agent's desk says of it
	recording string          // as acd.RecordingState.State
	rule      string          // of the queue about recording
	sensitive bool
	hides     bool         // supervisors who watch are kept from the others
	zero      atomic.Int64 // of the axis, Unix milliseconds; 0 while the customer is not there
	private   bool         // the customer does not hear the agents: on hold, or a consultation
}

// New checks the configuration and makes Sessions.
func New(cfg Config) (*Sessions, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Mask == nil {
		cfg.Mask = func(text string) string {
			text, _ = (*acd.Masks)(nil).Text(text, true)
			return text
		}
	}
	return &Sessions{
		cfg: cfg, log: cfg.Log, wake: make(chan struct{}, 1), closed: make(chan struct{}), lifetime: context.Background(),
		links: map[tokenHash]*link{}, codes: map[string]*link{}, interactions: map[string]*interaction{}, agents: map[string]string{},
	}, nil
}

// Run serves sessions until ctx ends; then every room is closed.
func (s *Sessions) Run(ctx context.Context) error {
	s.lifetime = ctx
	tick := time.NewTicker(housekeep)
	defer tick.Stop()
	for {
		select {
		case <-s.wake:
		case <-tick.C:
			s.housekeep(time.Now())
		case <-ctx.Done():
			s.mu.Lock()
			s.over = true
			s.queue = nil
			s.mu.Unlock()
			close(s.closed)
			for _, in := range s.interactions {
				if in.session != nil {
					s.end(in.session, "shutdown")
				}
			}
			s.ending.Wait()
			return nil
		}
		for _, f := range s.take() {
			f()
		}
	}
}

func (s *Sessions) take() []func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queue
	s.queue = nil
	return q
}

// post hands f to Run's goroutine and returns at once. It reports false once Run has ended. What participants send is bounded
// by their rates before it comes here.
func (s *Sessions) post(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.queue = append(s.queue, f)
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return true
}

// ask runs f in Run's goroutine and gives its error.
func (s *Sessions) ask(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	if !s.post(func() { done <- f() }) {
		return ErrClosed
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.closed:
		return ErrClosed
	}
}

func (s *Sessions) housekeep(now time.Time) {
	for id, in := range s.interactions {
		v := in.session
		switch {
		case v == nil:
			if in.ended {
				delete(s.interactions, id)
			}
		case v.endedAt.IsZero() && now.Sub(v.startedAt) > sessionLife:
			s.end(v, "expired")
		case v.endedAt.IsZero():
			s.watchOver(v, now)
		case v.talks():
			s.listen(v.seat(RoleGuest))
		case now.Sub(v.endedAt) > afterLife:
			s.forget(v)
			in.session = nil
		}
	}
	for hash, l := range s.links {
		// A used link stays known for as long as its session: whoever opens it is told.
		if l.session.forgotten {
			delete(s.links, hash)
			delete(s.codes, l.code)
		}
	}
}

// Watch gives what the contact centre shall publish to: next hears all of it, and so does Sessions. That is how sessions know
// who is in which call, what is said in it, and when it is over.
func (s *Sessions) Watch(next acd.Publisher) acd.Publisher { return &watcher{next, s} }

type watcher struct {
	acd.Publisher
	s *Sessions
}

// User implements acd.Publisher.
func (w *watcher) User(userID, typ string, data any) {
	w.Publisher.User(userID, typ, data)
	switch v := data.(type) {
	case acd.AgentState:
		w.s.post(func() { w.s.agents[v.ID] = v.Name })
	case acd.Call:
		w.s.post(func() { w.s.called(userID, v) })
	case acd.CallEnd:
		w.s.post(func() {
			if in := w.s.interactions[v.InteractionID]; in != nil {
				delete(in.talking, userID)
				delete(in.phones, userID)
				w.s.unseat(in, userID)
				w.s.cfg.Publisher.User(userID, "video", Session{})
			}
		})
	}
}

// Interaction implements acd.Publisher.
func (w *watcher) Interaction(interactionID, typ string, data any) {
	w.Publisher.Interaction(interactionID, typ, data)
	if c, ok := captionOf(data); ok {
		w.s.post(func() { w.s.caption(interactionID, c) })
	}
}

// InteractionEnd implements acd.Publisher.
func (w *watcher) InteractionEnd(interactionID string) {
	w.Publisher.InteractionEnd(interactionID)
	w.s.post(func() {
		in := w.s.interactions[interactionID]
		if in == nil {
			return
		}
		in.ended = true
		if in.session != nil && in.session.endedAt.IsZero() {
			w.s.end(in.session, "call_over")
		}
	})
}

// CallOver tells that an interaction's talk is over, before its after-call work: nobody speaks any more, and where there was
// no telephone, nobody shows anything either. It never blocks.
func (s *Sessions) CallOver(interactionID string) {
	s.post(func() {
		in := s.interactions[interactionID]
		if in == nil || in.session == nil {
			return
		}
		v := in.session
		in.onPhone, v.onPhone = false, false
		if p := v.seat(RoleGuest); p != nil {
			s.closeVoice(p, false)
		}
		if in.channel == acd.ChannelVideo && !v.ended() {
			s.end(v, "call_over")
			return
		}
		s.tellAll(v)
	})
}

func (s *Sessions) called(agentID string, c acd.Call) {
	in := s.interactions[c.InteractionID]
	if in == nil {
		in = &interaction{id: c.InteractionID, talking: map[string]bool{}, phones: map[string]bool{}}
		s.interactions[c.InteractionID] = in
	}
	in.private = c.Held || c.Consult != nil && c.Consult.SpeakingTo != "customer"
	in.channel, in.recording, in.rule, in.sensitive, in.hides = c.Channel, c.Recording.State, c.RecordRule, c.Sensitive != nil, c.Hides
	if c.State == "active" && (c.Channel != acd.ChannelVideo || c.Recording.State != "off") {
		in.zero.Store(c.StartedAt.UnixMilli())
	}
	s.filming(in)
	// An agent who wraps up knows no longer how the call goes on.
	delete(in.phones, agentID)
	if c.State == "active" {
		in.phones[agentID] = slices.ContainsFunc(c.Parties, func(p acd.Party) bool {
			return p.Kind == string(acd.KindCustomer) && p.State != "gone" && p.State != "invited" && p.State != "video"
		})
	}
	in.onPhone = slices.Contains(slices.Collect(maps.Values(in.phones)), true)
	if !in.talking[agentID] {
		in.talking[agentID] = true
		if in.session != nil {
			s.publish(in.session)
		}
	}
	if v := in.session; v != nil && v.onPhone != in.onPhone {
		v.onPhone = in.onPhone
		s.tellAll(v)
	}
}

// Start begins video help in an agent's call, or gives the one that runs a new link where the old one has expired.
func (s *Sessions) Start(ctx context.Context, agentID, interactionID string) error {
	return s.ask(ctx, func() error {
		in := s.interactions[interactionID]
		if in == nil || in.ended || !in.talking[agentID] {
			return errNoCall
		}
		v, now := in.session, time.Now()
		if v == nil || !v.endedAt.IsZero() {
			if s.live() >= maxSessions {
				return errBusy
			}
			v = s.begin(in, agentID, now)
		}
		if l := v.guestLink; l == nil || l.cookie == nil && !now.Before(l.expires) {
			v.guestLink = s.newLink(v, RoleGuest, now)
			s.event(v, "video_link", agentID, nil)
		}
		s.publish(v)
		return nil
	})
}

// End ends the video help of a call; the telephone goes on.
func (s *Sessions) End(ctx context.Context, agentID, interactionID, outcome string) error {
	if outcome != "" && outcome != Solved && outcome != VisitNeeded {
		return &acd.Error{Code: "bad_outcome", Message: `The outcome is "solved" or "visit_needed".`}
	}
	return s.ask(ctx, func() error {
		in := s.interactions[interactionID]
		if in == nil || !in.talking[agentID] {
			return errNoCall
		}
		v := in.session
		if v == nil {
			return errNoVideo
		}
		if outcome != "" {
			v.summary.Outcome = outcome
		}
		if v.endedAt.IsZero() {
			s.end(v, "agent")
		} else {
			s.summarise(v)
		}
		return nil
	})
}

func (s *Sessions) live() (n int) {
	for _, in := range s.interactions {
		if in.session != nil && in.session.endedAt.IsZero() {
			n++
		}
	}
	return n
}

// Live is the number of sessions that run.
func (s *Sessions) Live(ctx context.Context) (n int) {
	_ = s.ask(ctx, func() error { n = s.live(); return nil })
	return n
}
