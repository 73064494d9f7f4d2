package acd

import (
	"slices"
	"testing"
	"time"

	"patchbay/store"
)

func TestSupervisionModes(t *testing.T) {
	onStage(t, func(s *stage) {
		left, right := s.record()
		mode := func(m string) { s.t.Helper(); s.must(s.Supervise(s.ctx, "sofia", s.id, m)); s.settle() }

		mode("listen")
		s.hears("customer", s.haruto, agentSays)
		s.hears("agent", s.akiko, customerSays)
		s.hears("supervisor who listens", s.sofia, customerSays+agentSays)
		if v := s.supervision("sofia"); v.Mode != "listen" || v.InteractionID != s.id || v.AgentName != "Akiko Mori" || v.CustomerName != "Haruto Tanaka" || !v.Visible {
			s.t.Errorf("supervision %+v", v)
		}
		if c := s.call("akiko"); len(c.Supervisors) != 1 || c.Supervisors[0] != (Supervisor{"Sofia Reyes", "listen"}) {
			s.t.Errorf("the agent sees %+v", c.Supervisors)
		}

		mode("whisper")
		s.hears("customer of a whisper", s.haruto, agentSays)
		s.hears("agent of a whisper", s.akiko, customerSays+sofiaSays)
		s.hears("left", left, customerSays)
		s.hears("right", right, agentSays)
		if s.streams[s.id+"/supervisor-1"] != nil {
			s.t.Error("a whisper goes to the recogniser")
		}

		mode("barge")
		s.hears("customer", s.haruto, agentSays+sofiaSays)
		s.hears("agent", s.akiko, customerSays+sofiaSays)
		s.hears("supervisor", s.sofia, customerSays+agentSays)
		s.hears("right", right, agentSays+sofiaSays)
		spoken := s.streams[s.id+"/supervisor-1"].count(sofiaSays)

		mode("whisper") // back: what is said from now on is not written down
		before := s.streams[s.id+"/supervisor-1"].count(sofiaSays)
		s.wait(2 * time.Second)
		if after := s.streams[s.id+"/supervisor-1"].count(sofiaSays); spoken == 0 || after != before {
			s.t.Errorf("%d frames were written in barge, %d of the whisper after", spoken, after-before)
		}
		s.hears("customer", s.haruto, agentSays)

		mode("takeover")
		s.hears("customer", s.haruto, sofiaSays)
		s.hears("supervisor", s.sofia, customerSays)
		s.hears("agent who left", s.akiko, customerSays+sofiaSays) // the last that was heard: the leg is off the bridge
		s.callState("akiko", "wrap_up")
		s.callState("sofia", "active")
		if v, c := s.supervision("sofia"), s.call("sofia"); v.AgentName != "Akiko Mori" || c.Transferred == nil || *c.Transferred != (Transferred{"Akiko Mori", "", "taken_over"}) {
			s.t.Errorf("supervision %+v, call %+v", v, c.Transferred)
		}
		if c := s.call("akiko"); c.EndedBy != "takeover" {
			s.t.Errorf("ended by %q", c.EndedBy)
		}
		if _, open := s.segments("akiko"); open != 0 {
			s.t.Error("the agent's segment is open")
		}
		s.refused("listen to one's own call", s.Supervise(s.ctx, "sofia", s.id, "listen"), "yours")

		// Who leaves a call that was taken over leaves the customer at the head of the queue.
		mode("leave")
		s.connected()
		s.wait(time.Second)
		if b := s.offer("ben"); b != s.id {
			s.t.Error("another call rings")
		}
		s.hears("customer", s.haruto, holdSays)
		if _, ok := get[Call](s.fixture, "sofia", "call"); ok || s.supervision("sofia").InteractionID != "" {
			s.t.Error("the supervisor has not left")
		}
		want := []string{"sofia listen", "sofia whisper", "sofia barge", "sofia whisper", "sofia takeover", "sofia leave"}
		if got := s.auditor.acts(); !slices.Equal(got, want) {
			s.t.Errorf("audit %v, want %v", got, want)
		}
	})
}

