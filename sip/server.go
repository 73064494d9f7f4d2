package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/media/codec"
	"patchbay/media/rtp"
	"patchbay/sip/sdp"
)

const lastWords = 4 // in T1: how long Run waits for the answers to its last BYEs

// Server takes calls.
type Server struct {
	cfg   Config
	addr  netip.AddrPort
	ep    *endpoint
	count counters
	media rtp.Totals

	draining   atomic.Bool
	wg         sync.WaitGroup // calls and their handlers
	register   *registration  // nil without a registrar
	registered atomic.Pointer[Registration]

	mu     sync.Mutex
	calls  map[*Call]struct{}
	placed map[*OutCall]struct{} // by Dial
	merged map[mergeKey]*Call
	closed bool
	idle   chan struct{} // closed when the last call goes, nil while nobody waits
}

// mergeKey tells the same request over two paths (RFC 3261 §8.2.2.2).
type mergeKey struct {
	callID, fromTag string
	seq             uint32
}

// NewServer makes a Server.
func NewServer(cfg Config) (*Server, error) {
	addr, err := netip.ParseAddrPort(cfg.Addr)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: sip address %q is not IP:PORT, such as 127.0.0.1:5060 or [::1]:5060", ErrConfig, cfg.Addr)
	case cfg.Ports == nil || cfg.Handler == nil:
		return nil, fmt.Errorf("%w: Ports and Handler must be set", ErrConfig)
	case cfg.AdvertiseIP.IsValid() && cfg.AdvertiseIP.IsUnspecified():
		return nil, fmt.Errorf("%w: %s can't be advertised; name the address that callers reach", ErrConfig, cfg.AdvertiseIP)
	}
	cfg.defaults()
	s := &Server{cfg: cfg, addr: addr, calls: make(map[*Call]struct{}), placed: make(map[*OutCall]struct{}), merged: make(map[mergeKey]*Call)}
	s.ep = newEndpoint(cfg.T1, newGuard(cfg.Allowed, cfg.Trusted, cfg.PerSource, cfg.Burst), &s.count, cfg.Log)
	s.ep.advertise = cfg.AdvertiseIP.Unmap()
	if cfg.second > 0 {
		s.ep.second = cfg.second
	}
	s.ep.onRequest, s.ep.onACK = s.request, s.ep.ack
	if cfg.Register.URI != "" {
		if s.register, err = newRegistration(s, cfg.Register); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (c *Config) defaults() {
	if len(c.Codecs) == 0 {
		c.Codecs = []codec.Codec{codec.Opus, codec.G722, codec.PCMU, codec.PCMA}
	}
	if c.MaxCalls == 0 {
		c.MaxCalls = 200
	}
	if c.RingTimeout == 0 {
		c.RingTimeout = 3 * time.Minute
	}
	if c.PerSource == 0 {
		c.PerSource = 500
	}
	if c.Burst == 0 {
		c.Burst = max(int(4*c.PerSource), 1)
	}
	if c.T1 == 0 {
		c.T1 = 500 * time.Millisecond
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Listen opens the sockets, so that a taken port is known before anything else starts.
func (s *Server) Listen() error {
	// Port 0 is one that is free for both: UDP picks, TCP may find it taken.
	for attempt := 0; ; attempt++ {
		err := s.listen()
		if err == nil {
			s.cfg.Log.Info("sip listens", "addr", s.Addr().String())
			return nil
		}
		if s.addr.Port() != 0 || attempt == 20 || !errors.Is(err, syscall.EADDRINUSE) {
			return explain(s.addr, err)
		}
	}
}

func (s *Server) listen() error {
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.addr))
	if err != nil {
		return err
	}
	tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.addr.Addr(), addrPort(udp.LocalAddr()).Port())))
	if err != nil {
		udp.Close()
		return err
	}
	if err := reportUnreachable(udp); err != nil {
		return errors.Join(err, udp.Close(), tcp.Close())
	}
	s.ep.udp, s.ep.tcp = udp, tcp
	return nil
}

