package acd

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/media"
	"patchbay/media/prompt"
	"patchbay/store"
	"patchbay/transcribe"
)

// ear is a leg of a test: it says a constant level, or a script once, and keeps the last that it heard.
type ear struct {
	mu     sync.Mutex
	says   int16
	script []int16
	heard  int16 // the loudest sample of the last frame
	silent bool  // nothing comes from it, not even silence
}

func (e *ear) silence(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.silent = on
}

func (e *ear) ReadFrame(f *media.Frame) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.silent {
		return false
	}
	for i := range f {
		f[i] = e.says
	}
	e.script = e.script[copy(f[:], e.script):]
	return true
}

func (e *ear) WriteFrame(f *media.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = 0
	for _, s := range f {
		e.heard = max(e.heard, int16(math.Abs(float64(s))))
	}
}

func (e *ear) Reset() {}

func (e *ear) hears() int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}

// The levels of a test's voices are far apart, so that a sum of two would be seen.
const (
	customerSays = 1000
	agentSays    = 3000
	greetingSays = 7000
	holdSays     = 9000
	closingSays  = 11000
)

// customer is a CustomerPhone without a network.
type customer struct {
	ear
	from, to string
	done     chan struct{}
	once     sync.Once
	refused  RefuseReason
	vanished bool // before done is closed
}

func newCustomer(from string) *customer {
	return &customer{ear: ear{says: customerSays}, from: from, to: "+12025550100", done: make(chan struct{})}
}

func (c *customer) ID() string                                { return "call-" + c.from }
func (c *customer) From() string                              { return c.from }
func (c *customer) To() string                                { return c.to }
func (c *customer) Answer(context.Context) (media.Leg, error) { return c, nil }
func (c *customer) Refuse(r RefuseReason)                     { c.refused = r; c.HangUp() }
func (c *customer) HangUp()                                   { c.once.Do(func() { close(c.done) }) }
func (c *customer) Done() <-chan struct{}                     { return c.done }
func (c *customer) Vanished() bool                            { return c.vanished }

// world records what a Center does to everything around it.
type world struct {
	mu      sync.Mutex
	users   map[string]map[string]any // last value by user and type
	topics  map[string]map[string]any
	ended   map[string]bool
	board   Board
	alerts  []Alert
	system  System
	recs    map[string]store.Interaction
	segs    map[string]store.Segment
	events  map[string][]string
	data    map[string]map[string]string // of the latest event of each type, as JSON
	lines   []store.Line
	streams map[string]*stream
	found   []store.Customer
	delay   time.Duration
}

func (w *world) User(id, typ string, data any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.users[id] == nil {
		w.users[id] = map[string]any{}
	}
	w.users[id][typ] = data
	switch typ {
	case "offer_end":
		delete(w.users[id], "offer")
	case "call_end":
		delete(w.users[id], "call")
	}
}

func (w *world) Interaction(id, typ string, data any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.topics[id] == nil {
		w.topics[id] = map[string]any{}
	}
	w.topics[id][typ] = data
}

func (w *world) InteractionEnd(id string) { w.mu.Lock(); defer w.mu.Unlock(); w.ended[id] = true }
func (w *world) Alert(a Alert)            { w.mu.Lock(); defer w.mu.Unlock(); w.alerts = append(w.alerts, a) }
func (w *world) shown() Board             { w.mu.Lock(); defer w.mu.Unlock(); return w.board }
func (w *world) alerted() []Alert         { w.mu.Lock(); defer w.mu.Unlock(); return slices.Clone(w.alerts) }
func (w *world) Board(b Board)            { w.mu.Lock(); defer w.mu.Unlock(); w.board = b }
func (w *world) System(s System)          { w.mu.Lock(); defer w.mu.Unlock(); w.system = s }
func (w *world) SaveLine(l store.Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, l)
}
func (w *world) SaveInteraction(i store.Interaction) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recs[i.ID] = i
}
func (w *world) SaveSegment(s store.Segment) { w.mu.Lock(); defer w.mu.Unlock(); w.segs[s.ID] = s }
func (w *world) AddEvent(e store.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if int64(len(w.events[e.InteractionID])) != e.Seq-1 {
		panic("timeline with a gap")
	}
	w.events[e.InteractionID] = append(w.events[e.InteractionID], e.Type)
	text, err := json.Marshal(e.Data)
	if err != nil {
		panic(err)
	}
	if w.data[e.InteractionID] == nil {
		w.data[e.InteractionID] = map[string]string{}
	}
	w.data[e.InteractionID][e.Type] = string(text)
}

