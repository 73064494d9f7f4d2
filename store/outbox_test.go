package store_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/store"
)

// hookTo is an outbox's receiver that a test tells what to answer.
type hookTo struct {
	mu     sync.Mutex
	answer func(context.Context, store.Delivery) error
	got    []string // ids, one an attempt
	told   chan struct{}
}

func (h *hookTo) deliver(ctx context.Context, d store.Delivery) error {
	h.mu.Lock()
	h.got = append(h.got, d.ID)
	answer := h.answer
	h.mu.Unlock()
	select {
	case h.told <- struct{}{}:
	default:
	}
	return answer(ctx, d)
}

func (h *hookTo) attempts(id string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.got {
		if g == id {
			n++
		}
	}
	return n
}

func (h *hookTo) answers(f func(context.Context, store.Delivery) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = f
}

// outboxUnderTest is a journal and what sends from the outbox behind it.
func journalOf(t *testing.T, st *store.Store) *store.Journal {
	t.Helper()
	j, err := store.NewJournal(store.JournalConfig{Dir: t.TempDir(), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = j.Run(context.Background()) }()
	t.Cleanup(func() { _ = j.Close(); <-done })
	return j
}

func runOutbox(t *testing.T, cfg store.OutboxConfig) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := store.NewOutbox(cfg).Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// TestOutboxTakesReceivers: receivers come and go while it runs. What waits for one that went is given up, one that stays gets
// everything, and where there is none it waits for the next.
func TestOutboxTakesReceivers(t *testing.T) {
	st := server.Store(t)
	j := journalOf(t, st)
	h := &hookTo{told: make(chan struct{}, 1), answer: func(_ context.Context, d store.Delivery) error {
		if d.Receiver == "hook_old" {
			return errors.New("it answered 500")
		}
		return nil
	}}
	out := store.NewOutbox(store.OutboxConfig{Store: st, Deliver: h.deliver})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- out.Run(ctx) }()
	out.SetReceivers([]string{"hook_old", "hook_a"})
	j.Deliver(deliveryTo("hook_a", "before", ""))
	j.Deliver(deliveryTo("hook_old", "in-vain", ""))
	until(t, "delivered before the change", func() bool { return stateOf(t, st, "hook_a", "before").State == "delivered" })
	until(t, "tried", func() bool { return stateOf(t, st, "hook_old", "in-vain").LastError != "" })
	out.SetReceivers([]string{"hook_a", "hook_b"})
	j.Deliver(deliveryTo("hook_a", "after", ""))
	j.Deliver(deliveryTo("hook_b", "new", ""))
	until(t, "delivered to the new one", func() bool { return stateOf(t, st, "hook_b", "new").State == "delivered" })
	until(t, "delivered to the one that stayed", func() bool { return stateOf(t, st, "hook_a", "after").State == "delivered" })
	until(t, "given up, whose receiver went", func() bool { return stateOf(t, st, "hook_old", "in-vain").State == "given_up" })
	j.Deliver(deliveryTo("hook_c", "nobody", ""))
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	out.SetReceivers(nil)
	until(t, "given up, where there is no receiver", func() bool { return stateOf(t, st, "hook_c", "nobody").State == "given_up" })
	if n := h.attempts("before"); n != 1 {
		t.Errorf("%d attempts of what had arrived before the change", n)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func deliveryTo(receiver, id, interaction string) store.Delivery {
	return store.Delivery{ID: id, Receiver: receiver, InteractionID: interaction, What: "raised_hand", At: time.Now(), Body: `{"said":"` + id + `"}`}
}

// until waits for what only the database can tell.
func until(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !yes(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s", what)
		}
	}
}

func stateOf(t *testing.T, st *store.Store, receiver, id string) store.DeliveryState {
	t.Helper()
	_, last, err := st.Deliveries(t.Context(), receiver)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(last, func(d store.DeliveryState) bool { return d.ID == id })
	if i < 0 {
		return store.DeliveryState{}
	}
	return last[i]
}

// TestOutboxRepeats: a receiver that fails is tried again under the same id until it takes the message; one that is gone, or
// fails for too long, is given up; and one that hangs holds up no other.
func TestOutboxRepeats(t *testing.T) {
	st := server.Store(t)
	j := journalOf(t, st)
	fails, err500 := 2, errors.New("it answered 500")
	a := &hookTo{told: make(chan struct{}, 1)}
	a.answers(func(_ context.Context, d store.Delivery) error {
		switch {
		case d.ID == "gone":
			return store.ErrGone
		case d.ID == "never":
			return err500
		case d.ID == "later" && fails > 0:
			fails--
			return err500
		}
		return nil
	})
	hung := make(chan struct{})
	b := func(ctx context.Context, d store.Delivery) error {
		if d.Receiver == "hook_b" {
			close(hung)
			<-ctx.Done()
			return ctx.Err()
		}
		return a.deliver(ctx, d)
	}
	var log bytes.Buffer
	var mu sync.Mutex
	stop := runOutbox(t, store.OutboxConfig{Store: st, Receivers: []string{"hook_a", "hook_b"}, Deliver: b, First: 50 * time.Millisecond,
		GiveUp: 3 * time.Second, Log: slog.New(slog.NewTextHandler(&lockedWriter{&mu, &log}, nil))})
	j.Deliver(deliveryTo("hook_b", "hangs", ""))
	<-hung
	for _, id := range []string{"later", "gone", "never"} {
		j.Deliver(deliveryTo("hook_a", id, "call-"+id)) // one does not wait for another
	}
	until(t, "delivered", func() bool { return stateOf(t, st, "hook_a", "later").State == "delivered" })
	if n := a.attempts("later"); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
	until(t, "given up, whose receiver is gone", func() bool { return stateOf(t, st, "hook_a", "gone").State == "given_up" })
	if n := a.attempts("gone"); n != 1 {
		t.Errorf("%d attempts at one that is gone", n)
	}
	until(t, "given up after its time", func() bool { return stateOf(t, st, "hook_a", "never").State == "given_up" })
	if s := stateOf(t, st, "hook_a", "never"); s.LastError == "" || s.Attempts < 3 || s.NextAt != nil {
		t.Errorf("given up as %+v", s)
	}
	stop()
	if s := stateOf(t, st, "hook_b", "hangs"); s.State != "waiting" || s.LastError != "" {
		t.Errorf("what was under way when the server stopped is %+v: that was no failure of the receiver", s)
	}
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(log.String(), "webhook given up") || !strings.Contains(log.String(), "id=never") {
		t.Errorf("the log does not say what was given up: %s", log.String())
	}
}

type lockedWriter struct {
	mu  *sync.Mutex
	buf *bytes.Buffer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

// TestOutboxOutlivesRuns: what waits, or was under way when the process was killed, is sent by the next run; what waits for a
// receiver that is configured no more is given up; an erased interaction's messages are nowhere; too many are dropped.
func TestOutboxOutlivesRuns(t *testing.T) {
	st := server.Store(t)
	j := journalOf(t, st)
	h := &hookTo{told: make(chan struct{}, 1), answer: func(context.Context, store.Delivery) error { return nil }}
	for _, d := range []store.Delivery{deliveryTo("hook_a", "first", ""), deliveryTo("hook_a", "killed", ""), deliveryTo("hook_old", "orphan", ""),
		deliveryTo("hook_a", "erased", "call-1"), deliveryTo("hook_a", "erased-with-it", "call-2")} {
		j.Deliver(d)
	}
	j.Erase(store.Erasure{InteractionID: "call-2", At: time.Now(), By: "sofia", Reason: "asked"})
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := st.EraseContent(t.Context(), store.Erasure{InteractionID: "call-1", At: time.Now(), By: "sofia", Reason: "asked"}, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Pool().Exec(t.Context(), `update river_job set state = 'running', attempt = 1, attempted_at = now() where args->>'id' = 'killed'`); err != nil {
		t.Fatal(err)
	}
	runOutbox(t, store.OutboxConfig{Store: st, Receivers: []string{"hook_a"}, Deliver: h.deliver})
	for _, id := range []string{"first", "killed"} {
		until(t, "delivered: "+id, func() bool { return stateOf(t, st, "hook_a", id).State == "delivered" })
	}
	if s := stateOf(t, st, "hook_old", "orphan"); s.State != "given_up" {
		t.Errorf("the orphan is %+v", s)
	}
	if h.attempts("erased")+h.attempts("erased-with-it") > 0 || stateOf(t, st, "hook_a", "erased").ID+stateOf(t, st, "hook_a", "erased-with-it").ID != "" {
		t.Error("messages of erased interactions are sent, or still there")
	}
	if _, err := st.Pool().Exec(t.Context(), `insert into river_job (kind, queue, args, max_attempts) select 'webhook', 'hook_full', '{"id": "", "what": "", "interaction_id": "", "at": "2026-01-01T00:00:00Z"}', 9 from generate_series(1, $1)`,
		store.MaxOutbox); err != nil {
		t.Fatal(err)
	}
	j.Deliver(deliveryTo("hook_full", "too-many", ""))
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _, err := st.Deliveries(t.Context(), "hook_full"); err != nil || n != store.MaxOutbox {
		t.Errorf("%d wait, %v; want %d", n, err, store.MaxOutbox)
	}
}

// TestOutboxKeepsTheOrderOfOneThing: what ended is told after what began, however often that has to be tried, and other interactions
// do not wait for it.
func TestOutboxKeepsTheOrderOfOneThing(t *testing.T) {
	st := server.Store(t)
	j := journalOf(t, st)
	for _, d := range []store.Delivery{deliveryTo("hook_a", "began", "call-1"), deliveryTo("hook_a", "ended", "call-1"), deliveryTo("hook_a", "other", "call-2"),
		deliveryTo("hook_a", "low", ""), deliveryTo("hook_a", "enough", "")} {
		j.Deliver(d)
	}
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var arrived []string
	fails := map[string]int{"began": 2, "low": 1}
	runOutbox(t, store.OutboxConfig{Store: st, Receivers: []string{"hook_a"}, First: 50 * time.Millisecond,
		Deliver: func(_ context.Context, d store.Delivery) error {
			mu.Lock()
			defer mu.Unlock()
			if fails[d.ID]--; fails[d.ID] >= 0 {
				return errors.New("it answered 500")
			}
			arrived = append(arrived, d.ID)
			return nil
		}})
	until(t, "all delivered", func() bool { mu.Lock(); defer mu.Unlock(); return len(arrived) == 5 })
	at := func(id string) int { return slices.Index(arrived, id) }
	if at("ended") < at("began") || at("enough") < at("low") || at("other") > at("began") {
		t.Errorf("arrived as %v", arrived)
	}
}
