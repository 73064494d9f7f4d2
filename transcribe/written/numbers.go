package written

import (
	"strconv"
	"strings"
)

var units = map[string]int64{"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}

var teens = map[string]int64{"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
	"seventeen": 17, "eighteen": 18, "nineteen": 19}

var tens = map[string]int64{"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}

var scales = map[string]int64{"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}

var unitOrdinals = map[string]int64{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9}

var roundOrdinals = map[string]int64{"tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
	"sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40,
	"fiftieth": 50, "sixtieth": 60, "seventieth": 70, "eightieth": 80, "ninetieth": 90}

func isNumberWord(s string) bool {
	for _, m := range []map[string]int64{units, teens, tens, scales, unitOrdinals, roundOrdinals} {
		if _, ok := m[s]; ok {
			return true
		}
	}
	return s == "hundred" || s == "hundredth"
}

// figure is a number that was found: its value, how many tokens it took, and whether some of them were words.
type figure struct {
	value   int64
	n       int
	words   bool
	written string // as the recogniser wrote it, where it was figures alone
}

// small reads a number below a hundred in words at i.
func (w *writer) small(i int) figure {
	s := w.low(i)
	if v, ok := units[s]; ok {
		return figure{value: v, n: 1, words: true}
	}
	if v, ok := teens[s]; ok {
		return figure{value: v, n: 1, words: true}
	}
	v, ok := tens[s]
	if !ok {
		return figure{}
	}
	if u, ok := units[w.low(i+1)]; ok && u > 0 && w.joined(i) {
		return figure{value: v + u, n: 2, words: true}
	}
	return figure{value: v, n: 1, words: true}
}

// plain reads figures: 12, 1,200.
func (w *writer) plain(i int) figure {
	s := w.low(i)
	digits := strings.ReplaceAll(s, ",", "")
	if s == "" || len(digits) > 12 || !isDigits(digits) || strings.HasPrefix(s, ",") {
		return figure{}
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return figure{}
	}
	return figure{value: v, n: 1, written: w.t[i].core}
}

// hundreds reads a number below ten thousand: small [hundred [[and] small]], or "a hundred".
func (w *writer) hundreds(i int) figure {
	f := w.small(i)
	switch {
	case f.n == 0 && w.low(i) == "a" && w.after(i+1, "hundred", "thousand"):
		f = figure{value: 1, n: 1, words: true}
	case f.n == 0:
		f = w.plain(i)
	}
	if f.n == 0 || !w.after(i+f.n, "hundred") || f.value == 0 || f.value > 99 {
		return f
	}
	f.value, f.n, f.words, f.written = f.value*100, f.n+1, true, ""
	return w.rest(i, f)
}

// rest reads what follows a hundred or a thousand: [and] small.
func (w *writer) rest(i int, f figure) figure {
	at := i + f.n
	if !w.joined(at - 1) {
		return f
	}
	if w.low(at) == "and" && w.joined(at) {
		at++
	}
	if s := w.small(at); s.n > 0 && s.value > 0 && !w.after(at+s.n, "hundred") && !(w.low(at-1) == "and" && w.thing(at+s.n)) {
		f.value += s.value
		f.n = at + s.n - i
	}
	return f
}

// thing reports whether at i a new amount is named, so that the number before it is not the end of a larger one: "two
// hundred and five cents" are not 205 cents, but nobody says that; "a hundred dollars" ends before.
func (w *writer) thing(i int) bool { return w.after(i, "cents", "pence") }

// cardinal reads a whole number at i, in words, in figures, or mixed ("12 thousand").
func (w *writer) cardinal(i int) figure {
	f := w.hundreds(i)
	total := figure{}
	limit, and := int64(1)<<40, 0 // what follows is smaller than the scale before it
	for f.n > 0 && f.value > 0 && f.value < 10_000 {
		at := i + total.n + and + f.n
		scale, ok := scales[w.low(at)]
		if !ok || !w.joined(at-1) || scale >= limit {
			break
		}
		total = figure{value: total.value + f.value*scale, n: at + 1 - i, words: true}
		if !w.joined(at) {
			return total
		}
		limit, and = scale, 0
		if w.low(at+1) == "and" && w.joined(at+1) {
			and = 1
		}
		f = w.hundreds(at + 1 + and)
	}
	switch {
	case total.n == 0:
		return f
	case f.n > 0 && f.words && f.value > 0 && f.value < min(limit, 1000) && !w.thing(i+total.n+and+f.n):
		return figure{value: total.value + f.value, n: total.n + and + f.n, words: true}
	}
	return total
}

// fraction reads "point one four" at i and gives ".14".
func (w *writer) fraction(i int) (string, int) {
	if !w.after(i, "point") || !w.joined(i) {
		return "", 0
	}
	var b strings.Builder
	n := 1
	for n < maxRun && w.joined(i+n-1) {
		d, ok := w.digit(i+n, true)
		if !ok {
			if f := w.small(i + n); b.Len() == 0 && f.n > 0 {
				b.WriteString(strconv.FormatInt(f.value, 10)) // "point twenty five"
				n += f.n
			}
			break
		}
		b.WriteString(d)
		n++
	}
	if b.Len() == 0 {
		return "", 0
	}
	return "." + b.String(), n
}

// digit reads one digit at i, in a word or in figures.
func (w *writer) digit(i int, run bool) (string, bool) {
	s := w.low(i)
	if v, ok := units[s]; ok {
		return strconv.FormatInt(v, 10), true
	}
	if run && (s == "oh" || s == "o") {
		return "0", true
	}
	return s, len(s) == 1 && isDigits(s)
}

// ordinal reads "fourteenth", "twenty first" or "14th" at i.
func (w *writer) ordinal(i int) (value int64, n int, words bool) {
	s := w.low(i)
	if v, ok := unitOrdinals[s]; ok {
		return v, 1, true
	}
	if v, ok := roundOrdinals[s]; ok {
		return v, 1, true
	}
	if v, ok := tens[s]; ok && w.joined(i) {
		if u, ok := unitOrdinals[w.low(i+1)]; ok {
			return v + u, 2, true
		}
		return 0, 0, false
	}
	if len(s) > 2 && isDigits(s[:len(s)-2]) && len(s) < 6 {
		switch s[len(s)-2:] {
		case "st", "nd", "rd", "th":
			v, _ := strconv.ParseInt(s[:len(s)-2], 10, 64)
			return v, 1, false
		}
	}
	return 0, 0, false
}

// year reads a year at i: "nineteen ninety five", "twenty oh five", "two thousand and five", 1995.
func (w *writer) year(i int) (value int64, n int) {
	if f := w.plain(i); f.n == 1 && len(f.written) == 4 && f.value >= 1000 && f.value < 2200 {
		return f.value, 1
	}
	century := w.small(i)
	if century.n == 1 && century.value >= 11 && century.value <= 20 && w.joined(i) {
		if w.after(i+1, "hundred") && century.value < 20 {
			return century.value * 100, 2
		}
		if w.after(i+1, "oh") && w.joined(i+1) {
			if u, ok := units[w.low(i+2)]; ok && u > 0 {
				return century.value*100 + u, 3
			}
		}
		if rest := w.small(i + 1); rest.n > 0 && rest.value >= 10 {
			return century.value*100 + rest.value, 1 + rest.n
		}
	}
	if f := w.cardinal(i); f.n > 1 && f.words && f.value >= 2000 && f.value < 2100 {
		return f.value, f.n
	}
	return 0, 0
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// grouped writes n with thousands' commas from five digits on, or always.
func grouped(n int64, always bool) string {
	s := strconv.FormatInt(n, 10)
	if len(s) < 4 || len(s) == 4 && !always {
		return s
	}
	head := len(s) % 3
	var b strings.Builder
	b.WriteString(s[:head])
	for i := head; i < len(s); i += 3 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}

// suffixed writes an ordinal.
func suffixed(n int64) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.FormatInt(n, 10) + suffix
}
