package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
	"patchbay/media/wav"
)

// The tone of each person: far apart, and no harmonic of one another (a tone over A-law has its own at −56 dBFS).
const (
	toneCustomer = 437
	toneAkiko    = 911
	toneBen      = 1301
	toneSofia    = 1723
	loudAtLeast  = -30 // dBFS; the microphones speak at about −12
	quietAtMost  = -60 // dBFS: anything above is a leak
	hearTime     = 1500 * time.Millisecond
	settleBefore = 500 * time.Millisecond // jitter buffers and the ear's window
)

// tones names frequencies that must be heard and such that must not.
type tones struct{ heard, not []float64 }

// check says what is wrong with what somebody heard.
func (want tones) check(t testing.TB, who, when string, samples []int16) {
	t.Helper()
	for _, hz := range want.heard {
		if level := mediatest.PowerAt(samples, media.SampleRate, hz); level < loudAtLeast {
			t.Errorf("%s: %s hears %.0f Hz at %.1f dBFS only", when, who, hz, level)
		}
	}
	worst := -150.0
	for _, hz := range want.not {
		worst = max(worst, mediatest.PowerAt(samples, media.SampleRate, hz))
		if level := mediatest.PowerAt(samples, media.SampleRate, hz); level > quietAtMost {
			t.Errorf("%s: %.0f Hz leaks to %s at %.1f dBFS", when, hz, who, level)
		}
	}
	if len(want.not) > 0 {
		t.Logf("%s: %s: what must not be heard is at %.0f dBFS at most", when, who, worst)
	}
}

// deskOf opens a browser whose microphone speaks one tone, untouched, signed in as somebody.
func deskOf(t testing.TB, c *centreUnderTest, user string, hz float64) *browser {
	t.Helper()
	b := openBrowser(t, writeSound(t, sine(hz, 20*time.Second), 48000, 0))
	b.do("leaveSoundAlone", nil)
	b.do("goto", args{"url": "http://" + c.http})
	b.do("signIn", args{"user": user, "password": demoPassword})
	return b
}

// goAvailable chooses Available and waits until the agent could be rung.
func (b *browser) goAvailable(c *centreUnderTest, user string) {
	b.t.Helper()
	b.click("radio", "Available")
	c.poll(b.t, user+" available", 20*time.Second, func() bool { return c.available(b.t, user) })
}

// sees waits for a text in the region or dialog of a name.
func (b *browser) sees(role, name, text string) {
	b.t.Helper()
	b.do("waitText", args{"role": role, "name": name, "text": text})
}

// caller is a telephone that speaks the customer's tone and keeps what it hears.
type caller struct {
	*program
	tape string
}

func callWithTone(t testing.TB, c *centreUnderTest) *caller {
	t.Helper()
	tape := filepath.Join(t.TempDir(), "customer.wav")
	p := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--record", tape, "--duration", "2m", "--json",
		"--play", writeSound(t, sine(toneCustomer, 2*time.Minute), 16000, 0))
	return &caller{program: p, tape: tape}
}

// moment is a stretch of the call in which somebody listens, and what the customer must hear meanwhile.
type moment struct {
	when     string
	from, to time.Time
	customer tones
}

// listening lets browsers listen at the same time, each for its own tones, and remembers the stretch for the customer's tape.
func listening(t testing.TB, when string, customer tones, ears map[*browser]tones, names map[*browser]string) moment {
	t.Helper()
	time.Sleep(settleBefore)
	m := moment{when: when, from: time.Now(), customer: customer}
	finish := map[*browser]func() []int16{}
	for b := range ears {
		finish[b] = b.listenFor(hearTime.Seconds())
	}
	for b, want := range ears {
		want.check(t, names[b], when, finish[b]())
	}
	m.to = m.from.Add(hearTime)
	time.Sleep(time.Until(m.to)) // the telephone records in real time
	return m
}

// checkTape compares what the customer's telephone recorded with what it must have heard in each moment.
func (k *caller) checkTape(t testing.TB, moments []moment) {
	t.Helper()
	zero := k.at("answered")
	k.stop()
	sound, err := wav.Load(k.tape)
	if err != nil {
		t.Fatal(err)
	}
	at := func(x time.Time) int {
		return min(max(int(x.Sub(zero).Seconds()*media.SampleRate), 0), len(sound))
	}
	for _, m := range moments {
		heard := sound[at(m.from):at(m.to)]
		if len(heard) < media.SampleRate {
			t.Errorf("%s: the customer's tape has only %v", m.when, duration(heard))
			continue
		}
		m.customer.check(t, "the customer", m.when, heard)
	}
}

