// Package workertest is a recogniser for tests: it hears words that are coded as amplitudes, so that segmentation, crashes
// and back-fill are tested without models, in microseconds, and with one right answer.
//
// Floor: F1. It owns no goroutines and belongs to tests only.
package workertest

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"patchbay/transcribe"
)

const (
	// WordSamples is how long a word lasts: 0.3 s.
	WordSamples = 4800
	// amplitude is that of word 0; word n is n louder.
	amplitude = 1000
)

// Say writes word n into samples, beginning at the sample at.
func Say(samples []int16, at, n int) {
	for i := range WordSamples {
		samples[at+i] = int16(amplitude + n)
	}
}

// Word is how word n is written in lines.
func Word(n int) string { return "w" + strconv.Itoa(n) }

// Engine implements transcribe.Engine. A voice is where sound is not zero.
type Engine struct {
	// OnDecode is called before each pass; an error fails the pass. It may be nil, and is called from several goroutines.
	OnDecode func(ctx context.Context, p transcribe.Pass) error
	// Detects is the language of passes that name none.
	Detects string
}

// NewAudio implements transcribe.Engine.
func (e *Engine) NewAudio() transcribe.Audio { return &audio{} }

// Close implements transcribe.Engine.
func (e *Engine) Close() error { return nil }

// Decode implements transcribe.Engine: a word counts where at least half of it was heard.
func (e *Engine) Decode(ctx context.Context, p transcribe.Pass) (transcribe.Hypothesis, error) {
	if e.OnDecode != nil {
		if err := e.OnDecode(ctx, p); err != nil {
			return transcribe.Hypothesis{}, err
		}
	}
	if p.To-p.From > 29*16000 {
		return transcribe.Hypothesis{}, fmt.Errorf("workertest: a pass over %d samples is too long", p.To-p.From)
	}
	samples, err := p.Audio.(*audio).slice(p.From, p.To)
	if err != nil {
		return transcribe.Hypothesis{}, err
	}
	h := transcribe.Hypothesis{Language: cmp.Or(p.Language, e.Detects)}
	var texts []string
	for i := 0; i < len(samples); {
		run := 1
		for i+run < len(samples) && samples[i+run] == samples[i] && run < WordSamples {
			run++
		}
		if n := int(samples[i]) - amplitude; n >= 0 && run >= WordSamples/2 {
			h.Tokens = append(h.Tokens, int32(n))
			texts = append(texts, Word(n))
			h.Words = append(h.Words, transcribe.Word{Text: Word(n), StartMS: int64(i / 16), EndMS: int64((i + run) / 16), Probability: 1})
		}
		i += run
	}
	h.Text = strings.Join(texts, " ")
	if p.Translate {
		h.Text = "in English " + h.Text
	}
	h.Sure = len(h.Text)
	return h, nil
}

// audio implements transcribe.Audio.
type audio struct {
	mu        sync.Mutex
	samples   []int16 // from discarded on
	discarded int64
	judged    int64
}

// Append implements transcribe.Audio.
func (a *audio) Append(samples []int16) []float32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.samples = append(a.samples, samples...)
	var p []float32
	for a.judged+512 <= a.discarded+int64(len(a.samples)) {
		loud := 0
		for _, v := range a.samples[a.judged-a.discarded:][:512] {
			if v != 0 {
				loud++
			}
		}
		p = append(p, 0.01+0.98*float32(loud)/512)
		a.judged += 512
	}
	return p
}

// Len implements transcribe.Audio.
func (a *audio) Len() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.discarded + int64(len(a.samples))
}

// Discard implements transcribe.Audio.
func (a *audio) Discard(pos int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := pos - a.discarded; n > 0 {
		a.samples = append([]int16(nil), a.samples[n:]...)
		a.discarded = pos
	}
}

// slice copies a stretch; asking for what was discarded or has not come yet is the caller's error.
func (a *audio) slice(from, to int64) ([]int16, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if from < a.discarded || to > a.discarded+int64(len(a.samples)) || from > to {
		return nil, fmt.Errorf("workertest: %d…%d of a sound that goes from %d to %d", from, to, a.discarded, a.discarded+int64(len(a.samples)))
	}
	return append([]int16(nil), a.samples[from-a.discarded:to-a.discarded]...), nil
}
