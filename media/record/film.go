package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"patchbay/media/record/seal"
)

// What a film holds back before it is written: so much a crash can lose of it, and no more.
const (
	filmLate    = 700 * time.Millisecond // a lost packet is waited for; it is asked for again until then
	filmCluster = 500 * time.Millisecond
	filmBytes   = 256 << 10               // of a cluster
	filmFrame   = seal.MaxSegment - 8<<10 // a picture that is larger is left out
	filmQueue   = 2048                    // packets that wait for the writer; more are dropped
	filmKey     = 15 * time.Second        // a key frame is asked for that often, so that a player can jump
	filmKeyRate = 400_000                 // bit/s: slower networks are spared it
	videoClock  = 90000                   // RTP clock units a second
	filmStartup = 500 * time.Millisecond  // that the first frame of a stream may be slower than those after it
	filmDrift   = 2000                    // a sender's clock that is slower is followed by so small a part of the time
)

// useFilm marks the keys of films among those of an interaction.
const useFilm = "film"

// FilmStart says whose picture is to be kept.
type FilmStart struct {
	ID       string           // the interaction's
	Zero     func() time.Time // when its time axis begins; called by any goroutine
	Keyframe func()           // asks the sender for a key frame; returns at once
}

// Film keeps the pictures of one video help as they were forwarded: VP8 in WebM, H.264 in Matroska, sealed under a key of the
// interaction. Nothing is made before the first key frame. Its methods return at once and may be called from any goroutine.
type Film struct {
	vault *Vault
	start FilmStart
	log   *slog.Logger

	packets chan filmPacket
	paused  atomic.Bool
	broken  atomic.Bool // what follows needs a key frame: packets were dropped, or it was paused
	gone    atomic.Bool // discarded
	stop    chan struct{}
	once    sync.Once
	done    chan struct{}
}

type filmPacket struct {
	codec   string
	header  rtp.Header
	payload []byte
	at      time.Time
	broken  bool // what was before it is no base for it; told in the queue, so that nothing that waits there is lost by it
}

// Film begins to keep a picture. Finish must be called.
func (v *Vault) Film(start FilmStart) (*Film, error) {
	if !seal.ValidID(start.ID) {
		return nil, fmt.Errorf("record: %q names no recording", start.ID)
	}
	f := &Film{vault: v, start: start, log: v.log.With("interaction", start.ID), packets: make(chan filmPacket, filmQueue),
		stop: make(chan struct{}), done: make(chan struct{})}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, errors.New("record: the vault is closed")
	}
	v.films[f] = struct{}{}
	v.running.Go(func() {
		w := filmWriter{f: f}
		w.run()
		v.mu.Lock()
		delete(v.films, f)
		v.mu.Unlock()
		close(f.done)
	})
	return f, nil
}

// Packet takes a packet of the picture, in the order of arrival; the payload is copied. codec is "VP8" or "H264".
func (f *Film) Packet(codec string, h *rtp.Header, payload []byte) {
	if f.paused.Load() {
		return
	}
	p := filmPacket{codec: codec, payload: append(make([]byte, 0, len(payload)), payload...), at: time.Now()}
	p.header.SequenceNumber, p.header.Timestamp, p.header.SSRC, p.header.Marker = h.SequenceNumber, h.Timestamp, h.SSRC, h.Marker
	p.header.Version, p.broken = 2, f.broken.Swap(false)
	select {
	case f.packets <- p:
	default:
		f.broken.Store(true)
	}
}

// Pause keeps what comes from now on out of the film, or no longer.
func (f *Film) Pause(on bool) {
	if f.paused.Swap(on) != on {
		f.broken.Store(true) // the pictures before the pause are no base for those after it
		if !on {
			f.start.Keyframe()
		}
	}
}

// Finish ends the film, which is then copied to the bucket.
func (f *Film) Finish() { f.once.Do(func() { close(f.stop) }) }

