package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/media"
)

// said in turn, with a pause behind each.
func inTurn(t *testing.T, voice string, pause time.Duration, sentences ...string) (sound []int16) {
	t.Helper()
	gap := make([]int16, int(pause.Seconds()*media.SampleRate))
	for _, s := range sentences {
		sound = append(append(sound, fliteVoice(t, voice, s)...), gap...)
	}
	return sound
}

// TestTheDeskSpellsAsTheRecord: a customer of the demo calls over µ-law and says name, town, order number and tour aloud; while
// both still talk, the desk shows them spelled as in the record and marked as known.
func TestTheDeskSpellsAsTheRecord(t *testing.T) {
	c := startCentre(t, true)
	agent := append(make([]int16, 5*media.SampleRate), inTurn(t, "slt", 8*time.Second, "Good afternoon, Umi Travel, this is Akiko Mori.", "Of course, I will look at the tour for you.")...)
	b := openBrowser(t, writeSound(t, agent, 48000, time.Minute), "en-US", "light")
	b.signIn(c, "akiko")

	speech := append(make([]int16, media.SampleRate), inTurn(t, "rms", 1500*time.Millisecond,
		"Hello, this is Haruto Tanaka, from Sapporo.",
		"My order number is U M, 4 7 2 9, 1 8 3 5.",
		"It is about the Hokkaido winter tour.",
		"My wife cannot travel on the fourteenth.",
		"Last time we stayed at the Yamabuki guesthouse in Hakone.")...)
	sipp := startSipp(t, c, sippCall{from: demoCaller, muLaw: true, talk: duration(speech) + 6*time.Second, speaks: append(speech, make([]int16, 20*media.SampleRate)...)})
	b.see("alertdialog", "Incoming call")
	b.click("button", "Answer")
	b.see("button", "Mute")

	b.do("waitText", args{"role": "log", "name": "Live transcript", "text": "Hakone.", "timeout": 60000})
	if state := c.call(t).State; state != "active" {
		t.Errorf("the words came when the call was %s", state)
	}
	shown := b.text("log", "Live transcript")
	for _, want := range []string{"Haruto Tanaka", "Sapporo", "UM-4729-1835", "Hokkaido winter tour", "14th", "Yamabuki"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not on the desk: %s", want, shown)
		}
	}
	if dir := os.Getenv("PATCHBAY_TEST_SHOTS"); dir != "" {
		b.do("screenshot", args{"path": filepath.Join(dir, "desk-call.png")})
	}
	known := map[string]bool{}
	for _, l := range c.lines(t, c.call(t).ID) {
		for _, w := range l.Words {
			if w.Known {
				known[strings.Trim(w.Text, ".,")] = true
			}
		}
	}
	for _, want := range []string{"Haruto", "Tanaka", "Sapporo", "Hokkaido"} {
		if !known[want] {
			t.Errorf("%q carries no mark of the record: %v", want, known)
		}
	}
	if err := sipp.ends(time.Minute); err != nil {
		t.Errorf("sipp: %v", err)
	}
	b.see("region", "Wrap-up")
}
