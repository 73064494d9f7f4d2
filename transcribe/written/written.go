package written

import (
	"strings"
	"unicode"
)

// maxText bounds what is looked at, in bytes: a line lasts 25 s, in which nobody says a thousand words.
const maxText = 8 << 10

// Text writes recognised text as people write it. The language is a BCP 47 tag; "" is English.
func Text(text, language string) string {
	if len(text) > maxText {
		return text
	}
	primary, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(language), "_", "-"), "-")
	switch primary {
	case "", "en":
		return english(text)
	case "ja":
		return japanese(text)
	}
	return text
}

// maxRun bounds how far a rule looks ahead, in tokens, so that the work grows with the text and not with its square.
const maxRun = 48

// token is a word with the marks around it. All tokens in a row, each with the space before it, are the text.
type token struct {
	sep  string // what stands before it: spaces, or the hyphen of "twenty-five"
	lead string // opening marks: ( "
	core string
	tail string // closing marks: , . ? ! ) "
	low  string // core in lower case
}

func (t token) String() string { return t.sep + t.lead + t.core + t.tail }

// tokens cuts text. Hyphenated numbers in words are cut at their hyphens.
func tokens(text string) []token {
	var out []token
	for text != "" {
		space := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
		end := strings.IndexFunc(text[space:], unicode.IsSpace)
		if end < 0 {
			end = len(text) - space
		}
		out = append(out, cut(text[:space], text[space:space+end])...)
		text = text[space+end:]
	}
	return out
}

func cut(sep, word string) []token {
	rest := strings.TrimLeftFunc(word, isMark)
	t := token{sep: sep, lead: word[:len(word)-len(rest)]}
	t.core = strings.TrimRightFunc(rest, isMark)
	t.tail = rest[len(t.core):]
	t.low = strings.ToLower(t.core)
	parts := strings.Split(t.low, "-")
	if len(parts) == 1 || strings.Contains(t.core, "--") || len(t.low) != len(t.core) {
		return []token{t}
	}
	for _, p := range parts {
		if !isNumberWord(p) {
			return []token{t}
		}
	}
	list := make([]token, 0, len(parts))
	at := 0
	for i, p := range parts {
		x := token{sep: "-", core: t.core[at : at+len(p)], low: p}
		if i == 0 {
			x.sep, x.lead = t.sep, t.lead
		}
		if i == len(parts)-1 {
			x.tail = t.tail
		}
		at += len(p) + 1
		list = append(list, x)
	}
	return list
}

// isMark reports whether a rune at a word's edge is no part of it. Signs that belong to numbers and addresses are.
func isMark(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !unicode.IsSymbol(r) && !strings.ContainsRune("%@#&/", r)
}

// writer holds the tokens of one text; rules look at them from a place on.
type writer struct{ t []token }

// rule looks for something to be written at token i: it gives the text of the tokens that it takes, and how many these
// are; 0 where there is nothing.
type rule func(w *writer, i int) (text string, taken int)

// apply writes the text anew by the first rule that fits at each place.
func (w *writer) apply(rules []rule) string {
	var b strings.Builder
	for i := 0; i < len(w.t); {
		text, n := "", 0
		for _, r := range rules {
			if text, n = r(w, i); n > 0 {
				break
			}
		}
		if n == 0 {
			b.WriteString(w.t[i].String())
			i++
			continue
		}
		first, last := w.t[i], w.t[i+n-1]
		if text == "" { // it said again what stands before
			said := strings.TrimRight(b.String(), ",:; ")
			b.Reset()
			b.WriteString(said)
			b.WriteString(last.tail)
		} else {
			tail := last.tail
			if strings.HasSuffix(text, ".") {
				tail = strings.TrimPrefix(tail, ".")
			}
			b.WriteString(first.sep + first.lead + text + tail)
		}
		i += n
	}
	return b.String()
}

// low is the word at i in lower case; "" beyond the ends.
func (w *writer) low(i int) string {
	if i < 0 || i >= len(w.t) {
		return ""
	}
	return w.t[i].low
}

// joined reports whether nothing but space stands between tokens i and i+1.
func (w *writer) joined(i int) bool {
	return i >= 0 && i+1 < len(w.t) && w.t[i].tail == "" && w.t[i+1].lead == ""
}

// after reports whether one of the words stands at i, joined to the token before it.
func (w *writer) after(i int, words ...string) bool {
	if i < 1 || i >= len(w.t) || !w.joined(i-1) {
		return false
	}
	for _, x := range words {
		if w.t[i].low == x {
			return true
		}
	}
	return false
}

// cue reports whether one of the words stands among the tokens before i.
func (w *writer) cue(i int, words map[string]bool) bool {
	const near = 8
	for j := max(i-near, 0); j < i; j++ {
		if words[strings.TrimSuffix(w.t[j].low, "'s")] {
			return true
		}
	}
	return false
}

func english(text string) string {
	w := &writer{t: tokens(text)}
	return w.apply([]rule{address, code, clock, digitRun, date, number})
}
