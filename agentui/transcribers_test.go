package agentui

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// fakeTranscribers takes whoever shows the right token.
type fakeTranscribers struct{ served int }

func (f *fakeTranscribers) HasToken(r *http.Request) bool {
	return r.Header.Get("Authorization") == "Bearer right"
}

func (f *fakeTranscribers) SameVersion(r *http.Request) (theirs, ours string, same bool) {
	theirs = r.Header.Get("Version")
	return theirs, "3", theirs == "3"
}

func (f *fakeTranscribers) Serve(w http.ResponseWriter, _ *http.Request, refuse func(http.ResponseWriter, int, string)) {
	f.served++
	refuse(w, http.StatusBadRequest, "no WebSocket")
}

func (f *fakeTranscribers) List() []Transcriber {
	return []Transcriber{{Name: "asr-2", Model: "base", Cores: 8, State: "ready", ConnectedAt: time.Unix(1e9, 0).UTC()}}
}

func TestTranscribers(t *testing.T) {
	fake := &fakeTranscribers{}
	r := newRig(t, func(c *Config) { c.Transcribers = fake })
	c := r.client()
	for _, v := range []struct {
		headers []string
		status  int
		code    string
	}{
		{nil, 401, "wrong_token"},
		{[]string{"Authorization", "Bearer wrong"}, 401, "transcriber.token"},
		{[]string{"Authorization", "Bearer right", "Version", "2"}, 426, "version 2 of the protocol, the server 3"},
		{[]string{"Authorization", "Bearer right", "Version", "<script>"}, 426, "unknown"},
		{[]string{"Authorization", "Bearer right", "Version", "3"}, 400, "no WebSocket"},
		{[]string{"Authorization", "Bearer right", "Version", "3", "Origin", "https://other.example", "Upgrade", "websocket"}, 403, "cross_origin"},
	} {
		if status, body := c.do("GET", "/api/v1/transcriber", nil, v.headers...); status != v.status || !strings.Contains(body, v.code) {
			t.Errorf("%v: %d %s", v.headers, status, body)
		}
	}
	if fake.served != 1 {
		t.Errorf("%d were served", fake.served)
	}
	refused := 0
	for _, e := range r.store.audit {
		if e.Action == "transcriber_refused" && e.Address == "127.0.0.1" {
			refused++
		}
	}
	if refused != 4 {
		t.Errorf("%d refusals are audited: %+v", refused, r.store.audit)
	}
	limited := false
	for range 12 {
		status, _ := c.do("GET", "/api/v1/transcriber", nil)
		limited = limited || status == 429
	}
	if status, _ := c.do("GET", "/api/v1/transcriber", nil, "Authorization", "Bearer right", "Version", "3"); !limited || status != 429 {
		t.Errorf("who guesses is not slowed: %d", status)
	}

	want := `{"items":[{"name":"asr-2","address":"","model":"base","version":"","cores":8,"streams":0,"waiting":0,"behind_ms":0,"state":"ready","connected_at":"2001-09-09T01:46:40Z"}]}`
	if status, body := r.signedIn("sofia").do("GET", "/api/v1/transcribers", nil); status != 200 || strings.TrimSpace(body) != want {
		t.Error(status, body)
	}
	if status, _ := r.signedIn("akiko").do("GET", "/api/v1/transcribers", nil); status != 403 {
		t.Errorf("an agent sees the recognisers: %d", status)
	}
	if status, _ := newRig(t).client().do("GET", "/api/v1/transcriber", nil, "Authorization", "Bearer right", "Version", "3"); status != 403 {
		t.Errorf("a server that takes none: %d", status)
	}
}
