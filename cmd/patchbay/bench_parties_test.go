//go:build bench

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"patchbay/acd"
	"patchbay/agentui/wire"
)

// openBareSupervisor signs a supervisor in, who says nothing; hear gets what arrives. The phone is connected when it returns.
func openBareSupervisor(t testing.TB, c *centreUnderTest, user string, hear func(time.Time, pcm)) *bareDesk {
	t.Helper()
	session := &centreUnderTest{http: c.http, base: c.base, client: &http.Client{Jar: newJar(t), Timeout: 10 * time.Second}}
	session.signIn(t, user)
	dialer := websocket.Dialer{Jar: session.client.Jar, HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.Dial("ws://"+c.http+"/api/v1/ws?"+wire.Hello{TabID: uuid.NewString()}.Query(), http.Header{"Origin": {"http://" + c.http}})
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	d := &bareDesk{t: t, conn: conn, say: silent, hear: hear}
	d.readers.Go(d.read)
	t.Cleanup(d.close)
	d.send("phone_start", wire.PhoneStart{})
	c.poll(t, user+" connected", 20*time.Second, func() bool { return d.last("phone", `"state":"connected"`) })
	return d
}

// last says whether the newest message of a kind holds a text.
func (d *bareDesk) last(kind, text string) bool {
	all := d.all(kind)
	return len(all) > 0 && strings.Contains(string(all[len(all)-1].data), text)
}

// call is what the desk was told of its call last.
func (d *bareDesk) call() acd.Call {
	calls := d.all("call")
	return decodedAs[acd.Call](d.t, calls[len(calls)-1])
}

// number finds a talking telephone beside the customer's in a desk's call.
func (d *bareDesk) number() (id string) {
	for _, p := range d.call().Parties {
		if p.Kind == "number" && p.State == "talking" {
			return p.ID
		}
	}
	return ""
}

// benchParties measures what a listening supervisor and a third party add to the processor time of a call. Stretches with and
// without them take turns, so that what drifts (the machine's clock rate, the heap) is in both. Nobody transcribes: a
// recogniser that costs nothing takes Whisper's place, so that two cores are enough for all.
func benchParties(t *testing.T, rows []*budget) {
	t.Setenv(babblesEnv, "1")
	samples, _ := speech(t, 300*time.Millisecond, "lv-0870", "ls-1272-128104-0000", "lv-0920")
	_, route := answering(t, "--play", writeSound(t, samples, 8000, 0), "--loop")
	c := startCentre(t, true, "--browser-codec", "pcmu", "--outbound", "sip:"+route, "--outbound-prefixes", "+1202555")
	c.setRecording(t, "on")
	voice := clipTalk(telephone(samples), true)
	supervisors := []string{"sofia", "admin", "listener-3", "listener-4", "listener-5"}
	hire(t, c, "supervisor", supervisors[2:])
	ears := make([]burstEar, len(supervisors))
	var watchers []*bareDesk
	for i, u := range supervisors {
		watchers = append(watchers, openBareSupervisor(t, c, u, ears[i].hear))
	}
	// The call that is listened to has bursts on one side and silence on the other, so that each burst is heard by itself.
	const listened, widened = 0, 1
	desks := []*bareDesk{openBareDesk(t, c, "akiko", silent, nil)}
	customer := dialBare(t, c, "+12025550190", bursts(0), nil)
	c.poll(t, "the first call", 20*time.Second, desks[listened].inCall)
	for i, u := range []string{"ben", "chika"} {
		d := openBareDesk(t, c, u, voice, nil)
		dialBare(t, c, fmt.Sprintf("+120255501%02d", 91+i), voice, nil)
		c.poll(t, "another call", 20*time.Second, d.inCall)
		desks = append(desks, d)
	}
	stretch := time.Duration(times(20, 5)) * time.Second
	measure := func() float64 {
		time.Sleep(2 * time.Second)
		before := cpuTime(t, c.cmd.Process.Pid)
		time.Sleep(stretch)
		for _, d := range desks {
			if !d.inCall() {
				t.Fatal("a call ended early")
			}
		}
		return (cpuTime(t, c.cmd.Process.Pid) - before).Seconds() / stretch.Minutes()
	}
	// turns measures with and without in turn.
	rounds := times(3, 1)
	turns := func(on, off func()) (without, with []float64) {
		for range rounds {
			without = append(without, measure())
			on()
			with = append(with, measure())
			off()
		}
		return without, with
	}
	id := desks[listened].call().InteractionID
	var heard [][]time.Duration
	sent, began := 0, time.Now()
	alone, watched := turns(func() {
		let := 0
		for _, w := range watchers {
			w.send("supervise", wire.Supervise{InteractionID: id, Mode: "listen"})
			c.poll(t, "listening, or told that there are too many", 10*time.Second, func() bool {
				return w.last("supervision", `"mode":"listen"`) || w.last("reply", "too_many_supervisors")
			})
			if w.last("supervision", `"mode":"listen"`) {
				let++
			}
		}
		if let != len(watchers)-1 {
			t.Errorf("%d supervisors were let in; four are, and the fifth is told so", let)
		}
		began = time.Now().Add(time.Second) // the streams are new to the jitter buffers
	}, func() {
		for i, w := range watchers[:len(watchers)-1] {
			some, n := delays(customer.talker.when(), ears[i].all(), 0, began, time.Now().Add(-time.Second))
			heard, sent = append(heard, some), sent+n
			w.send("supervise", wire.Supervise{InteractionID: id, Mode: "leave"})
			c.poll(t, "gone", 10*time.Second, func() bool { return w.last("supervision", `"mode":""`) })
		}
	})
	d := desks[widened]
	two, three := turns(func() {
		d.send("add_party", wire.AddParty{InteractionID: d.call().InteractionID, Target: acd.Target{Kind: "number", ID: "+12025550170"}})
		c.poll(t, "three parties", 10*time.Second, func() bool { return d.number() != "" })
	}, func() {
		d.send("drop_party", wire.DropParty{InteractionID: d.call().InteractionID, PartyID: d.number()})
		c.poll(t, "two parties", 10*time.Second, func() bool { return d.number() == "" })
	})
	const listeners = 4
	for i, with := range []struct {
		without, with []float64
		added         int
	}{{alone, watched, listeners}, {two, three, 1}} {
		rows[i].set(true, "%+.3f s", (mean(with.with)-mean(with.without))/float64(with.added))
		rows[i].Verdict = "no budget set"
		rows[i].note("three recorded calls, %d turns of %v: CPU seconds a minute of all three without %.2f, with %d at one of them %.2f; a recogniser that costs nothing in Whisper's place, the idle desks are in both",
			rounds, stretch, with.without, with.added, with.with)
	}
	all := slices.Concat(heard...)
	if len(all) == 0 {
		t.Error("no listener heard a burst")
		return
	}
	p99 := percentile(all, 0.99)
	rows[2].set(len(all) == sent && p99 <= 60*time.Millisecond, "%d, p99 %s", listeners, millis(p99))
	rows[2].note("%d of %d bursts of the customer's telephone heard by %d supervisors at once; %s; a fifth is refused in words", len(all), sent, listeners, spread(all))
}

func mean(all []float64) (sum float64) {
	for _, f := range all {
		sum += f
	}
	return sum / float64(len(all))
}
