package voice_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A caller 40 dB below the one before, as when a telephone is handed over, is heard as well.
func TestAQuietVoiceIsAVoice(t *testing.T) {
	x := speech(t)
	quiet := slices.Clone(x)
	for i, v := range quiet {
		quiet[i] = int16(math.Round(float64(v) / 100))
	}
	d := detector(t)
	voiced := func(p []float32) (n int) {
		for _, q := range p {
			if q > 0.5 {
				n++
			}
		}
		return n
	}
	loud := push(t, d.NewStream(), x)
	s := d.NewStream()
	push(t, s, x)
	push(t, s, make([]int16, 8000))
	faint := push(t, s, quiet)
	if a, b := voiced(loud), voiced(faint); b < a*4/5 {
		t.Errorf("%d voiced windows where the loud voice has %d", b, a)
	}
}

// What a quiet line makes itself is no voice, however much it is amplified.
func TestAQuietLineIsNoVoice(t *testing.T) {
	d := detector(t)
	r := rand.New(rand.NewPCG(1, 1))
	for name, f := range map[string]func(i int) float64{
		"idle µ-law": func(int) float64 { return 8 * math.Round(r.NormFloat64()/2) },
		"noise":      func(int) float64 { return 30 * r.NormFloat64() },
		"hum":        func(i int) float64 { return 60 * math.Sin(float64(i)*2*math.Pi*50/16000) },
		"tone":       func(i int) float64 { return 50 * math.Sin(float64(i)*2*math.Pi*425/16000) },
	} {
		x := make([]int16, 10*16000)
		for i := range x {
			x[i] = int16(math.Round(f(i)))
		}
		if p := slices.Max(push(t, d.NewStream(), x)); !(p < 0.5) {
			t.Errorf("%s: %.2f", name, p)
		}
	}
}
