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
