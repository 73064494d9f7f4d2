package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

const (
	registerFor    = 10 * time.Minute // asked for where nothing else is said
	registerLeast  = 10 * time.Second // between two registrations, whatever a registrar says
	registerMost   = 24 * time.Hour
	registerRetry  = 30 * time.Second // after a failure that may pass; doubled with each (RFC 5626 §4.5)
	registerSlow   = 5 * time.Minute  // after one that somebody must mend first: trunks lock out who insists
	keepAliveEvery = 25 * time.Second // NATs forget UDP after 30 s (RFC 5626 §4.4.1)
	maxBriefs      = 3                // 423s in a row, and 422s of a call, that are believed
)

// RegisterConfig says where a Server tells that it takes the calls of its Account (RFC 3261 §10).
type RegisterConfig struct {
	URI      string        // sip:HOST[:PORT][;transport=tcp]; empty is not to register
	Expires  time.Duration // asked for; the default is 10 min
	OnChange func(Registration)
}

// Registration is how a Server stands with its registrar.
type Registration struct {
	Wanted bool // there is a registrar
	Held   bool // calls come to us
	Since  time.Time
	Code   int            // of the last answer, 0 for none
	Reason string         // why it is not held, in words; empty while it is
	Mend   string         // what to do about it
	Seen   netip.AddrPort // where the registrar sees us, if it says so: another address than ours means NAT
	Failed uint64         // attempts that failed, since the start
}

// registration keeps a Server registered. One goroutine, run, owns it.
type registration struct {
	s       *Server
	cfg     RegisterConfig
	log     *slog.Logger
	uri     siplib.Uri
	network string // by what uri is reached: "UDP" or "TCP"
	proves  credentials
	callID  string
	tag     string
	seq     uint32
	asks    time.Duration
	flow    flow
	state   Registration
}

// newRegistration reads the settings of one.
func newRegistration(s *Server, cfg RegisterConfig) (*registration, error) {
	r := &registration{
		s: s, cfg: cfg, log: s.cfg.Log, callID: newTag(), tag: newTag(), asks: cmp.Or(cfg.Expires, registerFor),
		state: Registration{Wanted: true, Reason: "not registered yet"},
	}
	first := r.state
	s.registered.Store(&first)
	if err := siplib.ParseUri(cfg.URI, &r.uri); err != nil || r.uri.Scheme != "sip" || r.uri.Host == "" || r.uri.User != "" || badURI(&r.uri) {
		return nil, fmt.Errorf("%w: registrar %q is not of the form sip:HOST:PORT", ErrConfig, cfg.URI)
	}
	var err error
	if r.network, err = NetworkOf(&r.uri); err != nil {
		return nil, fmt.Errorf("%w: registrar %q: %w", ErrConfig, cfg.URI, err)
	}
	if !s.cfg.Account.enabled() {
		return nil, fmt.Errorf("%w: a registrar needs an Account", ErrConfig)
	}
	return r, nil
}

// run registers again and again until ctx is done, then takes the registration back.
func (r *registration) run(ctx context.Context) {
	failures := 0
	for {
		wait, err := r.register(ctx, r.asks)
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			failures = 0
		} else if failures++; wait == 0 {
			wait = min(registerRetry<<min(failures-1, 8), registerSlow)
		}
		if !r.wait(ctx, wait) {
			break
		}
	}
	if r.state.Held {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords*r.s.cfg.T1)
		defer cancel()
		_, _ = r.register(last, 0) // RFC 3261 §10.2.2
	}
}

// wait keeps the way through a NAT open until the next registration is due, or the way is lost. It reports false at the end.
func (r *registration) wait(ctx context.Context, d time.Duration) bool {
	due := time.NewTimer(d)
	defer due.Stop()
	beat := time.NewTicker(keepAliveEvery)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-due.C:
			return true
		case <-beat.C:
			if r.state.Held && (!r.flow.alive() || r.flow.keepAlive() != nil) {
				return true // the connection that calls should come by is gone
			}
		}
	}
}

