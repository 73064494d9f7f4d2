package acd

import (
	"strings"
	"testing"
	"time"

	"patchbay/store"
	"patchbay/transcribe"
)

func TestPhrases(t *testing.T) {
	all, err := CompilePhrases([]store.PhraseRule{{Kind: "exact", Text: "complaint"}, {Kind: "exact", Text: "speak to a manager"},
		{Kind: "exact", Text: "解約"}, {Kind: "pattern", Text: `refund(ed|s)?\s+twice`}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"I have a Complaint.": "complaint", "No complaints at all": "", "may I speak  to a Manager now": "speak to a manager",
		"解約したいのですが": "解約", "you refunded twice": `refund(ed|s)?\s+twice`, "": "",
	} {
		got := ""
		for _, m := range MatchPhrases(all, text) {
			got = m.Text
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if _, err := CompilePhrases(make([]store.PhraseRule, maxPhrases+1)); err == nil {
		t.Error("too many rules are taken")
	}
}

func last(all []Alert) Alert { return all[len(all)-1] }

// needs are the reasons on the board for the call of the stage.
func (s *stage) needs() (codes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, row := range s.world.board.Calls {
		if row.InteractionID == s.id {
			for _, n := range row.Needs {
				codes = append(codes, n.Code)
			}
		}
	}
	return codes
}

func (s *stage) needed(when string, want ...string) {
	s.t.Helper()
	s.wait(2 * time.Second)
	if got := strings.Join(s.needs(), " "); got != strings.Join(want, " ") {
		s.t.Errorf("%s: the board says %q, want %q", when, got, want)
	}
}

// say publishes a line as the transcript does.
func (s *stage) say(speaker, text string, startMS, endMS int64) {
	s.Center.cfg.Publisher.Interaction(s.id, "line", store.Line{InteractionID: s.id, ID: speaker + text, Speaker: speaker, Leg: speaker,
		Text: text, StartMS: startMS, EndMS: endMS})
}

func TestCallsThatMayNeedSomebody(t *testing.T) {
	phrases, err := CompilePhrases([]store.PhraseRule{{Kind: "exact", Text: "complaint"}})
	if err != nil {
		t.Fatal(err)
	}
	shared, err := CompilePhrases([]store.PhraseRule{{Kind: "exact", Text: "complaint", ShareText: true}})
	if err != nil {
		t.Fatal(err)
	}
	onStageWith(t, func(c *Config) { c.Phrases = shared }, func(s *stage) {
		s.say("customer", "I have a complaint.", 1000, 2500)
		s.needed("after a phrase", "phrase")
		if a := last(s.alerted()); !a.ShareText {
			s.t.Errorf("the rule lets the text go, the alert does not: %+v", a)
		}
	})
	onStageWith(t, func(c *Config) { c.Phrases = phrases }, func(s *stage) {
		s.SetTranscription(transcribe.Status{State: transcribe.Ready})
		s.needed("at first")
		s.say("customer", "I have a complaint.", 1000, 2500)
		s.needed("after a phrase", "phrase")
		if a := last(s.alerted()); a.Code != "phrase" || a.Params["said"] != "complaint" || a.Params["speaker"] != "customer" || a.ShareText || a.Queue != "Bookings" {
			s.t.Errorf("alert %+v", a)
		}
		s.wait(30 * time.Second)
		s.needed("after silence", "phrase", "long_silence")
		s.must(s.Hold(s.ctx, "akiko", s.id, true)) // who waits is not expected to speak
		s.needed("on hold", "phrase")
		s.must(s.Hold(s.ctx, "akiko", s.id, false))
		s.wait(30 * time.Second)
		s.needed("silence again", "phrase", "long_silence")
		s.Center.cfg.Publisher.Interaction(s.id, "partial", Partial{InteractionID: s.id, Speaker: "agent", Leg: "agent", Text: "Well"})
		s.needed("a word", "phrase")

		s.say("customer", "…", 60000, 70000)
		s.say("agent", "…", 61000, 69000)
		s.needed("both at once", "phrase", "overlap")
		s.say("customer", "…2", 131000, 133000)
		s.needed("one after the other", "phrase")

		for range 20 { // talked through, so it is no silence
			s.wait(20 * time.Second)
			s.say("agent", "…3", 140000, 141000)
		}
		s.needed("five minutes later")
		for range 10 {
			s.wait(20 * time.Second)
			s.say("agent", "…3", 140000, 141000)
		}
		s.needed("twice as long as usual", "long_call")
		s.happened("need")

		s.must(s.SetPresence(s.ctx, "ben", "away", ""))
		s.Incoming(newCustomer("+12025550143"))
		s.wait(2*time.Minute + 2*time.Second)
		for _, row := range s.shown().Calls {
			if row.InteractionID != s.id && (len(row.Needs) != 1 || row.Needs[0].Code != "long_wait") {
				s.t.Errorf("who waits needs %+v", row.Needs)
			}
		}
	})
}

// TestCuesOfAQueue: what an administrator sets counts at once, a queue's own before that of all; 0 turns a cue off.
func TestCuesOfAQueue(t *testing.T) {
	onStageWith(t, func(c *Config) {}, func(s *stage) {
		s.SetTranscription(transcribe.Status{State: transcribe.Ready})
		queue := s.Center.cfg.Queues[0].ID
		s.wait(10 * time.Second)
		s.needed("within 30 s, as it is made")
		s.SetCues([]store.Cues{{SilenceSeconds: 10}})
		s.needed("of all queues", "long_silence")
		s.SetCues([]store.Cues{{SilenceSeconds: 10}, {QueueID: queue, SilenceSeconds: 60, OverlapSeconds: 20}})
		s.needed("of this queue")
		s.say("customer", "…", 60000, 70000)
		s.say("agent", "…", 61000, 69000)
		s.needed("8 s of both at once, of 20")
		s.SetCues([]store.Cues{{QueueID: queue, OverlapSeconds: 5}})
		s.say("agent", "…2", 69000, 69500)
		s.needed("of 5", "overlap")
		s.SetCues([]store.Cues{{QueueID: queue}})
		s.needed("off")
		s.wait(15 * time.Minute)
		s.needed("with all of them off")
	})
}

// TestCallsNeedSomebodyThoughNobodyWatches: alerts go to other systems too, for when no supervisor has a board open.
func TestCallsNeedSomebodyThoughNobodyWatches(t *testing.T) {
	onStage(t, func(s *stage) {
		s.SetTranscription(transcribe.Status{State: transcribe.Ready})
		for _, who := range []string{"sofia", "theo"} {
			s.DetachPhone(who, map[string]*ear{"sofia": s.sofia, "theo": s.theo}[who])
			s.Connected(who, 0)
		}
		s.wait(30*time.Second + 2*boardRest) // the silence that is long as it is made
		if all := s.alerted(); len(all) != 1 || all[0].Code != CodeSilence {
			s.t.Errorf("alerts %+v", all)
		}
		// And where no call is left, nothing is looked at.
		s.haruto.HangUp()
		s.wait(time.Minute)
		at := s.shown().At
		s.wait(5 * time.Minute)
		if now := s.shown().At; !now.Equal(at) {
			s.t.Errorf("the board of no calls is published to nobody, %v after", now.Sub(at))
		}
	})
}
