package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"patchbay/media/codec"
	"patchbay/media/rtp"
)

func local() State {
	return State{Local: Local{
		Addr: netip.MustParseAddr("192.0.2.1"), Port: 20000, SessionID: 7,
		Codecs: []codec.Codec{codec.G722, codec.PCMU, codec.PCMA},
	}}
}

const head = "v=0\r\no=ann 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

func parse(t testing.TB, text string) *Description {
	t.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return d
}

func answer(t testing.TB, s State, offer string) State {
	t.Helper()
	next, err := Answer(s, parse(t, offer))
	if err != nil {
		t.Fatalf("%v for\n%s", err, offer)
	}
	return next
}

func TestAnswerText(t *testing.T) {
	got := answer(t, local(), "v=0\r\no=ann 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=3149328700 0\r\n"+
		"m=video 4002 RTP/AVP 31\r\nc=IN IP4 192.0.2.8\r\n"+
		"m=audio 4000 RTP/AVP 18 8 96 0 97\r\nc=IN IP4 192.0.2.9\r\n"+
		"a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\na=rtpmap:97 opus/48000/2\r\na=ptime:30\r\n").Said.String()
	want := strings.ReplaceAll(`v=0
o=- 7 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=3149328700 0
m=video 0 RTP/AVP 31
m=audio 20000 RTP/AVP 8 0 96
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=ptime:20
a=rtcp:20001
a=sendrecv
`, "\n", "\r\n")
	if got != want {
		t.Errorf("answer is\n%s\nwant\n%s", got, want)
	}
}

// TestDirections is the table of RFC 3264 §6.1, and of hold as §8.4 and RFC 2543 have it.
func TestDirections(t *testing.T) {
	for _, tc := range []struct {
		offered, addr string
		want          rtp.Direction // that we want
		said, agreed  rtp.Direction
		held          bool
	}{
		{"sendrecv", "192.0.2.9", rtp.SendRecv, rtp.SendRecv, rtp.SendRecv, false},
		{"sendonly", "192.0.2.9", rtp.SendRecv, rtp.RecvOnly, rtp.RecvOnly, true},
		{"recvonly", "192.0.2.9", rtp.SendRecv, rtp.SendOnly, rtp.SendOnly, false},
		{"inactive", "192.0.2.9", rtp.SendRecv, rtp.Inactive, rtp.Inactive, true},
		{"sendrecv", "0.0.0.0", rtp.SendRecv, rtp.RecvOnly, rtp.RecvOnly, true},
		{"inactive", "0.0.0.0", rtp.SendRecv, rtp.Inactive, rtp.Inactive, true},
		{"", "192.0.2.9", rtp.SendRecv, rtp.SendRecv, rtp.SendRecv, false},
		{"sendrecv", "192.0.2.9", rtp.SendOnly, rtp.SendOnly, rtp.SendOnly, false},
		{"sendonly", "192.0.2.9", rtp.SendOnly, rtp.Inactive, rtp.Inactive, true},
		{"sendrecv", "192.0.2.9", rtp.Inactive, rtp.Inactive, rtp.Inactive, false},
	} {
		for _, level := range []string{"media", "session"} {
			attribute := ""
			if tc.offered != "" {
				attribute = "a=" + tc.offered + "\r\n"
			}
			text := strings.Replace(head, "c=IN IP4 192.0.2.9", "c=IN IP4 "+tc.addr, 1)
			if level == "session" {
				text += attribute + "m=audio 4000 RTP/AVP 0\r\n"
			} else {
				text += "m=audio 4000 RTP/AVP 0\r\n" + attribute
			}
			s := local()
			s.Local.Direction = tc.want
			s = answer(t, s, text)
			if s.Said.Media[0].Direction != tc.said || s.Agreed.Remote.Direction != tc.agreed || s.Agreed.Held != tc.held {
				t.Errorf("%s %q %s, we want %v: said %v, agreed %v, held %v", level, tc.offered, tc.addr, tc.want,
					s.Said.Media[0].Direction, s.Agreed.Remote.Direction, s.Agreed.Held)
			}
		}
	}
}

