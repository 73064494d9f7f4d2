package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// TestVideoRelayAndMorePeople: a guest whose network lets nothing but TURN through (by TCP too); a code typed in Japanese; an invited
// expert who draws in a third browser; a link that goes out by the operator's own service; a camera that dies.
func TestVideoRelayAndMorePeople(t *testing.T) {
	var mu sync.Mutex
	var sent []map[string]string
	messages := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m map[string]string
		_ = json.NewDecoder(r.Body).Decode(&m)
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, m)
	}))
	defer messages.Close()
	c := startCentre(t, false, "--link-webhook", messages.URL)
	v := startVideoCall(t, c, writeVoice(t), args{"theme": "dark"})
	v.agent.click("button", "Send")
	v.agent.do("waitText", args{"text": "Sent to haruto@example.com"})
	mu.Lock()
	if len(sent) != 1 || sent[0]["link"] != v.link || sent[0]["to"] != "haruto@example.com" {
		t.Errorf("sent: %v", sent)
	}
	mu.Unlock()
	checkAxe(t, v.agent, "the agent's link in the dark")

	code := into[string](v.agent, "eval", args{"js": `document.querySelector(".video-code").textContent`})
	guest := openVideoBrowser(t, args{"camera": writePattern(t), "width": 390, "height": 844, "touch": true, "locale": "ja-JP",
		"theme": "dark", "turnOnly": true})
	guest.do("goto", args{"url": "http://" + c.http + "/help"})
	guest.do("fill", args{"role": "textbox", "name": "番号", "text": "000 000 000"})
	guest.click("button", "開く")
	guest.do("waitText", args{"text": "このリンクは確認できません"})
	checkAxe(t, guest, "the code's page")
	guest.do("fill", args{"role": "textbox", "name": "番号", "text": code})
	guest.click("button", "開く")
	guest.click("button", "カメラを見せる")
	checkAxe(t, guest, "the preview in Japanese, dark")
	guest.click("button", "共有を始める")
	v.agent.do("moving", nil)
	guest.see("button", "共有を停止")
	checkAxe(t, guest, "the guest's page in Japanese, dark")
	shotTo(guest, "guest-ja.png")
	way := into[struct{ Type, Relay string }](guest, "selected", nil)
	if way.Type != "relay" {
		t.Errorf("the guest's picture goes by %+v, not by the relay", way)
	}
	checkAxe(t, v.agent, "the agent's picture in the dark")

	// An expert by invitation: watches, and draws.
	v.agent.click("button", "Invite to draw")
	link := into[string](v.agent, "value", args{"role": "textbox", "name": "Link for one who may draw"})
	expert := openVideoBrowser(t, args{"width": 1024, "height": 768})
	expert.do("goto", args{"url": link})
	expert.click("button", "Open")
	expert.do("moving", nil)
	expert.click("button", "Draw")
	expert.do("stroke", args{"points": [][2]float64{{0.3, 0.4}, {0.6, 0.7}}})
	for _, b := range []*browser{guest, v.agent} {
		if got := into[[]shownShape](b, "shapes", args{"count": 1})[0]; got.By != "draw-1" {
			t.Errorf("the expert's drawing is %+v", got)
		}
	}
	v.agent.do("waitText", args{"text": "is here"})

	// The camera dies: both are told what to do, and the guest goes on by one press.
	guest.do("killCamera", nil)
	guest.do("waitText", args{"text": "カメラが止まりました"})
	v.agent.do("waitText", args{"text": "The customer’s camera has stopped"})
	guest.click("button", "もう一度試す")
	v.agent.do("frames", args{})
	v.agent.do("moving", nil)

	// Hanging up ends it: nobody watches a camera after the call. The guest is asked how it went.
	v.agent.click("button", "Hang up")
	v.agent.see("region", "Wrap-up")
	v.agent.click("button", "Complete")
	guest.do("waitText", args{"text": "ビデオサポートは終わりました"})
	expert.do("waitText", args{"text": "The video help is over"})
}

// TestVideoWithoutACamera: what a guest sees who denies the camera, or whose browser is too old.
func TestVideoWithoutACamera(t *testing.T) {
	c := startCentre(t, false)
	v := startVideoCall(t, c, writeVoice(t), nil)
	guest := openVideoBrowser(t, args{"deny": true, "width": 320, "height": 568, "touch": true})
	guest.do("goto", args{"url": v.link})
	guest.do("eval", args{"js": `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); }`})
	guest.click("button", "Share camera")
	guest.do("waitText", args{"text": "The camera is not allowed"})
	checkAxe(t, guest, "a denied camera")
	guest.see("button", "Try again")
	old := openVideoBrowser(t, args{"width": 390, "height": 844})
	old.do("withoutWebRTC", nil)
	old.do("goto", args{"url": v.link})
	old.do("waitText", args{"text": "This browser cannot share a camera"})
	checkAxe(t, old, "an old browser")
	v.agent.see("button", "Mute")
}
