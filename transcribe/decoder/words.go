package decoder

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"patchbay/transcribe"
)

// spaceless are the languages written without spaces: there each character or token is a word, as in Whisper.
var spaceless = map[string]bool{"zh": true, "ja": true, "th": true, "lo": true, "my": true, "km": true, "yue": true}

// word is a word being put together from tokens.
type word struct {
	text    []byte
	logs    float64 // sum of the logarithms of the probabilities of tokens with letters or digits
	lettery int     // number of those tokens
	all     float64 // the same over all tokens
	tokens  int
}

func (w *word) add(b []byte, p float64) {
	l := math.Log(max(p, 1e-9))
	w.text = append(w.text, b...)
	w.all += l
	w.tokens++
	if strings.IndexFunc(string(b), isLettery) >= 0 || !utf8.Valid(b) {
		w.logs += l
		w.lettery++
	}
}

// probability is the geometric mean over the tokens, without those that are only punctuation if there are others: the
// recogniser is never sure of a comma.
func (w *word) probability() float64 {
	if w.lettery > 0 {
		return math.Exp(w.logs / float64(w.lettery))
	}
	return math.Exp(w.all / float64(max(w.tokens, 1)))
}

func isLettery(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// words splits tokens into words. Punctuation stays with the word before it; what opens a quotation or stands first goes
// with the word after it.
func (v *vocabulary) words(f found) []word {
	var ws []word
	apart := spaceless[f.language]
	for i, t := range f.tokens {
		b := v.spell(t)
		if len(b) == 0 {
			continue
		}
		fresh := len(ws) == 0 || b[0] == ' '
		if n := len(ws) - 1; n >= 0 {
			complete := utf8.Valid(ws[n].text)
			switch {
			case !complete, strings.IndexFunc(string(ws[n].text), isLettery) < 0:
				fresh = false // the rest of a character; or a word that still has no letter
			case strings.IndexFunc(string(b), isLettery) < 0 && utf8.Valid(b):
				fresh = false
			case apart:
				fresh = true
			}
		}
		if fresh {
			ws = append(ws, word{})
		}
		ws[len(ws)-1].add(b, f.p[i])
	}
	return ws
}

// times spreads words over the voiced runs of a stretch (samples from its beginning; the whole stretch where there are
// none), each as long as its letters. The times are monotone and skip pauses, but within a run they are an estimate: the
// recogniser's attention is not consulted.
func times(ws []word, runs [][2]int64, length int64) []transcribe.Word {
	if len(runs) == 0 {
		runs = [][2]int64{{0, length}}
	}
	var voiced, letters int64
	for _, r := range runs {
		voiced += r[1] - r[0]
	}
	for _, w := range ws {
		letters += weight(w)
	}
	out := make([]transcribe.Word, 0, len(ws))
	done := int64(0)
	for _, w := range ws {
		start := at(runs, done*voiced/letters, false)
		done += weight(w)
		end := at(runs, done*voiced/letters, true)
		out = append(out, transcribe.Word{
			Text:        strings.TrimSpace(strings.ToValidUTF8(string(w.text), "\uFFFD")),
			StartMS:     start * 1000 / sampleRate,
			EndMS:       max(start, end) * 1000 / sampleRate,
			Probability: w.probability(),
		})
	}
	return out
}

func weight(w word) int64 { return int64(utf8.RuneCount(w.text)) + 1 }

// at is the sample that lies after voiced samples; on the edge between two runs it is the end of the one or the start of
// the other.
func at(runs [][2]int64, voiced int64, end bool) int64 {
	for i, r := range runs {
		n := r[1] - r[0]
		if voiced < n || voiced == n && (end || i == len(runs)-1) {
			return r[0] + voiced
		}
		voiced -= n
	}
	return runs[len(runs)-1][1]
}
