package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"patchbay/media/codec"
	"patchbay/media/rtp"
)

func TestCall(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
			t.Run(network+" "+addr, func(t *testing.T) {
				calls := make(chan *Call, 1)
				s := serve(t, Config{Addr: addr, Handler: handing(calls, func(c *Call) { c.Ring(); answer(c) })})
				p := dialPeer(t, network, s.Addr())
				p.send(p.request("INVITE", p.body))
				p.await("SIP/2.0 100")
				ringing := p.await("SIP/2.0 180")
				ok := p.await("SIP/2.0 200")
				if ringing.header("to") != ok.header("to") {
					t.Errorf("the To tag changed from %q to %q", ringing.header("to"), ok.header("to"))
				}
				if !strings.Contains(ok.header("contact"), s.Addr().String()) {
					t.Errorf("Contact is %q, want %s in it", ok.header("contact"), s.Addr())
				}
				if want := "IN " + p.family() + " " + p.local.Addr().String(); !strings.Contains(ok.body, want) {
					t.Errorf("answer is\n%swant %q in it", ok.body, want)
				}
				p.send(p.request("ACK", ""))
				c := receive(t, calls, "the call")
				if c.From() != "+12025550101" || c.DisplayName() != "Ann" || c.To() != "2000" || c.ID() != p.callID {
					t.Errorf("got from %q (%q) to %q id %q", c.From(), c.DisplayName(), c.To(), c.ID())
				}
				p.send(p.request("BYE", ""))
				p.await("SIP/2.0 200")
				want := Cause{By: Remote, Outcome: OutcomeCompleted}
				if got := over(t, c); got.By != want.By || got.Outcome != want.Outcome {
					t.Errorf("cause is %+v, want %+v", got, want)
				}
				if c.AnsweredAt().IsZero() {
					t.Error("no time of the answer")
				}
			})
		}
	}
}

func TestHangUpSaysByeOnlyAfterTheACK(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{Handler: handing(calls, answer)})
	p := dialPeer(t, "udp", s.Addr())
	p.send(p.request("INVITE", p.body))
	p.await("SIP/2.0 200")
	c := receive(t, calls, "the call")
	c.HangUp()
	if got := over(t, c); got.By != Local || got.Outcome != OutcomeCompleted {
		t.Errorf("cause is %+v", got)
	}
	p.quiet("BYE", 100*time.Millisecond) // RFC 3261 §15
	p.send(p.request("ACK", ""))
	bye := p.await("BYE sip:ann@")
	if bye.header("cseq") != "1 BYE" {
		t.Errorf("CSeq is %q", bye.header("cseq"))
	}
	p.ok(bye)
	p.quiet("BYE", 100*time.Millisecond)
}

func TestLostACK(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{T1: 5 * time.Millisecond, Handler: handing(calls, answer)})
	p := dialPeer(t, "udp", s.Addr())
	p.send(p.request("INVITE", p.body))
	sent := 0
	for {
		m, ok := p.read(patience)
		if !ok {
			t.Fatal("no BYE came")
		}
		if m.is("SIP/2.0 200") {
			sent++
			_, p.toTag, _ = strings.Cut(m.header("to"), "tag=")
		}
		if m.is("BYE") {
			p.ok(m)
			break
		}
	}
	if sent < 8 { // T1, 2·T1, 4·T1, then each 8·T1 up to 64·T1
		t.Errorf("200 OK was sent %d times", sent)
	}
	if got := over(t, receive(t, calls, "the call")); got.Outcome != OutcomeNoACK {
		t.Errorf("cause is %+v", got)
	}
	if got := s.Stats().NoACK; got != 1 {
		t.Errorf("counted %d lost ACKs", got)
	}
}

func TestCancel(t *testing.T) {
	for name, act := range map[string]func(*Call){"before ringing": func(*Call) {}, "ringing": ring} {
		t.Run(name, func(t *testing.T) {
			calls := make(chan *Call, 1)
			s := serve(t, Config{Handler: handing(calls, act)})
			p := dialPeer(t, "udp", s.Addr())
			p.send(p.request("INVITE", p.body))
			p.await("SIP/2.0 100")
			c := receive(t, calls, "the call")
			p.send(p.request("CANCEL", ""))
			var codes []string
			tags := map[string]bool{}
			for len(codes) < 2 {
				m := p.await("SIP/2.0 ")
				if m.code() < 200 {
					continue
				}
				codes = append(codes, fmt.Sprint(m.code(), " ", strings.Fields(m.header("cseq"))[1]))
				tags[m.header("to")] = true
			}
			if codes[0] != "200 CANCEL" || codes[1] != "487 INVITE" || len(tags) != 1 {
				t.Errorf("got %v with To %v", codes, tags)
			}
			p.send(strings.Replace(p.request("ACK", ""), "branch=", "branch="+p.branch+";old=", 1))
			if got := over(t, c); got.By != Remote || got.Outcome != OutcomeCancelled {
				t.Errorf("cause is %+v", got)
			}
			if _, err := c.Answer(context.Background()); err == nil {
				t.Error("a cancelled call was answered")
			}
		})
	}
}

