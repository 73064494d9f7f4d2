package transcribe_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/worker"
	"patchbay/transcribe/worker/workertest"
)

// serve runs the real worker behind pipes.
func serve(engine *workertest.Engine) func(io.ReadCloser, io.WriteCloser) {
	return func(r io.ReadCloser, w io.WriteCloser) {
		_ = worker.Serve(context.Background(), r, w, engine, slog.New(slog.DiscardHandler))
	}
}

// inSteps runs f with a Service under a stepped clock; children are calls of serve.
func inSteps(t *testing.T, cfg transcribe.Config, serve func(io.ReadCloser, io.WriteCloser), f func(t *testing.T, h *house)) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t}
		cfg.OnStatus = h.status
		h.run(transcribe.NewPipeService(cfg, serve))
		f(t, h)
		h.stop()
	})
}

// timed is a Listener that notes when things come.
type timed struct {
	partial, line time.Time // the first ones
}

func (l *timed) Partial(transcribe.Partial) {
	if l.partial.IsZero() {
		l.partial = time.Now()
	}
}

func (l *timed) Translation(string, string) {}

func (l *timed) Line(transcribe.Line) {
	if l.line.IsZero() {
		l.line = time.Now()
	}
}

// The budgets of the design, with a recogniser that takes 0.15 s a pass: what the protocol and the segmentation add.
func TestWordsComeWithinTheBudget(t *testing.T) {
	engine := &workertest.Engine{OnDecode: func(context.Context, transcribe.Pass) error {
		time.Sleep(150 * time.Millisecond)
		return nil
	}}
	inSteps(t, transcribe.Config{Workers: 1}, serve(engine), func(t *testing.T, h *house) {
		samples := make([]int16, 5*16000)
		for w := range 5 {
			workertest.Say(samples, 16000+w*workertest.WordSamples, w) // from 1.0 to 2.5 s
		}
		l := &timed{}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: l})
		begin := time.Now()
		for i := range int64(5 * 50) {
			time.Sleep(media.FrameDuration)
			st.Write(i, (*media.Frame)(samples[i*media.FrameSamples:]))
		}
		if late := l.partial.Sub(begin) - time.Second; late <= 0 || late > 700*time.Millisecond {
			t.Errorf("first partial %v after speech began", late)
		}
		if late := l.line.Sub(begin) - 2500*time.Millisecond; late <= 0 || late > 700*time.Millisecond {
			t.Errorf("final %v after the last word", late) // half a second of it is hangover
		}
	})
}

func TestALegThatFallsSilentGetsItsLine(t *testing.T) {
	inSteps(t, transcribe.Config{}, serve(&workertest.Engine{}), func(t *testing.T, h *house) {
		sc := newScript(0, 30)
		e := &ear{}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/agent", Listener: e})
		sc.write(st, 0, 26) // word 0 and a piece of silence, then no frames at all
		time.Sleep(1400 * time.Millisecond)
		synctest.Wait()
		if e.count() != 1 {
			t.Fatalf("%d lines, want 1", e.count())
		}
		// It was not silent: its frames were late. None of them is lost.
		sc.write(st, 26, sc.frames())
		<-st.Finish()
		if got := e.heard(); got != sc.text() {
			t.Errorf("\ngot  %s\nwant %s", got, sc.text())
		}
	})
}

