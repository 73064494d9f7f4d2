package rtp

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"patchbay/media"
	"patchbay/media/codec"
)

var loopback = netip.MustParseAddr("127.0.0.1")

// testPool finds n pairs of ports that are free now.
func testPool(t *testing.T, pairs int) *PortPool {
	t.Helper()
	for range 50 {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback.AsSlice()})
		if err != nil {
			t.Fatal(err)
		}
		port := c.LocalAddr().(*net.UDPAddr).Port &^ 1
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		free := port+2*pairs < 1<<16
		for i := 0; free && i < pairs; i++ {
			a, b, err := listenPair(loopback, port+2*i)
			if free = err == nil; free {
				_, _ = a.Close(), b.Close()
			}
		}
		if free {
			p, err := NewPortPool(uint16(port), uint16(port+2*pairs-1), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	t.Fatal("no free ports")
	return nil
}

func testSession(t *testing.T, p *PortPool, change ...func(*SessionConfig)) *Session {
	t.Helper()
	cfg := SessionConfig{Ports: p, Local: loopback, Formats: []Format{Default(codec.PCMU)}, EventPT: testEventPT}
	for _, c := range change {
		c(&cfg)
	}
	s, err := NewSession(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (s *Session) addr() netip.AddrPort {
	return netip.AddrPortFrom(s.rtp.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), uint16(s.port))
}

// hears takes a packet as if it had been read from the socket.
func (s *Session) hears(pkt []byte, from netip.AddrPort, at time.Time) {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.takeRTP(pkt, from, at)
}

func mustRemote(t *testing.T, s *Session, r Remote) {
	t.Helper()
	if r.Send == (Format{}) {
		r.Send, r.SendEventPT = Default(codec.PCMU), testEventPT
	}
	if err := s.SetRemote(r); err != nil {
		t.Fatal(err)
	}
}

// converse lets two legs exchange Frames at 20 ms and returns what b heard of a's tone in n Frames.
func converse(a, b *Session, n int) []int16 {
	src := tone{hz: 911, amplitude: 8000}
	var f media.Frame
	var heard []int16
	tick := time.NewTicker(media.FrameDuration)
	defer tick.Stop()
	for range n {
		<-tick.C
		src.next(&f)
		a.WriteFrame(&f)
		f = media.Frame{}
		b.WriteFrame(&f)
		a.ReadFrame(&f)
		f = media.Frame{}
		b.ReadFrame(&f)
		heard = append(heard, f[:]...)
	}
	return heard
}

func wantEvent(t *testing.T, s *Session, kind EventKind) Event {
	t.Helper()
	deadline := time.After(5 * time.Second)
	for {
		select {
		case e := <-s.Events():
			if e.Kind == kind {
				return e
			}
		case <-deadline:
			t.Fatalf("event %d never came", kind)
		}
	}
}

func TestTwoSessionsTalk(t *testing.T) {
	for _, local := range []string{"127.0.0.1", "::1"} {
		p := testPool(t, 2)
		fast := func(c *SessionConfig) { c.RTCPInterval = 40 * time.Millisecond; c.Local = netip.MustParseAddr(local) }
		a, b := testSession(t, p, fast), testSession(t, p, fast)
		mustRemote(t, a, Remote{RTP: b.addr()})
		mustRemote(t, b, Remote{RTP: a.addr()})
		if err := a.SendDigit('7', 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		heard := converse(a, b, 60)
		if l := loudness(heard[len(heard)-8000:], 911); l < 6500 || l > 9000 {
			t.Errorf("%s: tone of 8000 is heard with %.0f", local, l)
		}
		if e := wantEvent(t, b, EventDigit); e.Digit.Rune != '7' {
			t.Errorf("%s: digit %q", local, e.Digit.Rune)
		}
		st := a.Stats()
		if st.RTT <= 0 || st.RTT > time.Second || st.RTCPBad != 0 || st.Source != b.addr() || st.Receiver.Lost != 0 {
			t.Errorf("%s: %+v", local, st)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		wantEvent(t, b, EventBye)
		if err := a.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	}
}

func TestDirectionIsHonoured(t *testing.T) {
	p := testPool(t, 2)
	a, b := testSession(t, p), testSession(t, p)
	for _, tt := range []struct {
		direction Direction
		speaks    bool // a to b
		hears     bool // a hears b
	}{{SendRecv, true, true}, {SendOnly, true, false}, {RecvOnly, false, true}, {Inactive, false, false}, {SendRecv, true, true}} {
		mustRemote(t, a, Remote{RTP: b.addr(), Direction: tt.direction})
		mustRemote(t, b, Remote{RTP: a.addr()})
		sentA, sentB := a.Stats().Sender.Packets, b.Stats().Sender.Packets
		gotA, gotB := a.Stats().Receiver.Received, b.Stats().Receiver.Received
		converse(a, b, 15)
		if speaks := a.Stats().Sender.Packets > sentA && b.Stats().Receiver.Received > gotB; speaks != tt.speaks {
			t.Errorf("%s: speaks %v", tt.direction, speaks)
		}
		if b.Stats().Sender.Packets != sentB+15 {
			t.Errorf("%s: the other end stopped", tt.direction)
		}
		if hears := a.Stats().Receiver.Received > gotA; hears != tt.hears {
			t.Errorf("%s: hears %v", tt.direction, hears)
		}
	}
}

// peer is a far end made of bare sockets.
type peer struct {
	*net.UDPConn
	seq uint16
	ts  uint32
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &peer{UDPConn: c}
}

func (p *peer) addr() netip.AddrPort { return p.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *peer) speak(t *testing.T, to netip.AddrPort, ssrc uint32) {
	t.Helper()
	p.seq++
	p.ts += 160
	if _, err := p.WriteToUDPAddrPort(packet(0, p.seq, p.ts, ssrc, make([]byte, 160)...), to); err != nil {
		t.Fatal(err)
	}
}

// until polls: the kernel delivers datagrams in its own time.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s never came true", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestMediaFollowsTheSourceOnceAndThenNobody(t *testing.T) {
	s := testSession(t, testPool(t, 1))
	far, evil := newPeer(t), newPeer(t)
	sdp := netip.MustParseAddrPort("192.0.2.1:4000") // behind a NAT: the SDP's address never speaks
	mustRemote(t, s, Remote{RTP: sdp})
	far.speak(t, s.addr(), 1)
	far.speak(t, s.addr(), 1) // one packet alone may be anybody's
	until(t, "latching", func() bool { return s.Stats().Source == far.addr() })
	evil.speak(t, s.addr(), 2)
	evil.speak(t, s.addr(), 2)
	evil.speak(t, s.addr(), 1) // even with the SSRC of the far end
	until(t, "refusing", func() bool { return s.Stats().Foreign == 4 })
	var f media.Frame
	s.WriteFrame(&f)
	buf := make([]byte, 1500)
	if err := far.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, from, err := far.ReadFromUDPAddrPort(buf); err != nil || n != headerSize+160 || from != s.addr() {
		t.Errorf("%d bytes from %s, %v", n, from, err)
	}
	if st := s.Stats(); st.Receiver.Received != 1 || st.Source != far.addr() {
		t.Errorf("%+v", st)
	}
}

func TestGarbageIsCountedAndLatchesNothing(t *testing.T) {
	var totals Totals
	s := testSession(t, testPool(t, 1), func(c *SessionConfig) { c.Totals = &totals })
	far := newPeer(t)
	mustRemote(t, s, Remote{RTP: netip.MustParseAddrPort("192.0.2.1:4000")})
	garbage := [][]byte{{}, {0x80}, make([]byte, 200), packet(77, 1, 1, 1, 1, 2, 3), []byte("OPTIONS sip:x SIP/2.0\r\n\r\n")}
	for _, g := range garbage {
		if _, err := far.WriteToUDPAddrPort(g, s.addr()); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "counting", func() bool { return s.Stats().Receiver.Malformed == uint64(len(garbage)) })
	if st := s.Stats(); st.Source.IsValid() {
		t.Errorf("latched to garbage from %s", st.Source)
	}
	want := TotalStats{Open: 1, Malformed: uint64(len(garbage))}
	if got := totals.Stats(); got != want {
		t.Errorf("the total is %+v, want %+v", got, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want.Open = 0 // what was counted stays
	if got := totals.Stats(); got != want {
		t.Errorf("after the end the total is %+v, want %+v", got, want)
	}
}

func TestTimeoutIsAnEvent(t *testing.T) {
	s := testSession(t, testPool(t, 1), func(c *SessionConfig) { c.Timeout = 50 * time.Millisecond })
	far := newPeer(t)
	mustRemote(t, s, Remote{RTP: far.addr()})
	wantEvent(t, s, EventTimeout)
	far.speak(t, s.addr(), 1)
	wantEvent(t, s, EventResumed)
	wantEvent(t, s, EventTimeout)
	mustRemote(t, s, Remote{RTP: far.addr(), Direction: SendOnly})
	far.speak(t, s.addr(), 1)
	wantEvent(t, s, EventResumed)
	var f media.Frame
	s.WriteFrame(&f) // goes on as if nothing were
	if st := s.Stats(); st.Sender.Packets != 1 {
		t.Errorf("%+v", st)
	}
}

func TestHoldOfOldGoesNowhere(t *testing.T) {
	s := testSession(t, testPool(t, 1))
	mustRemote(t, s, Remote{RTP: netip.MustParseAddrPort("0.0.0.0:4000")}) // RFC 3264 §8.4
	var f media.Frame
	s.WriteFrame(&f)
	if st := s.Stats(); st.Sender.Packets != 0 || st.Sender.Errors != 0 {
		t.Errorf("%+v", st)
	}
}

func TestSessionFastPathDoesNotAllocate(t *testing.T) {
	s := testSession(t, testPool(t, 1))
	far := newPeer(t)
	mustRemote(t, s, Remote{RTP: far.addr()})
	pkt := packet(0, 0, 0, 1, make([]byte, 160)...)
	var f media.Frame
	at := time.Now().Add(-50 * time.Millisecond) // so that each packet is due at once
	n := uint16(0)
	if a := testing.AllocsPerRun(200, func() {
		n++
		pkt[2], pkt[3] = byte(n>>8), byte(n)
		pkt[6], pkt[7] = byte(n*160>>8), byte(n*160)
		s.hears(pkt, far.addr(), at)
		s.ReadFrame(&f)
		s.WriteFrame(&f)
	}); a != 0 {
		t.Errorf("%g allocations for a Frame each way", a)
	}
	if st := s.Stats(); st.Sender.Packets < 200 || st.Receiver.Received < 200 {
		t.Errorf("%+v", st)
	}
}

func TestReportsFollowRFC3550(t *testing.T) {
	s := testSession(t, testPool(t, 1))
	far := newPeer(t)
	mustRemote(t, s, Remote{RTP: far.addr()})
	now := time.Now()
	for i := range uint16(10) {
		if i != 4 && i != 5 {
			s.hears(packet(0, i, uint32(i)*160, 99, make([]byte, 160)...), far.addr(), now.Add(time.Duration(i)*media.FrameDuration))
		}
	}
	sr, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 99, NTPTime: 0x1122334455667788}})
	if err != nil {
		t.Fatal(err)
	}
	s.takeRTCP(sr, far.addr(), now)
	unpack := func(bye bool) []rtcp.Packet {
		t.Helper()
		pkt, err := s.reports.compound(s, now.Add(time.Second), bye)
		if err != nil {
			t.Fatal(err)
		}
		packets, err := rtcp.Unmarshal(pkt)
		if err != nil {
			t.Fatal(err)
		}
		return packets
	}
	rr, ok := unpack(false)[0].(*rtcp.ReceiverReport)
	if !ok || len(rr.Reports) != 1 {
		t.Fatalf("before we spoke: %+v", rr)
	}
	want := rtcp.ReceptionReport{
		SSRC: 99, FractionLost: 256 * 2 / 10, TotalLost: 2, LastSequenceNumber: 9, LastSenderReport: 0x33445566, Delay: 65536,
	}
	if rr.Reports[0] != want {
		t.Errorf("got %+v\nwant %+v", rr.Reports[0], want)
	}
	var f media.Frame
	s.WriteFrame(&f)
	sent, ok := unpack(false)[0].(*rtcp.SenderReport)
	if !ok || sent.PacketCount != 1 || sent.OctetCount != 160 {
		t.Fatalf("after we spoke: %+v", sent)
	}
	last := unpack(true)
	if _, ok := last[1].(*rtcp.SourceDescription); !ok {
		t.Errorf("no SDES: %+v", last)
	}
	if bye, ok := last[2].(*rtcp.Goodbye); !ok || bye.Sources[0] != s.Stats().Sender.SSRC {
		t.Errorf("no BYE: %+v", last)
	}
	if _, ok := unpack(false)[0].(*rtcp.ReceiverReport); !ok {
		t.Error("two reports after we fell silent it is still an SR")
	}
}

func TestRoundTripTime(t *testing.T) {
	var p reporter
	at := time.Now()
	sentAt := ntp(at.Add(-500*time.Millisecond)) >> 16
	rr, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 99, Reports: []rtcp.ReceptionReport{
		{SSRC: 5, FractionLost: 64, LastSenderReport: uint32(sentAt), Delay: 65536 * 2 / 5},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.take(rr, at, 5, 99); err != nil {
		t.Fatal(err)
	}
	if rtt, lost := p.seen(); rtt < 99*time.Millisecond || rtt > 101*time.Millisecond || lost != 0.25 {
		t.Errorf("round trip %v, want 100 ms; %.2f lost, want 0.25", rtt, lost)
	}
}

func FuzzRTCP(f *testing.F) {
	seed, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{SSRC: 99, Reports: []rtcp.ReceptionReport{{SSRC: 5, LastSenderReport: 7}}},
		rtcp.NewCNAMESourceDescription(99, "x"), &rtcp.Goodbye{Sources: []uint32{99}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:30])
	f.Add([]byte{0x80, 201, 0, 0})
	f.Fuzz(func(t *testing.T, pkt []byte) {
		var p reporter
		_, err := p.take(pkt, time.Unix(1_700_000_000, 0), 5, 99)
		if err != nil && !errors.Is(err, ErrRTCP) {
			t.Fatal(err)
		}
		if rtt, lost := p.seen(); rtt < 0 || lost < 0 || lost > 1 {
			t.Fatalf("round trip %v, %f lost", rtt, lost)
		}
	})
}

// TestKeyWhoseEndIsLost: the far end says that a key is down and then nothing any more, as with silence suppression.
func TestKeyWhoseEndIsLost(t *testing.T) {
	s := testSession(t, testPool(t, 1))
	far := newPeer(t)
	mustRemote(t, s, Remote{RTP: far.addr()})
	press := func(seq uint16, ts uint32, key byte) {
		if _, err := far.WriteToUDPAddrPort(packet(testEventPT, seq, ts, 1, key, 10, 0, 160), s.addr()); err != nil {
			t.Fatal(err)
		}
	}
	press(1, 8000, 5)
	press(2, 8000, 5)
	if e := wantEvent(t, s, EventDigit); e.Digit.Rune != '5' || e.Digit.Duration != 20*time.Millisecond {
		t.Errorf("digit is %+v", e.Digit)
	}
	press(3, 8000, 5) // late, of the press that was given up
	press(4, 16000, 6)
	if e := wantEvent(t, s, EventDigit); e.Digit.Rune != '6' {
		t.Errorf("digit is %+v", e.Digit)
	}
	far.seq, far.ts = 4, 24000
	far.speak(t, s.addr(), 1) // the reader goes on
	until(t, "reading on", func() bool { return s.Stats().Receiver.Received == 5 })
}

func TestUseAfterClose(t *testing.T) {
	s := testSession(t, testPool(t, 1))
	mustRemote(t, s, Remote{RTP: newPeer(t).addr()})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.SendDigit('1', time.Second); !errors.Is(err, ErrClosed) {
		t.Errorf("SendDigit: %v", err)
	}
	if err := s.SetRemote(Remote{Send: Default(codec.PCMU)}); !errors.Is(err, ErrClosed) {
		t.Errorf("SetRemote: %v", err)
	}
	var f media.Frame
	s.WriteFrame(&f) // a bridge may still hold it for a moment
	s.ReadFrame(&f)
}
