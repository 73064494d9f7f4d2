package transcribe_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/worker/workertest"
)

// told is what passes were told, each time it changed.
type told struct {
	mu   sync.Mutex
	list []string
}

func (h *told) decode(_ context.Context, p transcribe.Pass) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := p.Language + "/" + p.Prompt; len(h.list) == 0 || h.list[len(h.list)-1] != s {
		h.list = append(h.list, s)
	}
	return nil
}

func (h *told) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.list)
}

// A leg is primed anew in mid-call, and a language that was found out stays until somebody chooses another.
// The English of a line comes behind it, once, and from a worker that has said the line.
func TestEnglishReachesTheListener(t *testing.T) {
	inSteps(t, transcribe.Config{}, serve(&workertest.Engine{}), func(t *testing.T, h *house) {
		sc := newScript(0, 12)
		foreign, plain := &ear{}, &ear{}
		for e, translate := range map[*ear]string{foreign: "ja", plain: ""} {
			st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Language: "ja", Listener: e, Translate: translate})
			sc.write(st, 0, sc.frames())
			<-st.Finish()
		}
		if len(plain.english) != 0 || len(foreign.english) != foreign.count() || foreign.count() == 0 {
			t.Fatalf("%d of %d lines have their English, %d that were not asked for", len(foreign.english), foreign.count(), len(plain.english))
		}
		for i, l := range foreign.lines {
			if want := l.ID + ": in English " + l.Text; foreign.english[i] != want {
				t.Errorf("%q, want %q", foreign.english[i], want)
			}
		}
	})
}

func TestPromptAndLanguageChangeDuringAStream(t *testing.T) {
	heard := &told{}
	engine := &workertest.Engine{OnDecode: heard.decode, Detects: "ja"}
	inSteps(t, transcribe.Config{Workers: 1}, serve(engine), func(t *testing.T, h *house) {
		samples := make([]int16, 9*16000)
		for w := range 4 {
			workertest.Say(samples, 8000+w*2*16000, w) // at 0.5, 2.5, 4.5 and 6.5 s
		}
		e := &ear{}
		st := h.s.Open(transcribe.StreamConfig{ID: "i1/customer", Prompt: "one", Listener: e})
		for i := range int64(9 * 50) {
			switch i {
			case 100:
				st.SetPrompt("two")
				st.SetPrompt("two")
			case 200:
				st.SetLanguage("en")
			case 300:
				st.SetLanguage("")
			}
			time.Sleep(media.FrameDuration)
			st.Write(i, (*media.Frame)(samples[i*media.FrameSamples:]))
		}
		<-st.Finish()
		want := []string{"/one", "ja/two", "en/two", "/two"}
		if got := heard.all(); !slices.Equal(got, want) {
			t.Errorf("passes were told %q, want %q", got, want)
		}
		if e.count() != 4 {
			t.Errorf("%d lines, want 4", e.count())
		}
		st.SetPrompt("late") // an ended stream takes no notice
	})
}