func TestCancelCrossesTheAnswer(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{Handler: handing(calls, answer)})
	p := dialPeer(t, "udp", s.Addr())
	p.send(p.request("INVITE", p.body))
	p.await("SIP/2.0 200") // as if lost on the way
	p.send(p.request("CANCEL", ""))
	m := p.await("SIP/2.0 200")
	for !strings.Contains(m.header("cseq"), "CANCEL") {
		m = p.await("SIP/2.0 200")
	}
	c := receive(t, calls, "the call")
	again := p.await("SIP/2.0 200") // the INVITE's, again
	if !strings.Contains(again.header("cseq"), "INVITE") {
		t.Errorf("got %q %q", again.start, again.header("cseq"))
	}
	p.send(p.request("ACK", ""))
	p.send(p.request("BYE", ""))
	if got := over(t, c); got.By != Remote || got.Outcome != OutcomeCompleted {
		t.Errorf("cause is %+v", got)
	}
}

func TestByeBeforeTheAnswer(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{Handler: handing(calls, ring)})
	p := dialPeer(t, "udp", s.Addr())
	p.send(p.request("INVITE", p.body))
	p.await("SIP/2.0 180")
	p.send(p.request("BYE", ""))
	p.await("SIP/2.0 200")
	p.await("SIP/2.0 487")
	if got := over(t, receive(t, calls, "the call")); got.Outcome != OutcomeCancelled {
		t.Errorf("cause is %+v", got)
	}
}

func TestRetransmissionsMakeOneCall(t *testing.T) {
	calls := make(chan *Call, 4)
	s := serve(t, Config{Handler: handing(calls, ring)})
	p := dialPeer(t, "udp", s.Addr())
	invite := p.request("INVITE", p.body)
	for range 3 {
		p.send(invite)
		p.await("SIP/2.0 180")
	}
	// The same request by another path (RFC 3261 §8.2.2.2).
	p.send(strings.Replace(invite, p.branch, p.branch+"other", 1))
	p.await("SIP/2.0 482")
	if got := s.Stats().Calls; got != 1 {
		t.Errorf("%d calls began", got)
	}
	receive(t, calls, "the call").HangUp()
	p.await("SIP/2.0 480")
}

func TestRefuse(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{T1: 10 * time.Millisecond, Handler: handing(calls, func(c *Call) { c.Refuse(486, "Busy Here") })})
	p := dialPeer(t, "udp", s.Addr())
	p.send(p.request("INVITE", p.body))
	p.await("SIP/2.0 486")
	p.await("SIP/2.0 486") // again, until the ACK
	ack := strings.Replace(p.request("ACK", ""), "branch=", "branch="+p.branch+";old=", 1)
	p.send(ack)
	if got := over(t, receive(t, calls, "the call")); got.By != Local || got.Outcome != OutcomeRefused || got.Code != 486 {
		t.Errorf("cause is %+v", got)
	}
	for { // what was under way
		if _, ok := p.read(30 * time.Millisecond); !ok {
			break
		}
	}
	p.quiet("SIP/2.0", 100*time.Millisecond)
}

func TestNobodyAnswers(t *testing.T) {
	t.Run("handler returns", func(t *testing.T) {
		s := serve(t, Config{Handler: func(*Call) {}})
		p := dialPeer(t, "udp", s.Addr())
		p.send(p.request("INVITE", p.body))
		p.await("SIP/2.0 480")
	})
	t.Run("too long", func(t *testing.T) {
		calls := make(chan *Call, 1)
		s := serve(t, Config{RingTimeout: 50 * time.Millisecond, Handler: handing(calls, ring)})
		p := dialPeer(t, "udp", s.Addr())
		p.send(p.request("INVITE", p.body))
		p.await("SIP/2.0 480")
		if got := over(t, receive(t, calls, "the call")); got.Outcome != OutcomeUnanswered {
			t.Errorf("cause is %+v", got)
		}
	})
}

