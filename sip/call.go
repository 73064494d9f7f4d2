package sip

import (
	"context"
	"errors"
	"net/netip"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/media"
	"patchbay/media/rtp"
	"patchbay/sip/sdp"
)

// Call is one inbound call. Its methods may be called from anywhere.
type Call struct {
	*session
	from    identity
	to      string
	asked   time.Time
	invite  *serverTx
	offer   *sdp.Description // nil where the caller wants ours
	refusal *time.Timer      // owned by run: the call rings too long
	rings   bool             // owned by run
	early   bool             // owned by run: no final response yet
}

// From is the caller's number, or the user part of the address; empty where withheld.
func (c *Call) From() string { return c.from.number }

// DisplayName is the caller's name as given; empty where withheld.
func (c *Call) DisplayName() string { return c.from.name }

// To is the user part of the Request-URI: the number that was dialled.
func (c *Call) To() string { return c.to }

// ReceivedAt is when the INVITE came.
func (c *Call) ReceivedAt() time.Time { return c.asked }

// Source is where the INVITE came from.
func (c *Call) Source() netip.AddrPort { return c.invite.source.remote }

// Ring tells the caller that it rings (180). It does nothing after Answer or the end.
func (c *Call) Ring() {
	c.post(func() {
		if c.early && !c.rings {
			c.rings = true
			c.invite.reply(siplib.StatusRinging, "Ringing", contactFor(c.invite.source), allowHeader())
		}
	})
}

// Answer accepts the call with 200 OK and our SDP, and gives its sound, which runs already. It does not wait for the
// ACK. After an error other than ErrState the call is over: ErrClosed says that it was before.
func (c *Call) Answer(ctx context.Context) (media.Leg, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	type result struct {
		leg *rtp.Session
		err error
	}
	out := make(chan result, 1)
	if !c.post(func() {
		leg, err := c.answer()
		out <- result{leg, err}
	}) {
		return nil, ErrClosed
	}
	select {
	case r := <-out:
		if r.err != nil {
			return nil, r.err
		}
		return r.leg, nil
	case <-c.gone:
		return nil, ErrClosed
	}
}

func (c *Call) answer() (*rtp.Session, error) {
	switch {
	case c.over:
		return nil, ErrClosed
	case !c.early:
		return nil, ErrState
	}
	next, err := c.negotiate()
	if err != nil {
		if errors.Is(err, rtp.ErrNoPorts) {
			c.ep.count.callsFull.Add(1)
		}
		c.log.Warn("call can't be answered", "error", err)
		c.refuse(siplib.StatusServiceUnavailable, "Service Unavailable", Cause{By: Nobody, Outcome: OutcomeFailed, Reason: "no media"})
		return nil, err
	}
	c.settle()
	res := c.accepted(c.invite)
	withSDP(res, next.Said.String())
	now := time.Now()
	c.answeredAt.Store(&now)
	c.ep.count.answered.Add(1)
	var offered *sdp.State
	if c.offer == nil {
		offered = next
	}
	c.await(c.invite, res, offered)
	return c.rtp, nil
}

// negotiate starts the media: it listens before the 200 OK is on its way.
func (c *Call) negotiate() (*sdp.State, error) {
	if err := c.openMedia(c.invite.source.local().Addr()); err != nil {
		return nil, err
	}
	if c.offer == nil {
		next := sdp.Offer(c.sdp) // RFC 3261 §13.2.1: no offer in the INVITE, so ours is in the 2xx
		return &next, nil
	}
	next, err := sdp.Answer(c.sdp, c.offer)
	if err != nil {
		return nil, err
	}
	return &next, c.agree(next)
}

// settle ends the early phase.
func (c *Call) settle() {
	c.early, c.unanswered = false, nil
	c.refusal.Stop()
}

// Refuse ends a call that was not answered with a status code of 400 to 699. It returns at once. It does nothing after
// Answer or the end.
func (c *Call) Refuse(code int, reason string) {
	if code < 400 || code > 699 {
		code, reason = siplib.StatusTemporarilyUnavailable, "Temporarily Unavailable"
	}
	reason = clean(reason)
	c.post(func() {
		c.refuse(code, reason, Cause{By: Local, Outcome: OutcomeRefused, Code: code, Reason: "refused"})
	})
}

func (c *Call) refuse(code int, reason string, cause Cause, headers ...siplib.Header) {
	if !c.early {
		return
	}
	c.settle()
	if code == siplib.StatusServiceUnavailable {
		headers = append(headers, retryAfter())
	}
	c.invite.reply(code, reason, headers...)
	cause.Code = code
	c.end(cause)
	c.finished = true
}

// HangUp ends the call in whatever state it is: a call that was not answered is refused with 480. It returns at once.
func (c *Call) HangUp() {
	c.post(func() {
		switch {
		case c.over:
		case c.early:
			c.refuse(siplib.StatusTemporarilyUnavailable, "Temporarily Unavailable", Cause{By: Local, Outcome: OutcomeRefused, Reason: "refused"})
		default:
			c.hangUp(Cause{By: Local, Outcome: OutcomeCompleted, Reason: "we hung up"})
		}
	})
}

// cancelled takes a CANCEL: it has no effect once the call is answered (RFC 3261 §9.2).
func (c *Call) cancelled() {
	c.refuse(siplib.StatusRequestTerminated, "Request Terminated", Cause{By: Remote, Outcome: OutcomeCancelled, Reason: "the caller gave up"})
}

// begin starts the call's goroutines. It runs on the reader of the socket.
func (c *Call) begin(ringFor time.Duration) {
	c.early = true
	c.link(uasDialog(c.invite))
	c.learn(c.invite.req)
	c.unanswered = func() {
		c.settle()
		c.invite.reply(siplib.StatusRequestTerminated, "Request Terminated")
	}
	c.refusal = c.after(ringFor, func() {
		c.refuse(siplib.StatusTemporarilyUnavailable, "Temporarily Unavailable",
			Cause{By: Nobody, Outcome: OutcomeUnanswered, Reason: "not answered in time"})
	})
	c.invite.cancelBy(func() { c.post(c.cancelled) })
	c.invite.reply(siplib.StatusTrying, "Trying")
}
