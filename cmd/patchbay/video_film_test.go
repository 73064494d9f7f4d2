package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recordedFilm is a recorded picture as the API lists it.
type recordedFilm struct {
	AtMS       int64 `json:"at_ms"`
	DurationMS int64 `json:"duration_ms"`
	State      string
	Codec      string
	Recovered  bool
}

// TestVideoIsRecorded: what the guest showed can be seen again, read off the test pattern's counter frame by frame; not what was
// shown in a pause or a sensitive stretch. kill -9 costs at most two seconds of it. It lies sealed, and goes with the content's key.
func TestVideoIsRecorded(t *testing.T) {
	c := startCentre(t, false, "--organisation", "Umi Net")
	v := startVideoCall(t, c, writeVoice(t), nil)
	guest := openVideoBrowser(t, args{"camera": writePattern(t), "width": 390, "height": 844, "touch": true})
	guest.do("goto", args{"url": v.link})
	guest.click("button", "Share camera")
	guest.do("waitText", args{"text": "It is recorded."})
	shotTo(guest, "guest-consent.png")
	guest.click("button", "Start sharing")
	v.agent.do("moving", nil)
	guest.do("waitText", args{"text": "recorded"})
	time.Sleep(5 * time.Second) // of picture
	v.agent.click("button", "Pause recording")
	v.agent.see("button", "Resume recording")
	time.Sleep(2 * time.Second)
	v.agent.click("button", "Resume recording")
	time.Sleep(2 * time.Second)
	v.agent.click("button", "Sensitive mode")
	time.Sleep(time.Second)
	v.agent.do("eval", args{"js": `document.querySelector(".strip .alarm").click()`}) // its name counts down
	time.Sleep(2 * time.Second)
	v.agent.click("button", "End video")
	guest.do("waitText", args{"text": "The video help is over"})

	films := c.films(t, v.id, 1)
	status, film := c.fetch(t, fmt.Sprintf("/interactions/%s/films/%d", v.id, films[0].AtMS))
	if status != http.StatusOK {
		t.Fatalf("the film: %d", status)
	}
	numbers, at := readFilm(t, film)
	t.Logf("%d frames in %d ms, %d kB, %s", len(numbers), films[0].DurationMS, len(film)>>10, films[0].Codec)
	unread, back := 0, 0
	for i, n := range numbers {
		switch {
		case n < 0:
			unread++
		case i > 0 && numbers[i-1] >= 0 && (n-numbers[i-1]+patternFrames)%patternFrames > patternFrames/2:
			back++
		}
	}
	if len(numbers) < 9*8 || unread > len(numbers)/20 || back > 0 {
		t.Errorf("%d frames, %d of them unreadable, %d out of order", len(numbers), unread, back)
	}
	longest, where := 0.0, 0.0
	for i := 1; i < len(at); i++ {
		if d := at[i] - at[i-1]; d > longest {
			longest, where = d, at[i-1]
		}
	}
	if longest < 1.5 || longest > 4 || where < 3 || where > 9 {
		t.Errorf("the longest gap is %.1f s, %.1f s from the beginning: the pause is 2 s, after some 5 s", longest, where)
	}
	if d := time.Duration(films[0].DurationMS) * time.Millisecond; d < 10*time.Second || d > 25*time.Second {
		t.Errorf("the film is %v long", d)
	}
	if status, part := c.fetchRange(t, fmt.Sprintf("/interactions/%s/films/%d", v.id, films[0].AtMS), 1000, 1999); status != 206 || !bytes.Equal(part, film[1000:2000]) {
		t.Errorf("a range of the film: %d, %d bytes", status, len(part))
	}
	if found := filesWith(t, filepath.Join(c.data, "recordings"), "V_VP8"); len(found) > 0 {
		t.Errorf("the picture lies open in %v", found)
	}

	// Once more in the same call, and the server is killed.
	v.agent.click("button", "Start video help")
	link := into[string](v.agent, "value", args{"role": "textbox", "name": "Guest link"})
	guest.do("goto", args{"url": link})
	guest.click("button", "Share camera")
	guest.click("button", "Start sharing")
	v.agent.do("moving", nil)
	began := time.Now()
	time.Sleep(5 * time.Second)
	c.kill()
	shown := time.Since(began)
	c.start(t, false)
	films = c.films(t, v.id, 2)
	if d := time.Duration(films[1].DurationMS) * time.Millisecond; !films[1].Recovered || d < shown-2*time.Second {
		t.Errorf("of %v before kill -9 the film has %v: %+v", shown, d, films[1])
	}
	_, film = c.fetch(t, fmt.Sprintf("/interactions/%s/films/%d", v.id, films[1].AtMS))
	if numbers, _ := readFilm(t, film); len(numbers) < 20 {
		t.Errorf("%d frames after kill -9", len(numbers))
	}

	// Seen on the review page.
	sofia := openVideoBrowser(t, args{"width": 1280, "height": 900})
	sofia.do("goto", args{"url": "http://" + c.http})
	sofia.do("signIn", args{"user": "sofia", "password": demoPassword})
	sofia.see("table", "Live calls")
	sofia.do("goto", args{"url": "http://" + c.http + "/#/interactions/" + v.id})
	sofia.see("region", "What the customer showed")
	sofia.do("eval", args{"js": `(async () => { let video; for (const end = Date.now() + 10000; !video || video.readyState < 2; video = document.querySelector(".deck video:not([hidden])")) {
		if (Date.now() > end) throw new Error("the picture is not loaded: " + video?.error?.message); await new Promise((d) => setTimeout(d, 50)); }
		if (!(video.duration > 15 && video.duration < 180)) throw new Error("it is " + video.duration + " s long"); })()`})
	checkAxe(t, sofia, "the review of a picture")
	sofia.do("eval", args{"js": `(async () => { [...document.querySelectorAll(".film figcaption button")].at(-1).click(); // to the second: the first is at its end then
		const video = document.querySelector(".deck video"), from = ` + fmt.Sprint(float64(films[1].AtMS)/1000) + `;
		for (const end = Date.now() + 10000; Math.abs(video.currentTime - from) > 0.5 || video.seeking; ) {
		if (Date.now() > end) throw new Error("the picture is at " + video.currentTime + ", not at " + from); await new Promise((d) => setTimeout(d, 50)); } })()`})
	sofia.click("button", "Play")
	sofia.do("eval", args{"js": `(async () => { const video = document.querySelector(".deck video"), from = video.currentTime; await new Promise((d) => setTimeout(d, 2500));
		const q = video.getVideoPlaybackQuality(); if (video.currentTime < from + 1.5 || q.totalVideoFrames < 10 || !(video.webkitAudioDecodedByteCount > 5000)) throw new Error(
			"it does not play: from " + from + " to " + video.currentTime + ", " + q.totalVideoFrames + " frames, " + video.webkitAudioDecodedByteCount + " bytes of sound"); })()`})
	shotTo(sofia, "review.png")

	c.send(t, "DELETE", "/interactions/"+v.id+"/content", "", http.StatusNoContent)
	if status, _ := c.fetch(t, fmt.Sprintf("/interactions/%s/films/%d", v.id, films[0].AtMS)); status != http.StatusNotFound {
		t.Errorf("after its key is destroyed the film answers %d", status)
	}
	c.films(t, v.id, 0)
	c.poll(t, "no object of it", 10*time.Second, func() bool {
		left, _ := filepath.Glob(filepath.Join(c.data, "recordings", "*", "*", "*", "*", v.id+"*.rec"))
		return len(left) == 0
	})
}

