package agentui

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/store"
)

func TestDeskFollowsAndCommands(t *testing.T) {
	r := newRig(t)
	desk := r.signedIn("akiko").open(wire.Hello{TabID: "a"})
	var snap wire.Snapshot
	first, _ := desk.next()
	if first.Type != "snapshot" {
		t.Fatalf("the first message is %s", first.Type)
	}
	unmarshal(t, first.Data, &snap)
	if snap.Me.ID != "akiko" || snap.Epoch == "" || len(snap.WrapUpCodes) != 1 || !snap.Phone.Owner {
		t.Errorf("snapshot %s", first.Data)
	}
	if second, _ := desk.next(); second.Type != "phone" {
		t.Errorf("the second message is %s, want phone", second.Type)
	}
	if told := r.center.last(); told != "connected akiko 1" {
		t.Errorf("the centre was told %q", told)
	}

	r.hub.User("akiko", "offer", acd.Offer{InteractionID: "i", From: "+12025550101"})
	var offer acd.Offer
	if m := desk.await("offer", &offer); m.Seq != first.Seq+1 || offer.From != "+12025550101" {
		t.Errorf("offer %+v with seq %d after %d", offer, m.Seq, first.Seq)
	}

	ref := map[string]any{"interaction_id": "i"}
	tests := []struct {
		typ  string
		data any
		told string
	}{
		{"presence", map[string]any{"presence": "away", "reason": "break"}, "presence akiko away break"},
		{"answer", ref, "answer akiko i"}, {"decline", ref, "decline akiko i"}, {"hang_up", ref, "hang_up akiko i"},
		{"mute", wire.Switch{InteractionID: "i", On: true}, "mute akiko i true"},
		{"hold", wire.Switch{InteractionID: "i"}, "hold akiko i false"},
		{"note", wire.Note{InteractionID: "i", Text: "calls back"}, "note akiko i calls back"},
		{"wrap_up", wire.WrapUp{InteractionID: "i", Code: "solved", Note: "n"}, "wrap_up akiko i solved n"},
		{"open_item", wire.OpenItem{InteractionID: "i", ItemID: "o"}, "open_item akiko i o"},
		{"choose_customer", wire.ChooseCustomer{InteractionID: "i", CustomerID: "c"}, "choose_customer akiko i c"},
	}
	for _, tt := range tests {
		if refused := desk.reply(desk.send(tt.typ, tt.data)); refused != nil {
			t.Errorf("%s: %v", tt.typ, refused)
		}
		if told := r.center.last(); told != tt.told {
			t.Errorf("%s: the centre was told %q", tt.typ, told)
		}
	}
	if refused := desk.reply(desk.send("ping", nil)); refused != nil {
		t.Error("ping:", refused)
	}
	audit, _ := r.store.AuditEntries(t.Context(), store.AuditQuery{})
	if last := audit[len(audit)-1]; last.Action != "choose_customer" || last.Actor != "akiko" || last.Object != "i" || last.Address != "127.0.0.1" {
		t.Errorf("the choice of a customer is audited as %+v", last)
	}

	r.center.refuse = &acd.Error{Code: "gone", Message: "The caller has hung up."}
	if refused := desk.reply(desk.send("answer", ref)); refused == nil || refused.Code != "gone" || refused.Message != "The caller has hung up." {
		t.Errorf("a refusal came as %v", refused)
	}
	r.center.refuse = errors.New("secret words of the database")
	if refused := desk.reply(desk.send("answer", ref)); refused == nil || refused.Code != "internal" || strings.Contains(refused.Message, "secret") {
		t.Errorf("a failure came as %v", refused)
	}
	if refused := desk.reply(desk.send("watch", wire.Watch{InteractionID: "i"})); refused == nil || refused.Code != "forbidden" {
		t.Errorf("an agent may watch: %v", refused)
	}
	boss := r.signedIn("sofia").open(wire.Hello{TabID: "s"})
	if refused := boss.reply(boss.send("answer", ref)); refused == nil || refused.Code != "forbidden" {
		t.Errorf("a supervisor may answer: %v", refused)
	}
	if refused := boss.reply(boss.send("watch", wire.Watch{InteractionID: "i"})); refused != nil {
		t.Errorf("a supervisor may not watch: %v", refused)
	}
	if strings.Contains(r.log.String(), "calls back") {
		t.Error("the log holds a note")
	}
}

