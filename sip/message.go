package sip

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"strings"

	siplib "github.com/emiago/sipgo/sip"
)

const (
	typeSDP   = "application/sdp"
	hops      = 70   // RFC 3261 §8.1.1.6
	retrySecs = "10" // of Retry-After
	agentName = "Patchbay"
)

// newTag makes a tag or other name that can't be guessed (RFC 3261 §19.3 asks for 32 bits of randomness).
func newTag() string { return strings.ToLower(rand.Text()) }

func newNumber() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:])                    // never fails
	return binary.BigEndian.Uint64(b[:]) >> 2 // RFC 3264 §5: o= must fit 62 bits
}

// newResponse makes a response to a request (RFC 3261 §8.2.6).
func newResponse(req *siplib.Request, code int, reason string, headers ...siplib.Header) *siplib.Response {
	res := siplib.NewResponseFromRequest(req, code, reason, nil)
	res.SipVersion = "SIP/2.0" // ours, not that of the request
	for _, h := range headers {
		res.AppendHeader(h)
	}
	res.AppendHeader(siplib.NewHeader("Server", agentName))
	return res
}

func withSDP(msg siplib.Message, body string) {
	msg.AppendHeader(siplib.NewHeader("Content-Type", typeSDP))
	msg.SetBody([]byte(body))
}

func retryAfter() siplib.Header  { return siplib.NewHeader("Retry-After", retrySecs) }
func allowHeader() siplib.Header { return siplib.NewHeader("Allow", allow) }
func acceptHeader() siplib.Header {
	return siplib.NewHeader("Accept", typeSDP+", application/dtmf-relay")
}
func supportedHeader() siplib.Header { return siplib.NewHeader("Supported", supported) }

// warning explains a 488 (RFC 3261 §20.43).
func warning(code, text string) siplib.Header {
	return siplib.NewHeader("Warning", code+" patchbay \""+text+"\"")
}

// newVia makes our Via for a request (RFC 3261 §8.1.1.7, RFC 3581 §3).
func newVia(f flow) *siplib.ViaHeader {
	local := f.local()
	via := &siplib.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: f.network(), Host: hostOf(local.Addr()), Port: int(local.Port()),
	}
	via.Params.Add("branch", magicCookie+newTag())
	via.Params.Add("rport", "")
	return via
}

// contactFor is where requests within the call reach us.
func contactFor(f flow) *siplib.ContactHeader {
	local := f.local()
	uri := siplib.Uri{Scheme: "sip", Host: hostOf(local.Addr()), Port: int(local.Port())}
	if f.reliable() {
		uri.UriParams.Add("transport", "tcp")
	}
	return &siplib.ContactHeader{Address: uri}
}

// refusalACK acknowledges a refusal of an INVITE (RFC 3261 §17.1.1.3): it belongs to the INVITE's transaction.
func refusalACK(invite *siplib.Request, res *siplib.Response) *siplib.Request {
	ack := siplib.NewRequest(siplib.ACK, invite.Recipient)
	ack.AppendHeader(invite.Via().Clone())
	siplib.CopyHeaders("Route", invite, ack)
	siplib.CopyHeaders("From", invite, ack)
	siplib.CopyHeaders("To", res, ack)
	siplib.CopyHeaders("Call-ID", invite, ack)
	addCSeq(ack, invite.CSeq().SeqNo)
	ack.SetBody(nil)
	return ack
}

// cancelOf makes the CANCEL of an INVITE (RFC 3261 §9.1).
func cancelOf(invite *siplib.Request) *siplib.Request {
	req := siplib.NewRequest(siplib.CANCEL, invite.Recipient)
	req.AppendHeader(invite.Via().Clone())
	siplib.CopyHeaders("Route", invite, req)
	siplib.CopyHeaders("From", invite, req)
	siplib.CopyHeaders("To", invite, req)
	siplib.CopyHeaders("Call-ID", invite, req)
	addCSeq(req, invite.CSeq().SeqNo)
	req.SetBody(nil)
	return req
}

func addCSeq(req *siplib.Request, number uint32) {
	req.AppendHeader(&siplib.CSeqHeader{SeqNo: number, MethodName: req.Method})
	forwards := siplib.MaxForwardsHeader(hops)
	req.AppendHeader(&forwards)
}

// parseHost reads a URI's host where it is an address.
func parseHost(host string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(trimBrackets(host))
	return addr.Unmap(), err == nil
}
