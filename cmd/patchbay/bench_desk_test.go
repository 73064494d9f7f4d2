//go:build bench

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"patchbay/acd"
	"patchbay/media"
	"patchbay/transcribe/wer"
)

// agentHz are the tones of the agent's microphone. They take turns, so that the browser's noise suppression takes none of
// them for noise, and they are pure, so that the customer's telephone tells them from the greeting and the music. The
// customer's lie between, so that an echo would not be taken for the agent.
var (
	agentHz    = []float64{600, 1000, 1400, 1800, 2200}
	customerHz = []float64{450, 800, 1200, 1600, 2500}
)

const hopFor = 30 * time.Millisecond

// hops is a second and a half of tones, at 16 kHz.
func hops(tones []float64) []int16 {
	per := int(hopFor.Seconds() * media.SampleRate)
	out := make([]int16, 0, 50*per)
	for i := range 50 {
		hz := tones[i*i*i%len(tones)]
		for j := range per {
			out = append(out, int16(9000*math.Sin(2*math.Pi*hz*float64(j)/media.SampleRate)))
		}
	}
	return out
}

// benchDesk measures what an agent feels, in real Chromium.
func benchDesk(t *testing.T, rows []*budget) {
	c := startCentre(t, true)
	b := openBrowser(t, writeSound(t, hops(agentHz), 48000, 0))
	b.signIn(c, "akiko")
	b.do("benchEar", nil)
	benchPop(t, rows[0], c, b)
	benchAnswer(t, rows[1], c, b)
	benchReload(t, rows[2], c, b)
}

// at is a moment that the page gave, in milliseconds since 1970: it has the same clock as we.
func at(t testing.TB, raw json.RawMessage, field string) time.Time {
	t.Helper()
	var m map[string]float64
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("the page answers %s: %v", raw, err)
	}
	return time.UnixMicro(int64(m[field] * 1000))
}

// benchPop rings again and again: from the INVITE leaving the telephone to the customer's name painted on the screen.
func benchPop(t *testing.T, row *budget, c *centreUnderTest, b *browser) {
	known := []struct{ number, name string }{
		{demoCaller, "Haruto Tanaka"}, {"+12025550117", "Jane Doyle"}, {"+12025550128", "Luis Prado"}, {"+12025550151", "Niamh O'Donoghue"},
	}
	var all []time.Duration
	for i := range times(24, 3) {
		k := known[i%len(known)]
		b.do("armText", args{"label": "Customer", "text": k.name})
		call := dialBare(t, c, k.number, silent, nil)
		shown := at(t, b.do("armed", nil), "at")
		all = append(all, shown.Sub(call.invited))
		call.hangUp()
		b.do("wait", args{"role": "alertdialog", "name": "Incoming call", "state": "hidden"})
		b.do("gone", args{"label": "Customer", "text": k.name})
	}
	p95 := percentile(all, 0.95)
	row.set(p95 <= 300*time.Millisecond, "%s", millis(p95))
	row.note("%s; from the INVITE leaving the telephone's socket to the frame behind the one in which region Customer shows the name", spread(all))
}

// benchAnswer clicks Answer while both sides make sound: from the click event in the page to the customer heard in the
// page, and to the agent's voice arriving at the customer's telephone. The slower of both is two-way audio.
func benchAnswer(t *testing.T, row *budget, c *centreUnderTest, b *browser) {
	var both, inPage, atPhone []time.Duration
	customer := clipTalk(telephone(hops(customerHz)), true)
	for range times(20, 3) {
		var ear hopEar
		call, clicked, raw := answered(c, b, customer, ear.hear)
		page := at(t, raw, "heard").Sub(clicked)
		voice, ok := ear.after(clicked, 0, 10*time.Second)
		if !ok {
			t.Error("the agent's voice does not reach the customer within 10 s of Answer")
			return
		}
		phone := voice.Sub(clicked)
		inPage, atPhone, both = append(inPage, page), append(atPhone, phone), append(both, max(page, phone))
		call.hangUp()
		b.see("region", "Wrap-up")
		b.click("button", "Complete")
		c.poll(t, "idle again", 10*time.Second, func() bool { return c.call(t).State == "ended" })
	}
	p95 := percentile(both, 0.95)
	row.set(p95 <= 200*time.Millisecond, "%s", millis(p95))
	row.note("customer heard in the page: %s", spread(inPage))
	row.note("agent's voice at the customer's socket: %s", spread(atPhone))
	row.note("from the click event in Chromium, half a second after it rings; the jitter buffer of Chromium is in it; both sides sound at the same time")
}

// answered rings and answers; raw holds the page's moments, as the driver's answerTimed gives them.
func answered(c *centreUnderTest, b *browser, say func(n int) pcm, hear func(time.Time, pcm)) (call *bareCall, clicked time.Time, raw json.RawMessage) {
	call = dialBare(b.t, c, demoCaller, say, hear)
	b.see("alertdialog", "Incoming call")
	time.Sleep(500 * time.Millisecond) // as long as a quick agent needs; the greeting plays
	raw = b.do("answerTimed", nil)
	return call, at(b.t, raw, "clicked"), raw
}

