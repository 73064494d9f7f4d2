package acd

import (
	"strings"
	"testing"
	"time"
)

func TestBlindTransferToAgent(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.Note(s.ctx, "akiko", s.id, "Wants the 21st"))
		s.must(s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), "speaks Japanese"))
		s.settle()
		s.hears("customer who is handed over", s.haruto, holdSays)
		s.callState("akiko", "wrap_up")
		o, _ := get[Offer](s.fixture, "ben", "offer")
		if o.InteractionID != s.id || o.CustomerName != "Haruto Tanaka" || o.Transferred == nil ||
			*o.Transferred != (Transferred{"Akiko Mori", "speaks Japanese", "blind"}) {
			s.t.Fatalf("ben is offered %+v", o)
		}
		s.state(s.id, StateOffered, "")
		s.must(s.Answer(s.ctx, "ben", s.id))
		s.settle()
		s.hears("customer", s.haruto, benSays)
		s.hears("second agent", s.ben, customerSays)
		if c := s.call("ben"); c.Note != "Wants the 21st" || c.Transferred.Reason != "speaks Japanese" || c.Match != "one" {
			s.t.Errorf("what is known does not travel: %+v", c)
		}
		// The first agent is done with it while the call goes on.
		s.must(s.WrapUp(s.ctx, "akiko", s.id, "passed_on", "Wants the 21st"))
		s.settle()
		s.state(s.id, StateActive, "")
		s.haruto.HangUp()
		s.settle()
		s.state(s.id, StateWrapUp, OutcomeHandled)
		s.must(s.WrapUp(s.ctx, "ben", s.id, "solved", "Moved"))
		s.wait(time.Second)
		s.state(s.id, StateEnded, OutcomeHandled)
		for _, who := range []string{"akiko", "ben"} {
			if all, open := s.segments(who); all != 1 || open != 0 {
				s.t.Errorf("%s has %d segments, %d open", who, all, open)
			}
		}
		if s.streams[s.id+"/agent-2"].count(benSays) == 0 || s.recs[s.id].WrapUpCode != "solved" || !s.ended[s.id] {
			s.t.Error("the second stint is not kept")
		}
		s.happened("transferred")
	})
}

// TestFailedBlindTransfer: whoever does not take the call gives it back to who handed it over; who is free of it by then
// leaves the customer to the head of the queue.
func TestFailedBlindTransfer(t *testing.T) {
	for name, fail := range map[string]func(*stage){
		"declined":   func(s *stage) { s.must(s.Decline(s.ctx, "ben", s.id)) },
		"rings out":  func(s *stage) { s.wait(DefaultRingTime) },
		"dead agent": func(s *stage) { s.Connected("ben", 0); s.wait(offerGrace) },
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.must(s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), "x"))
				s.settle()
				fail(s)
				s.settle()
				s.connected()
				s.hears("customer", s.haruto, agentSays)
				s.callState("akiko", "active")
				if c := s.call("akiko"); c.Transferred == nil || c.Transferred.Mode != "returned" || c.Transferred.FromName != "Ben Ito" {
					s.t.Errorf("the agent is not told why: %+v", c.Transferred)
				}
				if p := s.party("akiko", "agent-2"); p.State != "failed" || p.Cause == "" {
					s.t.Errorf("ben is %+v", p)
				}
				s.wait(failedShown)
				if p := s.party("akiko", "agent-2"); p.ID != "" {
					s.t.Errorf("ben still is %+v", p)
				}
				s.happened("transfer_returned")
			})
		})
		t.Run(name+", the first agent is done", func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.must(s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), "x"))
				s.must(s.SetPresence(s.ctx, "akiko", "away", ""))
				s.must(s.WrapUp(s.ctx, "akiko", s.id, "", ""))
				s.settle()
				fail(s)
				s.settle()
				s.connected()
				s.hears("customer", s.haruto, holdSays)
				s.state(s.id, StateWaiting, "")
				s.must(s.SetPresence(s.ctx, "akiko", "available", ""))
				s.settle()
				if s.offer("akiko") != s.id {
					s.t.Error("the customer is not called back")
				}
			})
		})
	}
}