func TestAgreed(t *testing.T) {
	for _, tc := range []struct {
		name, media string
		send        rtp.Format
		receive     int
		event       uint8
		rtcp        string
	}{
		{"static", "m=audio 4000 RTP/AVP 0 8\r\n", rtp.Format{Codec: codec.PCMU}, 2, 0, "invalid AddrPort"},
		{"theirs come first", "m=audio 4000 RTP/AVP 8 9 0\r\n", rtp.Format{Codec: codec.PCMA, PayloadType: 8}, 3, 0, "invalid AddrPort"},
		{"dynamic numbers", "m=audio 4000 RTP/AVP 99 100\r\na=rtpmap:99 g722/8000\r\na=rtpmap:100 telephone-event/8000\r\n",
			rtp.Format{Codec: codec.G722, PayloadType: 99}, 1, 100, "invalid AddrPort"},
		{"a map has precedence", "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMA/8000\r\n", rtp.Format{Codec: codec.PCMA}, 1, 0, "invalid AddrPort"},
		{"event of another clock", "m=audio 4000 RTP/AVP 0 98\r\na=rtpmap:98 telephone-event/48000\r\n", rtp.Format{Codec: codec.PCMU}, 1, 0, "invalid AddrPort"},
		{"the event of our clock", "m=audio 4000 RTP/AVP 0 98 97\r\na=rtpmap:98 telephone-event/48000\r\na=rtpmap:97 TELEPHONE-EVENT/8000\r\n",
			rtp.Format{Codec: codec.PCMU}, 1, 97, "invalid AddrPort"},
		{"rtcp", "m=audio 4000 RTP/AVP 0\r\na=rtcp:5001\r\n", rtp.Format{Codec: codec.PCMU}, 1, 0, "192.0.2.9:5001"},
		{"rtcp elsewhere", "m=audio 4000 RTP/AVP 0\r\na=rtcp:5001 IN IP4 192.0.2.10\r\n", rtp.Format{Codec: codec.PCMU}, 1, 0, "192.0.2.10:5001"},
		{"feedback profile", "m=audio 4000 RTP/AVPF 0\r\n", rtp.Format{Codec: codec.PCMU}, 1, 0, "invalid AddrPort"},
		{"numbers of RTCP", "m=audio 4000 RTP/AVP 72 0\r\na=rtpmap:72 PCMA/8000\r\n", rtp.Format{Codec: codec.PCMU}, 1, 0, "invalid AddrPort"},
		{"broken map", "m=audio 4000 RTP/AVP 96 0\r\na=rtpmap:96 LPC\r\n", rtp.Format{Codec: codec.PCMU}, 1, 0, "invalid AddrPort"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := answer(t, local(), head+tc.media).Agreed.Remote
			if r.Send != tc.send || len(r.Receive) != tc.receive || r.SendEventPT != tc.event || r.ReceiveEventPT != tc.event ||
				r.RTCP.String() != tc.rtcp || r.RTP.String() != "192.0.2.9:4000" {
				t.Errorf("agreed on %+v", r)
			}
		})
	}
}

func TestAnswerRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       error
	}{
		{"no media", head, ErrNoAudio},
		{"only video", head + "m=video 4000 RTP/AVP 31\r\n", ErrNoAudio},
		{"switched off", head + "m=audio 0 RTP/AVP 0\r\n", ErrNoAudio},
		{"unknown codecs", head + "m=audio 4000 RTP/AVP 3 18\r\n", ErrNoCodec},
		{"SRTP", head + "m=audio 4000 RTP/SAVP 0\r\n", ErrSecure},
		{"DTLS", head + "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", ErrSecure},
		{"other transport", head + "m=audio 4000 TCP/RTP/AVP 0\r\n", ErrTransport},
		{"other family", strings.ReplaceAll(head, "c=IN IP4 192.0.2.9", "c=IN IP6 2001:db8::1") + "m=audio 4000 RTP/AVP 0\r\n", ErrAddress},
		{"name", strings.ReplaceAll(head, "c=IN IP4 192.0.2.9", "c=IN IP4 media.example.com") + "m=audio 4000 RTP/AVP 0\r\n", ErrAddress},
		{"multicast", strings.ReplaceAll(head, "c=IN IP4 192.0.2.9", "c=IN IP4 224.2.1.1/127") + "m=audio 4000 RTP/AVP 0\r\n", ErrAddress},
		{"no address", strings.ReplaceAll(head, "c=IN IP4 192.0.2.9\r\n", "") + "m=audio 4000 RTP/AVP 0\r\n", ErrAddress},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Answer(local(), parse(t, tc.text)); !errors.Is(err, tc.want) {
				t.Errorf("error is %v, want %v", err, tc.want)
			}
		})
	}
}

