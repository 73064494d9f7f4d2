package wer

import (
	"strings"
	"unicode"
)

// Normalize gives the words of text in lower-case letters, with digits, signs and a few abbreviations as spoken words.
func Normalize(text string) []string {
	var words []string
	for _, field := range fields(text) {
		if field.number {
			words = append(words, speak(field)...)
			continue
		}
		w := field.text
		if long, ok := abbreviations[w]; ok {
			w = long
		}
		words = append(words, w)
	}
	return dropAnd(words)
}

var abbreviations = map[string]string{"mr": "mister", "mrs": "missus", "dr": "doctor", "ok": "okay"}

// field is a word, or a number with what belongs to it.
type field struct {
	text   string // letters; or the number's digits and points
	number bool
	unit   string // a word after the number: "dollars", "percent"
	suffix string // "th" and the like directly behind the number
	digits bool   // said digit by digit, as in a telephone number
	commas bool   // thousands are separated by commas
	fresh  bool   // more than a space or a hyphen stands before it
}

var currencies = map[rune]string{'$': "dollars", '€': "euros", '£': "pounds", '¥': "yen"}

// fields cuts text into words and numbers. Apostrophes vanish, all other marks separate.
func fields(text string) []field {
	var out []field
	r := []rune(strings.ToLower(text))
	unit, fresh := "", true
	for i := 0; i < len(r); {
		switch {
		case currencies[r[i]] != "":
			unit = currencies[r[i]]
			i++
		case isDigit(r[i]):
			f, n := number(r[i:])
			f.unit, f.fresh = unit, fresh
			unit, fresh = "", false
			i += n
			if i < len(r) && r[i] == '%' {
				f.unit = "percent"
			}
			out = append(out, f)
		case alone(r[i]):
			out = append(out, field{text: string(r[i])})
			i++
		case isLetter(r[i]):
			var w strings.Builder
			for ; i < len(r) && (isLetter(r[i]) && !alone(r[i]) || isApostrophe(r[i])); i++ {
				if !isApostrophe(r[i]) {
					w.WriteRune(r[i])
				}
			}
			out = append(out, field{text: w.String()})
		case r[i] == '&':
			out = append(out, field{text: "and"})
			i++
		default:
			fresh = fresh || r[i] != '-' && !unicode.IsSpace(r[i])
			i++
		}
	}
	return markDigits(out)
}

// number reads a number at the start of r: digits, thousands separated by commas, a decimal part, or an ordinal. It gives
// the runes that it took.
func number(r []rune) (field, int) {
	var b strings.Builder
	f := field{number: true}
	i := 0
	for i < len(r) {
		switch {
		case isDigit(r[i]):
			b.WriteRune(r[i])
		case r[i] == ',' && threeDigits(r[i+1:]):
			f.commas = true
		case r[i] == '.' && i+1 < len(r) && isDigit(r[i+1]) && !strings.Contains(b.String(), "."):
			b.WriteRune('.')
		default:
			goto done
		}
		i++
	}
done:
	f.text = b.String()
	if s := string(r[i:min(i+2, len(r))]); s == "st" || s == "nd" || s == "rd" || s == "th" {
		if i+2 == len(r) || !isLetter(r[i+2]) {
			f.suffix = "th"
			i += 2
		}
	}
	return f, i
}

func threeDigits(r []rune) bool {
	return len(r) >= 3 && isDigit(r[0]) && isDigit(r[1]) && isDigit(r[2]) && (len(r) == 3 || !isDigit(r[3]))
}

// markDigits finds the numbers that are said digit by digit: long ones, ones with a leading zero, and neighbours that
// together are as long as a telephone number.
func markDigits(f []field) []field {
	plain := func(x field) bool {
		return x.number && x.suffix == "" && x.unit == "" && !x.commas && !strings.Contains(x.text, ".")
	}
	for i := 0; i < len(f); {
		j, digits := i, 0
		for ; j < len(f) && plain(f[j]) && (j == i || !f[j].fresh); j++ {
			digits += len(f[j].text)
		}
		for k := i; k < j; k++ {
			f[k].digits = len(f[k].text) >= 6 || len(f[k].text) > 1 && f[k].text[0] == '0' || j-i > 1 && digits >= 7
		}
		i = max(j, i+1)
	}
	return f
}

func isDigit(r rune) bool      { return r >= '0' && r <= '9' }
func isLetter(r rune) bool     { return unicode.IsLetter(r) || unicode.IsMark(r) }
func isApostrophe(r rune) bool { return r == '\'' || r == '’' }

// alone says that a character is a word by itself: languages written without spaces are compared by character.
func alone(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) || r == 'ー'
}

// dropAnd lets the "and" inside a number go: some say it and some do not.
func dropAnd(words []string) []string {
	out := words[:0]
	for i, w := range words {
		if w == "and" && len(out) > 0 && (out[len(out)-1] == "hundred" || out[len(out)-1] == "thousand") &&
			i+1 < len(words) && isNumeral(words[i+1]) {
			continue
		}
		out = append(out, w)
	}
	return out
}
