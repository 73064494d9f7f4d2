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
	"patchbay/media/codec"
	"patchbay/media/wav"
	"patchbay/transcribe"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/models"
	"patchbay/transcribe/prime"
	"patchbay/transcribe/redact"
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

// stored is a Listener that masks as a call does, and keeps what is stored in the end.
type stored struct {
	lineKeeper
	mu     sync.Mutex
	mask   *redact.Call
	reveal *time.Timer
	ids    []string // of lines, in order
	texts  map[string]string
}

func (s *stored) Line(l transcribe.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lineKeeper.Line(l)
	s.ids = append(s.ids, l.ID)
	if s.reveal != nil {
		s.reveal.Stop()
	}
	if s.take(s.mask.Line("customer", l)) {
		s.reveal = time.AfterFunc(redact.SettleMS*time.Millisecond+2*time.Second, s.settle)
	}
}

func (s *stored) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(s.mask.Settle("customer"))
}

func (s *stored) take(res redact.Result) (open bool) {
	for _, l := range res.Lines {
		s.texts[l.ID] = l.Text
	}
	return res.Open
}

// masked gives the number of words that are wrong without the masks, and puts the stored texts in place of those heard.
func (s *stored) masked(places []placed, clips []clip) (withoutMasks int) {
	texts := map[string]string{}
	for _, c := range lateness(places, time.Time{}, nil, s.lines) {
		texts[c.name] = c.text
	}
	for i, id := range s.ids {
		s.lines[i].text = s.texts[id]
	}
	return wrongWords(clips, texts).errors
}

// asDecoded is sound (8 kHz, through µ-law) as the leg of a call has it when no packet is late or lost.
func asDecoded(t *testing.T, sound []int16) []media.Frame {
	d, err := codec.PCMU.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	all := make([]media.Frame, len(sound)/packetSamples)
	var packet [packetSamples]byte
	for i := range all {
		for k, s := range sound[i*packetSamples:][:packetSamples] {
			packet[k] = muLaw(s)
		}
		if _, err := d.Decode(packet[:], all[i][:]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestStepped plays the recordings into one stream, by a stepped clock in which a pass takes as long as on an idle core, and
// prints for each when its first partial and its line came. A busy machine changes nothing of it, and it takes a tenth
// of the recordings' time. All that a call does to words is done to them, but the network: the codec's decoder, the prompt of a
// call of which nobody is known, and the masks. Beside them stand the words of the same recordings as files.
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
	all := asDecoded(t, sound)
	timed := &timedEngine{Engine: engine}
	l := stored{mask: redact.New(redact.Config{Language: "en"}), texts: map[string]string{}}
	prompt := prime.Text(prime.Record{Queue: "Bookings", Agents: []string{"Akiko Mori"}}, "en")
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
		stream := service.Open(transcribe.StreamConfig{ID: "bench", Language: "en", Prompt: prompt, Listener: &l})
		begin := time.Now()
		for pos, f := range all {
			time.Sleep(time.Until(begin.Add(time.Duration(pos) * media.FrameDuration)))
			stream.Write(int64(pos), &f)
		}
		<-stream.Finish()
		cancel()
		<-ended
		l.settle()
		withoutMasks := l.masked(places, clips)
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
		t.Logf("%d recordings of %s: first partial %s; line %s; %.1f %% of %d words wrong, %d words of them by masks; %d partial passes, %d final ones", len(clips), from, spread(first),
			spread(last), 100*score.rate(), score.words, score.errors-withoutMasks, timed.partials, timed.finals)
	})
	files := map[string]string{}
	for _, k := range clips {
		lines, err := worker.Transcribe(t.Context(), engine, wav.Resample(k.sound, phoneRate, media.SampleRate), worker.Config{Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			files[k.name] += line.Text + " "
		}
	}
	t.Logf("as files: %.1f %% wrong", 100*wrongWords(clips, files).rate())
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
