package transcribe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/worker"
	"patchbay/transcribe/worker/workertest"
)

// machine is a worker on another machine, behind a network that a test can cut, freeze or slow down.
type machine struct {
	attached chan error
	frozen   atomic.Bool
	slow     atomic.Int64 // bytes a second towards the machine; 0 = no limit
	once     sync.Once
	cut      func()
}

// attach connects a machine with an engine to the house.
func (h *house) attach(name string, cores int, engine *workertest.Engine) *machine {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	m := &machine{attached: make(chan error, 1)}
	m.cut = func() {
		m.once.Do(func() {
			inR.CloseWithError(io.ErrClosedPipe)
			outW.CloseWithError(io.EOF)
		})
	}
	go func() {
		_ = worker.ServeHost(context.Background(), inR, outW, worker.Options{Name: name, Workers: cores, Log: slog.New(slog.DiscardHandler),
			Load: func(string, string) (transcribe.Engine, error) { return engine, nil }})
		m.cut()
	}()
	go func() {
		m.attached <- h.s.Attach(context.Background(), transcribe.Peer{Address: "192.0.2.1:" + name, Conn: &wire{m: m, r: outR, w: inW}})
		m.cut()
	}()
	return m
}

// wire is the server's end of the network.
type wire struct {
	m    *machine
	r    *io.PipeReader
	w    *io.PipeWriter
	once sync.Once
	shut chan struct{}
	mu   sync.Mutex
}

func (w *wire) closed() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shut == nil {
		w.shut = make(chan struct{})
	}
	return w.shut
}

// wait stands still while the network does.
func (w *wire) wait() error {
	for w.m.frozen.Load() {
		select {
		case <-w.closed():
			return io.ErrClosedPipe
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if werr := w.wait(); werr != nil {
		return 0, werr
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	if err := w.wait(); err != nil {
		return 0, err
	}
	if rate := w.m.slow.Load(); rate > 0 {
		select {
		case <-w.closed():
			return 0, io.ErrClosedPipe
		case <-time.After(time.Duration(len(p)) * time.Second / time.Duration(rate)):
		}
	}
	return w.w.Write(p)
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed()) })
	return errors.Join(w.r.CloseWithError(io.ErrClosedPipe), w.w.CloseWithError(io.EOF))
}

// talk speaks a script into a new stream in real time, and calls at for each of its frames.
func (h *house) talk(sc *script, e *ear, at func(frame int)) <-chan struct{} {
	st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
	for i := range sc.frames() {
		time.Sleep(media.FrameDuration)
		sc.write(st, i, i+1)
		if at != nil {
			at(i)
		}
	}
	return st.Finish()
}

// workers tells who has how many streams.
func (h *house) workers() string {
	var list []string
	for _, w := range h.s.Workers() {
		list = append(list, fmt.Sprintf("%s:%d", w.Name, w.Streams))
	}
	return strings.Join(list, " ")
}

// remoteOnly is a house without a recogniser of its own.
func remoteOnly(t *testing.T, cfg transcribe.Config, f func(t *testing.T, h *house)) {
	cfg.NoChild = true
	inSteps(t, cfg, nil, func(t *testing.T, h *house) {
		time.Sleep(time.Millisecond) // Run has begun
		f(t, h)
	})
}

func (h *house) wantReady(t *testing.T) {
	t.Helper()
	time.Sleep(10 * time.Millisecond)
	if s := h.s.Status(); s.State != transcribe.Ready {
		t.Fatalf("status %+v", s)
	}
}

// A worker that dies in mid-call costs no word: another takes the call over where its last line ended.
func TestCallsMoveWhenAWorkerDies(t *testing.T) {
	remoteOnly(t, transcribe.Config{}, func(t *testing.T, h *house) {
		one := h.attach("one", 2, &workertest.Engine{})
		h.wantReady(t)
		two := (*machine)(nil)
		sc, e := newScript(50, 120), &ear{}
		<-h.talk(sc, e, func(frame int) {
			switch frame {
			case sc.frames() / 4:
				two = h.attach("two", 2, &workertest.Engine{})
			case sc.frames() / 3: // in mid-word
				one.cut()
			case sc.frames() / 2:
				if got := h.workers(); got != "two:1" {
					t.Errorf("workers %s", got)
				}
				one = h.attach("one", 2, &workertest.Engine{})
			case sc.frames() * 3 / 4:
				two.cut()
			}
		})
		if got := e.heard(); got != sc.text() {
			t.Errorf("\ngot  %s\nwant %s", got, sc.text())
		}
		if m := h.s.Metrics(); m.DroppedSeconds != 0 {
			t.Errorf("metrics %+v", m)
		}
	})
}

