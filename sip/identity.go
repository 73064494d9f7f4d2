package sip

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	siplib "github.com/emiago/sipgo/sip"
)

const maxName = 128 // runes of a name or number that we hand on

// identity is who calls, as far as we may tell.
type identity struct{ number, name string }

// callerOf reads who calls. What a trusted source asserts comes before what the caller says (RFC 3325 §9.1); nothing is
// told where the caller wants to be private (RFC 3323 §4.1, RFC 3325 §9.3).
func callerOf(req *siplib.Request, trusted bool) identity {
	for _, h := range req.GetHeaders("Privacy") {
		for _, value := range strings.Split(h.Value(), ";") {
			switch strings.ToLower(strings.TrimSpace(value)) {
			case "id", "user", "header":
				return identity{}
			}
		}
	}
	if trusted {
		if id, ok := asserted(req); ok {
			return id
		}
	}
	from := req.From()
	return newIdentity(&from.Address, from.DisplayName)
}

// asserted reads P-Asserted-Identity. There may be two values, one sip: and one tel: (RFC 3325 §9.1); the one with a
// number wins.
func asserted(req *siplib.Request) (best identity, ok bool) {
	for _, h := range req.GetHeaders("P-Asserted-Identity") {
		for _, value := range splitAddresses(h.Value()) {
			var uri siplib.Uri
			var params siplib.HeaderParams
			name, err := siplib.ParseAddressValue(value, &uri, &params)
			if err != nil {
				continue
			}
			id := newIdentity(&uri, name)
			if !ok || !isNumber(best.number) && isNumber(id.number) {
				if id.name == "" {
					id.name = best.name
				}
				best, ok = id, true
			}
		}
	}
	return best, ok
}

// splitAddresses splits a list of addresses at its commas, but not at those within quotes or brackets.
func splitAddresses(list string) []string {
	var all []string
	start, quoted, bracketed := 0, false, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '<' || c == '>':
			bracketed = c == '<' && !quoted
		case c == ',' && !quoted && !bracketed:
			all, start = append(all, strings.TrimSpace(list[start:i])), i+1
		}
	}
	return append(all, strings.TrimSpace(list[start:]))
}

func newIdentity(uri *siplib.Uri, name string) identity {
	// RFC 3323 §4.1.1.3: anonymous@anonymous.invalid; gateways vary the host.
	if strings.EqualFold(uri.User, "anonymous") || strings.HasSuffix(strings.ToLower(uri.Host), "anonymous.invalid") {
		return identity{}
	}
	return identity{number: userOf(uri), name: clean(name)}
}

// userOf is the user part of a URI, or the number of a tel: URI, without parameters (RFC 3966 §3).
func userOf(uri *siplib.Uri) string {
	user := uri.User
	if raw := uri.Raw(); raw != "" {
		if !strings.EqualFold(uri.Scheme, "tel") {
			return ""
		}
		user = raw
	}
	user, _, _ = strings.Cut(user, ";")
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	user = clean(user)
	if bare := strings.NewReplacer("-", "", ".", "", "(", "", ")", "").Replace(user); isNumber(bare) {
		return bare // RFC 3966 §5.1.1: separators mean nothing
	}
	return user
}

func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "+")
	for _, r := range s {
		if (r < '0' || r > '9') && r != '*' && r != '#' {
			return false
		}
	}
	return s != ""
}

// clean makes a stranger's text fit to be shown and kept.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) { // also what turns the direction of writing
			return -1
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > maxName {
		s = string(runes[:maxName])
	}
	return strings.TrimSpace(s)
}
