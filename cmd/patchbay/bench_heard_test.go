//go:build bench

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// heardFile keeps what the yardstick heard in a file's bytes, so that a table is measured again in minutes: the same version
// hears the same in the same sound.
type heardFile struct {
	t     *testing.T
	path  string
	texts map[string]string // by way and the sound's hash; "version" is the yardstick's
}

func openHeard(t *testing.T, path string) *heardFile {
	t.Helper()
	h := &heardFile{t: t, path: path, texts: map[string]string{}}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &h.texts)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return h
}

func (h *heardFile) key(way, file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		h.t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return way + " " + hex.EncodeToString(sum[:])
}

// known gives the texts of those files that were heard before, in every way, and the other files.
func (h *heardFile) known(files, ways []string) (texts map[string]map[string]string, others []string) {
	texts = map[string]map[string]string{"about": {"version": h.texts["version"]}}
	for _, way := range ways {
		texts[way] = map[string]string{}
	}
	for _, file := range files {
		missing := false
		for _, way := range ways {
			text, ok := h.texts[h.key(way, file)]
			texts[way][filepath.Base(file)] = text
			missing = missing || !ok
		}
		if missing {
			others = append(others, file)
		}
	}
	return texts, others
}

// learn keeps what was heard now.
func (h *heardFile) learn(files, ways []string, texts map[string]map[string]string) {
	h.texts["version"] = texts["about"]["version"]
	for _, way := range ways {
		for _, file := range files {
			h.texts[h.key(way, file)] = texts[way][filepath.Base(file)]
		}
	}
	data, err := json.Marshal(h.texts)
	if err == nil {
		err = os.WriteFile(h.path, data, 0o600)
	}
	if err != nil {
		h.t.Error(err)
	}
}
