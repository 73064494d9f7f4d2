package prime

import (
	"strings"
	"unicode"
)

// Memory knows the words of one record. Its zero value knows none.
type Memory struct {
	words   map[string]bool
	entries []entry
	heard   []replacement
}

// replacement writes a vocabulary's term where the recogniser wrote what it sounds like.
type replacement struct {
	words []string // folded
	term  string
}

// common are words of records that say nothing about whose record it is.
var common = set("customer order orders case agent queue the a an and or of for to in on at with without from by is are was his her " +
	"their people person adult adults child children day days night nights week weeks tour trip hotel flight room booking bookings " +
	"support sales service centre center company ltd inc co cannot can not wants change late paid new one two three four five six seven " +
	"eight nine ten mr mrs ms dr winter summer spring autumn complaint luggage arrived wife husband travel pass rail car minibus driver " +
	"came hour before after it half day's golf dinner time times quiet rooms guesthouse course courses deposit payment refund")

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, s := range strings.Fields(list) {
		m[s] = true
	}
	return m
}

// Remember takes a record's words in: names, numbers, and the words of titles that are not everybody's.
func Remember(r Record) Memory {
	m := Memory{words: map[string]bool{}}
	texts := []string{r.Customer, r.Town, r.Organisation, r.Queue, r.Opened}
	texts = append(texts, r.Agents...)
	texts = append(texts, r.Cases...)
	for _, o := range r.Orders {
		texts = append(texts, o.Number, o.Title)
	}
	for _, t := range r.Vocabulary {
		texts = append(texts, t.Text)
		for _, s := range t.SoundsLike {
			if words := foldAll(s); len(words) > 0 && t.Text != "" {
				m.heard = append(m.heard, replacement{words, t.Text})
			}
		}
	}
	for _, text := range texts {
		m.learn(text)
		for _, w := range strings.Fields(text) {
			if f := fold(w); distinctive(f) {
				m.words[f] = true
			}
		}
	}
	return m
}

// distinctive reports whether a word says something: three figures and more, or words of two letters and more that are not
// common and hold no figure ("14th").
func distinctive(f string) bool {
	if f == "" || common[f] {
		return false
	}
	digits, letters := 0, 0
	for _, r := range f {
		if unicode.IsDigit(r) {
			digits++
		} else {
			letters++
		}
	}
	return digits >= 3 || digits == 0 && letters >= 2
}

// Known reports whether a recognised word stands in the record.
func (m Memory) Known(word string) bool {
	f := fold(word)
	return f != "" && (m.words[f] || m.words[strings.TrimSuffix(f, "s")] && strings.HasSuffix(strings.TrimRight(word, ".,?!"), "s") && strings.ContainsAny(word, "'’"))
}

// Write replaces what vocabulary terms sound like by the terms. It changes nothing else.
func (m Memory) Write(text string) string {
	if len(m.heard) == 0 {
		return text
	}
	fields := strings.SplitAfter(text, " ")
	var b strings.Builder
	for i := 0; i < len(fields); {
		term, n := m.at(fields, i)
		if n == 0 {
			b.WriteString(fields[i])
			i++
			continue
		}
		first, last := fields[i], fields[i+n-1]
		b.WriteString(first[:len(first)-len(strings.TrimLeftFunc(first, isMark))])
		b.WriteString(term)
		b.WriteString(last[len(strings.TrimRightFunc(last, isMark)):])
		i += n
	}
	return b.String()
}

// at finds the longest replacement at field i.
func (m Memory) at(fields []string, i int) (term string, n int) {
	for _, h := range m.heard {
		if len(h.words) <= n || i+len(h.words) > len(fields) {
			continue
		}
		same := true
		for k, w := range h.words {
			f := fields[i+k]
			// Punctuation within is the speaker's pause: then it is something else.
			if fold(f) != w || k+1 < len(h.words) && strings.TrimRightFunc(f, isMark) != strings.TrimRight(f, " ") {
				same = false
				break
			}
		}
		if same {
			term, n = h.term, len(h.words)
		}
	}
	return term, n
}

func isMark(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }

// fold is a word without case and marks: "UM-4729-1835," is um47291835.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if isMark(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func foldAll(s string) []string {
	var out []string
	for _, w := range strings.Fields(s) {
		if f := fold(w); f != "" {
			out = append(out, f)
		}
	}
	return out
}
