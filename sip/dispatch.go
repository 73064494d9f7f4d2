package sip

import (
	"net/netip"
	"strconv"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

// message takes what the parser made of a datagram or of a piece of a stream.
func (ep *endpoint) message(msg siplib.Message, err error, f flow) {
	if err != nil {
		ep.unparsed(msg, err, f)
		return
	}
	msg.SetTransport(f.network())
	msg.SetSource(f.remote.String())
	switch msg := msg.(type) {
	case *siplib.Request:
		ep.incoming(msg, f)
	case *siplib.Response:
		if validateResponse(msg) != nil {
			ep.count.invalid.Add(1) // there is nobody to tell (RFC 3261 §8.1.3.1)
			return
		}
		ep.response(msg)
	}
}

// unparsed counts what is no SIP. A request cut short, whose header is whole, is told so (RFC 3261 §18.3).
func (ep *endpoint) unparsed(msg siplib.Message, err error, f flow) {
	req, ok := msg.(*siplib.Request)
	if !ok || !isIncomplete(err) || req.IsAck() || validate(req) != nil {
		ep.count.malformed.Add(1)
		return
	}
	ep.count.invalid.Add(1)
	req.SetBody(nil)
	req.SetTransport(f.network())
	received(req, f)
	_ = f.answers(req).send(newResponse(req, siplib.StatusBadRequest, "Body Shorter Than Content-Length"))
}

// incoming checks a request and gives it to the transaction that it belongs to, or to a new one.
func (ep *endpoint) incoming(req *siplib.Request, f flow) {
	if bad := validate(req); bad != nil {
		ep.count.invalid.Add(1)
		if bad.answerable && !req.IsAck() { // RFC 3261 §17.1.1.3: nothing answers an ACK
			received(req, f)
			_ = f.answers(req).send(newResponse(req, bad.code, bad.reason, bad.headers...))
		}
		return
	}
	received(req, f)
	key := serverKey(req, req.Method)
	tx := ep.serverTx(key)
	switch {
	case req.IsAck():
		if tx == nil || !tx.ack() {
			ep.onACK(req)
		}
		return
	case tx != nil:
		tx.again()
		return
	case tagOf(req.To().Params) == "" && !req.IsCancel() && !ep.guard.request(f.remote.Addr(), time.Now()):
		ep.count.rateLimited.Add(1)
		return
	}
	tx, ok := ep.newServerTx(req, f, key)
	if !ok {
		ep.count.rateLimited.Add(1)
		_ = f.answers(req).send(newResponse(req, siplib.StatusServiceUnavailable, "Too Many Transactions", retryAfter()))
		return
	}
	if req.IsCancel() {
		ep.cancel(tx)
		return
	}
	ep.onRequest(tx)
}

// cancel answers a CANCEL at once, whatever becomes of the INVITE (RFC 3261 §9.2).
func (ep *endpoint) cancel(tx *serverTx) {
	invite := ep.serverTx(serverKey(tx.req, siplib.INVITE))
	if invite == nil {
		tx.reply(siplib.StatusCallTransactionDoesNotExists, "No Such Transaction")
		return
	}
	res := tx.response(siplib.StatusOK, "OK")
	res.To().Params.Add("tag", invite.tag) // RFC 3261 §9.2: the same tag as in the answer to the INVITE
	tx.respond(res)
	invite.cancel()
}

// received notes in the top Via where the request really came from (RFC 3261 §18.2.1, RFC 3581 §4), and where answers
// go (RFC 3261 §18.2.2).
func received(req *siplib.Request, f flow) {
	via := req.Via()
	_, rport := via.Params.Get("rport")
	sentBy, err := netip.ParseAddr(trimBrackets(via.Host))
	if rport || err != nil || sentBy.Unmap() != f.remote.Addr() {
		via.Params.Add("received", f.remote.Addr().String())
	}
	if rport {
		via.Params.Add("rport", strconv.Itoa(int(f.remote.Port())))
	}
}

// answers is the flow for responses to a request: over UDP without rport, the port is that of the Via.
func (f flow) answers(req *siplib.Request) flow {
	via := req.Via()
	if f.stream != nil || via.Params.Has("rport") {
		return f
	}
	port := uint16(siplib.DefaultUdpPort)
	if via.Port > 0 && via.Port <= 65535 {
		port = uint16(via.Port)
	}
	f.remote = netip.AddrPortFrom(f.remote.Addr(), port)
	return f
}
