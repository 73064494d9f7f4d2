package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchbay/transcribe"
	"patchbay/transcribe/worker/workertest"
)

// bench is a session with a recogniser that runs when the test says so.
type bench struct {
	t       *testing.T
	s       *session
	engine  workertest.Engine
	waiting []*pass
	told    []transcribe.Message
	pos     int64 // frame
}

func newBench(t *testing.T, open transcribe.OpenMessage) *bench {
	b := &bench{t: t, pos: open.From}
	b.s = newSession(&open, b.engine.NewAudio(), b, func(result) {}, func(m transcribe.Message) { b.told = append(b.told, m) })
	return b
}

func (b *bench) submit(p *pass) { b.waiting = append(b.waiting, p) }
func (b *bench) promote(p *pass) {
	if !slices.Contains(b.waiting, p) {
		return
	}
	p.rank = rankFinal
}
func (b *bench) withdraw(p *pass) bool {
	n := len(b.waiting)
	b.waiting = slices.DeleteFunc(b.waiting, func(w *pass) bool { return w == p })
	return len(b.waiting) < n
}

// hear gives sound frame by frame.
func (b *bench) hear(samples []int16) {
	for ; len(samples) > 0; samples = samples[frameSamples:] {
		b.s.sound(b.pos, samples[:frameSamples], false)
		b.pos++
	}
}

// work runs what waits, and gives its results back.
func (b *bench) work() {
	for len(b.waiting) > 0 {
		p := b.waiting[0]
		b.waiting = b.waiting[1:]
		b.s.passed(b.decode(p))
	}
}

func (b *bench) decode(p *pass) result {
	hyp, err := b.engine.Decode(context.Background(), transcribe.Pass{Audio: p.audio, From: p.from, To: p.to.Load(), Final: p.final, Translate: p.translates(), Language: p.language, Draft: p.draft})
	return result{pass: p, hyp: hyp, err: err}
}

// lines gives the texts of lines with their times, and checks that positions that the host may forget never run ahead.
func (b *bench) lines() string {
	var list []string
	consumed := int64(-1)
	for _, m := range b.told {
		switch m := m.(type) {
		case *transcribe.LineMessage:
			list = append(list, fmt.Sprintf("%d:%s", m.Line.StartMS, m.Line.Text))
			if m.Consumed < m.Line.EndMS*16 {
				b.t.Errorf("line up to %d ms, but only %d is consumed", m.Line.EndMS, m.Consumed)
			}
			if m.Consumed < consumed {
				b.t.Errorf("consumed went back from %d to %d", consumed, m.Consumed)
			}
			consumed = m.Consumed
		case *transcribe.HeardMessage:
			if m.Consumed < consumed || m.Consumed > m.Heard*frameSamples+frameSamples {
				b.t.Errorf("consumed %d after %d, heard %d", m.Consumed, consumed, m.Heard*frameSamples)
			}
			consumed = m.Consumed
		}
	}
	return strings.Join(list, " ")
}

func (b *bench) partials() (texts []string) {
	for _, m := range b.told {
		if m, ok := m.(*transcribe.PartialMessage); ok {
			texts = append(texts, m.Partial.Text)
		}
	}
	return texts
}

// speech is seconds of silence in which words are said at the given times, in milliseconds.
func speech(seconds float64, at ...int) []int16 {
	samples := make([]int16, int(seconds*second)/frameSamples*frameSamples)
	for i, ms := range at {
		workertest.Say(samples, ms*16, i+1)
	}
	return samples
}

func TestSessionWritesLinesWithTheirTimes(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{Stream: 3, From: 100, Done: 100 * frameSamples})
	for sound := speech(8, 1000, 1300, 4000); len(sound) > 0; sound = sound[frameSamples:] {
		b.hear(sound[:frameSamples])
		b.work()
	}
	// The stream begins two seconds into the call.
	if got, want := b.lines(), "3000:w1 w2 6000:w3"; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
	var l transcribe.Line
	for _, m := range b.told {
		if m, ok := m.(*transcribe.LineMessage); ok {
			l = m.Line
		}
	}
	if l.ID != "l"+fmt.Sprint(6000*16/512*512-leadIn) || l.EndMS != 6300 || len(l.Words) != 1 || l.Words[0] != (transcribe.Word{Text: "w3", StartMS: 6000, EndMS: 6300, Probability: 1}) {
		t.Errorf("last line %+v", l)
	}
}

