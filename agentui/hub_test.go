package agentui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/store"
)

// desk folds messages by the rules of wire's package comment, as the TypeScript does.
type desk struct {
	snap     wire.Snapshot
	watching string
	seq      uint64
}

// shown is the interaction on screen, and whether it is the user's own.
type shown struct {
	id  string
	own bool
}

func (d *desk) shown() shown {
	switch {
	case d.snap.Call != nil:
		return shown{d.snap.Call.InteractionID, true}
	case d.snap.Offer != nil:
		return shown{d.snap.Offer.InteractionID, true}
	default:
		return shown{d.watching, false}
	}
}

func (d *desk) take(t *testing.T, b batch) {
	t.Helper()
	if b.snapshot != nil {
		raw, err := wire.Marshal(b.snapshot)
		if err != nil {
			t.Fatal(err)
		}
		d.snap = wire.Snapshot{}
		unmarshal(t, raw, &d.snap)
		d.seq = b.seq
	}
	for _, m := range b.deltas {
		if m.seq <= d.seq {
			t.Fatalf("seq %d after %d", m.seq, d.seq)
		}
		d.seq = m.seq
		before := d.shown()
		d.fold(t, m)
		if d.shown() != before {
			d.clear()
		}
	}
	if b.phone != nil {
		d.snap.Phone = *b.phone
	}
}

func (d *desk) clear() {
	d.snap.Customer, d.snap.Candidates, d.snap.Lines, d.snap.Partials = nil, nil, nil, nil
}

func (d *desk) watch(id string) {
	before := d.shown()
	if d.watching = id; d.shown() != before {
		d.clear()
	}
}

func (d *desk) fold(t *testing.T, m delta) {
	s := &d.snap
	switch m.typ {
	case "agent":
		s.Agent = decoded[acd.AgentState](t, m)
	case "offer":
		s.Offer = decoded[acd.Offer](t, m)
	case "offer_end":
		if end := decoded[acd.OfferEnd](t, m); s.Offer != nil && s.Offer.InteractionID == end.InteractionID {
			s.Offer = nil
		}
	case "call":
		if s.Call = decoded[acd.Call](t, m); s.Offer != nil && s.Offer.InteractionID == s.Call.InteractionID {
			s.Offer = nil
		}
	case "call_end":
		if end := decoded[acd.CallEnd](t, m); s.Call != nil && s.Call.InteractionID == end.InteractionID {
			s.Call = nil
		}
	case "customer":
		if s.Candidates, s.Customer = nil, decoded[store.CustomerView](t, m); s.Customer.ID == "" {
			s.Customer = nil
		}
	case "candidates":
		s.Customer, s.Candidates = nil, decoded[acd.Candidates](t, m)
	case "line":
		l := *decoded[store.Line](t, m)
		if l.InteractionID != d.shown().id {
			t.Fatalf("a line of %s reached a desk that shows %v", l.InteractionID, d.shown())
		}
		s.Partials = slices.DeleteFunc(s.Partials, func(p acd.Partial) bool { return p.Leg == l.Leg && p.StartMS < l.EndMS })
		if i := slices.IndexFunc(s.Lines, func(o store.Line) bool { return o.ID == l.ID }); i >= 0 {
			s.Lines[i] = l
		} else {
			s.Lines = append(s.Lines, l)
		}
	case "partial":
		p := *decoded[acd.Partial](t, m)
		if p.InteractionID != d.shown().id {
			t.Fatalf("a partial of %s reached a desk that shows %v", p.InteractionID, d.shown())
		}
		s.Partials = slices.DeleteFunc(s.Partials, func(o acd.Partial) bool { return o.Leg == p.Leg })
		if p.Text != "" {
			s.Partials = append(s.Partials, p)
		}
	case "history":
		s.History = decoded[acd.History](t, m).Items
	case "system":
		s.System = *decoded[acd.System](t, m)
	case "board":
		s.Board = decoded[acd.Board](t, m)
	default:
		t.Fatalf("unknown delta %q", m.typ)
	}
}

func decoded[T any](t *testing.T, m delta) *T {
	t.Helper()
	v := new(T)
	unmarshal(t, m.data, v)
	return v
}

func unmarshal(t *testing.T, raw []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}

