package acd

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"patchbay/media/prompt"
	"patchbay/store"
	"patchbay/transcribe"
)

func TestCallFromRingToWrapUp(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		akiko := f.signIn("akiko")
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(100 * time.Millisecond)

		// It rings beside the greeting, with the record on the screen.
		id := f.offer("akiko")
		f.hears("customer", haruto, greetingSays)
		if v, ok := f.topics[id]["customer"].(store.CustomerView); !ok || v.Name != "Haruto Tanaka" {
			t.Errorf("popped %v", f.topics[id]["customer"])
		}
		f.state(id, StateOffered, "")

		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(100 * time.Millisecond)
		f.hears("customer", haruto, agentSays)
		f.hears("agent", akiko, customerSays)
		f.state(id, StateActive, "")

		f.must(f.Mute(f.t.Context(), "akiko", id, true))
		f.wait(100 * time.Millisecond)
		f.hears("customer of a muted agent", haruto, 0)
		f.hears("muted agent", akiko, customerSays)
		f.must(f.Mute(f.t.Context(), "akiko", id, false))

		f.must(f.Hold(f.t.Context(), "akiko", id, true))
		f.wait(time.Second)
		f.hears("customer on hold", haruto, holdSays)
		f.hears("agent who holds", akiko, 0)
		f.must(f.Hold(f.t.Context(), "akiko", id, false))
		f.wait(100 * time.Millisecond)
		f.hears("customer", haruto, agentSays)

		f.must(f.Note(f.t.Context(), "akiko", id, "Moved to the 21st"))
		haruto.HangUp()
		f.wait(100 * time.Millisecond)
		f.state(id, StateWrapUp, OutcomeHandled)
		if c, _ := get[Call](f, "akiko", "call"); c.State != "wrap_up" || c.EndedBy != "customer" {
			t.Errorf("call at wrap-up: %+v", c)
		}
		f.must(f.WrapUp(f.t.Context(), "akiko", id, "solved", "Moved to the 21st"))
		f.wait(time.Second)
		f.state(id, StateEnded, OutcomeHandled)
		if !f.ended[id] {
			t.Error("the interaction's topic is kept for ever")
		}
		r := f.recs[id]
		if r.WrapUpCode != "solved" || r.Note != "Moved to the 21st" || r.CustomerID != "haruto" || r.AnsweredAt == nil || r.EndedAt == nil {
			t.Errorf("record %+v", r)
		}
		want := []string{"started", "matched", "offered", "answered", "held", "resumed", "ended", "wrap_up_completed"}
		if got := f.events[id]; !slices.Equal(got, want) {
			t.Errorf("timeline %v, want %v", got, want)
		}
		// Both voices were transcribed, the player never, and both last words were kept.
		c, a := f.streams[id+"/customer"], f.streams[id+"/agent"]
		if c.count(customerSays) < 65 || c.count(greetingSays)+c.count(holdSays) > 0 {
			t.Errorf("customer's stream: %v", c.frames)
		}
		if a.count(agentSays) < 8 || a.count(customerSays) > 0 {
			t.Errorf("agent's stream: %v", a.frames)
		}
		if len(f.lines) != 2 {
			t.Errorf("%d last lines, want 2", len(f.lines))
		}
	})
}

// TestMutedIsNotWritten: what an agent says muted or on hold reaches neither the customer nor the transcript.
func TestMutedIsNotWritten(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.must(f.Mute(f.t.Context(), "akiko", id, true))
		f.wait(50 * time.Millisecond)
		before := f.streams[id+"/agent"].count(agentSays)
		f.wait(2 * time.Second)
		f.must(f.Hold(f.t.Context(), "akiko", id, true))
		f.must(f.Mute(f.t.Context(), "akiko", id, false))
		f.wait(2 * time.Second)
		if after := f.streams[id+"/agent"].count(agentSays); after != before {
			t.Errorf("%d frames written while muted or on hold", after-before)
		}
	})
}

