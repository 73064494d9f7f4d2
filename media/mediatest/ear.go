package mediatest

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// PowerAt is how loud the frequency hz is in samples, in dBFS, where 0 is the loudest sine that 16 bits hold. A Hann
// window keeps strong neighbours out: what lies more than 4·rate/len(samples) Hz away counts for less than −60 dB.
func PowerAt(samples []int16, rate int, hz float64) float64 {
	var re, im, weights float64
	n := float64(len(samples))
	for i, v := range samples {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/n)
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re += w * float64(v) * c
		im += w * float64(v) * s
		weights += w
	}
	return decibels(2 * math.Hypot(re, im) / weights / 32767)
}

// RMS is how loud samples are over all frequencies, in dBFS as PowerAt counts: a full-scale sine has 0.
func RMS(samples []int16) float64 {
	var sum float64
	for _, v := range samples {
		sum += float64(v) * float64(v)
	}
	return decibels(math.Sqrt(2*sum/float64(len(samples))) / 32767)
}

// floor is what nothing at all counts as, in dBFS.
const floor = -150

func decibels(ratio float64) float64 {
	if !(ratio > 0) {
		return floor
	}
	return max(20*math.Log10(ratio), floor)
}

// Correlate finds where needle best fits into haystack: the offset in samples and the normalised correlation there,
// 0…1. Only offsets at which the whole needle lies inside are looked at; where there is none, the correlation is 0.
func Correlate(haystack, needle []int16) (offset int, r float64) {
	if len(needle) == 0 || len(haystack) < len(needle) {
		return 0, 0
	}
	// A convolution with the needle reversed gives the products at all offsets at once.
	size := 1
	for size < len(haystack)+len(needle) {
		size *= 2
	}
	fft := fourier.NewFFT(size)
	h := fft.Coefficients(nil, padded(haystack, size))
	for i, c := range fft.Coefficients(nil, padded(needle, size)) {
		h[i] *= cmplx.Conj(c)
	}
	products := fft.Sequence(nil, h)

	needleEnergy, windowEnergy := energy(needle), energy(haystack[:len(needle)])
	for at := 0; ; at++ {
		if norm := math.Sqrt(needleEnergy * windowEnergy); norm > 0 {
			if c := products[at] / float64(size) / norm; c > r {
				offset, r = at, c
			}
		}
		if at+len(needle) == len(haystack) {
			return offset, r
		}
		out, in := float64(haystack[at]), float64(haystack[at+len(needle)])
		windowEnergy += in*in - out*out
	}
}

func padded(samples []int16, size int) []float64 {
	p := make([]float64, size)
	for i, v := range samples {
		p[i] = float64(v)
	}
	return p
}

func energy(samples []int16) (sum float64) {
	for _, v := range samples {
		sum += float64(v) * float64(v)
	}
	return sum
}
