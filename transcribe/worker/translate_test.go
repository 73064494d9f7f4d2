package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/transcribe"
	"patchbay/transcribe/worker/workertest"
)

// english lists lines and translations in the order in which they were sent.
func (b *bench) english() string {
	var list []string
	ids := map[string]string{}
	for _, m := range b.told {
		switch m := m.(type) {
		case *transcribe.LineMessage:
			ids[m.Line.ID] = m.Line.Text
			list = append(list, m.Line.Text)
		case *transcribe.TranslationMessage:
			list = append(list, fmt.Sprintf("%s=%s", ids[m.LineID], m.Text))
		case *transcribe.FinishedMessage:
			list = append(list, "finished")
		}
	}
	return strings.Join(list, ", ")
}

func TestSessionSendsTheEnglishBehindItsLine(t *testing.T) {
	for _, c := range []struct{ language, list, want string }{
		{"ja", "all", "w1, w1=in English w1, w2, w2=in English w2, finished"},
		{"ja-JP", "de, JA", "w1, w1=in English w1, w2, w2=in English w2, finished"},
		{"ja", "", "w1, w2, finished"},
		{"ja", "de,es", "w1, w2, finished"},
		{"en", "all", "w1, w2, finished"},
	} {
		b := newBench(t, transcribe.OpenMessage{Language: c.language, Translate: c.list})
		for sound := speech(4, 1000, 2500); len(sound) > 0; sound = sound[frameSamples:] {
			b.hear(sound[:frameSamples])
			b.work()
		}
		b.s.finish()
		b.work()
		if got := b.english(); got != c.want {
			t.Errorf("%s of %q: %s, want %s", c.language, c.list, got, c.want)
		}
	}
}

// Where nothing is idle the newest lines keep their chance, and the sound of the others goes. The end of the stream waits.
func TestSessionGivesOldTranslationsUp(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{Language: "ja", Translate: "all"})
	for sound := speech(20, 1000, 3000, 5000, 7000, 9000, 11000); len(sound) > 0; sound = sound[frameSamples:] {
		b.hear(sound[:frameSamples])
		for i := 0; i < len(b.waiting); i++ { // all but translations
			if p := b.waiting[i]; !p.translates() {
				b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
				b.s.passed(b.decode(p))
				i = -1
			}
		}
	}
	if len(b.waiting) != maxTranslations || b.s.keepTo < 6*second {
		t.Errorf("%d wait, sound is kept from %d on", len(b.waiting), b.s.keepTo)
	}
	b.s.finish()
	if got := b.english(); got != "w1, w2, w3, w4, w5, w6" {
		t.Errorf("before: %s", got)
	}
	last := b.waiting[2]
	b.waiting = b.waiting[:2]
	b.work()
	b.s.passed(result{pass: last, err: errGivenUp})
	if got := b.english(); got != "w1, w2, w3, w4, w5, w6, w4=in English w4, w5=in English w5, finished" {
		t.Errorf("after: %s", got)
	}
}

// What is no English, or no other words than the line's, is not sent.
func TestSessionDoubtsEnglish(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{Language: "de", Translate: "all"})
	line := transcribe.Line{ID: "l1", Text: "Guten Tag, Akiko!", Language: "de"}
	u := &utterance{}
	for _, c := range []struct {
		hyp  transcribe.Hypothesis
		err  error
		sent bool
	}{
		{hyp: transcribe.Hypothesis{Text: "Good day, Akiko."}, sent: true},
		{hyp: transcribe.Hypothesis{Text: "Guten Tag Akiko."}},
		{hyp: transcribe.Hypothesis{Text: "こんにちは Akiko"}},
		{hyp: transcribe.Hypothesis{Text: "123."}},
		{hyp: transcribe.Hypothesis{Text: "Good day.", Certainty: sureEnglish - 0.1}},
		{hyp: transcribe.Hypothesis{Text: "Good day."}, err: errors.New("broken")},
	} {
		before := len(b.told)
		b.s.translated(result{pass: &pass{utterance: u, line: line}, hyp: c.hyp, err: c.err})
		if sent := len(b.told) > before; sent != c.sent {
			t.Errorf("%q: sent is %v", c.hyp.Text, sent)
		}
	}
	b.s.translated(result{pass: &pass{utterance: u, line: line}, err: transcribe.ErrNoTranslation})
	if b.s.translate(u, line); len(b.waiting) > 0 {
		t.Error("a model that cannot translate is asked again")
	}
}

