package acd

import (
	"strings"
	"testing"
	"time"
)

// The browser's socket is gone at once, its sound is missed later: the agent is offline in the end, not away for ever.
func TestSignOutOfAnAgentWhoseCallIsSettledLate(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		akiko := f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		f.must(f.Answer(f.t.Context(), "akiko", f.offer("akiko")))
		f.Connected("akiko", 0)
		f.wait(10 * time.Second)
		f.DetachPhone("akiko", akiko)
		f.wait(5 * time.Minute)
		if a, _ := get[AgentState](f, "akiko", "agent"); a.Presence != "offline" || a.Activity != "idle" {
			t.Errorf("akiko is %s and %s", a.Presence, a.Activity)
		}
	})
}

func TestDayStartsOver(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		caller := newCustomer("+12025550142")
		f.Incoming(caller)
		f.wait(time.Second)
		caller.HangUp()
		f.wait(time.Second)
		if f.shown().CallsToday != 1 || f.shown().AbandonedToday != 1 {
			t.Fatalf("board %+v", f.shown())
		}
		f.wait(24 * time.Hour)
		f.Connected("akiko", 1) // anything has the board published
		f.wait(time.Second)
		if f.shown().CallsToday != 0 || f.shown().AbandonedToday != 0 {
			t.Errorf("yesterday's %d calls and %d abandoned are on today's board", f.shown().CallsToday, f.shown().AbandonedToday)
		}
	})
}

func TestWhatAnAgentWritesIsBounded(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		caller := newCustomer("+12025550142")
		f.Incoming(caller)
		f.wait(time.Second)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		caller.HangUp()
		f.wait(time.Second)
		ctx, long := f.t.Context(), strings.Repeat("x", maxNote+1)
		for what, err := range map[string]error{
			"note":    f.Note(ctx, "akiko", id, long),
			"wrap-up": f.WrapUp(ctx, "akiko", id, "solved", long),
			"code":    f.WrapUp(ctx, "akiko", id, long, ""),
			"reason":  f.SetPresence(ctx, "akiko", "away", long),
		} {
			if err == nil {
				t.Errorf("a %s of %d bytes is taken", what, len(long))
			}
		}
		f.state(id, StateWrapUp, OutcomeHandled)
	})
}
