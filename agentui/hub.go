package agentui

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"patchbay/acd"
	"patchbay/agentui/wire"
)

// HubConfig configures a Hub.
type HubConfig struct {
	Log *slog.Logger
}

// Hub shows desks what changes in the contact centre. It folds all that is published into one value per topic and
// appends it to a bounded log per tab, both under one lock: so a snapshot always fits the deltas after it. It starts no
// goroutine and never waits for a browser: a tab that reads too slowly finds its log cut and is given a new snapshot.
//
// What is published belongs to the Hub from then on: publishers do not change it afterwards.
type Hub struct {
	log *slog.Logger

	mu           sync.Mutex // guards all below, and every stream
	users        map[string]*userTopic
	interactions map[string]*interactionTopic
	ended        endedSet
	board        *acd.Board
	system       acd.System
	cuts         uint64 // logs that were cut under a live tab
}

var _ acd.Publisher = (*Hub)(nil)

// NewHub makes a Hub. It is ready at once, so that the contact centre can publish before the server listens.
func NewHub(cfg HubConfig) *Hub {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Hub{
		log:          log,
		users:        map[string]*userTopic{},
		interactions: map[string]*interactionTopic{},
		ended:        endedSet{ids: map[string]struct{}{}},
		system:       acd.System{Transcription: "loading", Database: "ready"},
	}
}

// User implements acd.Publisher.
func (h *Hub) User(userID, typ string, data any) {
	raw, ok := h.encode(typ, data)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.user(userID)
	before := u.interactions()
	if !u.fold(data) {
		h.log.Error("published to a user what a user does not have", "type", typ)
		return
	}
	for _, s := range u.streams {
		s.append(delta{typ: typ, key: userKey(typ), data: raw})
		h.show(s)
	}
	for _, id := range before {
		h.forget(id)
	}
}

// userKey names what replaces an earlier message whole and on its own; others must be sent in their order.
func userKey(typ string) string {
	if typ == "agent" || typ == "history" || typ == "targets" || typ == "video" {
		return typ
	}
	return ""
}

// Interaction implements acd.Publisher.
func (h *Hub) Interaction(interactionID, typ string, data any) {
	raw, ok := h.encode(typ, data)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended.has(interactionID) {
		return // a late word of a call that no desk shows any more; the store has it
	}
	topic := h.interactions[interactionID]
	if topic == nil {
		topic = newInteractionTopic()
		h.interactions[interactionID] = topic
	}
	if !topic.fold(data) {
		h.log.Error("published to an interaction what it does not have", "type", typ)
		return
	}
	d := delta{typ: typ, data: raw}
	if p, ok := data.(acd.Partial); ok {
		d.key = "partial " + interactionID + " " + p.Leg
	}
	for s := range topic.streams {
		if s.shownOwn || typ == "partial" || typ == "line" {
			s.append(d)
		}
	}
}

// InteractionEnd implements acd.Publisher. The topic stays for as long as a desk shows it.
func (h *Hub) InteractionEnd(interactionID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if topic := h.interactions[interactionID]; topic != nil {
		topic.ended = true
		h.forget(interactionID)
	} else {
		h.ended.add(interactionID)
	}
}

// Board implements acd.Publisher.
func (h *Hub) Board(b acd.Board) {
	raw, ok := h.encode("board", b)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.board = &b
	all := delta{typ: "board", key: "board", data: raw}
	for _, u := range h.users {
		d := all
		for _, s := range u.streams {
			if !s.seesBoard() {
				continue
			}
			if s.watching != "" && h.astray(u, s.watching) {
				s.watching = ""
				h.show(s)
				s.cut() // what was sent of it is told no more
			}
			if !u.reach.all && &d.data[0] == &raw[0] { // the first of the user's tabs
				if part, ok := h.encode("board", *u.board(&b)); ok {
					d.data = part
				} else {
					break
				}
			}
			s.append(d)
		}
	}
}

// limit says whose calls a supervisor is shown.
func (h *Hub) limit(userID string, to reach) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.user(userID)
	if u.reach.equal(to) {
		return
	}
	u.reach = to
	for _, s := range u.streams {
		if s.watching != "" && !h.mayWatch(u, s.watching) {
			s.watching = ""
			h.show(s)
		}
		s.cut() // what was sent is told anew
	}
}

// MayWatch says whether a user who supervises may follow an interaction that goes on. It does not wait for anybody.
func (h *Hub) MayWatch(userID, interactionID string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[userID]
	return u != nil && h.mayWatch(u, interactionID)
}

// mayWatch says whether a user may follow the words of an interaction. h.mu is held.
func (h *Hub) mayWatch(u *userTopic, interactionID string) bool {
	return u.reach.all || h.board != nil && slices.ContainsFunc(h.board.Calls, func(c acd.BoardCall) bool {
		return c.InteractionID == interactionID && u.reach.has(c.Queue)
	})
}

