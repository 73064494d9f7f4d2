package redact

import (
	"slices"
	"strings"
	"testing"

	"patchbay/transcribe"
)

// own makes patterns of a centre.
func own(t testing.TB, exprs ...string) *Own {
	t.Helper()
	var list []Pattern
	for _, expr := range exprs {
		p, err := CompilePattern(expr)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	o := new(Own)
	o.Set(list)
	return o
}

func TestPatternsOfTheCentre(t *testing.T) {
	o := own(t, `\bKX-?\d{4}\b`, `policy [a-z]\d+`, `会員番号\d{6}`)
	for text, want := range map[string]string{
		"My number is KX-1234, thanks.":   "My number is ••••, thanks.",
		"kx1234 and KX‐9876":              "•••• and ••••",
		"ＫＸ－１２３４です":                       "••••です",
		"Policy B77 is mine":              "•••• is mine",
		"会員番号123456です":                    "••••です",
		"KX-12345 is longer":              "KX-12345 is longer",
		"card 4111 1111 1111 1111 KX1234": "card •••• ••••",
		"nothing here":                    "nothing here",
	} {
		if got, kinds := o.Text(text, true); got != want || strings.Contains(want, "••••") && !slices.Contains(kinds, Custom) {
			t.Errorf("%q becomes %q (%v), want %q", text, got, kinds, want)
		}
	}
	if got, _ := (*Own)(nil).Text("KX-1234", true); got != "KX-1234" {
		t.Errorf("without patterns: %q", got)
	}
	if got, _ := o.Text("it is KX-12", false); got != "it is ••••" {
		t.Errorf("while it is typed: %q", got)
	}
}

// A line's words are masked with its text, also where they are read differently; their sound is silenced.
func TestPatternsMaskBothFormsOfALine(t *testing.T) {
	c := New(Config{Language: "en", Own: own(t, `\bKX-\d{4}\b`)})
	l := transcribe.Line{ID: "1", StartMS: 1000, EndMS: 3800, Text: "It is KX-1234, right?", Spoken: "it is k x one two three four right"}
	for i, w := range strings.Fields("It is K X one two three four right?") {
		l.Words = append(l.Words, transcribe.Word{Text: w, StartMS: 1000 + int64(i)*300, EndMS: 1280 + int64(i)*300})
	}
	r := c.Line("customer", l)
	if len(r.Lines) != 1 || r.Lines[0].Text != "It is ••••, right?" || strings.Contains(r.Lines[0].Spoken, "one two") {
		t.Fatalf("%+v", r.Lines)
	}
	if got := joined(r.Lines[0]); got != "It is •••• •••• •••• •••• •••• •••• right?" {
		t.Errorf("words: %q", got)
	}
	if len(r.Silence) != 1 || r.Silence[0].FromMS != 1400 || r.Silence[0].ToMS != 3580 || !slices.Contains(r.Kinds, Custom) {
		t.Errorf("silence %+v, kinds %v", r.Silence, r.Kinds)
	}
}

// Patterns that change count from the next line of a call that goes on.
func TestPatternsChangeDuringACall(t *testing.T) {
	o := new(Own)
	c := New(Config{Own: o})
	text := func(id string) string { return c.Line("customer", line(id, 1000, "ask for ZEBRA77")).Lines[0].Text }
	if got := text("1"); got != "ask for ZEBRA77" {
		t.Errorf("before: %q", got)
	}
	p, err := CompilePattern(`zebra\d\d`)
	if err != nil {
		t.Fatal(err)
	}
	o.Set([]Pattern{p})
	if got := text("2"); got != "ask for ••••" {
		t.Errorf("after: %q", got)
	}
}

// No partial shows more than half of what a pattern fits, at whatever byte it is cut.
func TestPatternsInPartials(t *testing.T) {
	const whole = "my number is KX-1234 and that is it"
	c := New(Config{Own: own(t, `\bKX-\d{4}\b`)})
	for cut := range len(whole) + 1 {
		got := c.Partial("customer", transcribe.Partial{Text: whole[:cut]}).Text
		if strings.Contains(got, "KX-1") {
			t.Errorf("%q shows as %q", whole[:cut], got)
		}
	}
	if got := c.Partial("customer", transcribe.Partial{Text: whole}).Text; got != "my number is •••• and that is it" {
		t.Errorf("at last: %q", got)
	}
	if got := c.Partial("customer", transcribe.Partial{Text: "my number is known to you"}).Text; got != "my number is known to you" {
		t.Errorf("ordinary words: %q", got)
	}
}

// What is said over two lines is masked in both, once the second is there.
func TestPatternsOverTwoLines(t *testing.T) {
	c := New(Config{Own: own(t, `KX\s?\d{4}`)})
	c.Line("customer", line("1", 1000, "it is KX"))
	r := c.Line("customer", line("2", 2500, "1234 yes"))
	var texts []string
	for _, l := range r.Lines {
		texts = append(texts, l.Text)
	}
	if got := strings.Join(texts, "|"); got != "it is ••••|•••• yes" {
		t.Error(got)
	}
}

func TestPatternsAreBounded(t *testing.T) {
	for expr, why := range map[string]string{
		"":                               "bytes",
		strings.Repeat("x", 201):         "bytes",
		"(":                              "no pattern",
		`\d+`:                            "shorter than 3",
		`a|long enough`:                  "shorter than 3",
		`(KX)?`:                          "shorter than 3",
		"ab\ncd":                         "one line",
		`(\pL{500}){2}x(\pL{900})`:       "repeats too much",
		`(a{1000}){1000}`:                "no pattern",
		`(?P<name>abc`:                   "no pattern",
		`[a-z]{4}(\d{300}[a-z]{300}){3}`: "repeats too much",
	} {
		if _, err := CompilePattern(expr); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want %q", expr, err, why)
		}
	}
}