// explain says in one line what is wrong with an address, and how to mend it.
func explain(addr netip.AddrPort, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("sip: %s is taken by another program (see `ss -lpn sport = :%d`); stop it, or choose another port with --sip: %w", addr, addr.Port(), err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("sip: this machine has no address %s; choose one of its own (see `ip addr`) with --sip: %w", addr.Addr(), err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("sip: port %d needs privileges; choose one above 1023 with --sip: %w", addr.Port(), err)
	}
	return fmt.Errorf("sip: listen on %s: %w", addr, err)
}

// Addr is what Listen bound.
func (s *Server) Addr() netip.AddrPort {
	if s.ep.udp == nil {
		return s.addr
	}
	return addrPort(s.ep.udp.LocalAddr())
}

// Run serves until ctx is done; then it ends the calls that are left (BYE, or 503 where unanswered) and waits for them
// and their handlers. It calls Listen where that was not done.
func (s *Server) Run(ctx context.Context) error {
	if s.ep.udp == nil {
		if err := s.Listen(); err != nil {
			return err
		}
	}
	s.ep.start()
	var registering sync.WaitGroup
	if s.register != nil {
		registering.Go(func() { s.register.run(ctx) })
	}
	<-ctx.Done()
	s.Drain()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.hangUpAll()
	wait, cancel := context.WithTimeout(context.Background(), lastWords*s.cfg.T1)
	defer cancel()
	s.await(wait)
	registering.Wait()
	s.ep.close() // fails what still waits for an answer
	s.hangUpAll()
	s.wg.Wait()
	return nil
}

func (s *Server) hangUpAll() {
	s.mu.Lock()
	calls := make([]*Call, 0, len(s.calls))
	for c := range s.calls {
		calls = append(calls, c)
	}
	placed := slices.Collect(maps.Keys(s.placed))
	s.mu.Unlock()
	for _, c := range calls {
		c.stop()
	}
	for _, c := range placed {
		c.HangUp()
		if s.ep.ctx.Err() != nil {
			c.stop() // the sockets are closed: no answer will come
		}
	}
}

// stop ends the call because the server does.
func (c *Call) stop() {
	c.post(func() {
		if c.early {
			c.refuse(siplib.StatusServiceUnavailable, "Shutting Down", Cause{By: Local, Outcome: OutcomeRefused, Reason: "the server stops"})
		} else if !c.over {
			c.hangUp(Cause{By: Local, Outcome: OutcomeCompleted, Reason: "the server stops"})
		}
		if c.ep.ctx.Err() != nil {
			c.finished = true // the sockets are closed: no answer will come
		}
	})
}

// Drain refuses new calls from now on, with 503 and Retry-After; calls in progress go on.
func (s *Server) Drain() { s.draining.Store(true) }

// Shutdown drains and waits until the calls in progress are over; those left when ctx is done are hung up.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	if s.await(ctx) {
		return nil
	}
	s.hangUpAll()
	return ctx.Err()
}

// await waits until there is no call. It reports false where ctx was done first.
func (s *Server) await(ctx context.Context) bool {
	for {
		s.mu.Lock()
		if len(s.calls)+len(s.placed) == 0 {
			s.mu.Unlock()
			return true
		}
		if s.idle == nil {
			s.idle = make(chan struct{})
		}
		idle := s.idle
		s.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
			return false
		}
	}
}

// request takes a request with a new transaction. It runs on the reader of the socket.
func (s *Server) request(tx *serverTx) {
	if tx.inDialog {
		s.ep.inDialog(tx)
		return
	}
	req := tx.req
	switch req.Method {
	case siplib.INVITE, siplib.OPTIONS:
	case siplib.BYE, siplib.INFO, siplib.UPDATE, siplib.PRACK:
		tx.reply(siplib.StatusCallTransactionDoesNotExists, "Call Does Not Exist")
		return
	case siplib.REGISTER, siplib.SUBSCRIBE, siplib.NOTIFY, siplib.MESSAGE, siplib.PUBLISH, siplib.REFER:
		tx.reply(siplib.StatusMethodNotAllowed, "Method Not Allowed", allowHeader()) // RFC 3261 §8.2.1
		return
	default:
		tx.reply(siplib.StatusNotImplemented, "Not Implemented", allowHeader()) // RFC 3261 §21.5.2
		return
	}
	if scheme := req.Recipient.Scheme; scheme != "sip" && scheme != "tel" {
		tx.reply(416, "Unsupported URI Scheme") // RFC 3261 §8.2.2.1; sips would promise TLS
		return
	}
	if missing := unsupported(req); missing != nil {
		tx.reply(siplib.StatusBadExtension, "Bad Extension", missing...)
		return
	}
	if refusesSDP(req) {
		tx.reply(siplib.StatusNotAcceptable, "Not Acceptable") // RFC 3261 §8.2.3
		return
	}
	if req.Method == siplib.OPTIONS {
		s.options(tx)
		return
	}
	s.invite(tx)
}

// inDialog hands a request to its call.
func (ep *endpoint) inDialog(tx *serverTx) {
	session := ep.dialog(tx.req)
	switch {
	case session == nil:
		tx.reply(siplib.StatusCallTransactionDoesNotExists, "Call Does Not Exist") // RFC 3261 §12.2.2
	case !session.tryPost(func() { session.inDialog(tx) }):
		tx.reply(siplib.StatusInternalServerError, "Busy", retryAfter())
	}
}

// ack hands the ACK to a 2xx to its call. One that belongs to none is dropped (RFC 3261 §17.1.1.3).
func (ep *endpoint) ack(req *siplib.Request) {
	if session := ep.dialog(req); session != nil {
		session.tryPost(func() { session.ack(req) })
	}
}

