package models

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type packed struct{ name, content string }

var whole = []packed{{"m/model.bin", "weights"}, {"m/config.json", "{}"}, {"m/vocabulary.json", `["a","b"]`}, {"m/README.md", "hello"}, {"../../evil", "no"}}

func inDir(t *testing.T, list []packed) string {
	dir := filepath.Join(t.TempDir(), "Own-Model")
	for _, m := range list {
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, filepath.Base(m.name)), []byte(m.content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func zipped(t *testing.T, list []packed) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range list {
		w, err := z.Create(m.name)
		if err == nil {
			_, err = w.Write([]byte(m.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return keep(t, "own-model.zip", b.Bytes())
}

func tarred(t *testing.T, list []packed) string {
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for _, m := range list {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	return keep(t, "own-model.tar.gz", b.Bytes())
}

func keep(t *testing.T, name string, b []byte) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImport(t *testing.T) {
	for kind, source := range map[string]string{"directory": inDir(t, whole), "zip": zipped(t, whole), "tar.gz": tarred(t, whole)} {
		t.Run(kind, func(t *testing.T) {
			e, _ := invented()
			c := newTestCache(t, e)
			tried := ""
			check := func(_ context.Context, dir string) error {
				b, err := os.ReadFile(filepath.Join(dir, "vocabulary.txt"))
				tried = string(b)
				return err
			}
			if _, err := c.Import(t.Context(), source, ImportOptions{Check: check}); err != nil {
				t.Fatal(err)
			}
			if tried != "a\nb\n" {
				t.Errorf("vocabulary %q", tried)
			}
			path, err := c.Path("own-model", "model.bin")
			if b, _ := os.ReadFile(path); err != nil || string(b) != "weights" {
				t.Errorf("%s: %q, %v", path, b, err)
			}
			if err := c.Verify("own-model"); err != nil {
				t.Error(err)
			}
			if l := c.List(); len(l) != 2 || l[1].Name != "own-model" || !l[1].Present {
				t.Errorf("list %+v", l)
			}
			if _, err := c.Import(t.Context(), source, ImportOptions{}); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("the same name again: %v", err)
			}
			if err := c.Pull(t.Context(), []string{"own-model"}, publisherOnly); err == nil {
				t.Error("an imported model is pulled")
			}
			if err := os.WriteFile(path, []byte("weightz"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := c.Verify("own-model"); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "models import") {
				t.Errorf("damaged: %v", err)
			}
		})
	}
}

// Whatever is wrong: the error names the file and the reason, and nothing is left behind.
func TestImportRefuses(t *testing.T) {
	bomb := strings.Repeat("\x00", 2<<20)
	without := func(name string) []packed {
		var out []packed
		for _, m := range whole {
			if filepath.Base(m.name) != name {
				out = append(out, m)
			}
		}
		return out
	}
	cut := func(path string, n int64) string {
		st, err := os.Stat(path)
		if err == nil {
			err = os.Truncate(path, st.Size()-n)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct{ source, want string }{
		"no weights":       {inDir(t, without("model.bin")), "model.bin is missing"},
		"no config":        {zipped(t, without("config.json")), "config.json is missing"},
		"no vocabulary":    {tarred(t, without("vocabulary.json")), "vocabulary.txt and vocabulary.json are missing"},
		"bomb":             {zipped(t, append(without("config.json"), packed{"m/config.json", bomb})), "config.json: more than"},
		"tar bomb":         {tarred(t, append(without("config.json"), packed{"m/config.json", bomb})), "config.json: more than"},
		"twice":            {tarred(t, append(whole[:3:3], packed{"n/model.bin", "other"})), "model.bin is there twice"},
		"foreign":          {keep(t, "x.zip", []byte("GIF89a, no archive at all")), "neither a directory nor"},
		"empty":            {keep(t, "x.zip", nil), "cannot be read"},
		"absent":           {filepath.Join(t.TempDir(), "none"), "no such file"},
		"truncated zip":    {cut(zipped(t, whole), 30), "zip"},
		"truncated tar":    {cut(tarred(t, whole), 60), "EOF"},
		"odd vocabulary":   {inDir(t, append(without("vocabulary.json"), packed{"vocabulary.json", `{"a":1}`})), "vocabulary.json"},
		"line in a token":  {inDir(t, append(without("vocabulary.json"), packed{"vocabulary.json", `["a\nb"]`})), "token 0"},
		"empty weights":    {inDir(t, append(without("model.bin"), packed{"model.bin", ""})), "model.bin is empty"},
		"unusable weights": {inDir(t, whole), "tensor x: wrong shape"},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := invented()
			cache := newTestCache(t, e)
			_, err := cache.Import(t.Context(), c.source, ImportOptions{Name: "mine", Check: func(context.Context, string) error { return errors.New("model.bin: tensor x: wrong shape") }})
			if !errors.Is(err, ErrImport) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			left, err := os.ReadDir(cache.Dir())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range left {
				if f.Name() != ".lock" {
					t.Errorf("left behind: %s", f.Name())
				}
			}
		})
	}
	e, _ := invented()
	for _, bad := range []string{"Über", "../x", "-x", strings.Repeat("x", 65)} {
		if _, err := newTestCache(t, e).Import(t.Context(), inDir(t, whole), ImportOptions{Name: bad}); err == nil || !strings.Contains(err.Error(), "--name") {
			t.Errorf("the name %q: %v", bad, err)
		}
	}
}

func TestImportEndsWithItsContext(t *testing.T) {
	e, _ := invented()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newTestCache(t, e).Import(ctx, inDir(t, whole), ImportOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