func TestGreetingThenMusic(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(time.Second)
		f.hears("customer", haruto, greetingSays)
		f.wait(3 * time.Second)
		f.hears("customer who waits", haruto, holdSays)
		haruto.HangUp()
		f.wait(time.Second)
		for id := range f.recs {
			f.state(id, StateEnded, OutcomeAbandoned)
		}
	})
}

func TestRingsOutThenNextAgent(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.wait(time.Second) // akiko is idle longest
		f.signIn("ben")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.noOffer("ben")
		f.wait(DefaultRingTime)
		f.noOffer("akiko")
		if f.offer("ben") != id {
			t.Error("another call rings")
		}
		if a, _ := get[AgentState](f, "akiko", "agent"); a.Presence != "away" || a.Reason != ReasonNotAnswering {
			t.Errorf("akiko is %+v", a)
		}
		if err := f.Answer(f.t.Context(), "akiko", id); !errors.Is(err, errNoOffer) {
			t.Errorf("late answer: %v", err)
		}
	})
}

// TestClosedBrowserIsNotRung: a browser that is closed while it rings passes the call on in seconds; a reload keeps it.
func TestClosedBrowserIsNotRung(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.wait(time.Second)
		f.signIn("ben")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.Connected("akiko", 0)
		f.wait(time.Second)
		f.Connected("akiko", 1)
		f.wait(2 * offerGrace)
		if f.offer("akiko") != id {
			t.Error("a reload loses the call")
		}
		f.Connected("akiko", 0)
		f.wait(offerGrace + time.Second)
		if f.offer("ben") != id {
			t.Error("the call still rings in a closed browser")
		}
		// And nobody is rung whose browser is closed already.
		f.Connected("ben", 0)
		f.wait(offerGrace + time.Second)
		f.noOffer("ben")
		f.state(id, StateWaiting, "")
	})
}

func TestDeclineGoesToNextAndComesBack(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Decline(f.t.Context(), "akiko", id))
		f.wait(time.Second)
		f.noOffer("akiko")
		f.state(id, StateWaiting, "")
		f.wait(declinePause) // nobody else is there: ask again rather than let the customer wait for ever
		f.offer("akiko")
	})
}

func TestReloadRejoins(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		old := f.signIn("akiko")
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(time.Second)

		f.DetachPhone("akiko", old)
		f.Connected("akiko", 0)
		f.wait(time.Second)
		f.hears("customer of a lost agent", haruto, holdSays)
		if c, _ := get[Call](f, "akiko", "call"); !c.AgentAway {
			t.Error("the desk does not say that the audio is away")
		}
		back := &ear{says: agentSays + 500}
		f.Connected("akiko", 1)
		f.AttachPhone("akiko", back)
		f.wait(100 * time.Millisecond)
		f.hears("customer", haruto, agentSays+500)
		f.hears("agent", back, customerSays)
		f.DetachPhone("akiko", old) // the old tab's end comes late
		f.wait(DefaultAwayTime + time.Second)
		f.hears("customer", haruto, agentSays+500)
		f.state(id, StateActive, "")
		want := []string{"started", "matched", "offered", "answered", "agent_lost", "agent_back"}
		if got := f.events[id]; !slices.Equal(got, want) {
			t.Errorf("timeline %v, want %v", got, want)
		}
	})
}

func TestLostAgentReturnsCallToHead(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		akiko := f.signIn("akiko")
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(time.Minute)
		later := newCustomer("+12025550143")
		f.Incoming(later)
		f.DetachPhone("akiko", akiko)
		f.wait(DefaultAwayTime - time.Second)
		f.state(id, StateActive, "")
		f.hears("customer", haruto, holdSays)
		f.wait(2 * time.Second)
		f.state(id, StateWaiting, "")
		f.signIn("ben")
		f.wait(100 * time.Millisecond)
		if f.offer("ben") != id {
			t.Error("the customer who lost an agent does not go first")
		}
		f.must(f.Answer(f.t.Context(), "ben", id))
		f.wait(100 * time.Millisecond)
		f.hears("customer", haruto, agentSays)
		if f.streams[id+"/agent-2"] == nil || !f.streams[id+"/agent"].finished {
			t.Error("each agent has a stream of their own")
		}
		for _, s := range f.segs {
			if s.AgentID == "akiko" && s.EndedAt == nil {
				t.Error("the lost agent's segment is open")
			}
		}
	})
}

