package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"
)

const keyBytes = 32 // AES-256

// ErrNoKey says that a recording's key is destroyed, or never was: what it sealed can be read by nobody.
var ErrNoKey = errors.New("seal: no such key")

// Key seals one file.
type Key struct {
	ID     string // 16 hex digits, in the header of what it seals
	secret [keyBytes]byte
}

func (k Key) aead() cipher.AEAD {
	block, err := aes.NewCipher(k.secret[:])
	if err != nil {
		panic(err) // only for a wrong length
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for another block size
	}
	return gcm
}

func newKey() Key {
	var k Key
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	_, _ = rand.Read(k.secret[:])
	k.ID = hex.EncodeToString(id[:])
	return k
}

// KeysConfig of Keys.
type KeysConfig struct {
	Dir    string // of the wrapped keys, for Keys alone
	Master string // file of the master keys; empty: "master" in Dir, made where it is missing
}

// Keys are the recordings' own keys, each in a small file, wrapped by the newest master key. Files, and not rows of a
// database, because a file can be overwritten: a deleted row lives on in dead tuples and write-ahead logs.
type Keys struct {
	dir string

	mu     sync.Mutex // guards master, and every change of a key's file
	master masterFile
}

// wrapped is a key's file.
type wrapped struct {
	Keys []wrappedKey `json:"keys"` // one; two while a file is rewritten
}

type wrappedKey struct {
	ID     string `json:"id"`
	Master string `json:"master"`        // id
	Use    string `json:"use,omitempty"` // "" for sound
	Sealed []byte `json:"sealed"`        // nonce, ciphertext and tag
}