func TestSecureBesidePlain(t *testing.T) {
	s := answer(t, local(), head+"m=audio 4000 RTP/SAVP 0\r\nm=audio 4002 RTP/AVP 0\r\n")
	if s.Index != 1 || s.Said.Media[0].Port != 0 || s.Said.Media[1].Port != 20000 {
		t.Errorf("answered\n%s", s.Said)
	}
}

func TestIPv6(t *testing.T) {
	s := local()
	s.Local.Addr = netip.MustParseAddr("2001:db8::1")
	s = answer(t, s, "v=0\r\no=- 1 1 IN IP6 2001:db8::9\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::9\r\n")
	if !strings.Contains(s.Said.String(), "c=IN IP6 2001:db8::1\r\n") || s.Agreed.Remote.RTP.String() != "[2001:db8::9]:4000" {
		t.Errorf("agreed on %v by\n%s", s.Agreed.Remote.RTP, s.Said)
	}
}

func TestSessionOverTime(t *testing.T) {
	s := local()
	for i, step := range []struct {
		media   string
		version uint64
		index   int
		ports   []int
	}{
		{"m=audio 4000 RTP/AVP 0\r\n", 1, 0, []int{20000}},
		{"m=audio 4000 RTP/AVP 0\r\n", 1, 0, []int{20000}},
		{"m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", 2, 0, []int{20000}},
		{"m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 31\r\n", 3, 0, []int{20000, 0}},
		{"m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 31\r\n", 4, 0, []int{0, 0}},
		{"m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 8\r\n", 5, 2, []int{0, 0, 20000}},
		{"m=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 8\r\n", 5, 2, []int{0, 0, 20000}},
	} {
		s = answer(t, s, head+step.media)
		var ports []int
		for _, m := range s.Said.Media {
			ports = append(ports, m.Port)
		}
		if s.Said.Version != step.version || s.Index != step.index || !slices.Equal(ports, step.ports) {
			t.Errorf("step %d: version %d, index %d, ports %v; want %+v", i, s.Said.Version, s.Index, ports, step)
		}
	}
	before := s
	after, err := Answer(s, parse(t, head+"m=audio 4000 RTP/AVP 0\r\n")) // RFC 3264 §8: lines are never taken away
	if !errors.Is(err, ErrMismatch) || after.Said != before.Said {
		t.Errorf("error %v", err)
	}
}

func TestOfferAndAccept(t *testing.T) {
	for _, tc := range []struct {
		name, media string
		send        rtp.Format
		receive     []uint8
		sendEvent   uint8
		direction   rtp.Direction
		err         error
	}{
		{"first of several", "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n",
			rtp.Format{Codec: codec.PCMA, PayloadType: 8}, []uint8{8, 0}, 101, rtp.SendRecv, nil},
		{"other numbers", "m=audio 4000 RTP/AVP 120 121\r\na=rtpmap:120 G722/8000\r\na=rtpmap:121 telephone-event/8000\r\n",
			rtp.Format{Codec: codec.G722, PayloadType: 120}, []uint8{9}, 121, rtp.SendRecv, nil},
		{"without events", "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", rtp.Format{Codec: codec.PCMU}, []uint8{0}, 0, rtp.SendOnly, nil},
		{"rejected", "m=audio 0 RTP/AVP 0\r\n", rtp.Format{}, nil, 0, 0, ErrNoCodec},
		{"what was not offered", "m=audio 4000 RTP/AVP 3\r\n", rtp.Format{}, nil, 0, 0, ErrNoCodec},
		{"too many lines", "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\n", rtp.Format{}, nil, 0, 0, ErrMismatch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			offer := Offer(local())
			s, err := Accept(offer, parse(t, head+tc.media))
			if !errors.Is(err, tc.err) || tc.err == nil && err != nil {
				t.Fatalf("error is %v, want %v", err, tc.err)
			}
			if err != nil {
				return
			}
			r := s.Agreed.Remote
			var receive []uint8
			for _, f := range r.Receive {
				receive = append(receive, f.PayloadType)
			}
			wantEvent := uint8(0)
			if tc.sendEvent != 0 {
				wantEvent = eventPT
			}
			if r.Send != tc.send || !slices.Equal(receive, tc.receive) || r.SendEventPT != tc.sendEvent ||
				r.ReceiveEventPT != wantEvent || r.Direction != tc.direction {
				t.Errorf("agreed on %+v", r)
			}
		})
	}
}