func TestCallerGoneWhileRinging(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		haruto.HangUp()
		f.wait(time.Millisecond)
		f.noOffer("akiko")
		f.state(id, StateEnded, OutcomeAbandoned)
		if e, _ := get[OfferEnd](f, "akiko", "offer_end"); e.Reason != "caller_gone" {
			t.Errorf("offer ended by %q", e.Reason)
		}
		f.wait(time.Second)
		if f.shown().AbandonedToday != 1 || f.shown().CallsToday != 1 || len(f.shown().Calls) != 0 {
			t.Errorf("board %+v", f.shown())
		}
		f.Incoming(newCustomer("+12025550143"))
		f.wait(100 * time.Millisecond)
		f.offer("akiko") // still available
	})
}

func TestMatches(t *testing.T) {
	two := []store.Customer{{ID: "a", Name: "Jane Doyle"}, {ID: "b", Name: "John Doyle"}}
	t.Run("several", func(t *testing.T) {
		inBubble(t, nil, func(f *fixture) {
			f.found = two
			f.signIn("akiko")
			f.Incoming(newCustomer("+12025550150"))
			f.wait(100 * time.Millisecond)
			id := f.offer("akiko")
			if c, ok := f.topics[id]["candidates"].(Candidates); !ok || len(c.Items) != 2 {
				t.Fatalf("candidates %v", f.topics[id])
			}
			f.must(f.ChooseCustomer(f.t.Context(), "akiko", id, "b"))
			f.wait(time.Millisecond)
			if f.recs[id].CustomerID != "b" {
				t.Error("choice not kept")
			}
			// A wrong choice is corrected the same way, and the timeline says so.
			f.must(f.ChooseCustomer(f.t.Context(), "akiko", id, "a"))
			f.wait(time.Millisecond)
			if f.recs[id].CustomerID != "a" || !slices.Contains(f.events[id], "customer_chosen") {
				t.Error("correction not kept")
			}
			if err := f.ChooseCustomer(f.t.Context(), "akiko", id, "nobody"); err == nil {
				t.Error("an unknown customer is accepted")
			}
		})
	})
	t.Run("withheld", func(t *testing.T) {
		inBubble(t, nil, func(f *fixture) {
			f.signIn("akiko")
			f.Incoming(newCustomer(""))
			f.wait(10 * time.Millisecond)
			id := f.offer("akiko")
			if c, ok := f.topics[id]["candidates"].(Candidates); !ok || len(c.Items) != 0 || c.Number != "" {
				t.Errorf("candidates %v", f.topics[id])
			}
		})
	})
	t.Run("slow database", func(t *testing.T) {
		inBubble(t, nil, func(f *fixture) {
			f.delay = 5 * time.Second
			f.signIn("akiko")
			f.Incoming(newCustomer("+12025550142"))
			f.wait(lookupPatience + time.Millisecond)
			id := f.offer("akiko") // rings all the same
			f.must(f.Answer(f.t.Context(), "akiko", id))
			f.wait(6 * time.Second)
			if c, _ := get[Call](f, "akiko", "call"); c.Match != "one" {
				t.Errorf("match %q", c.Match)
			}
		})
	})
}

