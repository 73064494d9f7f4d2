package redact

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"patchbay/transcribe"
)

// line makes a line whose words are those of its text, 300 ms each.
func line(id string, at int64, text string) transcribe.Line {
	l := transcribe.Line{ID: id, StartMS: at, Text: text, Spoken: transcribe.Spoken(text, "en")}
	for _, w := range strings.Fields(text) {
		l.Words = append(l.Words, transcribe.Word{Text: w, StartMS: at, EndMS: at + 300, Probability: 0.9})
		at += 300
	}
	l.EndMS = at
	return l
}

// said gives lines to one leg, two seconds apart, settles it, and gives how they read in the end.
func said(t *testing.T, lines ...string) (out []string, silence []Span) {
	t.Helper()
	c := New(Config{Language: "en"})
	last := map[string]string{}
	take := func(r Result) {
		for _, l := range r.Lines {
			last[l.ID] = l.Text
			for _, form := range []string{l.Spoken, joined(l)} {
				if strings.Contains(l.Text, Mask) != strings.Contains(form, Mask) {
					t.Errorf("%q is masked, but not in all forms: %q", l.Text, form)
				}
			}
		}
		silence = append(silence, r.Silence...)
	}
	at := int64(1000)
	for i, text := range lines {
		l := line(fmt.Sprint(i), at, text)
		take(c.Line("customer", l))
		at = l.EndMS + 1500
	}
	take(c.Settle("customer"))
	for i := range lines {
		out = append(out, last[fmt.Sprint(i)])
	}
	return out, silence
}