// TestThreeDesksByEar: an agent and a supervisor in real browsers and a telephone, each with a tone of its own. Who hears whom
// is checked by ear in talk, hold, listen, whisper, barge in and take over, and the supervisor's browser reloads in mid-listen.
func TestThreeDesksByEar(t *testing.T) {
	c := startCentre(t, false)
	akiko, sofia := deskOf(t, c, "akiko", toneAkiko), deskOf(t, c, "sofia", toneSofia)
	names := map[*browser]string{akiko: "the agent", sofia: "the supervisor"}
	akiko.goAvailable(c, "akiko")
	sofia.see("table", "Live calls")
	phone := callWithTone(t, c)
	akiko.see("alertdialog", "Incoming call")
	akiko.click("button", "Answer")
	akiko.see("button", "Mute")
	var moments []moment
	hear := func(when string, customer tones, ears map[*browser]tones) {
		t.Helper()
		moments = append(moments, listening(t, when, customer, ears, names))
	}
	agentOnly := tones{[]float64{toneAkiko}, []float64{toneSofia}}
	both := tones{[]float64{toneCustomer, toneAkiko}, []float64{toneSofia}}
	customerOnly := tones{[]float64{toneCustomer}, []float64{toneSofia}}

	hear("talk", agentOnly, map[*browser]tones{akiko: customerOnly})

	sofia.do("clickInRow", args{"table": "Live calls", "text": "Akiko", "name": "Listen"})
	sofia.sees("complementary", "The call that I follow", "You listen · nobody hears you")
	hear("listen", agentOnly, map[*browser]tones{akiko: customerOnly, sofia: both})

	// The supervisor's browser comes back into the same call, and still nobody hears it.
	sofia.do("reload", nil)
	sofia.sees("complementary", "The call that I follow", "You listen · nobody hears you")
	sofia.do("heard", nil)
	hear("listen after a reload", agentOnly, map[*browser]tones{akiko: customerOnly, sofia: both})

	sofia.click("button", "Whisper")
	akiko.sees("list", "Supervisors in the call", "whispers to you")
	hear("whisper", agentOnly, map[*browser]tones{akiko: {[]float64{toneCustomer, toneSofia}, nil}, sofia: both})

	akiko.click("button", "Hold")
	akiko.see("button", "Resume")
	hear("hold", tones{nil, []float64{toneAkiko, toneSofia}}, map[*browser]tones{akiko: {nil, []float64{toneCustomer}}})
	akiko.click("button", "Resume")
	akiko.see("button", "Hold")

	sofia.click("button", "Barge in")
	akiko.sees("list", "Supervisors in the call", "everybody hears it")
	hear("barge in", tones{[]float64{toneAkiko, toneSofia}, nil},
		map[*browser]tones{akiko: {[]float64{toneCustomer, toneSofia}, nil}, sofia: {[]float64{toneCustomer, toneAkiko}, []float64{toneSofia}}})

	sofia.click("button", "Take over")
	akiko.see("region", "Wrap-up")
	hear("take over", tones{[]float64{toneSofia}, []float64{toneAkiko}},
		map[*browser]tones{sofia: {[]float64{toneCustomer}, []float64{toneAkiko}}, akiko: {nil, []float64{toneCustomer, toneSofia}}})

	phone.checkTape(t, moments)
}

// TestTransferBetweenDesks: a blind transfer carries who and why to a second browser, and each hears who is left; a transfer
// to an agent whose desk has died comes back to the one who has the call, and the customer is never let go.
func TestTransferBetweenDesks(t *testing.T) {
	c := startCentre(t, false)
	akiko := deskOf(t, c, "akiko", toneAkiko)
	akiko.goAvailable(c, "akiko")
	phone := callWithTone(t, c)
	akiko.see("alertdialog", "Incoming call")
	akiko.click("button", "Answer")
	akiko.see("button", "Mute")
	ben := deskOf(t, c, "ben", toneBen)
	names := map[*browser]string{akiko: "Akiko", ben: "Ben"}
	ben.goAvailable(c, "ben")

	akiko.click("button", "Transfer")
	akiko.do("choose", args{"name": "Ben"})
	akiko.do("fill", args{"role": "textbox", "name": "Reason", "text": "moves to the 21st"})
	akiko.click("button", "Transfer now")
	ben.sees("alertdialog", "Incoming call", "hands this call to you")
	if words := ben.text("alertdialog", "Incoming call"); !strings.Contains(words, "Akiko Mori") || !strings.Contains(words, "moves to the 21st") {
		t.Errorf("the ringing call says: %s", words)
	}
	if card := ben.text("region", "Customer"); !strings.Contains(card, "Haruto Tanaka") {
		t.Errorf("the record that came with it shows: %s", card)
	}
	ben.click("button", "Answer")
	ben.see("button", "Mute")
	akiko.see("region", "Wrap-up")
	moments := []moment{listening(t, "transferred", tones{[]float64{toneBen}, []float64{toneAkiko}},
		map[*browser]tones{ben: {[]float64{toneCustomer}, []float64{toneAkiko}}, akiko: {nil, []float64{toneCustomer, toneBen}}}, names)}

	// Chika's desk dies while it rings for her.
	chika := patchbay(t, "agent", "--url", "http://"+c.http, "--user", "chika", "--password", demoPassword, "--json")
	c.poll(t, "chika available", 20*time.Second, func() bool { return c.available(t, "chika") })
	ben.click("button", "Transfer")
	ben.do("choose", args{"name": "Chika"})
	ben.click("button", "Transfer now")
	chika.await(`"event":"offer"`, 10*time.Second)
	chika.kill()
	ben.do("waitText", args{"role": "note", "name": "Handed over", "text": "came back", "timeout": 40000})
	ben.see("button", "Mute")
	moments = append(moments, listening(t, "came back", tones{[]float64{toneBen}, []float64{toneAkiko}},
		map[*browser]tones{ben: {[]float64{toneCustomer}, []float64{toneAkiko}}}, names))
	// While the call runs, the first agent hears it again: the recording grows, and can be listened to by then.
	akiko.click("button", "Complete")
	akiko.do("goto", args{"url": "http://" + c.http + "/#/interactions/" + c.call(t).ID})
	akiko.click("button", "Play")
	akiko.do("plays", nil)
	phone.checkTape(t, moments)
	c.poll(t, "ended by the customer", 10*time.Second, func() bool { s := c.call(t).State; return s == "wrap_up" || s == "ended" })
}
