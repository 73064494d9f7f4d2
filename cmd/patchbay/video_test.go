package main

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shotTo is where screenshots for the docs go, "" for nowhere.
func shotTo(b *browser, name string) {
	if dir := os.Getenv("PATCHBAY_TEST_SHOTS"); dir != "" {
		b.do("screenshot", args{"path": filepath.Join(dir, name)})
	}
}

func checkAxe(t *testing.T, b *browser, where string) {
	t.Helper()
	if found := into[[]string](b, "axe", nil); len(found) > 0 {
		t.Errorf("axe on %s: %s", where, strings.Join(found, "\n"))
	}
}

// fetchStatus asks as a stranger does: a messenger that fetches links ahead, or another browser.
func fetchStatus(t *testing.T, client *http.Client, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(raw)
}

// TestVideoHelp is the whole journey in two real browsers, while a phone listens to the agent without a gap.
func TestVideoHelp(t *testing.T) {
	c := startCentre(t, false, "--organisation", "Umi Net")
	v := startVideoCall(t, c, writeVoice(t), args{"sipp": true})
	begun := time.Now()
	token := v.link[strings.LastIndex(v.link, "/")+1:]
	stranger := &http.Client{Timeout: 10 * time.Second}
	for range 3 { // opening uses nothing
		if status, _ := fetchStatus(t, stranger, "GET", v.link, ""); status != 200 {
			t.Fatalf("a messenger that fetches the link ahead gets %d", status)
		}
	}
	checkAxe(t, v.agent, "the agent's link")
	shotTo(v.agent, "agent-link.png")

	guest := openVideoBrowser(t, args{"camera": writePattern(t), "width": 390, "height": 844, "touch": true})
	guest.do("catchChannel", nil)
	if status := into[int](guest, "goto", args{"url": v.link}); status != 200 {
		t.Fatalf("the guest's link answers %d", status)
	}
	guest.see("button", "Share camera")
	checkAxe(t, guest, "the guest's welcome")
	shotTo(guest, "guest-welcome.png")
	guest.click("button", "Share camera")
	guest.see("button", "Start sharing")
	checkAxe(t, guest, "the guest's preview")
	if status, _ := fetchStatus(t, stranger, "GET", v.link, ""); status != 200 {
		t.Errorf("after a preview the link answers %d: it is used by consent only", status)
	}
	guest.click("button", "Start sharing")
	v.agent.do("moving", nil)
	guest.see("region", "Annotations")

	// Used: every other browser is refused, in words.
	for _, path := range []string{v.link, "http://" + c.http + "/api/v1/help/" + token} {
		if status, body := fetchStatus(t, stranger, "GET", path, ""); status != http.StatusGone {
			t.Errorf("another browser gets %d of %s: %.200s", status, path, body)
		}
	}
	if status, body := fetchStatus(t, stranger, "POST", "http://"+c.http+"/api/v1/help/"+token+"/claim", ""); status != http.StatusGone ||
		!strings.Contains(body, "another browser") {
		t.Errorf("another browser's consent: %d %s", status, body)
	}

	v.measurePicture(t, guest)
	v.measureDrawing(t, guest)
	v.freezeAndKeep(t, guest)
	v.reloadAndComeBack(t, guest)
	v.withstand(t, guest)
	v.guess(t, stranger, guest)

	// The guest stops, goes on, and the agent ends it; the phone call goes on all the while.
	guest.click("button", "Stop sharing")
	v.agent.do("waitText", args{"text": "The customer has stopped sharing"})
	guest.see("button", "Share again")
	guest.do("reload", nil) // a reload does not share again by itself
	guest.click("button", "Share again")
	v.agent.do("moving", nil)
	v.agent.click("button", "End video")
	guest.do("waitText", args{"text": "The video help is over"})
	checkAxe(t, guest, "the guest's end")
	guest.click("button", "Very well")
	guest.do("waitText", args{"text": "Thank you."})
	v.agent.click("button", "Solved")
	var kept struct {
		Items []struct {
			Minutes                           float64
			Outcome, Quality                  string
			Satisfaction, Snapshots, Drawings int
		}
	}
	c.poll(t, "how it went in the record", 10*time.Second, func() bool {
		c.get(t, "/interactions/"+v.id+"/video", &kept)
		return len(kept.Items) == 1 && kept.Items[0].Outcome == "solved" && kept.Items[0].Satisfaction == 5
	})
	if k := kept.Items[0]; k.Minutes <= 0 || k.Quality == "" || k.Snapshots != 2 || k.Drawings < 6 {
		t.Errorf("kept of the session: %+v", k)
	}
	v.agent.see("button", "Mute") // still in the call
	whole := time.Since(begun)
	v.line.hangUp()
	if err := v.phone.ends(20 * time.Second); err != nil {
		t.Errorf("sipp: %v", err)
	}
	checkVoice(t, v.line.heard(), int(whole/time.Second)-1) // the whole journey, however fast the machine; the seconds at its ends are not whole
	v.checkTimeline(t)
}