// TestHandingOnWhatWasTakenOver: a supervisor who hands on a call that they took over has its after-call work, as an agent has, and
// gets it back where nobody takes it.
func TestHandingOnWhatWasTakenOver(t *testing.T) {
	onStage(t, func(s *stage) {

		s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover"))
		s.settle()
		s.must(s.Transfer(s.ctx, "sofia", s.id, agentTo("ben"), "knows the tour"))
		s.settle()
		s.callState("sofia", "wrap_up")
		if v := s.supervision("sofia"); v.InteractionID != "" {
			s.t.Errorf("still there: %+v", v)
		}
		s.must(s.Decline(s.ctx, "ben", s.id))
		s.settle()
		s.callState("sofia", "active")
		if v, c := s.supervision("sofia"), s.call("sofia"); v.Mode != "takeover" || c.Transferred == nil || c.Transferred.Mode != "returned" {
			s.t.Errorf("back again: supervision %+v, %+v", v, c.Transferred)
		}
		s.hears("customer", s.haruto, sofiaSays)

		s.must(s.Transfer(s.ctx, "sofia", s.id, agentTo("ben"), ""))
		s.settle()
		s.must(s.Answer(s.ctx, "ben", s.id))
		s.settle()
		s.callState("sofia", "wrap_up")
		s.callState("ben", "active")
		if c := s.call("ben"); len(c.Supervisors) > 0 {
			s.t.Errorf("who has left is shown: %+v", c.Supervisors)
		}
		s.hears("ben", s.ben, customerSays)
		acts := len(s.auditor.acts())
		s.haruto.HangUp()
		s.settle()
		s.callState("sofia", "wrap_up")
		if got := s.auditor.acts(); len(got) != acts {
			s.t.Errorf("the end of the call is audited once more for who had left: %v", got[acts:])
		}
		s.must(s.WrapUp(s.ctx, "sofia", s.id, "solved", "Explained the fare."))
		s.settle()
		if _, ok := get[Call](s.fixture, "sofia", "call"); ok {
			s.t.Error("the call is not done with")
		}
	})
}

// TestTakeOverWhileANumberRings: the transfer that was under way is off, and who began it stays out of the call.
func TestTakeOverWhileANumberRings(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.Transfer(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
		s.settle()
		s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover"))
		s.settle()
		if !s.dialer.last().over() {
			s.t.Error("the number still rings")
		}
		s.dialer.last().fail(CauseCancelled)
		s.wait(time.Second)
		s.callState("akiko", StateWrapUp)
		if v := s.supervision("sofia"); v.Mode != "takeover" {
			s.t.Errorf("the supervisor has %+v", v)
		}
		s.hears("customer", s.haruto, sofiaSays)
	})
}

// TestTakeOverGap: from the agent's last frame to the supervisor's first the customer waits for a tick at the most.
func TestTakeOverGap(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.Supervise(s.ctx, "sofia", s.id, "listen"))
		s.settle()
		s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover"))
		s.wait(40 * time.Millisecond)
		s.hears("customer", s.haruto, sofiaSays)
	})
}

func TestTwoSupervisors(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.Supervise(s.ctx, "sofia", s.id, "whisper"))
		s.must(s.Supervise(s.ctx, "theo", s.id, "listen"))
		s.settle()
		s.hears("the other supervisor", s.theo, customerSays+agentSays) // a whisper is the agent's alone
		// Two who barge in at once both take part, and hear each other.
		s.must(s.Supervise(s.ctx, "sofia", s.id, "barge"))
		s.must(s.Supervise(s.ctx, "theo", s.id, "barge"))
		s.settle()
		s.hears("customer", s.haruto, agentSays+sofiaSays)
		s.hears("the other supervisor", s.theo, customerSays+agentSays+sofiaSays)
		// The first to take over has it; the second stays where they are.
		s.must(s.Supervise(s.ctx, "theo", s.id, "takeover"))
		s.refused("second takeover", s.Supervise(s.ctx, "sofia", s.id, "takeover"), "taken_over")
		s.settle()
		s.hears("customer", s.haruto, sofiaSays)
		s.callState("theo", "active")
		if v := s.supervision("sofia"); v.Mode != "barge" {
			s.t.Errorf("sofia is in %q", v.Mode)
		}
		// Who took over hangs up on all.
		s.must(s.HangUp(s.ctx, "theo", s.id))
		s.settle()
		if v := s.supervision("sofia"); v.InteractionID != "" {
			s.t.Errorf("sofia still is at %+v", v)
		}
		s.state(s.id, StateWrapUp, OutcomeHandled) // akiko's, and of who had it at the end
		s.callState("theo", StateWrapUp)
		s.must(s.WrapUp(s.ctx, "theo", s.id, "solved", "Sorted out"))
		s.must(s.WrapUp(s.ctx, "akiko", s.id, "", "Sorted out"))
		s.wait(time.Second)
		s.state(s.id, StateEnded, OutcomeHandled)
		if !s.ended[s.id] {
			s.t.Error("the interaction is kept for ever")
		}
	})
}

