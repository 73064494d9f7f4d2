package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"patchbay/store"
)

// TestErasureIsReal: erased lines and notes are gone, those that the journal brings later are not kept, and the journal's
// own files hold them no longer.
func TestErasureIsReal(t *testing.T) {
	s := server.Store(t)
	dir := t.TempDir()
	j, _ := journal(t, s, dir)
	const id = "0199-erased"
	in := call(id)
	now := time.Now()
	in.State, in.EndedAt, in.Note = "ended", &now, "she told me her secret"
	j.SaveInteraction(in)
	j.SaveLine(line(id, 1))
	j.SaveLine(line("0199-other", 1))
	j.SaveRecording(store.Recording{InteractionID: id, State: "spooled", StartedAt: now, DurationMS: 5000})
	flush(t, j)
	if _, err := s.AddNote(t.Context(), store.Note{InteractionID: id, Author: "akiko", AtMS: 1200, Text: "a secret"}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Recording(t.Context(), id); err != nil || r.DurationMS != 5000 {
		t.Errorf("%+v, %v", r, err)
	}
	j.Erase(store.Erasure{InteractionID: id, At: now, By: "sofia", Reason: "asked"})
	j.SaveLine(line(id, 2))
	j.SaveRecording(store.Recording{InteractionID: id, State: "stored", StartedAt: now})
	flush(t, j)
	lines, err := s.Lines(t.Context(), id)
	if err != nil || len(lines) > 0 {
		t.Errorf("lines %+v, %v", lines, err)
	}
	if notes, err := s.Notes(t.Context(), id); err != nil || len(notes) > 0 {
		t.Errorf("notes %+v, %v", notes, err)
	}
	if _, err := s.Recording(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("recording: %v", err)
	}
	if _, err := s.AddNote(t.Context(), store.Note{InteractionID: id, Author: "akiko", Text: "again"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a note to what is erased: %v", err)
	}
	picture := store.Snapshot{InteractionID: id, By: "akiko", Type: "image/png", Width: 1, Height: 1}
	if _, err := s.AddSnapshot(t.Context(), picture, []byte("picture")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a picture to what is erased: %v", err)
	}
	picture.InteractionID = "0199-other"
	if kept, err := s.AddSnapshot(t.Context(), picture, []byte("picture")); err != nil || kept.ID == "" {
		t.Errorf("a picture of another: %+v, %v", kept, err)
	}
	if got, err := s.Interaction(t.Context(), id); err != nil || got.Note != "" || got.State != "ended" {
		t.Errorf("%+v, %v", got, err)
	}
	if c, err := s.Content(t.Context(), id); err != nil || c.ErasedAt == nil || c.ErasedBy != "sofia" {
		t.Errorf("%+v, %v", c, err)
	}
	if other, err := s.Lines(t.Context(), "0199-other"); err != nil || len(other) != 1 {
		t.Errorf("another's lines %+v, %v", other, err)
	}
	if err := s.Shred(t.Context()); err != nil {
		t.Error(err)
	}
	holds := func() (found bool) {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range files {
			b, _ := os.ReadFile(f)
			found = found || bytes.Contains(b, []byte("Utterance"))
		}
		return found
	}
	for end := time.Now().Add(10 * time.Second); holds(); time.Sleep(5 * time.Millisecond) { // Run does it when it is idle
		if time.Now().After(end) {
			t.Fatal("the journal's files still hold what was said")
		}
	}
}

func TestHoldAndRetention(t *testing.T) {
	s := server.Store(t)
	j, _ := journal(t, s, t.TempDir())
	if err := s.SaveQueue(t.Context(), store.Queue{ID: "b", Name: "Bookings", Recording: "ask", RetentionDays: 30}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for id, days := range map[string]int{"young": 29, "old": 31, "held": 40} {
		in := call(id)
		at := now.AddDate(0, 0, -days)
		in.State, in.StartedAt, in.EndedAt = "ended", at, &at
		j.SaveInteraction(in)
	}
	flush(t, j)
	if err := s.SetHold(t.Context(), "held", "sofia", "a lawsuit", now); err != nil {
		t.Fatal(err)
	}
	expired := func() []string {
		t.Helper()
		ids, err := s.Expired(t.Context(), now, 0)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if ids := expired(); len(ids) != 1 || ids[0] != "old" {
		t.Errorf("expired: %v", ids)
	}
	if err := s.SaveQueue(t.Context(), store.Queue{ID: "b", Name: "Reservations", Recording: "ask", RetentionDays: 30}); err != nil {
		t.Fatal(err)
	}
	if ids := expired(); len(ids) != 1 || ids[0] != "old" {
		t.Errorf("expired after the queue was renamed: %v", ids)
	}
	e := store.Erasure{InteractionID: "held", At: now, By: "system", Reason: "retention"}
	if err := s.EraseContent(t.Context(), e, func(context.Context) error { return nil }); !errors.Is(err, store.ErrHeld) {
		t.Errorf("held content erased: %v", err)
	}
	if err := s.SetHold(t.Context(), "held", "", "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if ids := expired(); len(ids) != 2 || ids[0] != "held" {
		t.Errorf("expired after the hold: %v", ids)
	}
	if err := s.EraseContent(t.Context(), e, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if ids := expired(); len(ids) != 1 {
		t.Errorf("expired after the erasure: %v", ids)
	}
	if err := s.SetHold(t.Context(), "held", "sofia", "a lawsuit", now); !errors.Is(err, store.ErrErased) {
		t.Errorf("a hold on what is erased: %v", err)
	}

	// "Do not record" under a hold: it goes when the hold ends.
	if err := s.SetHold(t.Context(), "young", "sofia", "a lawsuit", now); err != nil {
		t.Fatal(err)
	}
	j.EraseLater(store.Due{InteractionID: "young", At: now, By: "akiko"})
	flush(t, j)
	if c, err := s.Content(t.Context(), "young"); err != nil || c.DueAt == nil || c.ErasedAt != nil {
		t.Errorf("content %+v, %v", c, err)
	}
	if ids := expired(); slices.Contains(ids, "young") {
		t.Errorf("expired under the hold: %v", ids)
	}
	if err := s.SetHold(t.Context(), "young", "", "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if ids := expired(); !slices.Contains(ids, "young") {
		t.Errorf("expired after the hold: %v", ids)
	}

	// A key that cannot be destroyed leaves everything; while it is being destroyed no hold can be set.
	e.InteractionID = "young"
	broken := errors.New("the disk fails")
	if err := s.EraseContent(t.Context(), e, func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("erased although the key could not be destroyed: %v", err)
	}
	if c, err := s.Content(t.Context(), "young"); err != nil || c.ErasedAt != nil {
		t.Errorf("content %+v, %v", c, err)
	}
	err := s.EraseContent(t.Context(), e, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		if err := s.SetHold(ctx, "young", "sofia", "a lawsuit", now); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a hold while the key is being destroyed: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNotes(t *testing.T) {
	s := server.Store(t)
	for _, at := range []int64{9000, 2000} {
		if _, err := s.AddNote(t.Context(), store.Note{InteractionID: "one", Author: "akiko", AtMS: at, Text: "here"}); err != nil {
			t.Fatal(err)
		}
	}
	notes, err := s.Notes(t.Context(), "one")
	if err != nil || len(notes) != 2 || notes[0].AtMS != 2000 || notes[0].AuthorName != "akiko" {
		t.Fatalf("%+v, %v", notes, err)
	}
	if err := s.DeleteNote(t.Context(), "one", notes[0].ID, "ben"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another's note removed: %v", err)
	}
	if err := s.DeleteNote(t.Context(), "one", notes[0].ID, "akiko"); err != nil {
		t.Error(err)
	}
}
