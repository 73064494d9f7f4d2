package rtp

import (
	"errors"
	"net"
	"testing"
	"time"
)

func TestPortPoolHandsOutEvenPairsUntilNoneIsLeft(t *testing.T) {
	p := testPool(t, 3)
	seen := map[int]bool{}
	for range 3 {
		s := testSession(t, p)
		if s.LocalPort()%2 != 0 || seen[s.LocalPort()] {
			t.Errorf("port %d", s.LocalPort())
		}
		if rtcp := s.rtcp.LocalAddr().(*net.UDPAddr).Port; rtcp != s.LocalPort()+1 {
			t.Errorf("RTCP at %d for RTP at %d", rtcp, s.LocalPort())
		}
		seen[s.LocalPort()] = true
	}
	if _, err := NewSession(SessionConfig{Ports: p, Local: loopback, Formats: []Format{{1, 0}}}); !errors.Is(err, ErrNoPorts) {
		t.Errorf("a fourth of three: %v", err)
	}
	if used, pairs := p.InUse(); used != 3 || pairs != 3 {
		t.Errorf("%d of %d in use", used, pairs)
	}
}

func TestPortPoolDrains(t *testing.T) {
	p := testPool(t, 1)
	now := time.Unix(1000, 0)
	p.now = func() time.Time { return now }
	s := testSession(t, p)
	port := s.LocalPort()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(p.drain - time.Millisecond)
	if _, err := NewSession(SessionConfig{Ports: p, Local: loopback, Formats: []Format{{1, 0}}}); !errors.Is(err, ErrNoPorts) {
		t.Errorf("a pair that drains was handed out: %v", err)
	}
	now = now.Add(time.Millisecond)
	if s := testSession(t, p); s.LocalPort() != port {
		t.Errorf("port %d, want %d again", s.LocalPort(), port)
	}
}

func TestPortPoolPassesOverWhatOthersHave(t *testing.T) {
	p := testPool(t, 3)
	other, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback.AsSlice(), Port: p.from + 3}) // RTCP of the second pair
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	a, b := testSession(t, p), testSession(t, p)
	if a.LocalPort() != p.from || b.LocalPort() != p.from+4 {
		t.Errorf("ports %d and %d of %d to %d", a.LocalPort(), b.LocalPort(), p.from, p.from+5)
	}
	if used, _ := p.InUse(); used != 2 {
		t.Errorf("%d pairs in use", used)
	}
}

func TestPortPoolRefusesRangesWithoutAPair(t *testing.T) {
	for _, r := range [][2]uint16{{0, 100}, {4001, 4002}, {4000, 4000}, {5000, 4000}} {
		if _, err := NewPortPool(r[0], r[1], 0); err == nil {
			t.Errorf("%d to %d was taken", r[0], r[1])
		}
	}
	if p, err := NewPortPool(4001, 65535, 0); err != nil || p.from != 4002 || p.pairs != (65536-4002)/2 {
		t.Errorf("%+v, %v", p, err)
	}
}