// OpenKeys reads the master keys, and wraps by the newest what is wrapped by another: a rotation that was cut off, or that of
// whoever keeps the given file.
func OpenKeys(cfg KeysConfig) (*Keys, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	k := &Keys{dir: cfg.Dir, master: masterFile{path: cfg.Master}}
	if cfg.Master == "" {
		k.master.path, k.master.own = filepath.Join(cfg.Dir, "master"), true
	}
	if err := k.master.read(); err != nil {
		return nil, err
	}
	if len(k.master.keys) > 1 {
		if err := k.finishRotation(); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// recordingID is what may name a recording: ids become names of files.
var recordingID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// ValidID tells whether id may name a recording.
func ValidID(id string) bool { return recordingID.MatchString(id) }

// path of a recording's key. Ids begin with the time, so the end spreads them over directories.
func (k *Keys) path(recording string) string {
	return filepath.Join(k.dir, recording[max(0, len(recording)-2):], recording+".key")
}

// New makes and keeps a key of a recording, beside those that it has.
func (k *Keys) New(recording string) (Key, error) { return k.NewFor(recording, "") }

// NewFor makes and keeps a key for one use: what else is kept of a recording's interaction has keys of its own, which Keep and Drop
// for another use leave alone. Destroy takes all.
func (k *Keys) NewFor(recording, use string) (Key, error) {
	if !ValidID(recording) {
		return Key{}, fmt.Errorf("seal: %q names no recording", recording)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	w, err := k.readLocked(recording)
	if err != nil && !errors.Is(err, ErrNoKey) {
		return Key{}, err
	}
	return k.addLocked(recording, w, use)
}

// addLocked makes a key for a use and keeps it beside those of w.
func (k *Keys) addLocked(recording string, w wrapped, use string) (Key, error) {
	key := newKey()
	wk := k.master.newest().wrap(recording, key)
	wk.Use = use
	w.Keys = append(w.Keys, wk)
	return key, k.writeLocked(recording, w)
}

// Get gives a recording's key by its id, or ErrNoKey.
func (k *Keys) Get(recording, id string) (Key, error) {
	if !ValidID(recording) {
		return Key{}, ErrNoKey
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	w, err := k.readLocked(recording)
	if err != nil {
		return Key{}, err
	}
	for _, wk := range w.Keys {
		if wk.ID == id {
			return k.master.unwrap(recording, wk)
		}
	}
	return Key{}, ErrNoKey
}

// Has tells whether a recording has any key.
func (k *Keys) Has(recording string) bool {
	if !ValidID(recording) {
		return false
	}
	_, err := os.Stat(k.path(recording))
	return err == nil
}

// Keep destroys every key of the same use but one.
func (k *Keys) Keep(recording, id string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	w, err := k.readLocked(recording)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(w.Keys, func(wk wrappedKey) bool { return wk.ID == id })
	if at < 0 {
		return ErrNoKey
	}
	use := w.Keys[at].Use
	return k.without(recording, w, func(wk wrappedKey) bool { return wk.Use == use && wk.ID != id })
}

// Drop destroys the keys of one use. A recording that has none is none: nil.
func (k *Keys) Drop(recording, use string) error {
	if !ValidID(recording) {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	w, err := k.readLocked(recording)
	if errors.Is(err, ErrNoKey) {
		return nil
	} else if err != nil {
		return err
	}
	return k.without(recording, w, func(wk wrappedKey) bool { return wk.Use == use })
}

// without writes a recording's keys but those. k.mu is held.
func (k *Keys) without(recording string, w wrapped, gone func(wrappedKey) bool) error {
	rest := slices.DeleteFunc(slices.Clone(w.Keys), gone)
	switch len(rest) {
	case len(w.Keys):
		return nil
	case 0:
		return k.destroyLocked(recording)
	}
	return k.writeLocked(recording, wrapped{Keys: rest})
}

// Destroy overwrites and removes a recording's keys. A recording that has none is none: nil.
func (k *Keys) Destroy(recording string) error {
	if !ValidID(recording) {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.destroyLocked(recording)
}

func (k *Keys) destroyLocked(recording string) error {
	path := k.path(recording)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("seal: destroy key: %w", err)
	}
	err = errors.Join(wipe(f), f.Close(), os.Remove(path), syncDir(filepath.Dir(path)))
	if err != nil {
		return fmt.Errorf("seal: destroy key: %w", err)
	}
	return nil
}

func (k *Keys) readLocked(recording string) (wrapped, error) {
	return readWrapped(k.path(recording))
}

func readWrapped(path string) (wrapped, error) {
	var w wrapped
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return w, ErrNoKey
	} else if err != nil {
		return w, fmt.Errorf("seal: read key: %w", err)
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return w, fmt.Errorf("seal: the key in %s is damaged: %w", path, err)
	}
	return w, nil
}

func (k *Keys) writeLocked(recording string, w wrapped) error {
	path := k.path(recording)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("seal: keep key: %w", err)
	}
	raw, err := json.Marshal(w)
	if err == nil {
		err = replace(path, raw)
	}
	if err != nil {
		return fmt.Errorf("seal: keep key: %w", err)
	}
	return nil
}

// Rotate makes a new master key, wraps every recording's key by it, and destroys the old ones: copies of wrapped keys that
// lie in a backup are then of no use to whoever has only those. It gives the number of keys wrapped.
func (k *Keys) Rotate(now time.Time) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.master.own {
		return 0, fmt.Errorf("seal: the master keys in %s are not ours to change: add a line to it, restart, and what is kept is wrapped anew", k.master.path)
	}
	k.master.keys = append(k.master.keys, newMaster(now))
	if err := k.master.write(); err != nil {
		k.master.keys = k.master.keys[:len(k.master.keys)-1]
		return 0, err
	}
	return k.rewrapLocked()
}

// Rewrap wraps by the newest master key what is wrapped by another.
func (k *Keys) Rewrap() (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rewrapLocked()
}

func (k *Keys) finishRotation() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, err := k.rewrapLocked()
	return err
}

func (k *Keys) rewrapLocked() (n int, err error) {
	newest := k.master.newest()
	err = filepath.WalkDir(k.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".key" {
			return err
		}
		recording := filepath.Base(path[:len(path)-len(".key")])
		w, err := readWrapped(path)
		if err != nil {
			return err
		}
		changed := false
		for i, wk := range w.Keys {
			if wk.Master == newest.ID {
				continue
			}
			key, err := k.master.unwrap(recording, wk)
			if err != nil {
				return err
			}
			w.Keys[i], changed = newest.wrap(recording, key), true
			w.Keys[i].Use = wk.Use
			n++
		}
		if !changed {
			return nil
		}
		return k.writeLocked(recording, w)
	})
	if err != nil {
		return n, fmt.Errorf("seal: wrap keys anew: %w", err)
	}
	if k.master.own && len(k.master.keys) > 1 {
		k.master.keys = k.master.keys[len(k.master.keys)-1:]
		return n, k.master.write()
	}
	return n, nil
}

// MasterAge is how old the newest master key is.
func (k *Keys) MasterAge(now time.Time) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return now.Sub(k.master.newest().Made)
}

// Rotates tells whether Rotate is ours to do.
func (k *Keys) Rotates() bool { return k.master.own }
