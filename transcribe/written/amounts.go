package written

import (
	"fmt"
	"strconv"
	"strings"
)

// currency is how amounts of a money are written.
type currency struct {
	sign   string
	cents  bool // it has a hundredth
	always bool // its name means nothing else; a pound may also be a weight
}

var currencies = map[string]currency{
	"dollar": {"$", true, true}, "dollars": {"$", true, true},
	"pound": {"£", true, false}, "pounds": {"£", true, false},
	"euro": {"€", true, true}, "euros": {"€", true, true},
	"yen": {"", false, true}, // in English the word stands behind the amount
}

// counted are words that may follow a number of their own: in "twelve dollars twenty minutes ago" the twenty are no cents.
var counted = words("second seconds minute minutes hour hours day days night nights week weeks month months year years people adults " +
	"children guests times percent per thousand million hundred point dollar dollars euro euros yen pound pounds of or")

// measures make a figure of a small number too: people write "5 km" and "8 GB", and "five people".
var measures = words("percent kilometers kilometres kilometer kilometre km miles kilos kilograms kg grams meters metres centimeters centimetres " +
	"cm degrees gigabytes megabytes liters litres")

// labels stand before a number that is a name: "gate two" is gate 2.
var labels = words("room gate platform seat row floor terminal track flight page chapter line unit apartment flat box size highway route bus channel extension pier lane")

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, s := range strings.Fields(list) {
		m[s] = true
	}
	return m
}

// number writes amounts, percentages, ordinals, and numbers of ten and more.
func number(w *writer, i int) (string, int) {
	if text, n := w.money(i); n > 0 {
		return text, n
	}
	if v, n, inWords := w.ordinal(i); n > 0 {
		if inWords && v >= 10 && w.certainOrdinal(i, n) {
			return suffixed(v), n
		}
		if n > 1 || w.low(i) == "second" {
			return "", 0
		}
	}
	if text, n := w.labelled(i); n > 0 {
		return text, n
	}
	if v, n := w.year(i); n > 1 {
		return strconv.FormatInt(v, 10), n
	}
	f := w.cardinal(i)
	if f.n == 0 {
		return "", 0
	}
	text, decimal := f.text(false), false
	if tail, n := w.fraction(i + f.n); n > 0 {
		text, decimal = text+tail, true
		f.n += n
	}
	next := i + f.n
	switch {
	case w.after(next, "percent"):
		return text + "%", f.n + 1
	case w.after(next, "per") && w.after(next+1, "cent"):
		return text + "%", f.n + 2
	case decimal && f.words:
		return w.scaled(next, text, f.n)
	case !f.words || w.low(i) == "a" && f.value%100 == 0:
		return "", 0
	case f.value >= 10, w.joined(next-1) && measures[w.low(next)], i > 0 && w.joined(i-1) && labels[w.low(i-1)], w.range_(i, f):
		return text, f.n
	}
	return "", 0
}

// labelled writes the number of a room or a flight, which is said in parts: "room two forty eight".
func (w *writer) labelled(i int) (string, int) {
	if i == 0 || !w.joined(i-1) || !labels[w.low(i-1)] {
		return "", 0
	}
	first := w.small(i)
	if first.n != 1 || !w.joined(i) {
		return "", 0
	}
	rest := w.small(i + 1)
	if rest.n == 0 || rest.value < 10 || w.countsOn(i+1+rest.n) {
		return "", 0
	}
	return strconv.FormatInt(first.value*100+rest.value, 10), 1 + rest.n
}

// scaled lets a scale follow a decimal: "2.5 million".
func (w *writer) scaled(next int, text string, n int) (string, int) {
	if _, ok := scales[w.low(next)]; ok && w.joined(next-1) {
		return text + " " + w.low(next), n + 1
	}
	return text, n
}

// range_ reports whether a small number is one end of a range or choice of which the other end is written in figures.
func (w *writer) range_(i int, f figure) bool {
	if w.after(i+f.n, "to", "or") && w.joined(i+f.n) {
		other := w.cardinal(i + f.n + 1)
		return other.n > 0 && other.words && other.value >= 10 && f.value > 0
	}
	return false
}

