package prompt

import (
	"math"
	"time"

	"patchbay/media"
)

// ringLevel is the peak of each frequency of a ring-back tone: about −19 dBm0 (ITU-T E.180 §6).
const ringLevel = 3000

// cadence is a country's ring-back tone (ITU-T E.180 Supplement 2).
type cadence struct {
	hz       []float64
	modulate float64 // Hz by which the sum swells; 0 is none
	on, off  time.Duration
}

// RingBack is the tone that a caller hears while it rings at the far end, as in the country (ISO 3166), one period long: to be
// played again and again.
func RingBack(country string) *Clip {
	c := cadence{hz: []float64{425}, on: time.Second, off: 4 * time.Second} // most of Europe, and what E.180 §6 recommends
	switch country {
	case "US", "CA", "":
		c = cadence{hz: []float64{440, 480}, on: 2 * time.Second, off: 4 * time.Second}
	case "JP":
		c = cadence{hz: []float64{400}, modulate: 16, on: time.Second, off: 2 * time.Second}
	case "GB":
		c = cadence{hz: []float64{400, 450}, on: 400 * time.Millisecond, off: 1600 * time.Millisecond}
	}
	at := func(d time.Duration) int { return int(d.Seconds() * media.SampleRate) }
	samples := make([]int16, at(c.on+c.off))
	for i := range at(c.on) {
		t, x := float64(i)/media.SampleRate, 0.0
		for _, hz := range c.hz {
			x += ringLevel * math.Sin(2*math.Pi*hz*t)
		}
		if c.modulate > 0 {
			x *= (1 + math.Sin(2*math.Pi*c.modulate*t)) / 2
		}
		fade := min(1, float64(i)/rampSamples, float64(at(c.on)-1-i)/rampSamples)
		samples[i] = int16(x * fade)
	}
	return NewClip(samples)
}
