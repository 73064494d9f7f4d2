package record

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"

	"patchbay/media/codec"
	"patchbay/media/record/seal"
)

// ErrNone says that there is no recording of an interaction, or none any more.
var ErrNone = errors.New("record: no recording")

// Stored says what became of a recording.
type Stored struct {
	ID         string
	StartedAt  time.Time
	Bytes      int64 // sealed
	DurationMS int64
	Chain      [32]byte  // over the sealed file
	Recovered  bool      // closed by the start after a crash
	Object     string    // in the bucket; empty while it is spooled here
	Film       *FilmInfo // of a picture; nil of sound
}

// Config of a Vault. Dir, Keys, Bucket and Log are needed.
type Config struct {
	Dir    string // of the spool, for this vault alone
	Keys   *seal.Keys
	Bucket *blob.Bucket // closed by the Vault's owner, after Close
	Log    *slog.Logger
	// OnStored is told when a recording is whole in the spool, and again when it is in the bucket. It must not block. May
	// be nil.
	OnStored func(Stored)

	// UploadTimeout bounds one try to copy a recording to the bucket; 0: 10 minutes. RetryFirst and RetryMost bound the
	// pause after one that failed; 0: 1 s and 1 minute.
	UploadTimeout, RetryFirst, RetryMost time.Duration
}

// Vault holds recordings: those under way and those that wait in the spool, and reaches those in the bucket.
type Vault struct {
	dir      string
	keys     *seal.Keys
	bucket   *blob.Bucket
	log      *slog.Logger
	onStored func(Stored)
	timeout  time.Duration
	first    time.Duration
	most     time.Duration
	create   func(path string) (seal.Sink, error) // for tests; nil: a file

	encoding chan struct{} // a token for each goroutine that may be in libopus
	wake     chan struct{} // something is to be uploaded or removed
	closing  chan struct{}
	cache    cache

	mu      sync.Mutex
	live    map[string]*Recorder
	films   map[*Film]struct{}
	closed  bool
	running sync.WaitGroup // writers and background

	locks [64]sync.Mutex // by recording: who changes its files

	trouble sync.Mutex
	failure error // of the last try to upload
}

// Suffixes of the spool's files.
const (
	openSuffix   = ".open"   // being written
	sealedSuffix = ".sealed" // whole, not yet confirmed in the bucket
	eraseSuffix  = ".erase"  // empty: what the bucket has of it is to be removed
	newSuffix    = ".new"    // a copy under way
)

// Open opens the spool of a directory and closes what a crash left open into playable files.
func Open(cfg Config) (*Vault, error) {
	if cfg.OnStored == nil {
		cfg.OnStored = func(Stored) {}
	}
	v := &Vault{
		dir: cfg.Dir, keys: cfg.Keys, bucket: cfg.Bucket, log: cfg.Log, onStored: cfg.OnStored,
		timeout: orElse(cfg.UploadTimeout, 10*time.Minute), first: orElse(cfg.RetryFirst, time.Second), most: orElse(cfg.RetryMost, time.Minute),
		encoding: make(chan struct{}, runtime.GOMAXPROCS(0)), wake: make(chan struct{}, 1), closing: make(chan struct{}),
		live: map[string]*Recorder{}, films: map[*Film]struct{}{},
	}
	if err := os.MkdirAll(v.dir, 0o700); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return v, v.recover()
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

func (v *Vault) openPath(id string) string   { return filepath.Join(v.dir, id+openSuffix) }
func (v *Vault) sealedPath(id string) string { return filepath.Join(v.dir, id+sealedSuffix) }
func (v *Vault) erasePath(id string) string  { return filepath.Join(v.dir, id+eraseSuffix) }

func (v *Vault) keyOf(h seal.Header) (seal.Key, error) { return v.keys.Get(h.Recording, h.Key) }

// lock keeps others from changing a recording's files.
func (v *Vault) lock(id string) (unlock func()) {
	h := fnv.New32a()
	h.Write([]byte(id))
	m := &v.locks[h.Sum32()%uint32(len(v.locks))]
	m.Lock()
	return m.Unlock
}

// Record begins a recording. It does not wait for the disk.
func (v *Vault) Record(start Start) (*Recorder, error) {
	if !seal.ValidID(start.ID) {
		return nil, fmt.Errorf("record: %q names no recording", start.ID)
	}
	enc, err := codec.NewStereo()
	if err != nil {
		return nil, err
	}
	r := newRecorder(v, start)
	w := &writer{r: r, enc: enc, serial: serialOf(start.ID)}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, errors.New("record: the vault is closed")
	}
	if _, twice := v.live[start.ID]; twice {
		return nil, fmt.Errorf("record: %s is recorded already", start.ID)
	}
	v.live[start.ID] = r
	v.running.Go(func() {
		w.run()
		v.mu.Lock()
		delete(v.live, start.ID)
		v.mu.Unlock()
	})
	return r, nil
}

// serialOf numbers an Ogg stream.
func serialOf(id string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return h.Sum32()
}

// background runs what nobody waits for, except Close.
func (v *Vault) background(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		v.log.Error("a recording is changed after the vault was closed; it is not")
		return
	}
	v.running.Go(f)
}

// Live is the number of recordings under way.
func (v *Vault) Live() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.live)
}

