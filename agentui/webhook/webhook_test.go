package webhook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"patchbay/acd"
	"patchbay/store"
)

var testSecret = base64.StdEncoding.EncodeToString([]byte("thirty-two bytes for these tests"))

func TestParse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("whsec_"+testSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hooks, err := Parse("- url: https://ops.example.com/a?key=1\n  secret_file: "+file+"\n- url: http://127.0.0.1:9000/b\n  secret: "+testSecret+"\n  alerts: [phrase, disk_low]\n", readWhole)
	if err != nil || len(hooks) != 2 {
		t.Fatal(hooks, err)
	}
	if hooks[0].Shown() != "https://ops.example.com/a" || !hooks[0].Wants("overlap") || hooks[1].Wants("overlap") || !hooks[1].Wants("phrase") ||
		string(hooks[0].key) != "thirty-two bytes for these tests" || hooks[0].Receiver() == hooks[1].Receiver() {
		t.Errorf("%+v", hooks)
	}
	if hooks, err := Parse("", readWhole); err != nil || len(hooks) != 0 {
		t.Error("nothing:", hooks, err)
	}
	for text, says := range map[string]string{
		"https://ops.example.com": "is a list", "[{uri: x}]": "is a list", "{": "is a list",
		"[{url: http://ops.example.com/a, secret: " + testSecret + "}]":                                                          "https address",
		"[{url: ftp://ops.example.com/a, secret: " + testSecret + "}]":                                                           "https address",
		"[{url: https://me:pw@ops.example.com/a, secret: " + testSecret + "}]":                                                   "without a user",
		"[{url: https://ops.example.com/a}]":                                                                                     "openssl rand",
		"[{url: https://ops.example.com/a, secret: short}]":                                                                      "openssl rand",
		"[{url: https://ops.example.com/a, secret_file: /nowhere/x}]":                                                            "cannot be read",
		"[{url: https://ops.example.com/a, secret: " + testSecret + ", alerts: [phrases]}]":                                      "raised_hand",
		"[{url: https://a.example/, secret: " + testSecret + "}, {url: https://a.example/, secret: " + testSecret + "}]":         "twice",
		"[{url: https://ops.example.com/a, secret: " + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 65))) + "}]": "openssl rand",
		"[{url: https://ops.example.com/a, secret: " + testSecret + ", alerts: " + strings.Repeat("x", maxSettings) + "}]":       "too long",
		"[" + strings.Repeat("{url: https://ops.example.com/a, secret: "+testSecret+"},", maxHooks+1) + "]":                      "at most",
		"[{url: https://ops.example.com/a, secret: " + testSecret + ", secret_file: " + file + "}]":                              "one of them",
	} {
		if _, err := Parse(text, readWhole); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60s: %v, want one line that says %q", text, err, says)
		}
	}
}

func readWhole(file string) (string, error) {
	b, err := os.ReadFile(file)
	return string(b), err
}

func hookAt(t *testing.T, url string) Hook {
	t.Helper()
	hooks, err := Parse(`[{"url": "`+url+`", "secret": "`+testSecret+`"}]`, readWhole)
	if err != nil {
		t.Fatal(err)
	}
	return hooks[0]
}

func senderTo(t *testing.T, url string) (*Sender, store.Delivery) {
	t.Helper()
	h := hookAt(t, url)
	s, err := NewSender([]Hook{h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, store.Delivery{ID: "msg_1", Receiver: h.Receiver(), Body: `{"type":"alert.phrase"}`}
}

// TestSigned: the receiver can check what came by the published library, and neither with another secret, another body, nor later.
func TestSigned(t *testing.T) {
	var header http.Header
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(204)
	}))
	defer srv.Close()
	s, d := senderTo(t, srv.URL)
	if err := s.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	check, _ := standardwebhooks.NewWebhook("whsec_" + testSecret)
	if err := check.Verify(body, header); err != nil || header.Get("webhook-id") != "msg_1" || string(body) != d.Body {
		t.Errorf("%v: %v %s", err, header, body)
	}
	if err := check.Verify(append(body, ' '), header); err == nil {
		t.Error("another body passes")
	}
	other, _ := standardwebhooks.NewWebhookRaw([]byte("some other secret of some length"))
	if err := other.Verify(body, header); err == nil {
		t.Error("another secret passes")
	}
	s.now = func() time.Time { return time.Now().Add(-10 * time.Minute) }
	if err := s.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := check.Verify(body, header); !errors.Is(err, standardwebhooks.ErrMessageTooOld) {
		t.Errorf("a message of ten minutes ago: %v", err)
	}
}

// TestAnswers: what is a success, what a failure, and what is never followed or read to its end.
func TestAnswers(t *testing.T) {
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer elsewhere.Close()
	flood := make(chan error, 1)
	slow := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		case "/500":
			http.Error(w, "what was answered", 500)
		case "/410":
			w.WriteHeader(http.StatusGone)
		case "/slow":
			<-slow
		case "/flood":
			w.WriteHeader(200)
			var err error
			for n := 0; err == nil && n < 1<<30; n += 1 << 16 {
				_, err = w.Write(make([]byte, 1<<16))
			}
			flood <- err
		}
	}))
	defer srv.Close()
	for path, says := range map[string]string{"/redirect": "redirects are not followed", "/500": "it answered 500", "/410": "410", "/slow": "no answer"} {
		s, d := senderTo(t, srv.URL+path+"?token=letmein")
		s.client.Timeout = time.Second
		err := s.Send(t.Context(), d)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "letmein") || strings.Contains(err.Error(), "what was answered") {
			t.Errorf("%s: %v, want %q", path, err, says)
		}
		if errors.Is(err, store.ErrGone) != (path == "/410") {
			t.Errorf("%s: gone for good? %v", path, err)
		}
	}
	close(slow)
	if followed {
		t.Error("a redirect was followed")
	}
	s, d := senderTo(t, srv.URL+"/flood")
	if err := s.Send(t.Context(), d); err != nil {
		t.Error("a receiver that floods:", err)
	}
	s.Close()
	if err := <-flood; err == nil {
		t.Error("a gigabyte was read")
	}
	s, d = senderTo(t, "http://127.0.0.1:1/")
	if err := s.Send(t.Context(), d); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Error("nobody there:", err)
	}
	d.Receiver = "hook_0"
	if err := s.Send(t.Context(), d); !errors.Is(err, store.ErrGone) {
		t.Error("an unknown receiver:", err)
	}
}

