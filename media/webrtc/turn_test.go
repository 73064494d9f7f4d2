package webrtc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// ownCertificate is one for 127.0.0.1, which a client can be told to trust.
func ownCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// TestRelayOverTLS: a guest whose network lets nothing but TLS through reaches the media port: an ICE check sent through the relay is
// answered from there.
func TestRelayOverTLS(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	certificate, pool := ownCertificate(t)
	r, err := a.NewRelay(RelayConfig{Addr: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !r.TLSAddr().IsValid() {
		t.Fatal("no address for TLS")
	}
	dial := func(cfg *tls.Config) (net.PacketConn, error) {
		conn, err := tls.Dial("tcp", r.TLSAddr().String(), cfg)
		if err != nil {
			return nil, err
		}
		user, password := r.Credentials("guest")
		c, err := turn.NewClient(&turn.ClientConfig{
			TURNServerAddr: r.TLSAddr().String(), STUNServerAddr: r.TLSAddr().String(), Conn: turn.NewSTUNConn(conn), Username: user,
			Password: password, Realm: relayRealm, LoggerFactory: logging.NewDefaultLoggerFactory(),
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
	if _, err := dial(&tls.Config{MinVersion: tls.VersionTLS12}); err == nil {
		t.Error("a certificate that nobody vouches for is taken")
	}
	conn, err := dial(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.WriteTo([]byte("hello"), net.UDPAddrFromAddrPort(a.Addr())); err != nil {
		t.Errorf("the media port through TLS: %v", err)
	}
	if _, err := conn.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: int(a.Addr().Port())}); err == nil {
		t.Error("relays to a stranger through TLS")
	}
}

// TestRelayIsBounded: one credential takes so many places and no more; another still gets one, and a place that is given back counts.
func TestRelayIsBounded(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	r, err := a.NewRelay(RelayConfig{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	user, password := r.Credentials("greedy")
	var open []net.PacketConn
	for range mostOfOne {
		conn, err := relayClient(t, r, user, password)
		if err != nil {
			t.Fatalf("place %d: %v", len(open)+1, err)
		}
		open = append(open, conn)
	}
	if _, err := relayClient(t, r, user, password); err == nil {
		t.Errorf("one credential has more than %d places", mostOfOne)
	}
	other, secret := r.Credentials("other")
	if _, err := relayClient(t, r, other, secret); err != nil {
		t.Errorf("another guest gets none: %v", err)
	}
	if err := open[0].Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); ; {
		if _, err = relayClient(t, r, user, password); err == nil || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		t.Errorf("a place that was given back is not free: %v", err)
	}
}
