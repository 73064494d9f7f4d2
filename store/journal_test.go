package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"patchbay/store"
)

// call is a running call with every field that the journal must carry.
func call(id string) store.Interaction {
	return store.Interaction{ID: id, Channel: "call", Direction: "inbound", From: "+12025550142", To: "+12025550100",
		Queue: "Bookings", State: "active", StartedAt: time.Now().UTC().Truncate(time.Millisecond)}
}

func line(interaction string, i int) store.Line {
	return store.Line{InteractionID: interaction, ID: fmt.Sprint("line-", i), Speaker: "customer", Leg: "customer",
		StartMS: int64(i) * 1000, EndMS: int64(i)*1000 + 900, Text: fmt.Sprint("Utterance ", i), Spoken: "utterance",
		Words:       []store.Word{{Text: "Utterance", StartMS: int64(i) * 1000, EndMS: int64(i)*1000 + 400, Probability: 0.9}},
		Translation: fmt.Sprint("In English ", i)}
}

// journal opens and runs a journal; stop flushes and closes it. What is not stopped is closed with the test.
func journal(t *testing.T, s *store.Store, dir string) (_ *store.Journal, stop func()) {
	t.Helper()
	return runJournal(t, store.JournalConfig{Dir: dir, Store: s})
}

func runJournal(t *testing.T, cfg store.JournalConfig) (_ *store.Journal, stop func()) {
	t.Helper()
	j, err := store.NewJournal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- j.Run(context.Background()) }()
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	return j, func() {
		t.Helper()
		flush(t, j)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func flush(t *testing.T, j *store.Journal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := j.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// wantLines checks that lines 1…n of a call are there, in order, each once; it gives how many there are.
func wantLines(t *testing.T, s *store.Store, interaction string, n int) int {
	t.Helper()
	got, err := s.Lines(t.Context(), interaction)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < n {
		t.Fatalf("%d lines are there, %d were handed over", len(got), n)
	}
	for i, l := range got {
		if want := line(interaction, i+1); l.ID != want.ID || l.Text != want.Text || len(l.Words) != 1 || l.Words[0] != want.Words[0] {
			t.Fatalf("line %d is %+v, want %+v", i+1, l, want)
		}
	}
	return len(got)
}

func journalFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "journal-*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestJournalAppliesInOrderAndRepeatsHarmlessly(t *testing.T) {
	s, dir := server.Store(t), t.TempDir()
	j, stop := journal(t, s, dir)
	for i := 1; i <= 1000; i++ {
		v := call("call-1")
		v.Note = fmt.Sprint("note ", i)
		j.SaveInteraction(v)
		j.AddEvent(store.Event{InteractionID: "call-1", Seq: int64(i), At: v.StartedAt, Type: "note", Actor: "akiko", Data: map[string]any{"i": i}})
		j.SaveLine(line("call-1", i))
	}
	changed := line("call-1", 7)
	changed.Text = "Utterance 7" // the same id replaces
	j.SaveLine(changed)
	stop()
	wantLines(t, s, "call-1", 1000)
	v, err := s.Interaction(t.Context(), "call-1")
	if err != nil || v.Note != "note 1000" {
		t.Errorf("note %q, %v: the last one should stand", v.Note, err)
	}
	events, err := s.Events(t.Context(), "call-1")
	if err != nil || len(events) != 1000 || events[999].Seq != 1000 || events[999].Data["i"] != 1000.0 {
		t.Errorf("%d events, %v", len(events), err)
	}
	if files := journalFiles(t, dir); len(files) != 0 {
		t.Errorf("%v are left of a journal that was applied", files)
	}
	if err := j.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestJournalSurvivesKill(t *testing.T) {
	for _, mode := range []string{"applied", "unapplied"} {
		t.Run(mode, func(t *testing.T) {
			dir, url := t.TempDir(), server.Database(t)
			s := open(t, url)
			out, kill := child(t, "journal", url, dir, mode)
			handedOver := 0
			for scan := bufio.NewScanner(out); handedOver < 2000 && scan.Scan(); {
				n, err := strconv.Atoi(scan.Text())
				if err != nil {
					t.Fatal(err)
				}
				handedOver = n
			}
			kill()
			if handedOver < 2000 {
				t.Fatalf("the child ended after %d lines", handedOver)
			}
			if mode == "unapplied" {
				if got, err := s.Lines(t.Context(), "call-1"); err != nil || len(got) != 0 {
					t.Fatalf("%d lines, %v before the journal is read: the test proves nothing", len(got), err)
				}
			}
			_, stop := journal(t, s, dir)
			wantLines(t, s, "call-1", handedOver)
			closed, err := s.CloseInterrupted(t.Context())
			if err != nil || closed != 1 {
				t.Errorf("closed %d, %v; want the killed call", closed, err)
			}
			stop()
		})
	}
}

func TestJournalTornAndDamaged(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func([]byte) []byte
		want    int // lines
		damaged bool
	}{
		{"tail cut within the payload", func(b []byte) []byte { return b[:len(b)-3] }, 9, false},
		{"tail cut within the header", func(b []byte) []byte { return append(b, 1, 2, 3) }, 10, false},
		{"zeros behind", func(b []byte) []byte { return append(b, make([]byte, 4096)...) }, 10, true},
		{"a bit in the last record", func(b []byte) []byte { b[len(b)-5] ^= 1; return b }, 9, true},
		{"nothing", func([]byte) []byte { return nil }, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, dir := server.Store(t), t.TempDir()
			j, err := store.NewJournal(store.JournalConfig{Dir: dir, Store: s}) // not run: all stays in the file
			if err != nil {
				t.Fatal(err)
			}
			for i := 1; i <= 10; i++ {
				j.SaveLine(line("call-1", i))
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			files := journalFiles(t, dir)
			if len(files) != 1 {
				t.Fatal(files)
			}
			b, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[0], c.spoil(b), 0o600); err != nil {
				t.Fatal(err)
			}
			j, stop := journal(t, s, dir)
			if n := wantLines(t, s, "call-1", c.want); n != c.want {
				t.Errorf("%d lines, want %d", n, c.want)
			}
			j.SaveLine(line("call-2", 1))
			stop()
			wantLines(t, s, "call-2", 1)
			kept, err := filepath.Glob(filepath.Join(dir, "*.damaged"))
			if err != nil || (len(kept) == 1) != c.damaged {
				t.Errorf("put aside %v, %v; want that: %t", kept, err, c.damaged)
			}
		})
	}
}

