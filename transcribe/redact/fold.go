package redact

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folded is a text as rules read it: compatibility forms made plain (NFKC, rune by rune), lower case, hyphens as spaces
// in words. at gives the byte of the original at which each rune began, and its length at the end.
type folded struct {
	runes []rune
	at    []int
	size  int
}

func fold(text string) folded {
	f := folded{runes: make([]rune, 0, len(text)), at: make([]int, 0, len(text)+1), size: len(text)}
	for i, r := range text {
		if r < 0x80 {
			f.add(unicode.ToLower(r), i)
			continue
		}
		for _, x := range norm.NFKC.String(string(r)) {
			f.add(plain(x), i)
		}
	}
	f.at = append(f.at, len(text))
	return f
}

func (f *folded) add(r rune, at int) { f.runes, f.at = append(f.runes, r), append(f.at, at) }

// plain writes decimal digits of every script that lies in a block of its own as ASCII, and dashes as one.
func plain(r rune) rune {
	switch {
	case unicode.Is(unicode.Nd, r):
		for _, zero := range zeros {
			if r >= zero && r < zero+10 {
				return '0' + r - zero
			}
		}
	case r >= 0x2010 && r <= 0x2015, r == 0x2212:
		return '-'
	}
	return unicode.ToLower(r)
}

// zeros are the digits zero of the scripts that telephones' languages are written in.
var zeros = []rune{0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0, 0x1040, 0x17e0}

// bytes gives the bytes of the original that the runes from i up to j stand for.
func (f *folded) bytes(i, j int) (from, to int) {
	from = f.at[i]
	for j < len(f.runes) && j > 0 && f.at[j] == f.at[j-1] {
		j++ // one rune of the original may have become several
	}
	return from, f.at[j]
}

// find calls found with each place of a phrase (lower case, plain). Latin phrases stand at word boundaries.
func (f *folded) find(spaced string, phrase string, found func(from, to int)) {
	for base := 0; ; {
		k := strings.Index(spaced[base:], phrase)
		if k < 0 {
			return
		}
		b := base + k
		base = b + len(phrase)
		if latinEdge(spaced, b) && latinEdge(spaced, b+len(phrase)) {
			from := len([]rune(spaced[:b]))
			found(from, from+len([]rune(phrase)))
		}
	}
}

// latinEdge reports whether no Latin word goes on across byte i.
func latinEdge(s string, i int) bool {
	letter := func(b byte) bool { return b >= 'a' && b <= 'z' }
	return i == 0 || i == len(s) || !letter(s[i-1]) || !letter(s[i])
}

// spaced is the text with hyphens and line ends as spaces, rune for rune.
func (f *folded) spaced() string {
	var b strings.Builder
	for _, r := range f.runes {
		switch {
		case r == '-' || r == '\n' || r == '’':
			r = ' '
		case r == '\u00a0':
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
