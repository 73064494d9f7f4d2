package prompt

import (
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// TestRingBack: each country's tone has its frequencies and its pause, and no click where it goes round.
func TestRingBack(t *testing.T) {
	for country, want := range map[string]struct {
		hz     []float64
		on     time.Duration
		period time.Duration
	}{
		"US": {[]float64{440, 480}, 2 * time.Second, 6 * time.Second}, "JP": {[]float64{400}, time.Second, 3 * time.Second},
		"DE": {[]float64{425}, time.Second, 5 * time.Second}, "GB": {[]float64{400, 450}, 400 * time.Millisecond, 2 * time.Second},
	} {
		clip := RingBack(country)
		if clip.Duration() != want.period {
			t.Errorf("%s: %v long", country, clip.Duration())
		}
		s := clip.Samples()
		on := int(want.on.Seconds() * media.SampleRate)
		for _, hz := range want.hz {
			if level := mediatest.PowerAt(s[:on], media.SampleRate, hz); level < -30 {
				t.Errorf("%s: %v Hz at %.0f dBFS", country, hz, level)
			}
		}
		if level := mediatest.RMS(s[on:]); level > -90 {
			t.Errorf("%s: the pause is at %.0f dBFS", country, level)
		}
		if s[0] != 0 || s[on-1] != 0 {
			t.Errorf("%s: a click at the ends", country)
		}
	}
}