func TestSpokenNumbers(t *testing.T) {
	for _, tc := range []struct{ said, want string }{
		// Card numbers by their checksum, however they are said.
		{"it is 4111 1111 1111 1111 thanks", "it is •••• thanks"},
		{"it is 4111-1111-1111-1111.", "it is ••••."},
		{"4111111111111111", "••••"},
		{"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "••••"},
		{"four one one one, one one one one, one one one one, one one one one please", "•••• please"},
		{"forty one eleven, eleven eleven, eleven eleven, eleven eleven", "••••"},
		{"four triple one double one double one and then double one double one um quadruple one", "••••"},
		{"it's five five oh five five five five five five five five five five five five two", "it's ••••"},
		{"３７８２ ８２２４ ６３１ ０００５", "••••"}, // fifteen digits, full width
		{"٤١١١ ١١١١ ١١١١ ١١١١", "••••"},
		{"四一一一 一一一一 一一一一 一一一一です", "••••です"},
		{"4111の1111の1111の1111です", "••••です"},
		{"よんいちいちいち、いちいちいちいち、いちいちいちいち、いちいちいちいち です", "•••• です"},
		{"ヨン イチ イチ イチ イチ イチ イチ イチ イチ イチ イチ イチ イチ イチ イチ イチ", "••••"},
		// Misheard: a digit too few, a digit wrong.
		{"My card number is for 1111 1111 1111 1111 1111", "My card number is for ••••"},
		{"the number is 55555555555555", "the number is ••••"},
		{"カード番号は 4111 1111 111 です", "カード番号は •••• です"},
		// After a cue less is enough.
		{"my card is 4111 okay", "my card is •••• okay"},
		{"the security code is 1-2-3 and thanks", "the security code is •••• and thanks"},
		{"the three digits on the back are seven oh nine", "the three digits on the back are ••••"},
		{"セキュリティコードは 123 です", "セキュリティコードは •••• です"},
		{"暗証番号は１２３４です", "暗証番号は••••です"},
		{"my pin is 4711 yes", "my pin is •••• yes"},
		{"account number 12345678 sort code 20-00-00 right", "account number •••• sort code •••• right"},
		{"口座番号は 1234567 です", "口座番号は •••• です"},
		{"my passport is AB1234567 thanks", "my passport is •••• thanks"},
		{"social security is 078-05-1120 thanks", "social security is •••• thanks"},
		{"it is 078-05-1120 thanks", "it is •••• thanks"},
		{"マイナンバーは 123456789018 です", "マイナンバーは •••• です"},
		{"transfer to DE89 3704 0044 0532 0130 00 please", "transfer to •••• please"},
		{"it's GB82WEST12345698765432, ok", "it's ••••, ok"},
		{"D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0 thanks", "•••• thanks"},

		// What stays.
		{"call me on 202-555-0142 please", "call me on 202-555-0142 please"},
		{"call me on +81 90 1234 5678 please", "call me on +81 90 1234 5678 please"},
		{"my number is 011 44 20 7183 8750 yes", "my number is 011 44 20 7183 8750 yes"},
		{"I booked two nights for $1,250 in 2026", "I booked two nights for $1,250 in 2026"},
		{"the order number is 48213 on my card", "the order number is 48213 on my card"},
		{"I paid by card, the booking number is 48213 yes", "I paid by card, the booking number is 48213 yes"},
		{"I paid 4500 dollars by card and 4500 dollars in cash", "I paid 4500 dollars by card and 4500 dollars in cash"},
		{"the card ending in 4242 was charged", "the card ending in 4242 was charged"},
		{"oh I see, oh well", "oh I see, oh well"},
		{"札幌に二人で三泊、12,000円です", "札幌に二人で三泊、12,000円です"},
		{"予約番号は 4111 1111 です", "予約番号は 4111 1111 です"},
		{"それはいいですね、くしろに行きます", "それはいいですね、くしろに行きます"},
		{"flight 4711 leaves at 10:30", "flight 4711 leaves at 10:30"},
		{"", ""},
	} {
		out, _ := said(t, tc.said)
		if out[0] != tc.want {
			t.Errorf("%q reads %q, want %q", tc.said, out[0], tc.want)
		}
	}
}

func TestSplitOverLines(t *testing.T) {
	for _, tc := range []struct{ lines, want []string }{
		{[]string{"it is 4111 1111", "1111 1111 thanks"}, []string{"it is ••••", "•••• thanks"}},
		{[]string{"it is 4111", "1111", "um 1111", "1111 thanks"}, []string{"it is ••••", "••••", "um ••••", "•••• thanks"}},
		{[]string{"four one one one one one", "one one one one one", "one one one one one"}, []string{"••••", "••••", "••••"}},
		{[]string{"it is 4111 11", "okay", "11 1111 1111 thanks"}, []string{"it is ••••", "okay", "•••• thanks"}},
		{[]string{"4111111111", "111111"}, []string{"••••", "••••"}},
		{[]string{"it is 411111 1111", "11", "1111", "thanks"}, []string{"it is ••••", "••••", "••••", "thanks"}},
		{[]string{"4111 1111 1111", "1111", "5550100223"}, []string{"••••", "••••", "5550100223"}},
		// Whole numbers one after the other.
		{[]string{"5260181590", "6 0 9 1 3 9 0 9 9 6.", "nine four eight two one nine nine three five one", "6579754323"},
			[]string{"5260181590", "6 0 9 1 3 9 0 9 9 6.", "nine four eight two one nine nine three five one", "6579754323"}},
		{[]string{"202 555 0142", "2 0 2 5 5 5 0 1 4 2"}, []string{"202 555 0142", "2 0 2 5 5 5 0 1 4 2"}},
		{[]string{"2025550142", "48213", "yes"}, []string{"2025550142", "48213", "yes"}},
		// … of which, misheard or cut in two, several together fit Luhn, but are as long as no scheme's cards.
		{[]string{"657-975-4323.", "637265167.", "Six."}, []string{"657-975-4323.", "637265167.", "Six."}},
		{[]string{"141269060.", "Four.", "965724920.", "Eight.", "Zero, nine, three, one.", "002516."},
			[]string{"141269060.", "Four.", "965724920.", "Eight.", "Zero, nine, three, one.", "002516."}},
		// A card's number in two halves of whatever length.
		{[]string{"3782 822463", "10005"}, []string{"••••", "••••"}},
		{[]string{"5555 5555 555", "5 4444"}, []string{"••••", "••••"}},
		{[]string{"six two one two three four five six seven", "eight nine zero zero zero zero zero zero two"}, []string{"••••", "••••"}},
		// These come back when what follows shows that they are none.
		{[]string{"the code of the house is 4711", "and then you turn left"}, []string{"the code of the house is 4711", "and then you turn left"}},
		{[]string{"I think it is 4711"}, []string{"I think it is 4711"}},
		{[]string{"I think it is 4711 0815", "yes that is it"}, []string{"I think it is 4711 0815", "yes that is it"}},
	} {
		out, _ := said(t, tc.lines...)
		if fmt.Sprint(out) != fmt.Sprint(tc.want) {
			t.Errorf("%q reads %q, want %q", tc.lines, out, tc.want)
		}
	}
}

// TestNothingIsShownTooEarly: whatever is given out on the way, partials too, never holds more than four digits in a row
// of a number that is masked in the end.
func TestNothingIsShownTooEarly(t *testing.T) {
	const number = "4111 1234 5678 9012"
	for _, tc := range []struct {
		cue  string
		most int // digits that may be seen
	}{{"", heldDigits - 1}, {"my card number is", 0}, {"カード番号は", 0}} {
		c := New(Config{Language: "en"})
		var shown []string
		all := strings.Fields(strings.TrimSpace(tc.cue + " " + number))
		for k := range all {
			text := strings.Join(all[:k+1], " ")
			for cut := range text + "x" { // word by word, digit by digit
				shown = append(shown, c.Partial("customer", transcribe.Partial{StartMS: 100, Text: text[:cut]}).Text)
			}
		}
		at := int64(100)
		for k := range all { // the worst segmentation: a line for each word
			r := c.Line("customer", line(fmt.Sprint(k), at, all[k]))
			at += 900
			for _, l := range r.Lines {
				shown = append(shown, l.Text, l.Spoken, joined(l))
			}
		}
		for _, text := range shown {
			if n := longestDigits(text); n > tc.most {
				t.Errorf("after %q %q was shown", tc.cue, text)
			}
		}
	}
}

// TestWholeNumbersAreShownAtOnce: a telephone or order number that is said in one breath waits for nothing, unless a card's
// number may begin so.
func TestWholeNumbersAreShownAtOnce(t *testing.T) {
	for text, want := range map[string]string{
		"202 555 0142":    "202 555 0142",
		"it's 12345678 9": "it's 12345678 9",
		"60912390996":     "60912390996",
		"4111 1111 11":    "••••",
		"3782 822463":     "••••",
		"48213":           "••••", // the beginning of a card number that is read in groups, for all that is known
	} {
		c := New(Config{Language: "en"})
		if got := c.Line("customer", line("a", 0, text)).Lines[0].Text; got != want {
			t.Errorf("%q is given out as %q, want %q", text, got, want)
		}
	}
	c := New(Config{Language: "en"})
	c.Line("customer", line("a", 0, "3782 822463"))
	if got := c.Line("customer", line("b", 4000, "10005")).Lines[0].Text; got != Mask {
		t.Errorf("the end of a card number is given out as %q", got)
	}
}

func longestDigits(s string) (longest int) {
	n := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			n++
		case r != ' ' && r != '-':
			n = 0
		}
		longest = max(longest, n)
	}
	return longest
}

