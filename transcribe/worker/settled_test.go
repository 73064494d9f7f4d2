package worker

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/transcribe"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/models"
	"patchbay/transcribe/wer"
)

// now is a queue that runs each pass at once.
type now struct {
	t       *testing.T
	engine  transcribe.Engine
	s       *session
	results []result
}

func (q *now) submit(p *pass) {
	hyp, err := q.engine.Decode(context.Background(), transcribe.Pass{Audio: p.audio, From: p.from, To: p.to.Load(), Final: p.final,
		Language: p.language, Prompt: p.prompt, Draft: p.draft})
	if err != nil {
		q.t.Error(err)
	}
	q.results = append(q.results, result{p, hyp, err})
}
func (q *now) promote(*pass)       {}
func (q *now) withdraw(*pass) bool { return false }

// What a partial calls settled stays: in later partials always, and in the line but for one word in fifty.
// $PATCHBAY_SPEECH measures other recordings (of ../shared/speech: 147 settled, 0 changed in partials, 1 in a line).
func TestSettledWordsStay(t *testing.T) {
	cache, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := decoder.New(decoder.Config{Models: cache})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	dir := os.Getenv("PATCHBAY_SPEECH")
	if dir == "" {
		dir = "../../cmd/patchbay/testdata/speech"
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.wav"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	settled, flickered, changed, shown := 0, 0, 0, 0
	for _, f := range files {
		x, err := wav.Load(f)
		if err != nil {
			t.Fatal(err)
		}
		x = wav.Resample(wav.Resample(x, media.SampleRate, 8000), 8000, media.SampleRate)
		x = append(append(make([]int16, 8000), x...), make([]int16, 32000+(frameSamples-len(x)%frameSamples)%frameSamples)...)
		q := &now{t: t, engine: engine}
		var firm []string // what was called settled in this utterance, in words
		q.s = newSession(&transcribe.OpenMessage{Language: "en"}, engine.NewAudio(), q, func(result) {}, func(m transcribe.Message) {
			switch m := m.(type) {
			case *transcribe.PartialMessage:
				text := wer.Normalize(m.Partial.Text)
				if len(text) == 0 {
					firm = nil
					return
				}
				shown += len(text)
				flickered += differ(firm, text)
				firm = wer.Normalize(m.Partial.Text[:m.Partial.Settled])
			case *transcribe.LineMessage:
				settled += len(firm)
				n := differ(firm, wer.Normalize(m.Line.Text))
				if n > 0 {
					t.Logf("%s: settled %q, line %q", filepath.Base(f), strings.Join(firm, " "), m.Line.Text)
				}
				changed += n
				firm = nil
			}
		})
		for pos := int64(0); len(x) >= frameSamples; pos, x = pos+1, x[frameSamples:] {
			q.s.sound(pos, x[:frameSamples], false)
			for len(q.results) > 0 {
				r := q.results[0]
				q.results = slices.Delete(q.results, 0, 1)
				q.s.passed(r)
			}
		}
	}
	t.Logf("%d words were settled: %d changed in a later partial, %d in the line; %d words shown in partials", settled, flickered, changed, shown)
	if settled < 20 || flickered > 0 || changed > max(settled/50, 1) {
		t.Error("too few are settled, or too many of them change")
	}
}

// differ counts the words of firm that text does not begin with.
func differ(firm, text []string) int {
	best := len(firm)
	for n := range len(text) + 1 {
		best = min(best, wer.Errors(firm, text[:n]))
	}
	return best
}
