package video

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/acd"
	"patchbay/media"
	"patchbay/store"
)

// centre is a contact centre that only publishes.
type centre struct {
	t *testing.T
	*Sessions
	tee acd.Publisher

	mu     sync.Mutex
	desk   Session // of akiko
	events []string
	drawn  any // of the last event "video_drawings"
	rooms  []*fakeRoom
	voices []*fakeVoice
	guest  []string // what became of the guest's voice
	barred string   // who may watch no more
}

func (c *centre) User(userID, typ string, data any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := data.(Session); ok && userID == "akiko" {
		c.desk = v
	}
}
func (c *centre) Interaction(string, string, any) {}
func (c *centre) InteractionEnd(string)           {}
func (c *centre) Board(acd.Board)                 {}
func (c *centre) System(acd.System)               {}
func (c *centre) Alert(acd.Alert)                 {}

// GuestOn, GuestOff and GuestCame are the contact centre's, as NewVoice is the media's.
func (c *centre) GuestOn(string, acd.GuestPhone) { c.happened("on") }
func (c *centre) GuestOff(_ string, _ acd.GuestPhone, lost bool) {
	if lost {
		c.happened("lost")
		return
	}
	c.happened("off")
}
func (c *centre) GuestCame(string)          { c.happened("came") }
func (c *centre) VideoState(string, string) {}

func (c *centre) happened(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.guest = append(c.guest, what)
}

func (c *centre) NewVoice(cfg VoiceConfig) (Voice, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := &fakeVoice{cfg: cfg}
	c.voices = append(c.voices, v)
	return v, nil
}

type fakeVoice struct {
	media.Leg
	cfg      VoiceConfig
	received atomic.Uint64
	closed   atomic.Bool
}

func (v *fakeVoice) Offer(context.Context) (string, error) { return "voice", nil }
func (v *fakeVoice) Answer(string) error                   { return nil }
func (v *fakeVoice) Reset()                                {}
func (v *fakeVoice) Received() uint64                      { return v.received.Load() }
func (v *fakeVoice) Close() error                          { v.closed.Store(true); return nil }

func (c *centre) NewRoom(*slog.Logger) Room {
	r := &fakeRoom{}
	c.rooms = append(c.rooms, r)
	return r
}

type fakeRoom struct {
	mu      sync.Mutex
	members []*fakeMember
	closed  bool
}

func (r *fakeRoom) Join(cfg MemberConfig) (Member, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := &fakeMember{cfg: cfg}
	r.members = append(r.members, m)
	return m, nil
}

func (r *fakeRoom) WantKeyframe() {}

func (r *fakeRoom) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return nil
}

type fakeMember struct {
	cfg    MemberConfig
	mu     sync.Mutex
	got    []string
	closed bool
}

func (m *fakeMember) Offer(context.Context) (string, error) { return "offer", nil }
func (m *fakeMember) Answer(string) error                   { return nil }
func (m *fakeMember) Stats() Stats                          { return Stats{Codec: "VP8", Frames: 1, Total: 1} }
func (m *fakeMember) Send(raw []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got = append(m.got, string(raw))
	return true
}
func (m *fakeMember) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// browser is a participant's socket.
type browser struct {
	mu     sync.Mutex
	room   RoomState
	board  BoardState
	types  []string
	words  []string
	closed string
}

func (b *browser) Send(typ string, data any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.types = append(b.types, typ)
	switch v := data.(type) {
	case RoomState:
		b.room = v
	case BoardState:
		b.board = v
	case Caption:
		b.words = append(b.words, v.Text)
	}
}

func (b *browser) Close(reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = reason
}

// run runs a test in a bubble with stepped time.
func run(t *testing.T, f func(t *testing.T, c *centre)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &centre{t: t}
		var err error
		c.Sessions, err = New(Config{
			Rooms: c, Voices: c, Centre: func() Centre { return c }, Publisher: c, Log: slog.New(slog.DiscardHandler), Organisation: "Umi Net",
			Timeline: func(_, typ, _ string, data map[string]any) {
				c.mu.Lock()
				defer c.mu.Unlock()
				if typ == "video_drawings" {
					c.drawn = data["shapes"]
				}
				c.events = append(c.events, typ)
			},
			Link: func(token string) string { return "https://desk.example/help/" + token },
			MayWatch: func(userID, interactionID string) bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return interactionID == "i" && userID != c.barred
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		c.tee = c.Watch(c)
		ctx, cancel := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { _ = c.Run(ctx) })
		c.tee.User("akiko", "agent", acd.AgentState{ID: "akiko", Name: "Akiko Mori"})
		c.tee.User("akiko", "call", acd.Call{InteractionID: "i", State: "active"})
		f(t, c)
		cancel()
		ended.Wait()
	})
}