func (w *world) CustomersByPhone(ctx context.Context, number string) ([]store.Customer, error) {
	select {
	case <-time.After(w.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return w.found, nil
}

func (w *world) CustomerView(_ context.Context, id string) (store.CustomerView, error) {
	for _, c := range append(w.found, store.Customer{ID: "new", Name: "Eva Stern"}) {
		if c.ID == id {
			return store.CustomerView{Customer: c}, nil
		}
	}
	return store.CustomerView{}, store.ErrNotFound
}

func (w *world) RecentInteractions(context.Context, string, int) ([]store.Interaction, error) {
	return nil, nil
}

// stream counts the frames that reached the recogniser, by level.
type stream struct {
	mu       sync.Mutex
	cfg      transcribe.StreamConfig
	frames   map[int16]int
	finished bool
}

func (w *world) Open(cfg transcribe.StreamConfig) transcribe.Stream {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &stream{cfg: cfg, frames: map[int16]int{}}
	w.streams[cfg.ID] = s
	return s
}

func (s *stream) Write(_ int64, f *media.Frame) { s.mu.Lock(); defer s.mu.Unlock(); s.frames[f[0]]++ }

// Finish writes the last words, as the recogniser does when the leg has ended.
func (s *stream) Finish() <-chan struct{} {
	s.cfg.Listener.Line(transcribe.Line{ID: "last", Text: "Goodbye."})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	done := make(chan struct{})
	close(done)
	return done
}

// SetPrompt and SetLanguage keep what the recogniser was told last.
func (s *stream) SetPrompt(p string)   { s.mu.Lock(); defer s.mu.Unlock(); s.cfg.Prompt = p }
func (s *stream) SetLanguage(l string) { s.mu.Lock(); defer s.mu.Unlock(); s.cfg.Language = l }

func (s *stream) count(level int16) int { s.mu.Lock(); defer s.mu.Unlock(); return s.frames[level] }

// clip says one level for a while.
func clip(level int16, d time.Duration) *prompt.Clip {
	samples := make([]int16, int(d.Seconds()*media.SampleRate))
	for i := range samples {
		samples[i] = level
	}
	return prompt.NewClip(samples)
}

// fixture runs a Center in a synctest bubble.
type fixture struct {
	*world
	*Center
	t    *testing.T
	stop context.CancelFunc
	done chan struct{}
}

// inBubble runs f with a Center of two agents, whose clock is the bubble's.
func inBubble(t *testing.T, change func(*Config), f func(*fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{users: map[string]map[string]any{}, topics: map[string]map[string]any{}, ended: map[string]bool{},
			recs: map[string]store.Interaction{}, segs: map[string]store.Segment{}, events: map[string][]string{}, data: map[string]map[string]string{},
			streams: map[string]*stream{}, found: []store.Customer{{ID: "haruto", Name: "Haruto Tanaka"}}}
		cfg := Config{
			Users: []store.User{
				{ID: "akiko", Name: "Akiko Mori", Role: "agent", Queues: []string{"Bookings"}},
				{ID: "ben", Name: "Ben Ito", Role: "agent", Queues: []string{"Bookings"}},
				{ID: "sofia", Name: "Sofia Reyes", Role: "supervisor", AllQueues: true},
			},
			Queues:    []store.Queue{{ID: "bookings", Name: "Bookings", Numbers: []string{"+12025550100"}, Language: "en"}},
			Publisher: w, Transcriber: w, Journal: w, Records: w,
			Normalize: func(raw string) (string, bool) { return raw, raw != "" && raw[0] == '+' },
			Greeting:  clip(greetingSays, 3*time.Second), Hold: clip(holdSays, time.Second), Closing: clip(closingSays, 2*time.Second),
			Log: slog.New(slog.DiscardHandler),
		}
		if change != nil {
			change(&cfg)
		}
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		fx := &fixture{world: w, Center: c, t: t, stop: cancel, done: make(chan struct{})}
		go func() { defer close(fx.done); _ = c.Run(ctx) }()
		f(fx)
		cancel()
		<-fx.done
	})
}

// signIn makes an agent available with a phone.
func (f *fixture) signIn(id string) *ear {
	f.t.Helper()
	p := &ear{says: agentSays}
	f.Connected(id, 1)
	f.AttachPhone(id, p)
	f.must(f.SetPresence(f.t.Context(), id, "available", ""))
	return p
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// wait lets virtual time pass.
func (f *fixture) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func get[T any](f *fixture, user, typ string) (v T, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok = f.users[user][typ].(T)
	return v, ok
}

// offer is the id of the interaction that rings at an agent.
func (f *fixture) offer(user string) string {
	f.t.Helper()
	o, ok := get[Offer](f, user, "offer")
	if !ok {
		f.t.Fatalf("nothing rings at %s", user)
	}
	return o.InteractionID
}

func (f *fixture) noOffer(user string) {
	f.t.Helper()
	if o, ok := get[Offer](f, user, "offer"); ok {
		f.t.Fatalf("%s rings at %s", o.InteractionID, user)
	}
}

func (f *fixture) hears(who string, e interface{ hears() int16 }, want int16) {
	f.t.Helper()
	// Players fade in, and comfort noise is far below any voice.
	if got := e.hears(); got < want-100 || got > want+100 {
		f.t.Errorf("%s hears %d, want %d", who, got, want)
	}
}

func (f *fixture) state(id, state, outcome string) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.recs[id]; r.State != state || r.Outcome != outcome {
		f.t.Errorf("interaction is %q, %q; want %q, %q", r.State, r.Outcome, state, outcome)
	}
}
