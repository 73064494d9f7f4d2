package transcribe

import (
	"strings"
	"unicode/utf8"
)

var (
	kanjiOnes   = [...]string{"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	kanjiTens   = [...]string{"", "十", "百", "千"}
	kanjiScales = [...]string{"", "万", "億", "兆"}
)

// japaneseNumbers writes the figures of a text in kanji: 24,800円 is 二万四千八百円, 090-1234-5678 is 〇九〇一二三四五六七八.
func japaneseNumbers(text string) string {
	var b strings.Builder
	for text != "" {
		if !isDigit(text[0]) {
			_, size := utf8.DecodeRuneInString(text)
			if text[0] == '%' {
				b.WriteString("パーセント")
			} else {
				b.WriteString(text[:size])
			}
			text = text[size:]
			continue
		}
		n := numberLength(text)
		if groups := groupsLength(text); groups > n {
			b.WriteString(kanjiDigits(text[:groups]))
			n = groups
		} else {
			b.WriteString(kanjiNumber(text[:n]))
		}
		text = text[n:]
	}
	return b.String()
}

// groupsLength is the length of digits joined by hyphens, as in telephone and order numbers.
func groupsLength(s string) int {
	n := 0
	for n < len(s) && (isDigit(s[n]) || s[n] == '-' && n+1 < len(s) && isDigit(s[n+1])) {
		n++
	}
	return n
}

// kanjiNumber spells one number as numberLength finds it.
func kanjiNumber(s string) string {
	whole, fraction, split := strings.Cut(s, ".")
	n, ok := integer(whole)
	switch {
	case split && ok:
		return kanjiCardinal(n) + "点" + kanjiDigits(fraction)
	case !ok, len(whole) > 1 && whole[0] == '0', len(whole) > 5 && !strings.Contains(whole, ","):
		return kanjiDigits(s)
	}
	return kanjiCardinal(n)
}

func kanjiDigits(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if isDigit(s[i]) {
			b.WriteString(kanjiOnes[s[i]-'0'])
		}
	}
	return b.String()
}

// kanjiCardinal spells n, which is less than maxSpelled.
func kanjiCardinal(n int64) string {
	if n == 0 {
		return kanjiOnes[0]
	}
	var out string
	for scale := 0; n > 0; scale, n = scale+1, n/10_000 {
		group := n % 10_000
		if group == 0 {
			continue
		}
		var part string
		for place := 0; group > 0; place, group = place+1, group/10 {
			d := group % 10
			switch {
			case d == 1 && place > 0:
				part = kanjiTens[place] + part
			case d > 0:
				part = kanjiOnes[d] + kanjiTens[place] + part
			}
		}
		out = part + kanjiScales[scale] + out
	}
	return out
}
