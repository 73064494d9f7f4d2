package webrtc

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	if _, err := NewAPI(Config{}); err == nil {
		t.Error("an API without a socket")
	}
	if _, err := NewAPI(Config{UDPAddr: "nowhere"}); err == nil {
		t.Error("an address without a port")
	}
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0"})
	for _, addr := range []netip.AddrPort{a.Addr(), a.TCPAddr()} {
		if addr.Addr().String() != "127.0.0.1" || addr.Port() == 0 {
			t.Errorf("listens on %v", addr)
		}
	}
	for _, taken := range []Config{{UDPAddr: a.Addr().String()}, {TCPAddr: a.TCPAddr().String()}} {
		if _, err := NewAPI(taken); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("a taken port: %v", err)
		}
	}
}

var candidateLine = regexp.MustCompile(`a=candidate:\S+ 1 (udp|tcp) \d+ (\S+) (\d+) typ host`)

// candidates lists protocol, address and port of the candidates in an SDP.
func candidates(sdp string) []string {
	var out []string
	for _, m := range candidateLine.FindAllStringSubmatch(sdp, -1) {
		out = append(out, strings.Join(m[1:], " "))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestCandidatesNameOurPorts(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Lite: true})
	offer := offerOf(t, a)
	want := []string{
		fmt.Sprintf("tcp 127.0.0.1 %d", a.TCPAddr().Port()),
		fmt.Sprintf("udp 127.0.0.1 %d", a.Addr().Port()),
	}
	if got := candidates(offer); !slices.Equal(got, want) {
		t.Errorf("candidates %q, not %q", got, want)
	}
	if !strings.Contains(offer, "a=ice-lite") || !strings.Contains(offer, "a=sendrecv") {
		t.Error("the offer lacks a=ice-lite or a=sendrecv")
	}
}

func TestAdvertisedAddressReplacesOurs(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", AdvertiseIPs: []string{"192.0.2.7"}, Lite: true})
	want := []string{fmt.Sprintf("udp 192.0.2.7 %d", a.Addr().Port())}
	if got := candidates(offerOf(t, a)); !slices.Equal(got, want) {
		t.Errorf("candidates %q, not %q", got, want)
	}
}

// TestEveryInterface: an address that names no interface means all of them, on one port; loopback is among them.
func TestEveryInterface(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0"} {
		a := newAPI(t, Config{UDPAddr: addr, Lite: true})
		got := candidates(offerOf(t, a))
		if !slices.Contains(got, fmt.Sprintf("udp 127.0.0.1 %d", a.Addr().Port())) {
			t.Errorf("%s: no loopback among %q", addr, got)
		}
		for _, c := range got {
			if !strings.HasSuffix(c, fmt.Sprintf(" %d", a.Addr().Port())) {
				t.Errorf("%s: %q is not on port %d", addr, c, a.Addr().Port())
			}
		}
		server, client := newEnd(t, a, PeerConfig{}), newEnd(t, newAPI(t, Config{UDPAddr: "127.0.0.1:0"}), PeerConfig{})
		connect(t, server, client)
	}
}
