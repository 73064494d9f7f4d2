package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/agentui"
	"patchbay/store"
)

// ownCertificate is a certificate for this machine that only its owner's workers know.
func ownCertificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, key, roots
}

// workers lists the recognisers that are connected, by name.
func (c *centreUnderTest) workers(t *testing.T) map[string]agentui.Transcriber {
	t.Helper()
	var list struct{ Items []agentui.Transcriber }
	c.get(t, "/transcribers", &list)
	byName := map[string]agentui.Transcriber{}
	for _, w := range list.Items {
		byName[w.Name] = w
	}
	return byName
}

// TestTranscribersOnOtherMachines: a server without a recogniser of its own is served over TLS by two that are real processes
// with the real models. The one that has the call is killed (-9) in mid-sentence, and every word is written; who may not
// connect is refused in words; what happened stands in API, metrics and audit, and the token nowhere.
func TestTranscribersOnOtherMachines(t *testing.T) {
	cert, key, roots := ownCertificate(t)
	t.Setenv("SSL_CERT_FILE", cert) // for the agent, whose browser would know its company's certificates
	c := newCentre(t, "--transcriber", "none", "--tls-cert", cert, "--tls-key", key)
	c.base, c.roots = "https://"+c.http, roots
	c.start(t, false)
	c.await("patchbay transcriber --connect "+c.base, 5*time.Second)
	tokenFile := filepath.Join(c.data, "transcriber.token")
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(tokenFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the token: %v %v", info.Mode(), err)
	}

	other := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(other, []byte("bm90IHRoZSBzZXJ2ZXIncyB0b2tlbg"), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := patchbay(t, "transcriber", "--connect", c.base, "--ca", cert, "--token-file", other)
	if err := stranger.ends(20 * time.Second); err == nil || !strings.Contains(stranger.out.String(), "transcriber.token") {
		t.Errorf("a wrong token: %v, and it says %s", err, stranger.out.String())
	}

	worker := func(name string) *program {
		w := patchbay(t, "transcriber", "--connect", c.base, "--ca", cert, "--token-file", tokenFile, "--name", name)
		c.poll(t, name+" connected", 60*time.Second, func() bool { _, there := c.workers(t)[name]; return there })
		return w
	}
	one := worker("one")
	var ready struct{ Transcription string }
	res, err := c.client.Get(c.base + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if !strings.Contains(string(body), `"transcription":"ready"`) {
		t.Errorf("readyz: %s %+v", body, ready)
	}
	customer, words := talkingCall(t, c, "lv-0870", "lv-0880", "lv-0890", "lv-0930")
	c.poll(t, "written a line", 40*time.Second, func() bool {
		id := c.call(t).ID
		return id != "" && len(c.lines(t, id)) >= 1
	})
	two := worker("two")
	if w := c.workers(t); w["one"].Streams == 0 || w["one"].Model != "base" || w["one"].State != "ready" || w["one"].Address == "" {
		t.Errorf("workers %+v", w)
	}
	one.kill()
	c.poll(t, "moved", 10*time.Second, func() bool { w := c.workers(t); return len(w) == 1 && w["two"].Streams > 0 })
	res, err = c.client.Get(c.base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, _ = io.ReadAll(res.Body)
	res.Body.Close()
	if !strings.Contains(string(body), `worker="two"`) || !strings.Contains(string(body), "patchbay_transcriber_streams") {
		t.Error("/metrics does not show the worker")
	}
	if err := customer.ends(time.Minute); err != nil {
		t.Errorf("the call did not go on: %v", err)
	}
	id := c.call(t).ID
	c.poll(t, "written to the last word", 60*time.Second, func() bool { return strings.Contains(said(c.lines(t, id), "customer"), "amiable") })
	checkWords(t, "the customer", words, said(c.lines(t, id), "customer"), mostWrong)

	c.signIn(t, "admin")
	var audit struct{ Items []store.AuditEntry }
	c.get(t, "/audit?limit=100", &audit)
	seen := map[string]bool{}
	for _, e := range audit.Items {
		seen[e.Action+" "+e.Object] = true
	}
	for _, want := range []string{"transcriber_refused 127.0.0.1", "transcriber_connected one", "transcriber_gone one", "transcriber_connected two"} {
		if !seen[want] {
			t.Errorf("the audit lacks %q: %+v", want, audit.Items)
		}
	}
	for _, p := range []*program{c.program, one, two} {
		if strings.Contains(p.out.String(), strings.TrimSpace(string(token))) {
			t.Error("a token was printed")
		}
	}
}
