package sip

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

func TestGuardFilters(t *testing.T) {
	g := newGuard([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, nil, 1, 1)
	for addr, want := range map[string]bool{"192.0.2.7": true, "::ffff:192.0.2.7": true, "198.51.100.1": false, "2001:db8::1": false} {
		if got := g.admits(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
	if !newGuard(nil, nil, 1, 1).admits(netip.MustParseAddr("198.51.100.1")) {
		t.Error("without a list everybody is admitted")
	}
}

func TestGuardLimits(t *testing.T) {
	g := newGuard(nil, []netip.Prefix{netip.MustParsePrefix("203.0.113.1/32")}, 10, 20)
	now := time.Unix(0, 0)
	count := func(addr string, at time.Time, take func(netip.Addr, time.Time) bool) (n int) {
		for range 50 {
			if take(netip.MustParseAddr(addr), at) {
				n++
			}
		}
		return n
	}
	for _, tc := range []struct {
		name, addr string
		at         time.Duration
		take       func(netip.Addr, time.Time) bool
		want       int
	}{
		{"burst", "192.0.2.1", 0, g.message, 20},
		{"another source", "192.0.2.2", 0, g.message, 20},
		{"a second later", "192.0.2.1", time.Second, g.message, 10},
		{"outside of calls", "192.0.2.1", 0, g.request, 2},
		{"trusted", "203.0.113.1", 0, g.message, 50},
		{"IPv6", "2001:db8::1", 0, g.message, 20},
		{"the same network", "2001:db8::2", 0, g.message, 0},
		{"another network", "2001:db8:0:1::2", 0, g.message, 20},
	} {
		if got := count(tc.addr, now.Add(tc.at), tc.take); got != tc.want {
			t.Errorf("%s: %d passed, want %d", tc.name, got, tc.want)
		}
	}
}

func TestGuardForgets(t *testing.T) {
	g := newGuard(nil, nil, 1, 1)
	now := time.Unix(0, 0)
	for i := range uint32(3 * maxSources) {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], i)
		g.message(netip.AddrFrom4(b), now)
	}
	if len(g.sources) > maxSources {
		t.Errorf("%d sources are remembered", len(g.sources))
	}
	g.message(netip.MustParseAddr("192.0.2.1"), now.Add(2*sourceIdle))
	if len(g.sources) > 1+maxSources/2 {
		t.Errorf("%d idle sources are remembered", len(g.sources))
	}
}

func TestServerDropsStrangersAndFloods(t *testing.T) {
	strangers := serve(t, Config{Allowed: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Handler: func(*Call) {}})
	p := dialPeer(t, "udp", strangers.Addr())
	p.send(p.request("OPTIONS", ""))
	eventually(t, "the packet is filtered", func() bool { return strangers.Stats().Filtered == 1 })
	p.quiet("SIP/2.0", 20*time.Millisecond)
	if got := strangers.Stats().Received; got != 0 {
		t.Errorf("%d messages were read", got)
	}
	flooded := serve(t, Config{PerSource: 1, Burst: 30, Handler: func(*Call) {}})
	q := dialPeer(t, "udp", flooded.Addr())
	for range 10 {
		q.send(q.request("OPTIONS", ""))
	}
	for range 3 { // of a burst of 30, a tenth for requests outside of calls
		q.await("SIP/2.0 200")
	}
	eventually(t, "the rest is dropped", func() bool { return flooded.Stats().RateLimited == 7 })
	q.quiet("SIP/2.0", 20*time.Millisecond)
}
