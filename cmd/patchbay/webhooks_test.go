package main

import (
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// TestWebhooksOutliveServerAndReceiver: an alert reaches a receiver that was down, answered 500, and was slow, over a kill -9 of
// the server, signed and under one id; an administrator sees what becomes of it.
func TestWebhooksOutliveServerAndReceiver(t *testing.T) {
	models := t.TempDir() // without models, transcription is off: an alert
	t.Setenv("PATCHBAY_MODELS", models)
	key := base64.StdEncoding.EncodeToString([]byte("thirty-two bytes for these tests"))
	at := net.JoinHostPort("127.0.0.1", "0")
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close() // down
	file := configFile(t, "webhooks:\n  - url: http://"+addr+"/alerts?key=letmein\n    secret: "+key+"\n    alerts: [transcription_off]\n")
	c := startCentre(t, false, "--config", file)
	type state struct {
		URL     string
		Waiting int
		Last    []struct {
			ID, State string
			Attempts  int
			LastError string `json:"last_error"`
		}
	}
	hooks := func() state {
		t.Helper()
		c.signIn(t, "admin")
		var list struct{ Items []state }
		c.get(t, "/webhooks", &list)
		if len(list.Items) != 1 {
			t.Fatalf("%d webhooks", len(list.Items))
		}
		return list.Items[0]
	}
	c.poll(t, "tried in vain", 20*time.Second, func() bool {
		h := hooks()
		return len(h.Last) == 1 && strings.Contains(h.Last[0].LastError, "refused")
	})
	first := hooks()
	if first.URL != "http://"+addr+"/alerts" || first.Waiting != 1 || first.Last[0].State != "waiting" {
		t.Errorf("while the receiver is down: %+v", first)
	}
	c.kill()
	if found := filesWith(t, filepath.Join(c.data, "journal"), first.Last[0].ID); len(found) > 0 {
		t.Logf("still in the journal too: %v", found)
	}

	var mu sync.Mutex
	got := map[string]int{} // attempts, by id
	var bad []string
	slow := make(chan struct{})
	answer := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		check, _ := standardwebhooks.NewWebhook(key)
		mu.Lock()
		if err := check.Verify(body, r.Header); err != nil || !strings.Contains(string(body), `"code":"transcription_off"`) {
			bad = append(bad, string(body))
		}
		id := r.Header.Get("webhook-id")
		got[id]++
		n := got[id]
		mu.Unlock()
		switch n {
		case 1:
			http.Error(w, "not now", 500)
		case 2:
			<-slow // longer than we are waited for
		}
	}
	if l, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(answer)}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { close(slow); _ = srv.Close() })
	c.start(t, false)
	c.poll(t, "delivered after all", 120*time.Second, func() bool {
		return slices.ContainsFunc(hooks().Last, func(d struct {
			ID, State string
			Attempts  int
			LastError string `json:"last_error"`
		}) bool {
			return d.ID == first.Last[0].ID && d.State == "delivered" && d.Attempts >= 4
		})
	})
	mu.Lock()
	defer mu.Unlock()
	if n := got[first.Last[0].ID]; n != 3 || len(bad) > 0 {
		t.Errorf("%d attempts arrived, want 3; not as signed: %q", n, bad)
	}
	if strings.Contains(c.out.String(), "letmein") {
		t.Error("the address's query is in the log")
	}
}

// TestWebhookOfTheDesk: a receiver that an administrator adds counts at once, outlives a kill -9, and neither its secret nor its
// address's query is anywhere on the disk in clear; a test that cannot arrive says why.
func TestWebhookOfTheDesk(t *testing.T) {
	c := startCentre(t, false)
	c.signIn(t, "admin")
	secret := base64.StdEncoding.EncodeToString([]byte("thirty-two bytes of the desk's!!"))
	c.send(t, "POST", "/webhooks", `{"url":"https://ops.patchbay.invalid/hook?key=openSesame42","secret":"`+secret+`","alerts":["disk_low"]}`, 201)
	type hook struct {
		ID, URL              string
		Kept, Active, Locked bool
		Last                 []struct {
			What, State string
			Reason      struct{ Code string }
		}
	}
	only := func() hook {
		t.Helper()
		var list struct{ Items []hook }
		c.get(t, "/webhooks", &list)
		if len(list.Items) != 1 {
			t.Fatalf("%d webhooks, want 1", len(list.Items))
		}
		return list.Items[0]
	}
	if h := only(); h.URL != "https://ops.patchbay.invalid/hook" || !h.Kept || !h.Active || h.Locked {
		t.Errorf("added as %+v", h)
	}
	c.send(t, "POST", "/webhooks", `{"url":"https://127.0.0.1:9/x"}`, 400)
	c.kill()
	c.start(t, false)
	c.signIn(t, "admin")
	h := only()
	if h.Locked || !h.Active {
		t.Fatalf("after a kill: %+v", h)
	}
	c.send(t, "POST", "/webhooks/"+h.ID+"/test", "", 202)
	c.poll(t, "tried, and said why in vain", 30*time.Second, func() bool {
		h := only()
		return len(h.Last) == 1 && h.Last[0].What == "test" && h.Last[0].Reason.Code == "unknown_name"
	})
	for _, word := range []string{"openSesame42", secret} {
		if found := filesWith(t, c.data, word); len(found) > 0 {
			t.Errorf("%q is in clear in %v", word, found)
		}
		if strings.Contains(c.out.String(), word) {
			t.Errorf("%q is in the log", word)
		}
	}
	c.send(t, "PATCH", "/webhooks/"+h.ID, `{"active":false}`, 200)
	c.poll(t, "given up once it is turned off", 30*time.Second, func() bool { return only().Last[0].State == "given_up" })
	c.send(t, "DELETE", "/webhooks/"+h.ID, "", 204)
	var list struct{ Items []hook }
	if c.get(t, "/webhooks", &list); len(list.Items) > 0 {
		t.Errorf("removed, and still there: %+v", list.Items)
	}
}