func TestTransferToQueue(t *testing.T) {
	onStageWith(t, func(c *Config) { c.Users[1].Queues = []string{"Orders"} }, func(s *stage) {
		s.must(s.Transfer(s.ctx, "akiko", s.id, queueTo("orders"), "an order"))
		s.settle()
		o, _ := get[Offer](s.fixture, "ben", "offer")
		if o.InteractionID != s.id || o.Queue != "Orders" || o.Transferred == nil || o.Transferred.Reason != "an order" {
			s.t.Errorf("ben is offered %+v", o)
		}
		s.callState("akiko", "wrap_up")
		s.must(s.Decline(s.ctx, "ben", s.id)) // it waits in its queue
		s.settle()
		s.state(s.id, StateWaiting, "")
		s.hears("customer", s.haruto, holdSays)
		s.wait(declinePause)
		s.must(s.Answer(s.ctx, "ben", s.offer("ben")))
		s.settle()
		s.hears("customer", s.haruto, benSays)
		if s.recs[s.id].Queue != "Orders" {
			s.t.Errorf("queue %q", s.recs[s.id].Queue)
		}
	})
}

func TestTransferRefusals(t *testing.T) {
	onStage(t, func(s *stage) {
		blind := func(to Target) error { return s.Transfer(s.ctx, "akiko", s.id, to, "") }
		ask := func(to Target) error { return s.Consult(s.ctx, "akiko", s.id, to, "") }
		add := func(to Target) error { return s.AddParty(s.ctx, "akiko", s.id, to) }
		for name, do := range map[string]func(Target) error{"transfer": blind, "consult": ask, "add": add} {
			s.refused(name+" nobody", do(Target{}), "no_target")
			s.refused(name+" no agent", do(agentTo("")), "no_target")
			s.refused(name+" unknown", do(agentTo("x")), "no_such_agent")
			s.refused(name+" supervisor", do(agentTo("sofia")), "no_such_agent")
			s.refused(name+" oneself", do(agentTo("akiko")), "to_yourself")
			s.refused(name+" no number", do(numberTo("")), "no_target")
			s.refused(name+" long number", do(numberTo(strings.Repeat("1", 100))), "no_target")
			s.refused(name+" number not allowed", do(numberTo("+8190000000")), "not_allowed")
		}
		s.refused("no queue", blind(queueTo("x")), "no_such_queue")
		s.refused("a queue with nobody", blind(queueTo("orders")), "nobody_there")
		s.refused("ask a queue", ask(queueTo("bookings")), "no_target")
		s.refused("long reason", s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), strings.Repeat("x", maxTransferReason+1)), "reason_too_long")
		s.refused("another's call", s.Transfer(s.ctx, "ben", s.id, agentTo("akiko"), ""), "call_gone")
		s.refused("swap without", s.ConsultSwap(s.ctx, "akiko", s.id), "no_consult")
		s.refused("complete without", s.ConsultComplete(s.ctx, "akiko", s.id), "no_consult")
		s.refused("return without", s.ConsultReturn(s.ctx, "akiko", s.id), "no_consult")
		s.refused("drop nobody", s.DropParty(s.ctx, "akiko", s.id, "number-1"), "no_such_party")
		s.refused("drop the customer", s.DropParty(s.ctx, "akiko", s.id, "customer"), "hang_up_instead")
		s.refused("drop oneself", s.DropParty(s.ctx, "akiko", s.id, "agent"), "hang_up_instead")
		s.must(s.SetPresence(s.ctx, "ben", "away", "lunch"))
		s.refused("who is away", blind(agentTo("ben")), "agent_away")
		s.must(s.SetPresence(s.ctx, "ben", "available", ""))
		s.DetachPhone("ben", s.ben)
		s.refused("who has no sound", blind(agentTo("ben")), "agent_no_phone")
		s.settle()
		s.hears("customer", s.haruto, agentSays) // through all of it
		s.hears("agent", s.akiko, customerSays)
		s.state(s.id, StateActive, "")
	})
	onStageWith(t, func(c *Config) { c.Dialer = nil }, func(s *stage) {
		s.refused("no route", s.Transfer(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""), "no_outbound")
		s.refused("no route", s.CallOut(s.ctx, "ben", "+12025550177", ""), "no_outbound")
	})
}

