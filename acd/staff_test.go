package acd

import (
	"slices"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/store"
	"patchbay/transcribe"
)

// An agent, a number and a queue's name that change while the server runs count for the next call, and for those who wait.
func TestConfigureWhileRunning(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		waits := newCustomer("+12025550142")
		f.Incoming(waits)
		f.wait(time.Second)

		queues := []store.Queue{
			{ID: "bookings", Name: "Travel", Numbers: []string{"+12025550100"}, Language: "en"},
			{ID: "orders", Name: "Orders", Numbers: []string{"+12025550101"}, Language: "en"},
		}
		f.Configure([]store.User{
			{ID: "akiko", Name: "Akiko Ono", Role: "agent", Queues: []string{"Orders"}},
			{ID: "dora", Name: "Dora Klein", Role: "agent", Queues: []string{"Travel"}},
			{ID: "sofia", Name: "Sofia Reyes", Role: "supervisor", AllQueues: true},
		}, queues)
		f.signIn("dora")
		f.signIn("akiko")
		f.wait(time.Second)
		o, _ := get[Offer](f, "dora", "offer")
		if o.Queue != "Travel" {
			t.Errorf("the waiting call rings at dora as of queue %q", o.Queue)
		}
		f.noOffer("akiko")
		if a, _ := get[AgentState](f, "akiko", "agent"); a.Name != "Akiko Ono" {
			t.Errorf("akiko is %+v", a)
		}
		if r := f.recs[o.InteractionID]; r.Queue != "Travel" {
			t.Errorf("the record says queue %q", r.Queue)
		}

		late := newCustomer("+12025550143")
		late.to = "+12025550101"
		f.Incoming(late)
		f.wait(time.Second)
		f.offer("akiko")
		if late.refused != "" {
			t.Errorf("a call to the new number is refused: %s", late.refused)
		}
		if n := len(f.users["sofia"]); n != 0 {
			t.Errorf("sofia takes no calls and was published %d values", n)
		}
	})
}

// A record that is changed in mid-call is on the screen, and still is after a reload.
func TestCustomerChangesInMidCall(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		id := f.offer("akiko")
		f.CustomerChanged(store.CustomerView{Customer: store.Customer{ID: "haruto", Name: "Haruto Mori"}})
		f.CustomerChanged(store.CustomerView{Customer: store.Customer{ID: "stranger", Name: "A Stranger"}})
		f.wait(time.Second)
		if v := f.topics[id]["customer"].(store.CustomerView); v.Name != "Haruto Mori" {
			t.Errorf("the desk shows %s", v.Name)
		}
		if o, _ := get[Offer](f, "akiko", "offer"); o.CustomerName != "Haruto Mori" {
			t.Errorf("the offer names %s", o.CustomerName)
		}
	})
}

// An agent who becomes a supervisor is rung no more, and may supervise.
func TestPromotion(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Configure([]store.User{{ID: "akiko", Name: "Akiko Mori", Role: "supervisor", Queues: []string{"Bookings"}},
			{ID: "ben", Name: "Ben Ito", Role: "agent", Queues: []string{"Bookings"}}}, f.Center.cfg.Queues)
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		f.noOffer("akiko")
		if err := f.Follow(f.t.Context(), "akiko", "ben"); err != nil {
			t.Error(err)
		}
	})
}

// configured tells the centre that one user changed, or was disabled where change is nil.
func (s *stage) configured(id string, change func(*store.User)) {
	s.t.Helper()
	users := slices.Clone(s.cfg.Users)
	i := slices.IndexFunc(users, func(u store.User) bool { return u.ID == id })
	if change == nil {
		now := time.Now()
		change = func(u *store.User) { u.DisabledAt = &now }
	}
	change(&users[i])
	s.Configure(users, s.cfg.Queues)
	s.settle()
}

