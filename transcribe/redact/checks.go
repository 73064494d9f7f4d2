package redact

import "slices"

// luhn is the checksum of card numbers (ISO/IEC 7812-1 annex B).
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// isCard reports a number of the length, the first digit and the checksum of a payment card.
func isCard(s string) bool {
	return len(s) >= minCard && len(s) <= maxCard && s[0] >= '2' && s[0] <= '6' && luhn(s)
}

// issuer is a card scheme's numbers: their first digits, from and to, and how long they are.
type issuer struct {
	from, to    string
	least, most int
}

// issuers are the card schemes (ISO/IEC 7812-1: issuer identification numbers) with the lengths that their cards have today.
// Visa's of 13 digits are history, and longer ones than here were set aside by several and are hardly found.
var issuers = []issuer{
	{"4", "4", 16, 16}, {"51", "55", 16, 16}, {"2221", "2720", 16, 16}, {"34", "34", 15, 15}, {"37", "37", 15, 15},
	{"300", "305", 14, 14}, {"36", "36", 14, 14}, {"38", "39", 14, 14}, {"3528", "3589", 16, 16}, {"6011", "6011", 16, 16},
	{"62", "62", 16, 19}, {"644", "649", 16, 16}, {"65", "65", 16, 16},
}

func (in issuer) begins(s string) bool {
	n := len(in.from)
	return len(s) >= n && s[:n] >= in.from && s[:n] <= in.to
}

// issued reports digits, four or more, that begin as a scheme's card numbers do.
func issued(s string) bool {
	return slices.ContainsFunc(issuers, func(in issuer) bool { return in.begins(s) })
}

// isIssuedCard reports a card number that is also as long as those of the scheme that begin so.
func isIssuedCard(s string) bool {
	return isCard(s) && slices.ContainsFunc(issuers, func(in issuer) bool { return in.begins(s) && len(s) >= in.least && len(s) <= in.most })
}

// mod97 is ISO 7064: letters count from a = 10. An IBAN with its first four characters at the end leaves 1.
func mod97(s []rune) bool {
	n := 0
	for k := range s {
		switch c := s[(k+4)%len(s)]; {
		case c >= '0' && c <= '9':
			n = (n*10 + int(c-'0')) % 97
		default:
			n = (n*100 + int(c-'a') + 10) % 97
		}
	}
	return n == 1
}

// ibans finds IBANs (ISO 13616): two letters, two digits, eleven to thirty more, with separators as people put them.
func ibans(f folded) []found {
	var out []found
	alnum := func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' }
	r := f.runes
	for i := 0; i < len(r); i++ {
		if !alnum(r[i]) || r[i] <= '9' || i > 0 && alnum(r[i-1]) {
			continue
		}
		var s []rune
		best := 0
		for j, gap := i, 0; j < len(r) && len(s) < 34 && gap < 3; j++ {
			if !alnum(r[j]) {
				if r[j] != ' ' && r[j] != '-' && r[j] != '.' {
					break
				}
				gap++
				continue
			}
			gap = 0
			s = append(s, r[j])
			if len(s) <= 2 && r[j] <= '9' || (len(s) == 3 || len(s) == 4) && r[j] > '9' {
				break
			}
			if len(s) >= 15 && (j+1 == len(r) || !alnum(r[j+1])) && mod97(s) {
				best = j + 1
			}
		}
		if best > 0 {
			out = append(out, found{i: i, j: best, kind: Bank})
			i = best
		}
	}
	return out
}