func TestConsult(t *testing.T) {
	onStage(t, func(s *stage) {
		left, right := s.record()
		s.must(s.Consult(s.ctx, "akiko", s.id, agentTo("ben"), "may I refund?"))
		s.settle()
		s.hears("customer who waits", s.haruto, holdSays)
		s.hears("agent while it rings", s.akiko, 0)
		if o, _ := get[Offer](s.fixture, "ben", "offer"); o.Transferred == nil || o.Transferred.Mode != "consult" || o.Transferred.Reason != "may I refund?" {
			s.t.Errorf("ben is offered %+v", o)
		}
		s.refused("swap while it rings", s.ConsultSwap(s.ctx, "akiko", s.id), "still_ringing")
		s.refused("hold", s.Hold(s.ctx, "akiko", s.id, true), "customer_waits")
		s.refused("transfer meanwhile", s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), ""), "in_consult")
		s.must(s.Answer(s.ctx, "ben", s.id))
		s.settle()
		s.hears("agent", s.akiko, benSays)
		s.hears("who is asked", s.ben, agentSays)
		s.hears("customer who waits", s.haruto, holdSays)
		s.hears("left", left, customerSays)
		s.hears("right: a consultation is private", right, 0)
		if c := s.call("akiko"); c.Consult == nil || *c.Consult != (Consult{"agent-2", "consultant"}) {
			s.t.Errorf("consult %+v", c.Consult)
		}
		for id, state := range map[string]string{"customer": "held", "agent": "consulting", "agent-2": "consulting"} {
			if p := s.party("akiko", id); p.State != state {
				s.t.Errorf("%s is %q, want %q", id, p.State, state)
			}
		}
		for _, who := range []string{"akiko", "ben"} {
			if a, _ := get[AgentState](s.fixture, who, "agent"); a.Activity != "consulting" {
				s.t.Errorf("%s is %s", who, a.Activity)
			}
		}
		s.refused("who is asked hands on", s.Transfer(s.ctx, "ben", s.id, agentTo("akiko"), ""), "not_yours")
		s.refused("who is asked completes", s.ConsultComplete(s.ctx, "ben", s.id), "not_yours")
		s.refused("who is asked holds", s.Hold(s.ctx, "ben", s.id, true), "not_yours")
		if n := s.streams[s.id+"/agent-2"].count(benSays); n != 0 {
			s.t.Errorf("%d frames of a private consultation are written", n)
		}

		s.must(s.ConsultSwap(s.ctx, "akiko", s.id))
		s.settle()
		s.hears("customer", s.haruto, agentSays)
		s.hears("agent", s.akiko, customerSays)
		s.hears("who is asked, waits", s.ben, holdSays)
		s.must(s.ConsultSwap(s.ctx, "akiko", s.id))
		s.settle()
		s.hears("agent", s.akiko, benSays)

		s.must(s.ConsultComplete(s.ctx, "akiko", s.id))
		s.settle()
		s.hears("customer", s.haruto, benSays)
		s.hears("who was asked", s.ben, customerSays)
		s.callState("akiko", "wrap_up")
		s.callState("ben", "active")
		if s.streams[s.id+"/agent-2"].count(benSays) == 0 {
			s.t.Error("who took over is not written down")
		}
		s.happened("transferred")
	})
}