// TestDisabledAgentLeavesTheCustomerToTheQueue: at once, whatever the agent does at the moment; no customer is hung up for it, nothing
// is left open, and who is enabled again begins anew.
func TestDisabledAgentLeavesTheCustomerToTheQueue(t *testing.T) {
	for name, tc := range map[string]struct {
		before           func(s *stage)
		ringsAt, talksTo string
	}{
		"in a call":             {func(*stage) {}, "ben", ""},
		"on hold":               {func(s *stage) { s.must(s.Hold(s.ctx, "akiko", s.id, true)) }, "ben", ""},
		"whose browser is gone": {func(s *stage) { s.DetachPhone("akiko", s.akiko); s.Connected("akiko", 0) }, "ben", ""},
		"who asks a colleague": {func(s *stage) {
			s.must(s.Consult(s.ctx, "akiko", s.id, agentTo("ben"), ""))
			s.must(s.Answer(s.ctx, "ben", s.id))
		}, "", "ben"},
		"in a conference": {func(s *stage) {
			s.must(s.AddParty(s.ctx, "akiko", s.id, agentTo("ben")))
			s.must(s.Answer(s.ctx, "ben", s.id))
		}, "", "ben"},
		"beside one who takes part": {func(s *stage) { s.must(s.Supervise(s.ctx, "sofia", s.id, "barge")) }, "", "sofia"},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				tc.before(s)
				s.settle()
				s.configured("akiko", nil)
				s.connected()
				if _, open := s.segments("akiko"); open != 0 {
					s.t.Error("the stint is open")
				}
				if a, _ := get[AgentState](s.fixture, "akiko", "agent"); a.Presence != "offline" {
					s.t.Errorf("akiko is shown %+v", a)
				}
				if _, ok := get[Call](s.fixture, "akiko", "call"); ok {
					s.t.Error("akiko still has the call")
				}
				s.happened("agent_lost")
				switch {
				case tc.ringsAt != "":
					if s.offer(tc.ringsAt) != s.id {
						s.t.Error("the customer waits for nobody")
					}
					s.hears("customer", s.haruto, holdSays)
				default:
					s.callState(tc.talksTo, StateActive)
					s.hears("customer", s.haruto, map[string]int16{"ben": benSays, "sofia": sofiaSays}[tc.talksTo])
				}
				if err := s.SetPresence(s.ctx, "akiko", string(Available), ""); err == nil {
					s.t.Error("a disabled agent becomes available")
				}
				s.Configure(s.cfg.Users, s.cfg.Queues) // enabled again
				s.must(s.SetPresence(s.ctx, "ben", "away", ""))
				s.signIn("akiko")
			})
		})
	}
}

// TestDisabledAgentIsRungNoMore: what rings at them goes on to the next, what they were to be handed goes back, and their after-call
// work is done as it stands.
func TestDisabledAgentIsRungNoMore(t *testing.T) {
	onStage(t, func(s *stage) { // a waiting call
		s.must(s.Note(s.ctx, "akiko", s.id, "Moved to the 21st"))
		s.Incoming(newCustomer("+12025550143"))
		s.settle()
		id := s.offer("ben")
		s.must(s.HangUp(s.ctx, "akiko", s.id))
		s.configured("ben", nil)
		s.noOffer("ben")
		s.must(s.WrapUp(s.ctx, "akiko", s.id, "solved", ""))
		s.settle()
		if s.offer("akiko") != id {
			s.t.Error("it rings at nobody")
		}
	})
	onStage(t, func(s *stage) { // a call that is handed over
		s.must(s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), ""))
		s.settle()
		s.configured("ben", nil)
		s.noOffer("ben")
		s.callState("akiko", StateActive)
		s.hears("customer", s.haruto, agentSays)
	})
	onStage(t, func(s *stage) { // after-call work
		s.must(s.Note(s.ctx, "akiko", s.id, "Moved to the 21st"))
		s.must(s.HangUp(s.ctx, "akiko", s.id))
		s.settle()
		s.configured("akiko", nil)
		s.wait(time.Second)
		s.state(s.id, StateEnded, OutcomeHandled)
		if !s.ended[s.id] || s.recs[s.id].Note != "Moved to the 21st" {
			s.t.Errorf("kept: %t, %+v", !s.ended[s.id], s.recs[s.id])
		}
	})
}

