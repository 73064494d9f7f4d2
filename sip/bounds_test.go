package sip

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"patchbay/media/codec"
	"patchbay/media/rtp"
)

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
