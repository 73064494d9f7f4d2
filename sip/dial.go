package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/media/codec"
	"patchbay/media/rtp"
	"patchbay/sip/sdp"
)

const (
	dialPortFrom = 40000 // RTP ports of an OutCall that was given no pool
	dialPortTo   = 40999
	dialRate     = 1000 // messages per second that a phone takes; one call needs few
	answerLimit  = 3 * time.Minute
)

// DialConfig is what a call that we place needs. Zero values take the defaults named.
type DialConfig struct {
	URI         string        // sip:NUMBER@HOST:PORT
	CallID      string        // the default is a random one
	From        string        // our number; empty is anonymous
	DisplayName string        // our name
	LocalAddr   string        // IP:PORT to send from; empty is chosen by the route to the far end
	Transport   string        // "udp" or "tcp"; empty is the URI's transport parameter, or udp
	Codecs      []codec.Codec // offered, best first; the default is G722, PCMU, PCMA
	Ports       *rtp.PortPool // RTP ports; nil is 40000 to 40999
	Account     Account       // proves itself where the far end asks for a password; the zero value is nobody
	Timeout     time.Duration // for an answer; the default is 3 min
	T1          time.Duration // the default is 500 ms
	Log         *slog.Logger
}

func (c *DialConfig) defaults() error {
	if len(c.Codecs) == 0 {
		c.Codecs = []codec.Codec{codec.G722, codec.PCMU, codec.PCMA}
	}
	if c.Timeout == 0 {
		c.Timeout = answerLimit
	}
	if c.T1 == 0 {
		c.T1 = 500 * time.Millisecond
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Ports == nil {
		pool, err := rtp.NewPortPool(dialPortFrom, dialPortTo, 0)
		if err != nil {
			return fmt.Errorf("sip: dial: %w", err)
		}
		c.Ports = pool
	}
	return nil
}

// target reads the URI to call, and by which transport.
func (c *DialConfig) target() (siplib.Uri, string, error) {
	var uri siplib.Uri
	if err := siplib.ParseUri(c.URI, &uri); err != nil || uri.Scheme != "sip" || uri.Host == "" || badURI(&uri) {
		return uri, "", fmt.Errorf("%w: %q is not of the form sip:NUMBER@HOST:PORT", ErrConfig, c.URI)
	}
	transport := c.Transport
	if transport == "" {
		transport, _ = uri.UriParams.Get("transport")
	}
	network, err := networkBy(transport)
	if err != nil {
		return uri, "", fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return uri, network, nil
}

// open makes the socket of a call and the way to the far end.
func (c *DialConfig) open(ctx context.Context, ep *endpoint, network string, to netip.AddrPort) (flow, error) {
	local := netip.AddrPortFrom(routeTo(to), 0)
	if c.LocalAddr != "" {
		addr, err := netip.ParseAddrPort(c.LocalAddr)
		if err != nil {
			return flow{}, fmt.Errorf("%w: local address %q is not IP:PORT", ErrConfig, c.LocalAddr)
		}
		local = addr
	}
	if network == "UDP" {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(local))
		if err != nil {
			return flow{}, explain(local, err)
		}
		ep.udp = conn
		if err := reportUnreachable(conn); err != nil {
			return flow{}, err
		}
		ep.start()
		return flow{ep: ep, remote: to}, nil
	}
	dialer := net.Dialer{Timeout: streamDial, LocalAddr: net.TCPAddrFromAddrPort(local)}
	conn, err := dialer.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return flow{}, fmt.Errorf("sip: connect: %w", err)
	}
	s, err := ep.adopt(conn.(*net.TCPConn))
	if err != nil {
		conn.Close()
		return flow{}, err
	}
	return flow{ep: ep, stream: s, remote: to}, nil
}

// reach opens a flow of its own to where cfg.URI leads. Its endpoint is closed by who asked.
func (cfg *DialConfig) reach(ctx context.Context) (f flow, uri siplib.Uri, err error) {
	if err := cfg.defaults(); err != nil {
		return f, uri, err
	}
	uri, network, err := cfg.target()
	if err != nil {
		return f, uri, err
	}
	to, err := resolve(ctx, &uri)
	if err != nil {
		return f, uri, err
	}
	ep := newEndpoint(cfg.T1, newGuard(nil, nil, dialRate, dialRate), new(counters), cfg.Log)
	ep.onRequest, ep.onACK = ep.phoneRequest, ep.ack
	if f, err = cfg.open(ctx, ep, network, to); err != nil {
		ep.close()
	}
	return f, uri, err
}

// Dial sends an INVITE and returns at once; Events and Answered tell how it goes on. The call is hung up when ctx is
// done. Close must be called in the end.
func Dial(ctx context.Context, cfg DialConfig) (*OutCall, error) {
	f, uri, err := cfg.reach(ctx)
	if err != nil {
		return nil, err
	}
	c, err := cfg.place(f, uri, mediaConfig{ports: cfg.Ports, bind: f.local().Addr(), codecs: cfg.Codecs})
	if err != nil {
		f.ep.close()
		return nil, err
	}
	c.ownsEndpoint = true
	c.unwatch = context.AfterFunc(ctx, c.HangUp)
	c.running.Go(c.run)
	c.start()
	return c, nil
}

