package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/media"
)

// A whole call whose lines come from another recogniser by URL; when it fails, the local one goes on. The desk says all the
// time where voices go.
func TestLinesFromOutside(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer the-key" || !strings.Contains(r.FormValue("prompt"), "Haruto Tanaka") {
			t.Errorf("key %q, prompt %q", r.Header.Get("Authorization"), r.FormValue("prompt"))
		}
		if asked.Add(1) > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"text": "This was heard outside."})
	}))
	defer other.Close()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("the-key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startCentre(t, true, "--transcribe-url", other.URL, "--transcribe-url-key-file", key)
	b := openBrowser(t, writeSound(t, make([]int16, media.SampleRate), 48000, 0))
	b.signIn(c, "akiko")
	if host := strings.TrimPrefix(other.URL, "http://"); !strings.Contains(b.text("status", "Notices"), host) {
		t.Errorf("the desk does not say that voices go to %s: %s", host, b.text("status", "Notices"))
	}
	words, _ := speech(t, 1500*time.Millisecond, "lv-0880", "ls-1272-128104-0000")
	path := writeSound(t, append(words, make([]int16, 2*media.SampleRate)...), 8000, 0)
	call := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--play", path, "--json")
	defer call.stop()
	b.see("alertdialog", "Incoming call")
	b.click("button", "Answer")
	b.see("button", "Mute")
	id := c.call(t).ID
	c.poll(t, "written by both", 60*time.Second, func() bool {
		text := said(c.lines(t, id), "customer")
		return strings.Contains(text, "This was heard outside.") && strings.Contains(strings.ToLower(text), "apostle")
	})
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times: after a failure it is left alone", n)
	}
}

// The doctor says plainly that voices leave, or that they stay.
func TestDoctorSaysWhetherVoicesLeave(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("k"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]*settings{
		"no: voices": {}, "YES: voices": {TranscribeURL: "https://speech.example.com", TranscribeKey: key},
		"URL is": {TranscribeURL: "http://speech.example.com"}, "cannot be read": {TranscribeURL: "https://speech.example.com", TranscribeKey: key + "x"},
	} {
		if f := checkOutside(t.Context(), s); !strings.Contains(f.what, want) || (f.mend == "") != (s.TranscribeURL == "") {
			t.Errorf("%+v: %+v", s.TranscribeURL, f)
		}
	}
	child := strings.Join(childCommand("patchbay", &settings{Model: "base", TranscribeURL: "https://speech.example.com", TranscribeModel: "m", TranscribeKey: key}), " ")
	if child != "patchbay transcriber --model base --url https://speech.example.com --url-model m --url-key-file "+key {
		t.Error(child)
	}
}
