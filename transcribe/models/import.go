package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrImport is wrapped by what is wrong with a checkpoint that was to be imported.
var ErrImport = errors.New("cannot be imported")

// The files of a checkpoint in CTranslate2's format, and how many bytes each may have.
var importable = []struct {
	name  string
	limit int64
}{
	{"model.bin", 4 << 30},
	{"config.json", 1 << 20},
	{"vocabulary.txt", 16 << 20},
	{"vocabulary.json", 16 << 20}, // in the place of the text, in newer checkpoints
}

// ImportOptions say how to import.
type ImportOptions struct {
	Name     string                                      // the model's name from now on; "" = that of the directory or archive
	Check    func(ctx context.Context, dir string) error // loads and tries the checkpoint in dir; nil = not tried
	Progress func(name string, done, total int64)        // as in Options; total is 0 where an archive does not tell

	create func(path string) (*os.File, error) // nil = a new file; tests give a full disk
}

// imported is the note beside an imported model's files.
type imported struct {
	Model
	From string    `json:"from"`
	At   time.Time `json:"at"`
}

const (
	importNote = "import.json"
	ownPrefix  = "own-" // of the directories of imported models
)

var modelName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Import copies a checkpoint from a directory or an archive (zip, tar, tar.gz) into the cache, tries it and gives it a
// name. Where anything is wrong the cache stays as it was, and the error names the file and what is wrong with it.
func (c *Cache) Import(ctx context.Context, source string, o ImportOptions) (Model, error) {
	name := o.Name
	if name == "" {
		name = nameOf(source)
	}
	if !modelName.MatchString(name) {
		return Model{}, fmt.Errorf("models: %q is no name for a model: give it one of a-z, 0-9, dots and hyphens by --name", name)
	}
	if _, err := c.lookup(name); err == nil {
		return Model{}, fmt.Errorf("models: there is a model %q already: choose another by --name, or remove %s", name, c.ownDir(name))
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return Model{}, fmt.Errorf("models: %w; set PATCHBAY_MODELS to a directory that can be written", err)
	}
	unlock, err := lock(ctx, filepath.Join(c.dir, ".lock"))
	if err != nil {
		return Model{}, err
	}
	defer unlock()
	tmp, err := os.MkdirTemp(c.dir, ".fetch-")
	if err != nil {
		return Model{}, fmt.Errorf("models: %w", err)
	}
	defer os.RemoveAll(tmp)
	fail := func(err error) (Model, error) {
		return Model{}, fmt.Errorf("models: %s %w: %w", source, ErrImport, err)
	}
	in := &importer{ctx: ctx, into: tmp, name: name, progress: o.Progress, create: o.create}
	if in.create == nil {
		in.create = func(path string) (*os.File, error) {
			return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
		}
	}
	if err := in.copyFrom(source); err != nil {
		return fail(err)
	}
	m, err := in.finish(name, source)
	if err != nil {
		return fail(err)
	}
	if o.Check != nil {
		if err := o.Check(ctx, tmp); err != nil {
			return fail(errors.New(strings.ReplaceAll(err.Error(), tmp+string(filepath.Separator), "")))
		}
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return fail(err)
	}
	if err := os.Rename(tmp, c.ownDir(name)); err != nil {
		return fail(err)
	}
	return m, nil
}

func (c *Cache) ownDir(name string) string { return filepath.Join(c.dir, ownPrefix+name) }

// nameOf makes a model's name of a path.
func nameOf(source string) string {
	name := strings.ToLower(filepath.Base(filepath.Clean(source)))
	for _, ext := range []string{".zip", ".tgz", ".tar.gz", ".tar"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// importer copies the files of one checkpoint.
type importer struct {
	ctx      context.Context
	into     string
	name     string
	progress func(string, int64, int64)
	create   func(path string) (*os.File, error)
	files    []File
	done     int64
	total    int64
}

// take copies one file, never more than it may have.
func (in *importer) take(name string, r io.Reader) error {
	limit := limitOf(name)
	if limit == 0 {
		return nil // no part of a checkpoint
	}
	if slices.ContainsFunc(in.files, func(f File) bool { return f.Name == name }) {
		return fmt.Errorf("%s is there twice", name)
	}
	f, err := in.create(filepath.Join(in.into, name))
	if err != nil {
		return err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h, progressWriter{in}), io.LimitReader(r, limit+1))
	err = errors.Join(err, f.Sync(), f.Close())
	switch {
	case errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("%s: the disk is full after %d bytes: make room, or set PATCHBAY_MODELS to a larger disk", name, n)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case n > limit:
		return tooLarge(name, limit)
	case n == 0:
		return fmt.Errorf("%s is empty", name)
	}
	in.files = append(in.files, File{Name: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))})
	return nil
}

