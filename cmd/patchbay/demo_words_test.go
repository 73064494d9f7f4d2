package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/store"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/prime"
	"patchbay/transcribe/worker"
)

// testEngine is the recogniser as a server has it, for one test.
func testEngine(t *testing.T) *decoder.Engine {
	t.Helper()
	engine, err := openEngine("", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

// The demo's call is what a newcomer sees first: the caller's name is spelled as in the record, in the very first line,
// over a telephone's sound.
func TestTheDemosFirstLineHasItsName(t *testing.T) {
	engine := testEngine(t)
	wide, err := loadSound("demo")
	if err != nil {
		t.Fatal(err)
	}
	sound := wav.Resample(wav.Resample(wide, media.SampleRate, 8000), 8000, media.SampleRate) // a telephone's band
	record := demoRecord(store.DemoCustomers(time.Now())[0])
	lines, err := worker.Transcribe(t.Context(), engine, sound, worker.Config{Language: "en", Prompt: prime.Text(record, "en")})
	if err != nil || len(lines) == 0 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for i, l := range lines {
		l = prime.Remember(record).Correct(l)
		if i == 0 && !strings.Contains(l.Text, "Haruto Tanaka") {
			t.Errorf("the first line is %q", l.Text)
		}
		if i > 0 && strings.Contains(l.Text, "Tanaka") {
			t.Errorf("nobody said the name in %q", l.Text)
		}
	}
}
