package sip

import (
	"io"
	"strings"
	"testing"
	"time"
)

func TestStreams(t *testing.T) {
	s := serve(t, Config{Handler: func(*Call) {}})
	t.Run("two messages in one segment", func(t *testing.T) {
		p := dialPeer(t, "tcp", s.Addr())
		p.send(p.request("OPTIONS", "") + p.request("OPTIONS", ""))
		p.await("SIP/2.0 200")
		p.await("SIP/2.0 200")
	})
	t.Run("one message in many", func(t *testing.T) {
		p := dialPeer(t, "tcp", s.Addr())
		text := p.request("OPTIONS", "")
		for len(text) > 0 {
			n := min(7, len(text))
			p.send(text[:n])
			text = text[n:]
		}
		p.await("SIP/2.0 200")
	})
	t.Run("keep-alive", func(t *testing.T) {
		p := dialPeer(t, "tcp", s.Addr())
		p.send("\r\n\r\n") // RFC 5626 §3.5.1
		pong := make([]byte, 2)
		if err := p.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(p.tcp, pong); err != nil || string(pong) != "\r\n" {
			t.Errorf("got %q, %v", pong, err)
		}
		p.send("\r\n" + p.request("OPTIONS", ""))
		p.await("SIP/2.0 200")
	})
	for name, text := range map[string]string{
		"no SIP":        "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
		"no length":     "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: a\r\n\r\n",
		"endless":       "OPTIONS sip:a@b SIP/2.0\r\nX: " + strings.Repeat("x", maxMessage),
		"endless lines": "OPTIONS sip:a@b SIP/2.0\r\n" + strings.Repeat("X: y\r\n", maxMessage/6),
	} {
		t.Run(name, func(t *testing.T) {
			p := dialPeer(t, "tcp", s.Addr())
			_, _ = io.WriteString(p.conn, text) // the server may close in the middle
			if err := p.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := p.tcp.ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
				t.Errorf("the connection is open: %v", err)
			}
		})
	}
	eventually(t, "broken streams are counted", func() bool { return s.Stats().Malformed == 4 })
}

func TestStreamsOfOneSourceAreBounded(t *testing.T) {
	s := serve(t, Config{Handler: func(*Call) {}})
	for range sourceStreams {
		dialPeer(t, "tcp", s.Addr())
	}
	dialPeer(t, "tcp", s.Addr())
	eventually(t, "one too many is refused", func() bool { return s.Stats().Refused == 1 })
}

func TestDatagramsThatAreNoSIP(t *testing.T) {
	s := serve(t, Config{Handler: func(*Call) {}})
	p := dialPeer(t, "udp", s.Addr())
	for _, text := range []string{"\r\n\r\n", "\x00\x00\x00\x00", "hello", strings.Repeat("x", 60000), "SIP/2.0 200 OK\r\n\r\n"} {
		p.send(text)
	}
	eventually(t, "they are counted", func() bool { st := s.Stats(); return st.Malformed+st.Invalid == 3 })
	p.quiet("SIP/2.0", 20*time.Millisecond)
	p.send(p.request("OPTIONS", ""))
	p.await("SIP/2.0 200")
}