// TestOfferKeepsNumbers is RFC 3264 §8.3.2: within a session a payload type never changes its meaning.
func TestOfferKeepsNumbers(t *testing.T) {
	s := answer(t, local(), head+"m=video 4002 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 101 9\r\na=rtpmap:101 PCMU/8000\r\na=rtpmap:9 PCMA/8000\r\n")
	offer := Offer(s).Said.Media
	if len(offer) != 2 || offer[0].Port != 0 {
		t.Fatalf("offered %+v", offer)
	}
	seen := make(map[uint8]string)
	for _, m := range offer[1].Maps {
		if name, twice := seen[m.PayloadType]; twice {
			t.Errorf("%d is %s and %s", m.PayloadType, name, m.Name)
		}
		seen[m.PayloadType] = m.Name
	}
	if seen[101] != "PCMU" || seen[9] != "PCMA" || len(seen) != 4 {
		t.Errorf("offered %v", seen)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no version": "o=- 1 1 IN IP4 192.0.2.9\r\n", "other version": "v=1\r\n", "no origin": "v=0\r\ns=-\r\n",
		"version twice": "v=0\r\nv=0\r\n", "no equals sign": head + "m audio\r\n", "white space": head + "m =audio 1 RTP/AVP 0\r\n",
		"port": head + "m=audio 65536 RTP/AVP 0\r\n", "negative port": head + "m=audio -1 RTP/AVP 0\r\n",
		"no format": head + "m=audio 4000 RTP/AVP\r\n", "format": head + "m=audio 4000 RTP/AVP 128\r\n",
		"family": "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nc=IN IP6 192.0.2.9\r\n", "network": head + "c=ATM NSAP 1\r\n",
		"rtcp": head + "m=audio 4000 RTP/AVP 0\r\na=rtcp:x\r\n", "nul": head + "s=\x00\r\n",
		"many media":   head + strings.Repeat("m=audio 4000 RTP/AVP 0\r\n", maxMedia+1),
		"many formats": head + "m=audio 4000 RTP/AVP" + strings.Repeat(" 0", maxFormats+1) + "\r\n",
		"many lines":   head + strings.Repeat("a=x\r\n", maxLines),
		"long":         head + "a=" + strings.Repeat("x", MaxSize),
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestParseTakesLF(t *testing.T) {
	if d := parse(t, strings.ReplaceAll(head+"m=audio 4000/2 RTP/AVP 0\r\n", "\r\n", "\n")); d.Media[0].Port != 4000 {
		t.Errorf("parsed %+v", d)
	}
}

// FuzzAnswer checks what must hold for any offer that is answered.
func FuzzAnswer(f *testing.F) {
	for _, media := range []string{
		"m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n",
		"m=video 4000 RTP/AVP 31\r\nm=audio 4000 RTP/AVPF 96\r\na=rtpmap:96 G722/8000\r\na=rtcp:1 IN IP4 192.0.2.1\r\n",
		"c=IN IP4 0.0.0.0\r\nm=audio 0 RTP/SAVP 0\r\na=fmtp:0 x\r\n",
	} {
		f.Add([]byte(head + media))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		offer, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrSyntax) {
				t.Fatalf("error %v", err)
			}
			return
		}
		s, err := Answer(local(), offer)
		if err != nil {
			return
		}
		if err := consistent(s, offer); err != nil {
			t.Fatal(err)
		}
		// We understand ourselves, and answer the same offer the same way.
		again := parse(t, s.Said.String())
		if again.String() != s.Said.String() {
			t.Fatalf("wrote\n%s\nread\n%s", s.Said, again)
		}
		repeated, err := Answer(s, offer)
		if err != nil || repeated.Said.String() != s.Said.String() {
			t.Fatalf("second answer differs: %v\n%s\n%s", err, s.Said, repeated.Said)
		}
		Offer(s)
	})
}

func consistent(s State, offer *Description) error {
	if len(s.Said.Media) != len(offer.Media) {
		return fmt.Errorf("%d lines for %d", len(s.Said.Media), len(offer.Media)) // RFC 3264 §6
	}
	for i, m := range s.Said.Media {
		if m.Kind != offer.Media[i].Kind || m.Proto != offer.Media[i].Proto || m.Port != 0 && i != s.Index {
			return fmt.Errorf("line %d is %+v for %+v", i, m, offer.Media[i])
		}
	}
	d, theirs := s.Agreed.Remote.Direction, &offer.Media[s.Index]
	if d.Sends() && !theirs.Direction.Receives() || d.Receives() && !theirs.Direction.Sends() {
		return fmt.Errorf("%v for %v", d, theirs.Direction)
	}
	return nil
}
