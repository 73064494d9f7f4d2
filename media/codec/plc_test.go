package codec

import (
	"math"
	"testing"

	"patchbay/media"
)

// lose passes pcm through a concealer in Frames and loses those that lost names.
func lose(pcm []int16, lost func(frame int) bool) []int16 {
	var c concealer
	out := make([]int16, len(pcm))
	for i := 0; i+media.FrameSamples <= len(pcm); i += media.FrameSamples {
		f := out[i : i+media.FrameSamples]
		if lost(i / media.FrameSamples) {
			c.conceal(f)
		} else {
			copy(f, pcm[i:])
			c.received(f)
		}
	}
	return out
}

func TestConcealmentContinuesAVoice(t *testing.T) {
	pcm := voice(media.SampleRate)
	single := func(f int) bool { return f%5 == 4 }
	heard := lose(pcm, single)
	silence := append([]int16(nil), pcm...)
	for i := range silence {
		if single(i / media.FrameSamples) {
			silence[i] = 0
		}
	}
	got, _ := snr(heard, pcm, 0)
	floor, _ := snr(silence, pcm, 0)
	t.Logf("every fifth frame lost: %.1f dB concealed, %.1f dB with silence", got, floor)
	if got < floor+6 {
		t.Errorf("concealment gains only %.1f dB over silence", got-floor)
	}
}

func TestConcealmentHasNoClicks(t *testing.T) {
	pcm := voice(media.SampleRate)
	for i := range pcm { // the voice rides on a slow swing, so that a repeated period does not fit by itself
		pcm[i] = int16(float64(pcm[i])/4 + 12000*math.Sin(2*math.Pi*31*float64(i)/media.SampleRate))
	}
	steepest := 0.0
	for i := 1; i < len(pcm); i++ {
		steepest = max(steepest, math.Abs(float64(pcm[i])-float64(pcm[i-1])))
	}
	for _, burst := range []int{1, 2, 3, 5} {
		heard := lose(pcm, func(f int) bool { return f > 10 && f%11 < burst })
		for i := 1; i < len(heard); i++ {
			if d := math.Abs(float64(heard[i]) - float64(heard[i-1])); d > 1.8*steepest {
				t.Errorf("bursts of %d: step of %.0f at sample %d, the voice's own are up to %.0f", burst, d, i, steepest)
				break
			}
		}
	}
}

func TestConcealmentFades(t *testing.T) {
	pcm := voice(media.SampleRate / 2)
	heard := lose(pcm, func(f int) bool { return f >= 10 })
	level := func(ms int) float64 { return rms(heard[3200+16*ms : 3200+16*(ms+10)]) }
	if full := rms(pcm); level(0) < 0.8*full || level(30) > 0.8*full || level(30) < 0.3*full {
		t.Errorf("of %.0f there is %.0f at once and %.0f after 30 ms", full, level(0), level(30))
	}
	if l := level(60); l != 0 {
		t.Errorf("after 60 ms there is still %.0f", l)
	}
}

func TestConcealmentOfSilenceIsSilence(t *testing.T) {
	if l := rms(lose(make([]int16, 3200), func(f int) bool { return f%2 == 1 })); l != 0 {
		t.Errorf("level %.1f out of silence", l)
	}
}

func TestFindPeriod(t *testing.T) {
	for _, hz := range []float64{80, 137, 200, 320} {
		want := media.SampleRate / hz
		got := float64(findPeriod(tone(hz, 8000, media.SampleRate, plcHistory)))
		if n := math.Round(got / want); n < 1 || math.Abs(got-n*want) > 1 {
			t.Errorf("%g Hz: period of %g samples, want a multiple of %.1f", hz, got, want)
		}
	}
}
