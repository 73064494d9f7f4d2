package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"gocloud.dev/gcerrors"

	"patchbay/media/record/seal"
)

// summary is what a file's segments say of the whole.
type summary struct {
	frames    int64  // position behind the last
	pages     uint32 // Ogg's, the two of the head among them
	ended     bool
	recovered bool
	marks     []Mark
}

// summarize opens every segment; what is damaged says nothing.
func summarize(f *seal.File) summary {
	s := summary{pages: 2}
	for i, seg := range f.Segments() {
		plain, err := f.Open(i, nil)
		if err != nil {
			continue
		}
		s.add(seg.Kind, plain)
	}
	return s
}

func (s *summary) add(kind byte, plain []byte) {
	switch kind {
	case kindAudio:
		a, err := parseAudio(plain)
		if err != nil {
			return
		}
		s.frames = max(s.frames, a.start+int64(a.count))
		s.pages++
	case kindMark:
		var m Mark
		if json.Unmarshal(plain, &m) == nil {
			s.marks = append(s.marks, m)
		}
	case kindEnd:
		var e end
		if json.Unmarshal(plain, &e) == nil {
			s.ended, s.recovered = true, e.Recovered
			s.frames = max(s.frames, e.Frames)
		}
	}
}

// Sound is a recording as it can be heard: an Ogg Opus file that may be read anywhere. Of a recording under way it is what
// was sealed when it was opened. It belongs to one goroutine.
type Sound struct {
	Started    time.Time
	DurationMS int64
	Live       bool // the recording goes on
	Marks      []Mark
	// Damage names each segment that is not what was written; where it held sound there is silence.
	Damage []string
	// Peaks are how loud left (customer) and right (agents) are: the highest sample of each PeakMS, 0…255.
	Peaks [2][]byte

	*partReader
}

var _ io.ReadSeekCloser = (*Sound)(nil)

// Sound opens what there is of a recording: in the spool while it goes on and until the bucket has it, then from there.
// ErrNone where there is nothing, or nobody can read it any more.
func (v *Vault) Sound(ctx context.Context, id string) (*Sound, error) {
	if !seal.ValidID(id) || !v.keys.Has(id) {
		return nil, ErrNone
	}
	// A file may be renamed or rewritten between two looks: it is looked for twice.
	var err error
	for range 2 {
		var s *Sound
		if s, err = v.sound(ctx, id); err == nil {
			return s, nil
		}
	}
	switch {
	case errors.Is(err, seal.ErrNoKey), errors.Is(err, os.ErrNotExist), errors.Is(err, seal.ErrNoFile):
		return nil, ErrNone
	}
	return nil, err
}

func (v *Vault) sound(ctx context.Context, id string) (*Sound, error) {
	if f, err := os.Open(v.openPath(id)); err == nil {
		s, err := soundOfFile(f, v.keyOf)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		s.closer, s.Live = f, true
		return s, nil
	}
	content, err := v.sealedBytes(ctx, id)
	if err != nil {
		return nil, err
	}
	return newSound(bytes.NewReader(content), int64(len(content)), v.keyOf)
}

func soundOfFile(f *os.File, key func(seal.Header) (seal.Key, error)) (*Sound, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return newSound(f, info.Size(), key)
}

// OpenFile opens a sealed file that lies anywhere, for commands that verify or export.
func OpenFile(path string, keys *seal.Keys) (*Sound, seal.Report, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, seal.Report{}, fmt.Errorf("record: %w", err)
	}
	keyOf := func(h seal.Header) (seal.Key, error) { return keys.Get(h.Recording, h.Key) }
	s, err := newSound(bytes.NewReader(content), int64(len(content)), keyOf)
	if err != nil {
		return nil, seal.Report{}, err
	}
	report, err := s.file.Verify()
	return s, report, err
}

// Verify opens a recording and follows its chain.
func (v *Vault) Verify(ctx context.Context, id string) (seal.Report, error) {
	s, err := v.Sound(ctx, id)
	if err != nil {
		return seal.Report{}, err
	}
	defer s.Close()
	return s.file.Verify()
}