func TestJournalReplaysOnlyWhatIsNotApplied(t *testing.T) {
	dir, url := t.TempDir(), server.Database(t)
	s := open(t, url)
	out, kill := child(t, "journal", url, dir, "applied")
	scan := bufio.NewScanner(out)
	for i := 0; i < 50 && scan.Scan(); i++ {
	}
	for deadline := time.Now().Add(10 * time.Second); ; { // a process edge: no channel tells what the child has applied
		if v, err := s.Interaction(t.Context(), "call-1"); err == nil && v.State == "active" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the child applies nothing")
		}
		if !scan.Scan() {
			t.Fatal("the child ended")
		}
	}
	kill()
	// Somebody else closes the call before the journal is read again: an old record must not open it.
	if _, err := s.CloseInterrupted(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, stop := journal(t, s, dir)
	stop()
	if v, err := s.Interaction(t.Context(), "call-1"); err != nil || v.State != "ended" {
		t.Errorf("state %q, %v: a record was applied twice", v.State, err)
	}
}

func TestJournalPutsAsideWhatTheDatabaseCannotHold(t *testing.T) {
	s, dir := server.Store(t), t.TempDir()
	j, stop := journal(t, s, dir)
	j.SaveLine(line("call-1", 1))
	bad := call("call-1")
	bad.From = noise(64 << 10) // larger than an index entry can be
	j.SaveInteraction(bad)
	odd := line("call-1", 2)
	j.SaveLine(odd)
	odd.ID, odd.Text, odd.Spoken = "line-3", "NUL \x00, broken \xff, escaped \\u0000", ""
	odd.StartMS = 3000
	j.SaveLine(odd)
	j.AddEvent(store.Event{InteractionID: "call-1", Seq: 1, Type: "odd", Data: map[string]any{"f": func() {}}})
	stop()
	lines, err := s.Lines(t.Context(), "call-1")
	if err != nil || len(lines) != 3 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if got, want := lines[2].Text, "NUL \ufffd, broken \ufffd, escaped \\u0000"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if e, err := s.Events(t.Context(), "call-1"); err != nil || len(e) != 1 || e[0].Data["unreadable"] == nil {
		t.Errorf("events %+v, %v", e, err)
	}
	if _, err := s.Interaction(t.Context(), "call-1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the call that cannot be kept: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "rejected.journal")); err != nil || !strings.Contains(string(b), "call-1") {
		t.Errorf("rejected.journal: %d bytes, %v", len(b), err)
	}
}

