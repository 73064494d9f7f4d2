package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/acd"
	"patchbay/sip"
	"patchbay/store"
)

const (
	outboundPatience = time.Minute // for an answer to a call that we place
	progressQueue    = 8           // steps of a call that may wait for its owner
)

// dialable is a number as it may stand in a Request-URI. Anything else could become another address.
var dialable = regexp.MustCompile(`^\+?[0-9]{2,15}$`)

// outboundURI is the proxy that calls to numbers go to; the zero value without one.
func (s *settings) outboundURI() (uri siplib.Uri, err error) {
	target := s.Outbound
	if target == "" && s.Demo {
		target = demoOutbound
	}
	if target == "" {
		return uri, nil
	}
	if err := siplib.ParseUri(target, &uri); err != nil || uri.Scheme != "sip" || uri.Host == "" || uri.User != "" {
		return uri, usageError{fmt.Sprintf("--outbound is of the form sip:HOST:PORT or sip:HOST:PORT;transport=tcp, not %q", target)}
	}
	if _, err := sip.NetworkOf(&uri); err != nil {
		return uri, usageError{fmt.Sprintf("--outbound: %v", err)}
	}
	return uri, nil
}

// outboundHost is the address of the route as `patchbay answer` wants it.
func (s *settings) outboundHost() string {
	uri, err := s.outboundURI()
	if err != nil {
		return ""
	}
	return net.JoinHostPort(strings.Trim(uri.Host, "[]"), fmt.Sprint(sipPort(&uri)))
}

func sipPort(uri *siplib.Uri) int {
	if uri.Port == 0 {
		return siplib.DefaultUdpPort // the same for TCP
	}
	return uri.Port
}