func TestSessionPartials(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	var at []int
	for ms := 1000; ms < 5000; ms += 300 {
		at = append(at, ms)
	}
	var when []int64
	for sound := speech(7, at...); len(sound) > 0; sound = sound[frameSamples:] {
		b.hear(sound[:frameSamples])
		for _, p := range b.waiting {
			if !p.final {
				when = append(when, ms(p.to.Load())-1000)
			}
		}
		b.work()
	}
	// The first after 0.4 s of voice, then every 0.8 s or quarter of the utterance.
	if fmt.Sprint(when) != "[400 1200 2000 2800 3600]" {
		t.Errorf("partials at %v ms after the onset", when)
	}
	var settled []int
	for _, m := range b.told {
		if m, ok := m.(*transcribe.PartialMessage); ok {
			settled = append(settled, m.Partial.Settled)
		}
	}
	if got := b.partials(); len(got) != 5 || got[0] != "w1" || settled[0] != 0 || settled[1] != len("w1") {
		t.Errorf("partials %q settled %v", got, settled)
	}
}

// A first partial that heard nothing yet is tried again soon: the first words are what an agent waits for.
func TestSessionTriesAnEmptyFirstPartialAgainSoon(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	var when []int64
	for sound := speech(4, 1000, 1300, 1600, 1900, 2200, 2500); len(sound) > 0; sound = sound[frameSamples:] {
		b.hear(sound[:frameSamples])
		for len(b.waiting) > 0 {
			r := b.decode(b.waiting[0])
			b.waiting = b.waiting[1:]
			if !r.pass.final {
				when = append(when, b.s.next)
				if len(when) == 1 {
					r.hyp = transcribe.Hypothesis{}
				}
			}
			b.s.passed(r)
		}
	}
	if len(when) < 3 || when[1]-when[0] > firstAgain+partialEvery/2 || when[2]-when[1] < partialEvery {
		t.Errorf("partials at %v", when)
	}
}

func TestSessionHasOnePartialAtATime(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	b.hear(speech(4, 100, 400, 700, 1000, 1300, 1600, 1900, 2200, 2500, 2800, 3100, 3400, 3700)) // the last word is still being said
	if len(b.waiting) != 1 || b.waiting[0].final {
		t.Fatalf("%d passes wait", len(b.waiting))
	}
	// It waited, so it hears what came meanwhile.
	if to := b.waiting[0].to.Load(); to != 4*second {
		t.Errorf("the partial goes up to %d", to)
	}
}

func TestSessionTriesTheFinalEarly(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	sound := speech(3, 320, 1000) // a pause of 0.38 s, and the end
	b.hear(sound[:second*96/100])
	trial := b.waiting[len(b.waiting)-1]
	if !trial.final || trial.rank != rankTrial {
		t.Fatalf("no final on trial: %+v", trial)
	}
	b.work()
	if b.lines() != "" {
		t.Fatalf("the trial came out: %s", b.lines())
	}
	b.hear(sound[second*96/100:])
	final := b.waiting[len(b.waiting)-1]
	if len(final.draft) != 1 || final.draft[0] != 1 {
		t.Errorf("the trial's words are not the final's draft: %v", final.draft)
	}
	b.work()
	if got, want := b.lines(), "320:w1 w2"; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
}

func TestSessionKeepsOrder(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	b.hear(speech(6, 500, 3000))
	finals := slices.DeleteFunc(slices.Clone(b.waiting), func(p *pass) bool { return !p.final })
	if len(finals) != 2 {
		t.Fatalf("%d finals", len(finals))
	}
	b.s.passed(b.decode(finals[1]))
	if b.lines() != "" {
		t.Error("the second line overtook the first")
	}
	b.s.passed(b.decode(finals[0]))
	if got, want := b.lines(), "500:w1 3000:w2"; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
}

func TestSessionHoldsPartialsBehindLines(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	b.hear(speech(4, 500, 3000, 3300, 3600))
	var final, partial *pass
	for _, p := range b.waiting {
		if p.final {
			final = p
		} else {
			partial = p
		}
	}
	b.s.passed(b.decode(partial))
	if got := b.partials(); len(got) != 0 {
		t.Errorf("partials %q of the second utterance while the first has no line", got)
	}
	b.s.passed(b.decode(final))
	if got := b.partials(); len(got) != 1 || !strings.HasPrefix(got[0], "w2") {
		t.Errorf("partials %q", got)
	}
}

func TestSessionFinishWritesTheLastWords(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	b.hear(speech(1.3, 1000)) // the line is cut right behind the word
	b.s.finish()
	b.s.finish()
	b.work()
	if got, want := b.lines(), "1000:w1"; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
	if _, ok := b.told[len(b.told)-1].(*transcribe.FinishedMessage); !ok || !b.s.told {
		t.Errorf("the last message is %T", b.told[len(b.told)-1])
	}
}

