package main

import (
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

const (
	claps = 5
	// clapApart is what a flash and its tone may be apart, in the middle of all claps: below what is noticed (ITU-R BT.1359: 125 ms). The file
	// itself adds none (record.TestMovie); what is left is how long a busy machine lets sound wait in its jitter buffer.
	clapApart = 80 * time.Millisecond
)

// TestFlashAndTone: what the guest's browser showed and said in one moment is in one moment of the movie, through cameras', networks'
// and jitter buffers' delays of their own: a page that flashes and sounds at once, in a real browser.
func TestFlashAndTone(t *testing.T) {
	c := startCentre(t, false)
	v := startVideoCall(t, c, toneFile(t, phoneHz, 60*time.Second), nil)
	guest := openVideoBrowser(t, args{"width": 390, "height": 844, "touch": true})
	guest.do("leaveSoundAlone", nil)
	guest.do("clapper", nil)
	guest.do("goto", args{"url": v.link})
	guest.click("button", "Share camera")
	guest.click("button", "Start sharing")
	v.agent.do("moving", nil)
	guest.click("button", "Talk here")
	guest.click("button", "Use the microphone")
	guest.do("waitText", args{"text": "You talk through this browser"})
	time.Sleep(3 * time.Second) // jitter buffers and encoders come to rest
	for range claps {
		guest.do("eval", args{"js": `window.clap()`})
		time.Sleep(1200 * time.Millisecond)
	}
	v.agent.click("button", "End video")
	guest.do("waitText", args{"text": "The video help is over"})
	v.agent.click("button", "Hang up")
	v.agent.see("region", "Wrap-up")
	v.agent.click("button", "Complete")
	c.films(t, v.id, 1)
	c.poll(t, "the whole recording", 20*time.Second, func() bool {
		status, _ := c.fetch(t, "/interactions/"+v.id+"/recording")
		return status == http.StatusOK
	})
	status, movie := c.fetch(t, "/interactions/"+v.id+"/movie")
	if status != http.StatusOK {
		t.Fatalf("the movie: %d %.200s", status, movie)
	}
	path := filepath.Join(t.TempDir(), "movie")
	if err := os.WriteFile(path, movie, 0o600); err != nil {
		t.Fatal(err)
	}
	seen, heard := flashes(t, path), onsets(t, path)
	var apart []time.Duration
	for _, at := range seen {
		for _, sound := range heard {
			if d := sound - at; d.Abs() < time.Second/2 {
				t.Logf("seen at %v, heard %v later", at, d)
				apart = append(apart, d)
			}
		}
	}
	if len(apart) < 2 {
		t.Fatalf("of %d claps, flashes are at %v and tones at %v, of pictures at %v", claps, seen, heard, pictureTimes(t, path))
	}
	slices.Sort(apart)
	if middle := apart[len(apart)/2]; middle.Abs() > clapApart {
		t.Errorf("flash and tone are %v apart", middle)
	}
}

// flashes are when the picture of a movie becomes bright.
func flashes(t testing.TB, path string) (at []time.Duration) {
	t.Helper()
	raw, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-vf", "scale=2:2", "-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	moments := pictureTimes(t, path)
	bright := false
	for i := 0; i+4 <= len(raw) && i/4 < len(moments); i += 4 {
		now := raw[i] > 180
		// Of a picture that stood still nobody knows when it became bright.
		if now && !bright && i > 0 && moments[i/4]-moments[i/4-1] < 150*time.Millisecond {
			at = append(at, moments[i/4])
		}
		bright = now
	}
	return at
}

// pictureTimes are the moments of a movie's pictures.
func pictureTimes(t testing.TB, path string) (at []time.Duration) {
	t.Helper()
	_, seconds := readFilm(t, mustRead(t, path))
	for _, s := range seconds {
		at = append(at, time.Duration(s*float64(time.Second)))
	}
	return at
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// onsets are when the guest's tone begins in the sound of a movie, to the millisecond.
func onsets(t testing.TB, path string) (at []time.Duration) {
	t.Helper()
	raw, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-af", "aresample=async=1:first_pts=0,pan=mono|c0=c0", "-f", "s16le", "-ar", "16000", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	samples := make([]int16, len(raw)/2)
	for i := range samples {
		samples[i] = int16(uint16(raw[2*i]) | uint16(raw[2*i+1])<<8)
	}
	const piece, step = 4 * media.SampleRate / 1000, media.SampleRate / 1000
	var most float64 = math.Inf(-1)
	for i := 0; i+piece <= len(samples); i += piece {
		most = max(most, mediatest.PowerAt(samples[i:i+piece], media.SampleRate, 911))
	}
	quiet := 0
	for i := 0; i+piece <= len(samples); i += step {
		if mediatest.PowerAt(samples[i:i+piece], media.SampleRate, 911) < most-12 {
			quiet++
			continue
		}
		if quiet > 300 {
			at = append(at, time.Duration(i+piece/2)*time.Second/media.SampleRate)
		}
		quiet = 0
	}
	return at
}
