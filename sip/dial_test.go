package sip

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchbay/media/codec"
)

func dial(t testing.TB, cfg DialConfig) *OutCall {
	t.Helper()
	if cfg.T1 == 0 {
		cfg.T1 = 20 * time.Millisecond
	}
	if cfg.Ports == nil {
		cfg.Ports = newPool(t)
	}
	c, err := Dial(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func kinds(t testing.TB, c *OutCall) []string {
	t.Helper()
	var all []string
	for {
		select {
		case e, ok := <-c.Events():
			if !ok {
				return all
			}
			all = append(all, e.Kind.String())
		case <-time.After(patience):
			t.Fatalf("events do not end after %q", all)
		}
	}
}

func TestDial(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(transport+" "+addr, func(t *testing.T) {
				calls := make(chan *Call, 1)
				s := serve(t, Config{Addr: addr, Handler: handing(calls, func(c *Call) { c.Ring(); answer(c) })})
				out := dial(t, DialConfig{URI: "sip:2000@" + s.Addr().String(), From: "+12025550102", DisplayName: "Zoë \"Z\" Ng", Transport: transport})
				receive(t, out.Answered(), "the answer")
				in := receive(t, calls, "the call")
				if in.From() != "+12025550102" || in.To() != "2000" || in.ID() != out.ID() || in.DisplayName() == "" {
					t.Errorf("from %q (%q) to %q, id %q", in.From(), in.DisplayName(), in.To(), in.ID())
				}
				out.HangUp()
				if got := over(t, in); got.By != Remote || got.Outcome != OutcomeCompleted {
					t.Errorf("inbound cause is %+v", got)
				}
				if got := over(t, out); got.By != Local || got.Outcome != OutcomeCompleted {
					t.Errorf("outbound cause is %+v", got)
				}
				if got := strings.Join(kinds(t, out), " "); got != "trying ringing answered ended" {
					t.Errorf("events are %q", got)
				}
			})
		}
	}
}

func TestDialEnds(t *testing.T) {
	for _, tc := range []struct {
		name    string
		act     func(*Call)
		do      func(*OutCall)
		in, out Cause
	}{
		{"the far end hangs up", func(c *Call) { answer(c); c.HangUp() }, nil,
			Cause{By: Local, Outcome: OutcomeCompleted}, Cause{By: Remote, Outcome: OutcomeCompleted}},
		{"the far end refuses", func(c *Call) { c.Refuse(404, "Not Found") }, nil,
			Cause{By: Local, Outcome: OutcomeRefused, Code: 404}, Cause{By: Remote, Outcome: OutcomeRefused, Code: 404}},
		{"given up while ringing", ring, func(c *OutCall) { c.HangUp() },
			Cause{By: Remote, Outcome: OutcomeCancelled, Code: 487}, Cause{By: Local, Outcome: OutcomeCancelled}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			calls := make(chan *Call, 1)
			s := serve(t, Config{Handler: handing(calls, tc.act)})
			out := dial(t, DialConfig{URI: "sip:2000@" + s.Addr().String()})
			in := receive(t, calls, "the call")
			if in.From() != "" || in.DisplayName() != "" {
				t.Errorf("a call without a number shows %q (%q)", in.From(), in.DisplayName())
			}
			if tc.do != nil {
				for e := receive(t, out.Events(), "ringing"); e.Kind != EventRinging; {
					e = receive(t, out.Events(), "ringing")
				}
				tc.do(out)
			}
			gotIn, gotOut := over(t, in), over(t, out)
			gotIn.Reason, gotOut.Reason = "", ""
			if gotIn != tc.in || gotOut != tc.out {
				t.Errorf("causes are %+v and %+v, want %+v and %+v", gotIn, gotOut, tc.in, tc.out)
			}
		})
	}
}

func TestDialNobodyThere(t *testing.T) {
	far := newFarEnd(t) // listens, and says nothing
	out := dial(t, DialConfig{URI: "sip:1@" + far.local.String(), T1: 2 * time.Millisecond})
	if got := over(t, out); got.Outcome != OutcomeFailed || got.Code != 408 {
		t.Errorf("cause is %+v", got)
	}
}