func TestOfferless(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		bye    bool
	}{
		"answer in ACK":     {answer: "0 101"},
		"no answer":         {bye: true},
		"nothing in common": {answer: "3", bye: true},
	} {
		t.Run(name, func(t *testing.T) {
			calls := make(chan *Call, 1)
			s := serve(t, Config{Handler: handing(calls, answer)})
			p := dialPeer(t, "udp", s.Addr())
			p.send(p.request("INVITE", ""))
			ok := p.await("SIP/2.0 200")
			if !strings.Contains(ok.body, "m=audio") || !strings.Contains(ok.body, "RTP/AVP 111 9 0 8 101") {
				t.Errorf("offer is\n%s", ok.body)
			}
			body := ""
			if tc.answer != "" {
				body = p.sdp(0, "sendrecv", tc.answer)
			}
			p.send(p.request("ACK", body))
			c := receive(t, calls, "the call")
			if tc.bye {
				p.ok(p.await("BYE"))
				if got := over(t, c); got.Outcome != OutcomeFailed {
					t.Errorf("cause is %+v", got)
				}
				return
			}
			p.send(p.request("BYE", ""))
			p.await("SIP/2.0 200")
		})
	}
}

func TestReInvite(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{Handler: handing(calls, answer)})
	p, first := established(t, "udp", s)
	c := receive(t, calls, "the call")
	version := func(body string) string { return strings.Fields(strings.SplitN(body, "o=", 2)[1])[2] }
	steps := []struct {
		name, body, want, version string
		event                     EventKind
	}{
		{"hold", p.sdp(1, "sendonly", "0 101"), "a=recvonly", "2", EventHeld},
		{"hold again", p.sdp(1, "sendonly", "0 101"), "a=recvonly", "2", 0},
		{"resume", p.sdp(2, "sendrecv", "0 101"), "a=sendrecv", "3", EventResumed},
		{"other codec", p.sdp(3, "sendrecv", "8 101"), "m=audio", "4", 0},
		{"hold as in RFC 2543", strings.Replace(p.sdp(4, "sendrecv", "8"), "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", 1), "a=recvonly", "5", EventHeld},
		{"inactive", p.sdp(5, "inactive", "8"), "a=inactive", "6", 0},
		{"offerless", "", "a=sendrecv", "7", 0},
	}
	if version(first.body) != "1" {
		t.Errorf("first version is %s", version(first.body))
	}
	for _, step := range steps {
		p.send(p.request("INVITE", step.body))
		ok := p.await("SIP/2.0 200")
		if !strings.Contains(ok.body, step.want) || version(ok.body) != step.version {
			t.Errorf("%s: want %q, version %s in\n%s", step.name, step.want, step.version, ok.body)
		}
		ackBody := ""
		if step.body == "" {
			ackBody = p.sdp(6, "sendrecv", "8 101")
			step.event = EventResumed
		}
		p.send(p.request("ACK", ackBody))
		if step.event != 0 {
			if e := receive(t, c.Events(), "event of "+step.name); e.Kind != step.event {
				t.Errorf("%s: event %v, want %v", step.name, e.Kind, step.event)
			}
		}
	}
	// What can't be answered leaves the session as it is.
	p.send(p.request("INVITE", p.sdp(7, "sendrecv", "3")))
	if res := p.await("SIP/2.0 488"); !strings.Contains(res.header("warning"), "305") {
		t.Errorf("warning is %q", res.header("warning"))
	}
	p.send(p.request("BYE", ""))
	p.await("SIP/2.0 200")
	if got := over(t, c); got.Outcome != OutcomeCompleted {
		t.Errorf("cause is %+v", got)
	}
}