// certainOrdinal keeps "twenty second delay" and "a tenth of it" as they are.
func (w *writer) certainOrdinal(i, n int) bool {
	last := w.low(i + n - 1)
	if last == "second" {
		return w.low(i-1) == "the" && !w.after(i+n, "delay", "delays", "wait", "video", "clip", "call", "rule", "mark")
	}
	return w.low(i-1) != "a" && w.low(i-1) != "one" || w.after(i+n, "time", "day", "floor", "person", "birthday", "anniversary", "century")
}

// text writes the number alone.
func (f figure) text(always bool) string {
	switch {
	case f.written != "":
		return f.written
	case f.value >= 1_000_000_000 && f.value%100_000_000 == 0:
		return short(f.value, 1_000_000_000) + " billion"
	case f.value >= 1_000_000 && f.value < 1_000_000_000 && f.value%100_000 == 0:
		return short(f.value, 1_000_000) + " million"
	}
	return grouped(f.value, always)
}

func short(v, scale int64) string {
	if tenth := v % scale / (scale / 10); tenth > 0 {
		return fmt.Sprintf("%d.%d", v/scale, tenth)
	}
	return strconv.FormatInt(v/scale, 10)
}

// money writes an amount that begins at i: "twelve dollars fifty", "12 dollars and 50 cents", "$12 and 50 cents".
func (w *writer) money(i int) (string, int) {
	var whole string
	var c currency
	n := 0
	if sign, rest := signed(w.low(i)); sign != "" && w.plainAmount(rest) {
		// Only cents can be missing.
		if cents, k := w.cents(i+1, true); k > 0 && !strings.Contains(rest, ".") {
			return sign + rest + "." + cents, 1 + k
		}
		return "", 0
	}
	f := w.cardinal(i)
	if v, k := w.year(i); k > f.n {
		f = figure{value: v, n: k, words: true} // "nineteen ninety five dollars"
	}
	if f.n == 0 {
		return "", 0
	}
	text := f.text(true)
	n = f.n
	if tail, k := w.fraction(i + n); k > 0 {
		text, n = text+tail, n+k
	} else if isDecimal(w.low(i)) {
		return "", 0
	}
	whole = text
	if scaled, k := w.scaled(i+n, text, n); k > n {
		whole, n = scaled, k
	}
	c, ok := currencies[w.low(i+n)]
	if !ok || !w.joined(i+n-1) {
		return "", 0
	}
	n++
	if c.cents && !strings.Contains(whole, ".") && w.joined(i+n-1) {
		if cents, k := w.cents(i+n, false); k > 0 {
			return c.sign + whole + "." + cents, n + k
		}
	}
	switch {
	case c.sign == "" && f.words:
		return whole + " " + w.low(i+n-1), n
	case !c.always || c.sign == "":
		return "", 0
	}
	return c.sign + whole, n
}

func signed(s string) (sign, rest string) {
	for _, sign := range []string{"$", "£", "€"} {
		if rest, ok := strings.CutPrefix(s, sign); ok {
			return sign, rest
		}
	}
	return "", ""
}

func (w *writer) plainAmount(s string) bool {
	return isDigits(strings.ReplaceAll(s, ",", "")) && s[0] != ','
}

func isDecimal(s string) bool {
	whole, rest, ok := strings.Cut(s, ".")
	return ok && isDigits(strings.ReplaceAll(whole, ",", "")) && isDigits(rest)
}

// cents reads the hundredths behind an amount: "[and] fifty cents", or where the word dollars stood "fifty" alone.
func (w *writer) cents(i int, named bool) (string, int) {
	at := i
	if !w.joined(i - 1) {
		return "", 0
	}
	if w.low(at) == "and" && w.joined(at) {
		at++
	}
	f := w.small(at)
	if f.n == 0 {
		f = w.plain(at)
	}
	if f.n == 0 || f.value > 99 || f.value == 0 && f.words {
		return "", 0
	}
	end := at + f.n
	if w.after(end, "cents", "cent", "pence") {
		return fmt.Sprintf("%02d", f.value), end + 1 - i
	}
	if named || at > i || f.value < 10 || w.joined(end-1) && (counted[w.low(end)] || end < len(w.t) && isDigits(w.low(end))) {
		return "", 0
	}
	return fmt.Sprintf("%02d", f.value), end - i
}
