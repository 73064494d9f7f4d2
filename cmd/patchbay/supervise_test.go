package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/media"
	"patchbay/media/mediatest"
	"patchbay/media/prompt"
	"patchbay/media/wav"
)

// commander is a second tab of a user: it commands, and has no phone.
type commander struct {
	t    testing.TB
	conn *websocket.Conn
	next uint64
}

func (c *centreUnderTest) commander(t testing.TB, user string) *commander {
	t.Helper()
	c.signIn(t, user)
	conn, _, err := (&websocket.Dialer{Jar: c.client.Jar}).Dial("ws://"+c.http+"/api/v1/ws?"+wire.Hello{TabID: "commander"}.Query(), http.Header{"Origin": {"http://" + c.http}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	d := &commander{t: t, conn: conn}
	return d
}

// must sends a command and waits for a reply without an error. It gives the time of the reply.
func (d *commander) must(typ string, data any) time.Time {
	d.t.Helper()
	d.next++
	if err := d.conn.WriteJSON(map[string]any{"id": d.next, "type": typ, "data": data}); err != nil {
		d.t.Fatal(err)
	}
	_ = d.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		var m struct {
			Type string
			Data json.RawMessage
		}
		if err := d.conn.ReadJSON(&m); err != nil {
			d.t.Fatalf("%s: %v", typ, err)
		}
		var r wire.Reply
		if m.Type != "reply" || json.Unmarshal(m.Data, &r) != nil || r.ID != d.next {
			continue
		}
		if r.Error != nil {
			d.t.Fatalf("%s: %s", typ, r.Error.Message)
		}
		return time.Now()
	}
}

// at is when a program printed an event for the first time.
func (p *program) at(event string) time.Time {
	p.t.Helper()
	for _, line := range strings.Split(p.out.String(), "\n") {
		var e struct {
			Event string
			Time  time.Time
		}
		if json.Unmarshal([]byte(line), &e) == nil && e.Event == event {
			return e.Time
		}
	}
	p.t.Fatalf("no event %q", event)
	return time.Time{}
}

// TestSupervisorByEar: a real telephone hears an agent and a supervisor, both over WebRTC, each with a tone. In listen and
// whisper there is nothing of the supervisor, at a take-over no more than 300 ms of nobody, and a transfer to a number by
// the outbound route brings that number's tone.
func TestSupervisorByEar(t *testing.T) {
	const agentHz, supervisorHz, numberHz = 911, 1723, 437
	expert, route := answering(t, "--play", writeSound(t, sine(numberHz, 30*time.Second), 16000, 0))
	c := startCentre(t, false, "--outbound", "sip:"+route, "--outbound-prefixes", "+1202555")
	people := map[string]*program{}
	for user, hz := range map[string]float64{"akiko": agentHz, "sofia": supervisorHz} {
		people[user] = patchbay(t, "agent", "--url", "http://"+c.http, "--user", user, "--password", demoPassword, "--auto-answer", "--json",
			"--play", writeSound(t, sine(hz, time.Minute), 16000, 0))
		people[user].await(`"state":"connected"`, 20*time.Second)
	}
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	sofia := c.commander(t, "sofia")

	tape := filepath.Join(t.TempDir(), "customer.wav")
	customer := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--record", tape, "--duration", "1m", "--json")
	people["akiko"].await(`"event":"answered"`, 20*time.Second)
	c.poll(t, "in the records", 10*time.Second, func() bool { return c.call(t).State == "active" })
	id := c.call(t).ID
	zero := customer.at("answered") // of the recording

	type stretch struct {
		mode       string
		from, to   time.Time
		heard, not []float64
	}
	var all []stretch
	stay := func(mode string, since time.Time, heard, not []float64) {
		time.Sleep(time.Until(since.Add(1500 * time.Millisecond))) // the telephone records in real time
		all = append(all, stretch{mode, since.Add(400 * time.Millisecond), time.Now().Add(-100 * time.Millisecond), heard, not})
	}
	supervise := func(mode string, heard, not []float64) time.Time {
		since := sofia.must("supervise", wire.Supervise{InteractionID: id, Mode: mode})
		stay(mode, since, heard, not)
		return since
	}
	agentOnly, none := []float64{agentHz}, []float64{supervisorHz, numberHz}
	supervise("listen", agentOnly, none)
	supervise("whisper", agentOnly, none)
	supervise("barge", []float64{agentHz, supervisorHz}, []float64{numberHz})
	supervise("whisper", agentOnly, none)
	taken := supervise("takeover", []float64{supervisorHz}, []float64{agentHz, numberHz})
	people["akiko"].await(`"event":"ended"`, 5*time.Second)
	asked := sofia.must("consult", wire.Transfer{InteractionID: id, Target: acd.Target{Kind: "number", ID: "+12025550177"}})
	expert.await(`"event":"answered"`, 10*time.Second)
	stay("consult", asked, nil, []float64{supervisorHz, agentHz, numberHz})
	done := sofia.must("consult_complete", wire.Ref{InteractionID: id})
	told := done.Add(prompt.Announced().Duration() + 300*time.Millisecond) // that the call is recorded, beside the number's tone
	stay("handed to a number", told, []float64{numberHz}, []float64{supervisorHz, agentHz})
	expert.stop() // who has the call hangs up: it is over
	if err := customer.ends(15 * time.Second); err != nil {
		t.Errorf("the customer: %v", err)
	}
	c.poll(t, "ended", 10*time.Second, func() bool { return c.call(t).State == "ended" })

	sound, err := wav.Load(tape)
	if err != nil {
		t.Fatal(err)
	}
	cut := cutter(zero, sound)
	for _, s := range all {
		heard := cut(s.from, s.to)
		for _, hz := range s.heard {
			if level := mediatest.PowerAt(heard, media.SampleRate, hz); level < -25 {
				t.Errorf("%s: the customer hears %.0f Hz at %.1f dBFS only", s.mode, hz, level)
			}
		}
		for _, hz := range s.not {
			if level := mediatest.PowerAt(heard, media.SampleRate, hz); level > -60 {
				t.Errorf("%s: %.0f Hz leaks to the customer at %.1f dBFS", s.mode, hz, level)
			}
		}
	}
	gap := longestSilence(cut(taken.Add(-300*time.Millisecond), taken.Add(time.Second)), agentHz, supervisorHz)
	t.Logf("take-over: %v of nobody", gap)
	if gap > 300*time.Millisecond {
		t.Errorf("the customer heard nobody for %v", gap)
	}
}
