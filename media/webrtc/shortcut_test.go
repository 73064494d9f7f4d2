package webrtc

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	pionrtp "github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/rtp"
)

// TestOpenerLearnsKeys shakes hands with every suite and profile that a browser may choose, and opens what the client seals
// with the keys that it exports itself.
func TestOpenerLearnsKeys(t *testing.T) {
	certificate, err := selfsign.GenerateSelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	for _, suite := range []dtls.CipherSuiteID{
		dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	} {
		for profile, want := range map[dtls.SRTPProtectionProfile]srtp.ProtectionProfile{
			dtls.SRTP_AES128_CM_HMAC_SHA1_80: srtp.ProtectionProfileAes128CmHmacSha1_80,
			dtls.SRTP_AEAD_AES_128_GCM:       srtp.ProtectionProfileAeadAes128Gcm,
			dtls.SRTP_AEAD_AES_256_GCM:       srtp.ProtectionProfileAeadAes256Gcm,
		} {
			var o opener
			near, far := open(t), open(t)
			server, err := dtls.ServerWithOptions(near, far.LocalAddr(), dtls.WithCertificates(certificate), dtls.WithCipherSuites(suite),
				dtls.WithSRTPProtectionProfiles(profile), dtls.WithServerHelloMessageHook(o.onServerHello), dtls.WithKeyLogWriter(&o))
			if err != nil {
				t.Fatal(err)
			}
			client, err := dtls.ClientWithOptions(far, near.LocalAddr(), dtls.WithCertificates(certificate), dtls.WithCipherSuites(suite),
				dtls.WithSRTPProtectionProfiles(profile), dtls.WithInsecureSkipVerify(true))
			if err != nil {
				t.Fatal(err)
			}
			shaken := make(chan error, 1)
			go func() { shaken <- server.HandshakeContext(t.Context()) }()
			if err := client.HandshakeContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-shaken; err != nil {
				t.Fatal(err)
			}
			state, ok := client.ConnectionState()
			if !ok {
				t.Fatal("the client is not connected")
			}
			cfg := srtp.Config{Profile: want}
			if err := cfg.ExtractSessionKeysFromDTLS(&state, true); err != nil {
				t.Fatal(err)
			}
			seal, err := srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, want)
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := seal.EncryptRTP(nil, packetOf(4711, 1, "hello"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := o.open(sealed); err != nil || !bytes.HasSuffix(plain, []byte("hello")) {
				t.Errorf("%s, %s: %q, %v", dtls.CipherSuiteName(suite), want, plain, err)
			}
			if _, err := o.open(sealed); err == nil {
				t.Error("a packet that comes again is opened again")
			}
			_, _ = client.Close(), server.Close()
		}
	}
}

func open(t *testing.T) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func packetOf(ssrc uint32, seq uint16, payload string) []byte {
	p := pionrtp.Packet{Header: pionrtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: seq, Timestamp: 160 * uint32(seq)}, Payload: []byte(payload)}
	b, err := p.Marshal()
	if err != nil {
		panic(err)
	}
	return b
}

// TestKeyLogThatIsNotUnderstood gives no keys, and no error to pion: packets go the long way.
func TestKeyLogThatIsNotUnderstood(t *testing.T) {
	var o opener
	o.hello = &serverHello{profile: srtp.ProtectionProfileAes128CmHmacSha1_80}
	for _, line := range []string{
		"", "\n", "CLIENT_RANDOM", "CLIENT_RANDOM aa", "CLIENT_RANDOM zz zz", "CLIENT_RANDOM aa bb cc", "CLIENT_RANDOM aa bb",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " + string(bytes.Repeat([]byte("ab"), 32)) + " " + string(bytes.Repeat([]byte("ab"), 48)),
	} {
		if n, err := o.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("%q: %d, %v", line, n, err)
		}
		if _, err := o.open(packetOf(1, 1, "x")); err == nil {
			t.Errorf("%q gives keys", line)
		}
	}
}