// TestConsultEnds: whatever ends a consultation, the customer has somebody.
func TestConsultEnds(t *testing.T) {
	answered := func(s *stage) {
		s.must(s.Consult(s.ctx, "akiko", s.id, agentTo("ben"), ""))
		s.settle()
		s.must(s.Answer(s.ctx, "ben", s.id))
		s.settle()
	}
	ringing := func(s *stage) { s.must(s.Consult(s.ctx, "akiko", s.id, agentTo("ben"), "")); s.settle() }
	withFirst := func(s *stage) {
		s.hears("customer", s.haruto, agentSays)
		s.hears("agent", s.akiko, customerSays)
		if c := s.call("akiko"); c.Consult != nil || c.State != "active" {
			s.t.Errorf("call %+v", c)
		}
		if a, _ := get[AgentState](s.fixture, "akiko", "agent"); a.Activity != "talking" {
			s.t.Errorf("akiko is %s", a.Activity)
		}
	}
	withSecond := func(s *stage) {
		s.hears("customer", s.haruto, benSays)
		s.hears("second agent", s.ben, customerSays)
		s.callState("ben", "active")
	}
	for name, tc := range map[string]struct{ start, do, then func(*stage) }{
		"returned":           {answered, func(s *stage) { s.must(s.ConsultReturn(s.ctx, "akiko", s.id)) }, func(s *stage) { withFirst(s); s.callState("ben", "wrap_up") }},
		"returned, ringing":  {ringing, func(s *stage) { s.must(s.ConsultReturn(s.ctx, "akiko", s.id)) }, func(s *stage) { withFirst(s); s.noOffer("ben") }},
		"dropped":            {answered, func(s *stage) { s.must(s.DropParty(s.ctx, "akiko", s.id, "agent-2")) }, withFirst},
		"declined":           {ringing, func(s *stage) { s.must(s.Decline(s.ctx, "ben", s.id)) }, withFirst},
		"rings out":          {ringing, func(s *stage) { s.wait(DefaultRingTime) }, withFirst},
		"the asked hangs up": {answered, func(s *stage) { s.must(s.HangUp(s.ctx, "ben", s.id)) }, withFirst},
		"the asked is lost":  {answered, func(s *stage) { s.DetachPhone("ben", s.ben); s.wait(DefaultAwayTime) }, withFirst},
		"the asker hangs up": {answered, func(s *stage) { s.must(s.HangUp(s.ctx, "akiko", s.id)) }, withSecond},
		"the asker is lost":  {answered, func(s *stage) { s.DetachPhone("akiko", s.akiko); s.wait(DefaultAwayTime) }, withSecond},
		"the asker hangs up while it rings": {ringing, func(s *stage) { s.must(s.HangUp(s.ctx, "akiko", s.id)) }, func(s *stage) {
			s.hears("customer", s.haruto, holdSays)
			s.must(s.Answer(s.ctx, "ben", s.id))
			s.settle()
			withSecond(s)
		}},
		"completed while it rings, declined": {ringing, func(s *stage) {
			s.must(s.ConsultComplete(s.ctx, "akiko", s.id))
			s.must(s.Decline(s.ctx, "ben", s.id))
		}, withFirst},
		"taken over": {answered, func(s *stage) { s.must(s.Supervise(s.ctx, "sofia", s.id, "takeover")) }, func(s *stage) {
			s.hears("customer", s.haruto, sofiaSays)
			s.callState("akiko", "wrap_up")
			s.callState("ben", "wrap_up")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				tc.start(s)
				tc.do(s)
				s.settle()
				s.connected()
				tc.then(s)
			})
		})
	}
	t.Run("the customer hangs up", func(t *testing.T) {
		onStage(t, func(s *stage) {
			answered(s)
			s.haruto.HangUp()
			s.settle()
			s.callState("akiko", "wrap_up")
			s.callState("ben", "wrap_up")
			s.state(s.id, StateWrapUp, OutcomeHandled)
			s.must(s.WrapUp(s.ctx, "ben", s.id, "", ""))
			s.must(s.WrapUp(s.ctx, "akiko", s.id, "solved", ""))
			s.wait(time.Second)
			s.state(s.id, StateEnded, OutcomeHandled)
		})
	})
	t.Run("the customer hangs up while it rings", func(t *testing.T) {
		onStage(t, func(s *stage) {
			ringing(s)
			s.haruto.HangUp()
			s.settle()
			s.noOffer("ben")
			s.callState("akiko", "wrap_up")
			s.state(s.id, StateWrapUp, OutcomeHandled)
		})
	})
}

