package transcribe

import (
	"fmt"
	"slices"
	"time"

	"patchbay/media"
)

// lineSlack is the number of frames by which a line may end behind the sound that was sent: windows are completed.
const lineSlack = framesPerSec

// This file is the stream as the link to its worker sees it: next is called by the link's writer only, the others by its
// reader only. A stream may move to another link at any moment, so each looks whether it is still there.

// sendBuffer is the writer's: sound on its way from the spool file, and on its way out.
type sendBuffer struct{ file, out [chunkSamples]int16 }

// next returns the next message for the child on l, or nil, and whether more is ready. The message is valid until the next
// call with the same buffer.
func (st *stream) next(l *link, buf *sendBuffer) (m Message, more bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.ended, !st.begun, st.home != l:
		return nil, false
	case st.link != l:
		return st.open(l), true
	case !st.primed:
		st.primed = true
		return &PrimeMessage{Stream: st.wire, Language: st.cfg.Language, Prompt: st.cfg.Prompt}, true
	case len(st.lines) >= maxQueuedLines: // deliver asks again
		return nil, false
	case st.sent < st.kept.next:
		if st.sent >= st.heard+windowFrames { // heardTo asks again
			return nil, false
		}
		return st.sound(buf), true
	case st.finishing && !st.finishSent:
		st.finishSent = true
		return &FinishMessage{Stream: st.wire}, false
	}
	return nil, false
}

// open makes the stream known to the child, beginning a little before the last line's end. mu is held.
func (st *stream) open(l *link) Message {
	from := max(st.consumed/frameSamples-warmUpFrames, st.kept.base)
	st.link, st.wire = l, l.enlist(st)
	st.opened, st.told, st.foreign = from, 0, nil
	st.sent, st.heard, st.finishSent, st.primed = from, from, false, true
	return &OpenMessage{Stream: st.wire, Language: st.cfg.Language, Prompt: st.cfg.Prompt, From: from, Done: st.consumed, Translate: st.cfg.Translate}
}

// sound takes the rest of one kept second, or says that the leg was silent up to its end. mu is held, but let go while
// the second is read from a file.
func (st *stream) sound(buf *sendBuffer) Message {
	c := st.kept.find(st.sent)
	if c == nil || c.index*chunkFrames >= st.kept.next {
		st.sent = st.kept.next
		return &SoundMessage{Stream: st.wire, Pos: st.sent}
	}
	from := max(st.sent, c.index*chunkFrames)
	to := min((c.index+1)*chunkFrames, st.kept.next)
	second := c.sound
	if second == nil {
		spool, slot, l, wire := st.kept.spool, c.slot, st.link, st.wire
		st.mu.Unlock()
		err := spool.get(slot, &buf.file)
		st.mu.Lock()
		if !st.current(l, wire) {
			return nil // it moved: what was sent is another link's
		}
		if st.sent > from { // dropped meanwhile, so the slot may hold another second
			return &SoundMessage{Stream: st.wire, Pos: st.sent}
		}
		if err != nil {
			st.log.Error("kept audio is lost", "stream", st.cfg.ID, "err", err)
			st.service.dropped.Add(to - from)
			st.sent = to
			return &SoundMessage{Stream: st.wire, Pos: to}
		}
		second = &buf.file
	}
	st.sent = to
	offset := from % chunkFrames * frameSamples
	n := copy(buf.out[:], second[offset:offset+(to-from)*frameSamples])
	return &SoundMessage{Stream: st.wire, Pos: from, Behind: st.kept.next-to > framesPerSec, Samples: buf.out[:n]}
}

// current reports whether wire is still this stream's number on l. mu is held.
func (st *stream) current(l *link, wire uint32) bool {
	return st.link == l && st.wire == wire && !st.ended
}

// heardTo takes the child's report in.
func (st *stream) heardTo(l *link, m *HeardMessage) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.current(l, m.Stream) {
		return
	}
	waited := st.sent >= st.heard+windowFrames // next gave nothing more
	st.heard = min(max(st.heard, m.Heard), st.sent)
	st.consumeTo(m.Consumed)
	st.progress = time.Now()
	if waited {
		st.ask()
	}
}

// consumeTo forgets sound that is not wanted any more. mu is held.
func (st *stream) consumeTo(sample int64) {
	st.consumed = max(st.consumed, min(sample, st.sent*frameSamples))
	st.kept.release(st.consumed/frameSamples - warmUpFrames)
}

