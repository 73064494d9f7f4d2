package sip

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/media"
	"patchbay/sip/sdp"
)

const maxForks = 16 // answers of other phones that are hung up

// OutCall is a call that we place. Its methods may be called from anywhere.
type OutCall struct {
	*session
	flow     flow
	invite   *siplib.Request
	offer    sdp.State // with our offer, before any answer
	answered chan struct{}
	patience time.Duration // for an answer
	running  sync.WaitGroup
	unwatch  func() bool

	ownsEndpoint bool // Close closes it

	// owned by run
	timeout     *time.Timer
	told        EventKind // the last state that was reported
	provisional bool      // a provisional response came: RFC 3261 §9.1 wants one before a CANCEL
	cancelled   bool      // CANCEL was sent
	settled     bool      // the INVITE has its final response
	earlyTag    string    // of the early dialog whose answer holds
	proves      credentials
	briefs      int // 422s that were believed
	forks       map[string]*dialog
}

// Leg is the sound of the call: it hears nothing before EventEarlyMedia or EventAnswered.
func (c *OutCall) Leg() media.Leg { return c.rtp }

// Answered is closed with the 200 OK.
func (c *OutCall) Answered() <-chan struct{} { return c.answered }

// SendDigits presses keys one after the other: 0-9, *, #, A-D. It returns before they are sent.
func (c *OutCall) SendDigits(digits string) error {
	if err := c.rtp.SendDTMF(digits); err != nil {
		return fmt.Errorf("sip: send digits: %w", err)
	}
	return nil
}

// start sends the INVITE. run must be running.
func (c *OutCall) start() {
	c.post(func() {
		if c.over { // hung up already: nobody needs to know
			c.finished = true
			return
		}
		c.timeout = c.after(c.patience, func() {
			c.giveUp(Cause{By: Nobody, Outcome: OutcomeUnanswered, Reason: "not answered in time"})
		})
		c.send()
	})
}

// send sends the INVITE as it is now.
func (c *OutCall) send() {
	c.ep.request(c.invite, c.flow, func(res *siplib.Response) { c.post(func() { c.response(res) }) },
		func(err error) { c.post(func() { c.failed(err) }) })
}

// retry sends the INVITE once more where a refusal told what it lacks. It reports false where that cannot be mended, and why.
func (c *OutCall) retry(res *siplib.Response) (ok bool, why error) {
	longer := 0
	switch {
	case challenged(res):
		if err := c.proves.answer(c.invite, res); err != nil {
			return false, err
		}
	case res.StatusCode == 422 && c.briefs < maxBriefs && termsOf(res).least > c.expiry.least:
		c.briefs++
		longer = termsOf(res).least // RFC 4028 §7.4
	default:
		return false, nil
	}
	c.invite = c.proves.reissued(c.invite, c.flow, c.invite.CSeq().SeqNo+1)
	if longer > 0 {
		c.expiry.least = longer
		askTimer(c.invite, longer)
	}
	c.provisional, c.cancelled = false, false
	c.send()
	return true, nil
}

// HangUp ends the call in whatever state it is: CANCEL before the answer, BYE after it. It returns at once.
func (c *OutCall) HangUp() {
	c.post(func() {
		switch {
		case c.over:
		case c.linked:
			c.hangUp(Cause{By: Local, Outcome: OutcomeCompleted, Reason: "we hung up"})
		default:
			c.giveUp(Cause{By: Local, Outcome: OutcomeCancelled, Reason: "we gave up"})
		}
	})
}

// Close hangs up, waits for the end and frees what the call holds. It may be called again.
func (c *OutCall) Close() error {
	c.unwatch()
	c.HangUp()
	patience := time.NewTimer(lastWords * c.ep.t1)
	defer patience.Stop()
	select {
	case <-c.gone:
	case <-patience.C:
	}
	if c.ownsEndpoint {
		c.ep.close()
	}
	c.stop()
	c.running.Wait()
	return nil
}

// stop ends the call without another word.
func (c *OutCall) stop() {
	c.post(func() {
		c.end(Cause{By: Local, Outcome: OutcomeFailed, Reason: "closed"})
		c.finished = true
	})
}

// giveUp ends a call that was not answered.
func (c *OutCall) giveUp(cause Cause) {
	if c.over || c.linked {
		return
	}
	c.end(cause)
	c.sendCancel()
	// A far end that never says its last word is not waited for longer than RFC 3261 §9.1 asks.
	c.after(timeoutT1s*c.ep.t1, func() { c.finished = true })
}

// sendCancel sends the CANCEL as soon as it may be sent (RFC 3261 §9.1).
func (c *OutCall) sendCancel() {
	if !c.provisional || c.cancelled || c.settled {
		return
	}
	c.cancelled = true
	c.ep.request(cancelOf(c.invite), c.flow, func(*siplib.Response) {}, func(error) {})
}

// failed takes the end of the INVITE without a final response.
func (c *OutCall) failed(err error) {
	cause := Cause{By: Nobody, Outcome: OutcomeFailed, Reason: "the network failed"}
	switch {
	case errors.Is(err, errTimeout):
		cause.Code, cause.Reason = siplib.StatusRequestTimeout, "the far end does not answer" // RFC 3261 §8.1.3.1
	case errors.Is(err, syscall.ECONNREFUSED):
		cause.Code, cause.Reason = siplib.StatusServiceUnavailable, "nobody listens at that address and port"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		cause.Code, cause.Reason = siplib.StatusServiceUnavailable, "that address cannot be reached from here"
	}
	c.timeout.Stop()
	c.end(cause)
	c.finished = true
}

