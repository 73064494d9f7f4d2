package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// everyTone is who hums what in the journey.
var everyTone = map[string]float64{"customer": toneCustomer, "akiko": toneAkiko, "ben": toneBen, "sofia": toneSofia}

// heardBy says for every ear whom it hears, and "music" where that must play; whoever is not named must not be heard, the
// ear's own voice included. "left" and "right" are the recording's.
type heardBy map[string]string

var desks = []string{"akiko", "ben", "sofia"}

// journey is a call with two agents and a supervisor in real browsers, and a telephone that shares no code with us.
type journey struct {
	testing.TB
	c                 *centreUnderTest
	akiko, ben, sofia *browser
	phone             *tappedLine
	stages            []stage
}

// stage is a stretch of the call in which nothing changes.
type stage struct {
	name     string
	from, to time.Time
	heard    heardBy
}

const (
	musicAtLeast = -45 // dBFS over all
	window       = media.SampleRate / 2
	// By so much the recording's clock and the telephone's may differ: the one begins with the 200 OK, the other with the first packet.
	margin = 200 * time.Millisecond
)

func (j *journey) desk(name string) *browser {
	return map[string]*browser{"akiko": j.akiko, "ben": j.ben, "sofia": j.sofia}[name]
}

// openDesks signs all three in.
func openDesks(t testing.TB, c *centreUnderTest) *journey {
	t.Helper()
	people := openDriver(t, "../../agentui/web/calls/driver.mjs")
	j := &journey{TB: t, c: c}
	for name, b := range map[string]**browser{"akiko": &j.akiko, "ben": &j.ben, "sofia": &j.sofia} {
		*b = people.person(name, everyTone[name])
		(*b).do("goto", args{"url": "http://" + c.http})
		(*b).do("signIn", args{"user": name, "password": demoPassword})
	}
	return j
}

// hear waits until every ear hears whom it should and nobody else, listens in all of them at once, and remembers the stretch for
// the telephone's tape and the recording, which are analysed at the end.
func (j *journey) hear(name string, heard heardBy) {
	j.Helper()
	wait := map[string]func() (json.RawMessage, error){}
	for _, who := range desks {
		want := tonesOf(heard[who])
		wait[who] = j.desk(who).begin("heard", args{"tones": append([]float64{}, want.heard...), "not": want.not, "silent": heard[who] == ""})
	}
	for _, who := range desks {
		if _, err := wait[who](); err != nil {
			j.Fatalf("%s: %s: %v", name, who, err)
		}
	}
	want := tonesOf(heard["customer"])
	j.c.poll(j, name+": heard by the customer as it must", 10*time.Second, func() bool {
		now := time.Now()
		last := j.phone.cut(now.Add(-200*time.Millisecond), now, j.phone.heard())
		level := func(hz float64) float64 { return mediatest.PowerAt(last, media.SampleRate, hz) }
		return len(last) > media.SampleRate/10 && !slices.ContainsFunc(want.heard, func(hz float64) bool { return level(hz) < loudAtLeast }) &&
			!slices.ContainsFunc(want.not, func(hz float64) bool { return level(hz) > -50 })
	})
	if dir := os.Getenv("PATCHBAY_TEST_SHOTS"); dir != "" {
		for _, who := range desks {
			j.desk(who).do("screenshot", args{"path": filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+"."+who+".png")})
		}
	}
	s := stage{name: name, from: time.Now(), heard: heard}
	finish := map[string]func() []int16{}
	for _, who := range desks {
		finish[who] = j.desk(who).listenFor(hearTime.Seconds())
	}
	for _, who := range desks {
		j.check(name, who, heard[who], finish[who]())
	}
	s.to = s.from.Add(hearTime)
	time.Sleep(time.Until(s.to)) // the telephone hears in real time
	j.stages = append(j.stages, s)
}

// tonesOf turns who is heard by one ear into tones that must be there and tones that must not.
func tonesOf(heard string) (want tones) {
	for _, voice := range slices.Sorted(maps.Keys(everyTone)) {
		if slices.Contains(strings.Fields(heard), voice) {
			want.heard = append(want.heard, everyTone[voice])
		} else {
			want.not = append(want.not, everyTone[voice])
		}
	}
	return want
}