// Discard ends the film and removes it; its key is destroyed with the interaction's.
func (f *Film) Discard() {
	f.gone.Store(true)
	f.paused.Store(true)
	f.Finish()
}

// Done is closed when the film is whole, or gone.
func (f *Film) Done() <-chan struct{} { return f.done }

// filmWriter turns packets into sealed clusters. It belongs to one goroutine.
type filmWriter struct {
	f    *Film
	file *seal.Writer
	stem string
	head filmHead
	zero time.Time // of the film's own axis
	next int64     // ms on the interaction's axis: the next film begins no earlier, for its name's sake

	ssrc     uint32
	codec    string
	pictures *assembler    // of the present stream
	base     time.Duration // of the stream's first timestamp, on the film's axis
	first    uint32
	based    bool
	came     time.Time     // the last frame
	least    time.Duration // that base may become

	waiting  bool // for a key frame
	asked    time.Time
	keyed    time.Time // the last key frame
	rate     float64   // bytes since then
	last     int64     // ms, of the last frame
	frames   int64
	pending  cluster
	failing  bool
	refused  int    // clusters that the disk did not take
	sps, pps []byte // of H.264, as last seen
}

func (w *filmWriter) run() {
	f := w.f
	tick := time.NewTicker(filmCluster)
	defer tick.Stop()
	w.waiting = true
	for {
		select {
		case p := <-f.packets:
			w.take(p)
		case <-tick.C:
			w.flush() // a picture that stands still is written too
		case <-f.stop:
			w.finish()
			return
		case <-f.vault.closing:
			f.Finish()
		}
	}
}

// take orders a packet and writes the frames that are whole with it.
func (w *filmWriter) take(p filmPacket) {
	if p.broken {
		w.pictures, w.waiting = nil, true
	}
	if w.codec != "" && p.codec != w.codec && w.file != nil {
		w.close(false) // one file, one codec
	}
	if w.pictures == nil || p.header.SSRC != w.ssrc || p.codec != w.codec {
		w.ssrc, w.codec, w.based, w.waiting = p.header.SSRC, p.codec, false, true
		w.pictures = newAssembler(p.codec)
	}
	w.pictures.push(p, w.picture(p.at))
}

// picture takes what the assembler gives.
func (w *filmWriter) picture(now time.Time) func([]byte, uint32, bool) {
	return func(data []byte, timestamp uint32, lost bool) {
		w.waiting = w.waiting || lost
		w.frame(data, timestamp, now)
	}
}

// frame appends a picture to the film.
func (w *filmWriter) frame(data []byte, timestamp uint32, now time.Time) {
	info, ok := frameOf(w.codec, data)
	if !ok || len(data) > filmFrame {
		w.waiting = true
		return
	}
	if w.waiting && !info.key {
		if now.Sub(w.asked) > time.Second {
			w.asked = now
			w.f.start.Keyframe()
		}
		return
	}
	if info.key {
		w.waiting, w.keyed, w.rate = false, now, 0
		if info.sps != nil {
			w.sps, w.pps = info.sps, info.pps
		}
	}
	if w.file == nil && !w.open(info, now) {
		return
	}
	at := w.moment(timestamp, now).Milliseconds()
	at = max(at, w.last) // never back, whatever the sender says
	if at-w.last > (time.Minute).Milliseconds() && w.frames > 0 {
		at, w.based = now.Sub(w.zero).Milliseconds(), false // a timestamp that leaps
	}
	w.last, w.frames = at, w.frames+1
	if w.pending.count() > 0 && (info.key || at-w.pending.start >= filmCluster.Milliseconds() || w.pending.size+len(data) > filmBytes) {
		w.flush()
	}
	w.pending.add(at, info.key, append([]byte(nil), data...))
	w.rate += float64(len(data))
	if since := now.Sub(w.keyed); since > filmKey && 8*w.rate/since.Seconds() > filmKeyRate && now.Sub(w.asked) > filmKey {
		w.asked = now
		w.f.start.Keyframe()
	}
}