// Partials are many: to look at the end of one costs no memory, however many patterns there are and however they differ.
func TestTheEndOfAPartialCostsNoMemory(t *testing.T) {
	patterns := own(t, `\bKX-\d{4}\b`, `policy [a-z]\d+`, `[a-z]{4}(-\d{3}){20}`, `会員番号\d{6}`).patterns()
	text := fold("my number is, let me see, I think that it is KX-12").runes
	var e ending
	for _, p := range patterns {
		e.begun(p, text)
	}
	if n := testing.AllocsPerRun(100, func() {
		for i, p := range patterns {
			if from := e.begun(p, text); (from >= 0) != (i == 0) {
				t.Fatalf("%s begins at %d", p, from)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTheEndOfAPartial(b *testing.B) {
	patterns := own(b, `\bKX-\d{4}\b`, `policy [a-z]\d+`, `[a-z]{4}(-\d{3}){20}`).patterns()
	text := fold("my number is, let me see, I think that it is KX-12").runes
	var e ending
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range patterns {
			e.begun(p, text)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, s := range [][2]string{{`\bKX-\d{4}\b`, "it is KX-1234"}, {`(a|b)+c{3}`, "ababccc"}, {`[^x]{3}`, "１２３"}, {`^abc$`, "abc\nabc"}, {`(?s).{3}`, "ﬃ"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		p, err := CompilePattern(expr)
		if err != nil {
			return
		}
		o := new(Own)
		o.Set([]Pattern{p})
		once, _ := o.Text(text, true)
		if folded := fold(text); !p.re.MatchString(string(folded.runes)) && len(builtinFinds(text)) == 0 && once != text {
			t.Errorf("%q masks %q as %q, which it does not fit", expr, text, once)
		}
		c := New(Config{Own: o})
		c.Partial("a", transcribe.Partial{Text: text})
		c.Line("a", line("1", 0, text))
		c.Settle("a")
	})
}

func builtinFinds(text string) []Kind {
	_, kinds := Text(text, nil, true)
	return kinds
}
