package decoder

import "math"

// Whisper's features: 25 ms Hann windows every 10 ms at 16 kHz, power spectrum, Slaney's mel bands, log10.
const (
	sampleRate = 16000
	hop        = 160 // samples between frames
	half       = 200 // half a window
	bins       = half + 1
)

// melBank computes log-mel frames. It is read-only after newMelBank.
type melBank struct {
	window [2 * half]float64
	fft    *transform
	bands  []band
}

// band is one triangle over the power spectrum.
type band struct {
	first   int // bin
	weights []float64
}

func newMelBank(bands int) *melBank {
	b := &melBank{fft: newTransform(2, 2, 2, 2, 5, 5), bands: make([]band, bands)}
	for i := range b.window {
		b.window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/(2*half))
	}
	edges := make([]float64, bands+2) // Hz
	for i := range edges {
		edges[i] = melToHertz(hertzToMel(sampleRate/2) * float64(i) / float64(bands+1))
	}
	for i := range b.bands {
		low, mid, high := edges[i], edges[i+1], edges[i+2]
		for k := range bins {
			f := float64(k) * sampleRate / (2 * half)
			w := min((f-low)/(mid-low), (high-f)/(high-mid))
			if w <= 0 {
				continue
			}
			if b.bands[i].weights == nil {
				b.bands[i].first = k
			}
			b.bands[i].weights = append(b.bands[i].weights, w*2/(high-low))
		}
	}
	return b
}

// Slaney's mel scale: linear to 1 kHz, logarithmic above.
const (
	melsPerHertz = 3.0 / 200
	linearMels   = 1000 * melsPerHertz
)

var melStep = math.Log(6.4) / 27

func hertzToMel(f float64) float64 {
	if f < 1000 {
		return f * melsPerHertz
	}
	return linearMels + math.Log(f/1000)/melStep
}

func melToHertz(m float64) float64 {
	if m < linearMels {
		return m / melsPerHertz
	}
	return 1000 * math.Exp((m-linearMels)*melStep)
}

// melScratch is one goroutine's working memory.
type melScratch struct {
	in, out [2 * half]complex128
	power   [2][bins]float64
}

// pair computes the log-mel of two windows of 2·half samples at once: they are the real and the imaginary part of one
// transform, whose symmetric and antisymmetric halves are their spectra. The results are appended to dst.
func (b *melBank) pair(dst []float32, one, two []float32, s *melScratch) []float32 {
	for i, w := range b.window {
		s.in[i] = complex(float64(one[i])*w, float64(two[i])*w)
	}
	b.fft.run(s.in[:], s.out[:])
	for k := range bins {
		u, v := s.out[k], s.out[(2*half-k)%(2*half)]
		// With v conjugated, (u+v)/2 is the first spectrum and (u−v)/2i the second.
		re1, im1 := real(u)+real(v), imag(u)-imag(v)
		re2, im2 := real(u)-real(v), imag(u)+imag(v)
		s.power[0][k] = (re1*re1 + im1*im1) / 4
		s.power[1][k] = (re2*re2 + im2*im2) / 4
	}
	for i := range s.power {
		for _, t := range b.bands {
			sum := 0.0
			for j, w := range t.weights {
				sum += w * s.power[i][t.first+j]
			}
			dst = append(dst, float32(math.Log10(max(sum, 1e-10))))
		}
	}
	return dst
}

// scale turns frames of log-mel into the network's input [bands, frames] as Whisper does: no more than 8 (80 dB) below
// the loudest value, then shifted and divided by 4.
func scale(frames []float32, bands int) []float32 {
	peak := float32(math.Inf(-1))
	for _, v := range frames {
		peak = max(peak, v)
	}
	n := len(frames) / bands
	out := make([]float32, len(frames))
	for t := range n {
		for m, v := range frames[t*bands : (t+1)*bands] {
			out[m*n+t] = (max(v, peak-8) + 4) / 4
		}
	}
	return out
}