func TestInDialog(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{Handler: handing(calls, answer)})
	p, _ := established(t, "udp", s)
	c := receive(t, calls, "the call")
	for _, tc := range []struct {
		name, method, body string
		extra              []string
		code               int
	}{
		{"options", "OPTIONS", "", nil, 200},
		{"update without offer", "UPDATE", "", nil, 200},
		{"update with offer", "UPDATE", p.sdp(1, "sendonly", "0"), nil, 200},
		{"info", "INFO", "Signal=5\r\nDuration=160\r\n", []string{"Content-Type: application/dtmf-relay"}, 200},
		{"info alone", "INFO", "#", []string{"Content-Type: application/dtmf"}, 200},
		{"info with nonsense", "INFO", "Signal=x\r\n", []string{"Content-Type: application/dtmf-relay"}, 400},
		{"info of other kinds", "INFO", "<x/>", []string{"Content-Type: text/xml"}, 415},
		{"require", "UPDATE", "", []string{"Require: 100rel, teleport"}, 420},
		{"refer", "REFER", "", nil, 405},
		{"broken body", "UPDATE", "v=1\r\n", nil, 400},
		{"short session", "UPDATE", "", []string{"Supported: timer", "Session-Expires: 20"}, 422},
	} {
		p.send(p.request(tc.method, tc.body, tc.extra...))
		if res := p.await("SIP/2.0 "); res.code() != tc.code {
			t.Errorf("%s: %q, want %d", tc.name, res.start, tc.code)
		}
	}
	var got []string
	for range 3 {
		e := receive(t, c.Events(), "an event")
		got = append(got, e.Kind.String()+string(e.Digit))
	}
	if want := "held\x00 digit5 digit#"; strings.Join(got, " ") != want {
		t.Errorf("events are %q, want %q", got, want)
	}
	p.seq -= 5
	p.send(p.request("INFO", ""))
	p.await("SIP/2.0 500") // RFC 3261 §12.2.2
	p.seq += 5
	tag := p.toTag
	p.toTag = "somebody"
	for _, method := range []string{"INVITE", "BYE", "UPDATE", "INFO"} {
		p.toTag = "somebody"
		p.send(p.request(method, ""))
		p.await("SIP/2.0 481")
	}
	p.toTag = tag
	p.send(p.request("BYE", ""))
	p.await("SIP/2.0 200")
}

