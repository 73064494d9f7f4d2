package agentui

import "sync"

// member is a WebSocket that a socketSet holds. Neither method waits for the socket's end.
type member interface {
	comparable
	whose() identity // of a guest the zero value
	signedOut()      // the session has ended: closes the socket and says so
	goAway()         // the server ends: closes the socket and says so
}

// socketSet holds the open WebSockets of one kind. The zero value is ready.
type socketSet[K member] struct {
	mu   sync.Mutex
	open map[K]struct{}
	over bool
	wg   sync.WaitGroup
}

// add reports false when the server stops.
func (t *socketSet[K]) add(k K) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return false
	}
	if t.open == nil {
		t.open = map[K]struct{}{}
	}
	t.open[k] = struct{}{}
	t.wg.Add(1)
	return true
}

func (t *socketSet[K]) remove(k K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, k)
	t.wg.Done()
}

func (t *socketSet[K]) all() []K {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]K, 0, len(t.open))
	for k := range t.open {
		all = append(all, k)
	}
	return all
}

// signOut closes the sockets of those signed in whom which selects: a guest has no session that could end.
func (t *socketSet[K]) signOut(which func(identity) bool) {
	for _, k := range t.all() {
		if who := k.whose(); who.role > rolePublic && which(who) {
			k.signedOut()
		}
	}
}

// shut closes every socket and lets no more in; wait waits for their ends.
func (t *socketSet[K]) shut() {
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
	for _, k := range t.all() {
		k.goAway()
	}
}

func (t *socketSet[K]) wait() { t.wg.Wait() }