// pionsEnd is what pion has beside the opener of a sealedPeer, or its browser.
func pionsEnd(t *testing.T) *srtp.Context {
	t.Helper()
	c, err := srtp.CreateContext(make([]byte, 16), make([]byte, 14), srtp.ProtectionProfileAes128CmHmacSha1_80, srtp.SRTPReplayProtection(replayWindow))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sealedPeer is a Peer that has keys but no connection, and what seals as its browser would.
func sealedPeer(t *testing.T) (*Peer, *srtp.Context) {
	t.Helper()
	key, salt := make([]byte, 16), make([]byte, 14)
	receiver, err := rtp.NewReceiver(rtp.ReceiverConfig{Formats: []rtp.Format{rtp.Default(codec.PCMU)}})
	if err != nil {
		t.Fatal(err)
	}
	p := &Peer{receiver: receiver}
	if err := p.opener.use(key, salt, srtp.ProtectionProfileAes128CmHmacSha1_80); err != nil {
		t.Fatal(err)
	}
	return p, pionsEnd(t)
}

// TestShortcutTakesItsOwn: what is the peer's, sealed with its keys, for the first time; all else is left to pion, and some
// of it too.
func TestShortcutTakesItsOwn(t *testing.T) {
	p, browser := sealedPeer(t)
	var s shortcuts
	s.add(7, p)
	seal := func(ssrc uint32, seq uint16) []byte {
		b, err := browser.EncryptRTP(nil, packetOf(ssrc, seq, string(make([]byte, 160))), nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := seal(7, 1)
	if !s.take(first, time.Now()) {
		t.Fatal("a good packet is left to pion")
	}
	forged := seal(7, 2)
	forged[20] ^= 1
	rtcp := append([]byte{0x80, 200}, seal(7, 3)[2:]...)
	for name, b := range map[string][]byte{
		"forged": forged, "a stranger's": seal(8, 1), "plain": packetOf(7, 4, "hello"), "RTCP": rtcp, "short": {0x80}, "empty": nil,
		"too long": append(seal(7, 5), make([]byte, packetSize)...),
	} {
		if s.take(b, time.Now()) {
			t.Errorf("%s: taken", name)
		}
	}
	if !s.take(first, time.Now()) {
		t.Error("again: left to pion, which has not seen it")
	}
	if got := p.receiver.Stats().Received; got != 1 {
		t.Errorf("%d packets received, not 1", got)
	}
	long := 0
	const sent = 4 * longWayEvery
	for seq := range uint16(sent) {
		if !s.take(seal(7, 10+seq), time.Now()) {
			long++
		}
	}
	if long != sent/longWayEvery {
		t.Errorf("%d of %d packets go the long way", long, sent)
	}
	s.remove(7, &Peer{}) // not its own
	if !s.take(seal(7, 60000), time.Now()) {
		t.Error("another peer took the stream away")
	}
	s.remove(7, p)
	if s.take(seal(7, 60001), time.Now()) {
		t.Error("taken for a peer that is gone")
	}
}

// TestReplayedPacketsReachNobody: whatever is sent again, at once, a little or long after it, and also of the packets that go the
// long way, is taken once, by us or by pion; also where sequence numbers go around.
func TestReplayedPacketsReachNobody(t *testing.T) {
	p, browser := sealedPeer(t)
	pion := pionsEnd(t)
	var s shortcuts
	s.add(7, p)
	const sent, first = 4 * longWayEvery, 1<<16 - 2*longWayEvery - 100
	var packets [][]byte
	long := 0
	send := func(i int) {
		if i >= 0 && !s.take(packets[i], time.Now()) {
			if _, err := pion.DecryptRTP(nil, packets[i], nil); err == nil {
				long++
			}
		}
	}
	for i := range sent {
		b, err := browser.EncryptRTP(nil, packetOf(7, uint16(first+i), "x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, b)
		for _, back := range []int{0, 0, 1, 5, replayWindow + 1, 2 * replayWindow, longWayEvery} {
			send(i - back)
		}
	}
	if got := shortcutsOf(p); got != sent || long != sent/longWayEvery {
		t.Errorf("%d packets were taken, %d of them by pion, of %d that were sent", got, long, sent)
	}
	// A stranger with the same SSRC is not refused as somebody who repeats: another Peer's packets may have it.
	stranger, err := srtp.CreateContext(bytes.Repeat([]byte{1}, 16), make([]byte, 14), srtp.ProtectionProfileAes128CmHmacSha1_80)
	if err != nil {
		t.Fatal(err)
	}
	b, err := stranger.EncryptRTP(nil, packetOf(7, uint16((first+sent-1)%(1<<16)), "x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.take(b, time.Now()) {
		t.Error("a packet of another's keys is dropped as a replay")
	}
}

// TestShortcutFollowsSequenceAround: the count of how often sequence numbers went around is right without pion.
func TestShortcutFollowsSequenceAround(t *testing.T) {
	p, browser := sealedPeer(t)
	var s shortcuts
	s.add(7, p)
	left := 0
	for i := range 3 << 16 {
		sealed, err := browser.EncryptRTP(nil, packetOf(7, uint16(65000+i), "x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !s.take(sealed, time.Time{}) {
			left++
		}
	}
	if want := 3 << 16 / longWayEvery; left != want {
		t.Errorf("%d packets are left to pion, not %d", left, want)
	}
}

func TestShortcutAllocatesNothing(t *testing.T) {
	p, browser := sealedPeer(t)
	var s shortcuts
	s.add(7, p)
	packets := make([][]byte, 600)
	for i := range packets {
		var err error
		if packets[i], err = browser.EncryptRTP(nil, packetOf(7, uint16(i), string(make([]byte, 160))), nil); err != nil {
			t.Fatal(err)
		}
	}
	var f media.Frame
	i, now := 0, time.Now()
	if n := testing.AllocsPerRun(500, func() {
		if !s.take(packets[i], now) {
			t.Errorf("packet %d is not taken", i)
		}
		p.ReadFrame(&f)
		i++
	}); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

// TestSoundTakesTheShortcut: over a real connection, nearly all of what the browser's end sends does.
func TestSoundTakesTheShortcut(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true, Codecs: []codec.Codec{codec.PCMU}})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	connect(t, server, client)
	for _, paced := range []bool{false, true} {
		received := server.receiver.Stats().Received
		short := shortcutsOf(server.Peer)
		ended := make(chan struct{})
		if paced {
			a.Begin()
			go func() {
				defer close(ended)
				for range 75 {
					a.Fetch()
					time.Sleep(media.FrameDuration) // as ticks do
				}
			}()
		}
		atServer, _ := talk(t, server.Peer, client.Peer, serverHz, clientHz, 1500*time.Millisecond)
		if paced {
			<-ended
			a.End()
		}
		checkTone(t, "server", atServer, clientHz, serverHz)
		received, short = server.receiver.Stats().Received-received, shortcutsOf(server.Peer)-short
		if received < 20 || short+5 < received {
			t.Errorf("paced %v: %d of %d packets took the shortcut", paced, short, received)
		}
	}
	if n := shortcutsOf(client.Peer); n != 0 { // it has the client's part in the handshake
		t.Errorf("%d packets took the shortcut without keys", n)
	}
}

func shortcutsOf(p *Peer) uint64 {
	p.pushing.Lock()
	defer p.pushing.Unlock()
	return p.shortcut
}

// TestReportsTellOfTheShortcut: what pion did not see is in our report nevertheless.
func TestReportsTellOfTheShortcut(t *testing.T) {
	p, browser := sealedPeer(t)
	var s shortcuts
	s.add(7, p)
	if _, ok := p.receiver.Report(); ok {
		t.Error("a report on nothing")
	}
	for seq := range uint16(20) {
		if seq == 10 {
			continue // lost
		}
		sealed, err := browser.EncryptRTP(nil, packetOf(7, seq, string(make([]byte, 160))), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.take(sealed, time.Now())
	}
	r, ok := p.receiver.Report()
	if !ok || r.SSRC != 7 || r.TotalLost != 1 || uint16(r.LastSequenceNumber) != 19 {
		t.Errorf("%+v, %v", r, ok)
	}
}
