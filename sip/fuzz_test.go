package sip

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

// FuzzMessage gives a server any bytes as a datagram and as a stream. It must live, refuse what validate refuses, and
// answer with what can be parsed again.
func FuzzMessage(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(torture(f), "*", "*.dat"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	sink, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		f.Fatal(err)
	}
	defer sink.Close()
	s := serve(f, Config{Handler: func(*Call) {}, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	remote := addrPort(sink.LocalAddr())
	buf := make([]byte, maxMessage)
	f.Fuzz(func(t *testing.T, text []byte) {
		msg, err := s.ep.parser.ParseSIP(text)
		if req, ok := msg.(*siplib.Request); ok && err == nil {
			// Answers come to the sink by rport, one whole message each.
			if via := req.Via(); via != nil {
				via.Params.Add("rport", "")
			}
		}
		s.ep.message(msg, err, flow{ep: s.ep, remote: remote})
		stream := s.ep.parser.NewSIPStream()
		defer stream.Close()
		if _, err := stream.Write(text); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if _, _, err := stream.ParseNext(); err != nil {
				break
			}
		}
		if err := sink.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := sink.Read(buf)
			if err != nil {
				return
			}
			if _, err := newParser().ParseSIP(buf[:n]); err != nil {
				t.Fatalf("we sent what is no SIP: %v\n%s", err, buf[:n])
			}
		}
	})
}

func FuzzDigit(f *testing.F) {
	f.Add("Signal=5\r\nDuration=160\r\n")
	f.Add("#")
	f.Fuzz(func(t *testing.T, body string) {
		digit, ok := readDigit(body)
		if ok != (digit != 0) {
			t.Fatalf("%q is %q, %v", body, digit, ok)
		}
	})
}

func FuzzAddresses(f *testing.F) {
	f.Add(`"Bo, B." <sip:bo@example.com>, <tel:+12025550102>`)
	f.Fuzz(func(t *testing.T, list string) {
		total := 0
		for _, part := range splitAddresses(list) {
			total += len(part)
		}
		if total > len(list) {
			t.Fatalf("%q grew to %d bytes", list, total)
		}
		tighten(list)
	})
}