func TestSupervisionRefusals(t *testing.T) {
	onStage(t, func(s *stage) {
		s.refused("an agent", s.Supervise(s.ctx, "ben", s.id, "listen"), "forbidden")
		s.refused("nobody", s.Supervise(s.ctx, "x", s.id, "listen"), "forbidden")
		s.refused("no call", s.Supervise(s.ctx, "sofia", "x", "listen"), "call_gone")
		s.refused("no mode", s.Supervise(s.ctx, "sofia", s.id, "shout"), "bad_mode")
		s.refused("leave where one is not", s.Supervise(s.ctx, "sofia", s.id, "leave"), "call_gone")
		s.refused("follow nobody known", s.Follow(s.ctx, "sofia", "x"), "no_such_agent")
		s.refused("an agent follows", s.Follow(s.ctx, "ben", "akiko"), "forbidden")
		s.refused("an agent mutes by a call of another", s.Mute(s.ctx, "sofia", s.id, true), "call_gone")
		s.DetachPhone("sofia", s.sofia)
		s.refused("barge without sound", s.Supervise(s.ctx, "sofia", s.id, "barge"), "no_phone")
		waits := newCustomer("+12025550143")
		s.must(s.SetPresence(s.ctx, "ben", "away", ""))
		s.Incoming(waits)
		s.settle()
		for id := range s.recs {
			if id != s.id {
				s.refused("barge where nobody talks", s.Supervise(s.ctx, "theo", id, "barge"), "nobody_talks")
			}
		}
		if len(s.auditor.acts()) != 0 {
			s.t.Errorf("audited: %v", s.auditor.acts())
		}
	})
}

// TestSupervisorOfQueues: one who is given queues follows calls of those, and of no others; administrators follow all.
func TestSupervisorOfQueues(t *testing.T) {
	onStageWith(t, func(c *Config) {
		c.Users = append(c.Users, store.User{ID: "rosa", Role: "supervisor", Queues: []string{"Orders"}}, store.User{ID: "uma", Role: "supervisor", Queues: []string{"Bookings"}},
			store.User{ID: "tess", Role: "supervisor"}, store.User{ID: "root", Role: "admin", Queues: []string{"Orders"}})
	}, func(s *stage) {
		s.refused("a call, by a supervisor of no queue", s.Supervise(s.ctx, "tess", s.id, "listen"), "forbidden")
		s.refused("an agent, by a supervisor of no queue", s.Follow(s.ctx, "tess", "akiko"), "forbidden")
		s.refused("a call of another queue", s.Supervise(s.ctx, "rosa", s.id, "listen"), "forbidden")
		s.refused("an agent of another queue", s.Follow(s.ctx, "rosa", "akiko"), "forbidden")
		for _, who := range []string{"uma", "root"} {
			s.must(s.Supervise(s.ctx, who, s.id, "listen"))
			s.must(s.Supervise(s.ctx, who, s.id, "leave"))
		}
		s.must(s.Follow(s.ctx, "uma", "akiko"))
		s.settle()
		if v := s.supervision("uma"); v.FollowAgentID != "akiko" {
			s.t.Errorf("supervision %+v", v)
		}
	})
}

