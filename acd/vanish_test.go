package acd

import (
	"strings"
	"testing"
	"time"
)

// TestCustomerVanishes: nobody is said to have hung up whose telephone no longer answers.
func TestCustomerVanishes(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		haruto := newCustomer("+12025550142")
		id := f.talk(haruto)
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
