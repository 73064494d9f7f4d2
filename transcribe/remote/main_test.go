package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/remote"
	"patchbay/transcribe/worker"
	"patchbay/transcribe/worker/workertest"
)

// asWorker makes the test's binary a worker of the URL in it.
const asWorker = "PATCHBAY_TEST_WORKER_OF"

const token = "dGhpcyBpcyBhIHRva2VuIG9mIGEgdGVzdA"

func TestMain(m *testing.M) {
	if url := os.Getenv(asWorker); url != "" {
		err := remote.Run(context.Background(), remote.Config{URL: url, Token: os.Getenv("TOKEN"), CA: os.Getenv("CA"),
			Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Options: options(os.Getenv("NAME"))})
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func options(name string) worker.Options {
	return worker.Options{Name: name, Program: "test", Workers: 2, Log: slog.New(slog.DiscardHandler),
		Load: func(model, _ string) (transcribe.Engine, error) {
			if model != "base" {
				return nil, fmt.Errorf("the model %q is not on this machine: patchbay models pull", model)
			}
			return &workertest.Engine{}, nil
		}}
}

// house is a server that takes workers, without one of its own.
type house struct {
	service *transcribe.Service
	handler http.Handler
	version string // that it wants of workers, where not ""
	turns   chan turn
}

func openHouse(t *testing.T, model string) *house {
	h := &house{turns: make(chan turn, 64)}
	h.service = transcribe.NewService(transcribe.Config{NoChild: true, Dir: t.TempDir(), Model: model,
		OnWorker: func(w transcribe.WorkerStatus, err error) { h.turns <- turn{w, err} }})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.service.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	problem := func(w http.ResponseWriter, status int, detail string) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"detail":%q}`, detail)
	}
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		theirs, same := remote.SameVersion(r)
		switch {
		case !remote.HasToken(r, token):
			problem(w, http.StatusUnauthorized, "the token is not the server's")
			return
		case !same || h.version != "" && theirs != h.version:
			problem(w, http.StatusUpgradeRequired, "run the same patchbay on both machines")
			return
		}
		peer, err := remote.Accept(w, r, problem)
		if err != nil {
			return
		}
		serving.Add(1)
		defer serving.Done()
		_ = h.service.Attach(context.Background(), peer)
	})
	return h
}

// turn is a worker that has come, or, with an error, gone.
type turn struct {
	worker transcribe.WorkerStatus
	err    error
}

// is tells whether it is the worker of that name; where the server has not missed the last one yet, the next is its "#2".
func (e turn) is(name string) bool {
	base, _, _ := strings.Cut(e.worker.Name, "#")
	return base == name
}

// comes waits until a worker has come, and gives its state then.
func (h *house) comes(t *testing.T, name string) transcribe.WorkerStatus {
	t.Helper()
	return h.next(t, name+" comes", func(e turn) bool { return e.err == nil && e.is(name) }).worker
}

// goes waits until a worker has gone, and gives the reason.
func (h *house) goes(t *testing.T, name string) error {
	t.Helper()
	return h.next(t, name+" goes", func(e turn) bool { return e.err != nil && e.is(name) }).err
}

// next waits for a turn; those before it are passed over.
func (h *house) next(t *testing.T, what string, wanted func(turn) bool) turn {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case e := <-h.turns:
			if wanted(e) {
				return e
			}
		case <-limit:
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func (h *house) streams(name string) int {
	for _, w := range h.service.Workers() {
		if w.Name == name {
			return w.Streams
		}
	}
	return -1
}

// ear writes down every word with its time.
type ear struct {
	mu    sync.Mutex
	words []string
}

func (e *ear) Partial(transcribe.Partial) {}

func (e *ear) Translation(string, string) {}

func (e *ear) Line(l transcribe.Line) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range l.Words {
		e.words = append(e.words, fmt.Sprintf("%d:%s", w.StartMS, w.Text))
	}
}

func (e *ear) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.words, " ")
}

// speech is a leg's sound with a word each 0.4 to 1.4 s, and what stands in its transcript.
func speech(n int) (samples []int16, text string) {
	var want []string
	at := 0
	for i := range n {
		at += 4800 + i%3*8000
		for len(samples) < at+2*workertest.WordSamples {
			samples = append(samples, make([]int16, media.FrameSamples)...)
		}
		workertest.Say(samples, at, i)
		want = append(want, fmt.Sprintf("%d:%s", at/16, workertest.Word(i)))
		at += workertest.WordSamples
	}
	return samples, strings.Join(want, " ")
}

// relay is a network between a worker and its server: it can freeze, which no end is told.
type relay struct {
	listener net.Listener
	frozen   atomic.Bool
	mu       sync.Mutex
	conns    []net.Conn
	wg       sync.WaitGroup
}

func openRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l}
	r.wg.Go(func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", to)
			if err != nil {
				a.Close()
				return
			}
			r.mu.Lock()
			r.conns = append(r.conns, a, b)
			r.mu.Unlock()
			r.wg.Go(func() { r.carry(a, b) })
			r.wg.Go(func() { r.carry(b, a) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		r.cut()
		r.wg.Wait()
	})
	return r
}

// cut closes every connection.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
}

func (r *relay) carry(from, to net.Conn) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if r.frozen.Load() {
			_, _ = io.Copy(io.Discard, from) // it is lost on the way; the ends hear of nothing
			return
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				from.Close()
				return
			}
		}
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				to.Close()
			}
			return
		}
	}
}
