package sip

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbay/media/rtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 5 * time.Second // for anything that should happen at once

// newPool makes a pool of RTP ports apart from other packages' tests.
func newPool(t testing.TB) *rtp.PortPool {
	t.Helper()
	pool, err := rtp.NewPortPool(42000, 43999, 0)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// serve runs a server until the end of the test.
func serve(t testing.TB, cfg Config) *Server {
	t.Helper()
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.T1 == 0 {
		cfg.T1 = 20 * time.Millisecond
	}
	if cfg.Ports == nil {
		cfg.Ports = newPool(t)
	}
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := s.Stats().ActiveCalls; n != 0 {
			t.Errorf("%d calls are left", n)
		}
	})
	return s
}

// handing gives each call to the test, acts, and waits for its end.
func handing(calls chan<- *Call, act func(*Call)) func(*Call) {
	return func(c *Call) {
		calls <- c
		act(c)
		<-c.Done()
	}
}

func ring(c *Call)   { c.Ring() }
func answer(c *Call) { _, _ = c.Answer(context.Background()) }

// peer is a phone made by hand: it writes what a test says, and reads what comes, over UDP or TCP.
type peer struct {
	t      testing.TB
	conn   net.Conn
	tcp    *bufio.Reader
	server netip.AddrPort
	local  netip.AddrPort
	callID string
	tag    string
	seq    int
	branch string // of the last INVITE
	toTag  string // of the last response
	via    string // of the last request that next gave
	body   string
}

func dialPeer(t testing.TB, network string, server netip.AddrPort) *peer {
	t.Helper()
	conn, err := net.Dial(network, server.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p := &peer{t: t, conn: conn, server: server, callID: newTag(), tag: newTag()}
	p.local = addrPort(conn.LocalAddr())
	if network == "tcp" {
		p.tcp = bufio.NewReader(conn)
	}
	p.body = p.sdp(0, "sendrecv", "0 8 9 101")
	return p
}

func (p *peer) family() string {
	if p.local.Addr().Is6() {
		return "IP6"
	}
	return "IP4"
}

func (p *peer) sdp(version int, direction, formats string) string {
	return fmt.Sprintf("v=0\r\no=- 1 %d IN %[2]s %[3]s\r\ns=-\r\nc=IN %[2]s %[3]s\r\nt=0 0\r\nm=audio 41000 RTP/AVP %[4]s\r\n"+
		"a=rtpmap:101 telephone-event/8000\r\na=%[5]s\r\n", version, p.family(), p.local.Addr(), formats, direction)
}

func (p *peer) uri() string { return "sip:2000@" + p.server.String() }

// request makes a request; extra are whole header lines.
func (p *peer) request(method, body string, extra ...string) string {
	p.t.Helper()
	branch := magicCookie + newTag()
	switch method {
	case "INVITE":
		p.seq++
		p.branch = branch
	case "CANCEL":
		branch = p.branch
	case "ACK":
	default:
		p.seq++
	}
	transport := "UDP"
	if p.tcp != nil {
		transport = "TCP"
	}
	to := "<" + p.uri() + ">"
	if p.toTag != "" && method != "CANCEL" {
		to += ";tag=" + p.toTag
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", method, p.uri(), transport, p.local, branch)
	fmt.Fprintf(&b, "From: \"Ann\" <sip:+12025550101@example.com>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", p.tag, to, p.callID, p.seq, method)
	fmt.Fprintf(&b, "Contact: <sip:ann@%s;transport=%s>\r\n", p.local, strings.ToLower(transport))
	for _, line := range extra {
		b.WriteString(line + "\r\n")
	}
	if body != "" && !strings.Contains(strings.Join(extra, "\n"), "Content-Type") {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, text); err != nil {
		p.t.Fatal(err)
	}
}

// message is what came: a start line, headers by lower-case name, and a body.
type message struct {
	start   string
	headers map[string][]string
	body    string
}

func (m message) header(name string) string { return strings.Join(m.headers[name], ", ") }

func (m message) code() int {
	code, _ := strconv.Atoi(strings.Fields(m.start)[1])
	return code
}

func (m message) is(start string) bool { return strings.HasPrefix(m.start, start) }

func parseMessage(text string) message {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := message{start: lines[0], headers: make(map[string][]string), body: body}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(name)
		m.headers[name] = append(m.headers[name], strings.TrimSpace(value))
	}
	return m
}

// read takes the next message; ok is false where none comes within d.
func (p *peer) read(d time.Duration) (message, bool) {
	p.t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		p.t.Fatal(err)
	}
	if p.tcp == nil {
		buf := make([]byte, maxMessage)
		n, err := p.conn.Read(buf)
		if err != nil {
			return message{}, false
		}
		return parseMessage(string(buf[:n])), true
	}
	var head bytes.Buffer
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		b, err := p.tcp.ReadByte()
		if err != nil {
			return message{}, false
		}
		head.WriteByte(b)
	}
	m := parseMessage(head.String())
	length, _ := strconv.Atoi(m.header("content-length"))
	body := make([]byte, length)
	if _, err := io.ReadFull(p.tcp, body); err != nil {
		return message{}, false
	}
	m.body = string(body)
	return m, true
}