// check analyses what one ear heard in a stage.
func (j *journey) check(stage, who, heard string, samples []int16) {
	j.Helper()
	if duration(samples) < hearTime/2 {
		j.Errorf("%s: %s heard for %v only", stage, who, duration(samples))
		return
	}
	tonesOf(heard).check(j, who, stage, samples)
	level := mediatest.RMS(samples)
	switch {
	case strings.Contains(heard, "music") && level < musicAtLeast:
		j.Errorf("%s: %s hears music at %.1f dBFS only", stage, who, level)
	case heard == "" && level > quietAtMost:
		j.Errorf("%s: %s hears something at %.1f dBFS", stage, who, level)
	}
}

// handTo opens the sheet of a desk and asks for somebody there.
func (j *journey) handTo(desk *browser, open, whom, reason, how string) {
	j.Helper()
	desk.click("button", open)
	desk.do("choose", args{"name": whom})
	if reason != "" {
		desk.do("fill", args{"role": "textbox", "name": "Reason", "text": reason})
	}
	desk.click("button", how)
}

// free completes an agent's wrap-up, so that the agent can be rung again.
func (j *journey) free(name string) {
	j.Helper()
	b := j.desk(name)
	b.see("region", "Wrap-up")
	b.click("button", "Complete")
	j.c.poll(j, name+" available", 20*time.Second, func() bool { return j.c.available(j, name) })
}

