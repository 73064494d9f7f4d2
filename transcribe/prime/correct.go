package prime

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"patchbay/transcribe"
)

const (
	// doubted is the probability below which a word may be taken for one of the record that sounds like it.
	doubted = 0.8
	// near is how far, per letter, a doubted word may be from the record's; nearer is how far where the word beside it in
	// the record was heard beside it too: "Hurtot Tanaka" is Haruto Tanaka.
	near, nearer = 0.25, 0.45
	// minSnap is the shortest word of a record that others are taken for, in letters.
	minSnap = 4
	// maxWords bounds the words of a line that are looked at.
	maxWords = 200
)

// ordinary are words that are never taken for a name, whatever it sounds like: "thank you" is no Tanaka. They are the whole
// words of lower-case letters in Whisper's vocabulary (MIT), which are the frequent ones of English and its neighbours.
//
//go:embed words.txt
var ordinaryList string

var ordinary = sync.OnceValue(func() map[string]bool { return set(ordinaryList) })

// entry is a word of the record to which doubted words are compared.
type entry struct {
	text         string // as the record writes it
	low          string // folded; letters a to z alone
	before, next string // folded words beside it in the record
}

// learn takes the words of one of the record's texts in.
func (m *Memory) learn(text string) {
	fields := strings.Fields(text)
	for i, f := range fields {
		f = strings.Trim(f, ",.;:!?()\"")
		low := fold(f)
		if len(low) < minSnap || len(low) > 24 || !plainLetters(low) || !distinctive(low) {
			continue
		}
		e := entry{text: f, low: low}
		if i > 0 {
			e.before = fold(fields[i-1])
		}
		if i+1 < len(fields) {
			e.next = fold(fields[i+1])
		}
		m.entries = append(m.entries, e)
	}
}

func plainLetters(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return s != ""
}

// Correct writes the record's words where a line has what sounds like them: vocabulary terms by their "sounds like", and
// words that the recogniser doubts itself where they are nearly the record's. It marks all words that stand in the
// record. Words that the recogniser is sure of stay.
func (m Memory) Correct(l transcribe.Line) transcribe.Line {
	l.Words = slices.Clone(l.Words)
	if len(m.entries) > 0 && len(l.Words) <= maxWords {
		m.snap(&l)
	}
	for i := range l.Words {
		l.Words[i].Known = m.Known(l.Words[i].Text)
	}
	l.Text = m.Write(l.Text)
	return l
}

// snap replaces doubted words, one by one, or two that are one word of the record.
func (m Memory) snap(l *transcribe.Line) {
	from := 0 // byte of l.Text behind the words that are done
	for i := 0; i < len(l.Words); i++ {
		w := l.Words[i]
		core := strings.TrimFunc(w.Text, isMark)
		at := strings.Index(l.Text[from:], core)
		if core == "" || at < 0 {
			continue
		}
		at += from
		end := at + len(core)
		from = end
		if m.Known(core) {
			continue
		}
		text, joins := m.nearest(l.Words, i)
		if text == "" {
			continue
		}
		if joins {
			second := strings.TrimFunc(l.Words[i+1].Text, isMark)
			k := strings.Index(l.Text[end:], second)
			if k < 0 || strings.TrimSpace(l.Text[end:end+k]) != "" {
				continue
			}
			end += k + len(second)
			w.EndMS = l.Words[i+1].EndMS
			w.Probability = min(w.Probability, l.Words[i+1].Probability)
			w.Text += " " + l.Words[i+1].Text
			l.Words = slices.Delete(l.Words, i+1, i+2)
		}
		old := l.Text[at:end]
		l.Text = l.Text[:at] + text + l.Text[end:]
		from = at + len(text)
		l.Words[i].Text = strings.Replace(w.Text, old, text, 1)
		l.Words[i].EndMS, l.Words[i].Probability = w.EndMS, w.Probability
		l.Spoken = strings.Replace(l.Spoken, strings.ToLower(old), strings.ToLower(text), 1)
	}
}

// nearest finds the record's word that the one at i is taken for, and whether it takes the next one with it.
func (m Memory) nearest(words []transcribe.Word, i int) (text string, joins bool) {
	best := 1.0
	word := func(k int) string {
		if k < 0 || k >= len(words) {
			return ""
		}
		return fold(words[k].Text)
	}
	low := word(i)
	if !plainLetters(low) || len(low) < 3 || common[low] || ordinary()[low] || ordinary()[strings.TrimSuffix(low, "s")] {
		return "", false
	}
	pair := ""
	if i+1 < len(words) && words[i].Probability < doubted && words[i+1].Probability < doubted+0.15 && plainLetters(word(i+1)) && !strings.HasSuffix(words[i].Text, ".") {
		pair = low + word(i+1)
	}
	for _, e := range m.entries {
		// A name and the word beside it in one: "BrightwaterDental", or "Hurtotanaka" where it is doubted.
		if both := e.low + e.next; e.next != "" && len(both) <= 24 && abs(len(low)-len(both)) <= 3 && plainLetters(both) {
			d := distance(low, both) / float64(len(both))
			if second := m.textOf(e.next); second != "" && (d == 0 || words[i].Probability < doubted && d <= near && d < best) {
				best, text, joins = d, e.text+" "+second, false
			}
		}
		if words[i].Probability < doubted && abs(len(low)-len(e.low)) <= 3 {
			limit := near
			if e.next != "" && word(i+1) == e.next || e.before != "" && word(i-1) == e.before {
				limit = nearer
			}
			if d := distance(low, e.low) / float64(len(e.low)); d <= limit && d < best {
				best, text, joins = d, e.text, false
			}
		}
		if pair != "" && len(e.low) >= 7 && abs(len(pair)-len(e.low)) <= 2 {
			if d := distance(pair, e.low) / float64(len(e.low)); d <= near*0.8 && d < best {
				best, text, joins = d, e.text, true
			}
		}
	}
	return text, joins
}

func (m Memory) textOf(low string) string {
	for _, e := range m.entries {
		if e.low == low {
			return e.text
		}
	}
	return ""
}

func abs(n int) int { return max(n, -n) }

// sounds groups letters that are easily taken for each other.
var sounds = func() (group [26]byte) {
	for i, letters := range []string{"aeiouy", "ckgq", "bp", "dt", "szjx", "fv", "mn", "lr"} {
		for _, c := range letters {
			group[c-'a'] = byte(i + 1)
		}
	}
	return group
}()

// distance counts the letters by which two words differ; those that sound alike, and vowels and h's more or less, count half.
func distance(a, b string) float64 {
	var row [25]float64 // b has at most 24 letters
	loose := func(c byte) float64 {
		if c == 'h' || sounds[c-'a'] == 1 {
			return 0.5
		}
		return 1
	}
	for j := range len(b) {
		row[j+1] = row[j] + loose(b[j])
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] += loose(a[i])
		for j := range len(b) {
			cost := 1.0
			switch g := sounds[a[i]-'a']; {
			case a[i] == b[j]:
				cost = 0
			case g != 0 && g == sounds[b[j]-'a']:
				cost = 0.5
			}
			d := min(diagonal+cost, row[j]+loose(b[j]), row[j+1]+loose(a[i]))
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