// Close finishes what is still recorded and waits for it. What is not in the bucket yet is there at the next start.
func (v *Vault) Close() {
	v.mu.Lock()
	if !v.closed {
		v.closed = true
		close(v.closing)
	}
	v.mu.Unlock()
	v.running.Wait()
}

// finished takes over a file that is whole.
func (v *Vault) finished(id string, s Stored) {
	unlock := v.lock(id)
	err := os.Rename(v.openPath(id), v.sealedPath(id))
	unlock()
	if err != nil {
		v.log.Error("finished recording not handed on; the next start does it", "interaction", id, "err", err)
		return
	}
	v.onStored(s)
	v.poke()
}

func (v *Vault) poke() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// recover closes what a crash left open, removes what it left behind, and leaves the rest to Run.
func (v *Vault) recover() error {
	names, err := os.ReadDir(v.dir)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	for _, e := range names {
		id, suffix := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())), filepath.Ext(e.Name())
		path := filepath.Join(v.dir, e.Name())
		switch suffix {
		case newSuffix:
			if err := os.Remove(path); err != nil {
				return fmt.Errorf("record: %w", err)
			}
		case openSuffix:
			closeIt := func() error { return v.close(id) }
			if whose, at, film := strings.Cut(id, "."); film && at != "" {
				closeIt = func() error { return v.closeFilm(id, whose) }
			}
			if err := closeIt(); err != nil {
				v.log.Error("a recording that a crash left cannot be closed; its file stays", "interaction", id, "err", err)
			}
		}
	}
	v.poke()
	return nil
}

// close ends a file that a crash left open, behind the last second that is whole.
func (v *Vault) close(id string) error {
	path := v.openPath(id)
	w, f, err := seal.Resume(path, v.keyOf)
	switch {
	case errors.Is(err, seal.ErrNoKey), errors.Is(err, seal.ErrNoFile):
		// Discarded in the very moment, or killed before the first byte: nobody can read it.
		return errors.Join(os.Remove(path), v.keys.Drop(id, ""))
	case err != nil:
		return err
	}
	if err := v.keys.Keep(id, f.Header.Key); err != nil {
		return errors.Join(err, w.Close())
	}
	s := summarize(f)
	if s.ended {
		err = w.Close()
	} else {
		p := page{serial: serialOf(id), sequence: s.pages, granule: granuleAt(s.frames), flags: flagEnd}
		a := audio{start: s.frames, page: p.appendTo(nil)} // no packets: it only ends the stream (RFC 3533 §6)
		err = errors.Join(w.Append(kindAudio, a.appendTo(nil)), w.Append(kindEnd, encodeEnd(s.frames, true)), w.Sync(), w.Close())
	}
	if err != nil {
		return err
	}
	v.log.Warn("closed a recording that a crash left open", "interaction", id, "duration", time.Duration(s.frames)*20*time.Millisecond)
	v.finished(id, Stored{ID: id, StartedAt: f.Header.Started, Bytes: w.Size(), DurationMS: s.frames * frameMS, Chain: w.Chain(), Recovered: true})
	return nil
}

// Erase destroys a recording's key, whatever state the recording is in, and then removes its file and its object. When it
// returns nil nobody can read it any more; an object that the bucket does not let go now is removed later.
func (v *Vault) Erase(ctx context.Context, id string) error {
	v.mu.Lock()
	r := v.live[id]
	v.mu.Unlock()
	if r != nil {
		r.Discard()
		select {
		case <-r.Done():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return v.erase(id)
}

func (v *Vault) erase(id string) error {
	if !seal.ValidID(id) {
		return nil
	}
	unlock := v.lock(id)
	defer unlock()
	v.mu.Lock()
	for f := range v.films {
		if f.start.ID == id {
			f.Discard()
		}
	}
	v.mu.Unlock()
	v.cache.drop(id)
	if !v.keys.Has(id) {
		return v.removeFiles(id)
	}
	// First the note that the bucket may have an object, so that a crash in between leaves neither key nor object.
	v.noteObject(id)
	if err := v.keys.Destroy(id); err != nil {
		return err
	}
	defer v.poke()
	return v.removeFiles(id)
}

// noteObject leaves a note to Run that the bucket may have an object of an erased recording.
func (v *Vault) noteObject(id string) {
	f, err := os.OpenFile(v.erasePath(id), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		v.log.Warn("an erased recording's object may stay in the bucket, unreadable", "interaction", id, "err", err)
	}
}

func (v *Vault) removeFiles(id string) error {
	paths := []string{v.openPath(id), v.sealedPath(id)}
	if !strings.Contains(id, ".") { // of the interaction: its films go too
		films, err := filepath.Glob(filepath.Join(v.dir, id+".*.*"))
		if err != nil {
			return fmt.Errorf("record: %w", err)
		}
		for _, path := range films {
			if ext := filepath.Ext(path); ext == openSuffix || ext == sealedSuffix {
				paths = append(paths, path)
			}
		}
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("record: %w", err)
		}
	}
	return nil
}

func (v *Vault) eraseOrLog(id string) {
	if err := v.erase(id); err != nil {
		v.log.Error("a recording could not be destroyed", "interaction", id, "err", err)
	}
}