// TestSupervisorsStayWithTheirQueues: a call that is handed to another queue is followed by those who supervise that one, and no others.
func TestSupervisorsStayWithTheirQueues(t *testing.T) {
	onStageWith(t, func(c *Config) {
		c.Users[1].Queues = []string{"Orders"}
		c.Users = append(c.Users, store.User{ID: "uma", Role: "supervisor", Queues: []string{"Bookings"}}, store.User{ID: "root", Role: "admin"})
	}, func(s *stage) {
		for _, who := range []string{"uma", "root"} {
			s.must(s.Supervise(s.ctx, who, s.id, "listen"))
		}
		s.must(s.Transfer(s.ctx, "akiko", s.id, queueTo("orders"), ""))
		s.settle()
		for who, call := range map[string]string{"uma": "", "root": s.id} {
			if v := s.supervision(who); v.InteractionID != call {
				s.t.Errorf("%s: %+v", who, v)
			}
		}
	})
}

func TestHiddenSupervision(t *testing.T) {
	onStageWith(t, func(c *Config) { c.HideSupervision = true }, func(s *stage) {
		for _, mode := range []string{"listen", "whisper"} {
			s.must(s.Supervise(s.ctx, "sofia", s.id, mode))
			s.settle()
			if c := s.call("akiko"); len(c.Supervisors) != 0 || s.party("akiko", "supervisor-1").ID != "" {
				s.t.Errorf("%s is seen by the agent: %+v", mode, c)
			}
			if s.supervision("sofia").Visible {
				s.t.Error("the supervisor is told to be seen")
			}
		}
		s.must(s.Supervise(s.ctx, "sofia", s.id, "barge"))
		s.settle()
		if c := s.call("akiko"); len(c.Supervisors) != 1 {
			s.t.Error("who speaks to the customer is hidden from the agent")
		}
	})
}

// TestSupervisionHiddenByQueue: a queue's own setting goes before the server's, and counts at once.
func TestSupervisionHiddenByQueue(t *testing.T) {
	for server, queue := range map[bool]string{false: SupervisionHidden, true: SupervisionShown} {
		onStageWith(t, func(c *Config) { c.HideSupervision, c.Queues[0].Supervision = server, queue }, func(s *stage) {
			s.must(s.Supervise(s.ctx, "sofia", s.id, "listen"))
			s.settle()
			if c := s.call("akiko"); (len(c.Supervisors) == 0) != (queue == SupervisionHidden) || s.supervision("sofia").Visible == (queue == SupervisionHidden) {
				s.t.Errorf("%s in a server that hides: %t: the agent sees %+v", queue, server, c.Supervisors)
			}
			queues := slices.Clone(s.cfg.Queues)
			queues[0].Supervision = ""
			s.Configure(s.cfg.Users, queues)
			s.settle()
			if c := s.call("akiko"); (len(c.Supervisors) == 0) != server {
				s.t.Errorf("back to the server's setting (hides: %t): the agent sees %+v", server, c.Supervisors)
			}
		})
	}
}

// TestSupervisionSurvivesReloads: of the supervisor's browser, and of the agent's.
func TestSupervisionSurvivesReloads(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.Supervise(s.ctx, "sofia", s.id, "whisper"))
		s.settle()
		s.DetachPhone("sofia", s.sofia)
		s.settle()
		s.hears("agent", s.akiko, customerSays)
		if v := s.supervision("sofia"); v.Mode != "whisper" || v.InteractionID != s.id {
			s.t.Errorf("supervision %+v", v)
		}
		back := s.join("sofia", sofiaSays)
		s.settle()
		s.hears("agent", s.akiko, customerSays+sofiaSays)
		s.hears("supervisor", back, customerSays+agentSays)
		s.hears("customer", s.haruto, agentSays)

		s.DetachPhone("akiko", s.akiko)
		s.wait(time.Second)
		s.hears("customer of a lost agent", s.haruto, holdSays)
		akiko := s.join("akiko", agentSays)
		s.settle()
		s.hears("agent", akiko, customerSays+sofiaSays)
		s.hears("customer", s.haruto, agentSays)

		// A supervisor who does not come back is no longer there.
		s.DetachPhone("sofia", back)
		s.wait(DefaultAwayTime + time.Second)
		if v := s.supervision("sofia"); v.InteractionID != "" {
			s.t.Errorf("supervision %+v", v)
		}
		s.connected()
	})
}

