package main

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/agentui/wire"
	"patchbay/media"
	"patchbay/media/mediatest"
	"patchbay/media/wav"
)

// spokenAndHummed is a minute of somebody who says a sentence and hums a tone, again and again.
func spokenAndHummed(t *testing.T, sentence string, hz float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "said.wav")
	if out, err := exec.Command("flite", "-voice", "slt", "-t", sentence, "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("flite: %v: %s", err, out)
	}
	said, err := wav.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	pause := make([]int16, media.SampleRate/2)
	once := slices.Concat(said, pause, sine(hz, time.Second), pause)
	var all []int16
	for len(all) < 90*media.SampleRate {
		all = append(all, once...)
	}
	return writeSound(t, all, 16000, 0)
}

// loudestTone is the level of a tone in the loudest half second of a sound, in dBFS.
func loudestTone(samples []int16, hz float64) float64 {
	most := -150.0
	const piece = media.SampleRate / 2
	for i := 0; i+piece <= len(samples); i += piece / 2 {
		most = max(most, mediatest.PowerAt(samples[i:i+piece], media.SampleRate, hz))
	}
	return most
}

// TestWhisperIsOnNoFile: what a supervisor whispers, words and a tone, is neither in the finished recording (below −60 dBFS on both
// sides) nor in the transcript and its exports; what another says who barges in is in all of them, under the name and with a mark.
func TestWhisperIsOnNoFile(t *testing.T) {
	const agentHz, whisperHz, bargeHz = 911, 1723, 2503
	c := startCentre(t, true)
	c.signIn(t, "admin")
	c.send(t, "POST", "/users", `{"id":"rosa","name":"Rosa Lind","role":"supervisor","password":"`+demoPassword+`"}`, http.StatusCreated)
	sounds := map[string]string{
		"akiko": writeSound(t, sine(agentHz, 90*time.Second), 16000, 0),
		"sofia": spokenAndHummed(t, "The pineapple is on the elephant.", whisperHz),
		"rosa":  spokenAndHummed(t, "The umbrella is on the mountain.", bargeHz),
	}
	for _, user := range []string{"akiko", "sofia", "rosa"} {
		p := patchbay(t, "agent", "--url", "http://"+c.http, "--user", user, "--password", demoPassword, "--auto-answer", "--json", "--play", sounds[user])
		p.await(`"state":"connected"`, 20*time.Second)
	}
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	sofia := c.commander(t, "sofia")
	c.client.Jar, _ = cookiejar.New(nil) // or signing rosa in would sign sofia out
	rosa := c.commander(t, "rosa")
	customer := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--duration", "30s", "--json")
	c.poll(t, "talking", 20*time.Second, func() bool { return c.call(t).State == "active" })
	id, zero := c.call(t).ID, customer.at("answered")
	whispers := sofia.must("supervise", wire.Supervise{InteractionID: id, Mode: "whisper"})
	time.Sleep(time.Until(whispers.Add(8 * time.Second))) // telephones talk in real time
	barges := rosa.must("supervise", wire.Supervise{InteractionID: id, Mode: "barge"})
	if err := customer.ends(60 * time.Second); err != nil {
		t.Fatalf("the customer: %v", err)
	}
	c.poll(t, "written down and stored", 60*time.Second, func() bool {
		var doc struct{ Recording *struct{ State string } }
		c.get(t, "/interactions/"+id, &doc)
		return c.call(t).State == "ended" && doc.Recording != nil && doc.Recording.State == "stored" && strings.Contains(strings.ToLower(said(c.lines(t, id), "supervisor")), "umbrella")
	})

	status, ogg := c.fetch(t, "/interactions/"+id+"/recording")
	if status != 200 {
		t.Fatalf("the recording: %d %s", status, ogg)
	}
	left, right := playRecording(t, ogg)
	for side, s := range map[string][]int16{"left": left, "right": right} {
		cut := cutter(zero, s)
		whispered, all := cut(whispers, barges), cut(zero, barges)
		if len(whispered) < 6*media.SampleRate {
			t.Fatalf("%s: only %v of the whisper's time are in the file", side, duration(whispered))
		}
		level := loudestTone(all, whisperHz)
		t.Logf("%s: the whisper's tone is at %.0f dBFS at most", side, level)
		if level > quietAtMost {
			t.Errorf("%s: the whisper's tone is in the recording at %.1f dBFS", side, level)
		}
	}
	cut := cutter(zero, right)
	if level := loudestTone(cut(whispers, barges), agentHz); level < loudAtLeast {
		t.Errorf("the agent is in the recording at %.1f dBFS only: this test listens in the wrong place", level)
	}
	if level := loudestTone(cut(barges.Add(time.Second), barges.Add(15*time.Second)), bargeHz); level < loudAtLeast {
		t.Errorf("who barges in is in the recording at %.1f dBFS only", level)
	}
	if level := loudestTone(left, bargeHz); level > quietAtMost {
		t.Errorf("who barges in is on the customer's side at %.1f dBFS", level)
	}

	for _, path := range []string{"/transcript", "/export?format=vtt", "/export?format=json", "/timeline"} {
		status, b := c.fetch(t, "/interactions/"+id+path)
		text := strings.ToLower(string(b))
		if status != 200 || strings.Contains(text, "pineapple") || strings.Contains(text, "elephant") {
			t.Errorf("%s: %d, the whisper is in it: %s", path, status, b)
		}
		if path != "/timeline" && (!strings.Contains(text, "umbrella") || !strings.Contains(text, "rosa lind")) {
			t.Errorf("%s: who barged in is not in it: %s", path, b)
		}
	}
	var doc struct {
		Marks []struct {
			Kind, Name string
			AtMS       int64  `json:"at_ms"`
			UntilMS    *int64 `json:"until_ms"`
		}
	}
	_, b := c.fetch(t, "/interactions/"+id+"/transcript")
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	at := barges.Sub(zero).Milliseconds()
	if len(doc.Marks) != 1 || doc.Marks[0].Kind != "barge" || doc.Marks[0].Name != "Rosa Lind" || doc.Marks[0].AtMS < at-500 || doc.Marks[0].AtMS > at+500 || doc.Marks[0].UntilMS == nil {
		t.Errorf("marks %+v, want one of who barged in at %d ms", doc.Marks, at)
	}
}