func (s *settings) outboundPrefixes() []string {
	list := s.OutPrefixes
	if list == "" && s.Demo {
		list = demoPrefixes
	}
	var out []string
	for p := range strings.SplitSeq(list, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

var prefixForm = regexp.MustCompile(`^\+?[0-9]{1,15}$`)

func (s *settings) validateOutbound() error {
	uri, err := s.outboundURI()
	if err != nil {
		return err
	}
	for _, p := range s.outboundPrefixes() {
		if !prefixForm.MatchString(p) {
			return usageError{fmt.Sprintf("--outbound-prefixes lists beginnings of numbers such as +1,+8131, not %q", p)}
		}
	}
	if s.OutCaller != "" && !dialable.MatchString(s.OutCaller) {
		return usageError{fmt.Sprintf("--outbound-caller-id is a number such as +12025550100, not %q", s.OutCaller)}
	}
	if s.OutMax < 0 {
		return usageError{"--outbound-max is 0 or more"}
	}
	addr, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	if s.Demo && (err != nil || !addr.IsLoopback()) {
		return usageError{fmt.Sprintf("--demo calls nobody outside of this machine: --outbound is a loopback address such as %s", demoOutbound)}
	}
	return nil
}

// outboundRoute places calls to numbers: one proxy, some beginnings of numbers, so many at a time.
type outboundRoute struct {
	proxy    siplib.Uri // without a host: nowhere
	prefixes []string
	callerID string
	most     int64
	home     string // country of numbers written without one
	server   func() *sip.Server
	busy     atomic.Int64
}

var _ acd.Dialer = (*outboundRoute)(nil)

// dialer is the route to numbers; nil where there is none: desks do not offer numbers then.
func (c *centre) dialer() acd.Dialer {
	if uri, err := c.s.outboundURI(); err != nil || uri.Host == "" {
		return nil
	}
	return newOutboundRoute(c.s, func() *sip.Server { return c.sip })
}

// newOutboundRoute reads the settings, which validate has checked. server is asked when a call is placed.
func newOutboundRoute(s *settings, server func() *sip.Server) *outboundRoute {
	uri, _ := s.outboundURI()
	return &outboundRoute{proxy: uri, prefixes: s.outboundPrefixes(), callerID: s.OutCaller, most: int64(s.OutMax), home: s.HomeCountry, server: server}
}

// number gives a typed number as it is called, or why it is not.
func (r *outboundRoute) number(typed string) (string, error) {
	if r.proxy.Host == "" {
		return "", &acd.Error{Code: "no_route", Message: "Numbers cannot be called: the administrator names a route with --outbound."}
	}
	number := store.PhoneKey(typed, r.home)
	if !dialable.MatchString(number) {
		return "", &acd.Error{Code: "bad_number", Message: "That is not a telephone number. Write it as +12025550100 or as you would dial it."}
	}
	if !slices.ContainsFunc(r.prefixes, func(p string) bool { return strings.HasPrefix(number, p) }) {
		return "", &acd.Error{Code: "not_allowed", Message: "This number may not be called from here. The administrator allows beginnings of numbers with --outbound-prefixes."}
	}
	return number, nil
}

// Dial implements acd.Dialer.
func (r *outboundRoute) Dial(ctx context.Context, to, from string) (acd.Outgoing, error) {
	number, err := r.number(to)
	if err != nil {
		return nil, err
	}
	if r.busy.Add(1) > r.most {
		r.busy.Add(-1)
		return nil, &acd.Error{Code: "too_many", Message: "All lines out are taken. Try again when a call has ended."}
	}
	if from == "" {
		from = r.callerID
	}
	uri := r.proxy
	uri.User = number
	ctx, cancel := context.WithCancel(ctx)
	o := &outgoing{id: strings.ToLower(rand.Text()), cancel: cancel, progress: make(chan acd.DialProgress, progressQueue), done: make(chan struct{}), keys: make(chan rune, progressQueue)}
	go func() { // ends with the call, which ends with ctx
		defer r.busy.Add(-1)
		defer close(o.done)
		defer cancel()
		o.run(ctx, r.server(), sip.DialConfig{URI: uri.String(), CallID: o.id, From: from, Timeout: outboundPatience})
	}()
	return o, nil
}

// outgoing is a SIP call as the contact centre sees it.
type outgoing struct {
	id       string
	cancel   context.CancelFunc
	progress chan acd.DialProgress
	done     chan struct{}
	keys     chan rune
	cause    sip.Cause // before done is closed, of run
}

var (
	_ acd.Ender  = (*outgoing)(nil)
	_ acd.Digits = (*outgoing)(nil)
)

// Digits implements acd.Digits.
func (o *outgoing) Digits() <-chan rune { return o.keys }

// Vanished implements acd.Ender.
func (o *outgoing) Vanished() bool { return vanished(o.cause) }

func (o *outgoing) ID() string                        { return o.id }
func (o *outgoing) HangUp()                           { o.cancel() }
func (o *outgoing) Done() <-chan struct{}             { return o.done }
func (o *outgoing) Progress() <-chan acd.DialProgress { return o.progress }

// run places the call and follows it to its end.
func (o *outgoing) run(ctx context.Context, server *sip.Server, cfg sip.DialConfig) {
	call, err := server.Dial(ctx, cfg)
	if err != nil {
		cause := sip.FailureUnreachable
		if ctx.Err() != nil {
			cause = sip.FailureCancelled
		}
		o.settle(acd.DialProgress{State: "failed", Cause: string(cause)})
		return
	}
	open := true
	for e := range call.Events() {
		switch {
		case e.Kind == sip.EventDigit:
			select {
			case o.keys <- e.Digit:
			default: // nobody waits for so many
			}
		case !open: // what else happens in an answered call is nobody's business but its far end's
		case e.Kind == sip.EventTrying:
			o.tell(acd.DialProgress{State: "trying"})
		case e.Kind == sip.EventRinging:
			o.tell(acd.DialProgress{State: "ringing"})
		case e.Kind == sip.EventEarlyMedia:
			o.tell(acd.DialProgress{State: "early", Leg: call.Leg()})
		case e.Kind == sip.EventAnswered:
			open = false
			o.settle(acd.DialProgress{State: "answered", Leg: call.Leg()})
		}
	}
	<-call.Done()
	o.cause = call.Cause()
	if open {
		cause := o.cause.Failure()
		if cause == sip.FailureNone { // answered and hung up before anybody could look, or answered by what we can't hear
			cause = sip.FailureUnreachable
		}
		o.settle(acd.DialProgress{State: "failed", Cause: string(cause)})
	}
}

// tell drops a step that nobody takes, so that the last one always has room.
func (o *outgoing) tell(p acd.DialProgress) {
	if len(o.progress) < progressQueue-1 {
		o.progress <- p
	}
}

// settle tells the last step.
func (o *outgoing) settle(p acd.DialProgress) {
	o.progress <- p
	close(o.progress)
}
