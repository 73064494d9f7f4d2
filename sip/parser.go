package sip

import (
	"maps"
	"strings"

	siplib "github.com/emiago/sipgo/sip"
)

// newParser makes sipgo's parser, bounded, and with white space around the ";" and "=" of From and To, which RFC 3261
// §25.1 allows (SEMI, EQUAL) and the tags in them need.
func newParser() *siplib.Parser {
	headers := maps.Clone(siplib.DefaultHeadersParser())
	for _, name := range []string{"from", "f", "to", "t"} {
		parse := headers[name]
		headers[name] = func(name []byte, value string) (siplib.Header, error) { return parse(name, tighten(value)) }
	}
	p := siplib.NewParser(siplib.WithHeadersParsers(headers))
	p.MaxMessageLength = maxMessage
	return p
}

// tighten takes out the white space around ";" and "=" that stand outside of quotes and brackets.
func tighten(value string) string {
	if !strings.ContainsAny(value, " \t") {
		return value
	}
	var b strings.Builder
	quoted, bracketed := false, false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case quoted:
			if c == '\\' && i+1 < len(value) {
				b.WriteByte(c)
				i++
				c = value[i]
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '<' || c == '>':
			bracketed = c == '<'
		case (c == ' ' || c == '\t') && !bracketed && touches(value, i):
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// touches reports whether the white space at i lies beside a ";" or "=".
func touches(value string, i int) bool {
	before := strings.TrimRight(value[:i], " \t")
	after := strings.TrimLeft(value[i:], " \t")
	return strings.HasSuffix(before, ";") || strings.HasSuffix(before, "=") ||
		strings.HasPrefix(after, ";") || strings.HasPrefix(after, "=")
}
