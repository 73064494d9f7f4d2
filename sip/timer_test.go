package sip

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSessionExpires lets the far end stop to refresh (RFC 4028 §10).
func TestSessionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := newEndpoint(500*time.Millisecond, newGuard(nil, nil, 1, 1), new(counters), slog.New(slog.DiscardHandler))
		defer ep.close()
		s := newSession(ep, ep.log, mediaConfig{}, "a")
		go s.run()
		req := parseRequest(t, "UPDATE sip:1@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"+
			"To: <sip:1@b>;tag=2\r\nCall-ID: a\r\nCSeq: 1 UPDATE\r\nSupported: timer\r\nSession-Expires: 90\r\nContent-Length: 0\r\n\r\n")
		refresh := func() { s.post(func() { s.restart(req, newResponse(req, 200, "OK")) }) }
		refresh()
		time.Sleep(59 * time.Second)
		refresh()
		time.Sleep(59 * time.Second)
		if s.Cause() != (Cause{}) {
			t.Fatalf("ended early: %+v", s.Cause())
		}
		time.Sleep(2 * time.Second) // 90 s less a third
		if got := s.Cause(); got.Outcome != OutcomeExpired || got.By != Nobody {
			t.Errorf("cause is %+v", got)
		}
		s.post(func() { s.finished = true })
		<-s.gone
	})
}

// TestSessionTimerTerms: who refreshes, and how often, as RFC 4028 §9 (table 2) has it.
func TestSessionTimerTerms(t *testing.T) {
	s := serve(t, Config{Handler: func(c *Call) { answer(c); <-c.Done() }})
	for name, tc := range map[string]struct {
		asks          []string
		says, require string
	}{
		"the far end asks":              {[]string{"Supported: timer", "Session-Expires: 300"}, "300;refresher=uac", "timer"},
		"it refreshes":                  {[]string{"Supported: timer", "Session-Expires: 300;refresher=uac"}, "300;refresher=uac", "timer"},
		"we shall refresh":              {[]string{"Supported: 100rel, timer", "Session-Expires: 300 ; refresher=UAS"}, "300;refresher=uas", "timer"},
		"compact":                       {[]string{"k: timer", "x: 300"}, "300;refresher=uac", "timer"},
		"a proxy asks":                  {[]string{"Session-Expires: 300"}, "300;refresher=uas", ""},
		"it only knows timers":          {[]string{"Supported: timer"}, "1800;refresher=uas", "timer"},
		"and wants them long":           {[]string{"Supported: timer", "Min-SE: 7200"}, "7200;refresher=uas", "timer"},
		"longer than a day":             {[]string{"Supported: timer", "Session-Expires: 4000000"}, "86400;refresher=uac", "timer"},
		"no timers":                     {nil, "", ""},
		"a proxy that wants them short": {[]string{"Session-Expires: 20"}, "", ""},
		"nonsense":                      {[]string{"Session-Expires: soon"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := dialPeer(t, "udp", s.Addr())
			p.send(p.request("INVITE", p.body, tc.asks...))
			ok := p.await("SIP/2.0 200")
			p.send(p.request("ACK", ""))
			if ok.header("session-expires") != tc.says || ok.header("require") != tc.require {
				t.Errorf("says %q and requires %q", ok.header("session-expires"), ok.header("require"))
			}
			// Within the call it is the same.
			p.send(p.request("UPDATE", "", tc.asks...))
			if ok := p.await("SIP/2.0 200"); ok.header("session-expires") != tc.says || ok.header("require") != tc.require {
				t.Errorf("an UPDATE says %q and requires %q", ok.header("session-expires"), ok.header("require"))
			}
			p.send(p.request("BYE", ""))
			p.await("SIP/2.0 200")
		})
	}
}