// benchReload reloads the page in mid-call: from the reload to the customer heard in the page and the agent heard by the
// customer. The customer speaks all the time, and every word must be written.
func benchReload(t *testing.T, row *budget, c *centreUnderTest, b *browser) {
	names := []string{"lv-0870", "ls-1272-128104-0000", "lv-0920", "lv-0880", "lv-0890", "ls-1272-128104-0001", "lv-0930"}
	spoken, words := speech(t, 120*time.Millisecond, names...)
	var ear hopEar
	call, _, _ := answered(c, b, clipTalk(telephone(spoken), false), ear.hear)
	id := c.call(t).ID
	reloads := times(6, 2)
	pause := (duration(spoken) - 4*time.Second) / time.Duration(reloads) // spread over the speech
	var both, inPage, atPhone []time.Duration
	for i := range reloads {
		time.Sleep(time.Until(call.answered.Add(2*time.Second + time.Duration(i)*pause)))
		raw := b.do("reloadTimed", nil)
		began, heard := at(t, raw, "began"), at(t, raw, "heard")
		// The old page is gone when the new one is committed, but its last packets are still under way.
		voice, ok := ear.after(at(t, raw, "committed").Add(100*time.Millisecond), 100*time.Millisecond, 10*time.Second)
		if !ok {
			t.Fatal("the agent's voice does not come back within 10 s of a reload")
		}
		inPage, atPhone = append(inPage, heard.Sub(began)), append(atPhone, voice.Sub(began))
		both = append(both, max(heard.Sub(began), voice.Sub(began)))
	}
	time.Sleep(time.Until(call.answered.Add(duration(spoken) + 500*time.Millisecond)))
	call.hangUp()
	b.see("region", "Wrap-up")
	c.poll(t, "written to the last word", 60*time.Second, func() bool {
		return strings.Contains(strings.ToLower(said(c.lines(t, id), "customer")), "amiable himself")
	})
	ref, hyp := wer.Normalize(words), wer.Normalize(said(c.lines(t, id), "customer"))
	wrong := wer.Errors(ref, hyp)
	var page struct{ Items []heldCall }
	c.get(t, "/interactions?from="+strings.Replace(demoCaller, "+", "%2B", 1), &page)
	same := len(page.Items) > 0 && page.Items[0].ID == id
	p95 := percentile(both, 0.95)
	complete := float64(wrong) <= mostWrong*float64(len(ref))
	row.set(p95 <= 3*time.Second && same && complete, "%s", millis(p95))
	row.note("customer heard in the page: %s", spread(inPage))
	row.note("agent's voice back at the customer's socket: %s", spread(atPhone))
	row.note("same interaction: %v; %d reloads while the customer spoke on, and %d of %d words are wrong in the transcript", same, reloads, wrong, len(ref))
	b.click("button", "Complete")
}

// benchBoard measures how far the supervisors' live board is behind: from the INVITE leaving the telephone to the board
// with the call arriving at a supervisor's socket, and from the BYE to the board without it.
func benchBoard(t *testing.T, rows []*budget) {
	row := rows[0]
	c := startCentre(t, false)
	d := openBareDesk(t, c, "sofia", nil, nil)
	var came, went []time.Duration
	for i := range times(20, 3) {
		number := fmt.Sprintf("+120255501%02d", 80+i%20)
		call := dialBare(t, c, number, silent, nil)
		shown := awaitBoard(t, c, d, call.invited, func(b acd.Board) bool { return onBoard(b, number) })
		came = append(came, shown.Sub(call.invited))
		time.Sleep(time.Duration(37*i%500) * time.Millisecond) // another phase against the board's own pause
		bye := time.Now()
		call.hangUp()
		went = append(went, awaitBoard(t, c, d, bye, func(b acd.Board) bool { return !onBoard(b, number) }).Sub(bye))
	}
	worst := max(percentile(came, 1), percentile(went, 1))
	row.set(worst <= time.Second, "%s at most", millis(worst))
	row.note("a call comes: %s", spread(came))
	row.note("a call goes: %s", spread(went))
}

func onBoard(b acd.Board, number string) bool {
	for _, call := range b.Calls {
		if call.From == number {
			return true
		}
	}
	return false
}

func awaitBoard(t *testing.T, c *centreUnderTest, d *bareDesk, after time.Time, yes func(acd.Board) bool) (arrived time.Time) {
	c.poll(t, "on the board", 10*time.Second, func() bool {
		for _, m := range d.all("board") {
			if m.at.After(after) && yes(decodedAs[acd.Board](t, m)) {
				arrived = m.at
				return true
			}
		}
		return false
	})
	return arrived
}
