package wer

import (
	"strconv"
	"strings"
)

var small = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}

var tens = []string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}

var ordinals = map[string]string{"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
	"nine": "ninth", "twelve": "twelfth"}

// speak says a number in words.
func speak(f field) []string {
	whole, decimals, _ := strings.Cut(f.text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	var words []string
	switch {
	case f.digits || err != nil:
		words = oneByOne(whole)
	case isYear(f, n) && decimals == "":
		words = append(cardinal(n/100), underHundred(n%100)...)
	default:
		words = cardinal(n)
	}
	if decimals != "" {
		words = append(append(words, "point"), oneByOne(decimals)...)
	}
	if f.suffix != "" {
		words[len(words)-1] = ordinal(words[len(words)-1])
	}
	if f.unit != "" {
		words = append(words, f.unit)
	}
	return words
}

// isYear says that four digits are read in pairs: 1995, 2025. Round ones and 2001 to 2009 are not.
func isYear(f field, n int64) bool {
	return len(f.text) == 4 && f.suffix == "" && f.unit == "" && n%100 >= 10 && (n >= 1100 && n < 2000 || n >= 2010 && n < 2100)
}

func oneByOne(digits string) []string {
	var words []string
	for _, d := range digits {
		words = append(words, small[d-'0'])
	}
	return words
}

func cardinal(n int64) []string {
	var words []string
	for _, scale := range [...]struct {
		size int64
		name string
	}{{1e15, "quadrillion"}, {1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}, {1000, "thousand"}, {100, "hundred"}} {
		if n >= scale.size {
			words = append(append(words, cardinal(n/scale.size)...), scale.name)
			n %= scale.size
		}
	}
	if n > 0 || len(words) == 0 {
		words = append(words, underHundred(n)...)
	}
	return words
}

func underHundred(n int64) []string {
	switch {
	case n < 20:
		return []string{small[n]}
	case n%10 == 0:
		return []string{tens[n/10]}
	}
	return []string{tens[n/10], small[n%10]}
}

func ordinal(word string) string {
	if o, ok := ordinals[word]; ok {
		return o
	}
	if stem, ok := strings.CutSuffix(word, "y"); ok {
		return stem + "ieth"
	}
	return word + "th"
}

func isNumeral(w string) bool {
	for _, list := range [][]string{small, tens} {
		for _, n := range list {
			if n != "" && (w == n || w == ordinal(n)) {
				return true
			}
		}
	}
	return false
}