// A network that freezes takes nothing and says nothing, and is not closed either: within some two seconds others have its calls.
func TestAFrozenNetworkFallsBack(t *testing.T) {
	remoteOnly(t, transcribe.Config{}, func(t *testing.T, h *house) {
		one := h.attach("one", 4, &workertest.Engine{}) // it has more room, and so the call
		time.Sleep(10 * time.Millisecond)
		h.attach("two", 1, &workertest.Engine{})
		h.wantReady(t)
		sc, e := newScript(0, 100), &ear{}
		freeze := sc.frames() / 3
		lines := 0
		<-h.talk(sc, e, func(frame int) {
			switch frame {
			case freeze:
				if got := h.workers(); got != "one:1 two:0" {
					t.Errorf("workers %s", got)
				}
				one.frozen.Store(true)
				lines = e.count()
			case freeze + 3*50:
				if got := h.workers(); got != "one:0 two:1" || !h.s.Workers()[0].Silent {
					t.Errorf("3 s after the network froze: %s, %+v", got, h.s.Workers())
				}
			case freeze + 5*50:
				if e.count() == lines {
					t.Error("no line within 5 s")
				}
			}
		})
		if err := <-one.attached; err == nil || !strings.Contains(err.Error(), "silent") {
			t.Errorf("the frozen connection ended with %v", err)
		}
		if got := e.heard(); got != sc.text() {
			t.Errorf("\ngot  %s\nwant %s", got, sc.text())
		}
	})
}

// A network that carries less than speech needs lets the call go to another.
func TestASlowNetworkFallsBack(t *testing.T) {
	remoteOnly(t, transcribe.Config{}, func(t *testing.T, h *house) {
		one := h.attach("one", 4, &workertest.Engine{})
		time.Sleep(10 * time.Millisecond)
		h.attach("two", 1, &workertest.Engine{})
		h.wantReady(t)
		sc, e := newScript(0, 150), &ear{}
		moved := 0
		<-h.talk(sc, e, func(frame int) {
			if frame == 100 {
				one.slow.Store(16_000) // half of what one voice has
			}
			if moved == 0 && h.workers() == "one:0 two:1" {
				moved = frame
			}
		})
		if moved == 0 || moved > 100+8*50 {
			t.Errorf("the call moved at frame %d", moved)
		}
		if got := e.heard(); got != sc.text() {
			t.Errorf("\ngot  %s\nwant %s", got, sc.text())
		}
	})
}

// Calls go where there is room for them, by cores; a worker whose lines are late gives some away.
func TestCallsAreSpreadByRoom(t *testing.T) {
	slow := &workertest.Engine{OnDecode: func(context.Context, transcribe.Pass) error { time.Sleep(1200 * time.Millisecond); return nil }}
	child := serve(&workertest.Engine{})
	inSteps(t, transcribe.Config{Workers: 1}, func(r io.ReadCloser, w io.WriteCloser) { child(r, w) }, func(t *testing.T, h *house) {
		h.wantReady(t)
		h.attach("big", 4, slow)
		time.Sleep(10 * time.Millisecond)
		var ears [10]ear
		var done sync.WaitGroup
		for i := range ears {
			sc := newScript(0, 60)
			done.Go(func() {
				<-h.talk(sc, &ears[i], nil)
				if got := ears[i].heard(); got != sc.text() {
					t.Errorf("%d:\ngot  %s\nwant %s", i, got, sc.text())
				}
			})
			time.Sleep(100 * time.Millisecond)
		}
		if got := h.workers(); got != "big:8 local:2" && got != "local:2 big:8" {
			t.Errorf("ten calls: %s", got)
		}
		done.Wait()
	})
}