func TestSessionCountsMissingFramesAsSilence(t *testing.T) {
	for name, gap := range map[string]int64{"short": 25, "a second": 50, "long": 101, "very long": 123_457} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, transcribe.OpenMessage{})
			first, second := speech(0.8, 400), speech(2, 200)
			b.hear(first)
			b.pos += gap
			b.hear(second)
			b.s.finish()
			b.work()
			at := 800 + 20*gap + 200
			want := fmt.Sprintf("400:w1 %d:w1", at)
			if gap == 25 {
				want = "400:w1 1500:w1"
			}
			if got := b.lines(); got != want {
				t.Errorf("lines %q, want %q", got, want)
			}
			if n := b.s.audio.Len(); n > 6*16000 {
				t.Errorf("the engine had to hear %d samples", n)
			}
		})
	}
}

func TestSessionGoesOnWhereAnotherEnded(t *testing.T) {
	sound := speech(12, 500, 800, 3000, 5000, 5300, 5600, 8000, 10_000)
	whole := newBench(t, transcribe.OpenMessage{})
	whole.hear(sound)
	whole.work()
	whole.s.finish()
	whole.work()
	want := whole.lines()
	for crash := int64(3); crash < 600; crash += 7 {
		first := newBench(t, transcribe.OpenMessage{})
		first.hear(sound[:crash*frameSamples])
		if crash%2 == 0 {
			first.work()
		}
		consumed := int64(0)
		for _, m := range first.told {
			switch m := m.(type) {
			case *transcribe.LineMessage:
				consumed = m.Consumed
			case *transcribe.HeardMessage:
				consumed = m.Consumed
			}
		}
		from := max(consumed/frameSamples-50, 0)
		second := newBench(t, transcribe.OpenMessage{From: from, Done: consumed})
		second.hear(sound[from*frameSamples:])
		second.work()
		second.s.finish()
		second.work()
		if got := strings.TrimSpace(first.lines() + " " + second.lines()); got != want {
			t.Fatalf("crash at frame %d, consumed %d:\ngot  %s\nwant %s", crash, consumed, got, want)
		}
	}
}

func TestSessionSurvivesAFailingEngine(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	fails := 0
	b.engine.OnDecode = func(_ context.Context, p transcribe.Pass) error {
		if p.Final && p.From < second && fails < maxAttempts {
			fails++
			return errors.New("no luck")
		}
		return nil
	}
	b.hear(speech(5, 500, 3000))
	b.work()
	if got, want := b.lines(), "3000:w2"; got != want || fails != maxAttempts {
		t.Errorf("lines %q, want %q; %d attempts", got, want, fails)
	}
}

func TestSessionSaysNothingOfSilence(t *testing.T) {
	b := newBench(t, transcribe.OpenMessage{})
	b.hear(speech(60))
	b.s.finish()
	if len(b.waiting) != 0 || b.lines() != "" || len(b.partials()) != 0 {
		t.Errorf("%d passes, lines %q, partials %q", len(b.waiting), b.lines(), b.partials())
	}
}

func TestAgreed(t *testing.T) {
	for _, c := range []struct{ before, now, want string }{
		{"", "hello", ""},
		{"hello", "hello there", "hello"},
		{"hello the", "hello there", "hello"},
		{"hello there", "hello there", "hello there"},
		{"hello there", "hallo there", ""},
		{"where is my order", "where is your order", "where is"},
		{"北海道の冬", "北海道の夏です", "北海道の"},
		{"naïve", "naïf", ""},
	} {
		if got := c.now[:agreed(c.before, c.now)]; got != c.want {
			t.Errorf("%q, %q agree in %q, want %q", c.before, c.now, got, c.want)
		}
	}
}

func TestHold(t *testing.T) {
	for _, c := range []struct{ firm, text, want string }{
		{"", "any words", "any words"},
		{"He was not", "He was not an", "He was not an"},
		{"He was not", "he was not, an ill", "He was not an ill"},
		{"The northern Marianna's", "The Northern Marianas emergency", "The northern Marianna's emergency"},
		{"one two three", "one three four", "one two three four"},
		{"one two", "one and two three", "one two three"},
		{"one two three", "one", "one two three"},
		{"one", "", "one"},
		{"お電話", "お電話ありがとう", "お電話ありがとう"},
		{"お電活", "お電話ありがとう", "お電活ありがとう"},
		{"yes", "no", "yes"},
	} {
		got, _ := hold(c.firm, c.text)
		if got != c.want {
			t.Errorf("%q holding %q: %q, want %q", c.text, c.firm, got, c.want)
		}
	}
}

func FuzzHold(f *testing.F) {
	f.Add("one two", "one three four")
	f.Fuzz(func(t *testing.T, firm, text string) {
		got, skipped := hold(firm, text)
		if !strings.HasPrefix(got, firm) || skipped > len(text) || len(got) > len(firm)+len(text)+1 {
			t.Errorf("%q, %d", got, skipped)
		}
	})
}
