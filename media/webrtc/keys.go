package webrtc

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	pionrtp "github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// opener decrypts what a browser sends. A PeerConnection gives its keys to nobody but a key log, whose purpose it is that
// somebody else can read along: that is us, and what is logged goes nowhere else. Where anything is not as it should be
// (another version of DTLS, an unknown suite, the browser in the server's part), there are no keys, and packets go the long
// way through pion (docs/adr/013).
type opener struct {
	mu      sync.Mutex // guards all
	hello   *serverHello
	context *srtp.Context // nil before the handshake
	again   *srtp.Context // with the same keys, for packets that context does not open: it opens those that came before, too
	header  pionrtp.Header
	plain   [packetSize]byte
}

// serverHello is what the keys depend on, of the message with which we, as the server, answer.
type serverHello struct {
	random  [handshake.RandomLength]byte
	suite   dtls.CipherSuiteID
	profile srtp.ProtectionProfile
}

var (
	errNoKeys   = errors.New("webrtc: no keys yet")
	errReplayed = errors.New("webrtc: a packet of the browser's that came before")
)

// open decrypts a packet of SRTP. What it gives is valid until the next call. errReplayed is only for what the browser has sealed:
// a stranger's packet is none, whatever its numbers are.
func (o *opener) open(packet []byte) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.context == nil || len(packet) > len(o.plain) {
		return nil, errNoKeys
	}
	plain, err := o.context.DecryptRTP(o.plain[:0], packet, &o.header)
	if err != nil && o.replayed(packet) {
		err = errReplayed
	}
	return plain, err
}

// replayed says whether a packet that context refuses is the browser's own: srtp looks at the replay window before the
// authentication tag (RFC 3711 §3.3), so its refusal alone says nothing.
func (o *opener) replayed(packet []byte) bool {
	ssrc := o.header.SSRC
	roc, known := o.context.ROC(ssrc)
	for range min(2, int64(roc)+1) { // from before sequence numbers went around last, too
		if !known {
			return false
		}
		o.again.SetROC(ssrc, roc)
		if _, err := o.again.DecryptRTP(o.plain[:0], packet, &o.header); err == nil {
			return true
		}
		roc--
	}
	return false
}

// onServerHello is pion's hook: it may change the message, and does not.
func (o *opener) onServerHello(m handshake.MessageServerHello) handshake.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hello = nil
	if m.CipherSuiteID != nil {
		h := &serverHello{random: m.Random.MarshalFixed(), suite: dtls.CipherSuiteID(*m.CipherSuiteID)}
		for _, e := range m.Extensions {
			// RFC 5764 §4.1.1: the server answers with the one profile that it chose. Pion numbers them as the RFC does.
			if u, ok := e.(*extension.UseSRTP); ok && len(u.ProtectionProfiles) == 1 {
				h.profile = srtp.ProtectionProfile(u.ProtectionProfiles[0])
				o.hello = h
			}
		}
	}
	return &m
}

// keyLogLabel begins a line of the NSS key log format for TLS 1.2: label, client's random, master secret.
var keyLogLabel = []byte("CLIENT_RANDOM")

// Write takes a line of the key log.
func (o *opener) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.context, o.again = nil, nil
	fields := bytes.Fields(line)
	if o.hello == nil || len(fields) != 3 || !bytes.Equal(fields[0], keyLogLabel) {
		return len(line), nil
	}
	secrets, err := hex.DecodeString(string(bytes.Join(fields[1:], nil)))
	if err != nil || len(secrets) <= handshake.RandomLength {
		return len(line), nil
	}
	exporter := &exporter{
		randoms: append(secrets[:handshake.RandomLength:handshake.RandomLength], o.hello.random[:]...),
		master:  secrets[handshake.RandomLength:], hash: hashOf(o.hello.suite),
	}
	cfg := srtp.Config{Profile: o.hello.profile}
	if err := cfg.ExtractSessionKeysFromDTLS(exporter, false); err != nil {
		return len(line), nil
	}
	_ = o.use(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile)
	return len(line), nil
}

// use opens by these keys from now on.
func (o *opener) use(key, salt []byte, profile srtp.ProtectionProfile) (err error) {
	if o.again, err = srtp.CreateContext(key, salt, profile); err != nil {
		return err
	}
	o.context, err = srtp.CreateContext(key, salt, profile, srtp.SRTPReplayProtection(replayWindow))
	return err
}

// replayWindow is how many packets out of order SRTP takes, as pion does.
const replayWindow = 64

// hashOf is the hash of a suite's pseudo-random function (RFC 5246 §5, RFC 5289 §3).
func hashOf(suite dtls.CipherSuiteID) func() hash.Hash {
	switch suite {
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
		return sha512.New384
	}
	return sha256.New
}

// exporter is RFC 5705's, with which RFC 5764 §4.2 makes SRTP's keys of DTLS's.
type exporter struct {
	randoms, master []byte // the client's random before the server's
	hash            func() hash.Hash
}

// ExportKeyingMaterial implements srtp.KeyingMaterialExporter.
func (e *exporter) ExportKeyingMaterial(label string, _ []byte, length int) ([]byte, error) {
	return prf.PHash(e.master, append([]byte(label), e.randoms...), length, e.hash)
}
