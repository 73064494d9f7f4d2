package acd

import (
	"strings"
	"testing"
	"time"
)

// TestCustomerVanishes: nobody is said to have hung up whose telephone no longer answers.
func TestCustomerVanishes(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		haruto := newCustomer("+12025550142")
		f.Incoming(haruto)
		f.wait(time.Second)
		f.must(f.Answer(f.t.Context(), "akiko", f.offer("akiko")))
		f.wait(time.Second)
		id := myCall(f, "akiko")
		haruto.vanished = true
		haruto.HangUp()
		f.wait(time.Second)
		f.state(id, StateWrapUp, OutcomeHandled)
		if c, _ := get[Call](f, "akiko", "call"); c.EndedBy != "vanished" {
			t.Errorf("ended by %q", c.EndedBy)
		}
		if got := f.data[id]["ended"]; !strings.Contains(got, `"reason":"vanished"`) {
			t.Errorf("the timeline says %s", got)
		}
	})
}
