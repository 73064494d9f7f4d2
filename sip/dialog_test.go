package sip

import (
	"fmt"
	"strings"
	"testing"
)

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