// TestAddresses: where a name may lead.
func TestAddresses(t *testing.T) {
	for addr, want := range map[string][2]bool{ // wanted as loopback, as another machine
		"127.0.0.1:80": {true, false}, "[::1]:80": {true, false}, "[::ffff:127.0.0.1]:80": {true, false},
		"203.0.113.7:443": {false, true}, "10.0.0.5:443": {false, true}, "[2001:db8::1]:443": {false, true},
		"169.254.169.254:80": {}, "[fe80::1]:80": {}, "0.0.0.0:80": {}, "[::]:80": {}, "224.0.0.1:80": {}, "nonsense": {},
	} {
		for i, local := range []bool{true, false} {
			err := allowed(context.WithValue(t.Context(), wantsLoopback{}, local), "tcp", addr, nil)
			if (err == nil) != want[i] {
				t.Errorf("%s, loopback %t: %v", addr, local, err)
			}
		}
	}
}

type kept struct{ list []store.Delivery }

func (k *kept) Deliver(d store.Delivery) { k.list = append(k.list, d) }

// slowBox takes its time over the first message.
type slowBox struct {
	mu    sync.Mutex
	later atomic.Bool
	first chan struct{} // closed when the first is in hand
	kept
}

func (b *slowBox) Deliver(d store.Delivery) {
	if !b.later.Swap(true) {
		close(b.first)
		time.Sleep(50 * time.Millisecond)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept.Deliver(d)
}

// TestEndedComesAfterBegan: also where the alert ends while its beginning is on the way to the outbox.
func TestEndedComesAfterBegan(t *testing.T) {
	box := &slowBox{first: make(chan struct{})}
	w := NewWatch(published{}, []Hook{hookAt(t, "https://all.example.com/")}, box, nil)
	var both sync.WaitGroup
	both.Go(func() { w.Server(CodeDisk, true, nil) })
	both.Go(func() { <-box.first; w.Server(CodeDisk, false, nil) })
	both.Wait()
	if len(box.list) != 2 || !strings.Contains(box.list[0].Body, "began") || !strings.Contains(box.list[1].Body, "ended") {
		t.Errorf("%+v", box.list)
	}
}

type published struct{ acd.Publisher }

func (published) Alert(acd.Alert)   {}
func (published) System(acd.System) {}

// TestWhatTravels: of a call its id, queue and what is listed; what was said only where the rule lets it; nothing to a hook
// that does not want it; the server's own alerts when they begin and end.
func TestWhatTravels(t *testing.T) {
	k := &kept{}
	all := hookAt(t, "https://all.example.com/")
	some := hookAt(t, "https://some.example.com/")
	some.Alerts = []string{CodeBehind}
	w := NewWatch(published{}, []Hook{all, some}, k, nil)
	said := map[string]any{"said": "lawyer " + strings.Repeat("x", 300), "phrase": "lawyer", "speaker": "customer", "customer_name": "Aoki"}
	w.Alert(acd.Alert{InteractionID: "i", Code: acd.CodePhrase, Params: said, Queue: "Bookings"})
	w.Alert(acd.Alert{InteractionID: "i", Code: acd.CodePhrase, Params: said, Queue: "Bookings", ShareText: true})
	w.Alert(acd.Alert{InteractionID: "i", Code: acd.CodeHand, Params: map[string]any{"agent": "Akiko"}})
	want := []string{
		`{"code":"phrase","state":"began","interaction_id":"i","queue":"Bookings","params":{"speaker":"customer"}}`,
		`{"code":"phrase","state":"began","interaction_id":"i","queue":"Bookings","params":{"phrase":"lawyer","said":"lawyer ` + strings.Repeat("x", 193) + `","speaker":"customer"}}`,
		`{"code":"raised_hand","state":"began","interaction_id":"i","params":{"agent":"Akiko"}}`,
	}
	for _, s := range []acd.System{{Transcription: "loading"}, {Transcription: "ready", TranscriptionBehind: true}, {Transcription: "ready", TranscriptionBehind: true}, {Transcription: "off", TranscriptionReason: "no_models"}} {
		w.System(s)
	}
	began, ended := `{"code":"transcription_behind","state":"began","params":{}}`, `{"code":"transcription_behind","state":"ended","params":{}}`
	want = append(want, began, began, `{"code":"transcription_off","state":"began","params":{}}`, ended, ended)
	if len(k.list) != len(want) {
		t.Fatalf("%d messages, want %d", len(k.list), len(want))
	}
	ids := map[string]bool{}
	for i, d := range k.list {
		var m struct {
			Type string
			Data json.RawMessage
		}
		if err := json.Unmarshal([]byte(d.Body), &m); err != nil || string(m.Data) != want[i] || m.Type != "alert."+d.What || ids[d.ID] {
			t.Errorf("%d: %s (%v), want %s", i, d.Body, err, want[i])
		}
		ids[d.ID] = true
	}
	if k.list[0].InteractionID != "i" || k.list[4].Receiver != some.Receiver() {
		t.Errorf("%+v", k.list)
	}
}