// TestBargingSupervisorKeepsTheCustomer: the agent's sound is lost for good while a supervisor takes part.
func TestBargingSupervisorKeepsTheCustomer(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.Supervise(s.ctx, "sofia", s.id, "barge"))
		s.settle()
		s.DetachPhone("akiko", s.akiko)
		s.wait(time.Second)
		s.hears("customer", s.haruto, sofiaSays)
		s.wait(DefaultAwayTime)
		s.hears("customer", s.haruto, sofiaSays)
		s.callState("sofia", "active")
		s.state(s.id, StateActive, "")
		if v := s.supervision("sofia"); v.Mode != "takeover" || v.AgentName != "Akiko Mori" {
			s.t.Errorf("supervision %+v", v)
		}
		// And when the supervisor's sound goes too, the customer is called back from the queue.
		s.DetachPhone("sofia", s.sofia)
		s.wait(DefaultAwayTime + time.Second)
		s.connected()
		if s.offer("ben") != s.id {
			s.t.Error("the customer waits for nobody")
		}
	})
}

func TestFollowAgent(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.Follow(s.ctx, "sofia", "akiko"))
		s.settle()
		if v := s.supervision("sofia"); v.Mode != "listen" || v.InteractionID != s.id || v.FollowAgentID != "akiko" {
			s.t.Errorf("supervision %+v", v)
		}
		s.hears("supervisor", s.sofia, customerSays+agentSays)
		s.haruto.HangUp()
		s.settle()
		if v := s.supervision("sofia"); v.Mode != "" || v.InteractionID != "" || v.FollowAgentID != "akiko" {
			s.t.Errorf("supervision between calls %+v", v)
		}
		s.must(s.SetPresence(s.ctx, "ben", "away", ""))
		s.must(s.WrapUp(s.ctx, "akiko", s.id, "solved", ""))
		next := newCustomer("+12025550143")
		s.Incoming(next)
		s.settle()
		id := s.offer("akiko")
		s.must(s.Answer(s.ctx, "akiko", id))
		s.settle()
		if v := s.supervision("sofia"); v.Mode != "listen" || v.InteractionID != id {
			s.t.Errorf("the next call is not followed: %+v", v)
		}
		// Who hands the call over takes the listener along.
		s.must(s.SetPresence(s.ctx, "ben", "available", ""))
		s.must(s.Transfer(s.ctx, "akiko", id, agentTo("ben"), ""))
		s.settle()
		if v := s.supervision("sofia"); v.InteractionID != "" {
			s.t.Errorf("still at the call of another agent: %+v", v)
		}
		s.must(s.Follow(s.ctx, "sofia", ""))
		s.settle()
		if v := s.supervision("sofia"); v.FollowAgentID != "" {
			s.t.Errorf("supervision %+v", v)
		}
	})
}

// TestSensitive: nobody listens in, and nothing is kept.
func TestSensitive(t *testing.T) {
	onStage(t, func(s *stage) {
		left, right := s.record()
		s.must(s.Supervise(s.ctx, "sofia", s.id, "whisper"))
		s.must(s.SetSensitive(s.ctx, "akiko", s.id, true))
		s.settle()
		if c := s.call("akiko"); c.Sensitive == nil || c.Sensitive.By != "akiko" {
			s.t.Errorf("call %+v", c)
		}
		s.hears("supervisor", s.sofia, 0)
		s.hears("left", left, 0)
		s.hears("right", right, 0)
		s.hears("customer", s.haruto, agentSays)
		s.hears("agent", s.akiko, customerSays+sofiaSays)
		before := s.streams[s.id+"/customer"].count(customerSays)
		s.wait(2 * time.Second)
		if after := s.streams[s.id+"/customer"].count(customerSays); after != before {
			s.t.Errorf("%d frames of a sensitive stretch were written", after-before)
		}
		s.must(s.SetSensitive(s.ctx, "akiko", s.id, false))
		s.settle()
		s.hears("left", left, customerSays)
		s.hears("supervisor", s.sofia, customerSays+agentSays)
	})
}