// measurePicture reads the frames' numbers off the agent's screen.
func (v *videoCall) measurePicture(t *testing.T, guest *browser) {
	t.Helper()
	v.agent.do("readFrames", nil)
	guest.do("readFrames", nil)
	from := time.Now()
	time.Sleep(4 * time.Second) // of picture
	to := time.Now()
	seen, shown := v.agent.frames(), guest.frames()
	p, own := judge(seen, from, to), judge(shown, from, to)
	lag, n := latency(shown, seen)
	t.Logf("the agent sees %.1f of the guest's own %.1f frames a second, frozen %v at most, %v behind the guest's own screen", p.fps, own.fps, p.frozen, lag)
	if p.readable < 0.95 || p.fps < own.fps*3/4 || p.frozen > time.Second || n < 10 || lag > 800*time.Millisecond {
		t.Errorf("the picture that arrives: %+v, %v behind (%d frames)", p, lag, n)
	}
}

// measureDrawing draws on each side and reads the places on the other, on three screens, each in two rotations.
func (v *videoCall) measureDrawing(t *testing.T, guest *browser) {
	t.Helper()
	screens := []struct {
		name          string
		width, height int
	}{{"390×844", 390, 844}, {"320×568", 320, 568}, {"844×390, across", 844, 390}, {"568×320, across", 568, 320}, {"412×915", 412, 915}, {"915×412, across", 915, 412}}
	worst := 0.0
	off := func(where string, s shownShape, x0, y0, x1, y1 float64) {
		t.Helper()
		for _, d := range []float64{s.X0 - x0, s.Y0 - y0, s.X1 - x1, s.Y1 - y1} {
			worst = max(worst, math.Abs(d))
			if math.Abs(d) > 0.02 {
				t.Errorf("%s: drawn at %+v, want %.2f,%.2f–%.2f,%.2f", where, s, x0, y0, x1, y1)
				return
			}
		}
	}
	for i, screen := range screens {
		guest.do("size", args{"width": screen.width, "height": screen.height})
		guest.see("button", "Stop sharing")
		v.agent.do("check", args{"role": "radio", "name": "Box"})
		x0, y0, x1, y1 := 0.15+0.1*float64(i%3), 0.3, 0.6+0.1*float64(i%3), 0.85
		guest.do("armShapes", args{"count": 1})
		drawn := into[struct{ Began, Ended int64 }](v.agent, "stroke", args{"points": [][2]float64{{x0, y0}, {x1, y1}}})
		arrived := into[int64](guest, "armed", nil)
		if took := arrived - drawn.Began; took > 500 {
			t.Errorf("%s: a stroke arrives %d ms after it began", screen.name, took)
		}
		guest.do("waitText", args{"text": "Draw"})
		var got shownShape
		v.c.poll(t, "the whole box", 5*time.Second, func() bool {
			got = into[[]shownShape](guest, "shapes", args{"count": 1})[0]
			return math.Abs(got.X1-x1) < 0.02
		})
		off(screen.name+", agent's box", got, x0, y0, x1, y1)
		if got.By == "" || got.Kind != "box" {
			t.Errorf("the guest sees %+v", got)
		}
		guest.click("button", "Draw")
		guest.do("stroke", args{"points": [][2]float64{{0.2, 0.4}, {0.5, 0.5}, {0.7, 0.9}}, "steps": 10})
		v.c.poll(t, "the guest's line", 5*time.Second, func() bool {
			all := into[[]shownShape](v.agent, "shapes", args{"count": 2})
			got = all[1]
			return got.By == "guest" && math.Abs(got.Y1-0.9) < 0.02
		})
		off(screen.name+", guest's line", got, 0.2, 0.4, 0.7, 0.9)
		checkAxe(t, guest, "the guest's page at "+screen.name)
		shotTo(guest, fmt.Sprintf("guest-%d.png", screen.width))
		guest.click("button", "Draw")
		if i == 0 {
			checkAxe(t, v.agent, "the agent's picture")
			shotTo(v.agent, "agent.png")
		}
		v.agent.click("button", "Undo")
		guest.do("eval", args{"js": waitForShapes(1)})
		v.agent.click("button", "Clear")
		guest.do("eval", args{"js": waitForShapes(0)})
		v.agent.do("eval", args{"js": waitForShapes(0)})
	}
	t.Logf("the largest error of a drawing: %.2f %% of the picture", 100*worst)
	guest.do("size", args{"width": 390, "height": 844})

	// The other tools.
	v.agent.do("check", args{"role": "radio", "name": "Number"})
	v.agent.do("stroke", args{"points": [][2]float64{{0.5, 0.5}}})
	v.agent.do("check", args{"role": "radio", "name": "Text"})
	v.agent.do("stroke", args{"points": [][2]float64{{0.3, 0.7}}})
	v.agent.do("fill", args{"role": "textbox", "name": "Text for the picture", "text": "Press here"})
	v.agent.do("press", args{"keys": "Enter"})
	v.agent.do("check", args{"role": "radio", "name": "Arrow"})
	v.agent.do("stroke", args{"points": [][2]float64{{0.9, 0.3}, {0.6, 0.6}}})
	v.agent.do("check", args{"role": "radio", "name": "Pen"})
	v.agent.do("stroke", args{"points": [][2]float64{{0.2, 0.5}, {0.4, 0.6}}})
	all := into[[]shownShape](guest, "shapes", args{"count": 4})
	for i, want := range []string{"number", "text", "arrow", "pen"} {
		if all[i].Kind != want {
			t.Errorf("shape %d is %+v, want a %s", i, all[i], want)
		}
	}
	if all[0].Text != "1" || all[1].Text != "Press here" {
		t.Errorf("the words drawn: %q, %q", all[0].Text, all[1].Text)
	}
}

