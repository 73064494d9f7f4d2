package webrtc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/rtcp"
	pionrtp "github.com/pion/rtp"
	"github.com/pion/turn/v5"
	pion "github.com/pion/webrtc/v4"
)

// farBrowser is a browser's PeerConnection of pion's own making, on a socket of its own.
type farBrowser struct {
	pc     *pion.PeerConnection
	member *Member
	track  *pion.TrackLocalStaticRTP // of a sender
	plis   chan struct{}             // of a sender: asked for a key frame
	data   chan *pion.DataChannel

	mu  sync.Mutex
	got []pionrtp.Packet // of a viewer
	msg chan string
}

// joinBrowser connects a browser that knows the codecs to a room.
func joinBrowser(t *testing.T, r *Room, send bool, codecs []VideoCodec, cfg MemberConfig) *farBrowser {
	t.Helper()
	far := &API{log: r.log}
	var set pion.SettingEngine
	set.SetIncludeLoopbackCandidate(true)
	set.SetNetworkTypes([]pion.NetworkType{pion.NetworkTypeUDP4})
	far.set = set
	api, err := far.videoAPI(codecs, send)
	if err != nil {
		t.Fatal(err)
	}
	pc, err := api.NewPeerConnection(pion.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	b := &farBrowser{pc: pc, plis: make(chan struct{}, 100), data: make(chan *pion.DataChannel, 1), msg: make(chan string, 100)}
	connected := make(chan struct{})
	cfg.Send = send
	cfg.OnState = func(s State) {
		if s == Connected {
			close(connected)
		}
	}
	if b.member, err = r.Join(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.member.Close()
		if err := pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	})
	pc.OnDataChannel(func(d *pion.DataChannel) {
		d.OnMessage(func(m pion.DataChannelMessage) { b.msg <- string(m.Data) })
		d.OnOpen(func() { b.data <- d })
	})
	if send {
		codec := codecs[0].parameters(nil)[0].RTPCodecCapability
		if b.track, err = pion.NewTrackLocalStaticRTP(codec, "camera", "guest"); err != nil {
			t.Fatal(err)
		}
		sender, err := pc.AddTrack(b.track)
		if err != nil {
			t.Fatal(err)
		}
		go b.readRequests(sender)
	} else {
		pc.OnTrack(func(tr *pion.TrackRemote, _ *pion.RTPReceiver) { go b.read(tr) })
	}
	offer, err := b.member.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeOffer, SDP: offer}); err != nil {
		t.Fatal(err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(answer); err != nil {
		t.Fatal(err)
	}
	if err := b.member.Answer(pc.LocalDescription().SDP); err != nil { // without one candidate of its own
		t.Fatal(err)
	}
	select {
	case <-connected:
	case <-time.After(10 * time.Second):
		t.Fatal("not connected")
	}
	return b
}

func (b *farBrowser) readRequests(s *pion.RTPSender) {
	buf := make([]byte, packetSize)
	for {
		n, _, err := s.Read(buf)
		if err != nil {
			return
		}
		packets, _ := rtcp.Unmarshal(buf[:n])
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				select {
				case b.plis <- struct{}{}:
				default: // enough were counted
				}
			}
		}
	}
}

func (b *farBrowser) read(t *pion.TrackRemote) {
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.got = append(b.got, *p)
		b.mu.Unlock()
	}
}

func (b *farBrowser) packets() []pionrtp.Packet {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]pionrtp.Packet(nil), b.got...)
}

// vp8 is a frame in one packet, its number behind the payload descriptor.
func vp8(key bool, number uint32) []byte {
	p := []byte{0x10, 0x01}
	if key {
		p[1] = 0x00
	}
	return binary.BigEndian.AppendUint32(p, number)
}

func await(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s", what)
		}
	}
}

