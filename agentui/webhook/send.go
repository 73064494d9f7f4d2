package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"patchbay/store"
)

const (
	dialTimeout = 5 * time.Second
	sendTimeout = 10 * time.Second // of the whole attempt; below store.DeliveryTimeout
	maxAnswer   = 4 << 10          // bytes that are read of an answer, and thrown away
	maxHeader   = 16 << 10
)

// errAddress: the receiver's name leads to an address that is never one.
var errAddress = errors.New("the address is not one that webhooks go to")

// Sender posts deliveries to hooks.
type Sender struct {
	hooks  atomic.Pointer[map[string]target] // never changed in place
	client *http.Client
	now    func() time.Time
}

type target struct {
	url    string
	signer *standardwebhooks.Webhook
}

// NewSender makes a Sender for hooks that Parse gave.
func NewSender(hooks []Hook) (*Sender, error) {
	s := &Sender{now: time.Now}
	if err := s.Set(hooks); err != nil {
		return nil, err
	}
	s.client = &http.Client{
		Timeout: sendTimeout,
		// An answer that sends us elsewhere is a failure: who can answer for the receiver must not choose where we go.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would choose the address behind our back
			DialContext:            dial,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    dialTimeout,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        time.Minute,
			ForceAttemptHTTP2:      true,
		},
	}
	return s, nil
}

// Set changes whom there is to send to.
func (s *Sender) Set(hooks []Hook) error {
	all := map[string]target{}
	for i := range hooks {
		h := &hooks[i]
		if !h.Active() {
			continue
		}
		w, err := standardwebhooks.NewWebhookRaw(h.key)
		if err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
		all[h.Receiver()] = target{h.URL, w}
	}
	s.hooks.Store(&all)
	return nil
}

// Close lets go of connections that wait for more.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Send makes one attempt; it is store.OutboxConfig.Deliver. Its errors name no address and nothing that was answered: they are
// shown to administrators and logged.
func (s *Sender) Send(ctx context.Context, d store.Delivery) error {
	t, ok := (*s.hooks.Load())[d.Receiver]
	if !ok {
		return fmt.Errorf("%w: "+saysRemoved, store.ErrGone)
	}
	at := s.now()
	signature, err := t.signer.Sign(d.ID, at, []byte(d.Body))
	if err != nil {
		return fmt.Errorf("cannot be signed: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, strings.NewReader(d.Body))
	if err != nil {
		return errors.New("the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Patchbay")
	req.Header.Set(standardwebhooks.HeaderWebhookID, d.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := s.client.Do(req)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err // without the address
		}
		return fmt.Errorf("%s: %w", unanswered(err), err)
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // so that the connection can be used again
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusGone:
		return fmt.Errorf("%w: "+saysAnswered+"%d", store.ErrGone, res.StatusCode)
	case res.StatusCode/100 == 3:
		return fmt.Errorf(saysAnswered+"%d: redirects are not followed, name the last address", res.StatusCode)
	}
	return fmt.Errorf(saysAnswered+"%d", res.StatusCode)
}

type wantsLoopback struct{}

// dial connects to what a name leads to now. A name of another machine that leads to this one, or to where clouds give
// out credentials (link-local), is refused: whoever answers for a receiver's name could else reach what only we can.
// Private networks stay allowed: that is where receivers stand.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout, ControlContext: allowed}
	return d.DialContext(context.WithValue(ctx, wantsLoopback{}, loopback(host)), network, addr)
}

// allowed looks at the address itself, after names were looked up.
func allowed(ctx context.Context, _, addr string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return errAddress
	}
	a := ap.Addr().Unmap()
	local, _ := ctx.Value(wantsLoopback{}).(bool)
	if a.IsLoopback() != local || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return errAddress
	}
	return nil
}