// TestWhoHearsWhomInTheBrowser is one call from the first word to the recording. Two agents and a supervisor have desks in
// real browsers, all at once, the customer is sipp; each of the four hums a tone of its own. In every mode each browser, the
// telephone and both sides of the recording are analysed: who should be heard is, and of everybody else there is less than
// −60 dBFS.
func TestWhoHearsWhomInTheBrowser(t *testing.T) {
	t.Setenv("PATCHBAY_MODELS", t.TempDir()) // nobody speaks words
	c := startCentre(t, false)
	j := openDesks(t, c)
	akiko, ben, sofia := j.akiko, j.ben, j.sofia
	akiko.goAvailable(c, "akiko")
	sofia.see("table", "Live calls")
	j.phone = startTappedLine(t, c)
	sipp := startSipp(t, c, sippCall{from: demoCaller, speaks: sine(toneCustomer, 10*time.Second), again: true, via: j.phone.addr()})

	akiko.see("alertdialog", "Incoming call")
	akiko.click("button", "Answer")
	akiko.see("button", "Mute")
	id := c.call(t).ID
	alone := heardBy{"customer": "akiko", "akiko": "customer", "left": "customer", "right": "akiko"}
	with := func(base heardBy, more heardBy) heardBy {
		all := maps.Clone(base)
		maps.Copy(all, more)
		return all
	}
	j.hear("talk", alone)

	// Supervision, through a reload of either browser.
	sofia.do("clickInRow", args{"table": "Live calls", "text": "Akiko", "name": "Listen"})
	sofia.sees("complementary", "The call that I follow", "You listen · nobody hears you")
	j.hear("listen", with(alone, heardBy{"sofia": "customer akiko"}))
	sofia.click("button", "Whisper")
	akiko.sees("list", "Supervisors in the call", "whispers to you")
	sofia.do("reload", nil)
	sofia.sees("complementary", "The call that I follow", "You whisper · only Akiko Mori hears you")
	j.hear("whisper, after a reload", with(alone, heardBy{"akiko": "customer sofia", "sofia": "customer akiko"}))
	barged := time.Now()
	sofia.click("button", "Barge in")
	akiko.sees("list", "Supervisors in the call", "everybody hears it")
	akiko.do("reload", nil)
	akiko.sees("list", "Supervisors in the call", "everybody hears it")
	j.hear("barge in, after the agent's reload",
		heardBy{"customer": "akiko sofia", "akiko": "customer sofia", "sofia": "customer akiko", "left": "customer", "right": "akiko sofia"})
	sofia.click("button", "Leave")
	sofia.sees("complementary", "The call that I follow", "You read along")
	j.hear("the supervisor has left", alone)

	akiko.click("button", "Hold")
	akiko.see("button", "Resume")
	waits := heardBy{"customer": "music", "left": "customer"}
	j.hear("hold", waits)
	akiko.click("button", "Resume")
	akiko.see("button", "Hold")

	// Ask first, alternate, return.
	ben.goAvailable(c, "ben")
	j.handTo(akiko, "Transfer", "Ben", "may I refund it?", "Ask first")
	ben.sees("alertdialog", "Incoming call", "may I refund it?")
	j.hear("the one asked rings", waits)
	ben.click("button", "Answer")
	ben.see("button", "Mute")
	j.hear("asking", with(waits, heardBy{"akiko": "ben", "ben": "akiko"}))
	akiko.click("button", "Swap")
	j.hear("alternated", with(alone, heardBy{"ben": "music"}))
	akiko.click("button", "Return to the customer")
	j.free("ben")

	// A conference, which the first agent leaves to the second.
	j.handTo(akiko, "Add someone", "Ben", "", "Add to the call")
	ben.see("alertdialog", "Incoming call")
	j.hear("returned; asked into the call", alone)
	ben.click("button", "Answer")
	ben.see("button", "Mute")
	j.hear("conference",
		heardBy{"customer": "akiko ben", "akiko": "customer ben", "ben": "customer akiko", "left": "customer", "right": "akiko ben"})
	akiko.click("button", "Hang up")
	second := heardBy{"customer": "ben", "ben": "customer", "left": "customer", "right": "ben"}
	j.hear("one has left the conference", second)
	j.free("akiko")

	// To an agent whose browser dies while it rings, and back; then to the same agent, alive.
	j.handTo(ben, "Transfer", "Akiko", "moves to the 21st", "Transfer now")
	akiko.sees("alertdialog", "Incoming call", "moves to the 21st")
	if card := akiko.text("region", "Customer"); !strings.Contains(card, "Haruto Tanaka") {
		t.Errorf("the record that comes with a transfer shows: %s", card)
	}
	j.hear("handed over, rings", waits)
	akiko.do("closeTab", nil)
	ben.do("waitText", args{"role": "note", "name": "Handed over", "text": "came back", "timeout": 20000})
	ben.see("button", "Mute")
	akiko.do("openTab", args{"url": "http://" + c.http})
	akiko.goAvailable(c, "akiko")
	j.hear("back from a dead agent", second)
	j.handTo(ben, "Transfer", "Akiko", "moves to the 21st", "Transfer now")
	akiko.sees("alertdialog", "Incoming call", "Ben Ito hands this call to you")
	akiko.click("button", "Answer")
	akiko.see("button", "Mute")
	j.hear("handed over", alone)
	j.free("ben")

	// Ask first, and complete.
	j.handTo(akiko, "Transfer", "Ben", "", "Ask first")
	ben.see("alertdialog", "Incoming call")
	ben.click("button", "Answer")
	ben.see("button", "Mute")
	akiko.click("button", "Complete transfer")
	j.hear("handed over after asking", second)
	j.free("akiko")

	// The supervisor takes the call, and leaves it to the agent who is free.
	sofia.do("clickInRow", args{"table": "Live calls", "text": "Ben", "name": "Listen"})
	sofia.do("heard", args{"tones": []float64{toneBen}})
	taken := time.Now()
	sofia.click("button", "Take over")
	j.hear("taken over", heardBy{"customer": "sofia", "sofia": "customer", "left": "customer", "right": "sofia"})
	ben.see("region", "Wrap-up")
	sofia.click("button", "Leave")
	akiko.see("alertdialog", "Incoming call")
	j.hear("left to the queue", waits)
	akiko.click("button", "Answer")
	akiko.see("button", "Mute")
	j.hear("the next agent", alone)
	j.free("ben")

	// The customer hangs up while a colleague is being asked: nobody is left ringing.
	j.handTo(akiko, "Transfer", "Ben", "", "Ask first")
	ben.see("alertdialog", "Incoming call")
	j.phone.hangUp()
	if err := sipp.ends(10 * time.Second); err != nil {
		t.Errorf("sipp: %v", err)
	}
	ben.do("wait", args{"role": "alertdialog", "name": "Incoming call", "state": "detached"})
	akiko.see("region", "Wrap-up")
	akiko.click("button", "Complete")
	c.poll(t, "ended", 10*time.Second, func() bool { return c.call(t).State == "ended" })

	j.checkTape(barged, taken)
	j.checkRecording(id)
	j.secondCall()
}

