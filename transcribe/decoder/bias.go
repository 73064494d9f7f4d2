package decoder

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lean is added to the logit of a token that continues a word of the prompt: measured (make bench, part names), more of it
// writes names over other words that begin alike.
const lean = 3

// maxLeanings bounds the words of a prompt that are leaned to.
const maxLeanings = 48

// bias leans the search towards the words of its prompt: once a word begins as one of them does, its next piece is a
// little likelier. Common words are one token, so they have nothing to be continued. Nothing is leaned to at a word's
// beginning: what the sound does not suggest at all is not heard.
type bias struct{ words [][]int64 }

// newBias takes the capitalised words and those with figures of a prompt.
func newBias(v *vocabulary, prompt string) *bias {
	b := &bias{}
	for _, word := range strings.Fields(prompt) {
		word = strings.TrimRight(word, ".,;:?!")
		first, _ := utf8.DecodeRuneInString(word)
		if len(b.words) == maxLeanings || !unicode.IsUpper(first) && !strings.ContainsFunc(word, unicode.IsDigit) {
			continue
		}
		if tokens := v.encode(" "+word, 16); len(tokens) > 1 {
			b.words = append(b.words, tokens)
		}
	}
	return b
}

// pick is the likeliest token after those that were found, leaning included, and its probability without.
func (b *bias) pick(v *vocabulary, row []float32, tokens []int32) (int, float64) {
	top, p := best(row)
	if b == nil || len(b.words) == 0 || top == v.eot {
		return top, p
	}
	start := len(tokens) - 1
	for start >= 0 && !strings.HasPrefix(string(v.spell(tokens[start])), " ") {
		start--
	}
	if start < 0 {
		return top, p
	}
	begun := tokens[start:]
	leant := top
	for _, word := range b.words {
		if len(word) <= len(begun) || !slices.EqualFunc(begun, word[:len(begun)], func(t int32, w int64) bool { return int64(t) == w }) {
			continue
		}
		next := int(word[len(begun)])
		if next == top {
			return top, p
		}
		if row[next]+lean > row[top] && (leant == top || row[next] > row[leant]) {
			leant = next
		}
	}
	if leant != top {
		return leant, softmax(row, leant)
	}
	return top, p
}
