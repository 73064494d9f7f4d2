package agentui

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// allowance is how many sign-ins may fail at once, and how soon one more may.
type allowance struct {
	burst float64
	every time.Duration
}

// A guesser is slowed at one account from one address first. The account's own allowance is larger, so that strangers cannot lock
// its owner out cheaply, and an address may hold many people behind one router.
var (
	perPair    = allowance{burst: 5, every: 30 * time.Second}
	perAddress = allowance{burst: 30, every: 10 * time.Second}
	perUser    = allowance{burst: 50, every: 10 * time.Second}
)

const maxBuckets = 20000

// loginLimit counts failed sign-ins. An attempt takes its tokens before the password is checked, so that many at once get no more than
// one after the other, and a success gives them back: successes are never limited.
type loginLimit struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[string]*list.Element
	recent  *list.List // of *bucket, last used first
}

type bucket struct {
	key    string
	tokens float64
	at     time.Time
	allowance
}

func newLoginLimit(now func() time.Time) *loginLimit {
	return &loginLimit{now: now, buckets: map[string]*list.Element{}, recent: list.New()}
}

func loginKeys(user string, address netip.Addr) map[string]allowance {
	from := network(address)
	return map[string]allowance{
		"pair " + from + " " + user: perPair,
		"address " + from:           perAddress,
		"user " + user:              perUser,
	}
}

// network is what one subscriber has: an IPv4 address, or the /64 of an IPv6 one.
func network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}

// take allows an attempt, or says how long to wait for the next.
func (l *loginLimit) take(user string, address netip.Addr) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := loginKeys(user, address)
	for key, allowed := range keys {
		if b := l.bucket(key, allowed); b.tokens < 1 {
			wait = max(wait, time.Duration((1-b.tokens)*float64(b.every)))
		}
	}
	if wait > 0 {
		return wait, false
	}
	for key, allowed := range keys {
		l.bucket(key, allowed).tokens--
	}
	return 0, true
}

// succeeded gives an attempt back.
func (l *loginLimit) succeeded(user string, address netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, allowed := range loginKeys(user, address) {
		b := l.bucket(key, allowed)
		b.tokens = min(b.tokens+1, b.burst)
	}
}

// bucket finds or makes the bucket of a key, filled up to now. The one that was longest not used makes room.
func (l *loginLimit) bucket(key string, allowed allowance) *bucket {
	now := l.now()
	if e := l.buckets[key]; e != nil {
		l.recent.MoveToFront(e)
		b := e.Value.(*bucket)
		b.tokens = min(b.burst, b.tokens+float64(now.Sub(b.at))/float64(b.every))
		b.at = now
		return b
	}
	if l.recent.Len() >= maxBuckets {
		last := l.recent.Back()
		delete(l.buckets, last.Value.(*bucket).key)
		l.recent.Remove(last)
	}
	b := &bucket{key: key, tokens: allowed.burst, at: now, allowance: allowed}
	l.buckets[key] = l.recent.PushFront(b)
	return b
}
