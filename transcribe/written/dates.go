package written

import (
	"fmt"
	"strconv"
	"strings"
)

var months = words("january february march april may june july august september october november december")

// month reports whether token i names a month. "may" and "march" mean other things without their capital.
func (w *writer) month(i int) bool {
	return i >= 0 && i < len(w.t) && months[w.t[i].low] && w.t[i].core[0] < 'a'
}

var datePrepositions = words("on by until till from is for before after since of between and through")

// date writes "March fourteenth, twenty twenty six", "the fourteenth of March" and "on the fifth".
func date(w *writer, i int) (string, int) {
	if w.month(i) && w.joined(i) {
		return w.monthFirst(i)
	}
	v, n, inWords := w.ordinal(i)
	if n == 0 || v < 1 || v > 31 {
		return "", 0
	}
	if w.after(i+n, "of") && w.joined(i+n) && w.month(i+n+1) {
		text := w.t[i].core
		if inWords {
			text = suffixed(v)
		}
		text += " of " + w.t[i+n+1].core
		if year, k := w.dateYear(i + n + 2); k > 0 {
			return text + " " + year, n + 2 + k
		}
		if inWords {
			return text, n + 2
		}
	}
	return "", 0
}

// monthFirst writes what follows the month at i.
func (w *writer) monthFirst(i int) (string, int) {
	name := w.t[i].core
	at := i + 1
	if w.low(at) == "the" && w.joined(at) {
		at++
	}
	v, n, inWords := w.ordinal(at)
	day := strconv.FormatInt(v, 10)
	switch {
	case n == 0 && at == i+1:
		if y, k := w.year(at); k > 1 { // "March twenty twenty six"
			return fmt.Sprintf("%s %d", name, y), 1 + k
		}
		f := w.small(at)
		if f.n == 0 || f.value < 1 || f.value > 31 || w.low(at) == "one" || !datePrepositions[w.low(i-1)] || w.scaleFollows(at+f.n) {
			return w.figuresDay(i, name, at)
		}
		n, day, inWords = f.n, strconv.FormatInt(f.value, 10), true
	case n == 0 || v < 1 || v > 31:
		return "", 0
	case !inWords:
		day = w.t[at].core
	}
	end := at + n
	if year, k := w.dateYear(end); k > 0 && (inWords || k > 1) {
		return name + " " + day + ", " + year, end + k - i
	}
	if !inWords {
		return "", 0
	}
	return name + " " + day, end - i
}

func (w *writer) scaleFollows(i int) bool {
	return w.after(i, "hundred", "thousand", "million", "point", "percent")
}

// figuresDay writes the year in words behind a day in figures.
func (w *writer) figuresDay(i int, name string, at int) (string, int) {
	f := w.plain(at)
	if f.n == 0 || f.value < 1 || f.value > 31 || at != i+1 {
		return "", 0
	}
	if year, k := w.dateYear(at + 1); k > 1 {
		return name + " " + f.written + ", " + year, at + 1 + k - i
	}
	return "", 0
}

// dateYear reads the year behind a date; a comma may stand before it.
func (w *writer) dateYear(i int) (string, int) {
	if i >= len(w.t) || w.t[i].lead != "" || strings.Trim(w.t[i-1].tail, ",") != "" {
		return "", 0
	}
	y, n := w.year(i)
	if n == 0 || y < 1900 || y > 2100 {
		return "", 0
	}
	return strconv.FormatInt(y, 10), n
}

var timePrepositions = words("at by until till before after around about from")