// moment is a frame's place on the film's axis, by the sender's clock: where the frames that were quickest to come, since the stream
// began, put its beginning. The first of a stream is slow: a key frame, from an encoder that is just made.
func (w *filmWriter) moment(timestamp uint32, now time.Time) time.Duration {
	if !w.based {
		w.based, w.first, w.base, w.came = true, timestamp, max(now.Sub(w.zero), time.Duration(w.last)*time.Millisecond), now
		w.least = w.base - filmStartup
	}
	since := time.Duration(timestamp-w.first) * time.Second / videoClock
	if base := now.Sub(w.zero) - since; base < w.base {
		w.base = max(base, w.least) // a sender's clock may be wrong
	} else {
		w.base += min(base-w.base, max(0, now.Sub(w.came))/filmDrift)
	}
	w.came = now
	return w.base + since
}

// open makes key and file with the first key frame.
func (w *filmWriter) open(info frameInfo, now time.Time) bool {
	f, v := w.f, w.f.vault
	zero := f.start.Zero()
	if f.gone.Load() || zero.IsZero() {
		w.waiting = true // what comes next needs a key frame too
		return false
	}
	atMS := max(0, now.Sub(zero).Milliseconds(), w.next)
	w.stem = filmStem(f.start.ID, atMS)
	unlock := v.lock(f.start.ID) // who erases the interaction does so before or after this, not meanwhile
	defer unlock()
	if f.gone.Load() {
		return false
	}
	key, err := v.keys.NewFor(f.start.ID, useFilm)
	if err == nil {
		w.file, err = seal.Create(v.openPath(w.stem), seal.Header{Recording: f.start.ID, Started: now.UTC()}, key, v.create)
	}
	if err == nil {
		w.head = filmHead{Codec: w.codec, Width: info.width, Height: info.height, AtMS: atMS, Private: avcConfig(w.sps, w.pps)}
		err = w.file.Append(kindFilm, encode(w.head))
	}
	if err != nil {
		w.trouble(err)
		if w.file != nil {
			_ = errors.Join(w.file.Close(), os.Remove(v.openPath(w.stem)))
			w.file = nil
		}
		w.waiting = true
		return false
	}
	w.zero, w.last, w.frames, w.based, w.next = now, 0, 0, false, atMS+1
	return true
}

// flush writes the cluster. One that the disk does not take is given up: what follows begins with a key frame.
func (w *filmWriter) flush() {
	if w.pending.count() == 0 || w.file == nil {
		return
	}
	plain, err := w.pending.seal()
	if err == nil {
		err = w.file.Append(kindCluster, plain)
	}
	if err != nil {
		w.refused++
		w.waiting = true
	}
	w.trouble(err)
	w.pending = cluster{blocks: w.pending.blocks[:0]}
}

func (w *filmWriter) trouble(err error) {
	if err != nil != w.failing {
		w.failing = err != nil
		if w.failing {
			w.f.log.Error("the picture cannot be written; it is tried again", "err", err)
		} else {
			w.f.log.Info("the picture is written again", "lost", w.refused)
		}
	}
}

// finish writes what has come and closes the film.
func (w *filmWriter) finish() {
	for {
		select {
		case p := <-w.f.packets:
			w.take(p)
			continue
		default:
		}
		break
	}
	if w.pictures != nil {
		w.pictures.flush(w.picture(time.Now()))
	}
	w.close(w.f.gone.Load())
}

// close ends the file and hands it to the vault.
func (w *filmWriter) close(discard bool) {
	if w.file == nil {
		return
	}
	v := w.f.vault
	if !discard {
		w.flush()
		w.trouble(w.file.Append(kindEnd, encode(filmEnd{DurationMS: w.last})))
		w.trouble(w.file.Sync())
	}
	s := Stored{ID: w.f.start.ID, StartedAt: w.zero, Bytes: w.file.Size(), DurationMS: w.last, Chain: w.file.Chain(), Film: w.head.film()}
	_ = w.file.Close()
	w.file, w.waiting = nil, true
	if discard || w.f.gone.Load() {
		if err := os.Remove(v.openPath(w.stem)); err != nil && !errors.Is(err, os.ErrNotExist) {
			w.f.log.Error("a discarded picture stays in the spool; its key is destroyed", "err", err)
		}
		return
	}
	v.finished(w.stem, s)
}

