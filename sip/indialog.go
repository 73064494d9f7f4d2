package sip

import (
	"errors"
	"slices"
	"strings"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/sip/sdp"
)

// pending is a 2xx of ours to an INVITE that waits for its ACK.
type pending struct {
	tx      *serverTx
	res     *siplib.Response
	seq     uint32
	offered *sdp.State // the 2xx carried our offer: the ACK brings the answer
	every   time.Duration
	waited  time.Duration
	timer   *time.Timer
}

// inDialog takes a request of the far end within the dialog.
func (s *session) inDialog(tx *serverTx) {
	req := tx.req
	switch {
	case s.over && req.Method == siplib.BYE:
		// Both hung up: ours may never be answered by a side that has forgotten the call.
		tx.reply(siplib.StatusOK, "OK")
		s.stopPending()
		s.finished = true
		return
	case s.over:
		tx.reply(siplib.StatusCallTransactionDoesNotExists, "Call Is Over")
		return
	case req.CSeq().SeqNo <= s.dialog.remoteSeq:
		tx.reply(siplib.StatusInternalServerError, "CSeq Out Of Order") // RFC 3261 §12.2.2
		return
	}
	s.dialog.remoteSeq = req.CSeq().SeqNo
	s.learn(req)
	if missing := unsupported(req); missing != nil {
		tx.reply(siplib.StatusBadExtension, "Bad Extension", missing...)
		return
	}
	if bad := shortSession(req); bad != nil {
		tx.reply(bad.code, bad.reason, bad.headers...)
		return
	}
	switch req.Method {
	case siplib.BYE:
		s.byed(tx)
	case siplib.INVITE:
		s.reinvite(tx)
	case siplib.UPDATE:
		s.update(tx)
	case siplib.INFO:
		s.info(tx)
	case siplib.OPTIONS:
		tx.reply(siplib.StatusOK, "OK", allowHeader(), acceptHeader(), supportedHeader())
	default:
		tx.reply(siplib.StatusMethodNotAllowed, "Method Not Allowed", allowHeader())
	}
}

// learn notes which methods the far end takes, where it says so.
func (s *session) learn(msg siplib.Message) {
	if methods := tokens(msg, "Allow"); len(methods) > 0 {
		s.updates = slices.Contains(methods, string(siplib.UPDATE))
	}
}

// byed ends the call because the far end hung up.
func (s *session) byed(tx *serverTx) {
	tx.reply(siplib.StatusOK, "OK")
	cause := Cause{By: Remote, Outcome: OutcomeCompleted, Reason: "the far end hung up"}
	if s.unanswered != nil { // RFC 3261 §15.1.2: a pending INVITE still gets its answer
		s.unanswered()
		cause.Outcome = OutcomeCancelled
	}
	s.stopPending()
	s.end(cause)
	s.finished = true
}

// reinvite answers a change of the session from full state (RFC 3261 §14.2, RFC 3264 §8).
func (s *session) reinvite(tx *serverTx) {
	switch {
	case s.unanswered != nil:
		tx.reply(siplib.StatusInternalServerError, "First INVITE Is Pending", retryAfter())
		return
	case s.changing || s.pending != nil && s.pending.offered != nil:
		tx.reply(siplib.StatusRequestPending, "Request Pending") // our offer still waits for its answer
		return
	}
	tx.reply(siplib.StatusTrying, "Trying")
	answer, offered, ok := s.changed(tx)
	if !ok {
		return
	}
	s.retarget(tx.req.Contact())
	res := s.accepted(tx)
	withSDP(res, answer)
	s.acked = s.acked || s.pending != nil // a new INVITE means that the 200 OK before has come
	s.stopPending()
	s.await(tx, res, offered)
}