// Without a recogniser of its own a server waits for others, says so, and is off only after a while.
func TestNoWorkerIsSaid(t *testing.T) {
	remoteOnly(t, transcribe.Config{OffRetry: 20 * time.Second}, func(t *testing.T, h *house) {
		time.Sleep(time.Second)
		if s := h.s.Status(); s.State != transcribe.Loading || !strings.Contains(s.Reason, "patchbay transcriber --connect") {
			t.Errorf("status %+v", s)
		}
		sc, e := newScript(0, 20), &ear{}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
		sc.write(st, 0, sc.frames())
		time.Sleep(20 * time.Second)
		if s := h.s.Status(); s.State != transcribe.Off {
			t.Errorf("status %+v", s)
		}
		h.attach("late", 1, &workertest.Engine{}) // and finds what was said
		h.wantReady(t)
		<-st.Finish()
		if got := e.heard(); got != sc.text() {
			t.Errorf("\ngot  %s\nwant %s", got, sc.text())
		}
	})
}

// Who breaks the protocol is put out; the calls go on with others.
func TestAWorkerThatLiesIsPutOut(t *testing.T) {
	hello := &transcribe.HelloMessage{Version: transcribe.ProtocolVersion, Workers: 1 << 30, Name: "liar\x00\n", Model: "base"}
	flood := make([]transcribe.Message, 5000)
	for i := range flood {
		flood[i] = &transcribe.LineMessage{Stream: 1, Line: transcribe.Line{ID: fmt.Sprint(i), StartMS: 1, EndMS: 2, Text: "buy"}}
	}
	for name, c := range map[string]struct {
		says []transcribe.Message
		want string
	}{
		"more than was said":  {append([]transcribe.Message{hello}, flood...), "malformed"},
		"words of the future": {[]transcribe.Message{hello, &transcribe.LineMessage{Stream: 1, Line: transcribe.Line{StartMS: 1 << 40, EndMS: 1 << 40}}}, "malformed"},
		"end before start":    {[]transcribe.Message{hello, &transcribe.LineMessage{Stream: 1, Line: transcribe.Line{StartMS: 9, EndMS: 3}}}, "malformed"},
		"the host's messages": {[]transcribe.Message{hello, &transcribe.FinishMessage{Stream: 1}}, "unexpected"},
		"another version":     {[]transcribe.Message{&transcribe.HelloMessage{Version: 99}}, "version 99"},
		"another model":       {[]transcribe.Message{&transcribe.HelloMessage{Version: transcribe.ProtocolVersion, Model: "tiny"}}, "both must run the same"},
		"no hello":            {[]transcribe.Message{&transcribe.StatsMessage{}}, "it begins with"},
		"no model":            {[]transcribe.Message{&transcribe.OffMessage{Reason: "it is gone"}}, "it is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			child := serve(&workertest.Engine{})
			inSteps(t, transcribe.Config{Model: "base", Workers: 1}, func(r io.ReadCloser, w io.WriteCloser) { child(r, w) }, func(t *testing.T, h *house) {
				h.wantReady(t)
				inR, inW := io.Pipe()
				outR, outW := io.Pipe()
				m := &machine{attached: make(chan error, 1)}
				go func() {
					m.attached <- h.s.Attach(context.Background(), transcribe.Peer{Address: "192.0.2.9:1", Conn: &wire{m: m, r: outR, w: inW}})
				}()
				go func() { _, _ = io.Copy(io.Discard, inR) }()
				go func() {
					mw := transcribe.NewMessageWriter(outW)
					for i, say := range c.says {
						if errors.Join(mw.Write(say), mw.Flush()) != nil {
							return
						}
						if i == 0 {
							time.Sleep(time.Second) // the call begins
						}
					}
				}()
				time.Sleep(10 * time.Millisecond)
				sc, e := newScript(0, 30), &ear{}
				<-h.talk(sc, e, nil)
				if err := <-m.attached; err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("it ended with %v, want %q", err, c.want)
				}
				var own []string // what the liar said besides is no more than a few lines
				for _, w := range strings.Fields(e.heard()) {
					if strings.Contains(w, ":w") {
						own = append(own, w)
					}
				}
				if got := strings.Join(own, " "); got != sc.text() {
					t.Errorf("\ngot  %s\nwant %s", got, sc.text())
				}
			})
		})
	}
}
