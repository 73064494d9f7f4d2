//go:build bench

package main

import (
	"encoding/json"
	"testing"
	"time"
)

// benchVideo measures what a video session costs the server, not recorded and recorded: the CPU of a call with video help, less that
// of the same call without, both recorded, or both paused. The picture is 640×360 at 15 frames a second, from a real browser to a real
// browser.
func benchVideo(t *testing.T, rows []*budget) {
	c := startCentre(t, false, "--organisation", "Umi Net")
	v := startVideoCall(t, c, writeVoice(t), nil)
	guest := openVideoBrowser(t, args{"camera": writePattern(t), "width": 390, "height": 844, "touch": true})
	guest.do("goto", args{"url": v.link})
	guest.see("button", "Share camera")
	stretch := time.Duration(times(20, 4)) * time.Second
	measure := func() float64 {
		time.Sleep(2 * time.Second)
		before := cpuTime(t, c.cmd.Process.Pid)
		time.Sleep(stretch)
		return (cpuTime(t, c.cmd.Process.Pid) - before).Seconds() / stretch.Seconds()
	}
	// The same stretch recorded and not, one after the other: the machine's noise falls on both.
	both := func() (recorded, paused float64) {
		recorded = measure()
		v.agent.click("button", "Pause recording")
		v.agent.see("button", "Resume recording")
		paused = measure()
		v.agent.click("button", "Resume recording")
		v.agent.see("button", "Pause recording")
		return recorded, paused
	}
	callRecorded, call := both()
	guest.click("button", "Share camera")
	guest.click("button", "Start sharing")
	v.agent.do("moving", nil)
	time.Sleep(3 * time.Second) // until the browser sends what the network carries
	withRecorded, with := both()
	var way struct{ Kbps, FPS, Width float64 }
	if err := json.Unmarshal(guest.do("selected", nil), &way); err != nil {
		t.Fatal(err)
	}
	for i, cost := range []float64{max(with-call, 1e-4), max(withRecorded-callRecorded, 1e-4)} {
		rows[i].set(cost < 0.05, "%.2f CPU seconds a minute: %.0f sessions a core", 60*cost, 1/cost)
	}
	rows[0].note("%.0f frames a second of %.0f pixels' width; the call itself costs %.2f CPU seconds a minute, recorded %.2f", way.FPS, way.Width, 60*call, 60*callRecorded)
}