// text is the desk as one comparable text; the order of lines is that of the screen.
func (d *desk) text(t *testing.T) string {
	t.Helper()
	s := d.snap
	s.Epoch = ""
	s.Lines, s.Partials = slices.Clone(s.Lines), slices.Clone(s.Partials)
	slices.SortFunc(s.Lines, func(a, b store.Line) int {
		return cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(s.Partials, func(a, b acd.Partial) int { return cmp.Compare(a.Leg, b.Leg) })
	raw, err := wire.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// fakeTab is a tab that reads when it likes, and may go and come back.
type fakeTab struct {
	desk
	hub   *Hub
	me    wire.Me
	id    string
	sock  *socket
	s     *stream
	at    position
	epoch string
}

func (f *fakeTab) join(t *testing.T, fresh bool) {
	t.Helper()
	hello := wire.Hello{TabID: f.id, Since: f.seq, Epoch: f.epoch}
	if fresh {
		hello.Since = 0
	}
	f.sock = &socket{direct: make(chan []byte, directQueue), closing: make(chan struct{})}
	if f.hub.users[f.me.ID] == nil { // as of a supervisor whom nobody restricts
		f.hub.limit(f.me.ID, reach{all: f.me.Role == "supervisor"})
	}
	s, _, at, err := f.hub.join(f.me, hello, f.sock, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	f.s, f.at, f.epoch = s, at, s.epoch
	f.sock.stream = s
}

func (f *fakeTab) read(t *testing.T) {
	t.Helper()
	f.take(t, f.hub.read(f.s, &f.at, nil))
}

// Whatever is published, whenever a tab reads, goes or comes back: once it has read all, it shows what a new tab is shown.
func TestHubDeltasFitSnapshots(t *testing.T) {
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 7))
		hub := NewHub(HubConfig{})
		tabs := []*fakeTab{
			{hub: hub, me: wire.Me{ID: "akiko", Role: "agent"}, id: "a1"},
			{hub: hub, me: wire.Me{ID: "akiko", Role: "agent"}, id: "a2"},
			{hub: hub, me: wire.Me{ID: "sofia", Role: "supervisor"}, id: "s1"},
		}
		for _, f := range tabs {
			f.join(t, true)
		}
		world := &world{rng: rng, hub: hub}
		for step := range 700 {
			world.publish()
			f := tabs[rng.IntN(len(tabs))]
			switch n := rng.IntN(100); {
			case n < 20:
				f.read(t)
			case n < 22 && f.me.Role == "supervisor":
				f.read(t)
				id := world.someID()
				f.hub.watch(f.s, id)
				f.watch(id)
			case n < 24: // the network blinks
				f.hub.leave(f.s, f.sock, time.Unix(0, 0))
				f.join(t, false)
			case n == 24: // a reload
				f.hub.leave(f.s, f.sock, time.Unix(0, 0))
				f.desk = desk{watching: f.watching}
				f.join(t, true)
			case n == 25:
				for _, f := range tabs {
					f.check(t, seed, step)
				}
			}
		}
		for _, f := range tabs {
			f.check(t, seed, 700)
		}
	}
}

// check compares a tab that has read all with what the hub would tell it anew.
func (f *fakeTab) check(t *testing.T, seed uint64, step int) {
	t.Helper()
	f.read(t)
	again := desk{watching: f.watching}
	again.take(t, f.hub.read(f.s, &position{snapshot: true}, nil))
	if got, want := f.text(t), again.text(t); got != want {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		cut := func(s string) string { return s[max(0, i-60):min(len(s), i+200)] }
		t.Fatalf("seed %d step %d, tab %s: from byte %d\n got …%s…\nwant …%s…", seed, step, f.id, i, cut(got), cut(want))
	}
}

// world publishes what a contact centre might, and some of what it should not.
type world struct {
	rng *rand.Rand
	hub *Hub
	n   int64
}

func (w *world) someID() string { return fmt.Sprintf("i%d", w.rng.IntN(4)) }

func (w *world) publish() {
	w.n++
	id, text := w.someID(), fmt.Sprintf("text %d", w.n)
	user := []string{"akiko", "sofia"}[w.rng.IntN(2)]
	leg := []string{"customer", "agent:akiko"}[w.rng.IntN(2)]
	switch w.rng.IntN(20) {
	case 0:
		w.hub.User(user, "agent", acd.AgentState{ID: user, Reason: text})
	case 1:
		w.hub.User(user, "offer", acd.Offer{InteractionID: id, From: text})
	case 2:
		w.hub.User(user, "offer_end", acd.OfferEnd{InteractionID: id})
	case 3:
		w.hub.User(user, "call", acd.Call{InteractionID: id, Note: text})
	case 4:
		w.hub.User(user, "call_end", acd.CallEnd{InteractionID: id})
	case 5:
		w.hub.User(user, "history", acd.History{Items: []acd.HistoryItem{{CustomerName: text}}})
	case 6:
		w.hub.System(acd.System{TranscriptionReason: text})
	case 7:
		w.hub.Board(acd.Board{Waiting: int(w.n)})
	case 8:
		w.hub.Interaction(id, "customer", store.CustomerView{Customer: store.Customer{ID: []string{"", "c1"}[w.rng.IntN(2)], Name: text}})
	case 9:
		w.hub.Interaction(id, "candidates", acd.Candidates{InteractionID: id, Number: text})
	case 10, 11, 12, 13:
		start := w.n*10 - w.rng.Int64N(50)
		lineID := fmt.Sprintf("l%d", w.n-w.rng.Int64N(3))
		w.hub.Interaction(id, "line", store.Line{InteractionID: id, ID: lineID, Leg: leg, StartMS: start, EndMS: start + 20, Text: text})
	default:
		if w.rng.IntN(5) == 0 {
			text = ""
		}
		w.hub.Interaction(id, "partial", acd.Partial{InteractionID: id, Leg: leg, StartMS: w.n * 10, Text: text})
	}
}

func TestHubResume(t *testing.T) {
	hub := NewHub(HubConfig{})
	f := &fakeTab{hub: hub, me: wire.Me{ID: "akiko", Role: "agent"}, id: "a"}
	f.join(t, true)
	hub.User("akiko", "agent", acd.AgentState{ID: "akiko", Presence: "away"})
	f.read(t)
	hub.leave(f.s, f.sock, time.Unix(0, 0))
	hub.User("akiko", "agent", acd.AgentState{ID: "akiko", Presence: "available"})
	f.join(t, false)
	b := hub.read(f.s, &f.at, nil)
	if b.snapshot != nil || len(b.deltas) != 1 || b.phone == nil {
		t.Fatalf("resumed with %+v, want one delta and the phone", b)
	}

	tests := map[string]wire.Hello{
		"no since":          {TabID: "a", Epoch: f.epoch},
		"another epoch":     {TabID: "a", Epoch: "elsewhere", Since: 1},
		"from the future":   {TabID: "a", Epoch: f.epoch, Since: 1000},
		"another tab's":     {TabID: "b", Epoch: f.epoch, Since: 1},
		"after being cut":   {TabID: "a", Epoch: f.epoch, Since: 1},
		"forgotten by time": {TabID: "a", Epoch: f.epoch, Since: f.s.seq},
	}
	for name, hello := range tests {
		now := time.Unix(0, 0)
		switch {
		case strings.HasPrefix(name, "after"):
			for range maxLogEntries + 1 {
				hub.User("akiko", "offer_end", acd.OfferEnd{InteractionID: "i"})
			}
		case strings.HasPrefix(name, "forgotten"):
			hub.leave(f.s, f.s.live, now)
			now = now.Add(streamRetain)
		}
		s, _, at, err := hub.join(f.me, hello, &socket{}, now)
		if err != nil {
			t.Fatal(err)
		}
		if b := hub.read(s, &at, nil); b.snapshot == nil {
			t.Errorf("%s: no snapshot", name)
		}
	}
}

func TestHubBoundsWhatASlowTabHolds(t *testing.T) {
	hub := NewHub(HubConfig{})
	f := &fakeTab{hub: hub, me: wire.Me{ID: "akiko", Role: "agent"}, id: "a"}
	f.join(t, true)
	hub.User("akiko", "call", acd.Call{InteractionID: "i"})
	f.read(t)
	for i := range 20000 {
		hub.Interaction("i", "partial", acd.Partial{InteractionID: "i", Leg: "customer", Text: fmt.Sprint(i)})
	}
	if b := hub.read(f.s, &f.at, nil); b.snapshot != nil || len(b.deltas) != 1 {
		t.Errorf("20000 partials of a leg came as %d deltas, want the last alone", len(b.deltas))
	}
	long := strings.Repeat("x", 10000)
	for i := range 2000 {
		hub.Interaction("i", "line", store.Line{InteractionID: "i", ID: fmt.Sprint(i), Text: long})
	}
	if len(f.s.log) > maxLogEntries || f.s.bytes > maxLogBytes {
		t.Errorf("log has %d entries and %d bytes", len(f.s.log), f.s.bytes)
	}
	if b := hub.read(f.s, &f.at, nil); b.snapshot == nil || len(b.snapshot.Lines) != 2000 {
		t.Error("a tab that fell behind got no whole snapshot")
	}
	if hub.cutCount() != 1 {
		t.Errorf("%d cuts counted, want 1", hub.cutCount())
	}
	for i := range maxLines {
		hub.Interaction("i", "line", store.Line{InteractionID: "i", ID: fmt.Sprint("more", i)})
	}
	if n := len(hub.interactions["i"].lines); n != maxLines {
		t.Errorf("%d lines held, want %d", n, maxLines)
	}
}

func TestHubShowsBoardsAndWatchesToSupervisorsOnly(t *testing.T) {
	hub := NewHub(HubConfig{})
	agent := &fakeTab{hub: hub, me: wire.Me{ID: "akiko", Role: "agent"}, id: "a"}
	boss := &fakeTab{hub: hub, me: wire.Me{ID: "sofia", Role: "supervisor"}, id: "s"}
	for _, f := range []*fakeTab{agent, boss} {
		f.join(t, true)
	}
	hub.Interaction("i", "line", store.Line{InteractionID: "i", ID: "1", Text: "before"})
	hub.watch(boss.s, "i")
	boss.watch("i")
	hub.Interaction("i", "line", store.Line{InteractionID: "i", ID: "2", Text: "after"})
	hub.Interaction("i", "customer", store.CustomerView{Customer: store.Customer{ID: "c"}})
	hub.Board(acd.Board{Waiting: 3})
	agent.read(t)
	boss.read(t)
	if agent.snap.Board != nil || len(agent.snap.Lines) > 0 {
		t.Error("an agent was shown the board or another's call")
	}
	if boss.snap.Board == nil || len(boss.snap.Lines) != 2 || boss.snap.Customer != nil {
		t.Errorf("a supervisor was shown %s", boss.text(t))
	}
}

func TestHubForgetsEndedInteractions(t *testing.T) {
	hub := NewHub(HubConfig{})
	f := &fakeTab{hub: hub, me: wire.Me{ID: "akiko", Role: "agent"}, id: "a"}
	f.join(t, true)
	hub.Interaction("i", "customer", store.CustomerView{Customer: store.Customer{ID: "c"}})
	hub.User("akiko", "call", acd.Call{InteractionID: "i", State: "wrap_up"})
	hub.InteractionEnd("i")
	f.read(t)
	if f.snap.Customer == nil {
		t.Fatal("the customer is gone while the desk still shows the call")
	}
	hub.User("akiko", "call_end", acd.CallEnd{InteractionID: "i"})
	hub.Interaction("i", "line", store.Line{InteractionID: "i", ID: "late"})
	hub.InteractionEnd("never published")
	if len(hub.interactions) != 0 {
		t.Errorf("still held: %v", hub.interactions)
	}
	for i := range 2 * maxEnded {
		hub.InteractionEnd(fmt.Sprint(i))
	}
	if len(hub.ended.ids) != maxEnded || len(hub.ended.order) != maxEnded {
		t.Errorf("%d ended ids are remembered", len(hub.ended.ids))
	}
}

func TestHubLimitsTabs(t *testing.T) {
	hub := NewHub(HubConfig{})
	me := wire.Me{ID: "akiko", Role: "agent"}
	for i := range maxTabs {
		if _, _, _, err := hub.join(me, wire.Hello{TabID: fmt.Sprint(i)}, &socket{}, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, _, err := hub.join(me, wire.Hello{TabID: "one more"}, &socket{}, time.Unix(0, 0)); err == nil {
		t.Error("one tab too many was let in")
	}
	if _, old, _, err := hub.join(me, wire.Hello{TabID: "0"}, &socket{}, time.Unix(0, 0)); err != nil || old == nil {
		t.Errorf("a tab that came back: %v, replaced %v", err, old)
	}
	u := hub.users["akiko"]
	for range 100 { // many short visits leave no trace
		for id, s := range u.streams {
			hub.leave(s, s.live, time.Unix(0, 0))
			_ = id
		}
		if _, _, _, err := hub.join(me, wire.Hello{TabID: fmt.Sprint(rand.Uint64())}, &socket{}, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if len(u.streams) > 2*maxTabs {
		t.Errorf("%d streams are kept", len(u.streams))
	}
}

// The hub takes exactly the types that wire promises to desks.
func TestHubKnowsEveryType(t *testing.T) {
	direct := []string{"snapshot", "phone", "reply", "rtc_offer", "rtc_candidate", "system", "board", "alert", "codes"}
	for typ, zero := range wire.ServerTypes {
		if slices.Contains(direct, typ) {
			continue
		}
		u, i := &userTopic{}, newInteractionTopic()
		if u.fold(zero) == i.fold(zero) {
			t.Errorf("%s (%s) belongs to neither or both topics", typ, reflect.TypeOf(zero))
		}
	}
}
