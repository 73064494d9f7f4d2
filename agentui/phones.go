package agentui

import (
	"context"
	"log/slog"
	"sync"

	"golang.org/x/time/rate"

	"patchbay/agentui/wire"
)

// phones holds the phone of every agent who has signed in since the start.
type phones struct {
	make   Phones
	center Center
	hub    *Hub
	log    *slog.Logger

	ctx context.Context // of Run: ends the actors
	wg  sync.WaitGroup  // the actors

	mu   sync.Mutex
	byID map[string]*phone // by agent
}

func newPhones(ctx context.Context, cfg Config) *phones {
	return &phones{make: cfg.Phones, center: cfg.Center, hub: cfg.Hub, log: cfg.Log, ctx: ctx, byID: map[string]*phone{}}
}

// of gives an agent's phone, starting its actor when it is the first time; nil when the server stops.
func (ps *phones) of(agentID string) *phone {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.byID[agentID]
	if p == nil && ps.ctx.Err() == nil {
		p = &phone{
			phones: ps, agentID: agentID, log: ps.log.With("agent", agentID),
			in: make(chan func(), 64), done: make(chan struct{}),
			tabs:   map[string]*socket{},
			starts: rate.NewLimiter(1, 10),
		}
		ps.byID[agentID] = p
		ps.wg.Go(p.run)
	}
	return p
}

func (ps *phones) join(k *socket) {
	if p := ps.of(k.who.user.ID); p != nil {
		_ = p.do(func() error { p.join(k); return nil })
	}
}

func (ps *phones) leave(k *socket) {
	if p := ps.of(k.who.user.ID); p != nil {
		_ = p.do(func() error { p.leave(k); return nil })
	}
}

func (ps *phones) useHere(k *socket) error {
	if k.stream.watcher {
		return errWatcher
	}
	p := ps.of(k.who.user.ID)
	return p.do(func() error { p.useHere(k); return nil })
}

func (ps *phones) start(ctx context.Context, k *socket, v wire.PhoneStart) error {
	p := ps.of(k.who.user.ID)
	return p.do(func() error { return p.start(ctx, k, v.Restart) })
}

func (ps *phones) answer(k *socket, v wire.Description) error {
	p := ps.of(k.who.user.ID)
	return p.do(func() error { return p.answer(k, v) })
}

func (ps *phones) candidate(k *socket, v wire.Candidate) error {
	p := ps.of(k.who.user.ID)
	return p.do(func() error { return p.candidate(k, v) })
}