// films waits until an interaction has so many.
func (c *centreUnderTest) films(t testing.TB, id string, n int) []recordedFilm {
	t.Helper()
	var list struct{ Items []recordedFilm }
	defer func() {
		if t.Failed() {
			t.Logf("films: %+v", list.Items)
		}
	}()
	c.poll(t, fmt.Sprintf("%d films", n), 20*time.Second, func() bool {
		list.Items = nil
		c.get(t, "/interactions/"+id+"/films", &list)
		return len(list.Items) == n
	})
	return list.Items
}

// fetchRange reads bytes of a resource.
func (c *centreUnderTest) fetchRange(t testing.TB, path string, from, to int) (int, []byte) {
	t.Helper()
	req, _ := http.NewRequest("GET", "http://"+c.http+"/api/v1"+path, nil)
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, to))
	res, err := c.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b.Bytes()
}

// readFilm lets ffmpeg decode a film and reads the test pattern's numbers off its frames, with their moments in seconds.
func readFilm(t testing.TB, film []byte) (numbers []int, at []float64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film")
	if err := os.WriteFile(path, film, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-vf", "scale=160:90", "-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	for ; len(out) >= 160*90; out = out[160*90:] {
		n := 0
		for bit := range 16 {
			high, low := int(out[5*160+bit*10+5]), int(out[15*160+bit*10+5])
			if high-low < 40 && low-high < 40 {
				n = -1
				break
			}
			if high > low {
				n |= 1 << bit
			}
		}
		numbers = append(numbers, n)
	}
	times, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	for _, line := range strings.Fields(string(times)) {
		var s float64
		if _, err := fmt.Sscan(line, &s); err == nil {
			at = append(at, s)
		}
	}
	return numbers, at
}