func TestRefusals(t *testing.T) {
	inBubble(t, func(c *Config) { c.MaxCalls = 1 }, func(f *fixture) {
		wrong := newCustomer("+12025550142")
		wrong.to = "+12025550199"
		f.Incoming(wrong)
		f.wait(time.Millisecond)
		if wrong.refused != RefuseNoSuchNumber {
			t.Errorf("wrong number: %q", wrong.refused)
		}
		f.Incoming(newCustomer("+12025550142"))
		second := newCustomer("+12025550143")
		f.Incoming(second)
		f.wait(time.Millisecond)
		if second.refused != RefuseBusy {
			t.Errorf("full: %q", second.refused)
		}
		ctx := f.t.Context()
		for name, err := range map[string]error{
			"answer without offer": f.Answer(ctx, "akiko", "x"),
			"hang up without call": f.HangUp(ctx, "akiko", "x"),
			"supervisor":           f.Answer(ctx, "sofia", "x"),
			"presence of nobody":   f.SetPresence(ctx, "nobody", "available", ""),
			"presence offline":     f.SetPresence(ctx, "akiko", "available", ""),
			"presence unknown":     f.SetPresence(ctx, "akiko", "asleep", ""),
		} {
			if e := new(Error); !errors.As(err, &e) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestDrain(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(time.Second)

		ctx, cancel := context.WithTimeout(f.t.Context(), 10*time.Second)
		defer cancel()
		drained := make(chan struct{})
		go func() { defer close(drained); f.Drain(ctx) }()
		f.wait(time.Second)
		late := newCustomer("+12025550143")
		f.Incoming(late)
		f.wait(time.Millisecond)
		if late.refused != RefuseShuttingDown || !f.world.system.ShuttingDown {
			t.Error("a call is taken by a server that stops")
		}
		f.hears("customer", haruto, agentSays)
		f.wait(10 * time.Second)
		f.hears("customer at the limit", haruto, closingSays)
		<-drained
		f.wait(time.Second)
		select {
		case <-haruto.done:
		default:
			t.Error("not hung up")
		}
		f.state(id, StateWrapUp, OutcomeHandled)
	})
}

// TestStopClosesRecords: a centre that is stopped at once leaves nothing open, and keeps the last words.
func TestStopClosesRecords(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(time.Second)
		f.stop()
		<-f.done
		f.state(id, StateEnded, OutcomeInterrupted)
		if len(f.lines) != 2 {
			t.Errorf("%d last lines, want 2", len(f.lines))
		}
		if err := f.Answer(f.t.Context(), "akiko", id); !errors.Is(err, errClosed) {
			t.Errorf("a stopped centre answers: %v", err)
		}
	})
}

// TestSignOut: a closed browser goes offline after a grace, completes its wrap-up, and a reload within it does not.
func TestSignOut(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		p := f.signIn("akiko")
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		haruto.HangUp()
		f.wait(time.Second)
		f.DetachPhone("akiko", p)
		f.Connected("akiko", 0)
		f.wait(30 * time.Second)
		f.Connected("akiko", 1) // a reload
		f.wait(2 * time.Minute)
		f.state(id, StateWrapUp, OutcomeHandled)
		f.Connected("akiko", 0)
		f.wait(2 * time.Minute)
		f.state(id, StateEnded, OutcomeHandled)
		if a, _ := get[AgentState](f, "akiko", "agent"); a.Presence != "offline" {
			t.Errorf("akiko is %+v", a)
		}
	})
}

// TestAnswerWithoutAudio: an agent whose browser reloads while it rings may answer; the customer hears music until it is back.
func TestAnswerWithoutAudio(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		p := f.signIn("akiko")
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.DetachPhone("akiko", p)
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(time.Second)
		f.hears("customer", haruto, holdSays)
		f.AttachPhone("akiko", p)
		f.wait(100 * time.Millisecond)
		f.hears("customer", haruto, agentSays)
	})
}

func TestSystemBanner(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.SetTranscription(transcribe.Status{State: transcribe.Off, Reason: "the model is missing"})
		f.SetDatabase(true)
		f.wait(time.Millisecond)
		f.SetTranscription(transcribe.Status{State: transcribe.Ready, Behind: true})
		f.wait(time.Millisecond)
		if s := f.world.system; s.Transcription != "ready" || !s.TranscriptionBehind {
			t.Errorf("system %+v", s)
		}
		f.SetTranscription(transcribe.Status{State: transcribe.Off, Reason: "the model is missing"})
		f.wait(time.Millisecond)
		if s := f.world.system; s.Transcription != "off" || s.TranscriptionReason == "" || s.Database != "lost" {
			t.Errorf("system %+v", s)
		}
	})
}

func TestNewRefusesIncompleteConfig(t *testing.T) {
	if _, err := New(Config{Greeting: prompt.NewClip(nil)}); err == nil {
		t.Error("accepted")
	}
}
