package rtp

import (
	"math"
	"testing"

	"go.uber.org/goleak"

	"patchbay/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tone is a Source of a sine.
type tone struct {
	hz, amplitude float64
	n             int
}

func (s *tone) next(f *media.Frame) {
	for i := range f {
		f[i] = int16(math.Round(s.amplitude * math.Sin(2*math.Pi*s.hz*float64(s.n)/media.SampleRate)))
		s.n++
	}
}

// loudness is how strong a frequency is in pcm (Goertzel under a Hann window), as the amplitude of a sine.
func loudness(pcm []int16, hz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/media.SampleRate)
	var s1, s2, norm float64
	for i, x := range pcm {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(pcm)))
		norm += w
		s1, s2 = float64(x)*w+c*s1-s2, s1
	}
	return 2 * math.Sqrt(math.Max(0, s1*s1+s2*s2-c*s1*s2)) / norm
}

// purity is the share of the power of pcm that lies in one tone, 0 to 1.
func purity(pcm []int16, hz float64) float64 {
	total := 0.0
	for _, s := range pcm {
		total += float64(s) * float64(s)
	}
	if total == 0 {
		return 0
	}
	// The least-squares fit of a sine and a cosine.
	var ss, cc, sc, xs, xc float64
	for i, x := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / media.SampleRate)
		ss, cc, sc = ss+sin*sin, cc+cos*cos, sc+sin*cos
		xs, xc = xs+float64(x)*sin, xc+float64(x)*cos
	}
	det := ss*cc - sc*sc
	a, b := (xs*cc-xc*sc)/det, (xc*ss-xs*sc)/det
	return (a*xs + b*xc) / total
}

func rms(pcm []int16) float64 {
	sum := 0.0
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}