// await reads until a message starts as told, past others. It keeps the To tag of responses.
func (p *peer) await(start string) message {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	var seen []string
	for time.Now().Before(deadline) {
		m, ok := p.read(time.Until(deadline))
		if !ok {
			break
		}
		seen = append(seen, m.start)
		if p.repeated(m) {
			continue
		}
		if m.is("SIP/2.0") && !strings.Contains(m.header("cseq"), "CANCEL") {
			if _, tag, ok := strings.Cut(m.header("to"), "tag="); ok && !m.is("SIP/2.0 100") {
				p.toTag = tag
			}
		}
		if m.is(start) {
			return m
		}
	}
	p.t.Fatalf("no %q came, but %q", start, seen)
	return message{}
}

// repeated tells a 200 of an earlier INVITE: it is sent again until its ACK has come, which on a busy machine may cross the
// next INVITE.
func (p *peer) repeated(m message) bool {
	seq, method, _ := strings.Cut(m.header("cseq"), " ")
	n, err := strconv.Atoi(seq)
	return m.is("SIP/2.0 2") && method == "INVITE" && err == nil && n < p.seq
}

// next is await for requests that are new: what was sent once more, since the answer was slow to come, is passed over
// (RFC 3261 §17.2.3: the branch of its Via is the same).
func (p *peer) next(method string) message {
	p.t.Helper()
	for {
		if m := p.await(method); m.header("via") != p.via {
			p.via = m.header("via")
			return m
		}
	}
}

// quiet fails where a message starts as told within d, other than one that next gave and that is sent once more.
func (p *peer) quiet(start string, d time.Duration) {
	p.t.Helper()
	deadline := time.Now().Add(d)
	for time.Now().Before(deadline) {
		if m, ok := p.read(time.Until(deadline)); ok && m.is(start) && (p.via == "" || m.header("via") != p.via) {
			p.t.Fatalf("%q came", m.start)
		}
	}
}

// ok answers a request of the server.
func (p *peer) ok(m message) {
	p.t.Helper()
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, name := range []string{"via", "from", "to", "call-id", "cseq"} {
		for _, value := range m.headers[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	p.send(b.String() + "Content-Length: 0\r\n\r\n")
}

// established calls and is answered.
func established(t testing.TB, network string, s *Server) (*peer, message) {
	t.Helper()
	p := dialPeer(t, network, s.Addr())
	p.send(p.request("INVITE", p.body))
	res := p.await("SIP/2.0 200")
	p.send(p.request("ACK", ""))
	return p, res
}

// eventually polls what has no channel: the edge of a process or socket.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come about that %s", what)
		}
	}
}

func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

// over waits for the end of a call.
func over(t testing.TB, c interface {
	Done() <-chan struct{}
	Cause() Cause
}) Cause {
	t.Helper()
	receive(t, c.Done(), "the end of the call")
	return c.Cause()
}

// loop is a UDP socket that answers whoever wrote last.
type loop struct {
	*net.UDPConn
	last netip.AddrPort
}

func newLoop(t testing.TB) *loop {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &loop{UDPConn: conn}
}

func (l *loop) Read(b []byte) (int, error) {
	n, from, err := l.ReadFromUDPAddrPort(b)
	if err == nil {
		l.last = from
	}
	return n, err
}

func (l *loop) Write(b []byte) (int, error) { return l.WriteToUDPAddrPort(b, l.last) }