// waitForShapes is JavaScript that waits until so many shapes are shown.
func waitForShapes(n int) string {
	return fmt.Sprintf(`(async () => { for (const end = Date.now() + 5000; document.querySelectorAll(".annotations .shape").length !== %d; ) {
		if (Date.now() > end) throw new Error("not %d shapes"); await new Promise((d) => setTimeout(d, 20)); } })()`, n, n)
}

// freezeAndKeep freezes the picture in the camera's full resolution, draws on it and keeps it, with and without the drawing.
func (v *videoCall) freezeAndKeep(t *testing.T, guest *browser) {
	t.Helper()
	v.agent.click("button", "Freeze")
	v.agent.see("button", "Live again")
	v.agent.see("img", "The customer’s picture, frozen")
	guest.see("img", "The picture is frozen")
	guest.do("eval", args{"js": waitForShapes(0)}) // what was drawn belongs to the live picture
	v.agent.do("eval", args{"js": `(async () => { const i = document.querySelector(".video-frame img"); await i.decode(); })()`})
	guest.do("eval", args{"js": `(async () => { const i = document.querySelector(".frame img"); await i.decode(); })()`})
	size := into[struct{ W, H int }](v.agent, "content", nil)
	if size.W < patternWidth || size.H < patternHeight {
		t.Errorf("the still has %d×%d, less than the camera", size.W, size.H)
	}
	v.agent.do("check", args{"role": "radio", "name": "Box"})
	v.agent.do("stroke", args{"points": [][2]float64{{0.25, 0.25}, {0.75, 0.75}}})
	got := into[[]shownShape](guest, "shapes", args{"count": 1})[0]
	if math.Abs(got.X0-0.25) > 0.02 || math.Abs(got.Y0-0.25) > 0.02 {
		t.Errorf("on the still, drawn at %+v", got)
	}
	v.agent.click("button", "Keep picture")
	v.agent.do("waitText", args{"text": "Kept in the customer’s record"})
	var kept struct {
		Items []struct {
			ID            string
			Drawing       bool
			Width, Height int
		}
	}
	v.c.get(t, "/interactions/"+v.id+"/snapshots", &kept)
	if len(kept.Items) != 2 || kept.Items[0].Drawing == kept.Items[1].Drawing || kept.Items[0].Width != size.W {
		t.Errorf("kept: %+v", kept.Items)
	}
	pictures := map[bool]string{}
	for _, p := range kept.Items {
		status, body := fetchStatus(t, v.c.client, "GET", "http://"+v.c.http+"/api/v1/snapshots/"+p.ID, "")
		if status != 200 || !strings.HasPrefix(body, "\xff\xd8") {
			t.Errorf("snapshot %s: %d", p.ID, status)
		}
		pictures[p.Drawing] = body
		if status, _ := fetchStatus(t, http.DefaultClient, "GET", "http://"+v.c.http+"/api/v1/snapshots/"+p.ID, ""); status != 401 {
			t.Errorf("a stranger gets %d of a snapshot", status)
		}
	}
	if pictures[true] == pictures[false] {
		t.Error("the picture with the drawing is the one without")
	}
	v.agent.click("button", "Live again")
	guest.do("eval", args{"js": waitForShapes(4)}) // what was drawn on the live picture is back
}

