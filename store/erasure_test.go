package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/store"
)

// TestErasedIsNowhere: after an erasure and the nightly rewriting, nothing of what was said, written, drawn, noted, or waits to be
// sent is in the database, its files, its statistics, its write-ahead log, or the journal; what arrives late is not kept either.
// That the interaction was, when, and who did what, stays.
func TestErasedIsNowhere(t *testing.T) {
	dir, err := os.MkdirTemp("", "patchbay-test-") // that PostgreSQL's user may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	private, err := store.StartPrivate(t.Context(), store.PrivateConfig{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		if err := private.Stop(); err != nil {
			t.Error(err)
		}
	}
	stopped := false
	t.Cleanup(func() {
		if !stopped {
			stop()
		}
	})
	st, err := store.Open(t.Context(), private.URL(), store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	j, err := store.NewJournal(store.JournalConfig{Dir: filepath.Join(dir, "journal"), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan struct{})
	go func() { defer close(ran); _ = j.Run(context.Background()) }()
	t.Cleanup(func() { _ = j.Close(); <-ran })

	const id, marker = "0199-erased", "Zebrafink" // in everything, in lower case too where text is folded
	at := time.Now()
	write := func(n int64) {
		in := call(id)
		in.State, in.StartedAt, in.EndedAt, in.Note, in.Queue = "ended", at, &at, "agent wrote "+marker, "Bookings"
		j.SaveInteraction(in)
		l := line(id, int(n))
		l.Text, l.Spoken, l.Words = "customer said "+marker, "customer said "+strings.ToLower(marker), []store.Word{{Text: marker}}
		l.Translation = "in English " + marker
		j.SaveLine(l)
		for k, e := range []store.Event{
			{Type: "transferred", Actor: "akiko", Data: map[string]any{"mode": "blind", "reason": marker, "to": map[string]any{"kind": "number", "id": marker}}},
			{Type: "phrase", Actor: "system", Data: map[string]any{"phrase": marker, "speaker": "customer", "at_ms": 9}},
			{Type: "video_summary", Actor: "akiko", Data: map[string]any{"title": marker}},
			{Type: "recording_refused", Actor: "customer", Data: map[string]any{"reason": "no_answer"}},
		} {
			e.InteractionID, e.Seq, e.At = id, 4*n+int64(k), at
			j.AddEvent(e)
		}
		j.Deliver(store.Delivery{ID: "msg", Receiver: "hook_a", InteractionID: id, What: "phrase", At: at, Body: `{"said":"` + marker + `"}`})
	}
	write(1)
	flush(t, j)
	if _, err := st.AddNote(t.Context(), store.Note{InteractionID: id, Author: "akiko", Text: "pinned " + marker}); err != nil {
		t.Fatal(err)
	}
	if _, err := st.AddSnapshot(t.Context(), store.Snapshot{InteractionID: id, By: "akiko", Type: "image/png"}, bytes.Repeat([]byte(marker), 5000)); err != nil {
		t.Fatal(err)
	}
	if err := st.AppendAudit(t.Context(), store.AuditEntry{Actor: "akiko", Action: "listen", Object: id}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`analyze`, `checkpoint`} { // into the statistics, and the files
		if _, err := st.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	where := func() (found []string) {
		for _, root := range []string{dir, mustResolve(t, filepath.Join(dir, "postgres"))} {
			_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return nil // PostgreSQL's files come and go
				}
				if b, err := os.ReadFile(path); err == nil && bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(marker))) {
					found = append(found, path)
				}
				return nil
			})
		}
		return found
	}
	if n := len(where()); n < 4 {
		t.Fatalf("before the erasure %d files hold it: this test looks in the wrong place", n)
	}

	if err := st.EraseContent(t.Context(), store.Erasure{InteractionID: id, At: at, By: "sofia", Reason: "asked"}, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	write(2) // late
	flush(t, j)
	if err := j.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := st.Shred(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "rid of the journal's files", func() bool {
		for _, f := range where() {
			if strings.Contains(f, "journal") {
				return false
			}
		}
		return true
	})
	if found := where(); len(found) > 0 {
		t.Errorf("while the server runs it lies in %v", found)
	}
	events, err := st.Events(t.Context(), id)
	if err != nil || len(events) != 8 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for i, want := range []string{`{"mode":"blind"}`, `{"at_ms":9}`, `null`, `{"reason":"no_answer"}`} {
		for _, e := range []store.Event{events[i], events[4+i]} {
			if got, _ := json.Marshal(e.Data); string(got) != want || e.Actor == "" || e.At.IsZero() {
				t.Errorf("of %s stays %s by %q, want %s", e.Type, got, e.Actor, want)
			}
		}
	}
	if got, err := st.Interaction(t.Context(), id); err != nil || got.Queue != "Bookings" || got.Note != "" || got.From == "" {
		t.Errorf("the interaction: %+v, %v", got, err)
	}
	if n, _, err := st.Deliveries(t.Context(), "hook_a"); err != nil || n != 0 {
		t.Errorf("%d messages wait, %v", n, err)
	}
	if audit, err := st.Audit(t.Context(), 0, 10); err != nil || len(audit) != 1 {
		t.Errorf("%d audit entries, %v", len(audit), err)
	}
	st.Close()
	_ = j.Close()
	<-ran
	stopped = true
	stop()
	if found := where(); len(found) > 0 {
		t.Errorf("after the server's end it lies in %v", found)
	}
}

func mustResolve(t *testing.T, path string) string {
	t.Helper()
	p, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
