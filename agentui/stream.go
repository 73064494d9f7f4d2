package agentui

import (
	"cmp"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/store"
)

const (
	maxTabs       = 8               // of one user, live at once; and as many watchers, so that a program never locks a desk out
	streamRetain  = 2 * time.Minute // after its socket is gone: a reload or a tunnel
	maxLogEntries = 512             // some 20 s of two people talking at once, or minutes of anything else
	maxLogBytes   = 2 << 20
)

var errTooManyTabs = errors.New("agentui: too many tabs")

// delta is one message of a stream; its data is shared between streams and never changed.
type delta struct {
	seq  uint64
	typ  string
	key  string // a later delta with the same key takes its place; "" for none
	data []byte // nil: replaced
}

// stream is what one tab has been sent and will be sent. It outlives the tab's socket, so that a tab which comes back
// goes on where it was. Guarded by Hub.mu.
type stream struct {
	user    *userTopic
	me      wire.Me
	tabID   string
	watcher bool   // its client named no tab: it is shown all that a tab is, and is never the phone
	epoch   string // of this stream: a stream that was forgotten or lost with the server is never taken for its successor

	watching string // by a supervisor
	shown    string // the interaction whose deltas are sent
	shownOwn bool   // it is the user's own, not a watched one

	seq   uint64  // of the last delta
	floor uint64  // deltas up to here are gone, other than replaced ones
	log   []delta // rising seq
	bytes int     // of the log's data
	byKey map[string]uint64

	phone        wire.Phone
	phoneVersion uint64

	live   *socket   // nil while the tab is away
	leftAt time.Time // when live became nil
}

// join attaches a socket to its tab's stream. It returns the socket that it replaces, and where to read on from.
func (h *Hub) join(me wire.Me, hello wire.Hello, sock *socket, now time.Time) (s *stream, old *socket, from position, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.user(me.ID)
	h.prune(u, now)
	s = u.streamOf(hello)
	if (s == nil || s.live == nil) && u.live(hello.TabID == "") >= maxTabs {
		return nil, nil, position{}, errTooManyTabs
	}
	if s == nil {
		s = &stream{user: u, tabID: hello.TabID, epoch: rand.Text(), byKey: map[string]uint64{}}
		if s.tabID == "" {
			s.tabID, s.watcher = "watcher "+s.epoch, true
		}
		s.phone.State = "none"
		u.streams[s.tabID] = s
	}
	old, s.live, s.me = s.live, sock, me
	h.show(s)
	from = position{snapshot: true}
	if hello.Epoch == s.epoch && hello.Since > 0 && hello.Since <= s.seq {
		from = position{seq: hello.Since}
	}
	return s, old, from, nil
}

// streamOf finds what a client left: a tab by its name, a watcher by its epoch.
func (u *userTopic) streamOf(hello wire.Hello) *stream {
	if hello.TabID == "" {
		return u.streams["watcher "+hello.Epoch]
	}
	return u.streams[hello.TabID]
}

// leave detaches a socket, unless another has taken its place. It reports how many tabs the user has left.
func (h *Hub) leave(s *stream, sock *socket, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.live == sock {
		s.live, s.leftAt = nil, now
	}
	h.prune(s.user, now)
}

// prune forgets streams whose tabs have been away for long, and the oldest of too many.
func (h *Hub) prune(u *userTopic, now time.Time) {
	var away []*stream
	for _, s := range u.streams {
		if s.live == nil {
			away = append(away, s)
		}
	}
	slices.SortFunc(away, func(a, b *stream) int { return cmp.Compare(b.leftAt.UnixNano(), a.leftAt.UnixNano()) })
	for i, s := range away {
		if i < maxTabs && now.Sub(s.leftAt) < streamRetain {
			continue
		}
		delete(u.streams, s.tabID)
		if topic := h.interactions[s.shown]; topic != nil {
			delete(topic.streams, s)
			h.forget(s.shown)
		}
	}
}

// pruneAll is prune for users who do not come back.
func (h *Hub) pruneAll(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, u := range h.users {
		h.prune(u, now)
	}
}

// live counts the tabs, or the watchers, that are connected.
func (u *userTopic) live(watchers bool) (n int) {
	for _, s := range u.streams {
		if s.live != nil && s.watcher == watchers {
			n++
		}
	}
	return n
}

// tabs counts the live tabs of a user, without watchers: who only watches takes no calls.
func (h *Hub) tabs(userID string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u := h.users[userID]; u != nil {
		return u.live(false)
	}
	return 0
}

// watch has a supervisor's tab shown another interaction; false where it is not one of the supervisor's.
func (h *Hub) watch(s *stream, interactionID string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if interactionID != "" && !h.mayWatch(s.user, interactionID) {
		return false
	}
	if s.watching != interactionID {
		s.watching = interactionID
		h.show(s)
	}
	return true
}

