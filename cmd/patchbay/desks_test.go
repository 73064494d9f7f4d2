package main

import (
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// The tone of each person: far apart, no harmonic, sum or difference of others (telephone coding makes those at −56 dBFS), and
// where the music on hold has no note.
const (
	toneCustomer = 2503
	toneAkiko    = 923
	toneBen      = 1289
	toneSofia    = 1723
	loudAtLeast  = -30 // dBFS; the microphones speak at about −12
	quietAtMost  = -60 // dBFS: anything above is a leak
	hearTime     = 1500 * time.Millisecond
	settleBefore = 500 * time.Millisecond // jitter buffers and the ear's window
)

// tones names frequencies that must be heard and such that must not.
type tones struct{ heard, not []float64 }

// check says what is wrong with what somebody heard.
func (want tones) check(t testing.TB, who, when string, samples []int16) {
	t.Helper()
	for _, hz := range want.heard {
		if level := mediatest.PowerAt(samples, media.SampleRate, hz); level < loudAtLeast {
			t.Errorf("%s: %s hears %.0f Hz at %.1f dBFS only", when, who, hz, level)
		}
	}
	worst := -150.0
	for _, hz := range want.not {
		worst = max(worst, mediatest.PowerAt(samples, media.SampleRate, hz))
		if level := mediatest.PowerAt(samples, media.SampleRate, hz); level > quietAtMost {
			t.Errorf("%s: %.0f Hz leaks to %s at %.1f dBFS", when, hz, who, level)
		}
	}
	if len(want.not) > 0 {
		t.Logf("%s: %s: what must not be heard is at %.0f dBFS at most", when, who, worst)
	}
}

// goAvailable chooses Available and waits until the agent could be rung.
func (b *browser) goAvailable(c *centreUnderTest, user string) {
	b.t.Helper()
	b.click("radio", "Available")
	c.poll(b.t, user+" available", 20*time.Second, func() bool { return c.available(b.t, user) })
}

// sees waits for a text in the region or dialog of a name.
func (b *browser) sees(role, name, text string) {
	b.t.Helper()
	b.do("waitText", args{"role": role, "name": name, "text": text})
}

// cutter gives stretches of a sound that began at zero.
func cutter(zero time.Time, sound []int16) func(from, to time.Time) []int16 {
	at := func(x time.Time) int {
		return min(max(int(x.Sub(zero).Seconds()*media.SampleRate), 0), len(sound))
	}
	return func(from, to time.Time) []int16 { return sound[at(from):at(to)] }
}

// longestSilence is for how long none of the tones was heard, measured in steps of 20 ms.
func longestSilence(samples []int16, hz ...float64) time.Duration {
	const step, piece = media.SampleRate / 50, 2 * media.SampleRate / 50
	quiet, longest := 0, 0
	for i := 0; i+piece <= len(samples); i += step {
		quiet++
		for _, f := range hz {
			if mediatest.PowerAt(samples[i:i+piece], media.SampleRate, f) > -35 {
				quiet = 0
			}
		}
		longest = max(longest, quiet)
	}
	return time.Duration(longest) * 20 * time.Millisecond
}
