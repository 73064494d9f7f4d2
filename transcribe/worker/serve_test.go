package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/transcribe"
	"patchbay/transcribe/worker/workertest"
)

// host is the other end of a Serve that runs in this process.
type host struct {
	t      *testing.T
	in     *io.PipeWriter
	out    *io.PipeReader
	w      *transcribe.MessageWriter
	r      *transcribe.MessageReader
	cancel context.CancelFunc
	served chan error
}

func newHost(t *testing.T, engine transcribe.Engine, workers int) *host {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	h := &host{t: t, in: inW, out: outR, w: transcribe.NewMessageWriter(inW), r: transcribe.NewMessageReader(outR), served: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	go func() {
		h.served <- Serve(ctx, inR, outW, engine, slog.New(slog.DiscardHandler))
		outW.Close()
	}()
	h.send(&transcribe.HelloMessage{Version: transcribe.ProtocolVersion, Workers: workers})
	return h
}

func (h *host) send(messages ...transcribe.Message) {
	h.t.Helper()
	for _, m := range messages {
		if err := errors.Join(h.w.Write(m), h.w.Flush()); err != nil {
			h.t.Fatal(err)
		}
	}
}

// until reads messages up to one of type M.
func until[M transcribe.Message](h *host) M {
	h.t.Helper()
	for {
		m, err := h.r.Read()
		if err != nil {
			h.t.Fatal(err)
		}
		if m, ok := m.(M); ok {
			return m
		}
	}
}

// end lets Serve's output go and returns its error.
func (h *host) end() error {
	go func() { _, _ = io.Copy(io.Discard, h.out) }()
	err := <-h.served
	h.cancel()
	h.in.Close()
	h.out.Close()
	return err
}

func TestServeSpeaksTheProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &workertest.Engine{}, 2)
		if hello := until[*transcribe.HelloMessage](h); *hello != (transcribe.HelloMessage{Version: transcribe.ProtocolVersion, Workers: 2}) {
			t.Errorf("hello %+v", hello)
		}
		h.send(&transcribe.OpenMessage{Stream: 1})
		sound := speech(1, 400)
		h.send(&transcribe.SoundMessage{Stream: 1, Samples: sound})
		if heard := until[*transcribe.HeardMessage](h); heard.Heard != 50 || heard.Consumed > 400*16 {
			t.Errorf("heard %+v", heard)
		}
		h.send(&transcribe.SoundMessage{Stream: 99, Samples: sound}) // nobody's
		h.send(&transcribe.FinishMessage{Stream: 1})
		if line := until[*transcribe.LineMessage](h); line.Line.Text != "w1" || line.Stream != 1 {
			t.Errorf("line %+v", line)
		}
		until[*transcribe.FinishedMessage](h)
		if stats := until[*transcribe.StatsMessage](h); stats.Streams != 1 || stats.Passes != 1 {
			t.Errorf("stats %+v", stats)
		}
		h.send(&transcribe.CloseMessage{Stream: 1})
		h.in.Close()
		if err := h.end(); err != nil {
			t.Errorf("at the end of input: %v", err)
		}
	})
}

func TestServeRefusesABrokenHost(t *testing.T) {
	for name, messages := range map[string][]transcribe.Message{
		"the wrong direction": {&transcribe.FinishedMessage{Stream: 1}},
		"a stream twice":      {&transcribe.OpenMessage{Stream: 1}, &transcribe.OpenMessage{Stream: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, &workertest.Engine{}, 1)
				h.send(messages...)
				if err := h.end(); !errors.Is(err, transcribe.ErrProtocol) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

func TestServeRefusesAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := newHost(t, &workertest.Engine{OnDecode: func(ctx context.Context, _ transcribe.Pass) error {
			select {
			case <-release:
			case <-ctx.Done():
			}
			return nil
		}}, 1)
		go func() { _, _ = io.Copy(io.Discard, h.out) }()
		h.send(&transcribe.OpenMessage{Stream: 1})
		sound := speech(1, 100)
		var err error
		for pos := int64(0); err == nil && pos < 3000*50; pos += 50 {
			err = errors.Join(h.w.Write(&transcribe.SoundMessage{Stream: 1, Pos: pos, Samples: sound}), h.w.Flush())
		}
		if err := <-h.served; !errors.Is(err, errInboxFull) {
			t.Errorf("%v", err)
		}
		close(release)
		h.cancel()
		h.in.Close()
		h.out.Close()
	})
}

func TestServeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, &workertest.Engine{}, 1)
		h.send(&transcribe.OpenMessage{Stream: 1})
		h.cancel()
		if err := h.end(); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

func TestServeGivesAHangingEngineUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		h := newHost(t, &workertest.Engine{OnDecode: func(context.Context, transcribe.Pass) error {
			<-wake // deaf to its context, like a run of the network
			return nil
		}}, 1)
		begin := time.Now()
		h.send(&transcribe.OpenMessage{Stream: 1}, &transcribe.SoundMessage{Stream: 1, Samples: speech(1, 400)}, &transcribe.FinishMessage{Stream: 1})
		if err := h.end(); !errors.Is(err, ErrHung) {
			t.Errorf("%v", err)
		}
		if took := time.Since(begin); took < passLimit || took > passLimit+2*time.Second {
			t.Errorf("after %v", took)
		}
		close(wake)
	})
}

// Lines go before partials, whichever stream they belong to.
func TestSchedulerPutsLinesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		gate := make(chan struct{})
		engine := &workertest.Engine{OnDecode: func(_ context.Context, p transcribe.Pass) error {
			<-gate
			order = append(order, p.Language)
			return nil
		}}
		s := newScheduler(engine)
		audio := engine.NewAudio()
		replies := 0
		pass := func(name string, r rank) *pass {
			p := &pass{audio: audio, language: name, final: r < rankPartial, rank: r, reply: func(result) { replies++ }}
			s.submit(p)
			return p
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.run(context.Background())
		}()
		pass("first", rankPartial)
		synctest.Wait()
		pass("partial", rankPartial)
		gone := pass("gone", rankPartial)
		trial := pass("trial", rankTrial)
		pass("trial2", rankTrial)
		pass("final", rankFinal)
		promoted := pass("promoted", rankTrial)
		s.promote(promoted)
		if !s.withdraw(gone) {
			t.Error("a waiting pass could not be taken back")
		}
		if l := s.load(time.Now().Add(time.Second)); l.finals != 4 || l.partials != 1 || l.longest != time.Second {
			t.Errorf("load %+v", l)
		}
		close(gate)
		synctest.Wait()
		if got, want := strings.Join(order, " "), "first final promoted trial trial2 partial"; got != want {
			t.Errorf("\ngot  %s\nwant %s", got, want)
		}
		if s.withdraw(trial) || replies != 6 {
			t.Errorf("%d replies", replies)
		}
		s.close()
		<-done
	})
}

