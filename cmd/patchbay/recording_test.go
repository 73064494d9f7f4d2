package main

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// toneFile is a WAV file of one tone.
func toneFile(t testing.TB, hz float64, d time.Duration) string {
	samples := make([]int16, int(d.Seconds()*media.SampleRate))
	for i := range samples {
		samples[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/media.SampleRate))
	}
	return writeSound(t, samples, 16000, 0)
}

// tones of the two sides: no harmonic of one lies at the other, also over A-law.
const (
	leftHz  = 437
	rightHz = 911
)

// recordedCall is a customer and an agent who hum at each other, in a call that is recorded.
func recordedCall(t testing.TB, c *centreUnderTest, d string) (customer *program, id string) {
	t.Helper()
	patchbay(t, "agent", "--url", "http://"+c.http, "--user", "akiko", "--password", demoPassword, "--auto-answer", "--json",
		"--play", toneFile(t, rightHz, 60*time.Second))
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	customer = patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--play", toneFile(t, leftHz, 60*time.Second), "--duration", d, "--json")
	c.poll(t, "talking", 20*time.Second, func() bool { return c.call(t).State == "active" })
	return customer, c.call(t).ID
}

// fetch reads a resource of the API as it is.
func (c *centreUnderTest) fetch(t testing.TB, path string) (int, []byte) {
	t.Helper()
	res, err := c.client.Get("http://" + c.http + "/api/v1" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b
}

// playRecording lets ffmpeg decode what the API serves.
func playRecording(t testing.TB, ogg []byte) (left, right []int16) {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-v", "error", "-i", "-", "-f", "s16le", "-ar", "16000", "-")
	cmd.Stdin = bytes.NewReader(ogg)
	var msg bytes.Buffer
	cmd.Stderr = &msg
	b, err := cmd.Output()
	if err != nil || msg.Len() > 0 {
		t.Fatalf("ffmpeg: %v: %s", err, msg.String())
	}
	for i := 0; i+4 <= len(b); i += 4 {
		left = append(left, int16(uint16(b[i])|uint16(b[i+1])<<8))
		right = append(right, int16(uint16(b[i+2])|uint16(b[i+3])<<8))
	}
	return left, right
}

// checkSides: the customer is left, the agent right, and neither is in the other's place.
func checkSides(t testing.TB, what string, left, right []int16) {
	t.Helper()
	if len(left) < 2*media.SampleRate {
		t.Errorf("%s: only %v", what, duration(left))
		return
	}
	end := len(left) - media.SampleRate/2
	l, r := left[end-media.SampleRate:end], right[end-media.SampleRate:end]
	for _, c := range []struct {
		side       string
		s          []int16
		own, other float64
	}{{"left", l, leftHz, rightHz}, {"right", r, rightHz, leftHz}} {
		own, other := mediatest.PowerAt(c.s, media.SampleRate, c.own), mediatest.PowerAt(c.s, media.SampleRate, c.other)
		if own < -30 || other > -60 {
			t.Errorf("%s, %s: %.0f Hz at %.1f dBFS, %.0f Hz at %.1f", what, c.side, c.own, own, c.other, other)
		}
	}
}

// filesWith are the files of a data directory that hold a text.
func filesWith(t testing.TB, dir, text string) (found []string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // PostgreSQL's files come and go
		}
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte(text)) {
			found = append(found, path)
		}
		return nil
	})
	return found
}

// TestRecordedCallKilled: a recorded call is heard while it goes on; kill -9 leaves a file that plays up to 2 s before;
// nothing lies unsealed; deletion leaves nothing.
func TestRecordedCallKilled(t *testing.T) {
	t.Setenv("PATCHBAY_MODELS", t.TempDir()) // words are tested elsewhere
	c := startCentre(t, false)
	_, id := recordedCall(t, c, "60s")
	c.poll(t, "recorded for 6 s", 20*time.Second, func() bool {
		var doc struct {
			DurationMS int64 `json:"duration_ms"`
			Live       bool
		}
		status, b := c.fetch(t, "/interactions/"+id+"/peaks")
		return status == 200 && json.Unmarshal(b, &doc) == nil && doc.Live && doc.DurationMS >= 6000
	})
	status, ogg := c.fetch(t, "/interactions/"+id+"/recording")
	if status != 200 {
		t.Fatalf("while the call goes on: %d %s", status, ogg)
	}
	left, right := playRecording(t, ogg)
	checkSides(t, "while the call goes on", left, right)

	_, ogg = c.fetch(t, "/interactions/"+id+"/recording")
	sealed, _ := playRecording(t, ogg)
	killed := time.Now()
	c.kill()
	c.start(t, false)
	var doc struct {
		StartedAt time.Time `json:"started_at"`
		Recording struct {
			Recovered  bool
			DurationMS int64 `json:"duration_ms"`
		}
	}
	c.poll(t, "recovered", 20*time.Second, func() bool {
		c.get(t, "/interactions/"+id, &doc)
		return doc.Recording.Recovered
	})
	status, ogg = c.fetch(t, "/interactions/"+id+"/recording")
	if status != 200 {
		t.Fatalf("after kill -9: %d %s", status, ogg)
	}
	left, right = playRecording(t, ogg)
	checkSides(t, "after kill -9", left, right)
	if duration(left) < duration(sealed) {
		t.Errorf("%v after kill -9, %v before", duration(left), duration(sealed))
	}
	if lost := killed.Sub(doc.StartedAt) - duration(left); lost > 2*time.Second {
		t.Errorf("kill -9 loses %v", lost)
	} else {
		t.Logf("kill -9 loses %v of %v", lost, duration(left))
	}

	for _, text := range []string{"OggS", "OpusHead"} {
		if found := filesWith(t, c.data, text); len(found) > 0 {
			t.Errorf("%q lies unsealed in %v", text, found)
		}
	}
	c.send(t, "DELETE", "/interactions/"+id+"/content", "", http.StatusNoContent)
	if status, _ := c.fetch(t, "/interactions/"+id+"/recording"); status != 404 {
		t.Errorf("after the deletion the recording answers %d", status)
	}
	c.poll(t, "removed from spool, keys and bucket", 10*time.Second, func() bool {
		gone := true
		_ = filepath.WalkDir(filepath.Join(c.data, "recordings"), func(path string, _ fs.DirEntry, _ error) error {
			gone = gone && !strings.Contains(path, id)
			return nil
		})
		return gone
	})
}

