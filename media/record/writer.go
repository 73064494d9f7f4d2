package record

import (
	"errors"
	"os"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/record/seal"
)

// writer turns what the ring holds into segments. It belongs to one goroutine.
type writer struct {
	r      *Recorder
	file   *seal.Writer // nil until the first segment could be written
	key    seal.Key
	enc    *codec.Stereo
	serial uint32
	seq    uint32 // of the next page
	spans  []span

	start   int64 // position of the page's first frame
	count   int   // frames in it
	packets [pagePackets][]byte
	loud    peaks
	reset   bool // the encoder must begin anew: the frames before did not pass it

	held    []heldSegment // what the disk did not take yet
	blank   int           // of held: those that were given up, and are silence
	lost    int           // seconds
	failing bool
	last    int64 // position after the last frame written
}

type heldSegment struct {
	kind  byte
	plain []byte
}

// run writes until Finish or Discard.
func (w *writer) run() {
	r := w.r
	defer func() {
		for _, n := range r.take(true) {
			r.late(n)
		}
		close(r.done)
	}()
	retry := time.NewTicker(retryDisk)
	defer retry.Stop()
	for {
		select {
		case <-r.in.ring.wake:
		case <-retry.C:
		case <-r.vault.closing: // kill without a word is not the way to end a program
			r.Finish()
			<-r.in.ring.wake
		}
		notes := r.take(false)
		w.drain()
		for i, n := range notes {
			switch {
			case n.status == Recording && w.failing: // it goes on, and the disk takes nothing still
				r.report(Failing)
			case n.status != "":
				r.report(n.status)
			case n.mark != nil:
				w.put(kindMark, encode(n.mark))
			case n.silence != nil:
				if !w.takeBack(*n.silence) {
					return
				}
			case n.discard:
				w.discard()
				return
			case n.finish:
				w.drain()
				w.finish(n.end, notes[i+1:])
				return
			}
		}
		w.flushHeld()
	}
}

// drain encodes what the ring holds.
func (w *writer) drain() {
	if w.r.in.ring.peek() == nil {
		return
	}
	w.r.vault.encoding <- struct{}{} // libopus is C: threads are bounded
	defer func() { <-w.r.vault.encoding }()
	for e := w.r.in.ring.peek(); e != nil; e = w.r.in.ring.peek() {
		if e.pos >= w.last {
			w.fill(e.pos)
			w.encode(e)
		}
		w.r.in.ring.pop()
	}
}

// fill makes silence up to a position.
func (w *writer) fill(pos int64) {
	for w.last < pos {
		w.append(quietPacket(), 0, 0)
		w.reset = true
	}
}

// encode appends 20 ms.
func (w *writer) encode(e *entry) {
	left, right := peakOf(&e.frames[0]), peakOf(&e.frames[1])
	if left <= quietPeak && right <= quietPeak || silenced(w.spans, e.pos) {
		w.append(quietPacket(), 0, 0)
		w.reset = true
		return
	}
	buf := w.packets[w.count][:0]
	if cap(buf) < codec.MaxStereoPacket {
		buf = make([]byte, 0, codec.MaxStereoPacket)
	}
	if w.reset {
		w.reset = w.afterQuiet(buf[:cap(buf)]) != nil
	}
	n, err := w.enc.Encode(&e.frames[0], &e.frames[1], buf[:cap(buf)])
	if err != nil {
		w.append(quietPacket(), 0, 0)
		return
	}
	w.append(buf[:n], left, right)
}

// afterQuiet brings the encoder to where a decoder is behind quiet packets: the energies of a frame are coded by their difference
// to the one before (RFC 6716 §4.3.2.1), and the first 20 ms of a word would be all but lost.
func (w *writer) afterQuiet(buf []byte) error {
	err := w.enc.Reset()
	for range quietFrames {
		if err == nil {
			_, err = w.enc.Encode(&media.Frame{}, &media.Frame{}, buf)
		}
	}
	return err
}

// append adds a packet to the page, which is written when it is full. Pages begin at whole seconds.
func (w *writer) append(packet []byte, left, right uint16) {
	w.packets[w.count] = append(w.packets[w.count][:0], packet...)
	at := w.count / PeakFrames
	w.loud[0][at] = max(w.loud[0][at], byte(left>>7))
	w.loud[1][at] = max(w.loud[1][at], byte(right>>7))
	w.count++
	w.last++
	if w.count == pagePackets {
		w.flush(0)
	}
}

// flush writes the page as a segment.
func (w *writer) flush(flags byte) {
	if w.count == 0 && flags == 0 {
		return
	}
	p := page{serial: w.serial, sequence: w.seq, granule: granuleAt(w.last), flags: flags}
	for _, packet := range w.packets[:w.count] {
		p.add(packet)
	}
	a := audio{start: w.start, count: w.count, peaks: w.loud, page: p.appendTo(nil)}
	w.put(kindAudio, a.appendTo(nil))
	w.seq++
	w.start, w.count, w.loud = w.last, 0, peaks{}
}

// put writes a segment, or keeps it until the disk takes it.
func (w *writer) put(kind byte, plain []byte) {
	w.held = append(w.held, heldSegment{kind, plain})
	w.flushHeld()
}