// happened is a list of what happened, in order.
type happened struct {
	mu   sync.Mutex
	list []string
}

func (h *happened) add(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, what)
}

func (h *happened) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.list, ", ")
}

// scheduled runs a scheduler whose passes last as long as their tests want, or until they are broken off.
func scheduled(t *testing.T, workers int, f func(submit func(name string, r rank), order *happened)) {
	synctest.Test(t, func(t *testing.T) {
		order := new(happened)
		engine := &workertest.Engine{OnDecode: func(ctx context.Context, p transcribe.Pass) error {
			order.add(p.Language)
			select {
			case <-time.After(time.Second):
				order.add(p.Language + " done")
				return nil
			case <-ctx.Done():
				order.add(p.Language + " off")
				return ctx.Err()
			}
		}}
		s := newScheduler(engine)
		done := make(chan struct{})
		for range workers {
			go func() {
				s.run(context.Background())
				done <- struct{}{}
			}()
		}
		synctest.Wait()
		f(func(name string, r rank) {
			p := &pass{audio: engine.NewAudio(), language: name, final: r < rankPartial, rank: r}
			if r == rankTranslation {
				p.line = transcribe.Line{ID: name}
			}
			p.reply = func(r result) { order.add(fmt.Sprintf("%s answered %v", name, r.err == nil)) }
			s.submit(p)
			synctest.Wait()
		}, order)
		s.close()
		for range workers {
			<-done
		}
	})
}

// A line never waits for the English of another: it is broken off, and begins again behind the line.
func TestATranslationNeverDelaysALine(t *testing.T) {
	for _, r := range []rank{rankFinal, rankTrial} {
		for _, workers := range []int{1, 2} {
			scheduled(t, workers, func(submit func(string, rank), order *happened) {
				submit("english", rankTranslation)
				time.Sleep(100 * time.Millisecond)
				began := time.Now()
				submit("line", r)
				for !strings.Contains(order.String(), "line answered") {
					time.Sleep(10 * time.Millisecond)
				}
				if took := time.Since(began); took > 1020*time.Millisecond {
					t.Errorf("%d workers: the line took %v, a pass of its own 1 s", workers, took)
				}
				time.Sleep(1100 * time.Millisecond)
				got := order.String()
				if !strings.HasSuffix(got, "line done, line answered true, english, english done, english answered true") || !strings.Contains(got, "english off") {
					t.Errorf("%d workers: %s", workers, got)
				}
			})
		}
	}
}

// A partial that finds a free worker leaves a translation alone; one that does not breaks it off.
func TestATranslationGivesWayToPartials(t *testing.T) {
	for workers, want := range map[int]string{
		1: "english, english off, partial, partial done, partial answered true, english, english done, english answered true",
		2: "english, partial, english done, english answered true, partial done, partial answered true",
	} {
		scheduled(t, workers, func(submit func(string, rank), order *happened) {
			submit("english", rankTranslation)
			time.Sleep(100 * time.Millisecond)
			submit("partial", rankPartial)
			time.Sleep(2500 * time.Millisecond)
			if got := order.String(); got != want {
				t.Errorf("%d workers: %s", workers, got)
			}
		})
	}
}

// Under load that does not end a translation never runs, and is answered in the end.
func TestATranslationIsGivenUpUnderLoad(t *testing.T) {
	scheduled(t, 2, func(submit func(string, rank), order *happened) {
		submit("a", rankPartial)
		time.Sleep(500 * time.Millisecond)
		submit("b", rankPartial)
		submit("english", rankTranslation)
		for range 24 {
			time.Sleep(400 * time.Millisecond)
			submit("more", rankPartial)
		}
		time.Sleep(2 * time.Second)
		got := order.String()
		if strings.Contains(got, "english,") || strings.Contains(got, "english done") || !strings.Contains(got, "english answered false") {
			t.Errorf("%s", got)
		}
	})
}

func TestTranscribeTranslatesAWholeRecording(t *testing.T) {
	lines, err := Transcribe(t.Context(), &workertest.Engine{}, speech(6, 1000, 3000), Config{Language: "ja", Translate: "all"})
	if err != nil || len(lines) != 2 || lines[0].Translation != "in English w1" || lines[1].Translation != "in English w2" {
		t.Errorf("%+v, %v", lines, err)
	}
}
