package remote

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"patchbay/transcribe"
	"patchbay/transcribe/worker"
)

const (
	firstWait   = 500 * time.Millisecond
	longWait    = 15 * time.Second
	healthyLife = 30 * time.Second // a connection that lived so long was good: the next try comes at once
	dialTimeout = 15 * time.Second
	maxProblem  = 4 << 10 // bytes of a refusal
)

// Config says where a worker serves.
type Config struct {
	URL   string // of the server: https://desk.example.com, wss://…; http:// and ws:// on this machine only
	Token string
	CA    string // file of certificates (PEM) that the server's may be signed by, beside the system's; "" = the system's only
	Log   *slog.Logger
	worker.Options
}

// ErrRefused is wrapped by what Run returns where trying again changes nothing: the server, or its certificate, is not what the
// worker's settings say. The text says how to mend it.
var ErrRefused = errors.New("remote: refused")

type refusal struct{ reason string }

func (r *refusal) Error() string { return r.reason }
func (r *refusal) Unwrap() error { return ErrRefused }

func refused(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

// Run serves the server until ctx ends, which is no error, over one connection after the other. It returns what no further try would
// mend: a refusal (ErrRefused), a missing model (worker.ErrUnable), a recogniser that hangs (worker.ErrHung).
func Run(ctx context.Context, cfg Config) error {
	address, err := Address(cfg.URL)
	if err != nil {
		return err
	}
	d := &dialer{cfg: cfg, address: address}
	if d.roots, err = roots(cfg.CA); err != nil {
		return err
	}
	for tries := 0; ; {
		began := time.Now()
		err := d.once(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrRefused), errors.Is(err, worker.ErrUnable), errors.Is(err, worker.ErrHung):
			return err
		}
		if time.Since(began) > healthyLife {
			tries = 0
		}
		var busy *busyError
		wait := backoff(tries)
		if errors.As(err, &busy) {
			wait = max(wait, busy.after)
		}
		tries++
		cfg.Log.Warn("no connection to the server", "server", address, "err", err, "again_in", wait.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// backoff is the wait before try n+1: doubled each time, and by lot between half of it and all.
func backoff(n int) time.Duration {
	d := min(firstWait<<min(n, 10), longWait)
	return d/2 + rand.N(d/2+1)
}

// Address makes a server's address that of its workers, and refuses one over which a token would travel in clear.
func Address(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "", refused("%q is no address: write it as https://desk.example.com", server)
	}
	switch u.Scheme {
	case "https", "wss":
		u.Scheme = "wss"
	case "http", "ws":
		if !onThisMachine(u.Hostname()) {
			return "", refused("%s would carry the token and every word in clear: use https, with --ca FILE where the server's certificate is your own", server)
		}
		u.Scheme = "ws"
	default:
		return "", refused("%q is no address: write it as https://desk.example.com", server)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", refused("%s has more than a host and a path: the token belongs into --token-file or PATCHBAY_TRANSCRIBER_TOKEN", u.Redacted())
	}
	if !strings.HasSuffix(u.Path, Path) {
		u = u.JoinPath(Path)
	}
	return u.String(), nil
}

func onThisMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// roots are the certificates that a server's may be signed by; nil is the system's.
func roots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, refused("--ca: %v", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(b) {
		return nil, refused("--ca: %s holds no certificate (PEM)", file)
	}
	return pool, nil
}

// dialer makes one connection after the other.
type dialer struct {
	cfg     Config
	address string
	roots   *x509.CertPool
	met     bool // the server has taken us once: a certificate that fails since then may be mended while we wait
}

// busyError is a refusal that passes.
type busyError struct {
	status string
	after  time.Duration
}

func (e *busyError) Error() string { return "remote: the server answers " + e.status }

// once serves one connection to its end.
func (d *dialer) once(ctx context.Context) error {
	dialling, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dial := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialTimeout, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.roots},
		NetDialContext: (&net.Dialer{Timeout: dialTimeout, KeepAlive: silence}).DialContext,
	}
	header := http.Header{"Authorization": {"Bearer " + d.cfg.Token}, VersionHeader: {strconv.Itoa(transcribe.ProtocolVersion)},
		"User-Agent": {"patchbay-transcriber/" + cmp.Or(d.cfg.Program, "unknown")}}
	ws, res, err := dial.DialContext(dialling, d.address, header)
	if err != nil {
		return d.failed(res, err)
	}
	d.met = true
	c := newConn(ws)
	defer c.Close()
	c.expect(silence)
	d.cfg.Log.Info("connected", "server", d.address)
	err = worker.ServeHost(ctx, c, c, d.cfg.Options)
	if err == nil {
		err = errors.New("remote: the server has ended the connection")
	}
	return err
}

// failed sorts out why there is no connection.
func (d *dialer) failed(res *http.Response, err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case d.met:
	case errors.As(err, &unknown):
		return refused("the certificate of %s is signed by nobody that this machine knows: name its own with --ca FILE (%v)", d.address, err)
	case errors.As(err, &name), errors.As(err, &invalid):
		return refused("the certificate of %s does not fit: %v. Connect to a name that stands in it, or renew it", d.address, err)
	}
	if res == nil {
		return fmt.Errorf("remote: %w", err)
	}
	defer res.Body.Close()
	var problem struct{ Detail string }
	if b, err := io.ReadAll(io.LimitReader(res.Body, maxProblem)); err == nil {
		_ = json.Unmarshal(b, &problem) // what is no problem document has no detail
	}
	switch {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= 500:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return &busyError{status: res.Status + " " + problem.Detail, after: min(time.Duration(max(seconds, 0))*time.Second, time.Minute)}
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return refused("%s sends elsewhere, to %q: connect to the server itself", d.address, res.Header.Get("Location"))
	case problem.Detail == "":
		return refused("%s is no patchbay server, or an older one: it answers %s", d.address, res.Status)
	}
	return refused("the server refuses: %s", problem.Detail)
}
