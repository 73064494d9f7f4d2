package decoder

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchbay/media/wav"
)

// What is offered of a guess, against what a model says.
func TestGuess(t *testing.T) {
	many := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	for _, c := range []struct {
		name           string
		guessed, said  []int64
		runs, accepted int
	}{
		{"the same", many, many, 2, 11},
		{"nothing guessed", nil, []int64{1, 2, 3}, 4, 0},
		{"one word differs", many, []int64{1, 2, 30, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 3, 10},
		{"one is missing", many, []int64{1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 10},
		{"one is inserted", many, []int64{1, 2, 99, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 4, 10},
		{"nothing fits", many, []int64{51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 1, 2, 3}, 14, 0},
	} {
		// The loop of greedy, with a model that says said, and then the end.
		offered, g := newGuess(c.guessed)
		runs, accepted := 1, 0
		for _, next := range c.said {
			if len(offered) > 0 && offered[0] == next {
				offered = offered[1:]
				accepted++
				continue
			}
			offered = g.after(next, offered)
			runs++
		}
		if accepted != c.accepted || runs != c.runs {
			t.Errorf("%s: %d accepted in %d runs, want %d in %d", c.name, accepted, runs, c.accepted, c.runs)
		}
	}
	if offered, _ := newGuess(many); !slices.Equal(offered, many[:guessAhead]) {
		t.Errorf("offered %v", offered)
	}
}

// The partials' words, guessed to the final model, make its pass cheaper and leave its words as they are. $PATCHBAY_SPEECH
// measures other recordings.
func TestGuessesSaveTime(t *testing.T) {
	e := engine(t)
	dir := cmp.Or(os.Getenv("PATCHBAY_SPEECH"), "../../cmd/patchbay/testdata/speech")
	files, err := filepath.Glob(filepath.Join(dir, "*.wav"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	same, all, plain, guessed := 0, 0, 0, 0
	var cpu, cpuGuessed time.Duration
	for _, file := range files {
		x, err := wav.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		x = wav.Resample(wav.Resample(x, 16000, 8000), 8000, 16000)
		a := e.NewAudio().(*audio)
		a.Append(x[:min(len(x), 28*16000)])
		hear := func(w *whisper, to int64, guess string) (found, time.Duration) {
			began := cpuTime()
			frames, err := a.stretch(0, to)
			if err != nil {
				t.Fatal(err)
			}
			f, err := w.decode(t.Context(), request{frames: frames, language: "en", guess: w.vocabulary.encode(" "+guess, maxTokens)})
			if err != nil {
				t.Fatal(err)
			}
			return f, cpuTime() - began
		}
		partial, _ := hear(e.partial, a.Len()*85/100, "") // the last partial comes some time before the end
		without, took := hear(e.final, a.Len(), "")
		with, tookLess := hear(e.final, a.Len(), strings.TrimSpace(e.partial.vocabulary.text(partial.tokens)))
		plain, guessed, cpu, cpuGuessed = plain+without.runs, guessed+with.runs, cpu+took, cpuGuessed+tookLess
		text, textWithout := e.final.vocabulary.text(with.tokens), e.final.vocabulary.text(without.tokens)
		if all++; text == textWithout {
			same++
		} else {
			t.Logf("%s: %q, without a guess %q", filepath.Base(file), text, textWithout)
		}
	}
	t.Logf("%d of %d the same; %d runs of the decoder and %v of processor time without guesses, %d and %v with", same, all, plain, cpu, guessed, cpuGuessed)
	if same < all*9/10 || guessed > plain*2/3 {
		t.Error("a guess changes what is heard, or saves little")
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