func TestAudioIsKeptWhileTranscriptionIsOff(t *testing.T) {
	dir := t.TempDir()
	var pulled atomic.Bool
	child := func(r io.ReadCloser, w io.WriteCloser) {
		if !pulled.Load() {
			_ = worker.Refuse(w, "the speech model is missing: run patchbay models pull")
			return
		}
		serve(&workertest.Engine{})(r, w)
	}
	cfg := transcribe.Config{Dir: dir, MaxMemory: 2 * time.Second, MaxKept: 40 * time.Second, OffRetry: 30 * time.Second}
	inSteps(t, cfg, child, func(t *testing.T, h *house) {
		sc := newScript(0, 100)
		e := &ear{}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
		for i := range sc.frames() {
			sc.write(st, i, i+1)
			if i%500 == 0 {
				time.Sleep(200 * time.Millisecond) // the keeper's rounds
			}
		}
		synctest.Wait()
		if s := h.s.Status(); s.State != transcribe.Off {
			t.Errorf("status %+v", s)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("what callers said lies in files: %v %v", files, err)
		}
		if !isOpen(t, dir) {
			t.Error("nothing was spooled")
		}
		dropped := h.s.Metrics().DroppedSeconds
		if want := float64(sc.frames())/50 - 40; dropped < want-2 || dropped > want+0.1 {
			t.Errorf("%v s dropped of %v", dropped, float64(sc.frames())/50)
		}
		pulled.Store(true)
		time.Sleep(31 * time.Second)
		<-st.Finish()
		words := strings.Fields(e.heard())
		// The first word may have been cut by the limit; all after it are there.
		if n := len(words); n < 30 || !slices.Equal(words[1:], sc.want[len(sc.want)-n+1:]) {
			t.Errorf("\ngot  %s\nwant the end of %s", words, sc.text())
		}
		if isOpen(t, dir) {
			t.Error("the spool file is still open")
		}
	})
}

// isOpen reports whether this process holds an unlinked file of dir.
func isOpen(t *testing.T, dir string) bool {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if target, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(target, dir+"/kept-") {
			return strings.HasSuffix(target, "(deleted)")
		}
	}
	return false
}

func TestASlowListenerGetsEveryLineAndTheNewestPartial(t *testing.T) {
	inSteps(t, transcribe.Config{}, serve(&workertest.Engine{}), func(t *testing.T, h *house) {
		sc := newScript(0, 150)
		e := &ear{hold: make(chan struct{})}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
		for i := range sc.frames() {
			time.Sleep(media.FrameDuration)
			sc.write(st, i, i+1)
		}
		synctest.Wait()
		close(e.hold)
		<-st.Finish()
		if got := e.heard(); got != sc.text() {
			t.Errorf("\ngot  %s\nwant %s", got, sc.text())
		}
		if n := len(e.partials); n > 8 {
			t.Errorf("%d partials were queued for a listener that did not listen", n)
		}
	})
}

func TestPartialsGrowAndAreCleared(t *testing.T) {
	inSteps(t, transcribe.Config{}, serve(&workertest.Engine{}), func(t *testing.T, h *house) {
		sc := newScript(0, 60)
		e := &ear{}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
		for i := range sc.frames() {
			time.Sleep(media.FrameDuration)
			sc.write(st, i, i+1)
		}
		<-st.Finish()
		grown := 0
		for i, p := range e.partials {
			if i > 0 && p.Text != "" && strings.HasPrefix(p.Text, e.partials[i-1].Text+" ") {
				grown++
			}
		}
		if grown == 0 || e.partials[len(e.partials)-1].Text != "" {
			t.Errorf("partials %+v", e.partials)
		}
	})
}

func TestASilentChildIsKilled(t *testing.T) {
	var mu sync.Mutex
	var born []time.Time
	child := func(r io.ReadCloser, w io.WriteCloser) {
		mu.Lock()
		born = append(born, time.Now())
		first := len(born) == 1
		mu.Unlock()
		if !first {
			serve(&workertest.Engine{})(r, w)
			return
		}
		mw := transcribe.NewMessageWriter(w)
		_ = errors.Join(mw.Write(&transcribe.HelloMessage{Version: transcribe.ProtocolVersion}), mw.Flush())
		_, _ = io.Copy(io.Discard, r) // it hears, and says nothing
	}
	inSteps(t, transcribe.Config{}, child, func(t *testing.T, h *house) {
		sc := newScript(0, 10)
		e := &ear{}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
		sc.write(st, 0, sc.frames())
		<-st.Finish()
		if got := e.heard(); got != sc.text() {
			t.Errorf("\ngot  %s\nwant %s", got, sc.text())
		}
		if len(born) != 2 || born[1].Sub(born[0]) > 6*time.Second {
			t.Errorf("children were born at %v", born)
		}
		var states []transcribe.State
		for _, s := range h.history() {
			states = append(states, s.State)
		}
		if !slices.Equal(slices.Compact(states), []transcribe.State{transcribe.Ready, transcribe.Loading, transcribe.Ready}) {
			t.Errorf("states %v", states)
		}
	})
}

