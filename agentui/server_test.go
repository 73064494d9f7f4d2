package agentui

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"patchbay/agentui/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logged is a log that a test can read.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// rig is a Server on a free port, with fakes behind it.
type rig struct {
	t      *testing.T
	srv    *Server
	hub    *Hub
	store  *fakeStore
	center *fakeCenter
	phones *fakePhones
	log    *logged
	url    string
	roots  *http.Transport // of clients; nil for http.DefaultTransport
}

func newRig(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, store: newFakeStore(), center: &fakeCenter{}, phones: &fakePhones{}, log: &logged{}}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.hub = NewHub(HubConfig{Log: log})
	registry := prometheus.NewRegistry()
	cfg := Config{
		Hub: r.hub, Center: r.center, Phones: r.phones, Store: r.store, Log: log,
		Addr: "127.0.0.1:0", Gatherer: registry, Registerer: registry, Version: "1.2.3",
	}
	for _, f := range change {
		f(&cfg)
	}
	srv, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Listen(); err != nil {
		t.Fatal(err)
	}
	r.srv, r.url = srv, "http://"+srv.Addr().String()
	if cfg.CertFile != "" {
		r.url = "https://" + srv.Addr().String()
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return r
}

// client is a browser, or a program with a token.
type client struct {
	*rig
	http  *http.Client
	token string
}

func (r *rig) client() *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	if r.roots != nil {
		c.Transport = r.roots
	}
	return &client{rig: r, http: c}
}

// signedIn is a client with a session, made without the time that a password takes.
func (r *rig) signedIn(user string) *client {
	r.t.Helper()
	u, err := r.store.User(r.t.Context(), user)
	if err != nil {
		r.t.Fatal(err)
	}
	token, _, err := r.srv.sessions.create(r.t.Context(), u, netip.MustParseAddr("127.0.0.1"), "test")
	if err != nil {
		r.t.Fatal(err)
	}
	at, err := url.Parse(r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	c := r.client()
	c.http.Jar.SetCookies(at, []*http.Cookie{{Name: r.srv.cookieName(at.Scheme == "https"), Value: token, Path: "/", Secure: at.Scheme == "https"}})
	return c
}

// do makes a request; headers come in pairs.
func (c *client) do(method, path string, body any, headers ...string) (int, string) {
	c.t.Helper()
	status, text, _ := c.full(method, path, body, headers...)
	return status, text
}

func (c *client) full(method, path string, body any, headers ...string) (int, string, http.Header) {
	c.t.Helper()
	var reader io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			c.t.Fatal(err)
		}
		reader = strings.NewReader(string(raw))
	}
	req, err := http.NewRequest(method, c.url+path, reader)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(raw), resp.Header
}

// tab is one open desk.
type tab struct {
	t    *testing.T
	conn *websocket.Conn
	id   uint64
}

// dial opens a WebSocket as a watcher.
func (c *client) dial(headers ...string) (*websocket.Conn, *http.Response, error) {
	return c.dialAs("", headers...)
}

// dialAs opens a WebSocket with a query.
func (c *client) dialAs(query string, headers ...string) (*websocket.Conn, *http.Response, error) {
	c.t.Helper()
	at, err := url.Parse(c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	header := http.Header{}
	if c.token != "" {
		header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	dialer := websocket.Dialer{Jar: c.http.Jar, HandshakeTimeout: 5 * time.Second}
	return dialer.Dial("ws://"+at.Host+"/api/v1/ws?"+query, header)
}

func (c *client) open(hello wire.Hello) *tab {
	c.t.Helper()
	conn, _, err := c.dialAs(hello.Query(), "Origin", c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	return &tab{t: c.t, conn: conn}
}

func (t *tab) send(typ string, data any) uint64 {
	t.t.Helper()
	t.id++
	if err := t.conn.WriteJSON(map[string]any{"id": t.id, "type": typ, "data": data}); err != nil {
		t.t.Fatal(err)
	}
	return t.id
}

type message struct {
	Seq  uint64
	Type string
	Data json.RawMessage
}

// next reads one message; ok is false when the socket was closed, with code.
func (t *tab) next() (m message, code int) {
	t.t.Helper()
	_ = t.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	err := t.conn.ReadJSON(&m)
	if closed, ok := err.(*websocket.CloseError); ok {
		return m, closed.Code
	}
	if err != nil {
		t.t.Fatalf("read: %v", err)
	}
	return m, 0
}

// await reads until a message of a type.
func (t *tab) await(typ string, into any) message {
	t.t.Helper()
	for {
		m, code := t.next()
		if code != 0 {
			t.t.Fatalf("closed with %d while waiting for %s", code, typ)
		}
		if m.Type != typ {
			continue
		}
		if into != nil {
			if err := json.Unmarshal(m.Data, into); err != nil {
				t.t.Fatal(err)
			}
		}
		return m
	}
}

// reply reads until the reply to a message.
func (t *tab) reply(id uint64) *wire.Error {
	t.t.Helper()
	for {
		var r wire.Reply
		if t.await("reply", &r); r.ID == id {
			return r.Error
		}
	}
}

// closed reads until the socket is closed.
func (t *tab) closed() int {
	t.t.Helper()
	for {
		if _, code := t.next(); code != 0 {
			return code
		}
	}
}
