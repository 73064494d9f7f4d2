//go:build bench

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"patchbay/acd"
	"patchbay/agentui/wire"
)

// openBareSupervisor signs a supervisor in, who hears and says nothing; the phone is connected when it returns.
func openBareSupervisor(t testing.TB, c *centreUnderTest, user string) *bareDesk {
	t.Helper()
	session := &centreUnderTest{http: c.http, base: c.base, client: &http.Client{Jar: newJar(t), Timeout: 10 * time.Second}}
	session.signIn(t, user)
	dialer := websocket.Dialer{Jar: session.client.Jar, HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.Dial("ws://"+c.http+"/api/v1/ws", http.Header{"Origin": {"http://" + c.http}})
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	d := &bareDesk{t: t, conn: conn, say: func(int) pcm { return pcm{} }}
	d.readers.Go(d.read)
	t.Cleanup(d.close)
	d.send("hello", wire.Hello{TabID: uuid.NewString()})
	d.send("phone_start", wire.PhoneStart{})
	c.poll(t, user+" connected", 20*time.Second, func() bool { return d.last("phone", `"state":"connected"`) })
	return d
}

// last says whether the newest message of a kind holds a text.
func (d *bareDesk) last(kind, text string) bool {
	all := d.all(kind)
	return len(all) > 0 && strings.Contains(string(all[len(all)-1].data), text)
}

// benchParties measures what a supervisor and a third party add to the processor time of a call, each as the difference
// between stretches of the same three calls.
func benchParties(t *testing.T, rows []*budget) {
	samples, _ := speech(t, 300*time.Millisecond, "lv-0870", "ls-1272-128104-0000", "lv-0920")
	_, route := answering(t, "--play", writeSound(t, samples, 8000, 0), "--loop")
	c := startCentre(t, true, "--browser-codec", "pcmu", "--outbound", "sip:"+route, "--outbound-prefixes", "+1202555")
	voice := clipTalk(telephone(samples), true)
	users := []string{"akiko", "ben", "chika"}
	var desks []*bareDesk
	for _, u := range users {
		desks = append(desks, openBareDesk(t, c, u, voice, nil))
	}
	watchers := []*bareDesk{openBareSupervisor(t, c, "sofia"), openBareSupervisor(t, c, "admin")}
	for i := range users {
		dialBare(t, c, fmt.Sprintf("+120255501%02d", 90+i), voice, nil)
	}
	c.poll(t, "three calls", 20*time.Second, func() bool { return desks[0].inCall() && desks[1].inCall() && desks[2].inCall() })
	ids := make([]string, len(desks))
	for i, d := range desks {
		calls := d.all("call")
		ids[i] = decodedAs[acd.Call](t, calls[len(calls)-1]).InteractionID
	}
	stretch := time.Duration(times(30, 5)) * time.Second
	measure := func() float64 {
		time.Sleep(2 * time.Second)
		before := cpuTime(t, c.cmd.Process.Pid)
		time.Sleep(stretch)
		for i, d := range desks {
			if !d.inCall() {
				t.Fatalf("the call of %s ended early", users[i])
			}
		}
		return (cpuTime(t, c.cmd.Process.Pid) - before).Seconds() / stretch.Minutes()
	}
	plain := measure()
	for i, w := range watchers {
		w.send("supervise", wire.Supervise{InteractionID: ids[i], Mode: "listen"})
		c.poll(t, "listening", 10*time.Second, func() bool { return w.last("supervision", `"mode":"listen"`) })
	}
	watched := measure()
	for i, w := range watchers {
		w.send("supervise", wire.Supervise{InteractionID: ids[i], Mode: "leave"})
		c.poll(t, "gone", 10*time.Second, func() bool { return w.last("supervision", `"mode":""`) })
	}
	d := desks[0]
	d.send("add_party", wire.AddParty{InteractionID: ids[0], Target: acd.Target{Kind: "number", ID: "+12025550170"}})
	c.poll(t, "three parties", 10*time.Second, func() bool {
		calls := d.all("call")
		for _, p := range decodedAs[acd.Call](t, calls[len(calls)-1]).Parties {
			if p.Kind == "number" && p.State == "talking" {
				return true
			}
		}
		return false
	})
	three := measure()
	for i, with := range []struct {
		total float64
		calls int
	}{{watched, len(watchers)}, {three, 1}} {
		rows[i].set(true, "%+.3f s", (with.total-plain)/float64(with.calls))
		rows[i].Verdict = "no budget set"
		rows[i].note("three calls for %v: %.2f s a minute as they are, %.2f s with this at %d of them; the idle desks are in both", stretch, plain, with.total, with.calls)
	}
}
