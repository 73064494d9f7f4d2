package store

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// shortestEnding is the fewest digits by which two numbers written differently may count as the same. Below it
// strangers would collide: seven are a subscriber number without its area.
const shortestEnding = 7

// NormalizePhone gives a number in E.164. A number written without a country is taken to be of homeCountry (ISO 3166).
// Where libphonenumber refuses it, the trimmed raw number comes back and ok is false: it is kept and matched as it is.
func NormalizePhone(raw, homeCountry string) (e164 string, ok bool) {
	raw = strings.TrimSpace(raw)
	// libphonenumber searches numbers inside text; an address with letters or an @ is not a number written oddly.
	if strings.ContainsAny(raw, "@:;") || strings.ContainsFunc(raw, func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }) {
		return raw, false
	}
	n, err := phonenumbers.Parse(raw, homeCountry)
	if err != nil || !phonenumbers.IsPossibleNumber(n) || !phonenumbers.IsValidNumber(n) {
		return raw, false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// PhoneKey is the form under which a number is stored and looked up: E.164, or the raw number without the marks that
// people write for the eye, so that "+81 3-0000-0142" meets "+81300000142".
func PhoneKey(raw, homeCountry string) string {
	number, ok := NormalizePhone(raw, homeCountry)
	if ok || !strings.ContainsAny(number, "0123456789") {
		return number
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t-./()\u00a0\u2010\u2011\u2012\u2013", r) {
			return -1
		}
		return r
	}, number)
}

// phoneDigits gives a number's digits without leading zeros, which are trunk and international prefixes.
func phoneDigits(number string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number), "0")
}
