package main

import (
	"testing"
)

// TestGuestsCamera: the rear camera first, the other on request, light and zoom where the phone has them, captions on and off; a
// permission taken back is explained; and a desktop browser shares a screen.
func TestGuestsCamera(t *testing.T) {
	c := startCentre(t, false)
	v := startVideoCall(t, c, writeVoice(t), nil)
	guest := openVideoBrowser(t, args{"width": 390, "height": 844, "touch": true})
	guest.do("phoneCamera", nil)
	guest.do("goto", args{"url": v.link})
	guest.click("button", "Share camera")
	guest.click("button", "Start sharing")
	v.agent.do("moving", nil)
	asked := func(b *browser, what, want string) {
		t.Helper()
		b.do("eval", args{"js": `(async () => { for (const end = Date.now() + 10000; !JSON.stringify(window.phone).includes('` + want + `'); ) {
			if (Date.now() > end) throw new Error("` + what + `: " + JSON.stringify(window.phone)); await new Promise((d) => setTimeout(d, 50)); } })()`})
	}
	asked(guest, "the rear camera first", `"cameras":["environment"]`)
	guest.click("button", "Light")
	asked(guest, "the light", `{"torch":true}`)
	guest.do("eval", args{"js": `(() => { const range = document.querySelector(".zoom input");
		Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(range, "3"); range.dispatchEvent(new Event("input", { bubbles: true })); })()`})
	asked(guest, "the zoom", `{"zoom":3}`)
	guest.click("button", "Turn camera")
	asked(guest, "the other camera", `"cameras":["environment","user"]`)
	v.agent.do("frames", nil)
	v.agent.do("moving", nil)
	pressed := func(want string) {
		t.Helper()
		guest.do("eval", args{"js": `(async () => { const find = () => [...document.querySelectorAll("button")].find((b) => b.textContent === "Captions")?.ariaPressed;
			for (const end = Date.now() + 10000; find() !== "` + want + `"; ) { if (Date.now() > end) throw new Error("captions: " + find()); await new Promise((d) => setTimeout(d, 50)); } })()`})
	}
	pressed("true")
	guest.click("button", "Captions")
	pressed("false")
	guest.click("button", "Captions")
	pressed("true")

	// The permission is taken back in mid-session: the camera ends, and does not open again.
	guest.do("eval", args{"js": `window.phone.revoked = true; window.phone.track.dispatchEvent(new Event("ended"))`})
	v.agent.do("waitText", args{"text": "The customer’s camera has stopped"})
	guest.click("button", "Try again")
	guest.do("waitText", args{"text": "The camera is not allowed"})
	checkAxe(t, guest, "a permission that was taken back")
	v.agent.see("button", "Mute")
	v.agent.click("button", "End video")

	v.agent.click("button", "Start video help")
	link := into[string](v.agent, "value", args{"role": "textbox", "name": "Guest link"})
	desktop := openVideoBrowser(t, args{"width": 1280, "height": 800})
	desktop.do("phoneCamera", nil)
	desktop.do("goto", args{"url": link})
	desktop.click("button", "Share a screen or window")
	desktop.do("waitText", args{"text": "will see this screen"})
	checkAxe(t, desktop, "the consent to a screen")
	desktop.click("button", "Start sharing")
	desktop.do("waitText", args{"text": "sees this screen"})
	asked(desktop, "the screen", `"screens":1`)
	v.agent.do("frames", nil)
	v.agent.do("moving", nil)
	checkAxe(t, desktop, "a screen that is shared")
	shotTo(desktop, "guest-screen.png")
}
