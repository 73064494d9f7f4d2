package agentui

import (
	"net/netip"
	"time"
)

// Links and codes that do not exist are counted by who tries them, and in all: a code has nine digits.
var (
	guessesByAddress = allowance{burst: 8, every: 20 * time.Second}
	guessesByAll     = allowance{burst: 100, every: 2 * time.Second}
)

// guessLimit slows who guesses links or codes. What exists is never counted.
type guessLimit struct{ buckets *loginLimit }

func newGuessLimit(now func() time.Time) *guessLimit { return &guessLimit{newLoginLimit(now)} }

func guessKeys(from netip.Addr) map[string]allowance {
	return map[string]allowance{"address " + network(from): guessesByAddress, "all": guessesByAll}
}

// allow says whether an address may try, or how long it waits.
func (g *guessLimit) allow(from netip.Addr) (wait time.Duration, ok bool) {
	g.buckets.mu.Lock()
	defer g.buckets.mu.Unlock()
	for key, allowed := range guessKeys(from) {
		if b := g.buckets.bucket(key, allowed); b.tokens < 1 {
			wait = max(wait, time.Duration((1-b.tokens)*float64(b.every)))
		}
	}
	return wait, wait == 0
}

// failed counts a wrong guess.
func (g *guessLimit) failed(from netip.Addr) {
	g.buckets.mu.Lock()
	defer g.buckets.mu.Unlock()
	for key, allowed := range guessKeys(from) {
		b := g.buckets.bucket(key, allowed)
		b.tokens = max(0, b.tokens-1)
	}
}