// TestAgentAsks: a cue of one party counts for the answer of the other, and no longer than it holds.
func TestAgentAsks(t *testing.T) {
	for _, tc := range []struct {
		asks, answers string
		after         int64
		want          string
	}{
		{"What is the security code, please?", "one two three", 800, "••••"},
		{"What is the security code, please?", "123", 800, "••••"},
		{"May I have your card number?", "yes it's 4111", 800, "yes it's ••••"},
		{"カード番号をお願いします", "はい、4111です", 800, "はい、••••です"},
		{"What is the security code, please?", "we are 123 people", 800, "we are 123 people"},
		{"What is the security code, please?", "it was 1987", 60_000, "it was 1987"},
		{"Where do you travel to?", "to 123 Main Street", 800, "to 123 Main Street"},
	} {
		c := New(Config{Language: "en"})
		ask := line("a", 0, tc.asks)
		c.Line("agent", ask)
		r := c.Line("customer", line("b", ask.EndMS+tc.after, tc.answers))
		got := r.Lines[0].Text
		if s := c.Settle("customer"); len(s.Lines) > 0 {
			got = s.Lines[0].Text
		}
		if got != tc.want {
			t.Errorf("%q: %q reads %q, want %q", tc.asks, tc.answers, got, tc.want)
		}
	}
	// The cue of a partial counts before its line is final.
	c := New(Config{Language: "en"})
	c.Partial("agent", transcribe.Partial{StartMS: 100, Text: "and the security code"})
	if got := c.Partial("customer", transcribe.Partial{StartMS: 1500, Text: "one two"}).Text; got != Mask {
		t.Errorf("the code is shown as %q", got)
	}
}

