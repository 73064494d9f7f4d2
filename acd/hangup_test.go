package acd

import (
	"testing"
	"time"
)

// midways are the steps in whose middle somebody may go.
var midways = map[string]func(*stage){
	"in talk":      func(*stage) {},
	"while muted":  func(s *stage) { s.must(s.Mute(s.ctx, "akiko", s.id, true)) },
	"on hold":      func(s *stage) { s.must(s.Hold(s.ctx, "akiko", s.id, true)) },
	"in sensitive": func(s *stage) { s.must(s.SetSensitive(s.ctx, "akiko", s.id, true)) },
	"while a colleague asked rings": func(s *stage) {
		s.must(s.Consult(s.ctx, "akiko", s.id, agentTo("ben"), ""))
	},
	"while a colleague is asked": asksBen,
	"while a colleague waits":    func(s *stage) { asksBen(s); s.must(s.ConsultSwap(s.ctx, "akiko", s.id)) },
	"while a number asked is dialled": func(s *stage) {
		s.must(s.Consult(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
	},
	"while a number asked announces": func(s *stage) {
		s.must(s.Consult(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
		s.settle()
		s.dialer.last().early()
	},
	"while a number is asked": func(s *stage) {
		s.must(s.Consult(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
		s.settle()
		s.dialer.last().answer()
	},
	"while a colleague rings for the conference": func(s *stage) { s.must(s.AddParty(s.ctx, "akiko", s.id, agentTo("ben"))) },
	"in conference": func(s *stage) {
		s.must(s.AddParty(s.ctx, "akiko", s.id, agentTo("ben")))
		s.settle()
		s.must(s.Answer(s.ctx, "ben", s.id))
		s.must(s.AddParty(s.ctx, "akiko", s.id, numberTo("+12025550177")))
		s.settle()
		s.dialer.last().answer()
	},
	"while it rings for who takes it over": func(s *stage) { s.must(s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), "")) },
	"while a number is to take it over": func(s *stage) {
		s.must(s.Transfer(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
	},
	"listened to":   func(s *stage) { s.must(s.Supervise(s.ctx, "sofia", s.id, "listen")) },
	"whispered to":  func(s *stage) { s.must(s.Supervise(s.ctx, "sofia", s.id, "whisper")) },
	"barged into":   func(s *stage) { s.must(s.Supervise(s.ctx, "sofia", s.id, "barge")) },
	"barged by two": bargedByTwo,
	"taken over":    func(s *stage) { s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover")) },
	"taken over in mid-consultation": func(s *stage) {
		asksBen(s)
		s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover"))
	},
	"asked about by a supervisor": func(s *stage) {
		s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover"))
		s.must(s.Consult(s.ctx, "sofia", s.id, agentTo("ben"), ""))
		s.settle()
		s.must(s.Answer(s.ctx, "ben", s.id))
	},
	"with the agent's sound away": func(s *stage) { s.DetachPhone("akiko", s.akiko) },
	"back in the queue": func(s *stage) {
		s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover"))
		s.must(s.SetPresence(s.ctx, "ben", "away", ""))
		s.must(s.Supervise(s.ctx, "sofia", s.id, "leave"))
	},
}

func asksBen(s *stage) {
	s.must(s.Consult(s.ctx, "akiko", s.id, agentTo("ben"), ""))
	s.settle()
	s.must(s.Answer(s.ctx, "ben", s.id))
	s.settle()
}

func bargedByTwo(s *stage) {
	s.must(s.Supervise(s.ctx, "sofia", s.id, "barge"))
	s.must(s.Supervise(s.ctx, "theo", s.id, "barge"))
}

// TestCustomerHangsUpMidway: whatever is going on, everybody is let go, nobody is left ringing, no telephone is left off the
// hook, who had the call wraps it up, and then nothing of it is kept in memory.
func TestCustomerHangsUpMidway(t *testing.T) {
	for name, midway := range midways {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				midway(s)
				s.settle()
				s.haruto.HangUp()
				s.wait(time.Second)
				s.noOffer("ben")
				for _, o := range s.dialer.placed {
					if !o.over() {
						s.t.Error("a number is not hung up")
					}
				}
				outcome := OutcomeHandled
				if name == "while it rings for who takes it over" || name == "back in the queue" { // nobody has the call
					outcome = OutcomeAbandoned
				}
				s.state(s.id, StateWrapUp, outcome)
				for _, who := range []string{"akiko", "ben"} {
					if a, _ := get[AgentState](s.fixture, who, "agent"); a.Activity != "wrap_up" && a.Activity != "idle" {
						s.t.Errorf("%s is %s", who, a.Activity)
					}
					if _, open := s.segments(who); open != 0 {
						s.t.Errorf("%d segments of %s are open", open, who)
					}
				}
				for _, who := range []string{"sofia", "theo"} {
					if v := s.supervision(who); v.InteractionID != "" || v.Mode != "" {
						s.t.Errorf("%s still is at %+v", who, v)
					}
				}
				for _, who := range []string{"akiko", "ben", "sofia", "theo"} {
					if c, ok := get[Call](s.fixture, who, "call"); ok {
						if c.State != StateWrapUp || c.Consult != nil {
							s.t.Errorf("the call of %s is %+v", who, c)
						}
						s.must(s.WrapUp(s.ctx, who, s.id, "", ""))
					}
				}
				s.wait(time.Second)
				if !s.ended[s.id] {
					s.t.Error("the interaction is kept for ever")
				}
			})
		})
	}
}

// TestAgentDiesMidway: the agent's browser is killed and does not come back. The customer is never hung up on: somebody else of
// ours has the call, or it rings, or waits at the head of the queue with music.
func TestAgentDiesMidway(t *testing.T) {
	for name, midway := range midways {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.record()
				midway(s)
				s.settle()
				s.DetachPhone("akiko", s.akiko)
				s.Connected("akiko", 0)
				s.settle()
				s.connected()
				s.wait(DefaultAwayTime + DefaultRingTime + signOutGrace + 5*time.Second)
				s.connected()
				if a, _ := get[AgentState](s.fixture, "akiko", "agent"); a.Presence != "offline" || a.Activity != "idle" {
					s.t.Errorf("who has gone is %s and %s", a.Presence, a.Activity)
				}
				if _, open := s.segments("akiko"); open != 0 {
					s.t.Errorf("%d segments are open", open)
				}
				heard := s.haruto.hears()
				if heard == 0 || heard == agentSays {
					s.t.Errorf("the customer hears %d", heard)
				}
				s.must(s.ask(s.ctx, func() error {
					if in := s.interactions[s.id]; in == nil || in.rec.EndedAt != nil {
						s.t.Error("the call is over")
					} else {
						s.checkCall(in, s.t.Errorf)
					}
					return nil
				}))
			})
		})
	}
}

