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
	t.Cleanup(func() { _ = u.Close() })
	c, err := New(u)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDatagramsArrive(t *testing.T) {
	for _, tt := range []struct{ network, from, to string }{
		{"udp", "127.0.0.1:0", "127.0.0.1:0"}, {"udp", "[::1]:0", "[::1]:0"}, {"udp", ":0", "127.0.0.1:0"}, {"udp", ":0", "[::1]:0"},
		{"udp4", "0.0.0.0:0", "127.0.0.1:0"},
	} {
		from, to := open(t, tt.network, tt.from), open(t, "udp", tt.to)
		at := to.LocalAddr().(*net.UDPAddr)
		mapped := netip.AddrPortFrom(netip.AddrFrom16(at.AddrPort().Addr().As16()), uint16(at.Port))
		for i, write := range []func([]byte) (int, error){
			func(p []byte) (int, error) { return from.WriteToUDPAddrPort(p, at.AddrPort()) },
			func(p []byte) (int, error) { return from.WriteToAddrPort(p, mapped) },
			func(p []byte) (int, error) { return from.WriteTo(p, at) },
		} {
			if n, err := write([]byte("hello")); n != 5 || err != nil {
				t.Fatalf("%s to %s, way %d: %d, %v", tt.from, at, i, n, err)
			}
			buf := make([]byte, 10)
			if err := to.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			n, source, err := to.ReadFromAddrPort(buf)
			if err != nil || string(buf[:n]) != "hello" || int(source.Port()) != from.LocalAddr().(*net.UDPAddr).Port {
				t.Fatalf("%s to %s, way %d: %q from %s, %v", tt.from, at, i, buf[:n], source, err)
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
	raw, err := near.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	c := &Conn{raw: raw, to: &syscall.SockaddrUnix{Name: name}}
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
		_ = near.Close() // wakes the writer
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