// astray says that a call goes on in a queue which the user does not supervise. h.mu is held.
func (h *Hub) astray(u *userTopic, interactionID string) bool {
	return slices.ContainsFunc(h.board.Calls, func(c acd.BoardCall) bool { return c.InteractionID == interactionID && !u.reach.has(c.Queue) })
}

// Alert implements acd.Publisher. It is not folded: the board keeps what a call needs.
func (h *Hub) Alert(a acd.Alert) {
	raw, ok := h.encode("alert", a)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broadcast(delta{typ: "alert", data: raw}, func(s *stream) bool { return s.seesBoard() && s.user.reach.has(a.Queue) })
}

// System implements acd.Publisher.
func (h *Hub) System(v acd.System) {
	h.tellAll("system", v, func() { h.system = v })
}

// Codes tells every desk the wrap-up codes that count now.
func (h *Hub) Codes(v wire.Codes) {
	h.tellAll("codes", v, func() {})
}

// tellAll sends every desk what replaces its predecessor; keep runs under the lock.
func (h *Hub) tellAll(typ string, v any, keep func()) {
	raw, ok := h.encode(typ, v)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	keep()
	h.broadcast(delta{typ: typ, key: typ, data: raw}, func(*stream) bool { return true })
}

// systemNow is what was last published by System.
func (h *Hub) systemNow() acd.System {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.system
}

// interactionsOf are those that ring or go on at a user now.
func (h *Hub) interactionsOf(userID string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u := h.users[userID]; u != nil {
		return u.interactions()
	}
	return nil
}

// agentsNow gives the state of every user that the contact centre has published one of.
func (h *Hub) agentsNow() map[string]acd.AgentState {
	h.mu.Lock()
	defer h.mu.Unlock()
	states := map[string]acd.AgentState{}
	for id, u := range h.users {
		if u.agent != nil {
			states[id] = *u.agent
		}
	}
	return states
}

func (h *Hub) encode(typ string, data any) ([]byte, bool) {
	raw, err := wire.Marshal(data)
	if err != nil {
		h.log.Error("published what has no JSON", "type", typ, "error", err)
	}
	return raw, err == nil
}

func (h *Hub) broadcast(d delta, to func(*stream) bool) {
	for _, u := range h.users {
		for _, s := range u.streams {
			if to(s) {
				s.append(d)
			}
		}
	}
}

func (h *Hub) user(id string) *userTopic {
	u := h.users[id]
	if u == nil {
		u = &userTopic{streams: map[string]*stream{}}
		h.users[id] = u
	}
	return u
}

// show makes s follow the interaction that its user's state asks for now, and sends what is known of it.
func (h *Hub) show(s *stream) {
	id, own := s.user.shown(), true
	if id == "" {
		id, own = cmp.Or(s.watching, s.user.supervised()), false
	}
	if id == s.shown && own == s.shownOwn {
		return
	}
	if topic := h.interactions[s.shown]; topic != nil {
		delete(topic.streams, s)
		h.forget(s.shown)
	}
	s.shown, s.shownOwn = id, own
	if id == "" || h.ended.has(id) {
		return
	}
	topic := h.interactions[id]
	if topic == nil {
		topic = newInteractionTopic()
		h.interactions[id] = topic
	}
	topic.streams[s] = struct{}{}
	h.replay(s, id, topic)
}

// replay sends what is known of an interaction as deltas, or has a snapshot sent where that is much.
func (h *Hub) replay(s *stream, id string, topic *interactionTopic) {
	const maxReplay = 100 // lines
	if len(topic.lines) > maxReplay {
		s.cut()
		return
	}
	send := func(typ, key string, v any) {
		if raw, ok := h.encode(typ, v); ok {
			s.append(delta{typ: typ, key: key, data: raw})
		}
	}
	if s.shownOwn && topic.customer != nil {
		send("customer", "", *topic.customer)
	}
	if s.shownOwn && topic.candidates != nil {
		send("candidates", "", *topic.candidates)
	}
	for _, line := range topic.lines {
		send("line", "", line)
	}
	for _, leg := range slices.Sorted(maps.Keys(topic.partials)) {
		send("partial", "partial "+id+" "+leg, topic.partials[leg])
	}
}

// forget drops an interaction that no desk shows and that has ended, or of which nothing was ever published: what a
// supervisor asked for need not exist.
func (h *Hub) forget(id string) {
	topic := h.interactions[id]
	if topic == nil || len(topic.streams) > 0 || !topic.ended && !topic.empty() {
		return
	}
	for _, u := range h.users {
		if slices.Contains(u.interactions(), id) {
			return
		}
	}
	delete(h.interactions, id)
	if topic.ended {
		h.ended.add(id)
	}
}

// cutCount is how often a tab had fallen so far behind that it got a new snapshot.
func (h *Hub) cutCount() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cuts
}
