package sip

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/sip/sdp"
)

// Bounds of session timers, in seconds (RFC 4028).
const (
	minSession   = 90           // §5
	usualSession = 1800         // §4: what we ask for
	maxSession   = 24 * 60 * 60 // longer is as good as none
	lastCall     = 32           // before the end, at most, when we give up (§10)
	refreshPause = 10           // between a refresh that was refused and the next
)

// sessionTimer ends a call whose far end is gone without a word (RFC 4028). One side refreshes the session, by an UPDATE or
// a re-INVITE in the middle of the interval; the other ends it where nothing came.
type sessionTimer struct {
	interval int // seconds, 0 for none
	least    int // that the far end and proxies allow (Min-SE)
	ours     bool
	due, end *time.Timer // nil where not running
}

func (t *sessionTimer) stop() {
	for _, timer := range []*time.Timer{t.due, t.end} {
		if timer != nil {
			timer.Stop()
		}
	}
	t.due, t.end, t.interval = nil, nil, 0
}

// terms are what a message says of session timers.
type terms struct {
	interval  int    // Session-Expires, 0 where there is none
	refresher string // "uac", "uas" or none
	least     int    // Min-SE
	able      bool   // its sender knows RFC 4028
}

// termsOf reads a message. What is malformed counts as not said.
func termsOf(msg siplib.Message) terms {
	t := terms{able: offers(msg, "timer"), least: minSession}
	h := append(msg.GetHeaders("Session-Expires"), msg.GetHeaders("x")...) // the compact form (§4)
	if len(h) == 1 {
		value, params, _ := strings.Cut(h[0].Value(), ";")
		if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
			t.interval = int(n)
		}
		for param := range strings.SplitSeq(strings.ToLower(params), ";") {
			if name, who, _ := strings.Cut(param, "="); strings.TrimSpace(name) == "refresher" {
				t.refresher = strings.TrimSpace(who)
			}
		}
	}
	if n := int(seconds(msg, "Min-SE") / time.Second); n > t.least {
		t.least = min(n, maxSession)
	}
	return t
}

// offers reports an extension that the far end supports.
func offers(msg siplib.Message, option string) bool {
	for _, t := range append(tokens(msg, "Supported"), tokens(msg, "k")...) {
		if strings.EqualFold(t, option) {
			return true
		}
	}
	return false
}

// shortSession refuses an interval that would load us with refreshes (RFC 4028 §6), where the far end can mend that.
func shortSession(req *siplib.Request) *refusal {
	t := termsOf(req)
	if t.interval == 0 && count(req, "Session-Expires") == 0 || !t.able || t.interval >= minSession || req.Method != siplib.INVITE && req.Method != siplib.UPDATE {
		return nil
	}
	return &refusal{
		code: 422, reason: "Session Interval Too Small",
		headers: []siplib.Header{siplib.NewHeader("Min-SE", strconv.Itoa(minSession))},
	}
}

// restart begins the interval anew with each INVITE and UPDATE of the far end that is accepted, and says so in its 2xx (RFC
// 4028 §9, table 2). A far end that knows timers but asks for none gets one, refreshed by us.
func (s *session) restart(req *siplib.Request, res *siplib.Response) {
	s.expiry.stop()
	t := termsOf(req)
	switch {
	case t.interval == 0 && !t.able, t.interval > 0 && t.interval < minSession:
		return // nobody wants one; or a proxy wants one too short of a far end that can't be told
	case t.interval == 0:
		t.interval, t.refresher = max(usualSession, t.least), "uas"
	}
	s.expiry.least = t.least
	interval := min(t.interval, max(maxSession, t.least))
	ours, who := t.refresher == "uas" || !t.able, "uac"
	if ours {
		who = "uas"
	}
	res.AppendHeader(siplib.NewHeader("Session-Expires", strconv.Itoa(interval)+";refresher="+who))
	if t.able {
		res.AppendHeader(siplib.NewHeader("Require", "timer"))
	}
	s.startTimer(interval, ours)
}

// agreedTimer takes what the 2xx of a request of ours says (RFC 4028 §7.2); without the header, the session does not expire.
func (s *session) agreedTimer(res *siplib.Response) {
	s.expiry.stop()
	t := termsOf(res)
	if t.interval < minSession {
		return
	}
	s.startTimer(min(t.interval, maxSession), t.refresher != "uas")
}

func (s *session) startTimer(interval int, ours bool) {
	t := &s.expiry
	t.interval, t.ours = interval, ours
	t.end = s.after(s.ep.seconds(interval-min(lastCall, interval/3)), func() {
		if s.over {
			return
		}
		s.ep.count.expired.Add(1)
		s.hangUp(Cause{By: Nobody, Outcome: OutcomeExpired, Reason: "the far end stopped refreshing the session"})
	})
	if ours {
		s.refreshIn(interval / 2)
	}
}

