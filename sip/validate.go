package sip

import (
	"errors"
	"net/netip"
	"strings"

	siplib "github.com/emiago/sipgo/sip"
)

// Bounds on one message; a stranger's Via or Record-Route is copied into every answer.
const (
	maxHeaders = 128
	maxVias    = 64 // RFC 4475 §3.1.1.7 has 34
	maxRoutes  = 32
	maxCallID  = 256 // bytes
	maxTag     = 256
)

// supported are the extensions that we know (RFC 3261 §20.37).
const supported = "timer"

// allow are the methods that we take.
const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"

// refusal says why a message is not taken.
type refusal struct {
	code       int
	reason     string
	headers    []siplib.Header
	answerable bool // it has what a response copies (RFC 3261 §8.2.6.2)
}

func (r *refusal) Error() string { return "sip: " + r.reason }

func isIncomplete(err error) bool { return errors.Is(err, siplib.ErrParseReadBodyIncomplete) }

// validate looks for what sipgo's parser lets pass, and for what we don't do. It needs nothing but the message.
func validate(req *siplib.Request) *refusal {
	bad := func(reason string) *refusal {
		return &refusal{code: siplib.StatusBadRequest, reason: reason, answerable: answerable(req)}
	}
	if len(req.Headers()) > maxHeaders || len(req.GetHeaders("Via")) > maxVias || len(req.GetHeaders("Record-Route")) > maxRoutes {
		return bad("Too Many Header Fields")
	}
	if req.SipVersion != "SIP/2.0" {
		// RFC 3261 §21.5.6
		return &refusal{code: siplib.StatusVersionNotSupported, reason: "Version Not Supported", answerable: answerable(req)}
	}
	// RFC 3261 §8.1.1: each must be there, and §7.3.1: only once. Max-Forwards may be missing (RFC 2543 had none).
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		if count(req, name) != 1 {
			return bad(name + " Must Stand Once")
		}
	}
	for _, name := range []string{"Max-Forwards", "Content-Length", "Content-Type"} {
		if count(req, name) > 1 {
			return bad(name + " Stands Twice")
		}
	}
	if !answerable(req) {
		return bad("Via Is Missing Or Broken")
	}
	// RFC 3261 §8.1.1.5. The parser has turned the method of the request line to upper case.
	if !strings.EqualFold(string(req.CSeq().MethodName), string(req.Method)) {
		return bad("CSeq Method Does Not Match")
	}
	if branch, _ := req.Via().Params.Get("branch"); branch == magicCookie || len(branch) > maxTag {
		return bad("Bad Branch") // RFC 3261 §8.1.1.7: the cookie alone names no transaction
	}
	if reason := badNames(req); reason != "" {
		return bad(reason)
	}
	if h := req.MaxForwards(); h != nil && h.Val() == 0 {
		return &refusal{code: siplib.StatusTooManyHops, reason: "Too Many Hops", answerable: true}
	}
	return nil
}

// answerable reports whether a response can be built and sent.
func answerable(req *siplib.Request) bool {
	via := req.Via()
	if via == nil || req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil {
		return false
	}
	return via.Host != "" && via.Port >= 0 && via.Port <= 65535
}

// badNames checks what identifies the call and its parties.
func badNames(req *siplib.Request) string {
	id := req.CallID().Value()
	switch {
	case id == "" || len(id) > maxCallID || strings.ContainsAny(id, " \t\r\n"):
		return "Bad Call-ID"
	case badTag(req.From().Params) || badTag(req.To().Params):
		return "Bad Tag"
	case badURI(&req.From().Address) || unbalanced(req.From().Value()):
		return "Bad From"
	case badURI(&req.To().Address) || unbalanced(req.To().Value()):
		return "Bad To"
	case len(req.Recipient.Headers) > 0:
		return "Headers In Request-URI" // RFC 3261 §19.1.1
	case req.Method == siplib.INVITE && (count(req, "Contact") != 1 || req.Contact() == nil || badURI(&req.Contact().Address)):
		return "INVITE Needs One Contact" // RFC 3261 §8.1.1.8
	}
	return ""
}

