package codec

import (
	"math"
	"slices"
	"testing"

	"patchbay/media"
)

const stopband = 60.0 // dB

func TestDownsamplerRejectsWhatWouldAlias(t *testing.T) {
	for _, hz := range []float64{4550, 5000, 6000, 7000, 7900} {
		src := tone(hz, 16000, media.SampleRate, media.SampleRate)
		dst := make([]int16, len(src)/2)
		new(Downsampler).Process(dst, src)
		if db := 20 * math.Log10(amplitude(dst[400:], 8000-hz, 8000)/16000); db > -stopband {
			t.Errorf("%g Hz aliases with %.1f dB", hz, db)
		}
	}
}

func TestUpsamplerRejectsImages(t *testing.T) {
	for _, hz := range []float64{100, 1000, 2000, 3000, 3450} {
		src := tone(hz, 16000, 8000, 8000)
		dst := make([]int16, 2*len(src))
		new(Upsampler).Process(dst, src)
		if db := 20 * math.Log10(amplitude(dst[800:], 8000-hz, media.SampleRate)/16000); db > -stopband {
			t.Errorf("%g Hz has an image with %.1f dB", hz, db)
		}
	}
}

func TestPassbandIsFlat(t *testing.T) {
	for _, hz := range []float64{50, 437, 1723, 2900, 3400} {
		src := tone(hz, 16000, media.SampleRate, media.SampleRate)
		mid, dst := make([]int16, len(src)/2), make([]int16, len(src))
		new(Downsampler).Process(mid, src)
		new(Upsampler).Process(dst, mid)
		if db := 20 * math.Log10(amplitude(dst[800:], hz, media.SampleRate)/16000); math.Abs(db) > 0.2 {
			t.Errorf("%g Hz there and back: %.2f dB", hz, db)
		}
	}
}

func TestResamplingInPiecesIsTheSame(t *testing.T) {
	src := voice(4000)
	whole, pieces := make([]int16, 2000), make([]int16, 2000)
	new(Downsampler).Process(whole, src)
	var d Downsampler
	for i, n := 0, 2; i < len(src); i, n = i+n, min(n+34, len(src)-i-n) {
		d.Process(pieces[i/2:], src[i:i+n])
	}
	if !slices.Equal(whole, pieces) {
		t.Error("downsampling depends on the length of the pieces")
	}
	twice, pieces2 := make([]int16, 4000), make([]int16, 4000)
	new(Upsampler).Process(twice, whole)
	var u Upsampler
	for i, n := 0, 1; i < len(whole); i, n = i+n, min(n+17, len(whole)-i-n) {
		u.Process(pieces2[2*i:], whole[i:i+n])
	}
	if !slices.Equal(twice, pieces2) {
		t.Error("upsampling depends on the length of the pieces")
	}
}

func TestResamplingClips(t *testing.T) {
	src := make([]int16, 800)
	for i := range src {
		src[i] = math.MaxInt16
		if i/40%2 == 1 {
			src[i] = math.MinInt16
		}
	}
	dst := make([]int16, 2*len(src))
	new(Upsampler).Process(dst, src)
	for i := 100; i < len(dst)-1; i++ {
		if math.Abs(float64(dst[i])-float64(dst[i+1])) > 60000 {
			t.Fatalf("sample %d wraps round: %d then %d", i, dst[i], dst[i+1])
		}
	}
}
