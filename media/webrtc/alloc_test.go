//go:build !race

package webrtc

import (
	"testing"
	"time"

	"patchbay/media"
)

// TestLegAllocatesNothing counts over a real connection. The far end's reader stands still, because pion's own receiver
// reports allocate there; that is not the tick's goroutine. Under the race detector sync.Pool forgets at random, so the
// test is not built.
func TestLegAllocatesNothing(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	connect(t, server, client)
	talk(t, server.Peer, client.Peer, serverHz, clientHz, 200*time.Millisecond)
	client.pushing.Lock()
	defer client.pushing.Unlock()
	var f media.Frame
	if n := testing.AllocsPerRun(500, func() { server.ReadFrame(&f); server.WriteFrame(&f) }); n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}