// TestSupervisorWhoMayNoMoreHearsNoMore: who loses a queue, or the role, or goes, is off its calls at once; it is audited, and the
// customer stays.
func TestSupervisorWhoMayNoMoreHearsNoMore(t *testing.T) {
	less := map[string]func(*store.User){
		"all queues taken": func(u *store.User) { u.AllQueues = false },
		"another queue":    func(u *store.User) { u.AllQueues, u.Queues = false, []string{"Orders"} },
		"an agent now":     func(u *store.User) { u.AllQueues, u.Role = false, "agent" },
		"disabled":         nil,
	}
	for name, change := range less {
		for _, mode := range []string{"listen", "whisper", "barge", "takeover"} {
			t.Run(name+", "+mode, func(t *testing.T) {
				onStage(t, func(s *stage) {
					s.must(s.Follow(s.ctx, "sofia", "akiko"))
					s.must(s.Supervise(s.ctx, "sofia", s.id, mode))
					s.settle()
					s.sofia.WriteFrame(&media.Frame{}) // what is heard from now on is heard by the bridge
					s.configured("sofia", change)
					s.sofia.WriteFrame(&media.Frame{})
					s.wait(time.Second)
					s.hears("the supervisor", s.sofia, 0)
					s.connected()
					if v := s.supervision("sofia"); v != (Supervision{}) {
						s.t.Errorf("supervision %+v", v)
					}
					if mode == "takeover" {
						if s.offer("ben") != s.id {
							s.t.Error("the customer waits for nobody")
						}
						if _, open := s.segments("sofia"); open != 0 {
							s.t.Error("the stint is open")
						}
					} else {
						s.hears("customer", s.haruto, agentSays)
						s.hears("agent", s.akiko, customerSays)
					}
					if acts := s.auditor.acts(); !slices.Contains(acts, "sofia leave") {
						s.t.Errorf("audit %v", acts)
					}
					for _, e := range s.auditor.entries {
						if e.Action == "leave" && e.Data["reason"] == nil {
							s.t.Errorf("not said why: %+v", e)
						}
					}
				})
			})
		}
	}
	onStage(t, func(s *stage) { // who keeps the right stays, also where the queue is renamed in the same breath
		users, queues := slices.Clone(s.cfg.Users), slices.Clone(s.cfg.Queues)
		i := slices.IndexFunc(users, func(u store.User) bool { return u.ID == "sofia" })
		s.must(s.Supervise(s.ctx, "sofia", s.id, "listen"))
		users[i].AllQueues, users[i].Queues = false, []string{"Bookings"}
		s.Configure(users, queues)
		users, queues = slices.Clone(users), slices.Clone(queues)
		users[i].Queues, queues[0].Name = []string{"Travel"}, "Travel"
		s.Configure(users, queues)
		s.settle()
		if v := s.supervision("sofia"); v.InteractionID != s.id {
			s.t.Errorf("supervision %+v", v)
		}
	})
}

// A pattern that is set in mid-call masks the next line of that call, and what is typed, before either is kept.
func TestMasksChangeInMidCall(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(100 * time.Millisecond)
		say := func(line string) string {
			f.streams[id+"/customer"].cfg.Listener.Line(transcribe.Line{ID: line, Text: "it is KX-abcd " + line, Spoken: "it is k x a b c d"})
			f.wait(100 * time.Millisecond)
			return f.lines[len(f.lines)-1].Text
		}
		if got := say("a"); got != "it is KX-abcd a" {
			t.Errorf("before: %q", got)
		}
		patterns, err := CompileMasks([]store.MaskRule{{Name: "Membership", Pattern: `KX-[a-z]{4}`, Active: true}})
		f.must(err)
		f.SetMasks(patterns)
		if got := say("b"); got != "it is •••• b" {
			t.Errorf("after: %q", got)
		}
		f.must(f.Note(f.t.Context(), "akiko", id, "member KX-wxyz"))
		f.wait(time.Second)
		if note := f.recs[id].Note; note != "member ••••" {
			t.Errorf("the note is kept as %q", note)
		}
	})
}
