package webrtc

import (
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// reading reads a socket as pion does, and gives what came with the moment at which it was read.
type reading struct {
	packets chan string
	ended   chan error
}

func read(s *socket) reading {
	r := reading{make(chan string, 100), make(chan error, 1)}
	go func() {
		buf := make([]byte, 1500)
		for {
			n, _, err := s.ReadFromAddrPort(buf)
			if err != nil {
				r.ended <- err
				return
			}
			r.packets <- string(buf[:n])
		}
	}()
	return r
}

func (r reading) next(t *testing.T) string {
	t.Helper()
	select {
	case p := <-r.packets:
		return p
	case err := <-r.ended:
		t.Fatalf("the reader ended: %v", err)
	case <-time.After(5 * time.Second):
		t.Fatal("nothing is read")
	}
	return ""
}

func pair(t *testing.T) (s *socket, far *net.UDPConn, send func(string)) {
	t.Helper()
	s, err := openSocket(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, &arrivals{}, &shortcuts{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	far, err = net.DialUDP("udp", nil, s.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return s, far, func(p string) {
		t.Helper()
		if _, err := far.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSocketIsReadInTicks: as packets come while no bridge ticks, in ticks while one does, and as they come again.
func TestSocketIsReadInTicks(t *testing.T) {
	s, _, send := pair(t)
	r := read(s)
	send("before")
	if got := r.next(t); got != "before" {
		t.Fatalf("got %q", got)
	}
	s.pace(true)
	send("wakes the reader out of its wait")
	awaitsHand(t)
	send("one")
	send("two")
	select {
	case p := <-r.packets:
		t.Errorf("%q is read before its tick", p)
	case <-time.After(50 * time.Millisecond):
	}
	for _, want := range []string{"wakes the reader out of its wait", "one", "two"} {
		s.fetch()
		if got := r.next(t); got != want {
			t.Errorf("the tick brought %q, not %q", got, want)
		}
	}
	s.pace(false)
	send("after")
	if got := r.next(t); got != "after" {
		t.Errorf("got %q", got)
	}
}

// awaitsHand waits until the reader of a socket waits for what ticks hand over.
func awaitsHand(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(stack, "(*socket).ReadFromAddrPort(") && strings.Contains(stack, "[select") {
				return
			}
		}
	}
	t.Fatal("the reader does not wait for a tick")
}

// TestCrowdedSocketIsReadAtOnce: from so many packets on, the next ones might not find room until the next tick.
func TestCrowdedSocketIsReadAtOnce(t *testing.T) {
	s, _, send := pair(t)
	s.pace(true)
	r := read(s)
	awaitsHand(t)
	for range crowd {
		send("x")
	}
	s.fetch()
	for range crowd {
		r.next(t)
	}
	send("no tick came")
	if got := r.next(t); got != "no tick came" {
		t.Errorf("got %q", got)
	}
	s.fetch() // with which it is calm again
	send("wakes the reader")
	awaitsHand(t)
	s.fetch()
	r.next(t)
}

func TestCloseEndsTheReader(t *testing.T) {
	for _, paced := range []bool{false, true} {
		s, _, _ := pair(t)
		s.pace(paced)
		r := read(s)
		if paced {
			awaitsHand(t)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-r.ended:
		case <-time.After(5 * time.Second):
			t.Fatalf("paced %v: the reader waits for ever", paced)
		}
	}
}

func TestArrivalsAreRemembered(t *testing.T) {
	packet := func(ssrc, seq byte) []byte { return []byte{0x80, 0, 0, seq, 0, 0, 0, 0, 0, 0, 0, ssrc, 1, 2, 3} }
	var a arrivals
	early := time.Now().Add(-15 * time.Millisecond)
	a.note(packet(1, 7), early)
	a.note([]byte{0x80, 200, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1}, early.Add(-time.Hour)) // RTCP is not RTP
	a.note([]byte{1}, early)
	if got := a.of(packet(1, 7)); !got.Equal(early) {
		t.Errorf("came at %v, not %v", got, early)
	}
	for _, unknown := range [][]byte{packet(1, 8), packet(2, 7), packet(0, 0), {1}} {
		if got := a.of(unknown); time.Since(got) > 10*time.Millisecond {
			t.Errorf("% x: came %v ago", unknown, time.Since(got))
		}
	}
	if n := testing.AllocsPerRun(100, func() { a.note(packet(1, 7), early); a.of(packet(1, 7)) }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}