func TestAReloadAndABlinkOfTheNetwork(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("akiko")
	desk := c.open(wire.Hello{TabID: "a"})
	var snap wire.Snapshot
	desk.await("snapshot", &snap)
	r.hub.User("akiko", "agent", acd.AgentState{ID: "akiko", Presence: "away"})
	m := desk.await("agent", nil)

	back := c.open(wire.Hello{TabID: "a", Since: m.Seq, Epoch: snap.Epoch})
	if code := desk.closed(); code != wire.CloseReplaced {
		t.Errorf("the half-open socket was closed with %d", code)
	}
	if m, _ := back.next(); m.Type != "phone" {
		t.Errorf("a tab that has missed nothing got %s first", m.Type)
	}
	r.hub.User("akiko", "agent", acd.AgentState{ID: "akiko", Presence: "available"})
	if next := back.await("agent", nil); next.Seq != m.Seq+1 {
		t.Errorf("seq %d after %d", next.Seq, m.Seq)
	}
	reloaded := c.open(wire.Hello{TabID: "a"})
	if m, _ := reloaded.next(); m.Type != "snapshot" {
		t.Errorf("a reloaded page got %s first", m.Type)
	}
}

func TestAWatcherIsShownAllAndIsNoPhone(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("akiko")
	first := c.open(wire.Hello{})
	var snap wire.Snapshot
	if m := first.await("snapshot", &snap); snap.Me.ID != "akiko" || snap.Epoch == "" {
		t.Errorf("it was shown %s", m.Data)
	}
	if n := r.hub.tabs("akiko"); n != 0 {
		t.Errorf("it counts as %d desks that take calls", n)
	}
	if refused := first.reply(first.send("use_here", wire.Empty{})); refused == nil || refused.Code != "watcher" {
		t.Errorf("it became the phone: %v", refused)
	}
	r.hub.User("akiko", "agent", acd.AgentState{ID: "akiko", Presence: "away"})
	m := first.await("agent", nil)
	first.conn.Close()
	r.hub.User("akiko", "agent", acd.AgentState{ID: "akiko", Presence: "available"})

	back := c.open(wire.Hello{Since: m.Seq, Epoch: snap.Epoch})
	if next, _ := back.next(); next.Type != "agent" || next.Seq != m.Seq+1 {
		t.Errorf("after seq %d came %s with seq %d", m.Seq, next.Type, next.Seq)
	}
	stranger := c.open(wire.Hello{Since: m.Seq, Epoch: "elsewhere"})
	if next, _ := stranger.next(); next.Type != "snapshot" {
		t.Errorf("with an unknown epoch came %s", next.Type)
	}
	desk := c.open(wire.Hello{TabID: "a"})
	var phone wire.Phone
	if desk.await("phone", &phone); !phone.Owner {
		t.Error("a watcher keeps the phone from the desk")
	}
}

