package sip

import (
	"strconv"
	"strings"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

const (
	minSession = 90               // seconds (RFC 4028 §5)
	maxSession = 24 * 60 * 60     // seconds; longer is as good as none
	lastCall   = 32 * time.Second // before the end, at most, when we give up (RFC 4028 §10)
)

// sessionTimer ends a call whose far end stopped to refresh it (RFC 4028). The far end is always the refresher.
type sessionTimer struct{ timer *time.Timer }

func (t *sessionTimer) stop() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// sessionExpires reads Session-Expires of a far end that is willing to refresh (RFC 4028 §9, table 2).
func sessionExpires(req *siplib.Request) (seconds int, ok bool) {
	h := req.GetHeaders("Session-Expires")
	h = append(h, req.GetHeaders("x")...) // the compact form (§4)
	if len(h) != 1 || !offers(req, "timer") {
		return 0, false
	}
	value, params, _ := strings.Cut(h[0].Value(), ";")
	seconds, err := strconv.Atoi(strings.TrimSpace(value))
	params = strings.ToLower(strings.ReplaceAll(params, " ", ""))
	if err != nil || seconds < 0 || strings.Contains(params, "refresher=uas") {
		return 0, false
	}
	return min(seconds, maxSession), true
}

// offers reports an extension that the far end supports.
func offers(req *siplib.Request, option string) bool {
	for _, t := range append(tokens(req, "Supported"), tokens(req, "k")...) {
		if strings.EqualFold(t, option) {
			return true
		}
	}
	return false
}

// shortSession refuses an interval that would load us with refreshes (RFC 4028 §6).
func shortSession(req *siplib.Request) *refusal {
	seconds, ok := sessionExpires(req)
	if !ok || seconds >= minSession || req.Method != siplib.INVITE && req.Method != siplib.UPDATE {
		return nil
	}
	return &refusal{
		code: siplib.StatusIntervalToBrief - 1, reason: "Session Interval Too Small", // 422
		headers: []siplib.Header{siplib.NewHeader("Min-SE", strconv.Itoa(minSession))},
	}
}

// restart begins the interval anew with each INVITE and UPDATE that is accepted, and says so in its 2xx. Without the
// header, the session no longer expires (RFC 4028 §9).
func (s *session) restart(req *siplib.Request, res *siplib.Response) {
	s.expiry.stop()
	seconds, ok := sessionExpires(req)
	if !ok || seconds < minSession {
		return
	}
	res.AppendHeader(siplib.NewHeader("Session-Expires", strconv.Itoa(seconds)+";refresher=uac"))
	res.AppendHeader(siplib.NewHeader("Require", "timer"))
	interval := time.Duration(seconds) * time.Second
	s.expiry.timer = s.after(interval-min(lastCall, interval/3), func() {
		if !s.over {
			s.hangUp(Cause{By: Local, Outcome: OutcomeExpired, Reason: "the session timer ran out"})
		}
	})
}
