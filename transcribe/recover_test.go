package transcribe_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/media/record/seal"
	"patchbay/transcribe"
	"patchbay/transcribe/worker/workertest"
)

func openKeys(t *testing.T, dir string) *seal.Keys {
	t.Helper()
	k, err := seal.OpenKeys(seal.KeysConfig{Dir: filepath.Join(dir, "keys")})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// killed copies what lies on the disk at this moment: all that kill -9 leaves of a server.
func killed(t *testing.T, dir string) string {
	t.Helper()
	left := t.TempDir()
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(left, "keys", "master"), 0o600); err != nil {
		t.Fatal(err)
	}
	return left
}

func legFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "legs", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The server is killed in mid-call, again and again: what it had not written down, the next one writes, with the same ids
// and in its place. Nothing that was said can be read in the files.
func TestAKilledServerLosesNoWord(t *testing.T) {
	dir, outer := t.TempDir(), t // a bubble's own directories end with it
	sc := newScript(100, 60)
	first := &ear{}
	var lefts []string
	var at, out []int // frames that were said then, and lines that were out
	cfg := transcribe.Config{Dir: dir, Keys: openKeys(t, dir)}
	inSteps(t, cfg, serve(&workertest.Engine{}), func(t *testing.T, h *house) {
		st := h.s.Open(transcribe.StreamConfig{ID: "0192-ab/customer", Language: "en", Listener: first})
		for i := range sc.frames() {
			sc.write(st, i, i+1)
			time.Sleep(20 * time.Millisecond)
			if i%173 == 172 {
				time.Sleep(200 * time.Millisecond) // the budget: 200 ms from the sound to the disk
				synctest.Wait()
				lefts, at, out = append(lefts, killed(outer, dir)), append(at, i+1), append(out, first.count())
			}
		}
		<-st.Finish()
		time.Sleep(time.Second)
		if files := legFiles(t, dir); len(files) > 0 {
			t.Errorf("all is final, and yet there is %v", files)
		}
	})
	if got := first.heard(); got != sc.text() {
		t.Fatalf("\ngot  %s\nwant %s", got, sc.text())
	}
	if len(lefts) < 4 {
		t.Fatalf("killed %d times", len(lefts))
	}
	for k, left := range lefts {
		for _, f := range legFiles(t, left) {
			if b, err := os.ReadFile(f); err != nil || strings.Contains(string(b), "customer") {
				t.Errorf("%s is readable (%v)", f, err)
			}
		}
		second := &ear{}
		inSteps(t, transcribe.Config{Dir: left, Keys: openKeys(t, left)}, serve(&workertest.Engine{}), func(t *testing.T, h *house) {
			var whose []string
			if err := h.s.Recover(t.Context(), func(id string) transcribe.Listener {
				whose = append(whose, id)
				return second
			}); err != nil {
				t.Error(err)
			}
			if !slices.Equal(whose, []string{"0192-ab/customer"}) {
				t.Errorf("kill %d: the sound is of %v", k, whose)
			}
		})
		if files := legFiles(t, left); len(files) > 0 {
			t.Errorf("heard, and still there: %v", files)
		}
		// Lines of the second server take the place of the first one's by their id.
		until := int64(2000 + at[k]*20)
		all := map[string]transcribe.Line{}
		var order []string
		for _, l := range slices.Concat(first.lines[:out[k]], second.lines) {
			if _, there := all[l.ID]; !there {
				order = append(order, l.ID)
			}
			all[l.ID] = l
		}
		var words []string
		for _, id := range order {
			for _, w := range all[id].Words {
				words = append(words, w.Text)
			}
		}
		n := 0 // words that were said by then
		for _, w := range sc.want {
			if ms, _, _ := strings.Cut(w, ":"); atoi(t, ms)+300 <= until {
				n++
			}
		}
		for i := range n {
			_, want, _ := strings.Cut(sc.want[i], ":")
			if i >= len(words) || words[i] != want {
				t.Errorf("kill %d, after %d ms: words %v, want the first %d of %v", k, until, words, n, sc.want)
				break
			}
		}
		if len(second.lines) == 0 {
			t.Logf("kill %d: everything was final", k)
		}
	}
}