func TestMalformedMessages(t *testing.T) {
	tests := []struct {
		name string
		kind int
		text string
		code int
	}{
		{"not JSON", websocket.TextMessage, `{"type":`, websocket.CloseInvalidFramePayloadData},
		{"not UTF-8", websocket.TextMessage, "{\"type\":\"\xff\"}", websocket.CloseInvalidFramePayloadData},
		{"binary", websocket.BinaryMessage, `{"type":"ping"}`, websocket.CloseUnsupportedData},
		{"an array", websocket.TextMessage, `[]`, websocket.ClosePolicyViolation},
		{"no such type", websocket.TextMessage, `{"id":1,"type":"fly"}`, websocket.ClosePolicyViolation},
		{"a field too many", websocket.TextMessage, `{"id":1,"type":"ping","extra":1}`, websocket.ClosePolicyViolation},
		{"data with a field too many", websocket.TextMessage, `{"id":1,"type":"answer","data":{"x":1}}`, websocket.ClosePolicyViolation},
		{"data of another form", websocket.TextMessage, `{"id":1,"type":"mute","data":{"on":"yes"}}`, websocket.ClosePolicyViolation},
		{"too long", websocket.TextMessage, `{"id":1,"type":"ping","data":"` + strings.Repeat("x", maxMessage) + `"}`, websocket.CloseMessageTooBig},
	}
	r := newRig(t)
	c := r.signedIn("akiko")
	for _, tt := range tests {
		desk := c.open(wire.Hello{TabID: "a"})
		desk.await("phone", nil)
		if err := desk.conn.WriteMessage(tt.kind, []byte(tt.text)); err != nil {
			t.Fatal(err)
		}
		if code := desk.closed(); code != tt.code {
			t.Errorf("%s: closed with %d, want %d", tt.name, code, tt.code)
		}
	}
	for _, query := range []string{"tab_id=" + strings.Repeat("x", 65), "since=soon", "since=-1"} {
		if _, resp, err := c.dialAs(query); err == nil || resp.StatusCode != 400 {
			t.Errorf("%.20s: %v", query, err)
		}
	}
	// gorilla itself closes for a message that is too long, an instant before we count it.
	for deadline := time.Now().Add(5 * time.Second); ; {
		_, body := c.do("GET", "/metrics", nil)
		if strings.Contains(body, "patchbay_web_bad_messages_total 9\n") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("refusals were not all counted")
		}
	}
}

func TestAFloodOfMessagesIsClosed(t *testing.T) {
	r := newRig(t)
	desk := r.signedIn("akiko").open(wire.Hello{TabID: "a"})
	go func() {
		for range 10 * messageBurst {
			if desk.conn.WriteMessage(websocket.TextMessage, []byte(`{"id":9,"type":"ping"}`)) != nil {
				return
			}
		}
	}()
	for {
		_ = desk.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, _, err := desk.conn.ReadMessage(); err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Error("a flood was served to its end")
			}
			return // closed; where the kernel dropped unread bytes, by a reset
		}
	}
}

func TestTooManyTabsAndNobodySignedIn(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("akiko")
	for range maxTabs {
		c.open(wire.Hello{}).await("snapshot", nil) // programs that watch take no place of a tab's
	}
	if code := c.open(wire.Hello{}).closed(); code != wire.CloseTooMany {
		t.Errorf("one watcher more: closed with %d", code)
	}
	for i := range maxTabs {
		c.open(wire.Hello{TabID: string(rune('a' + i))}).await("snapshot", nil)
	}
	if code := c.open(wire.Hello{TabID: "z"}).closed(); code != wire.CloseTooMany {
		t.Errorf("closed with %d", code)
	}
	if _, resp, err := r.client().dial(); err == nil || resp.StatusCode != 401 {
		t.Errorf("a stranger's WebSocket: %v", err)
	}
}

func TestABrowserThatDoesNotReadIsClosed(t *testing.T) {
	hub := NewHub(HubConfig{})
	k := &socket{srv: &Server{log: hub.log, now: time.Now, metrics: newMetrics(nil, hub)}, direct: make(chan []byte, directQueue), closing: make(chan struct{})}
	for range directQueue {
		k.send("reply", wire.Reply{})
	}
	select {
	case <-k.closing:
		t.Fatal("closed while there was room")
	default:
	}
	k.send("reply", wire.Reply{})
	<-k.closing
	if k.closeCode != wire.CloseTooSlow {
		t.Errorf("closed with %d", k.closeCode)
	}
}

func TestShutdownTellsBrowsers(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("akiko")
	desk := c.open(wire.Hello{TabID: "a"})
	desk.await("snapshot", nil)
	r.srv.sockets.shut()
	if code := desk.closed(); code != websocket.CloseGoingAway {
		t.Errorf("closed with %d", code)
	}
	conn, _, err := c.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if code := (&tab{t: t, conn: conn}).closed(); code != websocket.CloseGoingAway {
		t.Errorf("a late tab was closed with %d", code)
	}
}

