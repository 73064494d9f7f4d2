package webrtc

import "sync"

// events carries what pion's callbacks report to the owner's callbacks: pion appends and goes on, one goroutine
// delivers. It stays short by itself: candidates are as few as our addresses, and a state that was not delivered yet is
// replaced by the next.
type events struct {
	onState func(State)

	mu      sync.Mutex
	changed *sync.Cond
	queue   []func()
	state   State // undelivered, "" for none
	busy    bool  // a callback runs
	closed  bool
	ended   bool // deliver has returned, or is about to
}

func newEvents(onState func(State)) *events {
	e := &events{onState: onState}
	e.changed = sync.NewCond(&e.mu)
	return e
}

// call appends a callback.
func (e *events) call(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.queue = append(e.queue, f)
		e.changed.Broadcast()
	}
}

// setState appends a state, in place of one that was not delivered yet.
func (e *events) setState(s State) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed && e.onState != nil {
		e.state = s
		e.changed.Broadcast()
	}
}

// deliver runs until close.
func (e *events) deliver() {
	for {
		f := e.next()
		if f == nil {
			return
		}
		f()
	}
}

// next waits for an event, whose callback counts as running from then on; nil ends it.
func (e *events) next() func() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.busy = false
	for !e.closed {
		if len(e.queue) > 0 {
			f := e.queue[0]
			e.queue = e.queue[1:]
			e.busy = true
			return f
		}
		if s := e.state; s != "" {
			e.state = ""
			e.busy = true
			return func() { e.onState(s) }
		}
		e.changed.Wait()
	}
	e.ended = true
	e.changed.Broadcast()
	return nil
}

// close drops what was not delivered, so that no callback begins any more, and waits for deliver to end; but not where a
// callback runs: it may be the one that called close, or wait for somebody who did. deliver ends after it then.
func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.queue, e.state = nil, ""
	e.changed.Broadcast()
	for !e.ended && !e.busy {
		e.changed.Wait()
	}
}
