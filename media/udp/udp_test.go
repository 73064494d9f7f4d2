package udp

import (
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func open(t *testing.T, network, addr string) *Conn {
	t.Helper()
	a, err := net.ResolveUDPAddr(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	u, err := net.ListenUDP(network, a)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func inboxOf(t *testing.T, c *Conn, room int) *Inbox {
	t.Helper()
	in, err := NewInbox(c, room)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestDatagramsArrive(t *testing.T) {
	for _, tt := range []struct{ network, from, to string }{
		{"udp", "127.0.0.1:0", "127.0.0.1:0"}, {"udp", "[::1]:0", "[::1]:0"}, {"udp", ":0", "127.0.0.1:0"}, {"udp", ":0", "[::1]:0"},
		{"udp4", "0.0.0.0:0", "127.0.0.1:0"},
	} {
		from, to := open(t, tt.network, tt.from), open(t, "udp", tt.to)
		inbox := inboxOf(t, to, 4)
		at := to.LocalAddr().(*net.UDPAddr)
		mapped := netip.AddrPortFrom(netip.AddrFrom16(at.AddrPort().Addr().As16()), uint16(at.Port))
		for i, write := range []func([]byte) (int, error){
			func(p []byte) (int, error) { return from.WriteToAddrPort(p, at.AddrPort()) },
			func(p []byte) (int, error) { return from.WriteToAddrPort(p, mapped) },
			func(p []byte) (int, error) { return from.WriteTo(p, at) },
		} {
			sent := time.Now()
			if n, err := write([]byte("hello")); n != 5 || err != nil {
				t.Fatalf("%s to %s, way %d: %d, %v", tt.from, at, i, n, err)
			}
			if n, err := inbox.Wait(); n != 1 || err != nil {
				t.Fatalf("%s to %s, way %d: %d datagrams, %v", tt.from, at, i, n, err)
			}
			got, source, came := inbox.Datagram(0)
			if string(got) != "hello" || source.Addr() != at.AddrPort().Addr() || int(source.Port()) != from.LocalAddr().(*net.UDPAddr).Port {
				t.Fatalf("%s to %s, way %d: %q from %s", tt.from, at, i, got, source)
			}
			if came.Before(sent) || came.After(time.Now()) {
				t.Errorf("%s to %s, way %d: sent at %s, came at %s", tt.from, at, i, sent, came)
			}
		}
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	c := open(t, "udp", "127.0.0.1:0")
	if _, err := c.WriteToAddrPort(nil, netip.MustParseAddrPort("[::1]:9")); !errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Errorf("IPv6 from IPv4: %v", err)
	}
	if _, err := c.WriteTo(nil, &net.TCPAddr{}); !errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Errorf("to TCP: %v", err)
	}
	if _, err := c.WriteToAddrPort(make([]byte, 70000), netip.MustParseAddrPort("127.0.0.1:9")); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("too long: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteToAddrPort(nil, netip.MustParseAddrPort("127.0.0.1:9")); err == nil {
		t.Error("a closed socket takes a datagram")
	}
}

// TestFullSocketIsNotWaitedFor fills a socket whose far end does not read. UDP on a test's machine never fills up, so it is
// one of the Unix domain, which does and where the same calls are made.
func TestFullSocketIsNotWaitedFor(t *testing.T) {
	name := filepath.Join(t.TempDir(), "far")
	far, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	near, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name + "2", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	c := &Conn{}
	if err := c.socket.take(near); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	setUnix(&c.to, name)
	c.call = c.send
	done := make(chan error, 1)
	go func() {
		for range 100_000 {
			if _, err := c.write(make([]byte, 172)); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if !errors.Is(err, ErrFull) {
			t.Errorf("the socket never says that it is full: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the writer waits")
	}
}

func TestWriteDoesNotAllocate(t *testing.T) {
	c := open(t, "udp", "127.0.0.1:0")
	far := open(t, "udp", "127.0.0.1:0").LocalAddr().(*net.UDPAddr).AddrPort()
	packet := make([]byte, 172)
	if n := testing.AllocsPerRun(200, func() { _, _ = c.WriteToAddrPort(packet, far) }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

// TestInboxTakesWhatCame: in order, as much as there is room for, and nothing where there is nothing.
func TestInboxTakesWhatCame(t *testing.T) {
	to, from := open(t, "udp", "127.0.0.1:0"), open(t, "udp", "127.0.0.1:0")
	far := to.LocalAddr().(*net.UDPAddr).AddrPort()
	in := inboxOf(t, to, 3)
	if n, err := in.Poll(); n != 0 || err != nil {
		t.Fatalf("an empty socket gives %d datagrams, %v", n, err)
	}
	const sent = 7
	for i := range sent {
		if _, err := from.WriteToAddrPort([]byte{byte(i)}, far); err != nil {
			t.Fatal(err)
		}
	}
	var got []byte
	for len(got) < sent {
		n, err := in.Wait()
		if err != nil || n < 1 || n > in.Room() {
			t.Fatalf("%d datagrams, %v", n, err)
		}
		for i := range n {
			p, _, _ := in.Datagram(i)
			got = append(got, p...)
		}
	}
	if string(got) != "\x00\x01\x02\x03\x04\x05\x06" {
		t.Errorf("got %v", got)
	}
	if _, err := from.WriteToAddrPort(make([]byte, MaxDatagram+100), far); err != nil {
		t.Fatal(err)
	}
	if n, err := in.Wait(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if p, _, _ := in.Datagram(0); len(p) != MaxDatagram {
		t.Errorf("%d bytes of one that is longer", len(p))
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Poll(); err == nil {
		t.Error("a closed socket is polled without an error")
	}
}

// TestCloseEndsWait: whoever waits for datagrams is told of the end.
func TestCloseEndsWait(t *testing.T) {
	c := open(t, "udp", "127.0.0.1:0")
	in := inboxOf(t, c, 1)
	done := make(chan error, 1)
	go func() {
		_, err := in.Wait()
		done <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("Wait ends without an error")
	}
}

func TestReadDoesNotAllocate(t *testing.T) {
	to, from := open(t, "udp", "127.0.0.1:0"), open(t, "udp", "127.0.0.1:0")
	far := to.LocalAddr().(*net.UDPAddr).AddrPort()
	in, packet := inboxOf(t, to, 4), make([]byte, 172)
	got := 0
	if n := testing.AllocsPerRun(200, func() {
		_, _ = from.WriteToAddrPort(packet, far)
		n, _ := in.Wait()
		for i := range n {
			if p, source, _ := in.Datagram(i); len(p) == len(packet) && source.IsValid() {
				got++
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if got < 200 {
		t.Errorf("%d of 200 packets came", got)
	}
}
