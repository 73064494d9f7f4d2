package written

import "strings"

// called are words near which digits are a telephone number.
var called = words("phone telephone mobile cell call fax dial reach ring contact callback")

// digitRun writes digits that were said one by one, and groups those of a telephone number.
func digitRun(w *writer, i int) (string, int) {
	plus := w.low(i) == "plus" && w.joined(i)
	at := i
	if plus {
		at++
	}
	var groups []string // as the speaker paused
	total, n, alone, commas, marks, pairs, said := 0, at-i, 0, 0, 0, 0, plus
	fresh := true
	for at < len(w.t) && n < maxRun {
		if !fresh && !w.digitsGoOn(at-1) {
			break
		}
		text, k, one, isPair := w.digits(at, total > 0)
		if k == 0 {
			break
		}
		if fresh {
			groups = append(groups, "")
			fresh = false
		} else if w.t[at-1].tail == "," {
			commas++
			groups = append(groups, "")
		} else if !one && !isPair && total > 0 {
			groups = append(groups, "")
		}
		if one {
			alone += len(text)
		}
		if isPair {
			pairs++
		}
		said = said || !isDigits(w.low(at))
		groups[len(groups)-1] += text
		total += len(text)
		at += k
		n = at - i
		if (w.low(at) == "dash" || w.low(at) == "hyphen") && w.joined(at-1) && w.joined(at) {
			if _, k, _, _ := w.digits(at+1, true); k > 0 {
				marks++
				at++
				fresh = true
			}
		}
	}
	if total == 0 || w.countsOn(i+n) || total > 18 {
		return "", 0
	}
	phone := plus || w.cue(i, called)
	numbered := phone || w.cue(i, labelled)
	switch {
	case alone == total && total >= 3 && (commas == 0 || total >= 5 || numbered) && at > i+1: // said one by one
	case alone == total && total >= 2 && numbered && said && commas == 0 && w.low(i) != "one":
	case pairs > 0 && said && (phone && total >= 7 || total == 10 || total == 11) && len(groups)+alone+pairs > 3:
	case plus && total >= 8:
	case pairs == 0 && len(groups) > 1 && (total == 10 || total == 11) && (phone || commas == 0 || alone > 0): // 526 018 1590
	case marks > 0 && total >= 4:
	default:
		return "", 0
	}
	if tail, k := w.lettersBehind(i+n, numbered && total >= 2); k > 0 {
		return strings.Join(groups, "") + tail, n + k
	}
	return group(strings.Join(groups, ""), groups, plus, phone, marks > 0), n
}

// digitsGoOn reports whether a run of digits may go on behind token i.
func (w *writer) digitsGoOn(i int) bool {
	return i+1 < len(w.t) && w.t[i+1].lead == "" && (w.t[i].tail == "" || w.t[i].tail == ",")
}

// digits reads one item of a run at i: a digit (one), figures, "double five", or a number below a hundred (pair).
func (w *writer) digits(i int, begun bool) (text string, n int, one, pair bool) {
	low := w.low(i)
	if (low == "double" || low == "triple") && w.joined(i) {
		if d, ok := w.digit(i+1, true); ok {
			return strings.Repeat(d, map[string]int{"double": 2, "triple": 3}[low]), 2, true, false
		}
		return "", 0, false, false
	}
	if d, ok := w.digit(i, begun || w.oh(i)); ok {
		return d, 1, true, false
	}
	if isDigits(low) && len(low) <= 14 {
		return low, 1, false, false
	}
	if f := w.small(i); f.n > 0 {
		return grouped(f.value, false), f.n, false, true
	}
	return "", 0, false, false
}

// lettersBehind reads single letters behind digits of a code: "four five one A B".
func (w *writer) lettersBehind(i int, wanted bool) (string, int) {
	var b strings.Builder
	n := 0
	for wanted && w.joined(i+n-1) && i+n < len(w.t) {
		core := w.t[i+n].core
		if len(core) != 1 || core[0] < 'A' || core[0] > 'Z' || (core == "A" || core == "I") && w.joined(i+n) && w.word(i+n+1) {
			break
		}
		b.WriteString(core)
		n++
	}
	return b.String(), n
}

// group writes digits as telephone numbers are, where they are as long as one; else as the speaker's pauses have it.
func group(digits string, groups []string, plus, phone, marks bool) string {
	switch n := len(digits); {
	case plus && digits[0] == '1' && n == 11:
		return "+1 " + digits[1:4] + "-" + digits[4:7] + "-" + digits[7:]
	case plus:
		return "+" + strings.Join(international(digits), " ")
	case marks:
		return strings.Join(groups, "-")
	case n == 10 && digits[0] != '0':
		return digits[:3] + "-" + digits[3:6] + "-" + digits[6:]
	case n == 10:
		return digits[:2] + "-" + digits[2:6] + "-" + digits[6:]
	case n == 11 && digits[0] == '1':
		return "1-" + digits[1:4] + "-" + digits[4:7] + "-" + digits[7:]
	case n == 11 && digits[0] == '0' && digits[2] == '0':
		return digits[:3] + "-" + digits[3:7] + "-" + digits[7:]
	case n == 11 && phone:
		return digits[:5] + " " + digits[5:]
	case n == 7 && (phone || strings.HasPrefix(digits, "555")):
		return digits[:3] + "-" + digits[3:]
	}
	return digits
}

// twoDigitCodes are the first digits of country codes of two; 1 and 7 stand alone, all others are three.
var twoDigitCodes = words("20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98")

// international cuts a number after its country's code, and the rest into fours from behind.
func international(digits string) []string {
	code := 3
	if digits[0] == '1' || digits[0] == '7' {
		code = 1
	} else if len(digits) > 1 && twoDigitCodes[digits[:2]] {
		code = 2
	}
	code = min(code, len(digits))
	out := []string{digits[:code]}
	rest := digits[code:]
	if head := len(rest) % 4; head > 0 {
		out, rest = append(out, rest[:head]), rest[head:]
	}
	for ; rest != ""; rest = rest[4:] {
		out = append(out, rest[:4])
	}
	return out
}