// secondCall: a browser that is killed in mid-consultation is back in it; a supervisor takes the call over from both agents, the
// customer hangs up, and the supervisor wraps it up.
func (j *journey) secondCall() {
	j.Helper()
	second := *j
	j = &second
	j.stages = nil
	akiko, ben, sofia := j.akiko, j.ben, j.sofia
	ben.click("radio", "Away")
	j.phone = startTappedLine(j, j.c)
	sipp := startSipp(j, j.c, sippCall{from: demoCaller, speaks: sine(toneCustomer, 10*time.Second), again: true, via: j.phone.addr()})
	akiko.see("alertdialog", "Incoming call")
	akiko.click("button", "Answer")
	ben.goAvailable(j.c, "ben")
	j.handTo(akiko, "Transfer", "Ben", "", "Ask first")
	ben.see("alertdialog", "Incoming call")
	ben.click("button", "Answer")
	ben.see("button", "Mute")
	akiko.do("killTab", args{"url": "http://" + j.c.http})
	akiko.see("button", "Complete transfer")
	waits := heardBy{"customer": "music", "akiko": "ben", "ben": "akiko"}
	j.hear("back in the consultation after a crash", waits)
	sofia.do("clickInRow", args{"table": "Live calls", "text": "Akiko", "name": "Listen"})
	sofia.do("heard", args{"tones": []float64{toneAkiko, toneBen}})
	sofia.click("button", "Take over")
	akiko.see("region", "Wrap-up")
	ben.see("region", "Wrap-up")
	j.hear("taken over in mid-consultation", heardBy{"customer": "sofia", "sofia": "customer"})
	id := j.c.call(j).ID
	j.phone.hangUp()
	if err := sipp.ends(10 * time.Second); err != nil {
		j.Errorf("sipp: %v", err)
	}
	sofia.see("region", "Wrap-up")
	sofia.do("press", args{"keys": "1"}) // the first outcome
	sofia.do("fill", args{"role": "textbox", "name": "Note", "text": "refunded by me"})
	sofia.click("button", "Complete")
	sofia.do("wait", args{"role": "region", "name": "Wrap-up", "state": "detached"})
	var kept struct {
		WrapUpCode string `json:"wrap_up_code"`
		Note       string
	}
	j.c.poll(j, "kept of the supervisor's wrap-up", 10*time.Second, func() bool {
		j.c.get(j, "/interactions/"+id, &kept)
		return kept.WrapUpCode == "solved" && kept.Note == "refunded by me"
	})
	for _, s := range j.stages {
		j.check(s.name, "the customer", s.heard["customer"], j.phone.cut(s.from, s.to, j.phone.heard()))
	}
}

// checkTape analyses what the telephone heard in each stage, and between them.
func (j *journey) checkTape(barged, taken time.Time) {
	j.Helper()
	cut := func(from, to time.Time) []int16 { return j.phone.cut(from, to, j.phone.heard()) }
	for _, s := range j.stages {
		j.check(s.name, "the customer", s.heard["customer"], cut(s.from, s.to))
	}
	// Not only in the stages: nothing of listening and whispering, nor of their reloads, ever reached the telephone.
	before := cut(j.phone.answered, barged)
	for at := 0; at+window <= len(before); at += window / 2 {
		if level := mediatest.PowerAt(before[at:at+window], media.SampleRate, toneSofia); level > quietAtMost {
			j.Errorf("%v into the call the supervisor is heard by the customer at %.1f dBFS", duration(before[:at]), level)
		}
	}
	gap := longestSilence(cut(taken.Add(-300*time.Millisecond), taken.Add(time.Second)), toneBen, toneSofia)
	j.Logf("take-over: the customer hears nobody for %v", gap)
	if gap > 300*time.Millisecond {
		j.Errorf("at the take-over the customer hears nobody for %v", gap)
	}
}

// checkRecording exports the recording as a supervisor does: the customer is left, whoever spoke to the customer right.
func (j *journey) checkRecording(id string) {
	j.Helper()
	j.c.poll(j, "recording stored", 20*time.Second, func() bool {
		var doc struct{ Recording struct{ State string } }
		j.c.get(j, "/interactions/"+id, &doc)
		return doc.Recording.State == "stored"
	})
	status, ogg := j.c.fetch(j, "/interactions/"+id+"/export?format=audio")
	if status != 200 {
		j.Fatalf("export: %d %s", status, ogg)
	}
	left, right := playRecording(j, ogg)
	for side, samples := range map[string][]int16{"left": left, "right": right} {
		for _, s := range j.stages {
			j.check(s.name, side, s.heard[side], j.phone.cut(s.from.Add(margin), s.to.Add(-margin), samples)) // its time begins with the 200 OK
		}
	}
}