func (w *writer) flushHeld() {
	err := w.open()
	for err == nil && len(w.held) > 0 {
		if err = w.file.Append(w.held[0].kind, w.held[0].plain); err == nil {
			w.held, w.blank = w.held[1:], max(0, w.blank-1)
		}
	}
	for ; w.blank < len(w.held)-holdMost; w.blank++ {
		// What a page says is given up, not its place in time.
		if h := &w.held[w.blank]; h.kind == kindAudio {
			h.plain = silencedPlain(h.plain, []span{{0, 1 << 62}})
			w.lost++
		}
	}
	switch {
	case err != nil && !w.failing:
		w.failing = true
		w.r.log.Error("recording cannot be written; it is tried again", "err", err)
		w.r.report(Failing)
	case err == nil && w.failing:
		w.failing = false
		w.r.log.Info("recording is written again", "seconds_lost", w.lost)
		w.r.report(Recording)
	}
	if len(w.held) == 0 {
		w.held = nil
	}
}

// open makes key and file with the first segment that is to be written.
func (w *writer) open() (err error) {
	if w.file != nil {
		return nil
	}
	v := w.r.vault
	if w.key.ID == "" {
		if w.key, err = v.keys.New(w.r.id); err != nil {
			return err
		}
	}
	h := seal.Header{Recording: w.r.id, Started: w.r.start.At.UTC()}
	f, err := seal.Create(v.openPath(w.r.id), h, w.key, v.create)
	if err != nil {
		return err
	}
	if err := f.Append(kindHead, headPages(w.serial)); err != nil {
		return errors.Join(err, f.Close(), os.Remove(v.openPath(w.r.id)))
	}
	w.file = f
	return nil
}

// takeBack silences what is written, what waits and what comes. It reports false where the recording had to end for it.
func (w *writer) takeBack(s span) bool {
	w.spans = append(w.spans, s)
	for i := range w.count {
		if s.holds(w.start + int64(i)) {
			w.packets[i] = append(w.packets[i][:0], quietPacket()...)
			w.loud[0][i/PeakFrames], w.loud[1][i/PeakFrames] = 0, 0
		}
	}
	for i, h := range w.held {
		if h.kind == kindAudio {
			w.held[i].plain = silencedPlain(h.plain, []span{s})
		}
	}
	w.put(kindMark, encode(Mark{Kind: "silenced", AtMS: s.from * frameMS, Data: map[string]any{"to_ms": s.to * frameMS}}))
	if w.file == nil || s.from >= w.start {
		return true
	}
	if err := w.rewrite([]span{s}); err != nil {
		// What must not be kept is not kept: rather no recording than this one.
		w.r.log.Error("a part of the recording cannot be taken back: all of it is destroyed", "err", err)
		w.r.in.off.Store(true)
		w.discard()
		return false
	}
	return true
}

// rewrite puts a silenced copy under a new key in the file's place and goes on writing there.
func (w *writer) rewrite(spans []span) error {
	v := w.r.vault
	unlock := v.lock(w.r.id)
	defer unlock()
	path := v.openPath(w.r.id)
	old, err := os.Open(path)
	if err != nil {
		return err
	}
	defer old.Close()
	content, err := seal.Read(old, w.file.Size(), v.keyOf)
	if err != nil {
		return err
	}
	key, err := v.copySilenced(w.r.id, content, path, spans, nil)
	if err != nil {
		return err
	}
	_ = w.file.Close() // of the old file, which is gone
	f, _, err := seal.Resume(path, v.keyOf)
	if err != nil {
		return err
	}
	w.file, w.key = f, key
	return v.keys.Keep(w.r.id, key.ID)
}

// finish closes the file and hands it to the vault.
func (w *writer) finish(end int64, rest []note) {
	for _, n := range rest { // a mark or a silence that was asked for before the end was written
		if n.silence != nil {
			if !w.takeBack(*n.silence) {
				return
			}
		} else if n.discard {
			w.discard()
			return
		}
	}
	if w.held == nil && w.file == nil && w.count == 0 && w.last == 0 {
		w.r.report(Finished)
		w.nothing() // not one frame came
		return
	}
	w.fill(min(end, w.last+maxFill))
	w.flush(flagEnd)
	w.put(kindEnd, encodeEnd(w.last, false))
	if len(w.held) > 0 || w.file == nil {
		w.r.log.Error("the end of the recording is lost: the disk did not take it", "segments", len(w.held))
	}
	w.r.report(Finished)
	if w.file == nil {
		w.nothing()
		return
	}
	err := w.file.Sync()
	size, chain := w.file.Size(), w.file.Chain()
	_ = w.file.Close()
	if err != nil {
		w.r.log.Error("recording not synced", "err", err)
	}
	w.r.vault.finished(w.r.id, Stored{ID: w.r.id, StartedAt: w.r.start.At, Bytes: size, DurationMS: w.last * frameMS, Chain: chain})
}

// maxFill bounds the silence that is made behind the last frame, in frames: a pause may have lasted to the end.
const maxFill = 24 * 3600 * 50

// discard destroys the key and what there is.
func (w *writer) discard() {
	w.abandon()
	w.r.report(Discarded)
}

// nothing leaves no sound behind; what else is kept of the interaction stays.
func (w *writer) nothing() {
	w.held = nil
	if err := w.r.vault.keys.Drop(w.r.id, ""); err != nil {
		w.r.log.Error("the key of a recording without sound stays", "err", err)
	}
}

func (w *writer) abandon() {
	if w.file != nil {
		_ = w.file.Close()
		w.file = nil
	}
	w.held = nil
	w.r.vault.eraseOrLog(w.r.id)
}

func peakOf(f *media.Frame) (most uint16) {
	for _, v := range f {
		if v < 0 {
			v = -(v + 1)
		}
		most = max(most, uint16(v))
	}
	return most
}