// begin starts video help and gives the link's token.
func (c *centre) begin() string {
	c.t.Helper()
	if err := c.Start(c.t.Context(), "akiko", "i"); err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.desk.Link[strings.LastIndex(c.desk.Link, "/")+1:]
}

func TestLinkLetsOneBrowserIn(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		ctx := t.Context()
		if err := c.Start(ctx, "ben", "i"); err == nil {
			t.Error("another agent starts video help in my call")
		}
		token := c.begin()
		for range 3 { // opening uses nothing
			if e, err := c.Look(ctx, token, ""); err != nil || e.State != "open" || e.AgentName != "Akiko Mori" {
				t.Fatalf("%+v %v", e, err)
			}
		}
		if _, err := c.JoinLink(ctx, token, "", &browser{}); !errors.Is(err, ErrUnknown) {
			t.Errorf("joining without consent: %v", err)
		}
		cookie, _, err := c.Claim(ctx, token, "")
		if err != nil || cookie == "" {
			t.Fatal(err)
		}
		if again, e, err := c.Claim(ctx, token, cookie); err != nil || again != "" || e.State != "yours" {
			t.Errorf("the same browser again: %q %+v %v", again, e, err)
		}
		for _, other := range []string{"", "guess", cookie + "x"} {
			if _, err := c.Look(ctx, token, other); !errors.Is(err, ErrUsed) {
				t.Errorf("another browser (%q): %v", other, err)
			}
			if _, _, err := c.Claim(ctx, token, other); !errors.Is(err, ErrUsed) {
				t.Errorf("another browser claims (%q): %v", other, err)
			}
		}
		if _, err := c.Look(ctx, "AAAA", ""); !errors.Is(err, ErrUnknown) {
			t.Errorf("a guess: %v", err)
		}
	})
}

func TestLinkExpires(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		old := c.begin()
		code := c.desk.Code
		if token, err := c.ByCode(t.Context(), code); err != nil || token != old {
			t.Errorf("by code: %q %v", token, err)
		}
		wide := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '０'
			}
			return r
		}, code)
		if token, _ := c.ByCode(t.Context(), wide); token != old {
			t.Error("a code in full-width digits is not taken")
		}
		time.Sleep(LinkLife + time.Second)
		if _, err := c.Look(t.Context(), old, ""); !errors.Is(err, ErrExpired) {
			t.Errorf("after %v: %v", LinkLife, err)
		}
		if _, err := c.ByCode(t.Context(), code); !errors.Is(err, ErrExpired) {
			t.Errorf("its code: %v", err)
		}
		if fresh := c.begin(); fresh == old {
			t.Error("no new link is made")
		}
		if _, err := c.Look(t.Context(), old, ""); !errors.Is(err, ErrExpired) {
			t.Errorf("the old link: %v", err)
		}
	})
}

func TestCaptionsAreWhatTheCustomerHears(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		token := c.begin()
		cookie, _, _ := c.Claim(t.Context(), token, "")
		guest := &browser{}
		if _, err := c.JoinLink(t.Context(), token, cookie, guest); err != nil {
			t.Fatal(err)
		}
		say := func(speaker, text string) {
			c.tee.Interaction("i", "line", store.Line{Speaker: speaker, Text: text})
		}
		say("agent", "one")
		say("customer", "two")
		say("supervisor", "three")
		c.tee.User("akiko", "call", acd.Call{InteractionID: "i", State: "active", Held: true, Consult: &acd.Consult{SpeakingTo: "consultant"}})
		say("agent", "four")
		c.tee.User("akiko", "call", acd.Call{InteractionID: "i", State: "active"})
		say("agent", "five")
		synctest.Wait()
		if got := strings.Join(guest.words, " "); got != "one five" {
			t.Errorf("the guest reads %q", got)
		}
	})
}