// register asks once, with as many answers to challenges as that takes. It gives the time until it is due again.
func (r *registration) register(ctx context.Context, expires time.Duration) (next time.Duration, err error) {
	r.proves = credentials{account: r.s.cfg.Account}
	f, err := r.way(ctx)
	if err != nil {
		return r.lost(ctx, err)
	}
	r.flow = f
	for briefs := 0; ; {
		req := r.request(f, expires)
		res, err := r.s.ep.roundTrip(ctx, req, f)
		switch {
		case err != nil:
			return r.lost(ctx, err)
		case res.IsSuccess():
			return r.held(res, expires), nil
		case challenged(res):
			if err := r.proves.answer(req, res); err != nil {
				return r.refused(res, err)
			}
		case res.StatusCode == siplib.StatusIntervalToBrief && briefs < maxBriefs && expires > 0:
			// RFC 3261 §10.2.8
			briefs++
			if least := seconds(res, "Min-Expires"); least > expires && least <= registerMost {
				r.asks, expires = least, least
				continue
			}
			return r.refused(res, nil)
		default:
			return r.refused(res, nil)
		}
	}
}

func (r *registration) way(ctx context.Context) (flow, error) {
	to, err := resolve(ctx, &r.uri)
	if err != nil {
		return flow{}, err
	}
	r.s.ep.guard.welcome(to.Addr(), true)
	return r.s.ep.flowTo(ctx, r.network, to)
}

// request makes the REGISTER (RFC 3261 §10.2): one Call-ID for all, a number that grows.
func (r *registration) request(f flow, expires time.Duration) *siplib.Request {
	r.seq++
	account := r.s.cfg.Account
	req := newRegister(f, r.uri, account, r.callID, r.tag, r.seq)
	contact := contactFor(f)
	contact.Address.User = account.User // by which the calls of the account are known: see Server.dialled
	req.AppendHeader(contact)
	req.AppendHeader(siplib.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))))
	r.proves.apply(req)
	return req
}

// newRegister makes a REGISTER that changes nothing yet: without a Contact it only asks (RFC 3261 §10.2.3).
func newRegister(f flow, registrar siplib.Uri, account Account, callID, tag string, seq uint32) *siplib.Request {
	uri := siplib.Uri{Scheme: "sip", Host: account.Domain}
	if account.Domain == registrar.Host {
		uri.Port = registrar.Port
	}
	req := siplib.NewRequest(siplib.REGISTER, uri)
	address := siplib.Uri{Scheme: "sip", User: account.User, Host: account.Domain}
	from := siplib.FromHeader{Address: address}
	from.Params.Add("tag", tag)
	id := siplib.CallIDHeader(callID)
	req.AppendHeader(newVia(f))
	req.AppendHeader(&from)
	req.AppendHeader(&siplib.ToHeader{Address: address})
	req.AppendHeader(&id)
	addCSeq(req, seq)
	req.AppendHeader(allowHeader())
	req.AppendHeader(siplib.NewHeader("User-Agent", agentName))
	req.SetBody(nil)
	return req
}

// held takes a 2xx. The next registration is due after three quarters of the time that was granted.
func (r *registration) held(res *siplib.Response, asked time.Duration) time.Duration {
	if asked == 0 {
		r.tell(Registration{Reason: "the server stopped"})
		return 0
	}
	granted := r.granted(res, asked)
	r.tell(Registration{Held: true, Code: res.StatusCode, Seen: seenAs(res)})
	return max(granted*3/4, registerLeast)
}

// granted is how long the registrar keeps our binding: as it says of our Contact, else in Expires, else as we asked. Other
// bindings of the account are none of ours (RFC 3261 §10.2.4); registrars that rewrite Contact are common.
func (r *registration) granted(res *siplib.Response, asked time.Duration) time.Duration {
	ours := contactFor(r.flow).Address
	for _, h := range res.GetHeaders("Contact") {
		for _, value := range splitAddresses(h.Value()) {
			var uri siplib.Uri
			var params siplib.HeaderParams
			if _, err := siplib.ParseAddressValue(value, &uri, &params); err != nil || uri.User != r.s.cfg.Account.User {
				continue
			}
			if uri.Host != ours.Host || uri.Port != ours.Port {
				continue
			}
			if text, ok := params.Get("expires"); ok {
				if n, err := strconv.ParseUint(text, 10, 31); err == nil && n > 0 {
					return min(time.Duration(n)*time.Second, registerMost)
				}
			}
		}
	}
	if d := seconds(res, "Expires"); d > 0 {
		return min(d, registerMost)
	}
	return asked
}