func TestConference(t *testing.T) {
	onStage(t, func(s *stage) {
		s.must(s.AddParty(s.ctx, "akiko", s.id, agentTo("ben")))
		s.settle()
		s.hears("customer meanwhile", s.haruto, agentSays)
		s.must(s.Answer(s.ctx, "ben", s.id))
		s.must(s.AddParty(s.ctx, "akiko", s.id, numberTo("+12025550177")))
		s.settle()
		if p := s.party("ben", "number-1"); p.State != "dialling" || p.Number != "+12025550177" {
			s.t.Errorf("number %+v", p)
		}
		expert := s.dialer.last()
		expert.answer()
		s.settle()
		s.hears("customer", s.haruto, agentSays+benSays+numberSays)
		s.hears("agent", s.akiko, customerSays+benSays+numberSays)
		s.hears("second agent", s.ben, customerSays+agentSays+numberSays)
		s.hears("number", expert, customerSays+agentSays+benSays)
		s.refused("again", s.AddParty(s.ctx, "akiko", s.id, agentTo("ben")), "already_here")
		s.refused("to a queue", s.Transfer(s.ctx, "akiko", s.id, queueTo("bookings"), ""), "conference")

		s.must(s.Hold(s.ctx, "ben", s.id, true)) // the outside waits, the agents may speak
		s.settle()
		s.hears("customer on hold", s.haruto, holdSays)
		s.hears("number on hold", expert, holdSays)
		s.hears("agent", s.akiko, benSays)
		if !s.call("akiko").Held || s.party("akiko", "number-1").State != "held" {
			s.t.Error("the hold is not one truth")
		}
		s.must(s.Hold(s.ctx, "akiko", s.id, false))
		s.must(s.SendDTMF(s.ctx, "akiko", s.id, "42#"))
		s.settle()
		if expert.keys != "42#" {
			s.t.Errorf("keys %q", expert.keys)
		}
		for _, bad := range []string{"", "12a", strings.Repeat("1", maxDigits+1), "1\x00"} {
			s.refused("keys", s.SendDTMF(s.ctx, "akiko", s.id, bad), "bad_digits")
		}

		s.must(s.DropParty(s.ctx, "ben", s.id, "number-1"))
		s.settle()
		if !expert.over() {
			s.t.Error("the number is not hung up")
		}
		s.refused("no telephone with keys", s.SendDTMF(s.ctx, "akiko", s.id, "1"), "takes_no_digits")
		s.must(s.HangUp(s.ctx, "akiko", s.id)) // the others go on
		s.settle()
		s.connected()
		s.hears("customer", s.haruto, benSays)
		s.callState("akiko", "wrap_up")
		s.must(s.HangUp(s.ctx, "ben", s.id)) // the last one ends it
		s.settle()
		select {
		case <-s.haruto.done:
		default:
			s.t.Error("the customer is not hung up")
		}
	})
}

func TestConferenceIsBounded(t *testing.T) {
	onStage(t, func(s *stage) {
		for range maxParties - 2 {
			s.must(s.AddParty(s.ctx, "akiko", s.id, numberTo("+12025550177")))
			s.settle()
			s.dialer.last().answer()
			s.settle()
		}
		s.refused("one too many", s.AddParty(s.ctx, "akiko", s.id, numberTo("+12025550177")), "conference_full")
		// Recorder and supervisors still have their seats.
		s.record()
		for _, who := range []string{"sofia", "theo"} {
			s.must(s.Supervise(s.ctx, who, s.id, "listen"))
		}
		s.settle()
		s.hears("supervisor", s.sofia, customerSays+agentSays+(maxParties-2)*numberSays)
	})
}

func TestTargets(t *testing.T) {
	onStage(t, func(s *stage) {
		s.wait(time.Second)
		v, ok := get[Targets](s.fixture, "akiko", "targets")
		if !ok || !v.Numbers || len(v.Agents) != 1 || v.Agents[0].ID != "ben" || !v.Agents[0].Free || len(v.Queues) != 2 ||
			v.Queues[0].Free != 1 || v.Queues[0].SignedIn != 1 || v.Queues[1].SignedIn != 0 {
			s.t.Errorf("targets %+v", v)
		}
		s.must(s.SetPresence(s.ctx, "ben", "away", "lunch"))
		s.wait(time.Second)
		if v, _ := get[Targets](s.fixture, "akiko", "targets"); v.Agents[0].Free || v.Agents[0].Reason != "lunch" || v.Queues[0].Free != 0 {
			s.t.Errorf("targets %+v", v)
		}
	})
}
