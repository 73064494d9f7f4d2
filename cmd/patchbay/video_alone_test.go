package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// TestVideoFromACase: an agent sends a link from a customer's case, without any telephone call. The guest shows the camera, is asked for
// the microphone in words, and talks. A supervisor watches from the board, seen by both and audited. Pictures are kept sealed,
// shown in the record, and read by who has or had the customer. How it ended is listed.
func TestVideoFromACase(t *testing.T) {
	c := startCentre(t, false, "--organisation", "Umi Net")
	agent := openVideoBrowser(t, args{"wav": toneFile(t, phoneHz, 60*time.Second)})
	agent.do("leaveSoundAlone", nil)
	agent.do("goto", args{"url": "http://" + c.http})
	agent.do("signIn", args{"user": "akiko", "password": demoPassword})
	agent.do("check", args{"role": "radio", "name": "Available"})
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	agent.do("fill", args{"role": "searchbox", "name": "Find a customer", "text": "Haruto"})
	agent.do("eval", args{"js": `(async () => { const find = () => [...document.querySelectorAll("aside button, [aria-label=Customer] button")].find((b) => b.textContent.includes("Haruto Tanaka"));
		for (const end = Date.now() + 10000; !find(); ) { if (Date.now() > end) throw new Error("Haruto is not found"); await new Promise((d) => setTimeout(d, 50)); } find().click(); })()`})
	agent.click("button", "Send a video link about “Wife cannot travel on the 14th”")
	link := into[string](agent, "value", args{"role": "textbox", "name": "Guest link"})
	id := c.call(t).ID
	checkAxe(t, agent, "the desk of video help without a call")
	shotTo(agent, "agent-case.png")

	guest := openVideoBrowser(t, args{"camera": writePattern(t), "wav": writeVoice(t), "width": 390, "height": 844, "touch": true, "locale": "ja-JP", "theme": "dark"})
	guest.do("leaveSoundAlone", nil)
	guest.do("goto", args{"url": link})
	guest.do("waitText", args{"text": "あなたが許可するまで、何も映らず、声も聞こえません。"})
	guest.click("button", "カメラを見せる")
	guest.do("waitText", args{"text": "映像は録画されます。"})
	guest.click("button", "共有を始める")
	agent.do("moving", nil)
	guest.do("waitText", args{"text": "このブラウザーで話しますか"})
	checkAxe(t, guest, "the question for the microphone in Japanese")
	shotTo(guest, "guest-ja-talk.png")
	guest.click("button", "マイクを使う")
	guest.do("waitText", args{"text": "このブラウザーで話しています"})
	if share := toneShare(agent.listenFor(2)()); share < 0.5 {
		t.Errorf("the agent hears the guest for %.0f %% of the time", 100*share)
	}
	if level := mediatest.PowerAt(guest.listenFor(2)(), media.SampleRate, phoneHz); level < -40 {
		t.Errorf("the guest hears the agent at %.0f dBFS", level)
	}

	// A supervisor watches.
	sofia := openVideoBrowser(t, args{"width": 1440, "height": 900})
	sofia.do("goto", args{"url": "http://" + c.http})
	sofia.do("signIn", args{"user": "sofia", "password": demoPassword})
	sofia.click("button", "The customer’s picture")
	sofia.click("button", "Watch the picture")
	sofia.do("moving", nil)
	agent.do("waitText", args{"text": "Sofia Reyes watches the picture"})
	guest.do("waitText", args{"text": "Sofia Reyesも見ています"})
	agent.do("check", args{"role": "radio", "name": "Box"})
	agent.do("stroke", args{"points": [][2]float64{{0.2, 0.3}, {0.6, 0.7}}})
	if got := into[[]shownShape](sofia, "shapes", args{"count": 1})[0]; got.Kind != "box" {
		t.Errorf("the supervisor sees %+v", got)
	}
	checkAxe(t, sofia, "the board with a picture")
	shotTo(sofia, "supervisor.png")

	// Pictures: kept, sealed, shown in the record, and not for everybody.
	agent.click("button", "Keep picture")
	agent.do("waitText", args{"text": "Kept in the customer’s record"})
	agent.do("eval", args{"js": `(async () => { const find = () => document.querySelectorAll("aside .video-kept img, [aria-label=Customer] .video-kept img");
		for (const end = Date.now() + 10000; ![...find()].some((i) => i.naturalWidth > 0); ) {
			if (Date.now() > end) throw new Error(find().length + " kept pictures in the record"); find().forEach((i) => (i.loading = "eager")); await new Promise((d) => setTimeout(d, 100)); } })()`})
	shotTo(agent, "agent-kept.png")
	var kept struct{ Items []struct{ ID string } }
	c.get(t, "/interactions/"+id+"/snapshots", &kept)
	if len(kept.Items) != 2 {
		t.Fatalf("kept: %+v", kept.Items)
	}
	for user, want := range map[string]int{"akiko": 200, "sofia": 200} {
		c.signIn(t, user)
		status, body := c.fetch(t, "/snapshots/"+kept.Items[0].ID)
		if status != want || want == 200 && !strings.HasPrefix(string(body), "\xff\xd8") {
			t.Errorf("%s gets %d of a kept picture", user, status)
		}
		if status, _ := c.fetch(t, "/interactions/"+id+"/snapshots"); status != want {
			t.Errorf("%s gets %d of the list of kept pictures", user, status)
		}
	}
	if found := filesWith(t, c.data, "JFIF"); len(found) > 0 {
		t.Errorf("a kept picture lies open in %v", found)
	}

	// The end.
	agent.click("button", "End video")
	guest.do("waitText", args{"text": "ビデオサポートは終わりました"})
	guest.click("button", "良い")
	agent.click("button", "Solved")
	guest.see("button", "話すのをやめる") // the talk goes on: there is no other way to talk
	agent.click("button", "Hang up")
	agent.see("region", "Wrap-up")
	agent.click("button", "Complete")
	guest.do("eval", args{"js": `(async () => { for (const end = Date.now() + 10000; document.querySelector("audio"); ) {
		if (Date.now() > end) throw new Error("the page still plays sound"); await new Promise((d) => setTimeout(d, 50)); } })()`})
	c.signIn(t, "sofia")
	var doc struct {
		Channel, State, Outcome string
		Customer                *struct{ Name string }
	}
	c.poll(t, "the interaction ended", 20*time.Second, func() bool {
		c.get(t, "/interactions/"+id, &doc)
		return doc.State == "ended"
	})
	if doc.Channel != "video" || doc.Outcome != "handled" || doc.Customer == nil || doc.Customer.Name != "Haruto Tanaka" {
		t.Errorf("the interaction: %+v", doc)
	}
	var list struct {
		Items []struct {
			Outcome, Quality, Channel string
			Satisfaction              int
			Minutes                   float64
			InteractionID             string `json:"interaction_id"`
		}
	}
	c.get(t, "/video_sessions", &list)
	if len(list.Items) != 1 || list.Items[0].Outcome != "solved" || list.Items[0].Satisfaction != 4 || list.Items[0].InteractionID != id {
		t.Errorf("the list of outcomes: %+v", list.Items)
	}
	var timeline struct {
		Events []struct{ Type, Actor string }
	}
	c.get(t, "/interactions/"+id+"/timeline", &timeline)
	for _, want := range []string{"started", "answered", "guest_joined", "video_consent", "video_snapshot", "video_summary", "ended"} {
		if !slices.ContainsFunc(timeline.Events, func(e struct{ Type, Actor string }) bool { return e.Type == want }) {
			t.Errorf("the timeline has no %s", want)
		}
	}
	c.films(t, id, 1)
	if status, _ := c.fetch(t, "/interactions/"+id+"/recording"); status != http.StatusOK {
		t.Errorf("the sound: %d", status)
	}
	sofia.do("goto", args{"url": "http://" + c.http + "/#/search"})
	sofia.see("table", "Video help")
	checkAxe(t, sofia, "the list of outcomes")
	shotTo(sofia, "outcomes.png")
	c.signIn(t, "admin")
	if _, audit := c.fetch(t, "/audit?limit=200"); !strings.Contains(string(audit), `"watch_video"`) || !strings.Contains(string(audit), `"see_snapshot"`) {
		t.Error("who watched is not in the audit")
	}
}
