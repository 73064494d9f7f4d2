package worker

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// agreed is the number of leading bytes of text that stand in previous too, in whole words: two passes in a row heard
// them, so they hardly change again. Scripts without spaces agree by the character.
func agreed(previous, text string) int {
	n := 0
	for n < len(text) && n < len(previous) && text[n] == previous[n] {
		n++
	}
	for n > 0 && !(isBoundary(previous, n) && isBoundary(text, n)) {
		_, size := utf8.DecodeLastRuneInString(text[:n])
		n -= size
	}
	return len(strings.TrimRightFunc(text[:n], unicode.IsSpace))
}

// isBoundary reports whether a word of s ends or begins at byte i.
func isBoundary(s string, i int) bool {
	if i == 0 || i == len(s) {
		return true
	}
	if !utf8.RuneStart(s[i]) {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsSpace(before) || unicode.IsSpace(after) || isUnspaced(before) || isUnspaced(after)
}

func isUnspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}
