package transcribe

import (
	"log/slog"
	"sync"
	"time"

	"patchbay/media"
)

const (
	// sendEvery is the number of frames after which a stream asks for its sound to be sent: 60 ms, so that a call costs
	// 17 wake-ups a second and leg instead of 50, and a word 20 ms on average.
	sendEvery = 3
	// windowFrames is what the child may have of a stream without having heard it: 10 s, so that one stream's back-fill
	// neither fills the pipe for all others nor the child's memory.
	windowFrames = 10 * framesPerSec
	// warmUpFrames of sound before Done let the voice detector find its feet.
	warmUpFrames = 1 * framesPerSec
	// idleAfter is the pause between two writes after which a leg counts as silent, up to idleFrames of it: enough to
	// end an utterance whose leg then sends nothing more (muted, discontinuous transmission).
	idleAfter  = 300 * time.Millisecond
	idleFrames = 1 * framesPerSec
	// maxQueuedLines stops the sending of a stream whose Listener does not take its lines.
	maxQueuedLines = 64
	// maxDeaths is the number of children in a row that may die over the same place before it is given up, so that one
	// stretch of sound that the recogniser cannot survive does not silence the house.
	maxDeaths = 5
)

// stream is one leg: its kept sound, what the present child knows of it, and what the Listener has still to be told.
type stream struct {
	service *Service
	cfg     StreamConfig
	log     *slog.Logger
	notify  chan struct{} // something to deliver, or ended
	done    chan struct{}

	mu        sync.Mutex
	kept      kept
	begun     bool      // a frame was written
	written   int64     // frame after the last one written
	asked     int64     // written, when it was last asked that the sound be sent
	lastWrite time.Time // of a frame
	finishing bool
	ended     bool  // no line follows
	cutOff    bool  // it ended with sound that was not heard
	consumed  int64 // sample up to which nothing is left to be said

	// home is the worker that is to hear the stream; nil while there is none.
	home    *link
	movedAt time.Time
	waited  int64 // frames that were not heard when balance last looked

	// What the worker knows. link is nil until the stream is opened there.
	link        *link
	wire        uint32
	opened      int64    // frame at which it began there
	told        int64    // lines and partials that it has said since then
	foreign     []string // ids of its last lines whose English it may still send
	sent, heard int64    // frames
	finishSent  bool
	primed      bool      // the worker knows cfg.Language and cfg.Prompt
	progress    time.Time // when the worker last got further
	deaths      int       // of children, with consumed at deadAt
	deadAt      int64

	// What the Listener is told.
	lines      []Line
	english    []translation // of lines that were said before
	partial    Partial       // newest, where hasPartial
	hasPartial bool
	shown      bool // a partial with text, from shownMS on, was delivered and not cleared since
	shownMS    int64
}

// Write implements Stream.
func (st *stream) Write(pos int64, f *media.Frame) {
	now := time.Now()
	st.mu.Lock()
	if st.finishing || st.ended || pos < st.written || pos > maxPosition/frameSamples {
		st.mu.Unlock()
		return
	}
	if !st.begun {
		st.begun = true
		st.kept.base, st.kept.next, st.written, st.asked = pos, pos, pos, pos
		st.consumed = max(pos*frameSamples, st.cfg.done)
		st.progress = now
	}
	if st.link != nil && pos < st.sent {
		// The child was told that the leg is silent here (see idle), and it was only late: begin again from the last line.
		st.reopen(pos)
	}
	dropped := st.kept.write(pos, f)
	st.afterDrop()
	st.written, st.lastWrite = pos+1, now
	if st.written >= st.asked+sendEvery {
		st.asked = st.written
		st.ask()
	}
	st.mu.Unlock()
	st.service.dropped.Add(dropped)
}

// reopen makes the writer open the stream anew, under another number, with nothing after pos said. mu is held.
func (st *stream) reopen(pos int64) {
	st.link.retire(st.wire)
	st.link = nil
	st.consumed = min(st.consumed, pos*frameSamples)
}

// afterDrop keeps the invariant that nothing before the kept sound is wanted. mu is held.
func (st *stream) afterDrop() {
	st.consumed = max(st.consumed, st.kept.base*frameSamples)
	st.sent = max(st.sent, st.kept.base)
}

// Finish implements Stream.
func (st *stream) Finish() <-chan struct{} {
	st.mu.Lock()
	st.finishing = true
	st.progress = time.Now()
	nothing := !st.begun
	if !st.ended {
		st.ask()
	}
	st.mu.Unlock()
	if nothing || st.service.Status().State == Off {
		st.settle()
	}
	return st.done
}

