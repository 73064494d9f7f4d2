package transcribe_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/worker"
	"patchbay/transcribe/worker/workertest"
)

// childEnv makes the test binary a recogniser; its value says how it behaves.
const childEnv = "PATCHBAY_TEST_RECOGNISER"

// ownNiceness is that of this process at its start.
var ownNiceness int

func TestMain(m *testing.M) {
	if mode := os.Getenv(childEnv); mode != "" {
		os.Exit(beChild(mode))
	}
	var err error
	if ownNiceness, err = readNiceness(os.Getpid()); err != nil { // before any of its threads starts a child
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// beChild is the child process: the real worker with the recogniser of workertest.
func beChild(mode string) int {
	in, out, err := worker.Stdio()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("what a library prints to stdout must not reach the protocol")
	fmt.Fprintf(os.Stderr, "pid=%d\n", os.Getpid())
	engine := &workertest.Engine{}
	switch mode {
	case "off":
		if err := worker.Refuse(out, "the speech model is missing: run patchbay models pull"); err != nil {
			return 1
		}
		return 78
	case "crash":
		return 3
	case "slow":
		engine.OnDecode = func(ctx context.Context, _ transcribe.Pass) error {
			select {
			case <-time.After(20 * time.Millisecond):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	if err := worker.Serve(context.Background(), in, out, engine, slog.New(slog.DiscardHandler)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// pidLog is a log handler that reads the children's numbers.
type pidLog struct {
	slog.Handler
	mu   sync.Mutex
	pids []int
}

func (l *pidLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *pidLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if n, ok := strings.CutPrefix(a.Value.String(), "pid="); ok {
			if pid, err := strconv.Atoi(n); err == nil {
				l.mu.Lock()
				l.pids = append(l.pids, pid)
				l.mu.Unlock()
			}
		}
		return true
	})
	return nil
}

// last is the number of the youngest child, and how many there were.
func (l *pidLog) last() (pid, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pids) == 0 {
		return 0, 0
	}
	return l.pids[len(l.pids)-1], len(l.pids)
}

// house is a Service with everything that it says written down.
type house struct {
	t    *testing.T
	s    *transcribe.Service
	log  *pidLog
	stop func()

	mu     sync.Mutex
	states []transcribe.Status
}

// openHouse runs a Service with children of this binary.
func openHouse(t *testing.T, mode string, cfg transcribe.Config) *house {
	cfg.Command, cfg.Env = []string{os.Args[0]}, []string{childEnv + "=" + mode}
	cfg.Dir = t.TempDir()
	h := &house{t: t, log: &pidLog{Handler: slog.DiscardHandler}}
	cfg.Log = slog.New(h.log)
	cfg.OnStatus = h.status
	h.run(transcribe.NewService(cfg))
	return h
}

func (h *house) run(s *transcribe.Service) {
	h.s = s
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			h.t.Errorf("Run: %v", err)
		}
		if err := s.Close(); err != nil {
			h.t.Errorf("Close: %v", err)
		}
	})
	h.t.Cleanup(h.stop)
}

func (h *house) status(s transcribe.Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states = append(h.states, s)
}

func (h *house) history() []transcribe.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]transcribe.Status(nil), h.states...)
}

// eventually waits for another process; nothing else needs it.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// ear is a Listener that writes down.
type ear struct {
	mu       sync.Mutex
	lines    []transcribe.Line
	partials []transcribe.Partial
	english  []string
	hold     chan struct{} // where set, every call waits for it
}

func (e *ear) Line(l transcribe.Line) {
	if e.hold != nil {
		<-e.hold
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lines = append(e.lines, l)
}

func (e *ear) Translation(line, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.english = append(e.english, line+": "+text)
}

func (e *ear) Partial(p transcribe.Partial) {
	if e.hold != nil {
		<-e.hold
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.partials = append(e.partials, p)
}

// heard lists every word with its time: "1200:w1 …".
func (e *ear) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, l := range e.lines {
		for _, w := range l.Words {
			out = append(out, fmt.Sprintf("%d:%s", w.StartMS, w.Text))
		}
	}
	return strings.Join(out, " ")
}

func (e *ear) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.lines)
}

// script is a leg's sound with words at known times.
type script struct {
	samples []int16
	start   int64 // frame at which it begins
	want    []string
}

// newScript says n words: phrases of one to five, with pauses from 0.3 to 2.4 s between them.
func newScript(start int64, n int) *script {
	s := &script{start: start}
	at := 0
	for i := range n {
		if i*i%5 == 0 {
			at += 4800 + i%8*4800
		}
		for len(s.samples) < at+2*workertest.WordSamples {
			s.samples = append(s.samples, make([]int16, media.FrameSamples)...)
		}
		workertest.Say(s.samples, at, i)
		s.want = append(s.want, fmt.Sprintf("%d:%s", start*20+int64(at/16), workertest.Word(i)))
		at += workertest.WordSamples
	}
	return s
}

func (s *script) frames() int { return len(s.samples) / media.FrameSamples }

// write gives frames from…to to the stream.
func (s *script) write(st transcribe.Stream, from, to int) {
	for i := from; i < to; i++ {
		st.Write(s.start+int64(i), (*media.Frame)(s.samples[i*media.FrameSamples:]))
	}
}

func (s *script) text() string { return strings.Join(s.want, " ") }