// TestFormsThatDiffer: where text and words are read differently, no number of the line is shown.
func TestFormsThatDiffer(t *testing.T) {
	c := New(Config{Language: "en"})
	l := line("a", 0, "it is for 111 1111 1111 1111 1111 and 77 people")
	l.Text = "It is 4111 1111 1111 1111 and 77 people"
	r := c.Line("customer", l)
	if got := r.Lines[0]; longestDigits(got.Text) > 0 || longestDigits(joined(got)) > 0 || longestDigits(got.Spoken) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestSilence(t *testing.T) {
	c := New(Config{Language: "en"})
	r := c.Line("customer", line("a", 1000, "it is 4111 1111 1111 1111 and I am Haruto"))
	if fmt.Sprint(r.Silence) != fmt.Sprint([]Span{{"customer", 1600 - padMS, 2800 + padMS}}) || r.Open || len(r.Kinds) != 1 || r.Kinds[0] != Card {
		t.Errorf("%+v", r)
	}
	r = c.Line("customer", line("b", 30_000, "it is 4111 1111"))
	if len(r.Silence) != 0 || !r.Open {
		t.Errorf("an open number: %+v", r)
	}
	r = c.Line("customer", line("c", 32_000, "1111 1111 right"))
	if fmt.Sprint(r.Silence) != fmt.Sprint([]Span{{"customer", 30_600 - padMS, 31_200 + edgeMS}, {"customer", 32_000 - edgeMS, 32_600 + padMS}}) {
		t.Errorf("%+v", r.Silence)
	}
	// What was said between masked words, and not recognised, goes too.
	gap := line("d", 60_000, "it is 4111 1111 1111 1111 thanks")
	for i := range gap.Words {
		gap.Words[i].StartMS += int64(i) * 700
		gap.Words[i].EndMS += int64(i) * 700
	}
	if got := New(Config{Language: "en"}).Line("customer", gap); fmt.Sprint(got.Silence) != fmt.Sprint([]Span{{"customer", gap.Words[1].EndMS, gap.Words[6].StartMS}}) {
		t.Errorf("gaps: %+v", got.Silence)
	}
	if len(r.Lines) != 1 || r.Lines[0].ID != "c" {
		t.Errorf("the first line was masked already, and is given out again: %+v", r.Lines)
	}
	if s := c.Settle("customer"); len(s.Lines)+len(s.Silence) != 0 || s.Open {
		t.Errorf("settling changes %+v", s)
	}
}

func TestSettledBytesOfPartials(t *testing.T) {
	c := New(Config{Language: "en"})
	p := c.Partial("customer", transcribe.Partial{StartMS: 0, Text: "my number is 4111 1111 1", Settled: 20})
	if p.Text != "my number is ••••" || p.Settled != len("my number is ") {
		t.Errorf("%+v", p)
	}
}

func TestTypedText(t *testing.T) {
	for _, tc := range []struct {
		text   string
		whole  bool
		want   string
		masked int
	}{
		{"Card 4111 1111 1111 1111, exp 12/27", true, "Card ••••, exp 12/27", 1},
		{"4111111111111111", true, "••••", 1}, {"x4111111111111111x", true, "••••", 1},
		{"4111.1111.1111.1111", true, "••••", 1},
		{"4111\n1111\n1111\n1111", true, "••••", 1},
		{"IBAN DE89370400440532013000", true, "IBAN ••••", 1},
		{"CVV 123", true, "CVV ••••", 1},
		{"CVV: 123, call back 2025550142", true, "CVV: ••••, call back 2025550142", 1},
		{"invoice 2024000123456", true, "invoice 2024000123456", 0},
		{"call back 2025550142", true, "call back 2025550142", 0},
		{"カード番号　４１１１　１１１１　１１１１　１１１１", true, "カード番号　••••", 1},
		{"call back 2025550142", false, "call back ••••", 0}, // may become a card number yet
		{"4111 1111 111", false, "••••", 0}, {"4111 1", false, "4111 1", 0},
		{"4111 1111 111 no, wrong", false, "4111 1111 111 no, wrong", 0},
	} {
		got, kinds := Text(tc.text, nil, tc.whole)
		if got != tc.want || len(kinds) != tc.masked {
			t.Errorf("%q (whole %v) is kept as %q %v, want %q", tc.text, tc.whole, got, kinds, tc.want)
		}
	}
}

func TestRulesOfTheCentre(t *testing.T) {
	rules := []Rule{{Kind: ID, Cues: []string{"loyalty number", "お客様番号"}, Min: 6, Max: 12, HoldsMS: 20_000}}
	if got, _ := Text("loyalty number 123456", rules, true); got != "loyalty number "+Mask {
		t.Errorf("kept as %q", got)
	}
	c := New(Config{Rules: rules, Language: "ja"})
	c.Line("agent", line("a", 0, "お客様番号をお願いします"))
	if got := c.Line("customer", line("b", 2000, "123456です")).Lines[0].Text; got != Mask+"です" {
		t.Errorf("reads %q", got)
	}
}

// leftover finds a card number with separators in what was given out.
func leftover(s string) bool {
	f := fold(s)
	for _, r := range runsOf(lex(f)) {
		if r.hasCard() {
			return true
		}
	}
	return false
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"card 4111 1111 1111 1111", "double four one hundred and forty", "カード 四千百十一", "DE89 3704 0044 0532 0130 00", "oh oh o 0", "\x00•\xff⑫٤"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, whole bool) {
		if len(s) > 4096 {
			return
		}
		out, _ := Text(s, nil, whole)
		if leftover(out) {
			t.Errorf("%q leaves a card number in %q", s, out)
		}
		if s == "" != (out == "") {
			t.Errorf("%q is kept as %q", s, out)
		}
	})
}

