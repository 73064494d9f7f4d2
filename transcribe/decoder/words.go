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
	first   int // token
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
			ws = append(ws, word{first: i})
		}
		ws[len(ws)-1].add(b, f.p[i])
	}
	return ws
}

// sureWord is the probability from which a word of a partial is not expected to change any more.
const sureWord = 0.6

// sure is the number of leading bytes of text in which every word is sure; text is that of ws, trimmed.
func sure(ws []word, text string) int {
	n := 0
	for i, w := range ws {
		if w.probability() < sureWord {
			return n
		}
		t := string(w.text)
		if i == 0 {
			t = strings.TrimLeftFunc(t, unicode.IsSpace)
		}
		n = min(n+len(t), len(text))
	}
	return n
}

// longestWord is how long a word may last that the voice detector does not delimit: one second.
const longestWord = sampleRate

// pauseInWord is the longest pause that a word may have in it (0.13 s): stops such as the k of "six".
const pauseInWord = 2048

// Attention jumps to a word when some of it was heard already, and so does the voice detector: measured on digits whose
// starts are known.
const (
	attentionLate = 960  // 60 ms
	voiceLate     = 1024 // 64 ms, two windows
)

// times gives words their places in a stretch of length samples: from where the attention jumps to a word to where it jumps
// to the next one, less the pauses at either end. runs are the stretches with a voice, heard where each token begins.
func times(ws []word, heard []int64, runs [][2]int64, length int64) []transcribe.Word {
	out := make([]transcribe.Word, 0, len(ws))
	last := int64(0)
	for i, w := range ws {
		end := heard[len(heard)-1]
		if i+1 < len(ws) {
			end = heard[ws[i+1].first]
		}
		from, to := voicedPart(heard[w.first]-attentionLate, end-attentionLate, runs)
		from = min(max(from, last), length)
		to = min(max(to, from), length)
		last = to
		out = append(out, transcribe.Word{
			Text:        strings.TrimSpace(strings.ToValidUTF8(string(w.text), "\uFFFD")),
			StartMS:     from * 1000 / sampleRate,
			EndMS:       to * 1000 / sampleRate,
			Probability: w.probability(),
		})
	}
	return out
}

// voicedPart is the longest part of [from, to) with a voice; pauses within a word do not divide it.
func voicedPart(from, to int64, runs [][2]int64) (int64, int64) {
	var best, part [2]int64
	for _, r := range runs {
		s, e := max(r[0]-voiceLate, from), min(r[1], to)
		if s >= e {
			continue
		}
		if part[1] > part[0] && s-part[1] <= pauseInWord {
			part[1] = e
		} else {
			part = [2]int64{s, e}
		}
		if part[1]-part[0] > best[1]-best[0] {
			best = part
		}
	}
	if best[1] == best[0] {
		return from, min(to, from+longestWord)
	}
	return best[0], best[1]
}