// update is reinvite without an ACK (RFC 3311 §5.2).
func (s *session) update(tx *serverTx) {
	if len(tx.req.Body()) > 0 {
		switch {
		case s.unanswered != nil:
			tx.reply(siplib.StatusInternalServerError, "Offer Is Pending", retryAfter())
			return
		case s.changing || s.pending != nil && s.pending.offered != nil:
			tx.reply(siplib.StatusRequestPending, "Request Pending")
			return
		}
		answer, _, ok := s.changed(tx)
		if !ok {
			return
		}
		s.retarget(tx.req.Contact())
		res := s.accepted(tx)
		withSDP(res, answer)
		tx.respond(res)
		return
	}
	s.retarget(tx.req.Contact())
	tx.respond(s.accepted(tx))
}

// changed applies the offer of a request, or makes one of ours where there is none. What can't be answered is refused
// and changes nothing.
func (s *session) changed(tx *serverTx) (body string, offered *sdp.State, ok bool) {
	if len(tx.req.Body()) == 0 {
		next := sdp.Offer(s.sdp)
		return next.Said.String(), &next, true
	}
	offer, bad := readSDP(tx.req)
	if bad == nil {
		next, err := sdp.Answer(s.sdp, offer)
		if err == nil {
			err = s.agree(next)
		}
		if err == nil {
			return next.Said.String(), nil, true
		}
		bad = refuseOffer(err)
	}
	s.ep.refuse(tx, bad)
	return "", nil, false
}

// accepted makes the 2xx of a request within the dialog.
func (s *session) accepted(tx *serverTx) *siplib.Response {
	res := tx.response(siplib.StatusOK, "OK", contactFor(tx.source), allowHeader(), supportedHeader())
	s.restart(tx.req, res)
	return res
}

// retarget takes the far end's new Contact (RFC 3261 §12.2.2).
func (s *session) retarget(c *siplib.ContactHeader) {
	if c != nil && !badURI(&c.Address) {
		s.dialog.target = *c.Address.Clone()
	}
}

// await sends a 2xx to an INVITE again and again until its ACK (RFC 3261 §13.3.1.4), over any transport.
func (s *session) await(tx *serverTx, res *siplib.Response, offered *sdp.State) {
	p := &pending{tx: tx, res: res, seq: tx.req.CSeq().SeqNo, offered: offered, every: s.ep.t1}
	s.pending = p
	tx.respond(res)
	p.timer = s.after(p.every, func() { s.resend(p) })
}

func (s *session) resend(p *pending) {
	if s.pending != p {
		return
	}
	p.waited += p.every
	if p.waited >= timeoutT1s*s.ep.t1 {
		s.ep.count.noACK.Add(1)
		s.pending, s.acked = nil, true // RFC 3261 §13.3.1.4: the dialog holds, and is ended by BYE
		s.end(Cause{By: Nobody, Outcome: OutcomeNoACK, Reason: "the 200 OK was never acknowledged"})
		s.bye()
		return
	}
	p.tx.respond(p.res)
	p.every = min(2*p.every, t2T1s*s.ep.t1)
	p.timer = s.after(p.every, func() { s.resend(p) })
}

func (s *session) stopPending() {
	if s.pending != nil {
		s.pending.timer.Stop()
		s.pending = nil
	}
}

// ack takes the ACK to a 2xx.
func (s *session) ack(req *siplib.Request) {
	p := s.pending
	if p == nil || req.CSeq().SeqNo != p.seq {
		return // once more, or late
	}
	s.stopPending()
	s.acked = true
	if s.byeDue {
		s.bye()
		return
	}
	if p.offered == nil || s.over {
		return
	}
	answer, bad := readSDP(req)
	if bad == nil && answer == nil {
		bad = &refusal{reason: "No Answer In ACK"}
	}
	if bad == nil {
		next, err := sdp.Accept(*p.offered, answer)
		if err == nil {
			err = s.agree(next)
		}
		if err == nil {
			return
		}
		bad = refuseOffer(err)
	}
	s.ep.count.noMatch.Add(1)
	s.hangUp(Cause{By: Local, Outcome: OutcomeFailed, Code: siplib.StatusNotAcceptableHere, Reason: "unusable answer in ACK: " + bad.reason})
}