// progressWriter counts what is copied, and breaks off when the context ends.
type progressWriter struct{ in *importer }

// Write implements io.Writer.
func (p progressWriter) Write(b []byte) (int, error) {
	p.in.done += int64(len(b))
	if p.in.progress != nil && p.in.total > 0 {
		p.in.progress(p.in.name, min(p.in.done, p.in.total), p.in.total)
	}
	return len(b), p.in.ctx.Err()
}

// finish looks for what is missing, writes the vocabulary as the recogniser reads it, and the note.
func (in *importer) finish(name, source string) (Model, error) {
	has := func(name string) bool {
		return slices.ContainsFunc(in.files, func(f File) bool { return f.Name == name })
	}
	for _, want := range []string{"model.bin", "config.json"} {
		if !has(want) {
			return Model{}, fmt.Errorf("%s is missing; a checkpoint in CTranslate2's format, as faster-whisper reads it, has this file (ct2-transformers-converter writes it)", want)
		}
	}
	if !has("vocabulary.txt") {
		if !has("vocabulary.json") {
			return Model{}, errors.New("vocabulary.txt and vocabulary.json are missing; a checkpoint has one of them")
		}
		if err := in.vocabulary(); err != nil {
			return Model{}, err
		}
	}
	in.files = slices.DeleteFunc(in.files, func(f File) bool { return f.Name == "vocabulary.json" })
	m := Model{Name: name, What: "imported: your own weights", Licence: "your own", Languages: []string{"?"}, Files: in.files, Sources: []string{source}}
	note, err := json.MarshalIndent(imported{Model: m, From: source, At: time.Now().UTC()}, "", "  ")
	if err != nil {
		return Model{}, err
	}
	return m, os.WriteFile(filepath.Join(in.into, importNote), append(note, '\n'), 0o644)
}

// vocabulary writes vocabulary.json, a list of tokens, as vocabulary.txt.
func (in *importer) vocabulary() error {
	b, err := os.ReadFile(filepath.Join(in.into, "vocabulary.json"))
	if err != nil {
		return err
	}
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("vocabulary.json: it is no list of tokens: %w", err)
	}
	for i, t := range list {
		if strings.ContainsAny(t, "\n\r") {
			return fmt.Errorf("vocabulary.json: token %d holds a line's end", i)
		}
	}
	if err := os.Remove(filepath.Join(in.into, "vocabulary.json")); err != nil {
		return err
	}
	return in.take("vocabulary.txt", strings.NewReader(strings.Join(list, "\n")+"\n"))
}

// own lists the imported models.
func (c *Cache) own() []entry {
	notes, err := filepath.Glob(filepath.Join(c.dir, ownPrefix+"*", importNote))
	if err != nil {
		return nil
	}
	var list []entry
	for _, path := range notes {
		if e, err := readNote(path); err == nil {
			list = append(list, e)
		}
	}
	return list
}

// readNote reads the note of an imported model; whoever changes it by hand gets no further than their own directory.
func readNote(path string) (entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return entry{}, err
	}
	defer f.Close()
	var note imported
	if err := json.NewDecoder(io.LimitReader(f, 1<<20)).Decode(&note); err != nil {
		return entry{}, fmt.Errorf("models: %s: %w", path, err)
	}
	dir := filepath.Dir(path)
	note.Name = strings.TrimPrefix(filepath.Base(dir), ownPrefix)
	for _, file := range note.Files {
		if file.Name != filepath.Base(file.Name) {
			return entry{}, fmt.Errorf("models: %s: %q is no file's name", path, file.Name)
		}
	}
	return entry{Model: note.Model, dir: dir}, nil
}
