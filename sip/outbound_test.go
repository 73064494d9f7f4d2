package sip

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

func TestServerDial(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			calls := make(chan *Call, 1)
			far := serve(t, Config{Handler: handing(calls, func(c *Call) { c.Ring(); answer(c) })})
			near := serve(t, Config{Handler: func(*Call) {}})
			out, err := near.Dial(context.Background(), DialConfig{URI: "sip:+12025550199@" + far.Addr().String(), From: "+12025550100", Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			receive(t, out.Answered(), "the answer")
			in := receive(t, calls, "the call")
			if in.To() != "+12025550199" || in.From() != "+12025550100" || transport == "udp" && in.Source() != near.Addr() {
				t.Errorf("to %q from %q by %v; the server is at %v", in.To(), in.From(), in.Source(), near.Addr())
			}
			if got := near.Stats(); got.ActivePlaced != 1 || got.Placed != 1 {
				t.Errorf("stats are %+v", got)
			}
			in.HangUp()
			if got := over(t, out); got.By != Remote || got.Failure() != FailureNone {
				t.Errorf("cause is %+v", got)
			}
			eventually(t, "the call to be forgotten", func() bool { return near.Stats().ActivePlaced == 0 })
			if err := out.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestServerDialEndsWithTheServer: the far end of a call that the server placed hears BYE, or CANCEL, when it stops.
func TestServerDialEndsWithTheServer(t *testing.T) {
	for name, act := range map[string]func(*Call){"ringing": ring, "answered": answer} {
		t.Run(name, func(t *testing.T) {
			calls := make(chan *Call, 1)
			far := serve(t, Config{Handler: handing(calls, act)})
			near, err := NewServer(Config{Addr: "127.0.0.1:0", Ports: newPool(t), Handler: func(*Call) {}, T1: 20 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			if err := near.Listen(); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- near.Run(ctx) }()
			out, err := near.Dial(context.Background(), DialConfig{URI: "sip:1@" + far.Addr().String()})
			if err != nil {
				t.Fatal(err)
			}
			in := receive(t, calls, "the call")
			for e := receive(t, out.Events(), name); e.Kind != EventRinging && e.Kind != EventAnswered; {
				e = receive(t, out.Events(), name)
			}
			stop()
			if err := receive(t, ended, "the server's end"); err != nil {
				t.Error(err)
			}
			over(t, out)
			if got := over(t, in); got.By != Remote {
				t.Errorf("cause is %+v", got)
			}
			if _, err := near.Dial(context.Background(), DialConfig{URI: "sip:1@" + far.Addr().String()}); !errors.Is(err, ErrClosed) {
				t.Errorf("a stopped server dials: %v", err)
			}
		})
	}
}

// TestServerDialNobodyListens: ICMP ends the attempt at once, and the server's own socket goes on serving.
func TestServerDialNobodyListens(t *testing.T) {
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	near := serve(t, Config{Handler: func(c *Call) { c.Refuse(486, "Busy Here") }, T1: 500 * time.Millisecond})
	began := time.Now()
	for range 20 {
		out, err := near.Dial(context.Background(), DialConfig{URI: "sip:1@" + free.LocalAddr().String()})
		if err != nil {
			t.Fatal(err)
		}
		if got := over(t, out); got.Failure() != FailureUnreachable {
			t.Fatalf("cause is %+v", got)
		}
		in := dial(t, DialConfig{URI: "sip:1@" + near.Addr().String(), T1: 500 * time.Millisecond})
		if got := over(t, in); got.Failure() != FailureBusy {
			t.Fatalf("cause is %+v", got)
		}
	}
	if took := time.Since(began); took > 20*400*time.Millisecond {
		t.Errorf("20 attempts took %v: messages were lost", took)
	}
}

// TestForkThatSpokeFirst: one phone gives early media, another answers. The second is heard, and the first has nothing to
// be told (RFC 3261 §13.2.2.4: its early dialog ends with the final response).
func TestForkThatSpokeFirst(t *testing.T) {
	far := newFarEnd(t)
	out := dial(t, DialConfig{URI: "sip:1@" + far.local.String()})
	invite := far.await("INVITE sip:1@")
	far.respond(invite, "183 Session Progress", "one", far.body)
	if e := receive(t, out.Events(), "early media"); e.Kind != EventEarlyMedia {
		t.Errorf("event is %v", e.Kind)
	}
	far.respond(invite, "200 OK", "two", strings.ReplaceAll(far.body, "127.0.0.1", "127.0.0.2"))
	receive(t, out.Answered(), "the answer")
	if ack := far.await("ACK"); !strings.Contains(ack.header("to"), "tag=two") {
		t.Errorf("ACK is %+v", ack)
	}
	out.HangUp()
	bye := far.await("BYE")
	if !strings.Contains(bye.header("to"), "tag=two") {
		t.Errorf("BYE is %+v", bye)
	}
	far.respond(bye, "200 OK", "", "")
	if got := out.sdp.Agreed.Remote.RTP.Addr().String(); got != "127.0.0.2" {
		t.Errorf("media goes to %s", got)
	}
}

func TestFailures(t *testing.T) {
	for _, tc := range []struct {
		code   int
		reason []string
		want   Failure
	}{
		{486, nil, FailureBusy}, {600, nil, FailureBusy},
		{404, nil, FailureNoSuchNumber}, {410, nil, FailureNoSuchNumber}, {484, nil, FailureNoSuchNumber}, {604, nil, FailureNoSuchNumber},
		{480, nil, FailureNoAnswer}, {408, nil, FailureNoAnswer},
		{403, nil, FailureRefused}, {603, nil, FailureRefused}, {401, nil, FailureRefused}, {302, nil, FailureRefused}, {488, nil, FailureRefused},
		{500, nil, FailureUnreachable}, {503, nil, FailureUnreachable}, {504, nil, FailureUnreachable},
		{503, []string{"Q.850;cause=17"}, FailureBusy}, // some gateways
		{480, []string{"SIP;cause=480", `q.850 ; text="no, not here;cause=17" ;cause=1`}, FailureNoSuchNumber},
		{480, []string{"SIP;cause=600, Q.850;cause=21"}, FailureRefused},
		{486, []string{"Q.850;cause=16"}, FailureBusy}, // normal clearing says nothing
		{486, []string{"Q.850;cause=9999"}, FailureBusy}, {486, []string{"Q.850;cause=-1", "Q.850", "", ";;;"}, FailureBusy},
	} {
		res := siplib.NewResponse(tc.code, "No")
		for _, r := range tc.reason {
			res.AppendHeader(siplib.NewHeader("Reason", r))
		}
		got := Cause{By: Remote, Outcome: OutcomeRefused, Code: tc.code, Q850: q850Of(res)}.Failure()
		if got != tc.want {
			t.Errorf("%d %q is %q, want %q", tc.code, tc.reason, got, tc.want)
		}
	}
	for outcome, want := range map[Outcome]Failure{
		OutcomeCompleted: FailureNone, OutcomeCancelled: FailureCancelled, OutcomeUnanswered: FailureNoAnswer, OutcomeFailed: FailureUnreachable,
	} {
		if got := (Cause{Outcome: outcome}).Failure(); got != want {
			t.Errorf("%s is %q", outcome, got)
		}
	}
}
