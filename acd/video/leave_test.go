package video

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/acd"
)

// TestWhoLeavesTheCallSeesNoMore: an agent who no longer has the call loses picture and seat, and does not come back.
func TestWhoLeavesTheCallSeesNoMore(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		c.begin()
		agent := &browser{}
		a, err := c.JoinUser(t.Context(), "i", "akiko", "Akiko Mori", false, agent)
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Message("rtc_start", nil)
		synctest.Wait()
		c.tee.User("akiko", "call_end", acd.CallEnd{InteractionID: "i"})
		synctest.Wait()
		if agent.closed == "" || !c.rooms[0].members[0].closed {
			t.Errorf("closed %q, member %v", agent.closed, c.rooms[0].members[0].closed)
		}
		_ = a.Message("rtc_start", nil)
		synctest.Wait()
		if n := len(c.rooms[0].members); n != 1 {
			t.Errorf("%d connections: one was made after the call", n)
		}
		a.Leave()
		if _, err := c.JoinUser(t.Context(), "i", "akiko", "Akiko Mori", false, agent); !errors.Is(err, ErrUnknown) {
			t.Errorf("comes back: %v", err)
		}
	})
}

// TestSupervisorWhoMayNoMoreSeesNoMore: one whose right to the call ends loses the picture within a second, and no other does.
func TestSupervisorWhoMayNoMoreSeesNoMore(t *testing.T) {
	run(t, func(t *testing.T, c *centre) {
		c.begin()
		seen := map[string]*browser{"sofia": {}, "rosa": {}}
		for who, b := range seen {
			seat, err := c.JoinUser(t.Context(), "i", who, who, true, b)
			if err != nil {
				t.Fatal(err)
			}
			_ = seat.Message("rtc_start", nil)
			synctest.Wait()
		}
		time.Sleep(5 * time.Second)
		if seen["sofia"].closed != "" || seen["rosa"].closed != "" {
			t.Fatalf("closed: %q, %q", seen["sofia"].closed, seen["rosa"].closed)
		}
		c.mu.Lock()
		c.barred = "sofia"
		c.mu.Unlock()
		time.Sleep(housekeep + time.Millisecond)
		synctest.Wait()
		open := 0
		for _, m := range c.rooms[0].members {
			if !m.closed {
				open++
			}
		}
		if seen["sofia"].closed == "" || seen["rosa"].closed != "" || open != 1 {
			t.Errorf("closed: %q, %q; %d connections are left", seen["sofia"].closed, seen["rosa"].closed, open)
		}
	})
}