func TestOutsideOfCalls(t *testing.T) {
	s := serve(t, Config{Handler: func(*Call) {}})
	for _, tc := range []struct {
		name, method, body string
		extra              []string
		code               int
		header, value      string
	}{
		{"options", "OPTIONS", "", nil, 200, "allow", "UPDATE"},
		{"options that require", "OPTIONS", "", []string{"Require: x, timer"}, 420, "unsupported", "x"},
		{"register", "REGISTER", "", nil, 405, "allow", "INVITE"},
		{"unknown", "TELEPORT", "", nil, 501, "allow", "INVITE"},
		{"bye", "BYE", "", nil, 481, "", ""},
		{"other body", "INVITE", "x", []string{"Content-Type: text/plain"}, 415, "accept", "application/sdp"},
		{"compressed", "INVITE", "v=0", []string{"Content-Type: application/sdp", "Content-Encoding: gzip"}, 415, "", ""},
		{"broken body", "INVITE", "v=0\r\nm=audio\r\n", nil, 400, "", ""},
		{"only SRTP", "INVITE", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\n", nil, 488, "warning", "302"},
		{"only video", "INVITE", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 4000 RTP/AVP 31\r\n", nil, 488, "warning", "304"},
		{"short session", "INVITE", "", []string{"Supported: timer", "Session-Expires: 30;refresher=uac"}, 422, "min-se", "90"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := dialPeer(t, "udp", s.Addr())
			p.send(p.request(tc.method, tc.body, tc.extra...))
			res := p.await("SIP/2.0 ")
			if res.code() != tc.code || tc.header != "" && !strings.Contains(res.header(tc.header), tc.value) {
				t.Errorf("%q with %s %q, want %d with %q", res.start, tc.header, res.header(tc.header), tc.code, tc.value)
			}
		})
	}
}

func TestRecordRoute(t *testing.T) {
	calls := make(chan *Call, 1)
	s := serve(t, Config{Handler: handing(calls, answer)})
	proxy := dialPeer(t, "udp", s.Addr())
	p := dialPeer(t, "udp", s.Addr())
	route := "<sip:" + proxy.local.String() + ";lr>"
	p.send(p.request("INVITE", p.body, "Record-Route: "+route, "Record-Route: <sip:far.example.com;lr>"))
	ok := p.await("SIP/2.0 200")
	if want := route + ", <sip:far.example.com;lr>"; ok.header("record-route") != want {
		t.Errorf("Record-Route is %q, want %q", ok.header("record-route"), want)
	}
	p.send(p.request("ACK", ""))
	c := receive(t, calls, "the call")
	// The ACK may still be on its way to the call.
	c.HangUp()
	bye := proxy.await("BYE sip:ann@")
	if want := route + ", <sip:far.example.com;lr>"; bye.header("route") != want {
		t.Errorf("Route is %q, want %q", bye.header("route"), want)
	}
	proxy.ok(bye)
}

func TestViaWithoutRport(t *testing.T) {
	s := serve(t, Config{Handler: func(*Call) {}})
	listener := dialPeer(t, "udp", s.Addr())
	sender := dialPeer(t, "udp", s.Addr())
	sender.send(strings.Replace(strings.Replace(sender.request("OPTIONS", ""), ";rport", "", 1),
		"UDP "+sender.local.String(), "UDP "+listener.local.String(), 1))
	listener.await("SIP/2.0 200") // RFC 3261 §18.2.2: the port of the Via
	sender.send(sender.request("OPTIONS", ""))
	res := sender.await("SIP/2.0 200")
	if want := fmt.Sprintf("rport=%d", sender.local.Port()); !strings.Contains(res.header("via"), want) || !strings.Contains(res.header("via"), "received=127.0.0.1") {
		t.Errorf("Via is %q", res.header("via"))
	}
}

func TestDrainAndLimits(t *testing.T) {
	calls := make(chan *Call, 2)
	s := serve(t, Config{MaxCalls: 1, Handler: handing(calls, answer)})
	p, _ := established(t, "udp", s)
	q := dialPeer(t, "udp", s.Addr())
	q.send(q.request("INVITE", q.body))
	if res := q.await("SIP/2.0 503"); res.header("retry-after") == "" {
		t.Error("no Retry-After")
	}
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	eventually(t, "the server drains", s.draining.Load)
	r := dialPeer(t, "udp", s.Addr())
	r.send(r.request("INVITE", r.body))
	r.await("SIP/2.0 503")
	p.send(p.request("BYE", ""))
	p.await("SIP/2.0 200")
	if err := receive(t, done, "the end of Shutdown"); err != nil {
		t.Error(err)
	}
	if got := s.Stats(); got.CallsFull != 1 || got.Draining != 1 || got.Calls != 1 {
		t.Errorf("stats are %+v", got)
	}
}

func TestRunEndsCalls(t *testing.T) {
	for name, act := range map[string]func(*Call){"ringing": ring, "answered": answer} {
		t.Run(name, func(t *testing.T) {
			calls := make(chan *Call, 1)
			cfg := Config{Addr: "127.0.0.1:0", Ports: newPool(t), T1: 20 * time.Millisecond, Handler: handing(calls, act)}
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
			p := dialPeer(t, "udp", s.Addr())
			p.send(p.request("INVITE", p.body))
			if name == "ringing" {
				p.await("SIP/2.0 180")
				cancel()
				p.await("SIP/2.0 503")
			} else {
				p.await("SIP/2.0 200")
				p.send(p.request("ACK", ""))
				cancel()
				p.ok(p.await("BYE"))
			}
			if err := receive(t, done, "the end of Run"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestListenSaysHowToMend(t *testing.T) {
	s := serve(t, Config{Handler: func(*Call) {}})
	second, err := NewServer(Config{Addr: s.Addr().String(), Ports: newPool(t), Handler: func(*Call) {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Listen(); err == nil || !strings.Contains(err.Error(), "--sip") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error is %v", err)
	}
	if _, err := NewServer(Config{Addr: "localhost:sip", Ports: newPool(t), Handler: func(*Call) {}}); err == nil {
		t.Error("a bad address was taken")
	}
}

func TestNoPortsLeft(t *testing.T) {
	ports, err := rtp.NewPortPool(43990, 43993, 0)
	if err != nil {
		t.Fatal(err)
	}
	for used, all := ports.InUse(); used < all; used, all = ports.InUse() {
		session, err := rtp.NewSession(rtp.SessionConfig{
			Ports: ports, Local: netip.MustParseAddr("127.0.0.1"), Formats: []rtp.Format{rtp.Default(codec.PCMU)},
		})
		if err != nil {
			break // the rest belongs to others
		}
		t.Cleanup(func() { session.Close() })
	}
	failures := make(chan error, 1)
	s := serve(t, Config{Ports: ports, Handler: func(c *Call) {
		_, err := c.Answer(context.Background())
		failures <- err
	}})
	p := dialPeer(t, "udp", s.Addr())
	p.send(p.request("INVITE", p.body))
	p.await("SIP/2.0 503")
	if err := receive(t, failures, "the error"); !errors.Is(err, rtp.ErrNoPorts) {
		t.Errorf("error is %v", err)
	}
	if got := s.Stats(); got.CallsFull != 1 || got.Answered != 0 {
		t.Errorf("stats are %+v", got)
	}
}