// noise is text that does not compress.
func noise(n int) string {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'A' + byte(x>>24)%58
	}
	return string(b)
}

// fullDisk is a file whose disk can be full: it then takes a few bytes only, as a real one does.
type fullDisk struct {
	store.SegmentFile
	full *atomic.Bool
}

func (f fullDisk) Write(b []byte) (int, error) {
	if !f.full.Load() {
		return f.SegmentFile.Write(b)
	}
	n, err := f.SegmentFile.Write(b[:min(5, len(b))])
	if err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}

func TestJournalOnAFullDisk(t *testing.T) {
	s, dir := server.Store(t), t.TempDir()
	var full atomic.Bool
	told := make(chan error, 16)
	cfg := store.JournalConfig{Dir: dir, Store: s, OnStatus: func(lost bool, err error) {
		if lost {
			t.Errorf("the database is told lost: %v", err)
		}
		told <- err
	}}
	j, stop := runJournal(t, cfg.WithCreate(func(path string) (store.SegmentFile, error) {
		f, err := store.CreateSegment(path)
		return fullDisk{f, &full}, err
	}))
	for i := 1; i <= 10; i++ {
		j.SaveLine(line("call-1", i))
	}
	full.Store(true)
	for i := 11; i <= 500; i++ {
		j.SaveLine(line("call-1", i))
	}
	flush(t, j) // from memory: the database has room
	wantLines(t, s, "call-1", 500)
	if err := <-told; !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("told %v, want ENOSPC", err)
	}
	full.Store(false)
	for i := 501; i <= 510; i++ {
		j.SaveLine(line("call-1", i))
	}
	if err := <-told; err != nil {
		t.Errorf("told %v, want that all is well", err)
	}
	stop()
	wantLines(t, s, "call-1", 510)
}

func TestJournalSpentSegmentsGo(t *testing.T) {
	s, dir := server.Store(t), t.TempDir()
	j, _ := journal(t, s, dir)
	for i := 1; i*200 < 2*store.SpentSegment; i++ {
		j.SaveLine(line("call-1", i))
	}
	flush(t, j)
	size := int64(0)
	for range 2 { // the segment is renewed when Run finds nothing more: after the next record at the latest
		j.SaveLine(line("call-2", 1))
		flush(t, j)
	}
	for _, f := range journalFiles(t, dir) {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if size >= store.SpentSegment {
		t.Errorf("%d bytes of what was said stay in the journal", size)
	}
}

func TestJournalRefusesASecondWriter(t *testing.T) {
	s, dir := server.Store(t), t.TempDir()
	_, stop := journal(t, s, dir)
	if _, err := store.NewJournal(store.JournalConfig{Dir: dir, Store: s}); err == nil || !strings.Contains(err.Error(), "another patchbay") {
		t.Errorf("second writer: %v", err)
	}
	stop()
	j, err := store.NewJournal(store.JournalConfig{Dir: dir, Store: s})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	j.SaveLine(line("call-1", 1)) // dropped, logged, no panic
	if err := j.Run(t.Context()); err != nil {
		t.Errorf("run after close: %v", err)
	}
}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// child runs this binary in a part until the test kills it.
func child(t *testing.T, part string, args ...string) (out *os.File, kill func()) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childVar+"="+part)
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	dead := false
	kill = func() {
		if !dead {
			dead = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			_ = r.Close()
		}
	}
	t.Cleanup(kill)
	return r, kill
}