// FuzzMessage feeds a socket's reader with a stranger's bytes, down to the commands.
func FuzzMessage(f *testing.F) {
	for typ, zero := range wire.ClientTypes {
		data, err := json.Marshal(zero)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(`{"id":1,"type":"` + typ + `","data":` + string(data) + `}`))
	}
	f.Add([]byte(`{"id":18446744073709551616,"type":"ping"}`))
	f.Add([]byte(`{"id":-1,"type":"ping","data":null}`))
	f.Add([]byte("{\"type\":\"ping\",\"data\":{\"\xff\":1}}"))
	f.Add([]byte(strings.Repeat("[", 20000)))
	st := newFakeStore()
	hub := NewHub(HubConfig{})
	srv := &Server{cfg: Config{Hub: hub, Center: &fakeCenter{}, Store: st}, log: hub.log, now: time.Now, metrics: newMetrics(nil, hub)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		id, typ, data, err := parseMessage(raw)
		var fault *closeError
		var strict *strictError
		if err != nil {
			if !errors.As(err, &fault) && !errors.As(err, &strict) {
				t.Fatalf("refused without a code: %v", err)
			}
			return
		}
		// Without a phones actor: signalling is of FuzzSignalling's kind, and SDP of media/webrtc's.
		if strings.HasPrefix(typ, "rtc_") || typ == "phone_start" || typ == "use_here" || typ == "watch" {
			return
		}
		for _, role := range []role{roleAgent, roleSupervisor} {
			k := &socket{srv: srv, who: identity{role: role}, direct: make(chan []byte, 2), closing: make(chan struct{})}
			if err := k.command(t.Context(), id, typ, data); err != nil {
				if !errors.As(err, &fault) && !errors.As(err, &strict) {
					t.Fatalf("refused without a code: %v", err)
				}
				continue
			}
			if reply := <-k.direct; !json.Valid(reply) {
				t.Fatalf("reply is not JSON: %s", reply)
			}
		}
	})
}

// writeCertificate makes a certificate of its own for 127.0.0.1.
func writeCertificate(t *testing.T, dir, name string) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for file, raw := range map[string][]byte{certFile: certPEM, keyFile: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})} {
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, pool
}

func TestTLSIsReadAgainAndMakesCookiesSecure(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, pool := writeCertificate(t, dir, "first")
	r := newRig(t, func(c *Config) { c.CertFile, c.KeyFile = certFile, keyFile })
	now := time.Now()
	r.srv.cert.now = func() time.Time { now = now.Add(2 * certificateCheck); return now }
	served := func(pool *x509.CertPool) string {
		t.Helper()
		conn, err := tls.Dial("tcp", r.srv.Addr().String(), &tls.Config{RootCAs: pool})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if name := served(pool); name != "first" {
		t.Errorf("served %q", name)
	}
	_, _, second := writeCertificate(t, dir, "second")
	if name := served(second); name != "second" {
		t.Errorf("after a renewal: served %q", name)
	}
	if err := os.WriteFile(certFile, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name := served(second); name != "second" {
		t.Errorf("after a bad renewal: served %q", name)
	}

	r.roots = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: second}, ForceAttemptHTTP2: true}
	defer r.roots.CloseIdleConnections()
	_, _, header := r.client().full("POST", "/api/v1/login", login{"akiko", testPassword})
	if cookie := header.Get("Set-Cookie"); !strings.Contains(cookie, "Secure") || !strings.HasPrefix(cookie, "__Host-patchbay_") {
		t.Errorf("cookie %q", cookie)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "wss://") {
		t.Errorf("policy %q", csp)
	}
	if _, err := NewServer(Config{Hub: r.hub, Center: r.center, Phones: r.phones, Store: r.store, Log: r.srv.log, CertFile: certFile, KeyFile: keyFile}); err == nil {
		t.Error("a bad certificate at the start is no error")
	}
}