// bounded reports whether a worker may say so much, of this time: a line needs a voice, and that the sound of it was sent.
// mu is held.
func (st *stream) bounded(startMS, endMS int64) error {
	st.told++
	sent := st.sent - st.opened
	if st.told > 64+sent || startMS > endMS || endMS > (st.sent+lineSlack)*media.FrameDuration.Milliseconds() {
		return fmt.Errorf("transcribe: %w: words of %d to %d ms after %d s of sound, the %dth", ErrProtocol, startMS, endMS, sent/framesPerSec, st.told)
	}
	return nil
}

// said takes a line in.
func (st *stream) said(l *link, m *LineMessage) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.current(l, m.Stream) {
		return nil
	}
	if err := st.bounded(m.Line.StartMS, m.Line.EndMS); err != nil {
		return err
	}
	for i := range m.Line.Words {
		w := &m.Line.Words[i]
		w.EndMS = min(w.EndMS, m.Line.EndMS)
		w.StartMS = min(w.StartMS, w.EndMS)
	}
	st.consumeTo(m.Consumed)
	st.progress = time.Now()
	st.lines = append(st.lines, m.Line)
	if st.cfg.Translate != "" {
		st.foreign = append(st.foreign[max(0, len(st.foreign)-maxForeign+1):], m.Line.ID)
	}
	if st.cfg.Language == "" {
		st.cfg.Language = m.Line.Language // what the child found out stays so, in the next child too
	}
	// The line takes its partial's place.
	if st.hasPartial && st.partial.StartMS < m.Line.EndMS {
		st.hasPartial = false
	}
	if !st.hasPartial && st.shown && st.shownMS < m.Line.EndMS {
		st.partial, st.hasPartial = Partial{StartMS: m.Line.StartMS}, true
	}
	st.tell()
	return nil
}

// maxForeign is how many lines back a worker may still send the English of one.
const maxForeign = 16

// translation is what a line means in English.
type translation struct{ line, text string }

// translated takes a line's English in: once, and of a line that this worker has said not long ago.
func (st *stream) translated(l *link, m *TranslationMessage) {
	st.mu.Lock()
	defer st.mu.Unlock()
	i := slices.Index(st.foreign, m.LineID)
	if !st.current(l, m.Stream) || i < 0 {
		return
	}
	st.foreign = slices.Delete(st.foreign, i, i+1)
	st.english = append(st.english, translation{m.LineID, m.Text})
	st.progress = time.Now()
	st.tell()
}

// saying takes a partial in; a Listener that is slow hears the newest only.
func (st *stream) saying(l *link, m *PartialMessage) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.current(l, m.Stream) || m.Partial.Text == "" && !st.shown && !st.hasPartial {
		return nil
	}
	if err := st.bounded(m.Partial.StartMS, m.Partial.StartMS); err != nil {
		return err
	}
	st.partial, st.hasPartial = m.Partial, true
	st.tell()
	return nil
}

// finished takes in that the last line was said.
func (st *stream) finished(l *link, m *FinishedMessage) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.current(l, m.Stream) || !st.finishSent {
		return
	}
	st.clearPartial()
	st.end()
}

// clearPartial takes back what the Listener may still show. mu is held.
func (st *stream) clearPartial() {
	st.hasPartial = st.shown
	st.partial = Partial{StartMS: st.shownMS}
}

// lost takes in that the worker behind l has gone, and asks another where there is one. With blame, what was said may have
// killed it: a stretch over which several have died is given up.
func (st *stream) lost(l *link, blame bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.home == l {
		st.home = nil
		l.placed.Add(-1)
	}
	if st.link == l {
		st.link = nil
		st.progress = time.Now()
		if blame {
			st.mourn()
		}
	}
	if !st.ended && st.home == nil && st.begun {
		st.ask()
	}
}

// mourn counts a worker that died over this stream. mu is held.
func (st *stream) mourn() {
	if st.consumed != st.deadAt {
		st.deaths, st.deadAt = 0, st.consumed
	}
	if st.deaths++; st.deaths < maxDeaths || st.heard*frameSamples <= st.consumed {
		return
	}
	n := st.heard - st.consumed/frameSamples
	st.log.Error("a stretch of sound is given up: the recogniser dies of it", "stream", st.cfg.ID, "frame", st.consumed/frameSamples, "seconds", float64(n)/framesPerSec)
	st.service.dropped.Add(n)
	st.consumed = st.heard * frameSamples
	st.kept.release(st.heard - warmUpFrames)
}