// refused takes a final refusal, and says what to do about it.
func (r *registration) refused(res *siplib.Response, err error) (time.Duration, error) {
	st := Registration{Code: res.StatusCode}
	wait := registerSlow
	switch code := res.StatusCode; {
	case errors.Is(err, ErrChallenge):
		st.Reason, st.Mend = "the trunk asks for a proof that we cannot give: another scheme than Digest with MD5, SHA-256 or SHA-512-256", "ask the trunk for one of these"
	case err != nil || code == 401 || code == 407 || code == 403:
		st.Reason, st.Mend = "the trunk does not take our user or password", "check --trunk-user, --trunk-auth-user and --trunk-password (or --trunk-password-file)"
	case code == 404 || code == 604:
		st.Reason, st.Mend = "the trunk does not know our user", "check --trunk-user and the host of --register"
	case code == siplib.StatusIntervalToBrief:
		st.Reason, st.Mend = "the trunk wants another time between registrations", "set --register-every to what the trunk's guide says"
	case code == 405 || code == 501:
		st.Reason, st.Mend = "that host takes no registrations", "name the trunk's registrar in --register; trunks that know you by your address need none"
	case code >= 300 && code < 400:
		st.Reason, st.Mend = "the trunk sends us to another host", "name that host in --register, as the trunk's guide has it"
	case code >= 500 && code < 600:
		st.Reason, st.Mend = "the trunk is in trouble", "wait, or ask the trunk; it is tried again"
		wait = min(max(seconds(res, "Retry-After"), registerRetry), registerSlow)
	default:
		st.Reason, st.Mend = "the trunk refuses to register us", "ask the trunk about code "+strconv.Itoa(code)
	}
	r.tell(st)
	return wait, errors.New(st.Reason)
}

// lost takes an attempt that got no answer.
func (r *registration) lost(ctx context.Context, err error) (time.Duration, error) {
	if ctx.Err() != nil {
		return 0, err
	}
	st := Registration{Reason: "the trunk does not answer", Mend: "check --register, the firewall and the connection; it is tried again"}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		st.Reason, st.Mend = "nobody listens at the trunk's address and port", "check host, port and transport of --register"
	case !errors.Is(err, errTimeout):
		st.Reason = "the trunk cannot be reached: " + err.Error()
	}
	r.tell(st)
	return 0, err
}

// tell makes a state known: in the log where it is another than before.
func (r *registration) tell(st Registration) {
	old := r.state
	st.Wanted, st.Failed, st.Since = true, old.Failed, time.Now()
	if !st.Held && r.s.ep.ctx.Err() == nil && st.Mend != "" {
		st.Failed++
	}
	if st.Held == old.Held && st.Reason == old.Reason {
		st.Since = old.Since
	}
	r.state = st
	r.s.registered.Store(&st)
	if st.Held != old.Held || st.Reason != old.Reason {
		r.report(st)
		if r.cfg.OnChange != nil {
			r.cfg.OnChange(st)
		}
	}
}

func (r *registration) report(st Registration) {
	switch {
	case st.Held:
		r.log.Info("registered at the trunk: calls of the account come here", "trunk", r.s.cfg.Account.Domain)
		if ours := r.flow.local(); st.Seen.IsValid() && st.Seen.Addr() != ours.Addr() {
			r.log.Warn("the trunk sees another address than ours: this machine is behind NAT", "seen", st.Seen.Addr().String(),
				"mend", "give --advertise "+st.Seen.Addr().String()+" if callers hear nothing")
		}
	case st.Mend != "":
		r.log.Error("not registered at the trunk, calls do not come: "+st.Reason, "trunk", r.s.cfg.Account.Domain, "code", st.Code, "mend", st.Mend)
	}
}

