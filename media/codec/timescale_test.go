package codec

import (
	"math"
	"testing"

	"patchbay/media"
)

// steepest is the largest step between two samples.
func steepest(pcm []int16) float64 {
	d := 0.0
	for i := 1; i < len(pcm); i++ {
		d = max(d, math.Abs(float64(pcm[i])-float64(pcm[i-1])))
	}
	return d
}

func TestShortenAndLengthenAreNotHeard(t *testing.T) {
	for _, hz := range []float64{120, 137, 200, 310} {
		whole := tone(hz, 8000, media.SampleRate, 800)
		bound := 1.1 * steepest(whole)

		short := append([]int16(nil), whole...)
		n := Shorten(short, maxPeriod, false)
		if n < minPeriod || n > maxPeriod {
			t.Fatalf("%g Hz: shortened by %d", hz, n)
		}
		if s := steepest(short[:len(short)-n]); s > bound {
			t.Errorf("%g Hz: a step of %.0f after Shorten, want at most %.0f", hz, s, bound)
		}

		long := make([]int16, 800, 1200)
		copy(long, whole)
		n = Lengthen(long, maxPeriod, false)
		if n < minPeriod || n > maxPeriod {
			t.Fatalf("%g Hz: lengthened by %d", hz, n)
		}
		long = long[:800+n]
		if s := steepest(long); s > bound {
			t.Errorf("%g Hz: a step of %.0f after Lengthen, want at most %.0f", hz, s, bound)
		}
		if long[0] != whole[0] || long[len(long)-1] != whole[len(whole)-1] {
			t.Errorf("%g Hz: Lengthen moved the ends", hz)
		}
	}
}

func TestSeamsWaitForAGoodPlace(t *testing.T) {
	noise := make([]int16, 640)
	seed := uint32(1)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = int16(seed>>16) / 4
	}
	if n := Shorten(append([]int16(nil), noise...), maxPeriod, false); n != 0 {
		t.Errorf("loud noise was shortened by %d", n)
	}
	if n := Shorten(append([]int16(nil), noise...), maxPeriod, true); n == 0 {
		t.Error("force did nothing")
	}
	for i := range noise {
		noise[i] /= 200
	}
	if n := Shorten(noise, maxPeriod, false); n == 0 {
		t.Error("near-silence was not shortened")
	}
	if n := Shorten(noise, minPeriod-1, true); n != 0 {
		t.Errorf("shortened by %d where less than a period was allowed", n)
	}
	if n := Lengthen(make([]int16, 320), maxPeriod, true); n != 0 {
		t.Errorf("lengthened by %d without room", n)
	}
	if n := Lengthen(make([]int16, 100, 400), maxPeriod, true); n != 0 {
		t.Errorf("lengthened by %d with too little to compare", n)
	}
}
