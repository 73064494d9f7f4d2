package webrtc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// offerOf gives what another peer offers.
func offerOf(t testing.TB, a *API) string {
	t.Helper()
	p, err := a.NewPeer(PeerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	offer, err := p.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return offer
}

func TestUnusableDescriptions(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	offer := offerOf(t, a)
	for name, sdp := range map[string]string{
		"empty":            "",
		"no SDP":           "hello",
		"cut short":        offer[:40],
		"too long":         offer + strings.Repeat("a=x\r\n", maxDescription/5),
		"no audio":         strings.ReplaceAll(offer, "m=audio", "m=video"),
		"audio refused":    strings.Replace(offer, "m=audio 9", "m=audio 0", 1),
		"no media":         offer[:strings.Index(offer, "m=audio")],
		"no codec of ours": withOnlyCodec(offer, "ISAC/16000"),
		"no fingerprint":   without(offer, "a=fingerprint"),
		"no ICE password":  without(offer, "a=ice-pwd"),
	} {
		t.Run(name, func(t *testing.T) {
			client := newEnd(t, b, PeerConfig{})
			if _, err := client.Accept(t.Context(), sdp); !errors.Is(err, ErrDescription) {
				t.Errorf("offer: %v", err)
			}
			server := newEnd(t, a, PeerConfig{})
			if _, err := server.Offer(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := server.Answer(sdp); !errors.Is(err, ErrDescription) {
				t.Errorf("answer: %v", err)
			}
		})
	}
}

func without(sdp, line string) string {
	var kept []string
	for l := range strings.Lines(sdp) {
		if !strings.HasPrefix(l, line) {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "")
}

func withOnlyCodec(sdp, name string) string {
	var kept []string
	for l := range strings.Lines(sdp) {
		switch {
		case strings.HasPrefix(l, "m=audio"):
			l = "m=audio 9 UDP/TLS/RTP/SAVPF 103\r\na=rtpmap:103 " + name + "\r\n"
		case strings.HasPrefix(l, "a=rtpmap"), strings.HasPrefix(l, "a=fmtp"):
			continue
		}
		kept = append(kept, l)
	}
	return strings.Join(kept, "")
}

func TestAnswerOutOfTurn(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	offer, err := server.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Accept(t.Context(), offer)
	if err != nil {
		t.Fatal(err)
	}
	other := newEnd(t, a, PeerConfig{})
	if err := other.Answer(answer); !errors.Is(err, ErrDescription) {
		t.Errorf("an answer without an offer: %v", err)
	}
	if err := server.Answer(answer); err != nil {
		t.Fatal(err)
	}
	if err := server.Answer(answer); !errors.Is(err, ErrDescription) {
		t.Errorf("an answer twice: %v", err)
	}
}

func TestUnusableCandidates(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	connect(t, server, client)
	for name, c := range map[string]string{
		"nonsense":    "nonsense",
		"bad port":    "candidate:1 1 udp 1 127.0.0.1 99999999 typ host",
		"bad address": "candidate:1 1 udp 1 not-an-address 9 typ host",
		"too long":    "candidate:1 1 udp 1 127.0.0.1 9 typ host " + strings.Repeat("x", maxCandidate),
	} {
		t.Run(name, func(t *testing.T) {
			if err := server.AddCandidate(Candidate{Candidate: c}); !errors.Is(err, ErrCandidate) {
				t.Errorf("taken: %v", err)
			}
		})
	}
}

func TestCandidatesAreCounted(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	p := newEnd(t, a, PeerConfig{})
	for i := range maxCandidates {
		c := fmt.Sprintf("candidate:%d 1 udp 1 127.0.0.1 %d typ host", i, 1000+i)
		if err := p.AddCandidate(Candidate{Candidate: c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.AddCandidate(Candidate{Candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host"}); !errors.Is(err, ErrCandidate) {
		t.Errorf("one too many: %v", err)
	}
}

// FuzzRemote feeds a stranger's description and candidate to both roles.
func FuzzRemote(f *testing.F) {
	a, err := NewAPI(Config{UDPAddr: "127.0.0.1:0", Lite: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = a.Close() })
	offer := offerOf(f, a)
	f.Add(offer, "candidate:1 1 udp 1 127.0.0.1 9 typ host")
	f.Add(withOnlyCodec(offer, "PCMU/8000"), "candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype passive")
	f.Add(strings.Replace(offer, "m=audio", "m=video", 1), "")
	f.Add(offer[:len(offer)/2], "candidate:")
	f.Fuzz(func(t *testing.T, sdp, candidate string) {
		for _, answer := range []bool{false, true} {
			p, err := a.NewPeer(PeerConfig{})
			if err != nil {
				t.Fatal(err)
			}
			if answer {
				if _, err := p.Offer(t.Context()); err != nil {
					t.Fatal(err)
				}
				err = p.Answer(sdp)
			} else {
				_, err = p.Accept(t.Context(), sdp)
			}
			if err == nil || errors.Is(err, ErrDescription) {
				err = p.AddCandidate(Candidate{Candidate: candidate})
			}
			if err != nil && !errors.Is(err, ErrDescription) && !errors.Is(err, ErrCandidate) {
				t.Errorf("neither taken nor refused: %v", err)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