// TestRecordedCallEnds: at the end of a call its recording is copied to the bucket, is as long as the call, and a damaged
// byte of it is named by patchbay recordings verify.
func TestRecordedCallEnds(t *testing.T) {
	t.Setenv("PATCHBAY_MODELS", t.TempDir())
	c := startCentre(t, false)
	customer, id := recordedCall(t, c, "7s")
	if err := customer.ends(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Recording struct {
			State, Object string
			DurationMS    int64 `json:"duration_ms"`
		}
	}
	c.poll(t, "in the bucket", 20*time.Second, func() bool {
		c.get(t, "/interactions/"+id, &doc)
		return doc.Recording.State == "stored"
	})
	if d := doc.Recording.DurationMS; d < 6500 || d > 7800 {
		t.Errorf("a call of 7 s is recorded for %d ms", d)
	}
	_, ogg := c.fetch(t, "/interactions/"+id+"/recording")
	left, right := playRecording(t, ogg)
	checkSides(t, "from the bucket", left, right)
	path := filepath.Join(c.data, "recordings", "bucket", filepath.FromSlash(doc.Recording.Object))
	whole := patchbay(t, "recordings", "verify", "--data-dir", c.data, path)
	if err := whole.ends(20 * time.Second); err != nil {
		t.Errorf("a whole recording: %v", err)
	}
	out := filepath.Join(t.TempDir(), "call.ogg")
	export := patchbay(t, "recordings", "export", "--data-dir", c.data, path, out)
	if err := export.ends(20 * time.Second); err != nil {
		t.Errorf("export: %v", err)
	}
	if b, err := os.ReadFile(out); err != nil || !bytes.Equal(b, ogg) {
		t.Errorf("the exported file is another one: %v", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := patchbay(t, "recordings", "verify", "--data-dir", c.data, path)
	if err := damaged.ends(20 * time.Second); err == nil || !strings.Contains(damaged.out.String(), "damaged") {
		t.Errorf("a flipped byte: %v, %s", err, damaged.out.String())
	}
}

// setRecording changes what the demo's queue does about recording.
func (c *centreUnderTest) setRecording(t testing.TB, mode string) {
	t.Helper()
	var queues struct{ Items []struct{ ID string } }
	c.get(t, "/queues", &queues)
	c.signIn(t, "admin")
	defer c.signIn(t, "sofia")
	c.send(t, "PATCH", "/queues/"+queues.Items[0].ID, `{"recording":"`+mode+`"}`, http.StatusOK)
}

// TestConsentByTelephone: in a queue that asks, the key 1 at the telephone records the call, the key 2 does not.
func TestConsentByTelephone(t *testing.T) {
	t.Setenv("PATCHBAY_MODELS", t.TempDir())
	c := startCentre(t, false)
	c.setRecording(t, "ask")
	happened := func(id, typ string) bool {
		var doc struct{ Events []struct{ Type string } }
		c.get(t, "/interactions/"+id+"/timeline", &doc)
		return slices.ContainsFunc(doc.Events, func(e struct{ Type string }) bool { return e.Type == typ })
	}
	for _, tc := range []struct {
		key, event string
		status     int
	}{{"1", "recording_consented", 200}, {"2", "recording_refused", 404}} {
		call := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--dtmf", tc.key, "--duration", "5s", "--json")
		call.await("answered", 10*time.Second)
		c.poll(t, tc.event, 10*time.Second, func() bool { in := c.call(t); return in.ID != "" && happened(in.ID, tc.event) })
		id := c.call(t).ID
		if err := call.ends(20 * time.Second); err != nil {
			t.Error(err)
		}
		c.poll(t, "ended", 10*time.Second, func() bool { return c.call(t).State == "ended" })
		if status, body := c.fetch(t, "/interactions/"+id+"/recording"); status != tc.status {
			t.Errorf("key %s: the recording answers %d %.80s", tc.key, status, body)
		}
	}
}