// info takes key presses (RFC 2976, and the payloads that phones use).
func (s *session) info(tx *serverTx) {
	switch contentType(tx.req) {
	case "application/dtmf-relay", "application/dtmf":
		digit, ok := readDigit(string(tx.req.Body()))
		if !ok {
			tx.reply(siplib.StatusBadRequest, "Not A Key")
			return
		}
		tx.reply(siplib.StatusOK, "OK")
		s.emit(Event{Kind: EventDigit, Digit: digit})
	case "":
		tx.reply(siplib.StatusOK, "OK") // RFC 6086 §4.2.2: an INFO without a body does no harm
	default:
		tx.reply(siplib.StatusUnsupportedMediaType, "Unsupported Media Type", acceptHeader())
	}
}

// readDigit reads "Signal=5\r\nDuration=160", or the key alone.
func readDigit(body string) (rune, bool) {
	for line := range strings.Lines(body) {
		name, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found {
			value = name
		} else if !strings.EqualFold(strings.TrimSpace(name), "signal") {
			continue
		}
		switch value = strings.ToUpper(strings.TrimSpace(value)); {
		case len(value) == 1 && strings.Contains("0123456789*#ABCD", value):
			return rune(value[0]), true
		case value == "10":
			return '*', true // some phones count as telephone-event does
		case value == "11":
			return '#', true
		}
		return 0, false
	}
	return 0, false
}

// readSDP reads a message's session description; nil where there is none.
func readSDP(msg siplib.Message) (*sdp.Description, *refusal) {
	if len(msg.Body()) == 0 {
		return nil, nil
	}
	if contentType(msg) != typeSDP {
		return nil, &refusal{
			code: siplib.StatusUnsupportedMediaType, reason: "Unsupported Media Type", headers: []siplib.Header{acceptHeader()},
		}
	}
	if encoding := msg.GetHeaders("Content-Encoding"); len(encoding) > 0 && !strings.EqualFold(encoding[0].Value(), "identity") {
		return nil, &refusal{code: siplib.StatusUnsupportedMediaType, reason: "Unsupported Content-Encoding"}
	}
	d, err := sdp.Parse(msg.Body())
	if err != nil {
		return nil, &refusal{code: siplib.StatusBadRequest, reason: "Malformed SDP"}
	}
	return d, nil
}

// refuseOffer says why an offer or answer can't be taken, with the warning that explains it (RFC 3261 §20.43).
func refuseOffer(err error) *refusal {
	code, text := "305", "no codec in common; we have opus, G722, PCMU, PCMA"
	switch {
	case errors.Is(err, sdp.ErrSecure):
		code, text = "302", "SRTP is not supported; offer RTP/AVP"
	case errors.Is(err, sdp.ErrTransport):
		code, text = "302", "only RTP/AVP is supported"
	case errors.Is(err, sdp.ErrAddress):
		code, text = "301", "unusable media address, or other IP version"
	case errors.Is(err, sdp.ErrNoAudio):
		code, text = "304", "no audio stream"
	case errors.Is(err, sdp.ErrMismatch):
		code, text = "399", "media lines do not fit the session"
	}
	return &refusal{
		code: siplib.StatusNotAcceptableHere, reason: "Not Acceptable Here", headers: []siplib.Header{warning(code, text)},
	}
}

// refuse answers and counts a refusal.
func (ep *endpoint) refuse(tx *serverTx, r *refusal) {
	switch r.code {
	case siplib.StatusBadRequest, siplib.StatusUnsupportedMediaType:
		ep.count.badSDP.Add(1)
	case siplib.StatusNotAcceptableHere:
		ep.count.noMatch.Add(1)
	}
	tx.reply(r.code, r.reason, r.headers...)
}
