package webrtc

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestCloseWaitsForNobody: who connects and sends nothing does not hold up the end.
func TestCloseWaitsForNobody(t *testing.T) {
	a, err := NewAPI(Config{TCPAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", a.TCPAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	silent, loud := dial(), dial()
	if _, err := loud.Write([]byte{0, 4, 'n', 'o', 'n', 'e'}); err != nil { // a packet that is no STUN: it is hung up on
		t.Fatal(err)
	}
	if _, err := io.ReadAll(loud); err != nil { // so both have been accepted, one after the other
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- a.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second): // pion's own limit is 30 s
		t.Fatal("the API waits for a connection that says nothing")
	}
	if _, err := io.ReadAll(silent); err != nil {
		t.Errorf("the silent connection: %v", err)
	}
}