func TestSessionFromShareToSummary(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		token := c.begin()
		cookie, _, _ := c.Claim(t.Context(), token, "")
		guest, agent := &browser{}, &browser{}
		g, err := c.JoinLink(t.Context(), token, cookie, guest)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.JoinUser(t.Context(), "i", "ben", "Ben", false, &browser{}); !errors.Is(err, ErrUnknown) {
			t.Errorf("an agent who is not in the call watches: %v", err)
		}
		a, err := c.JoinUser(t.Context(), "i", "akiko", "Akiko Mori", false, agent)
		if err != nil {
			t.Fatal(err)
		}
		for _, seat := range []*Seat{g, a} {
			if err := seat.Message("rtc_start", nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // they are made beside each other: one after the other, to know them
		}
		members := c.rooms[0].members
		if len(members) != 2 || !members[0].cfg.Send || members[1].cfg.Send {
			t.Fatalf("%d members", len(members))
		}
		for _, m := range members {
			m.cfg.OnState("connected")
		}
		_ = g.Message("camera", []byte(`{"state":"live","source":"environment","width":1280,"height":720,"light":true,"zoom":0}`))
		synctest.Wait()
		if agent.room.Guest != "sharing" || agent.room.Camera.Width != 1280 {
			t.Fatalf("the agent sees %+v", agent.room)
		}

		// Drawings go to the other, with their author.
		members[0].cfg.OnMessage([]byte(`{"e":0,"t":"put","s":{"id":"a","k":"box","p":[[0,0],[5,5]]}}`))
		members[0].cfg.OnMessage([]byte(`{"e":0,"t":"put","s":{"id":"../a","k":"box","p":[[0,0],[5,5]]}}`))
		synctest.Wait()
		if len(members[1].got) != 1 || !strings.Contains(members[1].got[0], `"by":"guest"`) || len(members[0].got) != 0 {
			t.Errorf("the agent is sent %v, the guest %v", members[1].got, members[0].got)
		}

		// What a guest may not do.
		_ = g.Message("light", []byte(`{"on":true}`))
		for _, typ := range []string{"nothing", "room"} {
			if err := g.Message(typ, nil); err == nil {
				t.Errorf("%s is a message", typ)
			}
		}

		time.Sleep(90 * time.Second)
		c.tee.InteractionEnd("i")
		synctest.Wait()
		if guest.room.Guest != "gone" || guest.room.EndReason != "call_over" || !c.rooms[0].closed || c.desk.State != "ended" {
			t.Errorf("after the call: %+v, desk %+v", guest.room, c.desk)
		}
		_ = g.Message("rate", []byte(`{"stars":4}`))
		if err := c.End(t.Context(), "akiko", "i", VisitNeeded); err != nil {
			t.Fatal(err)
		}
		sum := c.interactions["i"].session.summary
		if sum.Minutes != 1.5 || sum.Satisfaction != 4 || sum.Outcome != VisitNeeded || sum.Drawings != 1 || sum.Quality == "" {
			t.Errorf("kept: %+v", sum)
		}
		if _, err := c.Look(t.Context(), token, cookie); err != nil {
			t.Errorf("the guest who was there: %v", err)
		}
		time.Sleep(afterLife + 2*time.Second)
		if _, err := c.Look(t.Context(), token, cookie); !errors.Is(err, ErrUnknown) {
			t.Errorf("long after: %v", err)
		}
	})
}

// TestTimelineIsBounded: a guest who turns the camera on and off for hours does not fill the records; how it ended is kept.
func TestTimelineIsBounded(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		token := c.begin()
		cookie, _, _ := c.Claim(t.Context(), token, "")
		g, _ := c.JoinLink(t.Context(), token, cookie, &browser{})
		for i := range 3 * maxEvents {
			_ = g.Message("camera", []byte(`{"state":"`+[]string{"live", "paused"}[i%2]+`","source":"user","width":1,"height":1,"light":false,"zoom":0}`))
			synctest.Wait()
		}
		c.tee.InteractionEnd("i")
		synctest.Wait()
		if n := len(c.events); n > maxEvents+10 || c.events[n-1] != "video_summary" {
			t.Errorf("%d events, the last %s", n, c.events[n-1])
		}
	})
}

// TestCardNumberInADrawing: what is written on the picture is kept as every text is.
func TestCardNumberInADrawing(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		c.begin()
		a, err := c.JoinUser(t.Context(), "i", "akiko", "Akiko Mori", false, &browser{})
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Message("rtc_start", nil)
		synctest.Wait()
		c.rooms[0].members[0].cfg.OnMessage([]byte(`{"e":0,"t":"put","s":{"id":"a","k":"text","p":[[1,1]],"c":"4111 1111 1111 1111"}}`))
		synctest.Wait()
		if err := c.End(t.Context(), "akiko", "i", ""); err != nil {
			t.Fatal(err)
		}
		if shapes, _ := c.drawn.([]Shape); len(shapes) != 1 || shapes[0].Text != "••••" {
			t.Errorf("kept: %+v", c.drawn)
		}
	})
}

// TestRoomsAreBounded: connections made anew by the hundred cost a few.
func TestRoomsAreBounded(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		token := c.begin()
		cookie, _, _ := c.Claim(t.Context(), token, "")
		g, _ := c.JoinLink(t.Context(), token, cookie, &browser{})
		for range 200 {
			_ = g.Message("rtc_start", nil)
		}
		synctest.Wait()
		if n := len(c.rooms[0].members); n > startBurst+1 {
			t.Errorf("%d connections were made", n)
		}
	})
}
