package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"patchbay/acd"
	"patchbay/media"
	"patchbay/media/record"
	"patchbay/store"
	"patchbay/store/pgtest"
)

// TestRetention: the sweep erases what its queue keeps no longer, key, sound and words, leaves what is held, and replaces an
// old master key; what was refused is not kept.
func TestRetention(t *testing.T) {
	st := pgtest.Fresh(t)
	if err := st.SaveQueue(t.Context(), store.Queue{ID: "b", Name: "Bookings", RetentionDays: 30}); err != nil {
		t.Fatal(err)
	}
	journal, err := store.NewJournal(store.JournalConfig{Dir: t.TempDir(), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- journal.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ran; _ = journal.Close() })

	c := &centre{s: &settings{DataDir: t.TempDir()}, log: slog.New(slog.DiscardHandler), store: st, journal: journal}
	if err := c.openKeeper(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	k := c.keeper
	now := time.Now()
	ids := map[string]string{}
	for name, days := range map[string]int{"young": 10, "old": 40, "held": 50, "refused": 1} {
		id := uuid.Must(uuid.NewV7()).String()
		ids[name] = id
		at := now.AddDate(0, 0, -days)
		if name == "refused" {
			k.Refuse(id)
		}
		journal.SaveInteraction(store.Interaction{ID: id, Channel: "call", Direction: "inbound", Queue: "Bookings", State: "ended", StartedAt: at, EndedAt: &at})
		journal.SaveLine(store.Line{InteractionID: id, ID: "1", Speaker: "customer", Leg: "customer", Text: "Hello.", Words: []store.Word{}})
		rec := k.Record(acd.RecordingStart{InteractionID: id, Queue: "Bookings", At: at})
		var f media.Frame
		for range 100 {
			rec.Customer().WriteFrame(&f)
			rec.Agents().WriteFrame(&f)
		}
		if name == "refused" {
			rec.Discard()
		} else {
			rec.Finish()
		}
		<-rec.(tapeOf).Done()
	}
	if err := journal.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := st.SetHold(ctx, ids["held"], "sofia", "a lawsuit", now); err != nil {
		t.Fatal(err)
	}
	k.sweep(ctx, now.Add(-masterAge/2)) // 25 days for the old: still kept
	if _, err := k.Sound(ctx, ids["old"]); err != nil {
		t.Errorf("erased too early: %v", err)
	}
	wrapped := func() string {
		b, err := os.ReadFile(filepath.Join(c.s.recordingsDir(), "keys", ids["held"][34:], ids["held"]+".key"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := wrapped()
	k.sweep(ctx, now)
	kept := map[string]bool{"young": true, "old": false, "held": true, "refused": false}
	for name, want := range kept {
		s, err := k.Sound(ctx, ids[name])
		if err == nil {
			s.Close()
		}
		if (err == nil) != want || err != nil && !errors.Is(err, record.ErrNone) {
			t.Errorf("%s: sound %v, want it kept: %v", name, err, want)
		}
		lines, err := st.Lines(ctx, ids[name])
		if err != nil || (len(lines) > 0) != want {
			t.Errorf("%s: %d lines, %v", name, len(lines), err)
		}
		if k.keys.Has(ids[name]) != want {
			t.Errorf("%s: has a key: %v", name, !want)
		}
	}
	if err := k.Erase(ctx, ids["held"], "sofia", "asked"); !errors.Is(err, store.ErrHeld) {
		t.Errorf("what is held was erased: %v", err)
	}
	if wrapped() != first {
		t.Error("a young master key was replaced")
	}
	k.sweep(ctx, now.Add(masterAge+time.Hour))
	if wrapped() == first {
		t.Error("an old master key was not replaced")
	}
	if found, _ := filepath.Glob(filepath.Join(c.s.recordingsDir(), "keys", "*", "*.key")); len(found) != 1 { // young's days are over by then too
		t.Errorf("keys left: %v", found)
	}
}