// response takes each response to the INVITE.
func (c *OutCall) response(res *siplib.Response) {
	switch {
	case res.IsProvisional():
		c.provisional = true
		if c.over {
			c.sendCancel()
			return
		}
		c.progress(res)
	case res.IsSuccess():
		c.settled = true
		c.timeout.Stop()
		c.accept(res)
	default:
		cause := Cause{By: Remote, Outcome: OutcomeRefused, Code: res.StatusCode, Q850: q850Of(res), Reason: "the far end refused"}
		if !c.over {
			ok, err := c.retry(res)
			if ok {
				return
			}
			c.blame(res, err, &cause)
		}
		c.settled = true
		c.timeout.Stop()
		c.end(cause)
		c.finished = true
	}
}

// blame tells a refusal that is about us from one by the person who was called.
func (c *OutCall) blame(res *siplib.Response, err error, cause *Cause) {
	switch {
	case errors.Is(err, ErrChallenge) && !c.proves.account.enabled():
		cause.Unproven, cause.Reason = true, "the trunk asks for a password, and none is set"
	case errors.Is(err, ErrChallenge):
		cause.Unproven, cause.Reason = true, "the trunk asks for a proof that we cannot give"
	case err != nil:
		cause.Unproven, cause.Reason = true, "the trunk does not take our user or password"
	case res.StatusCode == siplib.StatusForbidden && c.proves.count > 0:
		// RFC 3261 §21.4.4: understood and refused. Many trunks say so of a wrong password.
		cause.Unproven, cause.Reason = true, "the trunk forbids the call: a wrong password, or one of the two numbers is not allowed there"
	}
	if cause.Unproven {
		c.log.Error("call refused: "+cause.Reason, "code", res.StatusCode, "mend", "check --trunk-user and --trunk-password (or -file)")
	}
}

// progress reports provisional responses, each state once.
func (c *OutCall) progress(res *siplib.Response) {
	kind := EventTrying
	switch {
	case c.linked:
		return
	case c.earlyMedia(res):
		kind = EventEarlyMedia
	case res.StatusCode == siplib.StatusRinging:
		kind = EventRinging
	case res.StatusCode != siplib.StatusTrying:
		return
	}
	if kind > c.told || kind == EventRinging && c.told != EventRinging {
		c.told = kind
		c.emit(Event{Kind: kind})
	}
}

// earlyMedia takes an answer that comes before the call is answered. Not being reliable, it binds nobody (RFC 3261
// §13.2.1): the same answer comes again in the 2xx.
func (c *OutCall) earlyMedia(res *siplib.Response) bool {
	answer, bad := readSDP(res)
	if bad != nil || answer == nil {
		return false
	}
	next, err := sdp.Accept(c.offer, answer)
	if err != nil || c.agree(next) != nil {
		return false
	}
	c.earlyTag = tagOf(res.To().Params)
	return true
}

// accept takes a 2xx: the first one answers the call, the same again wants its ACK again, and those of other phones are
// acknowledged and hung up (RFC 3261 §13.2.2.4).
func (c *OutCall) accept(res *siplib.Response) {
	tag := tagOf(res.To().Params)
	switch {
	case c.linked && tag == c.dialog.id.remoteTag:
		c.acknowledge(&c.dialog, c.invite, func() {})
		return
	case c.linked || c.over:
		c.decline(tag, res)
		return
	}
	c.link(uacDialog(c.invite, res, c.flow))
	c.acknowledge(&c.dialog, c.invite, func() {
		c.acked = true
		if c.byeDue {
			c.bye()
		}
	})
	c.learn(res)
	c.agreedTimer(res)
	if err := c.settleMedia(res, tag); err != nil {
		c.log.Warn("unusable answer", "error", err)
		c.hangUp(Cause{By: Local, Outcome: OutcomeFailed, Code: siplib.StatusNotAcceptableHere, Reason: "unusable answer"})
		return
	}
	now := time.Now()
	c.answeredAt.Store(&now)
	c.emit(Event{Kind: EventAnswered})
	close(c.answered)
}

// settleMedia makes the answer of the 2xx hold.
func (c *OutCall) settleMedia(res *siplib.Response, tag string) error {
	answer, bad := readSDP(res)
	switch {
	case bad != nil:
		return bad
	case answer == nil && c.earlyTag == tag:
		return nil // some far ends say it once only
	case answer == nil:
		return ErrNoCodec
	}
	next, err := sdp.Accept(c.offer, answer)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoCodec, err)
	}
	return c.agree(next)
}

// decline acknowledges and hangs up a dialog that we do not want: a fork, or a 2xx that crossed our CANCEL.
func (c *OutCall) decline(tag string, res *siplib.Response) {
	if d := c.forks[tag]; d != nil {
		c.acknowledge(d, c.invite, func() {})
		return
	}
	if len(c.forks) >= maxForks {
		return
	}
	d := uacDialog(c.invite, res, c.flow)
	c.forks[tag] = &d
	ours := !c.linked // nothing else is left of the call
	bye := d
	seq := d.localSeq + 1
	c.acknowledge(&d, c.invite, func() {
		c.tasks.Go(func() {
			sendWithin(c.ep, &bye, siplib.BYE, seq, func() {
				if ours {
					c.post(func() { c.finished = true })
				}
			})
		})
	})
}
