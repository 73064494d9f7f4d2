package transcribe

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"patchbay/media"
	"patchbay/media/record/seal"
)

// leftover is one leg's trail, as a server that was killed left it.
type leftover struct {
	name   string // of its key
	files  []string
	head   trailHead
	done   int64
	frames []trailFrames // by position
}

type trailFrames struct {
	at    int64
	sound []byte
}

// leftovers finds the trails of an earlier process.
func (s *Service) leftovers() ([]*leftover, error) {
	dir := filepath.Join(s.cfg.Dir, legsDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("transcribe: left sound: %w", err)
	}
	legs := map[string]*leftover{}
	for _, e := range entries { // in the order of their names, so a leg's files are in theirs
		name, _, ok := strings.Cut(e.Name(), ".")
		if !ok || !strings.HasSuffix(e.Name(), trailExt) || !seal.ValidID(name) {
			continue
		}
		if legs[name] == nil {
			legs[name] = &leftover{name: name}
		}
		legs[name].files = append(legs[name].files, filepath.Join(dir, e.Name()))
	}
	return slices.SortedFunc(maps.Values(legs), func(a, b *leftover) int { return cmp.Compare(a.name, b.name) }), nil
}

// read takes the files in. What is torn or damaged is left out.
func (l *leftover) read(keys *seal.Keys) error {
	for _, path := range l.files {
		if err := l.readFile(path, keys); err != nil {
			return err
		}
	}
	if l.head.ID == "" {
		return errors.New("it does not say whose it is")
	}
	slices.SortStableFunc(l.frames, func(a, b trailFrames) int { return cmp.Compare(a.at, b.at) })
	return nil
}

func (l *leftover) readFile(path string, keys *seal.Keys) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sealed, err := seal.Read(f, info.Size(), func(h seal.Header) (seal.Key, error) { return keys.Get(h.Recording, h.Key) })
	if errors.Is(err, seal.ErrNoFile) {
		return nil // the crash came before its header was whole
	}
	if err != nil {
		return err
	}
	for i, seg := range sealed.Segments() {
		b, err := sealed.Open(i, nil)
		if err != nil {
			continue // torn by the crash
		}
		switch {
		case seg.Kind == trailAbout:
			if err := json.Unmarshal(b, &l.head); err != nil {
				return err
			}
		case seg.Kind == trailDone && len(b) == 8:
			l.done = max(l.done, int64(min(binary.LittleEndian.Uint64(b), maxPosition)))
		case seg.Kind == trailSound && len(b) > 8 && (len(b)-8)%(2*frameSamples) == 0:
			l.frames = append(l.frames, trailFrames{int64(min(binary.LittleEndian.Uint64(b), maxPosition/frameSamples)), b[8:]})
		}
	}
	return nil
}

// remove forgets the leg.
func (l *leftover) remove(keys *seal.Keys) error {
	var errs []error
	for _, path := range l.files {
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(append(errs, keys.Destroy(l.name))...)
}

// Recover hears what a server that was killed had not written down yet, once the recogniser is ready, one leg after the
// other; listener gets each leg's lines, with the ids that they would have had, and sees after them that they are kept.
// It returns when all is heard or ctx ends; what was not heard stays for the next start. It is to be called once.
func (s *Service) Recover(ctx context.Context, listener func(id string) Listener) error {
	if s.cfg.Keys == nil || s.cfg.Dir == "" {
		return nil
	}
	legs := s.left
	if s.leftErr != nil || len(legs) == 0 {
		return s.leftErr
	}
	select {
	case <-s.wasReady:
	case <-ctx.Done():
		return nil
	}
	for _, l := range legs {
		switch err := l.read(s.cfg.Keys); {
		case errors.Is(err, seal.ErrNoKey): // its leg had ended: only the removal of its files was cut off
		case err != nil:
			s.cfg.Log.Warn("sound of the last run cannot be read", "leg", l.name, "err", err)
			continue
		default:
			if !s.hearAgain(ctx, l, listener(l.head.ID)) {
				return nil
			}
		}
		if err := l.remove(s.cfg.Keys); err != nil {
			s.cfg.Log.Warn("sound of the last run is heard but not removed", "leg", l.name, "err", err)
		}
	}
	return nil
}

// hearAgain reports whether the whole leg was heard.
func (s *Service) hearAgain(ctx context.Context, l *leftover, listener Listener) bool {
	st := s.openStream(StreamConfig{ID: l.head.ID, Language: l.head.Language, Prompt: l.head.Prompt, Listener: listener,
		recovered: l.name, done: l.done})
	var f media.Frame
	frames := int64(0)
	for _, part := range l.frames {
		for i := int64(0); len(part.sound) >= 2*frameSamples; i++ {
			for k := range f {
				f[k] = int16(binary.LittleEndian.Uint16(part.sound[2*k:]))
			}
			part.sound = part.sound[2*frameSamples:]
			if pos := part.at + i; pos >= l.done/frameSamples-warmUpFrames {
				st.Write(pos, &f)
				frames++
			}
		}
	}
	s.cfg.Log.Info("hearing what the last run had not written down", "leg", l.head.ID, "seconds", float64(frames)/framesPerSec)
	select {
	case <-st.Finish():
		return !st.wasCutOff()
	case <-ctx.Done():
		return false
	}
}