// Dial places a call from the server's own address, so that a trunk knows it by where it comes from. LocalAddr, Ports, Account,
// T1 and Log of cfg are the server's. It returns at once, as the function Dial does; the call ends with ctx, with the
// server, or by HangUp, and need not be closed. The server must be listening.
func (s *Server) Dial(ctx context.Context, cfg DialConfig) (*OutCall, error) {
	cfg.Ports, cfg.T1, cfg.Log, cfg.Account = s.cfg.Ports, s.cfg.T1, s.cfg.Log, s.cfg.Account
	if len(cfg.Codecs) == 0 {
		cfg.Codecs = s.cfg.Codecs
	}
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	uri, network, err := cfg.target()
	if err != nil {
		return nil, err
	}
	to, err := resolve(ctx, &uri)
	if err != nil {
		return nil, err
	}
	s.ep.guard.welcome(to.Addr(), false) // its answers come from there
	f, err := s.ep.flowTo(ctx, network, to)
	if err != nil {
		return nil, err
	}
	c, err := cfg.place(f, uri, mediaConfig{
		ports: s.cfg.Ports, bind: s.addr.Addr(), codecs: cfg.Codecs, timeout: s.cfg.MediaTimeout, totals: &s.media,
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.placed[c] = struct{}{}
		s.wg.Add(1) // under mu, so that Run has not begun to wait
	}
	s.mu.Unlock()
	if closed {
		return nil, errors.Join(ErrClosed, c.rtp.Close())
	}
	s.count.placed.Add(1)
	c.unwatch = context.AfterFunc(ctx, c.HangUp)
	c.running.Go(func() {
		defer s.wg.Done()
		c.run()
		c.unwatch()
		s.forgetPlaced(c)
	})
	c.start()
	return c, nil
}

// place makes a call that has its media and its INVITE, and has sent nothing yet.
func (c *DialConfig) place(f flow, uri siplib.Uri, media mediaConfig) (*OutCall, error) {
	call := &OutCall{
		session: newSession(f.ep, c.Log, media, cmp.Or(c.CallID, newTag())),
		flow:    f, answered: make(chan struct{}), forks: make(map[string]*dialog), patience: c.Timeout,
	}
	if err := call.openMedia(f.local().Addr()); err != nil {
		return nil, err
	}
	call.account, call.proves.account, call.placed = c.Account, c.Account, true
	call.offer = sdp.Offer(call.sdp)
	call.invite = c.invite(uri, f, call.id, call.offer.Said.String())
	return call, nil
}

// invite makes the INVITE (RFC 3261 §8.1.1, §13.2.1).
func (c *DialConfig) invite(uri siplib.Uri, f flow, callID, body string) *siplib.Request {
	req := siplib.NewRequest(siplib.INVITE, uri)
	from := siplib.FromHeader{
		DisplayName: c.DisplayName,
		Address:     siplib.Uri{Scheme: "sip", User: c.From, Host: hostOf(f.local().Addr())},
	}
	if c.Account.Domain != "" {
		from.Address.Host = c.Account.Domain // a trunk looks for its customer there
	}
	if c.From == "" { // RFC 3323 §4.1.1.3
		from.DisplayName = "Anonymous"
		from.Address = siplib.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	}
	from.Params.Add("tag", newTag())
	id := siplib.CallIDHeader(callID)
	req.AppendHeader(newVia(f))
	req.AppendHeader(&from)
	req.AppendHeader(&siplib.ToHeader{Address: siplib.Uri{Scheme: uri.Scheme, User: uri.User, Host: uri.Host, Port: uri.Port}})
	req.AppendHeader(&id)
	addCSeq(req, 1)
	req.AppendHeader(contactFor(f))
	req.AppendHeader(allowHeader())
	req.AppendHeader(siplib.NewHeader("User-Agent", agentName))
	askTimer(req, minSession)
	if c.From == "" && c.Account.enabled() {
		// RFC 3325 §9.3: the trunk knows who calls, and tells nobody.
		req.AppendHeader(siplib.NewHeader("Privacy", "id"))
		req.AppendHeader(siplib.NewHeader("P-Preferred-Identity", "<"+c.Account.String()+">"))
	}
	withSDP(req, body)
	return req
}

// phoneRequest takes the requests that reach a phone: it has one call and takes no other.
func (ep *endpoint) phoneRequest(tx *serverTx) {
	switch {
	case tx.inDialog:
		ep.inDialog(tx)
	case tx.req.Method == siplib.INVITE:
		tx.reply(siplib.StatusBusyHere, "Busy Here")
	case tx.req.Method == siplib.OPTIONS:
		tx.reply(siplib.StatusOK, "OK", allowHeader(), acceptHeader())
	default:
		tx.reply(siplib.StatusMethodNotAllowed, "Method Not Allowed", allowHeader())
	}
}
