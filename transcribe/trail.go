package transcribe

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"patchbay/media/record/seal"
)

// A trail is what a crash of the server leaves of one leg: the sound that is not final yet, in sealed files, each of some
// twenty seconds and removed when all of it is final. Their segments are of these kinds.
const (
	trailAbout byte = iota + 1 // JSON: trailHead; the first of each file
	trailSound                 // frame (uint64), then samples
	trailDone                  // sample (uint64) up to which nothing is left to be said
)

const (
	trailFile  = 640 << 10   // bytes after which a trail goes on in another file
	trailBatch = chunkFrames // frames in one segment at most
	legsDir    = "legs"
	trailExt   = ".leg"
)

// trailHead says whose sound it is.
type trailHead struct {
	ID       string `json:"id"`
	Language string `json:"language"`
	Prompt   string `json:"prompt"`
}

// trails are the open ones; they belong to the goroutine of Service.seal, and to Run when that has ended.
type trails struct {
	open map[*stream]*trail
}

type trail struct {
	st    *stream
	keys  *seal.Keys
	dir   string
	name  string // of its key and the beginning of its files' names
	key   seal.Key
	files []trailPart
	count int
	next  int64 // frame that is written next
	done  int64 // sample, as the newest file has it
	buf   []byte
	sound [trailBatch * frameSamples]int16
	bad   bool // the last write failed, and that was logged
}

// trailPart is one file.
type trailPart struct {
	path string
	w    *seal.Writer
	to   int64 // frame behind its last one
}

// seal writes what legs say into their trails, a round each time it is told, until ctx ends.
func (s *Service) seal(ctx context.Context, rounds <-chan struct{}) {
	s.trails.open = map[*stream]*trail{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-rounds:
			s.sealRound()
		}
	}
}

func (s *Service) sealRound() {
	for _, st := range s.open() {
		tr := s.trails.open[st]
		if tr == nil && st.cfg.recovered == "" {
			tr = &trail{st: st, keys: s.cfg.Keys, dir: filepath.Join(s.cfg.Dir, legsDir)}
			s.trails.open[st] = tr
		}
		if tr == nil {
			continue
		}
		if err := tr.follow(); err != nil && !tr.bad {
			tr.bad = true // it is tried again each round, and what is not written stays in memory
			s.cfg.Log.Warn("sound that is not final is in memory only", "stream", st.cfg.ID, "err", err)
		} else if err == nil {
			tr.bad = false
		}
	}
	for st, tr := range s.trails.open {
		if st.hasEnded() {
			tr.end(s.cfg.Log)
			delete(s.trails.open, st)
		}
	}
}

// close ends all trails. What was not heard of their legs stays for the next start.
func (t *trails) close(log *slog.Logger) {
	for st, tr := range t.open {
		tr.end(log)
		delete(t.open, st)
	}
}

// follow writes what has come since the last round.
func (t *trail) follow() error {
	for {
		from, n, done := t.take()
		if err := t.forget(done); err != nil {
			return err
		}
		if n == 0 {
			if done > t.done && len(t.files) > 0 {
				if err := t.append(trailDone, binary.LittleEndian.AppendUint64(t.buf[:0], uint64(done))); err != nil {
					return err
				}
				t.done = done
			}
			return nil
		}
		if err := t.room(done); err != nil {
			return err
		}
		b := binary.LittleEndian.AppendUint64(t.buf[:0], uint64(from))
		for _, v := range t.sound[:n*frameSamples] {
			b = binary.LittleEndian.AppendUint16(b, uint16(v))
		}
		t.buf = b
		if err := t.append(trailSound, b); err != nil {
			return err
		}
		t.next = from + n
		t.files[len(t.files)-1].to = t.next
	}
}

// take copies the frames that are to be written next out of what the stream keeps in memory.
func (t *trail) take() (from, n, done int64) {
	st := t.st
	st.mu.Lock()
	defer st.mu.Unlock()
	from = max(t.next, st.kept.base)
	n = min(st.written-from, trailBatch) // not what only counts as silent: it may still come
	if !st.begun || st.ended || n <= 0 {
		return from, 0, st.consumed
	}
	clear(t.sound[:])
	for i := range n {
		pos := from + i
		if c := st.kept.byIndex(pos / chunkFrames); c != nil && c.sound != nil {
			copy(t.sound[i*frameSamples:(i+1)*frameSamples], c.sound[pos%chunkFrames*frameSamples:])
		}
	}
	return from, n, st.consumed
}

func (st *stream) trailHead() trailHead {
	st.mu.Lock()
	defer st.mu.Unlock()
	return trailHead{ID: st.cfg.ID, Language: st.cfg.Language, Prompt: st.cfg.Prompt}
}

// room sees to it that there is a file to write into.
func (t *trail) room(done int64) error {
	if n := len(t.files); n > 0 && t.files[n-1].w.Size() < trailFile {
		return nil
	}
	if t.name == "" {
		name := trailName(t.st.cfg.ID)
		key, err := t.keys.New(name)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(t.dir, 0o700); err != nil {
			return errors.Join(err, t.keys.Destroy(name))
		}
		t.name, t.key = name, key
	}
	path := filepath.Join(t.dir, fmt.Sprintf("%s.%06d%s", t.name, t.count, trailExt))
	w, err := seal.Create(path, seal.Header{Recording: t.name, Started: time.Now().UTC()}, t.key, nil)
	if err != nil {
		return err
	}
	head, err := json.Marshal(t.st.trailHead())
	if err == nil {
		err = w.Append(trailAbout, head)
	}
	if err == nil {
		err = w.Append(trailDone, binary.LittleEndian.AppendUint64(nil, uint64(done)))
	}
	if err != nil {
		return errors.Join(err, w.Close(), os.Remove(path))
	}
	t.files = append(t.files, trailPart{path: path, w: w})
	t.count++
	t.done = done
	return nil
}

func (t *trail) append(kind byte, b []byte) error { return t.files[len(t.files)-1].w.Append(kind, b) }

// forget removes the files of which everything is final.
func (t *trail) forget(done int64) error {
	var errs []error
	for len(t.files) > 1 && (t.files[0].to+warmUpFrames)*frameSamples <= done {
		errs = append(errs, t.files[0].w.Close(), os.Remove(t.files[0].path))
		t.files = t.files[1:]
	}
	return errors.Join(errs...)
}

// end closes the files, and removes them and their key where nothing is left to be heard.
func (t *trail) end(log *slog.Logger) {
	var errs []error
	keep := t.st.wasCutOff()
	for _, f := range t.files {
		errs = append(errs, f.w.Close())
		if !keep {
			errs = append(errs, os.Remove(f.path))
		}
	}
	if t.name != "" && !keep {
		errs = append(errs, t.keys.Destroy(t.name))
	}
	if err := errors.Join(errs...); err != nil {
		log.Warn("a leg's sealed sound", "stream", t.st.cfg.ID, "err", err)
	}
}

// trailName is a name for a key and files: the interaction, so that one can tell whose they are, and a lot.
func trailName(id string) string {
	interaction, _, _ := strings.Cut(id, "/")
	var lot [8]byte
	_, _ = rand.Read(lot[:]) // never fails
	name := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return '-'
	}, clip(interaction, 40))
	return name + "-" + hex.EncodeToString(lot[:])
}