// filmStem names a film's files: the interaction's id, and when it began, in milliseconds on its axis.
func filmStem(id string, atMS int64) string { return id + "." + strconv.FormatInt(atMS, 10) }

// filmHead is the first segment of a film.
type filmHead struct {
	Codec   string `json:"codec"`
	Width   int    `json:"width"` // of the first picture; others may have other sizes, each of which says its own
	Height  int    `json:"height"`
	AtMS    int64  `json:"at_ms"` // on the interaction's axis
	Private []byte `json:"private,omitempty"`
}

func (h *filmHead) film() *FilmInfo {
	return &FilmInfo{AtMS: h.AtMS, Codec: h.Codec, Width: h.Width, Height: h.Height}
}

// filmEnd is the last one.
type filmEnd struct {
	DurationMS int64 `json:"duration_ms"`
	Recovered  bool  `json:"recovered"`
}

// FilmInfo is what is known of a film beside what is known of every recording.
type FilmInfo struct {
	AtMS          int64 // when it began, on the interaction's axis: its name among the films of the interaction
	Codec         string
	Width, Height int
}

// closeFilm ends a film that a crash left open, behind the last cluster that is whole.
func (v *Vault) closeFilm(stem, id string) error {
	path := v.openPath(stem)
	w, f, err := seal.Resume(path, v.keyOf)
	if errors.Is(err, seal.ErrNoKey) || errors.Is(err, seal.ErrNoFile) {
		return os.Remove(path)
	} else if err != nil {
		return err
	}
	s, err := summarizeFilm(f)
	if err != nil { // killed before the first second: there is nothing to see
		return errors.Join(w.Close(), os.Remove(path))
	}
	if !s.ended {
		err = errors.Join(w.Append(kindEnd, encode(filmEnd{DurationMS: s.durationMS, Recovered: true})), w.Sync())
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	v.log.Warn("closed a picture that a crash left open", "interaction", id, "duration", time.Duration(s.durationMS)*time.Millisecond)
	v.finished(stem, Stored{ID: id, StartedAt: f.Header.Started, Bytes: w.Size(), DurationMS: s.durationMS, Chain: w.Chain(), Recovered: true, Film: s.head.film()})
	return nil
}

// filmSummary is what a film's segments say of the whole.
type filmSummary struct {
	head       filmHead
	clusters   []filmPart
	durationMS int64
	ended      bool
	recovered  bool
	damage     []string
}

// filmPart is a cluster of the file.
type filmPart struct {
	segment        int
	startMS, endMS int64
	key            bool
	size           int // of the EBML
	blocks         int // bytes of it that are blocks
}

// summarizeFilm opens every segment; what is damaged is left out.
func summarizeFilm(f *seal.File) (s filmSummary, err error) {
	headed := false
	for i, seg := range f.Segments() {
		plain, err := f.Open(i, nil)
		if err != nil {
			s.damage = append(s.damage, err.Error())
			continue
		}
		switch seg.Kind {
		case kindFilm:
			headed = json.Unmarshal(plain, &s.head) == nil
		case kindCluster:
			p, err := parseCluster(plain)
			if err != nil {
				s.damage = append(s.damage, fmt.Sprintf("segment %d is none of a picture", seg.Index))
				continue
			}
			p.segment = i
			s.clusters = append(s.clusters, p)
			s.durationMS = max(s.durationMS, p.endMS)
		case kindEnd:
			var e filmEnd
			if json.Unmarshal(plain, &e) == nil {
				s.ended, s.recovered = true, e.Recovered
			}
		}
	}
	if !headed || len(s.clusters) == 0 {
		return s, fmt.Errorf("%w: no picture in it", ErrNone)
	}
	return s, nil
}
