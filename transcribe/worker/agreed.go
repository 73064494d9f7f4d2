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

// hold puts what was settled before in the place of the words of text that stand for it, so that what an agent has read does
// not change under the eyes; the line will say what the better model heard. skipped is the length of what was replaced.
func hold(firm, text string) (held string, skipped int) {
	if firm == "" {
		return text, 0
	}
	a, b := units(firm), units(text)
	// Edit distance of all of firm to every beginning of text; the longest of the nearest ones is taken.
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			d := diagonal
			if !sameWord(firm[x[0]:x[1]], text[y[0]:y[1]]) {
				d++
			}
			diagonal = row[j+1]
			row[j+1] = min(d, row[j]+1, row[j+1]+1)
		}
	}
	best := 0
	for j := range row {
		if row[j] <= row[best] {
			best = j
		}
	}
	if best > 0 {
		skipped = b[best-1][1]
	}
	if rest := text[skipped:]; rest != "" && !isBoundary(firm+rest, len(firm)) {
		return firm + " " + rest, skipped - 1
	}
	return firm + text[skipped:], skipped
}

// units gives where the words of s lie, or the characters in scripts without spaces.
func units(s string) (list [][2]int) {
	from := -1
	for i, r := range s {
		switch {
		case unicode.IsSpace(r), isUnspaced(r):
			if from >= 0 {
				list = append(list, [2]int{from, i})
			}
			from = -1
			if isUnspaced(r) {
				list = append(list, [2]int{i, i + utf8.RuneLen(r)})
			}
		case from < 0:
			from = i
		}
	}
	if from >= 0 {
		list = append(list, [2]int{from, len(s)})
	}
	return list
}

// sameWord compares letters and digits only.
func sameWord(a, b string) bool {
	mark := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }
	return strings.EqualFold(strings.TrimFunc(a, mark), strings.TrimFunc(b, mark))
}

// wordsIn is the length of the whole words within the first n bytes of text.
func wordsIn(text string, n int) int {
	end := 0
	for _, u := range units(text) {
		if u[1] > n {
			break
		}
		end = u[1]
	}
	return end
}

func isUnspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}