// seenAs is where our request came from, as the far end noted it (RFC 3581 §4).
func seenAs(res *siplib.Response) netip.AddrPort {
	via := res.Via()
	text, ok := via.Params.Get("received")
	if !ok {
		return netip.AddrPort{}
	}
	addr, _ := netip.ParseAddr(trimBrackets(text))
	port := uint64(via.Port)
	if rport, _ := via.Params.Get("rport"); rport != "" {
		port, _ = strconv.ParseUint(rport, 10, 16)
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}

// seconds reads a header that holds a time (RFC 3261 §20.20, §20.23, §20.33); 0 where it is none.
func seconds(msg siplib.Message, name string) time.Duration {
	h := msg.GetHeaders(name)
	if len(h) == 0 {
		return 0
	}
	text := h[0].Value()
	if i := strings.IndexAny(text, " ;("); i >= 0 {
		text = text[:i] // Retry-After has parameters and a comment
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// roundTrip sends a request and waits for its final response.
func (ep *endpoint) roundTrip(ctx context.Context, req *siplib.Request, f flow) (*siplib.Response, error) {
	type outcome struct {
		res *siplib.Response
		err error
	}
	out := make(chan outcome, 1)
	ep.request(req, f, func(res *siplib.Response) {
		if !res.IsProvisional() {
			out <- outcome{res: res} // the only one: a transaction that is no INVITE has one final response
		}
	}, func(err error) { out <- outcome{err: err} })
	select {
	case o := <-out:
		return o.res, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// keepAlive sends what a NAT takes for traffic and SIP for nothing (RFC 5626 §3.5.1).
func (f flow) keepAlive() error {
	if f.stream != nil {
		return f.stream.write([]byte("\r\n\r\n"))
	}
	_, err := f.ep.udp.WriteToUDPAddrPort([]byte("\r\n\r\n"), f.remote)
	if isReported(err) {
		return nil // perhaps of another datagram; the next registration finds out
	}
	return err
}

// Registration tells how the server stands with its registrar.
func (s *Server) Registration() Registration {
	if st := s.registered.Load(); st != nil {
		return *st
	}
	return Registration{}
}

// dialled is the number that was called. A registrar sends calls of the account to our Contact, so the number is elsewhere:
// where a trunk names it (RFC 3455 §4.2), else in To.
func (s *Server) dialled(req *siplib.Request, trusted bool) string {
	number := userOf(&req.Recipient)
	if !s.cfg.Account.enabled() || number != s.cfg.Account.User {
		return number
	}
	if h := req.GetHeaders("P-Called-Party-ID"); trusted && len(h) == 1 {
		var uri siplib.Uri
		var params siplib.HeaderParams
		if _, err := siplib.ParseAddressValue(h[0].Value(), &uri, &params); err == nil && userOf(&uri) != "" {
			return userOf(&uri)
		}
	}
	if to := userOf(&req.To().Address); to != "" {
		return to
	}
	return number
}

// CheckAccount asks a registrar who has the account's calls, which proves user and password and changes nothing (RFC 3261
// §10.2.3). It gives the addresses that are registered. ErrCredentials and ErrChallenge are in the error where the trunk
// refuses us.
func CheckAccount(ctx context.Context, registrar string, account Account) (bindings []string, err error) {
	cfg := DialConfig{URI: registrar, Account: account}
	f, uri, err := cfg.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer f.ep.close()
	proves, callID, tag := credentials{account: account}, newTag(), newTag()
	for seq := uint32(1); ; seq++ {
		req := newRegister(f, uri, account, callID, tag, seq)
		proves.apply(req)
		res, err := f.ep.roundTrip(ctx, req, f)
		switch {
		case err != nil:
			return nil, fmt.Errorf("sip: the registrar does not answer: %w", err)
		case challenged(res):
			if err := proves.answer(req, res); err != nil {
				return nil, err
			}
		case res.StatusCode == siplib.StatusForbidden:
			return nil, ErrCredentials
		case !res.IsSuccess():
			return nil, fmt.Errorf("sip: the registrar refuses with code %d", res.StatusCode)
		default:
			for _, h := range res.GetHeaders("Contact") {
				bindings = append(bindings, splitAddresses(h.Value())...)
			}
			return bindings, nil
		}
	}
}
