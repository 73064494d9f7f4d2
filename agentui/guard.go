package agentui

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// ErrExposed: the demo would be open to the network.
var ErrExposed = errors.New("agentui: the demo would be open to the network")

// CheckExposure refuses to serve the demo to other machines: its passwords are printed in the README, and without TLS
// they could be read on the way. addr is what Config.Addr will be.
func CheckExposure(addr string, tls, demoPasswords bool) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("agentui: address %q: want HOST:PORT, such as 127.0.0.1:8080", addr)
	}
	if isLoopback(host) || tls && !demoPasswords {
		return nil
	}
	switch {
	case demoPasswords && !tls:
		return fmt.Errorf("%w at %s: give --tls-cert and --tls-key and change the demo's passwords, or use 127.0.0.1", ErrExposed, addr)
	case demoPasswords:
		return fmt.Errorf("%w at %s: change the demo's passwords first, or use 127.0.0.1", ErrExposed, addr)
	default:
		return fmt.Errorf("%w at %s: give --tls-cert and --tls-key, or use 127.0.0.1", ErrExposed, addr)
	}
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 §6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// guard wraps everything: the names that we answer to, requests that other sites make browsers send, and what
// browsers shall and shall not do with our pages.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.setHeaders(w.Header(), r)
		if !s.ourHost(r.Host) {
			writeProblem(w, problem{
				Status: http.StatusMisdirectedRequest, Code: "unknown_host",
				Detail: "This server does not go by that name. Start it with --public-url to give it one.",
			})
			return
		}
		if !safe(r) && !s.sameOrigin(r) {
			s.metrics.crossOrigin.Inc()
			writeProblem(w, problem{Status: http.StatusForbidden, Code: "cross_origin", Detail: "Another site sent this request."})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// safe says whether a request can change nothing and opens no conversation (RFC 9110 §9.2.1).
func safe(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return r.Header.Get("Upgrade") == ""
	default:
		return false
	}
}

// sameOrigin says that our own page sent an unsafe request, or no browser did: a browser names the origin with every POST and
// WebSocket, and other programs hold no cookie that they did not ask for.
func (s *Server) sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	header := r.Header.Get("Origin")
	if header == "" {
		return true
	}
	origin, err := url.Parse(header)
	if err != nil || origin.Host == "" { // "null" too
		return false
	}
	if public := s.cfg.PublicURL; public != nil && origin.Scheme == public.Scheme && strings.EqualFold(origin.Host, public.Host) {
		return true
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return origin.Scheme == scheme && strings.EqualFold(origin.Host, r.Host)
}

// ourHost refuses foreign names while we listen on loopback: else any site could have its own name resolve to 127.0.0.1 and
// talk to us as the same origin (DNS rebinding).
func (s *Server) ourHost(hostport string) bool {
	if public := s.cfg.PublicURL; public != nil && strings.EqualFold(public.Host, hostport) {
		return true
	}
	if !s.loopbackOnly() {
		return true
	}
	return isLoopback(hostOf(hostport))
}

// hostOf is a Host header without its port and brackets.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return strings.Trim(host, "[]")
}

func (s *Server) setHeaders(h http.Header, r *http.Request) {
	// 'self' covers WebSockets in CSP level 3 only, so they are named too.
	sockets := ""
	if host := r.Host; plainHost(host) {
		scheme := "ws://"
		if s.secure(r) {
			scheme = "wss://"
		}
		sockets = " " + scheme + host
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "+
		"img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; manifest-src 'self'; connect-src 'self'"+sockets+
		"; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("Permissions-Policy", "microphone=(self), camera=(self), speaker-selection=(self), geolocation=(), payment=(), usb=()")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.TLS != nil && !isLoopback(hostOf(r.Host)) { // localhost has other servers, on other ports
		h.Set("Strict-Transport-Security", "max-age=31536000") // RFC 6797
	}
}

// plainHost says that a Host header can stand in a policy: nothing in it ends a directive.
func plainHost(host string) bool {
	for _, c := range host {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(".-:[]", c)) {
			return false
		}
	}
	return host != ""
}

// remoteAddr is the address that the request came from.
func remoteAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return ap.Addr().Unmap()
}