func atoi(t *testing.T, s string) (n int64) {
	t.Helper()
	for _, c := range s {
		n = 10*n + int64(c-'0')
	}
	return n
}

// Where the disk takes nothing, words are written all the same, and when there is room again the trail goes on.
func TestAFullDiskCostsNoWord(t *testing.T) {
	dir := t.TempDir()
	keys := openKeys(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "legs"), nil, 0o600); err != nil { // no directory can be made there
		t.Fatal(err)
	}
	sc := newScript(0, 30)
	e := &ear{}
	var full, room int
	inSteps(t, transcribe.Config{Dir: dir, Keys: keys}, serve(&workertest.Engine{}), func(t *testing.T, h *house) {
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
		for i := range sc.frames() {
			sc.write(st, i, i+1)
			time.Sleep(20 * time.Millisecond)
			switch i {
			case sc.frames() / 2:
				full = len(legFiles(t, dir))
				if err := os.Remove(filepath.Join(dir, "legs")); err != nil {
					t.Fatal(err)
				}
			case sc.frames() - 1:
				room = len(legFiles(t, dir))
			}
		}
		<-st.Finish()
	})
	if got := e.heard(); got != sc.text() {
		t.Errorf("\ngot  %s\nwant %s", got, sc.text())
	}
	if full != 0 || room == 0 {
		t.Errorf("%d files while the disk was full, %d afterwards", full, room)
	}
}

// What the last run left cannot stop this one, however damaged it is.
func TestDamagedTrailsAreLeft(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "legs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"a.000000.leg": "", "b.000000.leg": strings.Repeat("x", 5000), "..leg": "x", "notes.txt": "x"} {
		if err := os.WriteFile(filepath.Join(dir, "legs", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inSteps(t, transcribe.Config{Dir: dir, Keys: openKeys(t, dir)}, serve(&workertest.Engine{}), func(t *testing.T, h *house) {
		if err := h.s.Recover(t.Context(), func(string) transcribe.Listener { t.Error("something was heard"); return &ear{} }); err != nil {
			t.Error(err)
		}
	})
}

// Lines that come more than three seconds late are said to be behind within two seconds, and on time again afterwards;
// every word is there.
func TestFallingBehindIsSaid(t *testing.T) {
	var slow atomic.Bool
	engine := &workertest.Engine{OnDecode: func(ctx context.Context, p transcribe.Pass) error {
		if slow.Load() {
			time.Sleep(6 * time.Second)
		}
		return nil
	}}
	sc := newScript(0, 60)
	e := &ear{}
	child := serve(engine)
	inSteps(t, transcribe.Config{Workers: 1, StallAfter: time.Minute}, func(r io.ReadCloser, w io.WriteCloser) { child(r, w) }, func(t *testing.T, h *house) {
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
		time.Sleep(time.Second)
		slow.Store(true)
		var said, back time.Duration
		began := time.Now()
		for i := range sc.frames() {
			sc.write(st, i, i+1)
			time.Sleep(20 * time.Millisecond)
			switch s := h.s.Status(); {
			case s.Behind && said == 0:
				said = time.Since(began)
				if m := h.s.Metrics(); m.LateSeconds < 3 {
					t.Errorf("behind, and late by %v s only", m.LateSeconds)
				}
				slow.Store(false)
			case said > 0 && !s.Behind && back == 0:
				back = time.Since(began)
			}
			if s := h.s.Status(); s.State != transcribe.Ready {
				t.Fatalf("status %+v", s)
			}
		}
		<-st.Finish()
		// The first line is asked for half a second after the first words' end, is 3 s late 3 s later, and 2 s are left.
		firstEnd := time.Duration(e.lines[0].EndMS) * time.Millisecond
		if said == 0 || said > firstEnd+5500*time.Millisecond {
			t.Errorf("said after %v, the first line ended at %v", said, firstEnd)
		}
		if back == 0 {
			t.Error("it is behind for ever")
		}
		if got := e.heard(); got != sc.text() {
			t.Errorf("\ngot  %s\nwant %s", got, sc.text())
		}
	})
}