// TestRoomForwards: a viewer sees nothing before a key frame, which is asked for until it comes; then one stream without a leap,
// though the sender reloads.
func TestRoomForwards(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	room := a.NewRoom(nil)
	defer room.Close()
	var mu sync.Mutex
	var said []string
	viewer := joinBrowser(t, room, false, videoCodecs, MemberConfig{})
	sender := joinBrowser(t, room, true, videoCodecs, MemberConfig{OnMessage: func(m []byte) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, string(m))
	}})
	seq, ts := uint16(65530), uint32(1<<32-5000) // both wrap on the way
	number := uint32(0)
	frame := func(key bool) {
		number++
		p := &pionrtp.Packet{Header: pionrtp.Header{Version: 2, Marker: true, SequenceNumber: seq, Timestamp: ts}, Payload: vp8(key, number)}
		seq++
		ts += 6000
		_ = sender.track.WriteRTP(p)
	}
	// Asked until seen: two requests without an answer, then a key frame.
	asked := 0
	for end := time.Now().Add(10 * time.Second); asked < 2; {
		frame(false)
		select {
		case <-sender.plis:
			asked++
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("the sender was asked %d times for a key frame", asked)
		}
	}
	if n := len(viewer.packets()); n > 0 {
		t.Errorf("%d packets came before a key frame", n)
	}
	frame(true)
	for range 20 {
		frame(false)
	}
	await(t, "forwarded", func() bool { return len(viewer.packets()) >= 21 })

	// The sender's browser reloads: another stream, other numbers.
	again := joinBrowser(t, room, true, videoCodecs, MemberConfig{})
	sender, seq, ts = again, 77, 99
	await(t, "forwarded from the new stream", func() bool {
		frame(true)
		time.Sleep(20 * time.Millisecond)
		return len(viewer.packets()) >= 30
	})
	all := viewer.packets()
	for i := 1; i < len(all); i++ {
		if all[i].SSRC != all[0].SSRC || all[i].SequenceNumber != all[i-1].SequenceNumber+1 {
			t.Fatalf("packet %d: number %d of stream %d after %d of %d", i, all[i].SequenceNumber, all[i].SSRC, all[i-1].SequenceNumber, all[0].SSRC)
		}
		if step := int32(all[i].Timestamp - all[i-1].Timestamp); step <= 0 || step > 20*videoClock {
			t.Fatalf("packet %d: the timestamp goes on by %d", i, step)
		}
	}
	if s := again.member.Stats(); s.Frames < 9 || s.Codec != VP8 || s.Keyframes < 9 {
		t.Errorf("%+v", s)
	}

	// Messages, both ways, and one that is too long.
	var d *pion.DataChannel
	select {
	case d = <-viewer.data:
	case <-time.After(10 * time.Second):
		t.Fatal("no channel of messages")
	}
	await(t, "ready", func() bool { return again.member.Send([]byte("hello")) })
	select {
	case got := <-again.msg:
		if got != "hello" {
			t.Errorf("the sender is told %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("the sender is told nothing")
	}
	_ = d.SendText("nobody listens to a viewer without OnMessage")
}

// TestRoomThrottlesRequests: ten viewers that each lost something cost the sender two key frames a second, not ten.
func TestRoomThrottlesRequests(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	room := a.NewRoom(nil)
	defer room.Close()
	sender := joinBrowser(t, room, true, []VideoCodec{VP8}, MemberConfig{})
	viewer := joinBrowser(t, room, false, videoCodecs, MemberConfig{})
	i := uint32(0)
	frame := func() {
		i++
		_ = sender.track.WriteRTP(&pionrtp.Packet{Header: pionrtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(i), Timestamp: 3000 * i}, Payload: vp8(true, i)})
	}
	await(t, "forwarded", func() bool { frame(); time.Sleep(10 * time.Millisecond); return len(viewer.packets()) > 0 })
	before, began := room.KeyframeRequests(), time.Now()
	for time.Since(began) < 2*time.Second {
		_ = viewer.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: viewer.packets()[0].SSRC}})
		frame()
		time.Sleep(10 * time.Millisecond)
	}
	if n := room.KeyframeRequests() - before; n < 2 || n > 5 {
		t.Errorf("%d requests in 2 s", n)
	}
}

// TestRoomAgreesOnACodec: a sender is offered what every viewer can show.
func TestRoomAgreesOnACodec(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	room := a.NewRoom(nil)
	defer room.Close()
	viewer := joinBrowser(t, room, false, []VideoCodec{H264}, MemberConfig{})
	sender := joinBrowser(t, room, true, []VideoCodec{H264}, MemberConfig{})
	if got := room.agreed(); len(got) != 1 || got[0] != H264 {
		t.Errorf("agreed on %v", got)
	}
	i := uint32(0)
	await(t, "H.264 forwarded", func() bool {
		i++
		_ = sender.track.WriteRTP(&pionrtp.Packet{Header: pionrtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(i), Timestamp: 3000 * i}, Payload: []byte{0x67, 1, 2, 3}})
		time.Sleep(10 * time.Millisecond)
		return len(viewer.packets()) > 0
	})
}

