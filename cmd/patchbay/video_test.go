package main

import (
	"testing"
	"time"
)

// TestVideoHelp is the whole journey.
func TestVideoHelp(t *testing.T) {
	c := startCentre(t, false, "--organisation", "Umi Net")
	tone := writeVoice(t)
	v := startVideoCall(t, c, tone, nil)
	guest := openVideoBrowser(t, args{"camera": writePattern(t), "width": 390, "height": 844, "touch": true})
	if status := into[int](guest, "goto", args{"url": v.link}); status != 200 {
		t.Fatalf("the link answers %d", status)
	}
	guest.click("button", "Share camera")
	guest.click("button", "Start sharing")
	if _, err := v.agent.begin("moving", nil)(); err != nil {
		t.Logf("agent: %s", v.agent.do("body", nil))
		t.Logf("guest: %s", guest.do("body", nil))
		t.Logf("guest rtc: %s", guest.do("selected", nil))
		t.Logf("agent rtc: %s", v.agent.do("selected", nil))
		t.Fatal(err)
	}
	guest.see("region", "Annotations")
	v.agent.do("readFrames", nil)
	guest.do("readFrames", nil)
	from := time.Now()
	time.Sleep(4 * time.Second)
	to := time.Now()
	seen, sent := v.agent.frames(), guest.frames()
	p := judge(seen, from, to)
	lag, n := latency(sent, seen)
	t.Logf("agent sees %+v, %v later (%d frames)", p, lag, n)
	v.agent.do("check", args{"role": "radio", "name": "Arrow"})
	v.agent.do("stroke", args{"points": [][2]float64{{0.3, 0.4}, {0.6, 0.7}}})
	t.Logf("guest %+v", into[[]shownShape](guest, "shapes", args{"count": 1}))
	guest.do("shot", args{"path": "/tmp/team/video-guest.png"})
	v.agent.do("shot", args{"path": "/tmp/team/video-agent.png"})
}