func badTag(p siplib.HeaderParams) bool {
	tag, has := p.Get("tag")
	return has && (tag == "" || len(tag) > maxTag || strings.ContainsAny(tag, " \t\"<>;,"))
}

// badURI reports addresses that nobody can have. Other schemes than sip are kept as text by the parser.
func badURI(u *siplib.Uri) bool {
	return u.Raw() == "" && (u.Host == "" || strings.ContainsAny(u.Host, " \t<>\"@")) ||
		strings.ContainsAny(u.User, " \t<>\"\r\n") || u.Port < 0 || u.Port > 65535
}

// unbalanced reports an odd number of quotes that are not escaped (RFC 3261 §25.1, quoted-string).
func unbalanced(value string) bool {
	open := false
	for i := 0; i < len(value); i++ {
		switch {
		case value[i] == '\\' && open:
			i++
		case value[i] == '"':
			open = !open
		}
	}
	return open
}

func count(msg siplib.Message, name string) int { return len(msg.GetHeaders(name)) }

// validateResponse checks what the transaction and dialog need of a response.
func validateResponse(res *siplib.Response) error {
	switch {
	case res.SipVersion != "SIP/2.0" || res.StatusCode < 100 || res.StatusCode > 699:
		return errors.New("sip: bad status line")
	case count(res, "Via") != 1:
		return errors.New("sip: response is not for us") // RFC 3261 §8.1.3.3
	case count(res, "From") != 1 || count(res, "To") != 1 || count(res, "Call-ID") != 1 || count(res, "CSeq") != 1:
		return errors.New("sip: mandatory header missing or doubled")
	case len(res.Headers()) > maxHeaders || count(res, "Record-Route") > maxRoutes:
		return errors.New("sip: too many headers")
	case res.From() == nil || res.To() == nil || res.CallID() == nil || res.CSeq() == nil || res.Via() == nil:
		return errors.New("sip: mandatory header broken")
	case badTag(res.To().Params):
		return errors.New("sip: bad tag")
	}
	return nil
}

// unsupported lists what a request requires and we don't have (RFC 3261 §8.2.2.3).
func unsupported(req *siplib.Request) []siplib.Header {
	var missing []string
	for _, option := range tokens(req, "Require") {
		if !strings.EqualFold(option, supported) {
			missing = append(missing, option)
		}
	}
	if missing == nil {
		return nil
	}
	return []siplib.Header{siplib.NewHeader("Unsupported", strings.Join(missing, ", "))}
}

// refusesSDP reports an Accept header that leaves no room for our answer (RFC 3261 §20.1).
func refusesSDP(req *siplib.Request) bool {
	ranges := tokens(req, "Accept")
	for _, r := range ranges {
		kind, _, _ := strings.Cut(r, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "application/sdp", "application/*", "*/*":
			return false
		}
	}
	return len(ranges) > 0
}

// tokens splits the values of a header that is a list.
func tokens(msg siplib.Message, name string) []string {
	var all []string
	for _, h := range msg.GetHeaders(name) {
		for _, t := range strings.Split(h.Value(), ",") {
			if t = strings.TrimSpace(t); t != "" {
				all = append(all, t)
			}
		}
	}
	return all
}

// contentType is the media type of the body, in lower case and without parameters.
func contentType(msg siplib.Message) string {
	h := msg.GetHeaders("Content-Type")
	if len(h) == 0 {
		return ""
	}
	kind, _, _ := strings.Cut(h[0].Value(), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

func tagOf(p siplib.HeaderParams) string {
	tag, _ := p.Get("tag")
	return tag
}

func trimBrackets(host string) string { return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]") }

// hostOf writes an address as a URI's host (RFC 3261 §25.1, IPv6reference).
func hostOf(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		return "[" + a.WithZone("").String() + "]"
	}
	return a.Unmap().String()
}
