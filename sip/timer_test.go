package sip

import (
	"log/slog"
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
		if got := s.Cause(); got.Outcome != OutcomeExpired || got.By != Local {
			t.Errorf("cause is %+v", got)
		}
		s.post(func() { s.finished = true })
		<-s.gone
	})
}