func (s *session) refreshIn(interval int) { s.expiry.due = s.after(s.ep.seconds(interval), s.refresh) }

// seconds is a time of a session timer: tests have shorter ones.
func (ep *endpoint) seconds(n int) time.Duration { return time.Duration(n) * ep.second }

// refresh shows the far end that we are there, and finds out whether it is (RFC 4028 §7.4): by UPDATE where it takes one,
// else by an INVITE that changes nothing.
func (s *session) refresh() {
	switch {
	case s.over || s.expiry.interval == 0 || !s.expiry.ours:
		return
	case s.changing || s.pending != nil || s.unanswered != nil:
		s.refreshIn(1) // RFC 3261 §14.1: one INVITE at a time
		return
	}
	interval, least := s.expiry.interval, s.expiry.least
	fill := func(req *siplib.Request, f flow) {
		req.AppendHeader(contactFor(f))
		req.AppendHeader(allowHeader())
		wantTimer(req, least)
		req.AppendHeader(siplib.NewHeader("Session-Expires", strconv.Itoa(interval)+";refresher=uac"))
	}
	if s.updates {
		s.ask(siplib.UPDATE, fill, s.refreshed)
		return
	}
	body, settled := s.sdp.Said.String(), false
	s.changing = true
	s.ask(siplib.INVITE, func(req *siplib.Request, f flow) {
		fill(req, f)
		withSDP(req, body) // RFC 4028 §7.4: the offer of before, under the same version
	}, func(r reply) {
		if r.res != nil && r.res.IsSuccess() {
			s.acknowledge(&s.dialog, r.req, func() {})
		}
		if settled {
			return // the same 2xx again: its ACK was lost
		}
		settled, s.changing = true, false
		s.reanswered(r)
		s.refreshed(r)
	})
}

// askTimer puts into the first INVITE of a call what it wants of session timers: who refreshes is the far end's choice.
func askTimer(req *siplib.Request, least int) {
	for _, name := range []string{"Session-Expires", "Min-SE", "Supported"} {
		for req.RemoveHeader(name) {
		}
	}
	wantTimer(req, least)
	req.AppendHeader(siplib.NewHeader("Session-Expires", strconv.Itoa(max(usualSession, least))))
}

// wantTimer says in a request of ours that we know session timers, and how short the far end and its proxies allow them to be.
func wantTimer(req *siplib.Request, least int) {
	req.AppendHeader(supportedHeader())
	if least > minSession {
		req.AppendHeader(siplib.NewHeader("Min-SE", strconv.Itoa(least))) // RFC 4028 §7.4
	}
}

// reanswered takes the answer of an INVITE that offered nothing new. The far end may have moved all the same; an answer that
// can't be used changes nothing.
func (s *session) reanswered(r reply) {
	if s.over || r.res == nil || !r.res.IsSuccess() {
		return
	}
	answer, bad := readSDP(r.res)
	if bad != nil || answer == nil {
		return
	}
	if next, err := sdp.Accept(s.sdp, answer); err == nil {
		_ = s.agree(next)
	}
}

// refreshed takes the outcome of a refresh.
func (s *session) refreshed(r reply) {
	switch code := r.code(); {
	case s.over:
	case code >= 200 && code < 300:
		s.retarget(r.res.Contact())
		s.agreedTimer(r.res)
	case code == 408 || code == 481 || errors.Is(r.err, errTimeout):
		// RFC 4028 §10, RFC 3261 §12.2.1.2: the far end is gone, or has forgotten the call.
		s.ep.count.expired.Add(1)
		s.hangUp(Cause{By: Nobody, Outcome: OutcomeExpired, Code: code, Reason: "the far end no longer answers"})
	case code == 422:
		least := termsOf(r.res).least
		if least <= s.expiry.interval { // a far end that is not content with what it asked for
			s.refreshIn(refreshPause)
			return
		}
		s.expiry.least, s.expiry.interval = least, least
		s.refreshIn(1) // not at once: one that asks for more each time is asked once a second
	case (code == 405 || code == 501) && s.updates:
		s.updates = false
		s.refreshIn(0)
	case code == 491:
		s.expiry.due = s.after(s.glare(), s.refresh)
	default:
		s.refreshIn(refreshPause) // until the interval is over
	}
}

// glare is how long to wait after both sides began a change at once (RFC 3261 §14.1): whoever made the Call-ID waits longer.
func (s *session) glare() time.Duration {
	step := func(most int) time.Duration { return time.Duration(rand.N(most)) * s.ep.second / 100 }
	if s.placed {
		return 210*s.ep.second/100 + step(191)
	}
	return step(201)
}
