package worker_test

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"patchbay/transcribe"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/models"
	"patchbay/transcribe/wer"
	"patchbay/transcribe/worker"
)

// The real recogniser on two sentences, over the protocol as in a call and as a recording.

const sentences = "he was not an ill disposed young man he might even have been made amiable himself"

func recogniser(tb testing.TB) *decoder.Engine {
	tb.Helper()
	cache, err := models.Open("")
	if err != nil {
		tb.Fatal(err)
	}
	e, err := decoder.New(decoder.Config{Models: cache})
	if err != nil {
		tb.Fatalf("%v (make setup fetches the models)", err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

// said is the two sentences with a second of silence around each, and where their voices begin and end, in samples.
func said(tb testing.TB) (samples []int16, voices [][2]int) {
	tb.Helper()
	samples = make([]int16, 16000)
	for _, name := range []string{"lv-0880", "lv-0930"} {
		b, err := os.ReadFile("testdata/" + name + ".s16")
		if err != nil {
			tb.Fatal(err)
		}
		from, to := -1, 0
		for i := 0; i+1 < len(b); i += 2 {
			v := int16(binary.LittleEndian.Uint16(b[i:]))
			if v > 1000 || v < -1000 {
				if from < 0 {
					from = len(samples)
				}
				to = len(samples)
			}
			samples = append(samples, v)
		}
		voices = append(voices, [2]int{from, to})
		samples = append(samples, make([]int16, 16000+(320-len(samples)%320)%320)...)
	}
	return samples, voices
}

func TestTheRecogniserHearsARecording(t *testing.T) {
	samples, _ := said(t)
	engine := recogniser(t)
	lines, err := worker.Transcribe(context.Background(), engine, samples, worker.Config{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	for _, l := range lines {
		heard = append(heard, l.Spoken)
		if len(l.Words) != len(strings.Fields(l.Text)) {
			t.Errorf("%d words have times in %q", len(l.Words), l.Text)
		}
	}
	if rate := wer.Rate(sentences, strings.Join(heard, " ")); rate > 0.1 {
		t.Errorf("%.0f %% of the words are wrong: %q", 100*rate, heard)
	}
	silence, err := worker.Transcribe(context.Background(), engine, make([]int16, 20*16000), worker.Config{Language: "en"})
	if err != nil || len(silence) > 0 {
		t.Errorf("in silence: %v, %v", silence, err)
	}
}

// BenchmarkLive is a call in real time: the delays that an agent sees, to be held against the design's budgets.
func BenchmarkLive(b *testing.B) {
	samples, voices := said(b)
	engine := recogniser(b)
	for b.Loop() {
		partials, finals, heard := live(b, engine, samples)
		for i, v := range voices {
			if i < len(partials) {
				b.ReportMetric(partials[i]-float64(v[0])/16000, "s/first-partial-"+string('1'+rune(i)))
			}
			if i < len(finals) {
				b.ReportMetric(finals[i]-float64(v[1])/16000, "s/final-"+string('1'+rune(i)))
			}
		}
		b.ReportMetric(100*wer.Rate(sentences, heard), "%wrong")
	}
}

// live gives samples to Serve at the pace of a call and returns when the first partial of each utterance and each line
// came, in seconds since the beginning, and what was heard.
func live(b *testing.B, engine transcribe.Engine, samples []int16) (partials, finals []float64, heard string) {
	b.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- worker.Serve(context.Background(), inR, outW, engine, slog.New(slog.DiscardHandler)) }()
	begin := time.Now()
	go func() {
		w := transcribe.NewMessageWriter(inW)
		send := func(m transcribe.Message) {
			if w.Write(m) != nil || w.Flush() != nil {
				b.Error("the worker takes no more")
			}
		}
		send(&transcribe.HelloMessage{Version: transcribe.ProtocolVersion})
		send(&transcribe.OpenMessage{Stream: 1, Language: "en"})
		for pos := 0; pos*320 < len(samples); pos += 3 {
			end := min((pos+3)*320, len(samples))
			time.Sleep(time.Until(begin.Add(time.Duration(end) * time.Second / 16000)))
			send(&transcribe.SoundMessage{Stream: 1, Pos: int64(pos), Samples: samples[pos*320 : end]})
		}
		send(&transcribe.FinishMessage{Stream: 1})
	}()
	var lines []string
	fresh := true
	r := transcribe.NewMessageReader(outR)
	for {
		m, err := r.Read()
		if err != nil {
			b.Fatal(err)
		}
		at := time.Since(begin).Seconds()
		switch m := m.(type) {
		case *transcribe.PartialMessage:
			if fresh && m.Partial.Text != "" {
				partials, fresh = append(partials, at), false
			}
		case *transcribe.LineMessage:
			finals, fresh = append(finals, at), true
			lines = append(lines, m.Line.Spoken)
		case *transcribe.FinishedMessage:
			go func() { _, _ = io.Copy(io.Discard, outR) }()
			inW.Close()
			if err := <-served; err != nil {
				b.Fatal(err)
			}
			outW.Close()
			return partials, finals, strings.Join(lines, " ")
		}
	}
}