// options answers as an INVITE would be (RFC 3261 §11.2).
func (s *Server) options(tx *serverTx) {
	if s.draining.Load() {
		tx.reply(siplib.StatusServiceUnavailable, "Shutting Down", retryAfter())
		return
	}
	tx.reply(siplib.StatusOK, "OK", allowHeader(), acceptHeader(), supportedHeader())
}

// invite begins a call, or says at once why not.
func (s *Server) invite(tx *serverTx) {
	req := tx.req
	if bad := shortSession(req); bad != nil {
		tx.reply(bad.code, bad.reason, bad.headers...)
		return
	}
	offer, bad := readSDP(req)
	if bad == nil && offer != nil {
		// The codecs and addresses are what matters here; the port is taken when the call is answered.
		trial := sdp.State{Local: sdp.Local{Addr: tx.source.local().Addr(), Codecs: s.cfg.Codecs}}
		if _, err := sdp.Answer(trial, offer); err != nil {
			bad = refuseOffer(err)
		}
	}
	if bad != nil {
		s.ep.refuse(tx, bad)
		return
	}
	trusted := s.ep.guard.trusts(tx.source.remote.Addr())
	call := &Call{
		session: newSession(s.ep, s.cfg.Log, mediaConfig{
			ports: s.cfg.Ports, bind: s.addr.Addr(), codecs: s.cfg.Codecs, timeout: s.cfg.MediaTimeout, totals: &s.media,
		}, req.CallID().Value()),
		from: callerOf(req, trusted), to: s.dialled(req, trusted),
		asked: time.Now(), invite: tx, offer: offer,
	}
	key := mergeKey{callID: call.id, fromTag: tagOf(req.From().Params), seq: req.CSeq().SeqNo}
	if !s.admit(tx, key, call) {
		return
	}
	s.count.calls.Add(1)
	call.begin(ringTime(req, s.cfg.RingTimeout))
	s.wg.Go(func() {
		call.run()
		s.forget(key, call)
	})
	s.wg.Go(func() {
		s.cfg.Handler(call)
		call.post(func() {
			call.refuse(siplib.StatusTemporarilyUnavailable, "Temporarily Unavailable",
				Cause{By: Local, Outcome: OutcomeUnanswered, Reason: "nobody took the call"})
		})
	})
}

// admit lists the call, or refuses it for reasons that lie in the server.
func (s *Server) admit(tx *serverTx, key mergeKey, call *Call) bool {
	s.mu.Lock()
	_, twice := s.merged[key]
	full, draining := len(s.calls) >= s.cfg.MaxCalls, s.draining.Load() || s.closed
	ok := !twice && !full && !draining
	if ok {
		s.calls[call], s.merged[key] = struct{}{}, call
	}
	s.mu.Unlock()
	switch {
	case ok:
	case twice:
		tx.reply(siplib.StatusLoopDetected, "Loop Detected") // RFC 3261 §8.2.2.2
	case draining:
		s.count.draining.Add(1)
		tx.reply(siplib.StatusServiceUnavailable, "Shutting Down", retryAfter())
	default:
		s.count.callsFull.Add(1)
		tx.reply(siplib.StatusServiceUnavailable, "Too Many Calls", retryAfter())
	}
	return ok
}

func (s *Server) forget(key mergeKey, call *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, call)
	delete(s.merged, key)
	s.wakeIdle()
}

func (s *Server) forgetPlaced(call *OutCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.placed, call)
	s.wakeIdle()
}

// wakeIdle tells await that no call is left. s.mu is held.
func (s *Server) wakeIdle() {
	if len(s.calls)+len(s.placed) == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}

// ringTime is how long a call may ring: as long as the caller asks (RFC 3261 §13.3.1), at most ours.
func ringTime(req *siplib.Request, most time.Duration) time.Duration {
	if h := req.GetHeaders("Expires"); len(h) == 1 {
		if seconds, err := strconv.ParseUint(h[0].Value(), 10, 32); err == nil && seconds > 0 {
			return min(most, time.Duration(seconds)*time.Second)
		}
	}
	return most
}

// Stats returns the counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	active, placed := len(s.calls), len(s.placed)
	s.mu.Unlock()
	c := &s.count
	return Stats{
		ActiveCalls: active, ActivePlaced: placed,
		Calls: c.calls.Load(), Placed: c.placed.Load(), Answered: c.answered.Load(), CallsFull: c.callsFull.Load(), Draining: c.draining.Load(),
		NoACK: c.noACK.Load(), Expired: c.expired.Load(), EventsLost: c.eventsLost.Load(), Received: c.received.Load(), Filtered: c.filtered.Load(),
		RateLimited: c.rateLimited.Load(), Malformed: c.malformed.Load(), Invalid: c.invalid.Load(), BadSDP: c.badSDP.Load(),
		NoMatch: c.noMatch.Load(), Unsent: c.unsent.Load(), Refused: c.refused.Load(),
		Media: s.media.Stats(),
	}
}