func FuzzCall(f *testing.F) {
	f.Add("my card number is 4111 1111", "1111 1111", "okay 12", int64(1200))
	f.Add("セキュリティコードは", "いち に さん", "です", int64(90_000))
	f.Fuzz(func(t *testing.T, a, b, d string, gap int64) {
		if len(a)+len(b)+len(d) > 4096 || gap < 0 || gap > 1e9 {
			return
		}
		c := New(Config{Language: "en"})
		at := int64(0)
		for i, text := range []string{a, b, d} {
			p := c.Partial("customer", transcribe.Partial{StartMS: at, Text: text, Settled: len(text)})
			if leftover(p.Text) || p.Settled > len(p.Text) {
				t.Errorf("%q leaves %+v", text, p)
			}
			l := line(fmt.Sprint(i), at, text)
			r := c.Line("customer", l)
			if len(r.Lines) == 0 {
				t.Errorf("line %d is not given out", i)
			}
			for _, got := range r.Lines {
				if leftover(got.Text) || leftover(joined(got)) {
					t.Errorf("%q leaves %+v", text, got)
				}
			}
			for _, s := range r.Silence {
				if s.FromMS < 0 || s.ToMS < s.FromMS {
					t.Errorf("silence %+v", s)
				}
			}
			at = l.EndMS + gap
		}
		if r := c.Settle("customer"); r.Open {
			t.Error("settled and open")
		}
	})
}
