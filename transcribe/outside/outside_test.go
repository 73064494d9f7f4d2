package outside

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.uber.org/goleak"

	"patchbay/media/wav"
	"patchbay/transcribe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// local is an engine that always hears the same.
type local struct {
	mu     sync.Mutex
	passes []transcribe.Pass
	closed bool
}

type localAudio struct{ n int64 }

func (a *localAudio) Append(s []int16) []float32 { a.n += int64(len(s)); return nil }
func (a *localAudio) Len() int64                 { return a.n }
func (a *localAudio) Discard(int64)              {}

func (l *local) NewAudio() transcribe.Audio { return &localAudio{} }
func (l *local) Close() error               { l.closed = true; return nil }
func (l *local) Decode(_ context.Context, p transcribe.Pass) (transcribe.Hypothesis, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := p.Audio.(*localAudio); !ok {
		return transcribe.Hypothesis{}, fmt.Errorf("a %T", p.Audio)
	}
	l.passes = append(l.passes, p)
	return transcribe.Hypothesis{Text: "locally"}, nil
}

// bench is an engine in front of a server.
type bench struct {
	*Engine
	local *local
	asked atomic.Int32
}

func start(t *testing.T, answer http.HandlerFunc) *bench {
	t.Helper()
	b := &bench{local: &local{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	e, err := New(Config{URL: s.URL, Key: "secret", Model: "large", Timeout: 300 * time.Millisecond, Local: b.local})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	b.Engine = e
	return b
}

// hear decodes a second of sound.
func (b *bench) hear(t *testing.T, change ...func(*transcribe.Pass)) transcribe.Hypothesis {
	t.Helper()
	a := b.NewAudio()
	sound := make([]int16, 2*rate)
	for i := range sound {
		sound[i] = int16(i)
	}
	a.Append(sound)
	p := transcribe.Pass{Audio: a, From: 1000, To: 1000 + rate, Final: true, Language: "en-US", Prompt: "Customer Haruto Tanaka."}
	for _, c := range change {
		c(&p)
	}
	h, err := b.Decode(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestLinesComeFromOutside(t *testing.T) {
	b := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/audio/transcriptions" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%s with %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		for name, want := range map[string]string{"model": "large", "language": "en", "prompt": "Customer Haruto Tanaka.", "response_format": "verbose_json", "timestamp_granularities[]": "word"} {
			if got := r.FormValue(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		f, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		sound, hz, err := wav.Read(f)
		if err != nil || hz != rate || len(sound) != rate || sound[0] != 1000 {
			t.Errorf("%d samples at %d Hz, %v", len(sound), hz, err)
		}
		_, _ = io.WriteString(w, `{"task":"transcribe","text":" Hello, Tanaka. ","words":[{"word":"Hello,","start":0.1,"end":0.4},{"word":"Tanaka.","start":0.5,"end":9}],
			"segments":[{"start":0,"end":1,"avg_logprob":-0.1,"no_speech_prob":0.02}]}`)
	})
	h := b.hear(t)
	if h.Text != "Hello, Tanaka." || len(h.Words) != 2 || h.Words[0].StartMS != 100 || h.Words[1].EndMS != 1000 || h.Words[0].Probability < 0.9 || h.Words[0].Probability > 0.91 || h.NoSpeech != 0.02 || h.Language != "en-US" {
		t.Errorf("%+v", h)
	}
	if len(b.local.passes) != 0 {
		t.Error("the local engine heard it too")
	}
}

// Partials, and lines whose language is not known, never leave the machine.
func TestWhatStaysHere(t *testing.T) {
	b := start(t, func(http.ResponseWriter, *http.Request) { t.Error("sound left") })
	for _, change := range []func(*transcribe.Pass){
		func(p *transcribe.Pass) { p.Final = false },
		func(p *transcribe.Pass) { p.Language = "" },
		func(p *transcribe.Pass) { p.From, p.To = 3*rate, 4*rate },
	} {
		if h := b.hear(t, change); h.Text != "locally" {
			t.Errorf("%+v", h)
		}
	}
}

// Whatever the other end does, the line comes, from the local engine; and the other end is then left alone for a while.
func TestTheLocalEngineStepsIn(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"too slow": func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() },
		"no JSON":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"no text":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"error":"no"}`) },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat(" ", maxAnswer+2))
		},
		"a novel": func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]string{"text": strings.Repeat("word ", 1000)})
		},
		"a text of letters": func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]string{"text": strings.Repeat("a ", maxWords+1)})
		},
		"a zero byte": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"text":"a\u0000b"}`) },
		"a long word": func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"text": "a", "words": []timed{{Word: strings.Repeat("a", maxWord+1)}}})
		},
		"long words": func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"text": "a", "words": slices.Repeat([]timed{{Word: strings.Repeat("a", maxWord)}}, maxText/maxWord+1)})
		},
		"a word with an escape": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"text":"a","words":[{"word":"\u001b[2J"}]}`)
		},
		"many segments": func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"text": "a", "segments": make([]segment, maxSegments+1)})
		},
		"sends it on": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(307)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, answer)
			for range 3 {
				if h := b.hear(t); h.Text != "locally" {
					t.Errorf("%+v", h)
				}
			}
			if n := b.asked.Load(); n != 1 {
				t.Errorf("asked %d times in a row", n)
			}
			later := b.now().Add(restAfter)
			b.now = func() time.Time { return later }
			b.hear(t)
			if n := b.asked.Load(); n != 2 {
				t.Errorf("asked %d times after the rest", n)
			}
		})
	}
}

// A pass that is not wanted any more says nothing against the other end.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := start(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	a := b.NewAudio()
	a.Append(make([]int16, rate))
	if _, err := b.Decode(ctx, transcribe.Pass{Audio: a, To: rate, Final: true, Language: "en"}); err == nil {
		t.Error("no error")
	}
	if b.resting() || len(b.local.passes) > 0 {
		t.Error("it is held against the other end")
	}
}

func TestWordsWithoutTimes(t *testing.T) {
	h, err := parse([]byte(`{"text":"four more letters"}`), "en", 1500)
	if err != nil || len(h.Words) != 3 || h.Words[1].StartMS != 400 || h.Words[2].EndMS != 1500 || h.Words[0].Probability != 1 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestEndpoint(t *testing.T) {
	for address, want := range map[string]string{
		"https://speech.example.com":                         "https://speech.example.com/v1/audio/transcriptions",
		"https://speech.example.com/api/v1/":                 "https://speech.example.com/api/v1/audio/transcriptions",
		"https://speech.example.com/v1/audio/transcriptions": "https://speech.example.com/v1/audio/transcriptions",
		"http://127.0.0.1:9000":                              "http://127.0.0.1:9000/v1/audio/transcriptions",
		"http://speech.example.com":                          "",
		"ftp://speech.example.com":                           "",
		"https://user:password@speech.example.com":           "",
		"https://speech.example.com?key=1":                   "",
		"speech.example.com":                                 "", "": "",
	} {
		if got, _, err := Endpoint(address); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", address, got, err)
		}
	}
}

// What was discarded is not kept, and nothing grows without end.
func TestAudioIsBounded(t *testing.T) {
	b := start(t, func(http.ResponseWriter, *http.Request) {})
	a := b.NewAudio().(*audio)
	for range 400 {
		a.Append(make([]int16, rate))
	}
	if len(a.sound) != maxKept || a.first != 100*rate {
		t.Errorf("%d samples from %d on", len(a.sound), a.first)
	}
	a.Discard(399 * rate)
	if len(a.sound) != rate || a.between(398*rate, 399*rate) != nil || len(a.between(399*rate, 500*rate)) != rate {
		t.Errorf("%d samples", len(a.sound))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"text":"a b","words":[{"word":"a","start":-1,"end":1e300}],"segments":[{"start":0,"end":1,"avg_logprob":1e308}]}`), int64(1000))
	f.Add([]byte(`{"text":"a\u0000b \ud800","words":[{"word":" a\nb "},{"word":"\u001b"}]}`), int64(1000))
	f.Fuzz(func(t *testing.T, data []byte, length int64) {
		if length < 0 || length > 30_000 {
			return
		}
		h, err := parse(data, "en", length)
		if err != nil {
			return
		}
		control := func(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
		if len(h.Text) > maxText || len(h.Words) > maxWords || control(h.Text) || !utf8.ValidString(h.Text) {
			t.Errorf("%d bytes, %d words: %q", len(h.Text), len(h.Words), h.Text)
		}
		last, bytes := int64(0), 0
		for _, w := range h.Words {
			if bytes += len(w.Text); bytes > maxText || control(w.Text) || !utf8.ValidString(w.Text) || strings.TrimSpace(w.Text) != w.Text || w.Text == "" {
				t.Errorf("the word %q, %d bytes so far", w.Text, bytes)
			}
			if w.StartMS < last || w.EndMS < w.StartMS || w.EndMS > length || w.Probability < 0 || w.Probability > 1 {
				t.Errorf("%+v of %d", w, length)
			}
			last = w.EndMS
		}
	})
}