func TestFinishDoesNotWaitForEver(t *testing.T) {
	child := func(r io.ReadCloser, w io.WriteCloser) { // heartbeats, and nothing else
		mw := transcribe.NewMessageWriter(w)
		m := transcribe.Message(&transcribe.HelloMessage{Version: transcribe.ProtocolVersion})
		go func() { _, _ = io.Copy(io.Discard, r) }()
		for errors.Join(mw.Write(m), mw.Flush()) == nil {
			time.Sleep(time.Second)
			m = &transcribe.StatsMessage{}
		}
	}
	inSteps(t, transcribe.Config{}, child, func(t *testing.T, h *house) {
		sc := newScript(0, 10)
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: &ear{}})
		sc.write(st, 0, sc.frames())
		begin := time.Now()
		<-st.Finish()
		if took := time.Since(begin); took < 59*time.Second || took > 62*time.Second {
			t.Errorf("given up after %v", took)
		}
		if m := h.s.Metrics(); m.Streams != 0 || m.DroppedSeconds == 0 {
			t.Errorf("metrics %+v", m)
		}
	})
}

// A stretch that kills every recogniser is given up; what comes after it is not.
func TestAStretchThatKillsIsGivenUp(t *testing.T) {
	child := func(r io.ReadCloser, w io.WriteCloser) {
		ctx, die := context.WithCancel(context.Background())
		defer die()
		engine := &workertest.Engine{OnDecode: func(_ context.Context, p transcribe.Pass) error {
			// Word 0 is said in the stream's first second.
			if p.From < 8000 && p.Audio.Len() < 40_000 {
				die()
			}
			return nil
		}}
		_ = worker.Serve(ctx, r, w, engine, slog.New(slog.DiscardHandler))
	}
	inSteps(t, transcribe.Config{OffRetry: 5 * time.Second}, child, func(t *testing.T, h *house) {
		samples := make([]int16, 60*16000)
		workertest.Say(samples, 0, 1)
		for at := 5 * 16000; at+workertest.WordSamples < len(samples); at += 32000 {
			workertest.Say(samples, at, 2)
		}
		e := &ear{}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
		for i := range int64(len(samples) / media.FrameSamples) {
			time.Sleep(media.FrameDuration)
			st.Write(i, (*media.Frame)(samples[i*media.FrameSamples:]))
		}
		<-st.Finish()
		if n := e.count(); n < 15 {
			t.Errorf("%d lines", n)
		}
		if m := h.s.Metrics(); m.DroppedSeconds == 0 || m.DroppedSeconds > 12 {
			t.Errorf("metrics %+v", m)
		}
	})
}

func TestAnotherProtocolTurnsTranscriptionOff(t *testing.T) {
	for name, c := range map[string]struct {
		first transcribe.Message
		want  string
	}{
		"another version": {&transcribe.HelloMessage{Version: 9}, "restart patchbay after an update"},
		"no model":        {&transcribe.OffMessage{Reason: "it is gone: pull it"}, "it is gone: pull it"},
	} {
		child := func(_ io.ReadCloser, w io.WriteCloser) {
			mw := transcribe.NewMessageWriter(w)
			_ = errors.Join(mw.Write(c.first), mw.Flush())
		}
		t.Run(name, func(t *testing.T) {
			inSteps(t, transcribe.Config{}, child, func(t *testing.T, h *house) {
				time.Sleep(10 * time.Second)
				if s := h.s.Status(); s.State != transcribe.Off || !strings.Contains(s.Reason, c.want) {
					t.Errorf("status %+v", s)
				}
			})
		})
	}
}
