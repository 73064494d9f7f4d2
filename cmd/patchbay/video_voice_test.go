package main

import (
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// phoneHz is what the telephone "says" while the guest's browser says the voice: no harmonic of one lies at the other.
const phoneHz = 620

// TestGuestTalksHere: the customer's voice goes from the telephone into the guest's browser and back, by ear in the call's
// recording: never both, and never neither for longer than 300 ms. What is said there is written down as the customer's. Then the
// telephone hangs up and the talk goes on, until the guest ends it.
func TestGuestTalksHere(t *testing.T) {
	words, spoken := speech(t, 500*time.Millisecond, "ls-1272-128104-0000", "ar-aew_a0003")
	said := append(voice(9*time.Second), words...)
	said = append(said, voice(60*time.Second)...)
	c := startCentre(t, true, "--organisation", "Umi Net")
	v := startVideoCall(t, c, writeVoice(t), args{"phone": toneFile(t, phoneHz, 150*time.Second)})
	guest := openVideoBrowser(t, args{"camera": writePattern(t), "wav": writeSound(t, said, 48000, 0), "width": 390, "height": 844, "touch": true})
	guest.do("leaveSoundAlone", nil)
	guest.do("goto", args{"url": v.link})
	guest.click("button", "Share camera")
	guest.click("button", "Start sharing")
	v.agent.do("moving", nil)
	if n := into[int](guest, "eval", args{"js": `window.peers.length`}); n != 1 {
		t.Errorf("%d connections before anybody wants to talk here", n)
	}
	guest.click("button", "Talk here")
	guest.see("button", "Use the microphone")
	checkAxe(t, guest, "the question for the microphone")
	shotTo(guest, "guest-talk.png")
	guest.do("size", args{"width": 320, "height": 568})
	checkAxe(t, guest, "the question on a small phone")
	shotTo(guest, "guest-talk-320.png")
	guest.do("size", args{"width": 390, "height": 844})
	guest.click("button", "Use the microphone")
	guest.do("waitText", args{"text": "You talk through this browser"})
	v.agent.do("waitText", args{"text": "talks in the browser"})
	checkAxe(t, guest, "the guest who talks here")
	checkAxe(t, v.agent, "the desk of a guest who talks in the browser")
	shotTo(guest, "guest-talking.png")
	shotTo(v.agent, "agent-talking.png")
	heard := v.agent.listenFor(3)()
	if level := mediatest.PowerAt(heard, media.SampleRate, phoneHz); level > -50 {
		t.Errorf("the agent hears the telephone at %.0f dBFS beside the browser", level)
	}
	c.poll(t, "the guest's words", 40*time.Second, func() bool {
		said := 0
		for _, l := range c.lines(t, v.id) {
			if l.Leg == "guest-1" && l.Speaker == "customer" {
				said += len(strings.Fields(l.Spoken))
			}
		}
		return said >= len(strings.Fields(spoken))*4/5
	})
	time.Sleep(time.Second) // of the voice behind the words
	guest.click("button", "Back to the phone")
	guest.see("button", "Talk here")
	time.Sleep(2 * time.Second) // of the telephone

	// Into the browser again; the telephone hangs up, and the call goes on.
	guest.click("button", "Talk here")
	guest.click("button", "Use the microphone")
	guest.do("waitText", args{"text": "You talk through this browser"})
	v.phone.stop()
	guest.see("button", "Talk no more")
	v.agent.do("waitText", args{"text": "phone hung up"})
	v.agent.see("button", "Mute")
	if share := toneShare(v.agent.listenFor(2)()); share < 0.5 {
		t.Errorf("after the telephone has hung up the agent hears the guest for %.0f %% of the time", 100*share)
	}
	guest.click("button", "Talk no more")
	v.agent.see("region", "Wrap-up")

	var line string
	for _, l := range c.lines(t, v.id) {
		if l.Leg == "guest-1" {
			line += l.Spoken + " "
		}
	}
	checkWords(t, "the guest in the browser", spoken, strings.TrimSpace(line), 0.25)
	v.agent.click("button", "Complete")
	var ogg []byte
	c.poll(t, "the recording", 20*time.Second, func() bool {
		status, b := c.fetch(t, "/interactions/"+v.id+"/recording")
		ogg = b
		return status == 200
	})
	left, _ := playRecording(t, ogg)
	checkTurns(t, left)
}

// checkTurns reads the customer's side by pieces of 50 ms: telephone, browser, telephone, browser, with no gap of more than
// 300 ms at a change and never both at once.
func checkTurns(t *testing.T, left []int16) {
	t.Helper()
	const piece = media.SampleRate / 20
	var who []byte
	for at := 0; at+piece <= len(left); at += piece {
		part := left[at : at+piece]
		phone := mediatest.PowerAt(part, media.SampleRate, phoneHz) > mediatest.RMS(part)-3 && mediatest.RMS(part) > -45
		browser := toneShare(part) > 0.5 && !phone
		both := phone && toneOf(part) > -25
		switch {
		case both:
			who = append(who, 'x')
		case phone:
			who = append(who, 'p')
		case browser:
			who = append(who, 'b')
		case mediatest.RMS(part) > -45:
			who = append(who, 'w') // words
		default:
			who = append(who, '-')
		}
	}
	turns := strings.Trim(string(who), "-")
	if n := strings.Count(turns, "x"); n > 0 {
		t.Errorf("telephone and browser are both heard in %d pieces of 50 ms", n)
	}
	changes, run, last := 0, 0, byte('p')
	for i := range len(turns) {
		switch turns[i] {
		case '-':
			run++
			continue
		case 'w':
			run = 0
			continue
		case last:
		default:
			changes++
			gap := time.Duration(run) * 50 * time.Millisecond
			t.Logf("change %d: %v without a voice", changes, gap)
			if gap > 300*time.Millisecond {
				t.Errorf("at change %d nobody is heard for %v", changes, gap)
			}
			last = turns[i]
		}
		run = 0
	}
	if changes != 3 {
		t.Errorf("%d changes between telephone and browser, want 3: %s", changes, turns)
	}
}

// toneOf is how loud the loudest of the voice's tones is, in dBFS.
func toneOf(part []int16) float64 {
	most := -100.0
	for _, hz := range voiceTones {
		most = max(most, mediatest.PowerAt(part, media.SampleRate, hz))
	}
	return most
}