// SetPrompt implements Stream.
func (st *stream) SetPrompt(prompt string) {
	st.setPriming(func(c *StreamConfig) { c.Prompt = clip(prompt, maxPromptBytes) })
}

// SetLanguage implements Stream.
func (st *stream) SetLanguage(language string) {
	st.setPriming(func(c *StreamConfig) { c.Language = clip(language, maxLanguageBytes) })
}

// setPriming changes what the child is to be told; a child that starts later is told it at once.
func (st *stream) setPriming(change func(*StreamConfig)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	before := st.cfg
	change(&st.cfg)
	if st.ended || before.Prompt == st.cfg.Prompt && before.Language == st.cfg.Language {
		return
	}
	st.primed = false
	if st.link != nil {
		st.ask()
	}
}

// settleIfFinishing ends the stream if nobody will write to it any more.
func (st *stream) settleIfFinishing() {
	st.mu.Lock()
	finishing := st.finishing
	st.mu.Unlock()
	if finishing {
		st.settle()
	}
}

// settle ends the stream where no line can follow: what was not heard is counted as dropped.
func (st *stream) settle() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended {
		return
	}
	st.kept.release(st.consumed / frameSamples)
	if n := st.kept.sounding(st.kept.next); n > 0 {
		st.service.dropped.Add(n)
		st.cutOff = true
		st.log.Warn("transcription ends before its last words", "stream", st.cfg.ID, "seconds", float64(n)/framesPerSec)
	}
	st.end()
}

// end marks the stream as ended and lets its sound go. mu is held.
func (st *stream) end() {
	st.ended = true
	if err := st.kept.close(); err != nil {
		st.log.Warn("kept audio", "stream", st.cfg.ID, "err", err)
	}
	st.leaveHome()
	st.service.forget(st)
	st.tell()
}

func (st *stream) hasEnded() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.ended
}

// wasCutOff reports whether the stream ended, or has not, with sound that was not heard.
func (st *stream) wasCutOff() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.cutOff || !st.ended
}

// tell wakes deliver.
func (st *stream) tell() {
	select {
	case st.notify <- struct{}{}:
	default:
	}
}

// tick is called ten times a second: it lets an idle leg count as silent, and gives a finished stream up of which the
// child hears nothing more.
func (st *stream) tick(now time.Time, finishWithin time.Duration) {
	st.mu.Lock()
	idle := now.Sub(st.lastWrite) - idleAfter
	if st.begun && !st.finishing && !st.ended && idle > 0 {
		to := st.written + min(int64(idle/media.FrameDuration), idleFrames)
		if to > st.kept.next {
			dropped := st.kept.extend(to)
			st.afterDrop()
			st.service.dropped.Add(dropped)
			st.ask()
		}
	}
	late := st.finishing && !st.ended && now.Sub(st.progress) > finishWithin
	st.mu.Unlock()
	if late {
		st.settle()
	}
}

// unheard is the number of frames that wait for the child.
func (st *stream) unheard() (waiting, keeping int64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.begun || st.ended {
		return 0, 0
	}
	from := st.consumed / frameSamples
	if st.link != nil {
		from = max(from, st.heard)
	}
	return max(st.written-from, 0), st.kept.next - st.kept.base
}

// resume lets sound be sent again after the Listener has caught up.
func (st *stream) resume() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.ended {
		st.ask()
	}
}

// deliver tells the Listener, from one goroutine and in order, until the stream has ended.
func (st *stream) deliver() {
	defer close(st.done)
	for range st.notify {
		for {
			st.mu.Lock()
			lines, english, partial, hasPartial, ended := st.lines, st.english, st.partial, st.hasPartial, st.ended
			st.lines, st.english, st.hasPartial = nil, nil, false
			if hasPartial {
				st.shown, st.shownMS = partial.Text != "", partial.StartMS
			}
			st.mu.Unlock()
			if len(lines) == 0 && len(english) == 0 && !hasPartial {
				if ended {
					return
				}
				break
			}
			for _, l := range lines {
				st.cfg.Listener.Line(l)
			}
			for _, e := range english {
				st.cfg.Listener.Translation(e.line, e.text)
			}
			if hasPartial {
				st.cfg.Listener.Partial(partial)
			}
			if len(lines) >= maxQueuedLines {
				st.resume()
			}
		}
	}
}
