//go:build bench

package main

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/models"
	"patchbay/transcribe/worker"
)

// What a pass takes on an idle core of the machine of docs/performance.md: so much, and so much for each second of sound.
const (
	partialTakes, partialShare = 55 * time.Millisecond, 10 * time.Millisecond
	finalTakes, finalShare     = 90 * time.Millisecond, 25 * time.Millisecond
)

// timedEngine is the real recogniser whose passes take a fixed time of a stepped clock.
type timedEngine struct {
	transcribe.Engine
	mu               sync.Mutex
	partials, finals int
}

func (e *timedEngine) Decode(ctx context.Context, p transcribe.Pass) (transcribe.Hypothesis, error) {
	length := time.Duration(p.To-p.From) * time.Second / media.SampleRate
	takes := partialTakes + time.Duration(float64(partialShare)*length.Seconds())
	if p.Final {
		takes = finalTakes + time.Duration(float64(finalShare)*length.Seconds())
	}
	e.mu.Lock()
	if p.Final {
		e.finals++
	} else {
		e.partials++
	}
	e.mu.Unlock()
	h, err := e.Engine.Decode(ctx, p)
	time.Sleep(takes)
	return h, err
}

// TestStepped plays the recordings into one stream, by a stepped clock in which a pass takes as long as on an idle core, and
// prints for each when its first partial and its line came. A busy machine changes nothing of it, and it takes a tenth
// of the recordings' time.
func TestStepped(t *testing.T) {
	clips, from := benchClips(t)
	cache, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := decoder.New(decoder.Config{Models: cache, Threads: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	sound, places := stringTogether(clips, 1500*time.Millisecond)
	all := frames(sound)
	timed := &timedEngine{Engine: engine}
	var l lineKeeper
	synctest.Test(t, func(t *testing.T) {
		service := transcribe.NewService(transcribe.Config{NoChild: true})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- service.Run(ctx) }()
		time.Sleep(time.Millisecond)
		inR, inW := io.Pipe()
		outR, outW := io.Pipe()
		go func() {
			_ = worker.ServeHost(context.Background(), inR, outW, worker.Options{Name: "one", Workers: 1, Log: slog.New(slog.DiscardHandler),
				Load: func(string, string) (transcribe.Engine, error) { return timed, nil }})
			outW.Close()
		}()
		go func() {
			_ = service.Attach(context.Background(), transcribe.Peer{Conn: pipeConn{outR, inW}, Address: "here"})
		}()
		time.Sleep(10 * time.Millisecond)
		stream := service.Open(transcribe.StreamConfig{ID: "bench", Language: "en", Listener: &l})
		begin := time.Now()
		for pos, f := range all {
			time.Sleep(time.Until(begin.Add(time.Duration(pos) * media.FrameDuration)))
			stream.Write(int64(pos), &f)
		}
		<-stream.Finish()
		cancel()
		<-ended
		times := lateness(places, begin, l.partials, l.lines)
		texts := map[string]string{}
		for _, c := range times {
			texts[c.name] = c.text
		}
		var first, last []time.Duration
		for _, c := range times {
			word := time.Duration(0)
			for i, p := range places {
				for _, l := range l.lines {
					if p.name == c.name && slices.Contains(clipsOf(places, l), i) && word == 0 {
						word = time.Duration(l.startMS)*time.Millisecond - p.starts - p.onset
					}
				}
			}
			t.Logf("%-24s first word %5d ms, first partial %5d ms, line %5d ms: %q", c.name, word.Milliseconds(), c.first.Milliseconds(), c.last.Milliseconds(), c.text)
			if !c.missing {
				first, last = append(first, c.first), append(last, c.last)
			}
		}
		score := wrongWords(clips, texts)
		t.Logf("%d recordings of %s: first partial %s; line %s; %.1f %% of %d words wrong; %d partial passes, %d final ones", len(clips), from, spread(first), spread(last),
			100*score.rate(), score.words, timed.partials, timed.finals)
	})
}

type pipeConn struct {
	*io.PipeReader
	w *io.PipeWriter
}

func (c pipeConn) Write(p []byte) (int, error) { return c.w.Write(p) }
func (c pipeConn) Close() error {
	c.PipeReader.Close()
	return c.w.Close()
}