// newSound opens every segment once, to know the length of everything and what is damaged.
func newSound(r io.ReaderAt, size int64, key func(seal.Header) (seal.Key, error)) (*Sound, error) {
	f, err := seal.Read(r, size, key)
	if err != nil {
		return nil, err
	}
	s := &Sound{Started: f.Header.Started, partReader: &partReader{file: f, last: -1, skip: map[byte]int{kindAudio: audioHead}}}
	sum := summary{pages: 2}
	serial := serialOf(f.Header.Recording)
	headless, sequence, frames := true, uint32(2), int64(0)
	for i, seg := range f.Segments() {
		plain, err := f.Open(i, nil)
		if err != nil && !errors.Is(err, seal.ErrDamaged) {
			return nil, err
		}
		switch {
		case err != nil && seg.Kind == kindHead:
			s.Damage = append(s.Damage, err.Error())
			continue // its pages are known without it
		case err != nil:
			s.Damage = append(s.Damage, err.Error())
			continue // what follows says how long it was
		case seg.Kind == kindHead:
			s.add(part{len: len(plain), segment: i})
			headless = false
		case seg.Kind == kindAudio:
			if headless {
				s.stand(0, headPages(serial))
				headless = false
			}
			a, err := parseAudio(plain)
			if err != nil {
				s.Damage = append(s.Damage, fmt.Sprintf("segment %d is none of a recording", seg.Index))
				continue
			}
			p, _, _ := parsePage(a.page)
			// Pages that are missing are silence, so that what comes behind them is in its place.
			for frames < a.start && sequence < p.sequence {
				n := int(min(pagePackets, a.start-frames))
				s.stand(frames, quietPage(serial, sequence, frames, n, 0))
				s.peak(frames, n, peaks{})
				frames, sequence = frames+int64(n), sequence+1
			}
			s.add(part{len: len(a.page), segment: i, from: a.start})
			s.peak(a.start, a.count, a.peaks)
			frames, sequence = max(frames, a.start+int64(a.count)), p.sequence+1
		}
		sum.add(seg.Kind, plain)
	}
	if headless {
		s.stand(0, headPages(serial)) // nothing was said yet
	}
	for frames < sum.frames { // the last seconds are damaged
		n := int(min(pagePackets, sum.frames-frames))
		s.stand(frames, quietPage(serial, sequence, frames, n, 0))
		s.peak(frames, n, peaks{})
		frames, sequence = frames+int64(n), sequence+1
	}
	s.DurationMS, s.Live, s.Marks = sum.frames*frameMS, !sum.ended, sum.marks
	return s, nil
}

// Until leaves out the seconds that begin at ms or later: of a recording that goes on, a file that does not grow while it
// is read range by range.
func (s *Sound) Until(ms int64) {
	for i, p := range s.parts {
		if p.from > 0 && p.from*frameMS >= ms {
			s.parts, s.size = s.parts[:i], p.at
			s.DurationMS = min(s.DurationMS, p.from*frameMS)
			break
		}
	}
}

// peak puts a page's peaks into their place on the time axis.
func (s *Sound) peak(start int64, frames int, p peaks) {
	first := int(start / PeakFrames)
	n := (frames + PeakFrames - 1) / PeakFrames
	for side := range s.Peaks {
		if grow := first + n - len(s.Peaks[side]); grow > 0 && grow < 1<<20 {
			s.Peaks[side] = append(s.Peaks[side], make([]byte, grow)...)
		}
		for i := range n {
			if at := first + i; at < len(s.Peaks[side]) {
				s.Peaks[side][at] = max(s.Peaks[side][at], p[side][i])
			}
		}
	}
}

// Bounds of what is kept at hand of the bucket's: sealed, as it lies there.
const (
	cacheEntries  = 4
	cacheTime     = time.Minute
	largestObject = 1 << 30 // bytes: three weeks of one call
)

// cache holds objects that were just heard, because a player asks for one range after the other.
type cache struct {
	mu      sync.Mutex
	entries []cached // the last used at the end
}

type cached struct {
	id      string
	content []byte
	at      time.Time
}

func (c *cache) get(id string, now time.Time) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = slices.DeleteFunc(c.entries, func(e cached) bool { return now.Sub(e.at) > cacheTime })
	for _, e := range c.entries {
		if e.id == id {
			return e.content
		}
	}
	return nil
}

func (c *cache) put(id string, content []byte, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = append(slices.DeleteFunc(c.entries, func(e cached) bool { return e.id == id }), cached{id, content, now})
	c.entries = c.entries[max(0, len(c.entries)-cacheEntries):]
}

func (c *cache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = slices.DeleteFunc(c.entries, func(e cached) bool { return e.id == id })
}

// sealedBytes gives a finished recording as it lies in the spool or the bucket.
func (v *Vault) sealedBytes(ctx context.Context, id string) ([]byte, error) {
	content, err := os.ReadFile(v.sealedPath(id))
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return content, err
	}
	if content := v.cache.get(id, time.Now()); content != nil {
		return content, nil
	}
	r, err := v.bucket.NewReader(ctx, ObjectName(id), nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("%w: %w", ErrNone, os.ErrNotExist)
	} else if err != nil {
		return nil, fmt.Errorf("record: read from the bucket: %w", err)
	}
	defer r.Close()
	if r.Size() > largestObject {
		return nil, fmt.Errorf("record: an object of %d bytes is no recording of ours", r.Size())
	}
	if content, err = io.ReadAll(io.LimitReader(r, largestObject)); err != nil {
		return nil, fmt.Errorf("record: read from the bucket: %w", err)
	}
	v.cache.put(id, content, time.Now())
	return content, nil
}
