package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Cache is a directory with one subdirectory per model and revision, so that two checkouts with different catalogues
// share it.
type Cache struct {
	dir     string
	entries []entry
}

// Open uses dir as the cache; "" means $PATCHBAY_MODELS or else patchbay/models in the user's cache directory. Nothing is
// created before Pull.
func Open(dir string) (*Cache, error) {
	if dir == "" {
		dir = os.Getenv("PATCHBAY_MODELS")
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("models: %w; set PATCHBAY_MODELS to a directory for the models", err)
		}
		dir = filepath.Join(base, "patchbay", "models")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	return &Cache{dir, catalogue()}, nil
}

// Dir is where the cache lies.
func (c *Cache) Dir() string { return c.dir }

// List gives the catalogue with what is present.
func (c *Cache) List() []Status {
	var list []Status
	for _, e := range append(c.entries[:len(c.entries):len(c.entries)], c.own()...) {
		s := Status{Model: e.Model, Present: true}
		for _, f := range e.Files {
			if c.check(e, f) != nil {
				s.Present = false
			}
		}
		list = append(list, s)
	}
	return list
}

// Verify reads every file of a model and compares its sha256.
func (c *Cache) Verify(name string) error {
	e, err := c.lookup(name)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range e.Files {
		errs = append(errs, c.verify(e, f))
	}
	return errors.Join(errs...)
}

// Path is where a model's file lies; a missing file is an ErrMissing, one of the wrong size an ErrDamaged. A name with a
// slash is no model of the catalogue but a directory with a checkpoint of one's own.
func (c *Cache) Path(name, file string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		path := filepath.Join(name, file)
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("models: %s: %w: %w; a checkpoint in CTranslate2's format has this file", path, ErrMissing, err)
		}
		return path, nil
	}
	e, err := c.lookup(name)
	if err != nil {
		return "", err
	}
	f, err := e.file(file)
	if err != nil {
		return "", err
	}
	return c.path(e, f), c.check(e, f)
}

func (c *Cache) lookup(name string) (entry, error) {
	for _, e := range c.entries {
		if e.Name == name {
			return e, nil
		}
	}
	if modelName.MatchString(name) {
		if e, err := readNote(filepath.Join(c.ownDir(name), importNote)); err == nil {
			return e, nil
		}
	}
	return entry{}, fmt.Errorf("models: %q: %w; `patchbay models list` shows what there is", name, ErrUnknown)
}

func (c *Cache) path(e entry, f File) string {
	if e.dir != "" {
		return filepath.Join(e.dir, f.Name)
	}
	return filepath.Join(c.dir, e.Name+"-"+e.Files[0].SHA256[:8], f.Name)
}

// check looks at a file's size only.
func (c *Cache) check(e entry, f File) error {
	path := c.path(e, f)
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("models: %s: %w; run %s", path, ErrMissing, e.mend())
	case err != nil:
		return fmt.Errorf("models: %w", err)
	case st.Size() != f.Size:
		return fmt.Errorf("models: %s: %w: %d bytes, want %d; run %s", path, ErrDamaged, st.Size(), f.Size, e.mend())
	}
	return nil
}

func (c *Cache) verify(e entry, f File) error {
	if err := c.check(e, f); err != nil {
		return err
	}
	path := c.path(e, f)
	r, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return fmt.Errorf("models: %s: %w", path, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("models: %s: %w: sha256 %s, want %s; run %s", path, ErrDamaged, got, f.SHA256, e.mend())
	}
	return nil
}

// mend is the command that brings a model's files back.
func (e entry) mend() string {
	if e.dir != "" {
		return "`patchbay models import`, after removing " + e.dir
	}
	return "`patchbay models pull " + e.Name + "`"
}
