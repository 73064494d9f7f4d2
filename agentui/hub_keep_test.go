package agentui

import (
	"fmt"
	"testing"
	"time"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/store"
)

// What a supervisor watches may not exist: asking for it must not be kept for ever.
func TestHubForgetsWhatNeverWas(t *testing.T) {
	hub := NewHub(HubConfig{})
	f := &fakeTab{hub: hub, me: wire.Me{ID: "sofia", Role: "supervisor"}, id: "a"}
	f.join(t, true)
	for i := range 100 {
		hub.watch(f.s, fmt.Sprint("never ", i))
	}
	hub.Interaction("i", "line", store.Line{InteractionID: "i", ID: "one"})
	hub.watch(f.s, "i")
	hub.watch(f.s, "")
	if len(hub.interactions) != 1 || len(hub.ended.ids) != 0 {
		t.Errorf("held: %v, ended: %v", hub.interactions, hub.ended.ids)
	}
}

// A socket that was replaced must not swallow the wake of its successor.
func TestHubWakesTheLiveSocketOnly(t *testing.T) {
	hub := NewHub(HubConfig{})
	me, hello := wire.Me{ID: "akiko", Role: "agent"}, wire.Hello{TabID: "a"}
	first, second := &socket{wake: make(chan struct{}, 1)}, &socket{wake: make(chan struct{}, 1)}
	for _, k := range []*socket{first, second} {
		if _, _, _, err := hub.join(me, hello, k, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	hub.User("akiko", "agent", acd.AgentState{ID: "akiko"})
	if len(first.wake) != 0 || len(second.wake) != 1 {
		t.Errorf("woken: the old socket %d times, the new one %d times", len(first.wake), len(second.wake))
	}
}