// TestTakenOverIsWrappedUp: a call that ends in a supervisor's hands is theirs to wrap up; going on to another call, or home,
// completes it as it stands.
func TestTakenOverIsWrappedUp(t *testing.T) {
	ended := func(s *stage) {
		s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover"))
		s.settle()
		s.must(s.WrapUp(s.ctx, "akiko", s.id, "", "Angry about the invoice"))
		s.haruto.HangUp()
		s.settle()
		s.callState("sofia", StateWrapUp)
		if c := s.call("sofia"); c.EndedBy != "customer" || c.Note != "Angry about the invoice" {
			s.t.Errorf("the supervisor wraps up %+v", c)
		}
		s.state(s.id, StateEnded, OutcomeHandled) // for all others
		s.must(s.Note(s.ctx, "sofia", s.id, "Refunded"))
	}
	over := func(s *stage, code string) {
		s.wait(time.Second)
		if _, ok := get[Call](s.fixture, "sofia", "call"); ok {
			s.t.Error("the wrap-up still is there")
		}
		if r := s.recs[s.id]; r.Note != "Refunded" || r.WrapUpCode != code || r.State != StateEnded || !s.ended[s.id] {
			s.t.Errorf("kept: %+v", r)
		}
	}
	next := func(s *stage) string {
		s.must(s.SetPresence(s.ctx, "ben", "away", ""))
		s.Incoming(newCustomer("+12025550143"))
		s.settle()
		id := s.offer("akiko")
		s.must(s.Answer(s.ctx, "akiko", id))
		s.settle()
		return id
	}
	t.Run("completed", func(t *testing.T) {
		onStage(t, func(s *stage) {
			ended(s)
			s.must(s.WrapUp(s.ctx, "sofia", s.id, "solved", "Refunded"))
			over(s, "solved")
		})
	})
	for _, mode := range []string{"listen", "takeover"} {
		t.Run("on to "+mode, func(t *testing.T) {
			onStage(t, func(s *stage) {
				ended(s)
				id := next(s)
				s.must(s.Supervise(s.ctx, "sofia", id, mode))
				s.settle()
				if v := s.supervision("sofia"); v.InteractionID != id || v.Mode != mode {
					s.t.Errorf("supervision %+v", v)
				}
				if mode == "listen" {
					over(s, "")
				} else {
					s.callState("sofia", "active")
				}
			})
		})
	}
	t.Run("gone home", func(t *testing.T) {
		onStage(t, func(s *stage) {
			ended(s)
			s.DetachPhone("sofia", s.sofia)
			s.Connected("sofia", 0)
			s.wait(2 * time.Minute)
			over(s, "")
		})
	})
	t.Run("follows on", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.must(s.Follow(s.ctx, "sofia", "akiko"))
			ended(s)
			id := next(s)
			if v := s.supervision("sofia"); v.InteractionID != "" {
				s.t.Errorf("in the wrap-up, supervision %+v", v)
			}
			s.must(s.WrapUp(s.ctx, "sofia", s.id, "", "Refunded"))
			s.settle()
			if v := s.supervision("sofia"); v.InteractionID != id || v.Mode != "listen" {
				s.t.Errorf("supervision %+v", v)
			}
		})
	})
}
