package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	siplib "github.com/emiago/sipgo/sip"
)

// dialogID names a dialog (RFC 3261 §12).
type dialogID struct{ callID, localTag, remoteTag string }

// dialog is the state that both sides keep (RFC 3261 §12.1). It belongs to the goroutine of its call.
type dialog struct {
	id            dialogID
	local, remote siplib.FromHeader // with tags
	localSeq      uint32
	remoteSeq     uint32
	routes        []siplib.Uri
	target        siplib.Uri // the far end's Contact
	flow          flow       // the way that the dialog began
	// direct is whether requests go back the way the dialog began: it came through NAT, or over a connection.
	direct bool
}

// uasDialog makes the dialog of an INVITE that we answer (RFC 3261 §12.1.1).
func uasDialog(tx *serverTx) dialog {
	req := tx.req
	d := dialog{
		id:     dialogID{callID: req.CallID().Value(), localTag: tx.tag, remoteTag: tagOf(req.From().Params)},
		local:  req.To().AsFrom(), // the tag is there already
		remote: *req.From(),
		target: *req.Contact().Address.Clone(), flow: tx.source,
		remoteSeq: req.CSeq().SeqNo,
	}
	for _, h := range req.GetHeaders("Record-Route") {
		if rr, ok := h.(*siplib.RecordRouteHeader); ok {
			d.routes = append(d.routes, *rr.Address.Clone())
		}
	}
	d.direct = len(d.routes) == 0 && (tx.source.reliable() || behindNAT(req, tx.source))
	return d
}

// behindNAT compares the Contact with where the packet came from, as RFC 3581 lets the Via be.
func behindNAT(req *siplib.Request, f flow) bool {
	addr, ok := parseHost(req.Contact().Address.Host)
	return ok && addr != f.remote.Addr()
}

// uacDialog makes the dialog of a response to our INVITE (RFC 3261 §12.1.2).
func uacDialog(invite *siplib.Request, res *siplib.Response, f flow) dialog {
	d := dialog{
		id: dialogID{
			callID: invite.CallID().Value(), localTag: tagOf(invite.From().Params), remoteTag: tagOf(res.To().Params),
		},
		local: *invite.From(), remote: res.To().AsFrom(),
		localSeq: invite.CSeq().SeqNo, target: *invite.Recipient.Clone(), flow: f,
	}
	if c := res.Contact(); c != nil {
		d.target = *c.Address.Clone()
	}
	for _, h := range slices.Backward(res.GetHeaders("Record-Route")) { // in reverse order
		if rr, ok := h.(*siplib.RecordRouteHeader); ok {
			d.routes = append(d.routes, *rr.Address.Clone())
		}
	}
	d.direct = len(d.routes) == 0 && f.reliable()
	return d
}

// request makes a request within the dialog (RFC 3261 §12.2.1.1). An ACK has the number of its INVITE.
func (d *dialog) request(method siplib.RequestMethod, seq uint32) *siplib.Request {
	uri, routes := d.target, d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") {
		// A strict router of RFC 2543 wants to be the Request-URI, and the target as the last route.
		uri = routes[0]
		routes = append(slices.Clone(routes[1:]), d.target)
	}
	req := siplib.NewRequest(method, uri)
	for i := range routes {
		req.AppendHeader(&siplib.RouteHeader{Address: routes[i]})
	}
	from := d.local
	to := siplib.ToHeader{DisplayName: d.remote.DisplayName, Address: d.remote.Address, Params: d.remote.Params}
	callID := siplib.CallIDHeader(d.id.callID)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&callID)
	addCSeq(req, seq)
	req.AppendHeader(siplib.NewHeader("User-Agent", agentName))
	req.SetBody(nil)
	return req
}

// next is the number of our next request.
func (d *dialog) next() uint32 {
	d.localSeq++
	return d.localSeq
}

// way finds where requests within the dialog go (RFC 3261 §12.2.1.1, §8.1.2). It may resolve a name or connect: it must
// not run on the goroutine of the call.
func (d *dialog) way(ctx context.Context) (flow, error) {
	if d.direct && d.flow.alive() {
		return d.flow, nil
	}
	hop := d.target
	if len(d.routes) > 0 {
		hop = d.routes[0]
	}
	to, err := resolve(ctx, &hop)
	if err != nil {
		return flow{}, err
	}
	network, err := NetworkOf(&hop)
	if err != nil {
		return flow{}, err
	}
	if d.flow.network() == network && d.flow.remote == to && d.flow.alive() {
		return d.flow, nil
	}
	return d.flow.ep.flowTo(ctx, network, to)
}

// NetworkOf says by what a URI is reached, "UDP" or "TCP". What asks for another transport, such as tls, is refused: by UDP it
// would go in clear.
func NetworkOf(u *siplib.Uri) (string, error) {
	t, _ := u.UriParams.Get("transport")
	return networkBy(t)
}

// networkBy is NetworkOf for a transport by name; empty is UDP.
func networkBy(t string) (string, error) {
	switch strings.ToLower(t) {
	case "", "udp":
		return "UDP", nil
	case "tcp":
		return "TCP", nil
	default:
		return "", fmt.Errorf("transport %q is not spoken here; there are udp and tcp", t)
	}
}

// resolve finds the address of a URI: as it stands, or by A and AAAA records.
func resolve(ctx context.Context, u *siplib.Uri) (netip.AddrPort, error) {
	port := u.Port
	if port == 0 {
		port = siplib.DefaultUdpPort // the same for TCP
	}
	host := u.Host
	if maddr, ok := u.UriParams.Get("maddr"); ok {
		host = maddr // RFC 3261 §19.1.1
	}
	if addr, ok := parseHost(host); ok {
		return netip.AddrPortFrom(addr, uint16(port)), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return netip.AddrPort{}, fmt.Errorf("sip: resolve: %w", err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)), nil
}