// clock writes times of day: "three thirty p.m.", "at three thirty", "half past three", "ten o'clock".
func clock(w *writer, i int) (string, int) {
	if text, n := w.past(i); n > 0 {
		return text, n
	}
	h := w.hour(i)
	if h.n == 0 {
		return "", 0
	}
	minutes, n := w.minutes(i + h.n)
	if _, more := w.digit(i+h.n+n, true); more && w.joined(i+h.n+n-1) {
		return "", 0 // a telephone number begins so
	}
	half, k := w.half(i + h.n + n)
	hour := strconv.FormatInt(h.value, 10)
	switch {
	case k > 0 && n > 0:
		return hour + ":" + minutes + half, h.n + n + k
	case k > 0 && h.words:
		return hour + half, h.n + k
	case k > 0:
		return "", 0 // "3 p.m." stands already
	case n > 0 && h.words && timePrepositions[w.low(i-1)] && !counted[w.low(i+h.n+n)]:
		return hour + ":" + minutes, h.n + n
	case h.words && w.after(i+h.n, "o'clock", "oclock", "o’clock"):
		return hour + " o'clock", h.n + 1
	case h.words && w.after(i+h.n, "in") && w.after(i+h.n+1, "the") && w.after(i+h.n+2, "morning", "afternoon", "evening") && timePrepositions[w.low(i-1)]:
		return hour, h.n
	}
	return "", 0
}

// hour reads one to twelve at i.
func (w *writer) hour(i int) figure {
	f := figure{}
	if v, ok := units[w.low(i)]; ok {
		f = figure{value: v, n: 1, words: true}
	} else if v, ok := teens[w.low(i)]; ok {
		f = figure{value: v, n: 1, words: true}
	} else if len(w.low(i)) <= 2 {
		f = w.plain(i)
	}
	if f.value < 1 || f.value > 12 || !w.joined(i) {
		return figure{}
	}
	return f
}

// minutes reads 01 to 59 at i: "thirty", "oh five", "45".
func (w *writer) minutes(i int) (string, int) {
	if (w.low(i) == "oh" || w.low(i) == "o") && w.joined(i) {
		if u, ok := units[w.low(i+1)]; ok && u > 0 {
			return "0" + strconv.FormatInt(u, 10), 2
		}
		return "", 0
	}
	f := w.small(i)
	if f.n == 0 && len(w.low(i)) == 2 {
		f = w.plain(i)
	}
	if f.n == 0 || f.value < 10 || f.value > 59 {
		return "", 0
	}
	return fmt.Sprintf("%02d", f.value), f.n
}

// half reads a.m. or p.m. at i.
func (w *writer) half(i int) (string, int) {
	if i < 1 || i >= len(w.t) || !w.joined(i-1) {
		return "", 0
	}
	switch strings.ReplaceAll(w.low(i), ".", "") {
	case "am":
		if strings.Contains(w.low(i), ".") || w.low(i-1) != "i" {
			return " a.m.", 1
		}
	case "pm":
		return " p.m.", 1
	case "a", "p":
		if w.low(i+1) == "m" {
			return " " + w.low(i)[:1] + ".m.", 2
		}
	}
	return "", 0
}

// past writes "half past three", "quarter to four" and "ten past three".
func (w *writer) past(i int) (string, int) {
	start, minutes := i, int64(0)
	if w.low(i) == "a" && w.after(i+1, "quarter") {
		i++
	}
	n := 1
	switch w.low(i) {
	case "half":
		minutes = 30
	case "quarter":
		minutes = 15
	default:
		f := w.small(i)
		if f.n == 0 || f.value%5 != 0 || f.value == 0 || f.value > 25 {
			return "", 0
		}
		minutes, n = f.value, f.n
	}
	if !w.joined(i + n) {
		return "", 0
	}
	to := false
	switch {
	case w.after(i+n, "past"):
	case w.after(i+n, "to") && minutes == 15 && n == 1 && w.low(i) == "quarter":
		to = true
	default:
		return "", 0
	}
	at := i + n + 1
	f := figure{}
	if v, ok := units[w.low(at)]; ok {
		f = figure{value: v, n: 1}
	} else if v, ok := teens[w.low(at)]; ok {
		f = figure{value: v, n: 1}
	} else {
		f = w.plain(at)
	}
	if f.n == 0 || f.value < 1 || f.value > 12 {
		return "", 0
	}
	hour := f.value
	if to {
		minutes = 60 - minutes
		if hour--; hour == 0 {
			hour = 12
		}
	}
	return fmt.Sprintf("%d:%02d", hour, minutes), at + 1 - start
}
