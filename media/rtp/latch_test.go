package rtp

import (
	"net/netip"
	"testing"
	"time"
)

func TestLatch(t *testing.T) {
	sdp := netip.MustParseAddrPort("192.0.2.1:4000")
	nat := netip.MustParseAddrPort("198.51.100.7:31000")
	nat2 := netip.MustParseAddrPort("198.51.100.7:31002")
	evil := netip.MustParseAddrPort("203.0.113.66:6666")
	port2 := netip.MustParseAddrPort("192.0.2.1:4044")
	type step struct {
		after time.Duration // since the step before
		from  netip.AddrPort
		ssrc  uint32
		want  bool
	}
	for name, steps := range map[string][]step{
		"the SDP's address is pinned": {
			{0, sdp, 1, true}, {time.Second, evil, 6, false}, {0, nat, 7, false}, {time.Hour, evil, 6, false}, {0, sdp, 1, true},
		},
		"a NAT's address is found": {
			{0, nat, 1, false}, {0, nat, 1, true}, {time.Second, evil, 6, false}, {0, nat, 1, true}, {3 * time.Second, evil, 6, false}, {0, nat, 1, true},
		},
		"the SDP's address wins the search": {
			{0, evil, 6, false}, {0, evil, 6, true}, {time.Second, sdp, 1, true}, {0, evil, 6, false}, {time.Second, evil, 6, false},
		},
		"stray packets and noise win nothing": {
			{0, evil, 6, false}, {0, evil, 7, false}, {0, nat, 6, false}, {0, evil, 7, false}, {0, sdp, 1, true}, {0, evil, 7, false},
		},
		"the SDP's host wins the search, whatever port a NAT gave it": {
			{0, evil, 6, false}, {0, evil, 6, true}, {time.Second, port2, 1, false}, {0, port2, 1, true}, {0, evil, 6, false}, {time.Hour, evil, 6, false}, {0, port2, 1, true},
		},
		"who spoke up late gives way to the SDP's address": {
			{time.Minute, evil, 6, false}, {0, evil, 6, true}, {time.Second, sdp, 1, true}, {0, evil, 6, false}, {0, evil, 6, false},
		},
		"after the search the source stays": {
			{0, nat, 1, false}, {0, nat, 1, true}, {latchTime + time.Second, sdp, 2, false}, {0, nat, 1, true},
		},
		"a late speaker needs two packets in a row": {
			{time.Minute, nat, 1, false}, {0, evil, 6, false}, {0, nat, 1, false}, {0, nat, 1, true}, {0, evil, 6, false}, {0, evil, 6, false},
		},
		"a late speaker at the SDP's address needs no proof": {{time.Minute, sdp, 1, true}},
		"a NAT that gives another port is followed once the old one is silent": {
			{0, nat, 1, false}, {0, nat, 1, true}, {3 * time.Second, nat, 1, true}, {20 * time.Millisecond, nat2, 1, false},
			{2 * time.Second, nat2, 9, false}, {0, nat2, 1, true}, {0, nat, 1, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(1000, 0)
			var l latch
			l.search(sdp, now)
			for i, s := range steps {
				now = now.Add(s.after)
				if got := l.accept(s.from, s.ssrc, uint16(100+i), now); got != s.want {
					t.Fatalf("step %d: from %s with SSRC %d: %v", i, s.from, s.ssrc, got)
				}
			}
		})
	}
}

func TestLatchSearchesAgainAfterAnOffer(t *testing.T) {
	a, b := netip.MustParseAddrPort("192.0.2.1:4000"), netip.MustParseAddrPort("192.0.2.2:5000")
	now := time.Unix(1000, 0)
	var l latch
	l.search(a, now)
	l.accept(a, 1, 1, now)
	now = now.Add(time.Minute)
	if l.accept(b, 2, 1, now) {
		t.Fatal("another source without an offer")
	}
	l.search(a, now) // a re-INVITE that changes nothing
	if !l.accept(a, 1, 2, now) || l.accept(b, 2, 2, now) {
		t.Fatal("a re-INVITE that changes nothing changed the source")
	}
	l.search(b, now)
	if !l.accept(b, 2, 3, now) || l.accept(a, 1, 3, now) {
		t.Fatal("the new address was not taken")
	}
}

// TestLatchLeavesTheOldSource: after a re-INVITE to another address the old source speaks on for a moment, and the new
// one, behind a NAT, is not where its SDP says.
func TestLatchLeavesTheOldSource(t *testing.T) {
	private1, private2 := netip.MustParseAddrPort("10.0.0.1:4000"), netip.MustParseAddrPort("10.0.0.2:5000")
	nat1, nat2 := netip.MustParseAddrPort("198.51.100.7:31000"), netip.MustParseAddrPort("198.51.100.8:32000")
	now := time.Unix(1000, 0)
	var l latch
	l.search(private1, now)
	l.accept(nat1, 1, 1, now)
	l.accept(nat1, 1, 2, now)
	now = now.Add(time.Minute)
	l.search(private2, now)
	if l.accept(nat1, 1, 3, now); !l.accept(nat1, 1, 4, now) {
		t.Error("the old source is refused before the new one speaks")
	}
	if l.accept(nat2, 2, 1, now); !l.accept(nat2, 2, 2, now) || l.source != nat2 {
		t.Error("the new source is refused")
	}
	if l.accept(nat1, 1, 5, now) {
		t.Error("the old source came back")
	}
}