// TestDialNobodyListens: a phone that is switched off is known at once, by ICMP, and not after timer B.
func TestDialNobodyListens(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "[::1]"} {
		t.Run(ip, func(t *testing.T) {
			free, err := net.ListenPacket("udp", ip+":0")
			if err != nil {
				t.Fatal(err)
			}
			free.Close() // nobody listens there any more
			const t1 = 500 * time.Millisecond
			began := time.Now()
			out := dial(t, DialConfig{URI: "sip:1@" + free.LocalAddr().String(), T1: t1})
			if got := over(t, out); got.Outcome != OutcomeFailed || got.Code != 503 || !strings.Contains(got.Reason, "nobody listens") {
				t.Errorf("cause is %+v", got)
			}
			if took := time.Since(began); took > timeoutT1s*t1/2 {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestDialRefused: whatever the far end says no with, nothing of the call is left, and nobody has to hang up.
func TestDialRefused(t *testing.T) {
	for _, status := range []string{"302 Moved", "401 Unauthorized", "404 Not Found", "486 Busy Here", "503 Service Unavailable", "603 Decline"} {
		for _, before := range []string{"", "100 Trying", "180 Ringing"} {
			t.Run(status+" after "+before, func(t *testing.T) {
				far := newFarEnd(t)
				out := dial(t, DialConfig{URI: "sip:1@" + far.local.String(), T1: 500 * time.Millisecond})
				invite := far.await("INVITE sip:1@")
				if before != "" {
					far.respond(invite, before, "one", "")
				}
				far.respond(invite, status, "one", "")
				far.await("ACK")
				if all := kinds(t, out); all[len(all)-1] != "ended" { // kinds waits for Events to be closed
					t.Errorf("events are %q", all)
				}
				if got := over(t, out); got.By != Remote || got.Outcome != OutcomeRefused || !strings.HasPrefix(status, strconv.Itoa(got.Code)) {
					t.Errorf("cause is %+v", got)
				}
				began := time.Now()
				if err := out.Close(); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took > lastWords*500*time.Millisecond/2 {
					t.Errorf("Close took %v", took)
				}
			})
		}
	}
}

// TestDialHangUp: a phone that is told to stop ends soon in every state, with a far end that never says another word.
func TestDialHangUp(t *testing.T) {
	for name, reach := range map[string]func(*farEnd, message){
		"calling":     func(*farEnd, message) {},
		"trying":      func(f *farEnd, m message) { f.respond(m, "100 Trying", "", "") },
		"ringing":     func(f *farEnd, m message) { f.respond(m, "180 Ringing", "one", "") },
		"early media": func(f *farEnd, m message) { f.respond(m, "183 Session Progress", "one", f.body) },
		"answered":    func(f *farEnd, m message) { f.respond(m, "200 OK", "one", f.body); f.await("ACK") },
	} {
		t.Run(name, func(t *testing.T) {
			far := newFarEnd(t)
			out := dial(t, DialConfig{URI: "sip:1@" + far.local.String(), T1: 100 * time.Millisecond})
			reach(far, far.await("INVITE sip:1@"))
			if name != "calling" {
				receive(t, out.Events(), name)
			}
			out.HangUp()
			kinds(t, out)
			over(t, out)
			began := time.Now()
			if err := out.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 3*lastWords*100*time.Millisecond {
				t.Errorf("Close took %v", took)
			}
		})
	}
}

func TestDialBadConfig(t *testing.T) {
	for _, cfg := range []DialConfig{
		{URI: "2000"}, {URI: "sips:1@127.0.0.1"}, {URI: "tel:+12025550101"}, {URI: "sip:1@127.0.0.1", Transport: "ws"},
		{URI: "sip:1@127.0.0.1", LocalAddr: "here"},
	} {
		if _, err := Dial(context.Background(), cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: error %v", cfg, err)
		}
	}
}

// farEnd answers an INVITE by hand. It listens for whoever dials.
type farEnd struct{ *peer }

func newFarEnd(t testing.TB) *farEnd {
	t.Helper()
	phone := dialPeer(t, "udp", netip.MustParseAddrPort("127.0.0.1:9"))
	// The socket must not be connected: its peer is known only by the first message.
	phone.conn.Close()
	conn := newLoop(t)
	phone.conn, phone.local = conn, addrPort(conn.LocalAddr())
	phone.body = phone.sdp(0, "sendrecv", "0 101")
	return &farEnd{phone}
}

// respond answers m; extra are whole header lines.
func (f *farEnd) respond(m message, status, tag, body string, extra ...string) {
	f.t.Helper()
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\r\n")
	for _, name := range []string{"via", "from", "to", "call-id", "cseq"} {
		for _, value := range m.headers[name] {
			if name == "to" && tag != "" && !strings.Contains(value, "tag=") {
				value += ";tag=" + tag
			}
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	b.WriteString("Contact: <sip:far@" + f.local.String() + ">\r\n")
	for _, line := range extra {
		b.WriteString(line + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	f.send(b.String() + "\r\n" + body)
}

func TestDialForkedAnswersAreHungUp(t *testing.T) {
	far := newFarEnd(t)
	out := dial(t, DialConfig{URI: "sip:1@" + far.local.String(), Codecs: []codec.Codec{codec.PCMU}})
	invite := far.await("INVITE sip:1@")
	far.respond(invite, "200 OK", "one", far.body)
	receive(t, out.Answered(), "the answer")
	if ack := far.await("ACK"); !strings.Contains(ack.header("to"), "tag=one") || !strings.HasPrefix(ack.header("cseq"), "1 ") {
		t.Errorf("ACK is %+v", ack)
	}
	far.respond(invite, "200 OK", "two", far.body)
	if ack := far.await("ACK"); !strings.Contains(ack.header("to"), "tag=two") {
		t.Errorf("ACK is %+v", ack)
	}
	bye := far.await("BYE sip:far@")
	if !strings.Contains(bye.header("to"), "tag=two") {
		t.Errorf("BYE is %+v", bye)
	}
	far.respond(bye, "200 OK", "", "")
	far.respond(invite, "200 OK", "one", far.body) // its ACK was lost
	if ack := far.await("ACK"); !strings.Contains(ack.header("to"), "tag=one") {
		t.Errorf("ACK is %+v", ack)
	}
	out.HangUp()
	far.respond(far.await("BYE sip:far@"), "200 OK", "", "")
}

func TestDialCancelCrossesTheAnswer(t *testing.T) {
	far := newFarEnd(t)
	out := dial(t, DialConfig{URI: "sip:1@" + far.local.String()})
	invite := far.await("INVITE sip:1@")
	out.HangUp() // RFC 3261 §9.1: no CANCEL before a provisional response
	over(t, out)
	far.quiet("CANCEL", 50*time.Millisecond)
	far.respond(invite, "180 Ringing", "one", "")
	far.await("CANCEL sip:1@")
	far.respond(invite, "200 OK", "one", far.body)
	far.await("ACK")
	far.respond(far.await("BYE"), "200 OK", "", "")
	if got := out.Cause(); got.By != Local || got.Outcome != OutcomeCancelled {
		t.Errorf("cause is %+v", got)
	}
}

func TestDialEarlyMedia(t *testing.T) {
	far := newFarEnd(t)
	out := dial(t, DialConfig{URI: "sip:1@" + far.local.String()})
	invite := far.await("INVITE sip:1@")
	far.respond(invite, "183 Session Progress", "one", far.body)
	if e := receive(t, out.Events(), "early media"); e.Kind != EventEarlyMedia {
		t.Errorf("event is %v", e.Kind)
	}
	far.respond(invite, "200 OK", "one", "") // some say it once only
	receive(t, out.Answered(), "the answer")
	far.await("ACK")
	out.HangUp()
	far.respond(far.await("BYE"), "200 OK", "", "")
}

func TestDialUnusableAnswer(t *testing.T) {
	far := newFarEnd(t)
	out := dial(t, DialConfig{URI: "sip:1@" + far.local.String()})
	invite := far.await("INVITE sip:1@")
	far.respond(invite, "200 OK", "one", far.sdp(0, "sendrecv", "3"))
	far.await("ACK") // RFC 3261 §13.2.2.4: acknowledged, then hung up
	far.respond(far.await("BYE"), "200 OK", "", "")
	if got := over(t, out); got.Outcome != OutcomeFailed {
		t.Errorf("cause is %+v", got)
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{Handler: handing(calls, answer)})
	ctx, cancel := context.WithCancel(context.Background())
	out, err := Dial(ctx, DialConfig{URI: "sip:1@" + s.Addr().String(), Ports: newPool(t), T1: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	receive(t, out.Answered(), "the answer")
	cancel()
	over(t, receive(t, calls, "the call"))
	over(t, out)
}
