package redact

import (
	"strconv"
	"strings"
	"unicode"
)

// kind says what a token is to a number.
type kind uint8

const (
	breaker  kind = iota // ends a run
	filler               // may stand between digits
	digits               // val holds them
	repeat               // double, triple: times holds how often
	hundred              // "hundred"
	weak                 // "oh": a zero among digits, else a filler
	kana                 // a number word of kana: digits among others of its kind, else a breaker
	currency             // a sign before an amount
	plus                 // before a telephone number
)

// token is a piece of folded text, from rune i up to rune j.
type token struct {
	kind  kind
	i, j  int
	val   string
	times int
	word  string // of a breaker or filler in Latin letters
	first rune
}

// lex cuts folded text into tokens. What separates them is in none.
func lex(f folded) []token {
	var out []token
	r := f.runes
	for i := 0; i < len(r); {
		j := i + 1
		switch c := r[i]; {
		case c >= '0' && c <= '9':
			for j < len(r) && (r[j] >= '0' && r[j] <= '9') {
				j++
			}
			out = append(out, token{kind: digits, i: i, j: j, val: string(r[i:j]), first: c})
		case c >= 'a' && c <= 'z':
			for j < len(r) && (r[j] >= 'a' && r[j] <= 'z' || r[j] == '\'' && j+1 < len(r) && r[j+1] >= 'a' && r[j+1] <= 'z') {
				j++
			}
			out = append(out, latin(string(r[i:j]), i, j))
		case strings.ContainsRune("$£€¥₩₹", c):
			out = append(out, token{kind: currency, i: i, j: j, first: c})
		case c == '+':
			out = append(out, token{kind: plus, i: i, j: j, first: c})
		case isKanjiNumeral(c):
			for j < len(r) && isKanjiNumeral(r[j]) {
				j++
			}
			out = append(out, token{kind: digits, i: i, j: j, val: kanjiDigits(r[i:j]), first: c})
		case c == 0 || c == '•':
			out = append(out, token{kind: breaker, i: i, j: j, first: c})
		case !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsSymbol(c) && c != '%' && c != '@' && c != 'ー':
			i = j // a separator
			continue
		case c == 'ー': // a vowel held longer: よんー
			i = j
			continue
		default:
			t := japanese(r, i)
			out, j = append(out, t), t.j
		}
		i = j
	}
	settleKana(out)
	settleWeak(out)
	return composed(out)
}

// latin reads a word in Latin letters.
func latin(w string, i, j int) token {
	t := token{i: i, j: j, word: w, first: rune(w[0])}
	switch {
	case ones[w] != "":
		t.kind, t.val = digits, ones[w]
	case tens[w] != "":
		t.kind, t.val = digits, tens[w]
	case repeats[w] > 0:
		t.kind, t.times = repeat, repeats[w]
	case w == "oh" || w == "o":
		t.kind, t.val = weak, "0"
	case w == "hundred":
		t.kind = hundred
	case fillers[w]:
		t.kind = filler
	}
	return t
}

// japanese reads what is neither Latin nor a numeral: a kana number, a filler, or one rune of something else.
func japanese(r []rune, i int) token {
	for n := 4; n > 0; n-- { // the longest word first
		if i+n > len(r) {
			continue
		}
		w := hiragana(r[i : i+n])
		if v := kanaDigits[w]; v != "" {
			return token{kind: kana, i: i, j: i + n, val: v, first: r[i]}
		}
		if kanaFillers[w] {
			return token{kind: filler, i: i, j: i + n, first: r[i]}
		}
	}
	return token{kind: breaker, i: i, j: i + 1, first: r[i]}
}

func hiragana(r []rune) string {
	out := make([]rune, len(r))
	for k, c := range r {
		if c >= 'ァ' && c <= 'ヶ' {
			c -= 'ァ' - 'ぁ'
		}
		out[k] = c
	}
	return string(out)
}

// settleKana: に, し, ご and く are grammar far more often than digits. Three in a row, or beside numerals and long enough
// to be no particle, are digits.
func settleKana(ts []token) {
	for i := 0; i < len(ts); {
		if ts[i].kind != kana {
			i++
			continue
		}
		j := i
		for j < len(ts) && ts[j].kind == kana {
			j++
		}
		beside := i > 0 && ts[i-1].kind == digits || j < len(ts) && ts[j].kind == digits
		for k := i; k < j; k++ {
			ts[k].kind = breaker
			if j-i >= 3 || beside && ts[k].j-ts[k].i > 1 {
				ts[k].kind = digits
			}
		}
		i = j
	}
}

// settleWeak makes "oh" a zero where a digit stands beside it.
func settleWeak(ts []token) {
	for i := range ts {
		if ts[i].kind != weak {
			continue
		}
		next := i + 1
		for next < len(ts) && ts[next].kind == weak {
			next++
		}
		ts[i].kind = filler
		if i > 0 && ts[i-1].kind == digits || next < len(ts) && ts[next].kind == digits {
			ts[i].kind = digits
		}
	}
}

// composed puts number words together: forty one is 41, double four 44, two hundred and five 205.
func composed(ts []token) []token {
	var out []token
	for i := 0; i < len(ts); i++ {
		t := ts[i]
		last := len(out) - 1
		switch {
		case t.kind == repeat:
			if i+1 < len(ts) && ts[i+1].kind == digits {
				n := ts[i+1]
				n.i, n.val = t.i, strings.Repeat(n.val[:1], t.times)+n.val[1:]
				t = n
				i++
			} else {
				t.kind = filler
			}
		case t.kind == hundred:
			if last < 0 || out[last].kind != digits {
				t.kind = breaker
				break
			}
			k := i + 1
			if k < len(ts) && ts[k].word == "and" {
				k++
			}
			rest := "00"
			if k < len(ts) && ts[k].kind == digits && ts[k].word != "" {
				rest = ts[k].val
				if k+1 < len(ts) && isTens(ts[k]) && isOne(ts[k+1]) {
					rest = rest[:1] + ts[k+1].val
					k++
				}
				if len(rest) == 1 {
					rest = "0" + rest
				}
				i = k
			}
			out[last].val += rest
			out[last].j = ts[i].j
			continue
		case t.kind == digits && isOne(t) && last >= 0 && isTens(out[last]):
			out[last].val = out[last].val[:1] + t.val
			out[last].j, out[last].word = t.j, ""
			continue
		}
		out = append(out, t)
	}
	return out
}

func isTens(t token) bool { return t.kind == digits && tens[t.word] != "" }
func isOne(t token) bool {
	return t.kind == digits && t.word != "" && len(t.val) == 1 && t.val != "0"
}

func isKanjiNumeral(r rune) bool {
	return strings.ContainsRune("〇零一二三四五六七八九十百千", r)
}

// kanjiDigits reads kanji numerals: one by one, or with their places where places are written.
func kanjiDigits(r []rune) string {
	var plain strings.Builder
	sum, n, placed := 0, 0, false
	for _, c := range r {
		switch k := strings.IndexRune("一二三四五六七八九", c); {
		case c == '〇' || c == '零':
			plain.WriteByte('0')
			n *= 10
		case k >= 0:
			k = k/3 + 1
			plain.WriteByte(byte('0' + k))
			n = (n*10 + k) % 1e9
		default:
			placed = true
			sum += max(n, 1) * map[rune]int{'十': 10, '百': 100, '千': 1000}[c]
			n = 0
		}
	}
	if placed {
		return strconv.Itoa(sum + n)
	}
	return plain.String()
}