// Under load every line still comes, and partials become rare instead of late.
func TestPartialsGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const streams = 30
		var finals, partials atomic.Int64
		h := newHost(t, &workertest.Engine{OnDecode: func(_ context.Context, p transcribe.Pass) error {
			if p.Final {
				finals.Add(1)
			} else {
				partials.Add(1)
			}
			time.Sleep(100 * time.Millisecond)
			return nil
		}}, 1)
		lines := map[uint32]int{}
		read := make(chan struct{})
		go func() {
			defer close(read)
			for finished := 0; finished < streams; {
				m, err := h.r.Read()
				if err != nil {
					t.Error(err)
					return
				}
				switch m := m.(type) {
				case *transcribe.LineMessage:
					lines[m.Stream]++
				case *transcribe.FinishedMessage:
					finished++
				}
			}
		}()
		for id := range uint32(streams) {
			h.send(&transcribe.OpenMessage{Stream: id})
		}
		// Everybody speaks from 1.0 to 2.5 s: 30 finals of 0.1 s each, and partials would be as many again and more.
		sound := speech(6, 1000, 1300, 1600, 1900, 2200)
		for i := int64(0); i < 300; i += 5 {
			time.Sleep(100 * time.Millisecond)
			for id := range uint32(streams) {
				h.send(&transcribe.SoundMessage{Stream: id, Pos: i, Samples: sound[i*320 : (i+5)*320]})
			}
		}
		for id := range uint32(streams) {
			h.send(&transcribe.FinishMessage{Stream: id})
		}
		<-read
		for id := range uint32(streams) {
			if lines[id] != 1 {
				t.Errorf("stream %d has %d lines", id, lines[id])
			}
		}
		if finals.Load() != streams || partials.Load() >= streams {
			t.Errorf("%d finals, %d partials", finals.Load(), partials.Load())
		}
		h.in.Close()
		if err := h.end(); err != nil {
			t.Error(err)
		}
	})
}

func FuzzServe(f *testing.F) {
	encode := func(messages ...transcribe.Message) []byte {
		var b bytes.Buffer
		w := transcribe.NewMessageWriter(&b)
		for _, m := range messages {
			if err := w.Write(m); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	sound := speech(1, 200)
	f.Add(encode(&transcribe.OpenMessage{Stream: 1, From: 3, Done: 4000}, &transcribe.SoundMessage{Stream: 1, Pos: 7, Samples: sound},
		&transcribe.SoundMessage{Stream: 1, Pos: 1 << 49, Samples: sound}, &transcribe.FinishMessage{Stream: 1}, &transcribe.CloseMessage{Stream: 1}))
	f.Add(encode(&transcribe.OpenMessage{Stream: 1, From: 1 << 50, Done: 1 << 50}, &transcribe.SoundMessage{Stream: 1, Samples: sound[:77]},
		&transcribe.SoundMessage{Stream: 1, Pos: 1, Samples: sound}, &transcribe.FinishMessage{Stream: 1}, &transcribe.FinishMessage{Stream: 1}))
	hello := encode(&transcribe.HelloMessage{Version: transcribe.ProtocolVersion, Workers: 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := io.MultiReader(bytes.NewReader(hello), bytes.NewReader(b))
		err := Serve(context.Background(), r, io.Discard, &workertest.Engine{}, slog.New(slog.DiscardHandler))
		if err != nil && !errors.Is(err, transcribe.ErrProtocol) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errInboxFull) {
			t.Error(err)
		}
	})
}

func TestRefuse(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		if err := Refuse(w, "pull it"); err != nil {
			t.Error(err)
		}
		w.Close()
	}()
	m, err := transcribe.NewMessageReader(r).Read()
	if off, ok := m.(*transcribe.OffMessage); err != nil || !ok || off.Reason != "pull it" {
		t.Errorf("%v, %v", m, err)
	}
}

func TestTranscribeAWholeRecording(t *testing.T) {
	var want []string
	samples := make([]int16, 300*16000+77)
	for at, n := 8000, 0; at+workertest.WordSamples < len(samples)-16000; at, n = at+workertest.WordSamples+n%7*4000, n+1 {
		workertest.Say(samples, at, n)
		want = append(want, fmt.Sprintf("%d:%s", at/16, workertest.Word(n)))
	}
	lines, err := Transcribe(context.Background(), &workertest.Engine{}, samples, Config{Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		for _, w := range l.Words {
			got = append(got, fmt.Sprintf("%d:%s", w.StartMS, w.Text))
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}

	fail := &workertest.Engine{OnDecode: func(context.Context, transcribe.Pass) error { return errors.New("no luck") }}
	if _, err := Transcribe(context.Background(), fail, samples, Config{}); err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("a failing engine: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Transcribe(ctx, &workertest.Engine{}, samples, Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
}