// refreshedByUs is a call that we refresh, every 90 "seconds" of 20 ms each.
func refreshedByUs(t *testing.T, extra ...string) (*peer, *Call, *Server) {
	t.Helper()
	calls := make(chan *Call, 1)
	s := serve(t, Config{T1: 4 * time.Millisecond, second: 20 * time.Millisecond, Handler: handing(calls, answer)})
	p := dialPeer(t, "udp", s.Addr())
	p.send(p.request("INVITE", p.body, append(extra, "Supported: timer", "Session-Expires: 90;refresher=uas")...))
	p.await("SIP/2.0 200")
	p.send(p.request("ACK", ""))
	return p, receive(t, calls, "the call"), s
}

// agree answers a refresh of ours.
func (p *peer) agree(m message, body string) {
	p.t.Helper()
	extra := "Contact: <sip:ann@" + p.local.String() + ">\r\nSession-Expires: 90;refresher=uac\r\nRequire: timer\r\n"
	p.respondWith(m, "200 OK", extra, body)
}

func (p *peer) respondWith(m message, status, headers, body string) {
	p.t.Helper()
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\r\n")
	for _, name := range []string{"via", "from", "to", "call-id", "cseq"} {
		for _, value := range m.headers[name] {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	b.WriteString(headers)
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	p.send(b.String() + "\r\n" + body)
}

// TestWeRefreshByUpdate: again and again, until the far end falls silent: then it hears BYE.
func TestWeRefreshByUpdate(t *testing.T) {
	p, c, s := refreshedByUs(t, "Allow: INVITE, ACK, BYE, UPDATE")
	for range 3 {
		update := p.await("UPDATE sip:ann@")
		if update.header("session-expires") != "90;refresher=uac" || update.header("supported") != "timer" || update.body != "" || update.header("contact") == "" {
			t.Errorf("the refresh is %+v", update)
		}
		p.agree(update, "")
	}
	p.await("UPDATE") // not answered, 64·T1 long
	p.await("BYE")
	if got := over(t, c); got.Outcome != OutcomeExpired || got.By != Nobody || got.Reason != "the far end no longer answers" {
		t.Errorf("cause is %+v", got)
	}
	if s.Stats().Expired != 1 {
		t.Error("not counted")
	}
}

// TestWeRefreshByInvite: the far end takes no UPDATE. The INVITE offers what holds already; each 2xx gets its ACK; a change of
// the far end's meanwhile is refused until it is over.
func TestWeRefreshByInvite(t *testing.T) {
	p, c, _ := refreshedByUs(t)
	invite := p.await("INVITE sip:ann@")
	if !strings.Contains(invite.body, "m=audio") || !strings.Contains(invite.body, " 1 IN IP4 127.0.0.1\r\ns=-") {
		t.Errorf("the offer is\n%s", invite.body) // version 1: as answered at first
	}
	p.send(p.request("UPDATE", p.sdp(2, "sendonly", "0")))
	p.await("SIP/2.0 491") // RFC 3311 §5.2
	p.send(p.request("INVITE", p.sdp(2, "sendonly", "0")))
	p.await("SIP/2.0 491") // RFC 3261 §14.2
	p.send(p.request("ACK", ""))
	for range 2 {
		p.agree(invite, p.sdp(1, "sendrecv", "0 101"))
		if ack := p.await("ACK sip:ann@"); !strings.HasPrefix(ack.header("cseq"), "1 ") {
			t.Errorf("the ACK is %+v", ack)
		}
	}
	next := p.await("INVITE sip:ann@")
	if next.header("cseq") != "2 INVITE" {
		t.Errorf("CSeq is %s", next.header("cseq"))
	}
	p.respondWith(next, "481 Call Does Not Exist", "", "")
	p.await("ACK")
	p.await("BYE")
	if got := over(t, c); got.Outcome != OutcomeExpired || got.Code != 481 {
		t.Errorf("cause is %+v", got)
	}
}

// TestRefreshRefused: what a far end may say to a refresh, and what we do then.
func TestRefreshRefused(t *testing.T) {
	p, c, _ := refreshedByUs(t, "Allow: INVITE, ACK, BYE, UPDATE")
	p.respondWith(p.await("UPDATE"), "491 Request Pending", "", "")
	p.respondWith(p.await("UPDATE"), "422 Session Interval Too Small", "Min-SE: 200\r\n", "")
	update := p.await("UPDATE")
	if update.header("session-expires") != "200;refresher=uac" || update.header("min-se") != "200" {
		t.Errorf("after 422 it is %+v", update)
	}
	p.respondWith(update, "501 Not Implemented", "", "")
	invite := p.await("INVITE")
	p.respondWith(invite, "200 OK", "Session-Expires: 90;refresher=uas\r\nContact: <sip:ann@"+p.local.String()+">\r\n", p.sdp(1, "sendrecv", "0 101"))
	p.await("ACK")
	// From now on the far end refreshes: it does not, and is hung up.
	p.ok(p.await("BYE"))
	if got := over(t, c); got.Outcome != OutcomeExpired || got.Reason != "the far end stopped refreshing the session" {
		t.Errorf("cause is %+v", got)
	}
}

// TestCallOutHasTimer: our INVITE asks for a timer, mends what is too short, and takes the part that the answer gives us.
func TestCallOutHasTimer(t *testing.T) {
	far := newFarEnd(t)
	near := serve(t, Config{Handler: func(*Call) {}, second: 10 * time.Millisecond})
	out, err := near.Dial(context.Background(), DialConfig{URI: "sip:1@" + far.local.String()})
	if err != nil {
		t.Fatal(err)
	}
	invite := far.await("INVITE")
	if invite.header("session-expires") != "1800" || invite.header("supported") != "timer" || invite.header("min-se") != "" {
		t.Errorf("the INVITE is %+v", invite)
	}
	far.respond(invite, "422 Session Interval Too Small", "t", "", "Min-SE: 3600")
	far.await("ACK")
	invite = far.await("INVITE")
	if invite.header("session-expires") != "3600" || invite.header("min-se") != "3600" || invite.header("supported") != "timer" {
		t.Errorf("after 422 the INVITE is %+v", invite)
	}
	far.respond(invite, "200 OK", "t", far.body, "Session-Expires: 90;refresher=uac", "Require: timer", "Allow: UPDATE")
	far.await("ACK")
	receive(t, out.Answered(), "the answer")
	update := far.await("UPDATE")
	if !strings.Contains(update.header("to"), "tag=t") {
		t.Errorf("the refresh is %+v", update)
	}
	far.respond(update, "200 OK", "", "") // without the header: the session does not expire any more
	far.quiet("UPDATE", 700*time.Millisecond)
	out.HangUp()
	far.respond(far.await("BYE"), "200 OK", "", "")
	over(t, out)
}

// TestFarEndIsNeverContent: one that refuses each refresh with 422 is not asked again at once, and hung up when the interval is over.
func TestFarEndIsNeverContent(t *testing.T) {
	p, c, _ := refreshedByUs(t, "Allow: INVITE, ACK, BYE, UPDATE")
	first := p.await("UPDATE")
	p.respondWith(first, "422 Session Interval Too Small", "Min-SE: 90\r\n", "")
	for end := time.Now().Add((refreshPause - 2) * 20 * time.Millisecond); time.Now().Before(end); {
		if m, ok := p.read(time.Until(end)); ok && m.is("UPDATE") && m.header("cseq") != first.header("cseq") {
			t.Fatal("asked again at once")
		}
	}
	p.ok(p.await("BYE"))
	if got := over(t, c); got.Outcome != OutcomeExpired {
		t.Errorf("cause is %+v", got)
	}
}

// TestCalledIsNeverContent: one that wants a longer interval of each INVITE has refused the call in the end.
func TestCalledIsNeverContent(t *testing.T) {
	far := newFarEnd(t)
	near := serve(t, Config{Handler: func(*Call) {}})
	out, err := near.Dial(context.Background(), DialConfig{URI: "sip:1@" + far.local.String()})
	if err != nil {
		t.Fatal(err)
	}
	for n := range maxBriefs + 1 {
		far.respond(far.await("INVITE"), "422 Session Interval Too Small", "t", "", "Min-SE: "+strconv.Itoa(2000+n))
		far.await("ACK")
	}
	if got := over(t, out); got.Outcome != OutcomeRefused || got.Code != 422 {
		t.Errorf("cause is %+v", got)
	}
}
