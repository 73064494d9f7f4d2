package agentui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestCrossSiteRequestsAreRefused(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("akiko")
	tests := []struct {
		name    string
		headers []string
		allowed bool
	}{
		{"no browser", nil, true},
		{"our page", []string{"Origin", r.url, "Sec-Fetch-Site", "same-origin"}, true},
		{"our page, old browser", []string{"Origin", r.url}, true},
		{"another site", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, false},
		{"another site, old browser", []string{"Origin", "https://evil.example"}, false},
		{"another port", []string{"Origin", "http://127.0.0.1:1", "Sec-Fetch-Site", "same-site"}, false},
		{"another scheme", []string{"Origin", "https" + strings.TrimPrefix(r.url, "http")}, false},
		{"a sandboxed frame", []string{"Origin", "null"}, false},
		{"same origin says another site", []string{"Origin", r.url, "Sec-Fetch-Site", "cross-site"}, false},
	}
	for _, tt := range tests {
		for _, method := range []string{"POST", "PATCH", "DELETE"} {
			path := map[string]string{"POST": "/api/v1/customers", "PATCH": "/api/v1/me", "DELETE": "/api/v1/tokens/x"}[method]
			status, body := c.do(method, path, map[string]any{}, tt.headers...)
			if allowed := !strings.Contains(body, "cross_origin"); allowed != tt.allowed {
				t.Errorf("%s, %s: %d %s", tt.name, method, status, body)
			}
		}
		conn, resp, err := c.dial(tt.headers...)
		if (err == nil) != tt.allowed {
			t.Errorf("%s, WebSocket: %v", tt.name, err)
		}
		if err == nil {
			conn.Close()
		} else if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s, WebSocket: %d", tt.name, resp.StatusCode)
		}
	}
	if status, _ := c.do("GET", "/api/v1/me", nil, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); status != 200 {
		t.Error("reading is not our check's matter, the browser keeps the answer from the other site:", status)
	}
}

func TestHostIsChecked(t *testing.T) {
	public, err := url.Parse("https://desk.example.com")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.PublicURL = public })
	for host, want := range map[string]int{
		"localhost:1": 200, "127.0.0.1": 200, "[::1]:8080": 200, "desk.example.com": 200, "a.localhost": 200,
		"evil.example:8080": 421, "127.0.0.1.evil.example": 421, "": 200,
	} {
		headers := []string{"Host", host}
		if host == "" {
			headers = nil
		}
		if status, _ := r.client().do("GET", "/healthz", nil, headers...); status != want {
			t.Errorf("Host %q: %d, want %d", host, status, want)
		}
	}
	_, _, header := r.client().full("POST", "/api/v1/login", login{"akiko", testPassword}, "Host", "desk.example.com", "Origin", "https://desk.example.com")
	if cookie := header.Get("Set-Cookie"); !strings.Contains(cookie, "Secure") || !strings.HasPrefix(cookie, "__Host-") {
		t.Errorf("behind TLS the cookie is %q", cookie)
	}
}

func TestHeaders(t *testing.T) {
	r := newRig(t)
	_, _, header := r.client().full("GET", "/", nil)
	csp := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "connect-src 'self' ws://" + strings.TrimPrefix(r.url, "http://") + ";"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %q", csp, want)
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	_, _, header = r.client().full("GET", "/healthz", nil, "Host", "localhost;script-src *")
	if strings.Contains(header.Get("Content-Security-Policy"), "*") {
		t.Error("a Host header reached the policy")
	}
}

func TestCheckExposure(t *testing.T) {
	tests := []struct {
		addr    string
		tls     bool
		demo    bool
		allowed bool
	}{
		{"127.0.0.1:8080", false, true, true}, {"localhost:8080", false, true, true}, {"[::1]:0", false, true, true},
		{":8080", false, true, false}, {"0.0.0.0:8080", true, true, false}, {"192.0.2.1:8080", false, false, false},
		{"192.0.2.1:8080", true, false, true}, {"desk.example.com:443", true, true, false}, {"nonsense", true, false, false},
	}
	for _, tt := range tests {
		if err := CheckExposure(tt.addr, tt.tls, tt.demo); (err == nil) != tt.allowed {
			t.Errorf("%s, tls %t, demo passwords %t: %v", tt.addr, tt.tls, tt.demo, err)
		}
	}
}