func TestBudget(t *testing.T) {
	now := time.Now()
	var b budget
	if b.limit(now) != mostBitrate {
		t.Error("limited without a reason")
	}
	b.remb(500_000, now)
	if b.limit(now) != 500_000 {
		t.Errorf("REMB is %v", b.limit(now))
	}
	b.loss(0.2, b.limit(now))
	if got := b.limit(now); got != 450_000 {
		t.Errorf("at a fifth lost: %v", got)
	}
	for range 200 {
		b.loss(0.5, b.limit(now))
	}
	if b.limit(now) != leastBitrate {
		t.Errorf("the floor is %v", b.limit(now))
	}
	for range 100 {
		b.loss(0, b.limit(now))
	}
	if b.limit(now) != 500_000 || b.limit(now.Add(time.Minute)) != mostBitrate {
		t.Errorf("it does not recover: %v, %v", b.limit(now), b.limit(now.Add(time.Minute)))
	}
}

func TestKeyframe(t *testing.T) {
	for _, c := range []struct {
		codec VideoCodec
		bytes []byte
		want  bool
	}{
		{VP8, vp8(true, 0), true}, {VP8, vp8(false, 0), false}, {VP8, nil, false}, {VP8, []byte{0x10}, false},
		{VP8, []byte{0x90, 0x80, 0x81, 0x00, 0x00}, true}, {VP8, []byte{0x90, 0xf0, 0x01, 0x02, 0x03, 0x00}, true},
		{VP8, []byte{0x00, 0x00}, false}, {VP8, []byte{0x11, 0x00}, false}, {VP8, []byte{0x90, 0x80}, false},
		{H264, []byte{0x67, 0}, true}, {H264, []byte{0x65, 0}, true}, {H264, []byte{0x61, 0}, false}, {H264, []byte{0x67}, false},
		{H264, []byte{0x78, 0, 1, 0x09, 0, 1, 0x67}, true}, {H264, []byte{0x78, 0xff, 0xff, 0x09}, false},
		{H264, []byte{0x7c, 0x85}, true}, {H264, []byte{0x7c, 0x05}, false},
	} {
		if got := keyframe(c.codec, c.bytes); got != c.want {
			t.Errorf("%s % x: %t", c.codec, c.bytes, got)
		}
	}
}

func FuzzKeyframe(f *testing.F) {
	f.Add([]byte{0x90, 0xf0, 0x81, 0x02, 0x03, 0x00})
	f.Add([]byte{0x78, 0, 1, 0x09, 0, 1, 0x67})
	f.Fuzz(func(_ *testing.T, payload []byte) {
		keyframe(VP8, payload)
		keyframe(H264, payload)
	})
}

// allocate takes a place at a relay, and gives it back at the test's end.
func allocate(t *testing.T, c *turn.Client) (net.PacketConn, error) {
	place, err := c.Allocate()
	if err == nil {
		t.Cleanup(func() { _ = place.Close() })
	}
	return place, err
}

// relayClient allocates at a relay.
func relayClient(t *testing.T, r *Relay, user, password string) (net.PacketConn, error) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: r.Addr().String(), STUNServerAddr: r.Addr().String(), Conn: conn, Username: user, Password: password,
		Realm: relayRealm, LoggerFactory: logging.NewDefaultLoggerFactory(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); _ = conn.Close() })
	return allocate(t, c)
}

// TestRelayKnowsOnePeer: it lets in by credentials that have not expired, and relays to our media port alone.
func TestRelayKnowsOnePeer(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	r, err := a.NewRelay(RelayConfig{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	user, password := r.Credentials("guest")
	for _, bad := range [][2]string{
		{user, "wrong"}, {"guest", password}, {"1:guest", r.password("1:guest")}, // the last has expired
		{fmt.Sprint(time.Now().Add(240*time.Hour).Unix()) + ":guest", password},
	} {
		if _, err := relayClient(t, r, bad[0], bad[1]); err == nil {
			t.Errorf("%v gets in", bad)
		}
	}
	conn, err := relayClient(t, r, user, password)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	// Another port of an allowed address is sent nothing, another address is refused.
	other, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for range 5 {
		_, _ = conn.WriteTo([]byte("hello"), other.LocalAddr())
	}
	_ = other.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if n, _, err := other.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("a stranger's port is sent %d bytes", n)
	}
	for _, ip := range []string{"127.0.0.2", "10.0.0.1", "192.0.2.1", "169.254.169.254"} {
		if _, err := conn.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.ParseIP(ip), Port: int(a.Addr().Port())}); err == nil {
			t.Errorf("relays to %s", ip)
		}
	}
	if _, err := conn.WriteTo([]byte("hello"), net.UDPAddrFromAddrPort(a.Addr())); err != nil {
		t.Errorf("the media port: %v", err)
	}
	var gate relayGate
	if _, err := gate.AllocateConn(turn.AllocateConnConfig{}); !errors.Is(err, errNoRelay) {
		t.Errorf("relays by TCP: %v", err)
	}
}
