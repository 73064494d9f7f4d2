package wav_test

import (
	"fmt"
	"math"
	"testing"

	"patchbay/media/wav"
)

const peak = 16384 // −6 dBFS

func sine(hz float64, rate, n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(math.Round(peak * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return s
}

// difference is how far b lies from a, in dB below a's level, leaving out the ends, where the filter sees nothing.
func difference(a, b []int16) float64 {
	const ends = 1000
	var signal, diff float64
	for i := ends; i < min(len(a), len(b))-ends; i++ {
		signal += float64(a[i]) * float64(a[i])
		d := float64(a[i]) - float64(b[i])
		diff += d * d
	}
	return 10 * math.Log10(diff/signal)
}

// TestResampleKeepsToneInPlace: what both rates can carry comes out at its level, in its place in time, as if it had been
// sampled at the new rate at once.
func TestResampleKeepsToneInPlace(t *testing.T) {
	for _, from := range []int{8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000, 96000, 15999} {
		t.Run(fmt.Sprint(from), func(t *testing.T) {
			for _, hz := range []float64{100, 1000, 0.42 * float64(min(from, 16000))} {
				got := wav.Resample(sine(hz, from, from), from, 16000)
				if len(got) != 16000 {
					t.Fatalf("%d samples of a second", len(got))
				}
				// 16 bits twice rounded leave −90 dB.
				if d := difference(sine(hz, 16000, 16000), got); d > -80 {
					t.Errorf("%.0f Hz differs by %.1f dB", hz, d)
				}
			}
		})
	}
}

// TestResampleDropsWhatWouldAlias: tones above the new Nyquist frequency vanish.
func TestResampleDropsWhatWouldAlias(t *testing.T) {
	for _, hz := range []float64{8050, 9000, 12000, 15000, 20000} {
		got := wav.Resample(sine(hz, 48000, 48000), 48000, 16000)
		var sum float64
		for _, v := range got[1000:15000] {
			sum += float64(v) * float64(v)
		}
		level := 10 * math.Log10((sum/14000+1e-9)/(peak*peak/2))
		if level > -75 {
			t.Errorf("%.0f Hz comes through at %.1f dB", hz, level)
		}
	}
}

func TestResampleLeavesEqualRatesAlone(t *testing.T) {
	s := []int16{1, 2, 3}
	if got := wav.Resample(s, 16000, 16000); &got[0] != &s[0] {
		t.Error("copied")
	}
	if got := wav.Resample(nil, 8000, 16000); len(got) != 0 {
		t.Error("something from nothing")
	}
}

func TestResampleClips(t *testing.T) {
	square := make([]int16, 8000)
	for i := range square {
		square[i] = 32767
		if i/20%2 == 1 {
			square[i] = -32768
		}
	}
	// Gibbs' overshoot would wrap around: no sample may lie far from its neighbours' sign in the middle of a half wave.
	for i, v := range wav.Resample(square, 8000, 16000)[1000:15000] {
		if at := (i + 1000) % 80; at > 2 && at < 36 && v < 20000 || at > 42 && at < 76 && v > -20000 {
			t.Fatalf("sample %d is %d", i, v)
		}
	}
}
