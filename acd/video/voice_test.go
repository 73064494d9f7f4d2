package video

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/acd"
)

// TestGuestsVoice follows the guest's voice into the call and out of it: only once its sound comes, back to the telephone where
// the sound stops, and in again where it comes back.
func TestGuestsVoice(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		call := acd.Call{InteractionID: "i", State: "active", Parties: []acd.Party{{Kind: "customer", State: "talking"}}}
		c.tee.User("akiko", "call", call)
		token := c.begin()
		cookie, _, err := c.Claim(t.Context(), token, "")
		if err != nil {
			t.Fatal(err)
		}
		page := &browser{}
		seat, err := c.JoinLink(t.Context(), token, cookie, page)
		if err != nil {
			t.Fatal(err)
		}
		is := func(state string, happened ...string) {
			t.Helper()
			synctest.Wait()
			page.mu.Lock()
			defer page.mu.Unlock()
			c.mu.Lock() // housekeeping may run again as soon as the clock does
			defer c.mu.Unlock()
			if page.room.Voice != state || !slices.Equal(c.guest, happened) {
				t.Errorf("the voice is %q after %v, want %q after %v", page.room.Voice, c.guest, state, happened)
			}
		}
		send := func(typ string, data any) {
			t.Helper()
			raw, _ := json.Marshal(data)
			if err := seat.Message(typ, raw); err != nil {
				t.Fatal(err)
			}
		}
		is("phone", "came")
		if !page.room.OnPhone {
			t.Error("the page does not say that the telephone is there")
		}
		send("voice_start", Empty{})
		is("connecting", "came")
		if !slices.Contains(page.types, "voice_offer") {
			t.Fatalf("no offer of a voice: %v", page.types)
		}
		v := c.voices[0]
		send("voice_answer", Description{SDP: "answer", Gen: 1})
		v.cfg.OnState("connected")
		is("connecting", "came") // not a sound yet: the telephone is still spoken at
		sounding := func(on bool, d time.Duration) {
			for range int(d / (100 * time.Millisecond)) {
				if on {
					v.received.Add(5)
				}
				time.Sleep(100 * time.Millisecond)
			}
			synctest.Wait()
		}
		v.received.Add(1)
		v.cfg.OnSound()
		is("browser", "came", "on")
		sounding(true, 5*time.Second)
		is("browser", "came", "on")
		sounding(false, 3*time.Second)
		is("lost", "came", "on", "lost")
		sounding(true, 3*time.Second)
		is("browser", "came", "on", "lost", "on")

		// The telephone may hang up; the page is told.
		call.Parties[0].State = "gone"
		c.tee.User("akiko", "call", call)
		sounding(true, time.Second)
		if page.room.OnPhone {
			t.Error("the page says that the telephone is there still")
		}
		// The picture ends, the talk goes on.
		if err := c.End(t.Context(), "akiko", "i", ""); err != nil {
			t.Fatal(err)
		}
		sounding(true, 2*afterLife)
		is("browser", "came", "on", "lost", "on")
		if v.closed.Load() {
			t.Error("the voice ends with the picture, though it is the only one")
		}
		c.CallOver("i")
		is("", "came", "on", "lost", "on", "off") // the page is told, though the picture is over
		time.Sleep(time.Second)
		if !v.closed.Load() {
			t.Error("the voice's connection outlives the call")
		}
	})
}

// TestVoiceIsBounded: only guests have one, its connections are limited, and the end of the session ends it.
func TestVoiceIsBounded(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		token := c.begin()
		cookie, _, _ := c.Claim(t.Context(), token, "")
		page, desk := &browser{}, &browser{}
		guest, err := c.JoinLink(t.Context(), token, cookie, page)
		if err != nil {
			t.Fatal(err)
		}
		agent, err := c.JoinUser(t.Context(), "i", "akiko", "Akiko", false, desk)
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			_ = guest.Message("voice_start", nil)
			_ = agent.Message("voice_start", nil)
			_ = guest.Message("voice_answer", json.RawMessage(`{"sdp":"x","gen":99}`))
		}
		synctest.Wait()
		if n := len(c.voices); n == 0 || n > startBurst {
			t.Errorf("%d connections were made", n)
		}
		if slices.Contains(desk.types, "voice_offer") {
			t.Error("an agent is offered a guest's voice")
		}
		if err := guest.Message("voice_answer", json.RawMessage(`{"sdp":7}`)); err == nil {
			t.Error("an answer that is none is taken")
		}
		c.CallOver("i")
		time.Sleep(time.Second)
		for i, v := range c.voices {
			if !v.closed.Load() {
				t.Errorf("connection %d is open after the call", i)
			}
		}
	})
}
