package sip

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// counters are Stats while they grow.
type counters struct {
	calls, placed, answered, callsFull, draining, noACK, eventsLost      atomic.Uint64
	received, filtered, rateLimited, malformed, invalid, badSDP, noMatch atomic.Uint64
	unsent, refused, expired                                             atomic.Uint64
}

const (
	maxSources     = 4096        // source addresses whose rate is remembered
	sourceIdle     = time.Minute // after which one may be forgotten
	newPerMessages = 10          // requests outside of calls get this fraction of the rate
)

// guard decides whose messages are looked at, before they cost anything.
type guard struct {
	allowed []netip.Prefix
	trusted []netip.Prefix
	limit   rate.Limit
	burst   int
	invited atomic.Pointer[[]invited]

	mu      sync.Mutex
	sources map[netip.Addr]*source // by IPv4 address or IPv6 /64
	swept   time.Time
}

// invited is an address that we turned to: it may answer.
type invited struct {
	addr    netip.Addr
	trusted bool
}

const maxInvited = 64 // a trunk's name may have many addresses, one after the other

type source struct {
	messages *rate.Limiter
	fresh    *rate.Limiter // requests outside of any call
	seen     time.Time
}

func newGuard(allowed, trusted []netip.Prefix, limit rate.Limit, burst int) *guard {
	return &guard{allowed: allowed, trusted: trusted, limit: limit, burst: burst, sources: make(map[netip.Addr]*source)}
}

// admits applies the filter of sources.
func (g *guard) admits(addr netip.Addr) bool {
	if g.allowed == nil || contains(g.allowed, addr) {
		return true
	}
	_, ok := g.guest(addr)
	return ok
}

// trusts reports whether what addr asserts is believed.
func (g *guard) trusts(addr netip.Addr) bool {
	if contains(g.trusted, addr) {
		return true
	}
	guest, _ := g.guest(addr)
	return guest.trusted
}

func (g *guard) guest(addr netip.Addr) (invited, bool) {
	list := g.invited.Load()
	if list == nil {
		return invited{}, false
	}
	addr = addr.Unmap().WithZone("")
	for _, i := range *list {
		if i.addr == addr {
			return i, true
		}
	}
	return invited{}, false
}

// welcome admits an address that we turn to from now on. The one that was turned to longest ago makes room.
func (g *guard) welcome(addr netip.Addr, trusted bool) {
	addr = addr.Unmap().WithZone("")
	g.mu.Lock()
	defer g.mu.Unlock()
	next := []invited{{addr, trusted}}
	if old := g.invited.Load(); old != nil {
		if (*old)[0] == next[0] {
			return
		}
		for _, i := range *old {
			if i.addr == addr {
				next[0].trusted = trusted || i.trusted
			} else if len(next) < maxInvited {
				next = append(next, i)
			}
		}
	}
	g.invited.Store(&next)
}

// message takes one message or read from the source's budget.
func (g *guard) message(addr netip.Addr, now time.Time) bool {
	return g.trusts(addr) || g.source(addr, now).messages.AllowN(now, 1)
}

// request takes one request outside of any call from the source's budget.
func (g *guard) request(addr netip.Addr, now time.Time) bool {
	return g.trusts(addr) || g.source(addr, now).fresh.AllowN(now, 1)
}

func (g *guard) source(addr netip.Addr, now time.Time) *source {
	key := addr.Unmap().WithZone("")
	if key.Is6() {
		prefix, _ := key.Prefix(64) // one customer usually has all of it
		key = prefix.Addr()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.sources[key]
	if s == nil {
		if len(g.sources) >= maxSources {
			g.forget(now)
		}
		s = &source{
			messages: rate.NewLimiter(g.limit, g.burst),
			fresh:    rate.NewLimiter(g.limit/newPerMessages, max(g.burst/newPerMessages, 1)),
		}
		g.sources[key] = s
	}
	s.seen = now
	return s
}

// forget makes room: idle sources first, else any one, which at worst gives a flooder with thousands of addresses a
// fresh budget for one of them. It looks for idle ones once a second at most, so that such a flood stays cheap.
func (g *guard) forget(now time.Time) {
	if now.Sub(g.swept) >= time.Second {
		g.swept = now
		for key, s := range g.sources {
			if now.Sub(s.seen) > sourceIdle {
				delete(g.sources, key)
			}
		}
	}
	for key := range g.sources {
		if len(g.sources) < maxSources {
			return
		}
		delete(g.sources, key)
	}
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