// setPhone changes what a tab is told of the phone.
func (h *Hub) setPhone(s *stream, p wire.Phone) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.phone != p {
		s.phone = p
		s.phoneVersion++
		s.poke()
	}
}

// position is how far a socket has read its stream.
type position struct {
	seq      uint64
	snapshot bool   // nothing yet: a snapshot is due
	phone    uint64 // version of Phone that was sent
}

// batch is what a socket writes next, in this order.
type batch struct {
	snapshot *wire.Snapshot
	seq      uint64 // of the snapshot
	deltas   []delta
	phone    *wire.Phone
}

// read gives what follows at, and moves it on.
func (h *Hub) read(s *stream, at *position, codes []store.WrapUpCode) (b batch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !at.snapshot && at.seq < s.floor {
		h.cuts++
		at.snapshot = true
	}
	if at.snapshot {
		b.snapshot, b.seq = h.snapshot(s, codes), s.seq
		*at = position{seq: s.seq, phone: at.phone}
	}
	first, _ := slices.BinarySearchFunc(s.log, at.seq+1, func(d delta, seq uint64) int { return cmp.Compare(d.seq, seq) })
	for _, d := range s.log[first:] {
		if d.data != nil {
			b.deltas = append(b.deltas, d)
		}
	}
	at.seq = s.seq
	if at.phone != s.phoneVersion+1 { // versions are sent one up, so that the zero position has sent none
		at.phone = s.phoneVersion + 1
		p := s.phone
		b.phone = &p
	}
	return b
}

func (h *Hub) snapshot(s *stream, codes []store.WrapUpCode) *wire.Snapshot {
	snap := &wire.Snapshot{
		Epoch:       s.epoch,
		Me:          s.me,
		Agent:       s.user.agent,
		Offer:       s.user.offer,
		Call:        s.user.call,
		History:     s.user.history,
		Targets:     s.user.targets,
		Supervision: s.user.super,
		Video:       s.user.video,
		System:      h.system,
		Phone:       s.phone,
		WrapUpCodes: codes,
	}
	if s.seesBoard() {
		snap.Board = s.user.board(h.board)
	}
	topic := h.interactions[s.shown]
	if topic == nil {
		return snap
	}
	if s.shownOwn {
		snap.Customer, snap.Candidates = topic.customer, topic.candidates
	}
	snap.Lines = slices.Clone(topic.lines)
	for _, p := range topic.partials {
		snap.Partials = append(snap.Partials, p)
	}
	slices.SortFunc(snap.Partials, func(a, b acd.Partial) int { return cmp.Compare(a.Leg, b.Leg) })
	return snap
}

func (s *stream) seesBoard() bool {
	return s.me.Role == roleSupervisor.String() || s.me.Role == roleAdmin.String()
}

// append numbers d and keeps it; what it replaces is dropped.
func (s *stream) append(d delta) {
	s.seq++
	d.seq = s.seq
	if d.key != "" {
		if i, ok := s.find(s.byKey[d.key]); ok {
			s.bytes -= len(s.log[i].data)
			s.log[i].data = nil
		}
		s.byKey[d.key] = d.seq
	}
	s.log = append(s.log, d)
	s.bytes += len(d.data)
	if len(s.log) > maxLogEntries || s.bytes > maxLogBytes {
		s.trim()
	}
	s.poke()
}

func (s *stream) find(seq uint64) (int, bool) {
	return slices.BinarySearchFunc(s.log, seq, func(d delta, seq uint64) int { return cmp.Compare(d.seq, seq) })
}

// trim drops replaced deltas, and then the oldest until the log is three quarters full.
func (s *stream) trim() {
	s.log = slices.DeleteFunc(s.log, func(d delta) bool { return d.data == nil })
	drop := 0
	for drop < len(s.log) && (len(s.log)-drop > maxLogEntries*3/4 || s.bytes > maxLogBytes*3/4) {
		s.bytes -= len(s.log[drop].data)
		s.floor = s.log[drop].seq
		drop++
	}
	s.log = slices.Delete(s.log, 0, drop)
	for key, seq := range s.byKey {
		if _, ok := s.find(seq); !ok {
			delete(s.byKey, key)
		}
	}
}

// cut drops the whole log: whoever reads on is given a snapshot.
func (s *stream) cut() {
	s.seq++ // even for a reader who had read all
	s.floor, s.log, s.bytes = s.seq, nil, 0
	clear(s.byKey)
	s.poke()
}

// poke wakes the tab's socket. The wake is the socket's own: one that was replaced and still ends would take it away.
func (s *stream) poke() {
	if s.live == nil {
		return
	}
	select {
	case s.live.wake <- struct{}{}:
	default:
	}
}
