package acd

import (
	"testing"
	"time"
)

func TestTransferToNumber(t *testing.T) {
	t.Run("blind", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.must(s.Transfer(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
			s.settle()
			out := s.dialer.last()
			if out.from != "+12025550100" {
				s.t.Errorf("called from %q", out.from)
			}
			s.hears("customer", s.haruto, holdSays)
			s.callState("akiko", "wrap_up")
			s.must(s.WrapUp(s.ctx, "akiko", s.id, "passed_on", ""))
			out.early()
			s.settle()
			s.hears("customer, of the network", s.haruto, numberSays)
			out.answer()
			s.settle()
			s.hears("customer", s.haruto, numberSays)
			s.hears("number", out, customerSays)
			s.state(s.id, StateActive, "")
			s.must(s.Supervise(s.ctx, "sofia", s.id, "listen")) // also then
			s.settle()
			s.hears("supervisor", s.sofia, customerSays+numberSays)
			out.HangUp()
			s.wait(time.Second)
			s.state(s.id, StateEnded, OutcomeHandled)
			select {
			case <-s.haruto.done:
			default:
				s.t.Error("the customer is left in a call with nobody")
			}
		})
	})
	for _, cause := range []string{CauseBusy, CauseNoSuchNumber, CauseNoAnswer} {
		t.Run(cause, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.must(s.Transfer(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
				s.settle()
				s.dialer.last().fail(cause)
				s.settle()
				s.connected()
				s.hears("customer", s.haruto, agentSays)
				if c := s.call("akiko"); c.Transferred.Mode != "returned" || c.Transferred.Reason != cause || s.party("akiko", "number-1").Cause != cause {
					s.t.Errorf("call %+v", c)
				}
			})
		})
	}
	t.Run("attended", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.must(s.Consult(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
			s.settle()
			out := s.dialer.last()
			out.early()
			s.settle()
			s.hears("agent, of the network", s.akiko, numberSays)
			s.hears("customer", s.haruto, holdSays)
			out.answer()
			s.settle()
			s.hears("agent", s.akiko, numberSays)
			s.hears("number", out, agentSays)
			s.must(s.ConsultSwap(s.ctx, "akiko", s.id))
			s.settle()
			s.hears("number that waits", out, holdSays)
			s.must(s.ConsultComplete(s.ctx, "akiko", s.id))
			s.settle()
			s.hears("customer", s.haruto, numberSays)
			s.hears("number", out, customerSays)
		})
	})
	t.Run("attended, hangs up", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.must(s.Consult(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
			s.settle()
			out := s.dialer.last()
			out.answer()
			s.settle()
			out.HangUp()
			s.settle()
			s.connected()
			s.hears("customer", s.haruto, agentSays)
			if s.call("akiko").Consult != nil {
				s.t.Error("the consultation goes on with nobody")
			}
		})
	})
	t.Run("customer hangs up while it rings", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.must(s.Transfer(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
			s.settle()
			s.haruto.HangUp()
			s.settle()
			if !s.dialer.last().over() {
				s.t.Error("the number still rings")
			}
			s.state(s.id, StateWrapUp, OutcomeHandled)
		})
	})
}

func TestCallOut(t *testing.T) {
	onStage(t, func(s *stage) {
		s.refused("busy agent", s.CallOut(s.ctx, "akiko", "+12025550177", ""), "busy")
		s.refused("not allowed", s.CallOut(s.ctx, "ben", "+8190000000", ""), "not_allowed")
		s.refused("supervisor", s.CallOut(s.ctx, "sofia", "+12025550177", ""), "unknown_agent")
		s.refused("unknown customer", s.CallOut(s.ctx, "ben", "+12025550177", "x"), "no_such_customer")
		s.must(s.SetPresence(s.ctx, "ben", "away", "")) // one may dial all the same
		s.must(s.CallOut(s.ctx, "ben", "+12025550177", "haruto"))
		s.settle()
		c := s.call("ben")
		out := s.dialer.last()
		if c.Direction != "outbound" || c.From != "+12025550177" || c.Match != "one" || c.State != "active" || out.from != "+12025550100" {
			s.t.Errorf("call %+v from %s", c, out.from)
		}
		if s.party("ben", "customer").State != "dialling" {
			s.t.Errorf("parties %+v", c.Parties)
		}
		s.refused("hand over what rings", s.Transfer(s.ctx, "ben", c.InteractionID, queueTo("bookings"), ""), "still_ringing")
		out.early()
		s.wait(3 * time.Second)
		s.hears("agent", s.ben, numberSays)
		s.hears("number", out, 0)
		if s.streams[c.InteractionID+"/customer"] != nil {
			s.t.Error("the network's announcement is written down")
		}
		out.answer()
		s.settle()
		s.hears("agent", s.ben, numberSays)
		s.hears("customer", out, benSays)
		r := s.recs[c.InteractionID]
		if r.Direction != "outbound" || r.To != "+12025550177" || r.From != "+12025550100" || r.AnsweredAt == nil || r.CustomerID != "haruto" {
			s.t.Errorf("record %+v", r)
		}
		s.must(s.Hold(s.ctx, "ben", c.InteractionID, true))
		s.wait(time.Second)
		s.hears("customer on hold", out, holdSays)
		s.must(s.HangUp(s.ctx, "ben", c.InteractionID))
		s.wait(time.Second)
		s.state(c.InteractionID, StateWrapUp, OutcomeHandled)
		if !out.over() {
			s.t.Error("not hung up")
		}
		if n := s.streams[c.InteractionID+"/customer"].count(numberSays); n == 0 || n > 60 {
			s.t.Errorf("%d frames of the customer were written", n)
		}
		s.must(s.WrapUp(s.ctx, "ben", c.InteractionID, "solved", ""))

		// One that nobody answers says why.
		s.must(s.CallOut(s.ctx, "ben", "+12025550178", ""))
		s.settle()
		s.dialer.last().fail(CauseBusy)
		s.settle()
		c = s.call("ben")
		if p := s.party("ben", "customer"); c.State != "wrap_up" || c.EndedBy != "failed" || p.State != "failed" || p.Cause != CauseBusy {
			s.t.Errorf("call %+v, %+v", c, p)
		}
		s.must(s.WrapUp(s.ctx, "ben", c.InteractionID, "", ""))
		s.wait(time.Second)
		s.state(c.InteractionID, StateEnded, OutcomeNotReached)
		if b := s.shown(); b.CallsToday != 1 || b.AbandonedToday != 0 {
			s.t.Errorf("calls of ours count as the customers': %+v", b)
		}
	})
}
