package acd

import (
	"strings"
	"testing"
	"time"
)

const toldSays, askedSays = 13000, 15000

// withRules records by the rules of two queues, with something to tell and to ask.
func withRules(r *fakeRecorder, first, second string) func(*Config) {
	return func(c *Config) {
		recorded(first, r)(c)
		c.Queues[1].Recording = second
		c.Users[1].Queues = []string{"Orders", "Bookings"} // Ben
		c.Announced, c.Question = clip(toldSays, 2*time.Second), clip(askedSays, 2*time.Second)
	}
}

func (r *fakeRecorder) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.told, ", ")
}

// TestStricterRuleHolds: a call that is handed to another queue is recorded as the stricter of the two rules says.
func TestStricterRuleHolds(t *testing.T) {
	for name, tc := range map[string]struct {
		first, second string
		key           rune // of the customer, who is asked in between; 0 is none
		asked         bool
		state, reason string
		told          string // to the recorder, in the end
	}{
		"on, then off":                   {"on", "off", 0, false, "paused", "queue", "record, mark answered, pause queue, mark transferred"},
		"on, then on":                    {"on", "on", 0, false, "on", "", "record"},
		"off, then on":                   {"off", "on", 0, false, "off", "", ""},
		"off, then ask":                  {"off", "ask", 0, false, "off", "", ""},
		"on, then asked: yes":            {"on", "ask", '1', true, "on", "", "pause asking, resume"},
		"on, then asked: no":             {"on", "ask", '2', true, "refused", "customer", "discard"},
		"on, then asked: without a word": {"on", "ask", 0, true, "paused", "no_answer", "pause asking, pause no_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &fakeRecorder{}
			onStageWith(t, withRules(r, tc.first, tc.second), func(s *stage) {
				s.wait(time.Second)
				s.must(s.Transfer(s.ctx, "akiko", s.id, queueTo("orders"), ""))
				s.settle()
				if tc.asked {
					s.noOffer("ben")
					s.hears("customer, asked", s.haruto, askedSays)
					if tc.key != 0 {
						s.Pressed(s.haruto, tc.key)
						s.settle()
					} else {
						s.wait(2*time.Second + consentTime)
					}
				}
				s.settle()
				s.hears("customer, waiting", s.haruto, holdSays)
				s.must(s.Answer(s.ctx, "ben", s.offer("ben")))
				s.settle()
				s.recordingIs("ben", tc.state, tc.reason)
				s.hears("customer", s.haruto, benSays)
				if tc.state == "paused" {
					s.refused("resume", s.ControlRecording(s.ctx, "ben", s.id, "resume"), "not_to_be_recorded")
				}
				s.must(s.HangUp(s.ctx, "ben", s.id))
				s.wait(time.Second)
				all := strings.ReplaceAll(r.all(), "mark transferred, pause queue", "pause queue, mark transferred")
				for what := range strings.SplitSeq(tc.told, ", ") {
					if what != "" && !strings.Contains(all, what) {
						s.t.Errorf("no %q among %q", what, all)
					}
				}
				if tc.told == "" && all != "" || strings.Contains(all, "finish") != (tc.state == "on" || tc.state == "paused") {
					s.t.Errorf("the recorder was told %q", all)
				}
			})
		})
	}
}

// TestConsentResumesNothingThatAnAgentPaused: who agrees to be recorded in the next queue does not know why an agent had paused.
func TestConsentResumesNothingThatAnAgentPaused(t *testing.T) {
	for key, want := range map[rune]RecordingState{'1': {"paused", "agent"}, '2': {"refused", "customer"}, 0: {"paused", "no_answer"}} {
		r := &fakeRecorder{}
		onStageWith(t, withRules(r, "on", "ask"), func(s *stage) {
			s.wait(time.Second)
			s.must(s.ControlRecording(s.ctx, "akiko", s.id, "pause"))
			s.must(s.Transfer(s.ctx, "akiko", s.id, queueTo("orders"), ""))
			s.settle()
			if key != 0 {
				s.Pressed(s.haruto, key)
			}
			s.wait(2*time.Second + consentTime)
			s.must(s.Answer(s.ctx, "ben", s.offer("ben")))
			s.settle()
			s.recordingIs("ben", want.State, want.Reason)
			if r.has("resume") {
				s.t.Errorf("key %q: the recorder was told %q", key, r.all())
			}
			if key != '1' {
				return
			}
			s.must(s.ControlRecording(s.ctx, "ben", s.id, "resume")) // by hand, as it was paused
			s.recordingIs("ben", "on", "")
		})
	}
}

// TestWhomWeCallIsTold: the called party hears that the call is recorded before it is, or is asked; the agent hears it too.
func TestWhomWeCallIsTold(t *testing.T) {
	for name, tc := range map[string]struct {
		rule          string
		key           rune
		heard         int16 // beside the agent
		state, reason string
	}{
		"on": {"on", 0, toldSays, "on", ""}, "off": {"off", 0, 0, "off", ""},
		"asked: yes": {"ask", '1', askedSays, "on", ""}, "asked: no": {"ask", '2', askedSays, "refused", "customer"},
		"asked: without a word": {"ask", 0, askedSays, "refused", "no_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &fakeRecorder{}
			onStageWith(t, withRules(r, "on", tc.rule), func(s *stage) {
				s.wait(time.Second)
				before := r.all() // of the first call
				s.must(s.CallOut(s.ctx, "ben", "+12025550177", ""))
				s.settle()
				out := s.dialer.last()
				out.answer()
				s.settle()
				s.hears("the called one", out, benSays+tc.heard)
				s.hears("agent", s.ben, numberSays+tc.heard)
				if tc.heard != 0 && r.all() != before {
					s.t.Errorf("recorded before it was told: %q", r.all())
				}
				s.wait(2 * time.Second)
				if tc.key != 0 {
					out.digits <- tc.key
				} else if tc.rule == "ask" {
					s.wait(consentTime)
				}
				s.settle()
				s.hears("the called one, afterwards", out, benSays)
				s.hears("agent, afterwards", s.ben, numberSays)
				s.recordingIs("ben", tc.state, tc.reason)
			})
		})
	}
}

// TestNumberInARecordedCallIsTold: a number that a recorded call is handed to hears that it is recorded.
func TestNumberInARecordedCallIsTold(t *testing.T) {
	r := &fakeRecorder{}
	onStageWith(t, withRules(r, "on", "on"), func(s *stage) {
		s.wait(time.Second)
		s.must(s.Transfer(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
		s.settle()
		out := s.dialer.last()
		out.answer()
		s.settle()
		s.hears("number", out, customerSays+toldSays)
		s.hears("customer", s.haruto, numberSays+toldSays)
		s.wait(2 * time.Second)
		s.hears("number, afterwards", out, customerSays)
		s.hears("customer, afterwards", s.haruto, numberSays)
	})
}
