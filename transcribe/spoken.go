package transcribe

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Spoken writes text word by word in letters, lower-case, as it was said: "Room 248, Mr. Lee" → "room two hundred forty
// eight mister lee". Numbers are spelled in English and Japanese (3月14日 → 三月十四日); other languages keep their own words,
// without punctuation. What a
// writer left open is read as people mostly say it: 1984 as a year, 20255 digit by digit.
func Spoken(text, language string) string {
	var out []string
	language, _, _ = strings.Cut(language, "-")
	english := language == "" || strings.EqualFold(language, "en")
	if strings.EqualFold(language, "ja") {
		text = japaneseNumbers(text)
	}
	for _, token := range strings.Fields(text) {
		if english {
			out = append(out, spokenToken(strings.ToLower(token))...)
		} else {
			out = append(out, words(strings.ToLower(token))...)
		}
	}
	return strings.Join(out, " ")
}

var (
	spokenAbbreviations = map[string]string{"mr": "mister", "mrs": "missus", "dr": "doctor", "&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent"}
	currencies          = map[rune][2]string{'$': {"dollars", "cents"}, '£': {"pounds", "pence"}, '€': {"euros", "cents"}}
)

// spokenToken spells what stands between two spaces.
func spokenToken(token string) []string {
	if area := strings.Trim(token, "()"); len(area) == len(token)-2 && isDigits(area) {
		return digits(area) // as in (202) 555-0142
	}
	token = strings.TrimFunc(token, func(r rune) bool {
		_, currency := currencies[r]
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !currency && r != '%' && r != '+' && r != '&' && r != '=' && r != '@'
	})
	if w, ok := spokenAbbreviations[token]; ok {
		return []string{w}
	}
	if r, size := utf8.DecodeRuneInString(token); currencies[r][0] != "" {
		if amount, ok := money(token[size:], currencies[r]); ok {
			return amount
		}
		token = token[size:]
	}
	var out []string
	if rest, ok := strings.CutPrefix(token, "+"); ok && rest != "" && isDigit(rest[0]) {
		out, token = append(out, "plus"), rest
	}
	percent := strings.HasSuffix(token, "%")
	out = append(out, mixed(strings.TrimSuffix(token, "%"))...)
	if percent {
		out = append(out, "percent")
	}
	return out
}

// money spells an amount like 12.50 or 1,200.
func money(s string, units [2]string) ([]string, bool) {
	whole, fraction, split := strings.Cut(s, ".")
	n, ok := integer(whole)
	if !ok || split && (len(fraction) != 2 || !isDigits(fraction)) {
		return nil, false
	}
	unit := units[0]
	if n == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	out := append(cardinal(n), unit)
	if c, _ := integer(fraction); split && c > 0 {
		out = append(append(out, cardinal(c)...), units[1])
	}
	return out, true
}

// mixed spells a token of letters and digits: each run by itself, so that b12 is "b twelve".
func mixed(token string) []string {
	if n, ok := ordinal(token); ok {
		return n
	}
	digitsOnly := isPhone(token)
	var out []string
	for len(token) > 0 {
		n := numberLength(token)
		if n == 0 {
			for n < len(token) && !isDigit(token[n]) {
				n++
			}
			out = append(out, words(token[:n])...)
		} else if digitsOnly {
			out = append(out, digits(token[:n])...)
		} else {
			out = append(out, number(token[:n])...)
		}
		token = token[n:]
	}
	return out
}

// isPhone reports whether digits are grouped as in telephone numbers and codes: groups joined by hyphens or dots, one of
// them longer than two digits, or more than two groups.
func isPhone(token string) bool {
	groups := strings.FieldsFunc(token, func(r rune) bool { return r == '-' || r == '(' || r == ')' || r == '.' })
	longest := 0
	for _, g := range groups {
		if !isDigits(g) {
			return false
		}
		longest = max(longest, len(g))
	}
	return len(groups) > 2 || len(groups) == 2 && strings.ContainsAny(token, "-()") && longest > 2
}

// numberLength is the length of the number with which s begins, with its thousands' commas and decimals; 0 where there is
// none.
func numberLength(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	for n > 0 && n+4 <= len(s) && s[n] == ',' && isDigits(s[n+1:n+4]) && (n+4 == len(s) || !isDigit(s[n+4])) {
		n += 4
	}
	if n > 0 && n+1 < len(s) && s[n] == '.' && isDigit(s[n+1]) {
		for n++; n < len(s) && isDigit(s[n]); n++ {
		}
	}
	return n
}

// number spells one number as numberLength finds it.
func number(s string) []string {
	whole, fraction, split := strings.Cut(s, ".")
	n, ok := integer(whole)
	if split {
		out := []string{"point"}
		if ok {
			out = append(cardinal(n), out...)
		}
		return append(out, digits(fraction)...)
	}
	switch {
	case !ok || len(s) > 1 && s[0] == '0':
		return digits(s)
	case strings.Contains(s, ",") || len(s) <= 3 || n%1000 == 0 || n >= 1000 && n < 1100 || n >= 2000 && n < 2010:
		return cardinal(n)
	case n >= 1100 && n < 2100:
		return year(n)
	case len(s) == 4 && n%100 == 0:
		return append(cardinal(n/100), "hundred")
	}
	return digits(s)
}

// words takes the words out of a token without digits to be spelled: letters, marks, digits, and apostrophes within.
func words(token string) []string {
	parts := strings.FieldsFunc(token, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && r != '\'' && r != '’' && r != '〇'
	})
	out := parts[:0]
	for _, p := range parts {
		if p = strings.Trim(strings.ReplaceAll(p, "’", "'"), "'"); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
