package sip

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
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