// reloadAndComeBack: the guest's page reloads, and its network goes and comes back.
func (v *videoCall) reloadAndComeBack(t *testing.T, guest *browser) {
	t.Helper()
	v.agent.do("frames", nil)
	began := time.Now()
	guest.do("reload", nil)
	guest.see("button", "Stop sharing")
	var back time.Duration
	v.c.poll(t, "the picture back after a reload", 10*time.Second, func() bool {
		for _, f := range v.agent.frames() {
			if f.at.Sub(began) > 300*time.Millisecond && f.number >= 0 {
				back = f.at.Sub(began)
				return true
			}
		}
		return false
	})
	t.Logf("the picture is back %v after the guest's reload", back)
	if back > 3*time.Second {
		t.Errorf("the picture is back %v after the guest's reload", back)
	}
	guest.do("eval", args{"js": waitForShapes(4)}) // and so is what was drawn

	guest.do("offline", args{"on": true})
	guest.do("eval", args{"js": `window.peers.at(-1).close()`}) // what a network that is gone does to the connection in the end
	time.Sleep(time.Second)
	guest.do("offline", args{"on": false})
	began = time.Now()
	v.agent.do("frames", nil)
	v.c.poll(t, "the picture back after a lost network", 10*time.Second, func() bool {
		for _, f := range v.agent.frames() {
			if f.at.After(began.Add(50*time.Millisecond)) && f.number >= 0 {
				back = f.at.Sub(began)
				return true
			}
		}
		return false
	})
	t.Logf("the picture is back %v after the network is", back)
	if back > 3*time.Second {
		t.Errorf("the picture is back %v after the network is", back)
	}
}

