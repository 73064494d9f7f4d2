package transcribe

import "strings"

var (
	ones     = [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	tens     = [...]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	scales   = [...]string{"", "thousand", "million", "billion", "trillion"}
	ordinals = map[string]string{"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
)

// maxSpelled is the first number that is read digit by digit.
const maxSpelled = 1_000_000_000_000_000

// integer reads digits, with or without thousands' commas.
func integer(s string) (n int64, ok bool) {
	for i := range len(s) {
		if s[i] == ',' && i > 0 {
			continue
		}
		if !isDigit(s[i]) {
			return 0, false
		}
		if n = n*10 + int64(s[i]-'0'); n >= maxSpelled {
			return 0, false
		}
	}
	return n, s != ""
}

// cardinal spells n, which is less than maxSpelled.
func cardinal(n int64) []string {
	if n < 1000 {
		return hundreds(n)
	}
	var out []string
	unit := int64(1)
	scale := 0
	for n/unit >= 1000 {
		unit *= 1000
		scale++
	}
	for ; scale >= 0; scale, unit = scale-1, unit/1000 {
		if group := n / unit % 1000; group > 0 {
			out = append(out, hundreds(group)...)
			if scale > 0 {
				out = append(out, scales[scale])
			}
		}
	}
	return out
}

// hundreds spells n, which is less than 1000.
func hundreds(n int64) []string {
	var out []string
	if n >= 100 {
		out = append(out, ones[n/100], "hundred")
		if n %= 100; n == 0 {
			return out
		}
	}
	if n < 20 {
		return append(out, ones[n])
	}
	out = append(out, tens[n/10])
	if n%10 > 0 {
		out = append(out, ones[n%10])
	}
	return out
}

// year spells n, between 1100 and 2099, as years are read.
func year(n int64) []string {
	out := hundreds(n / 100)
	switch n %= 100; {
	case n == 0:
		return append(out, "hundred")
	case n < 10:
		return append(out, "oh", ones[n])
	}
	return append(out, hundreds(n)...)
}

// ordinal spells 1st, 22nd, 1,000th and the like.
func ordinal(s string) ([]string, bool) {
	if len(s) < 3 {
		return nil, false
	}
	switch s[len(s)-2:] {
	case "st", "nd", "rd", "th":
	default:
		return nil, false
	}
	n, ok := integer(s[:len(s)-2])
	if !ok {
		return nil, false
	}
	out := cardinal(n)
	last := &out[len(out)-1]
	switch w, irregular := ordinals[*last]; {
	case irregular:
		*last = w
	case strings.HasSuffix(*last, "y"):
		*last = strings.TrimSuffix(*last, "y") + "ieth"
	default:
		*last += "th"
	}
	return out, true
}

// digits reads a number digit by digit.
func digits(s string) []string {
	var out []string
	for i := range len(s) {
		if isDigit(s[i]) {
			out = append(out, ones[s[i]-'0'])
		}
	}
	return out
}