// TestAuditOutlivesTheDatabase: an act that cannot be stored is stored when it can.
func TestAuditOutlivesTheDatabase(t *testing.T) {
	onStage(t, func(s *stage) {
		s.auditor.mu.Lock()
		s.auditor.lost = true
		s.auditor.mu.Unlock()
		s.must(s.Supervise(FromAddress(s.ctx, "192.0.2.7"), "sofia", s.id, "listen"))
		s.wait(time.Minute)
		s.auditor.mu.Lock()
		s.auditor.lost = false
		s.auditor.mu.Unlock()
		s.wait(retryAudit + time.Second)
		if got := s.auditor.acts(); !slices.Equal(got, []string{"sofia listen"}) {
			s.t.Errorf("audit %v", got)
		}
		s.must(s.HangUp(s.ctx, "akiko", s.id)) // what ends by itself has the address of the last command
		s.wait(time.Second)
		for _, e := range s.auditor.entries {
			if e.Address != "192.0.2.7" {
				s.t.Errorf("an entry without the address: %+v", e)
			}
		}
	})
}

func TestRaiseHand(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.RaiseHand(s.ctx, "akiko", s.id, true))
		s.must(s.RaiseHand(s.ctx, "akiko", s.id, true)) // twice is once
		s.wait(time.Second)
		if all := s.alerted(); len(all) != 1 || all[0].Code != "raised_hand" || !s.call("akiko").HandRaised {
			s.t.Errorf("alerts %+v", all)
		}
		if b := s.shown(); len(b.Calls) != 1 || len(b.Calls[0].Needs) != 1 || b.Calls[0].AgentID != "akiko" || len(b.Calls[0].Parties) != 2 {
			s.t.Errorf("board %+v", b)
		}
		s.must(s.RaiseHand(s.ctx, "akiko", s.id, false))
		s.Need(s.id, "upset", map[string]any{"seconds": 30})
		s.wait(time.Second)
		if b := s.shown(); len(b.Calls[0].Needs) != 1 || b.Calls[0].Needs[0].Code != "upset" || len(s.alerted()) != 2 {
			s.t.Errorf("board %+v", b)
		}
		s.NeedNoMore(s.id, "upset")
		s.wait(time.Second)
		if b := s.shown(); len(b.Calls[0].Needs) != 0 {
			s.t.Errorf("board %+v", b)
		}
	})
}

// TestFollowEndsWithTheBrowser: who has gone home follows nobody, and is at no call.
func TestFollowEndsWithTheBrowser(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.Follow(s.ctx, "sofia", "ben"))
		s.must(s.Supervise(s.ctx, "theo", s.id, "whisper"))
		s.DetachPhone("sofia", s.sofia)
		s.must(s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), ""))
		s.settle()
		s.must(s.Answer(s.ctx, "ben", s.id))
		s.settle()
		if v := s.supervision("sofia"); v.InteractionID != "" {
			s.t.Errorf("a supervisor without a phone is at the call: %+v", v)
		}
		back := s.join("sofia", sofiaSays) // within the grace: at the call that is followed
		s.settle()
		s.hears("supervisor", back, customerSays+benSays)
		for _, who := range []string{"sofia", "theo"} {
			s.Connected(who, 0)
		}
		s.wait(2 * time.Minute)
		for _, who := range []string{"sofia", "theo"} {
			if v := s.supervision(who); v != (Supervision{}) {
				s.t.Errorf("%s has gone home and is at %+v", who, v)
			}
		}
		if c := s.call("ben"); len(c.Supervisors) != 0 {
			s.t.Errorf("ben sees %+v", c.Supervisors)
		}
		s.connected()
	})
}

// TestBoardBeats: a board that somebody watches is never older than a second, be it ever so quiet.
func TestBoardBeats(t *testing.T) {
	onStage(t, func(s *stage) {
		for range 50 {
			s.wait(130 * time.Millisecond)
			if age := time.Since(s.shown().At); age > time.Second {
				s.t.Fatalf("the board is %v old", age)
			}
		}
		for _, who := range []string{"sofia", "theo"} { // nobody watches: nothing is published
			s.Connected(who, 0)
		}
		s.wait(10 * time.Second)
		if age := time.Since(s.shown().At); age < 5*time.Second {
			s.t.Errorf("a board is published to nobody, %v ago", age)
		}
	})
}