// withstand: what a hostile guest sends over the drawing channel is bounded, and harms neither the drawing nor the call.
func (v *videoCall) withstand(t *testing.T, guest *browser) {
	t.Helper()
	v.agent.click("button", "Clear")
	guest.do("eval", args{"js": waitForShapes(0)})
	shape := `{"e":0,"t":"put","s":{"id":"x","k":"pen","p":[[1,1]]}}`
	messages := []string{"", "{", "null", "[]", `"x"`, shape, `{"e":-1}`, `{"e":1e99,"t":"put"}`, `{"e":0,"t":"add","id":"q","at":-5,"p":[[0,0]]}`,
		`{"e":0,"t":"add","id":"q","at":1999,"p":[[0,0],[1,1]]}`, `{"e":0,"t":"put","s":{"id":"../x","k":"box","p":[[0,0],[99999,5]]}}`,
		`{"e":0,"t":"put","by":"user-akiko","s":{"id":"x","k":"text","p":[[5,5]],"c":"<script>alert(1)</script>"}}`, "HUGE"}
	into[int](guest, "hostile", args{"messages": messages, "repeat": 60})
	// Drawings by the million: as fast as the page can.
	into[int](guest, "eval", args{"js": `(async () => { let n = 0; for (; n < 4000; n++) {
		window.drawChannel.send(JSON.stringify({ e: 0, t: "put", s: { id: "n" + n, k: "box", p: [[n % 10000, 1], [9, 9999]] } }));
		if (window.drawChannel.bufferedAmount > 1 << 20) await new Promise((d) => setTimeout(d, 10)); } return n; })()`})
	v.agent.see("button", "Mute")
	if n := into[int](v.agent, "eval", args{"js": `document.querySelectorAll(".annotations .shape").length`}); n > 300 {
		t.Errorf("%d shapes are on the agent's board", n)
	}
	v.agent.do("check", args{"role": "radio", "name": "Arrow"})
	v.agent.do("stroke", args{"points": [][2]float64{{0.2, 0.5}, {0.4, 0.6}}})
	v.c.poll(t, "the agent's drawing after all that", 10*time.Second, func() bool {
		return into[int](guest, "eval", args{"js": `document.querySelectorAll(".annotations .arrow").length`}) > 0
	})
	v.agent.click("button", "Clear")
	guest.do("eval", args{"js": waitForShapes(0)})
}

// guess: links and codes that do not exist are refused, and whoever tries too many is stopped; the guest behind the same address
// is not.
func (v *videoCall) guess(t *testing.T, stranger *http.Client, guest *browser) {
	t.Helper()
	base := "http://" + v.c.http
	if status, _ := fetchStatus(t, stranger, "GET", base+"/help/AAAAAAAAAAAAAAAAAAAAAA", ""); status != 404 {
		t.Errorf("a guessed link answers %d", status)
	}
	last, tries := 0, 0
	for ; tries < 20 && last != http.StatusTooManyRequests; tries++ {
		last, _ = fetchStatus(t, stranger, "POST", base+"/api/v1/help/code", fmt.Sprintf(`{"code":"%09d"}`, tries))
	}
	if last != http.StatusTooManyRequests || tries < 4 {
		t.Errorf("after %d wrong codes the answer is %d", tries, last)
	}
	if status, _ := fetchStatus(t, stranger, "GET", v.link, ""); status != http.StatusTooManyRequests {
		t.Errorf("who guessed too often gets %d of a link", status)
	}
	guest.do("reload", nil)
	guest.see("button", "Stop sharing")
	v.agent.do("moving", nil)
}

// checkTimeline: what happened is in the interaction's one timeline.
func (v *videoCall) checkTimeline(t *testing.T) {
	t.Helper()
	var doc struct{ Events []struct{ Type string } }
	v.c.get(t, "/interactions/"+v.id+"/timeline", &doc)
	seen := map[string]int{}
	for _, e := range doc.Events {
		seen[e.Type]++
	}
	for _, want := range []string{"video_started", "video_link", "video_consent", "video_join", "video_leave", "video_drawings",
		"video_frozen", "video_snapshot", "video_stopped", "video_ended", "video_summary"} {
		if seen[want] == 0 {
			t.Errorf("the timeline holds no %s: %v", want, seen)
		}
	}
}
