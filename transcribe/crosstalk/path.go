package crosstalk

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Lengths in samples at 8 kHz.
const (
	minLag  = 40       // an echo is not earlier (5 ms): what is in both legs at once has a source of its own
	maxLag  = rate / 2 // nor later (0.5 s)
	context = rate / 2 // of sound on either side of a line that helps to find the path
	block   = 4096     // in which the lag is looked for (0.5 s), each counting the same, however loud
	window  = 512      // in which the path is estimated (64 ms): a room's early echoes
	hop     = 128
	lowest  = 150 // Hz: below there is hum, which all lines share, and no telephone
	before  = 16  // of the path's response in front of its strongest place (2 ms) …
	behind  = 240 // … and behind it (30 ms)

	lowestBin = (lowest*window + rate - 1) / rate

	// certain is how far the best lag's correlation stands out, in standard deviations over all lags: voices that have nothing
	// to do with each other reach 5.
	certain = 7
	// rounding is what a bin of a block holds where there is nothing, squared: its phase says nothing.
	rounding = 1e4
	// mostly is the share of a word's energy that must have come over the path: a voice of one's own that is louder than the
	// echo leaves less.
	mostly = 0.5
	// audible is the level from which a leg may be heard in another, RMS over 20 ms (−50 dBFS), for audibleFor frames.
	audible    = 100
	audibleFor = 8
	// audibleSteps is the energy of a block's steps with that in it: of a tone of 150 Hz.
	audibleSteps = audible * audible * frameSamples * audibleFor / 72
)

// speaks reports whether there is anything loud in x that could be heard elsewhere.
func speaks(x []float64) bool {
	n := 0
	for i := 0; i+frameSamples <= len(x); i += frameSamples {
		if energy(x[i:i+frameSamples]) > audible*audible*frameSamples {
			n++
		}
	}
	return n >= audibleFor
}

func energy(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// path is how another leg's sound came into this one: for each hop, this one's energy and what the path does not explain.
type path struct{ all, rest []float64 }

// explains is the share of the energy of samples [from, to) that came over the path, 0…1.
func (p path) explains(from, to int64) float64 {
	// A window's middle says where it is.
	i := max((from-window/2+hop-1)/hop, 0)
	j := min((to-window/2)/hop+1, int64(len(p.all)))
	if i >= j { // shorter than a hop: the nearest window
		i = min(i, int64(len(p.all))-1)
		j = i + 1
	}
	all, rest := 0.0, 0.0
	for ; i >= 0 && i < j; i++ {
		all += p.all[i]
		rest += p.rest[i]
	}
	if all <= 0 {
		return 0
	}
	return max(1-rest/all, 0)
}

// find looks for other in own; other begins maxLag samples earlier. It reports false where it is not there.
func find(own, other []float64) (path, bool) {
	lag, ok := findLag(own, other)
	if !ok {
		return path{}, false
	}
	return follow(own, other[maxLag-lag:][:len(own)]), true
}

// findLag gives how late other is in own.
func findLag(own, other []float64) (lag int, ok bool) {
	const size = 2 * block
	own, other = steps(own), steps(other)
	fft := fourier.NewFFT(size)
	sum := make([]complex128, size/2+1)
	padded := make([]float64, size)
	var a, b []complex128
	for at := 0; at < len(own); at += block / 2 {
		// lag = maxLag − index: the block of own against the stretch of other that begins maxLag before it.
		clear(padded)
		copy(padded, own[at:min(at+block, len(own))])
		a = fft.Coefficients(a, padded)
		clear(padded)
		copy(padded, other[at:min(at+size, len(other))])
		if energy(padded) < audibleSteps {
			continue
		}
		b = fft.Coefficients(b, padded)
		for k := range sum {
			c := b[k] * cmplx.Conj(a[k])
			sum[k] += c / complex(cmplx.Abs(c)+rounding, 0)
		}
	}
	clear(sum[:lowest*size/rate])
	r := fft.Sequence(nil, sum)[:maxLag-minLag+1]
	best, mean, square := 0, 0.0, 0.0
	for i, v := range r {
		mean += v
		square += v * v
		if v > r[best] {
			best = i
		}
	}
	n := float64(len(r))
	mean /= n
	deviation := math.Sqrt(max(square/n-mean*mean, 0))
	return maxLag - best, r[best] > mean+certain*deviation
}

// follow estimates the path from other to own, already in step, and what it leaves of own. Quiet windows count as much as loud
// ones, so a voice of one's own elsewhere in the line does not hide the echo.
func follow(own, other []float64) path {
	fft := fourier.NewFFT(window)
	frames := max((len(own)-window)/hop+1, 0)
	p := path{all: make([]float64, frames), rest: make([]float64, frames)}
	a, b := spectra(fft, own, frames), spectra(fft, other, frames)
	const bins = window/2 + 1
	cross, power := make([]complex128, bins), make([]float64, bins)
	for t := range frames {
		for _, v := range a[t][lowestBin:] {
			p.all[t] += real(v)*real(v) + imag(v)*imag(v)
		}
		weight := 1 / (p.all[t] + 1)
		for k := range bins {
			cross[k] += complex(weight, 0) * a[t][k] * cmplx.Conj(b[t][k])
			power[k] += weight * (real(b[t][k])*real(b[t][k]) + imag(b[t][k])*imag(b[t][k]))
		}
	}
	floor := 0.0
	for _, v := range power {
		floor += v / bins
	}
	response := make([]complex128, bins)
	for k := range bins {
		response[k] = cross[k] / complex(power[k]+1e-3*floor+1e-12, 0)
	}
	shorten(fft, response)
	for t := range frames {
		for k := lowestBin; k < bins; k++ {
			d := a[t][k] - response[k]*b[t][k]
			p.rest[t] += real(d)*real(d) + imag(d)*imag(d)
		}
	}
	return p
}

// shorten leaves of a response what a room's early echoes can be: a long one would explain anything.
func shorten(fft *fourier.FFT, response []complex128) {
	impulse := fft.Sequence(nil, response)
	for i := range impulse {
		if i > behind && i < window-before {
			impulse[i] = 0
		}
		impulse[i] /= window
	}
	fft.Coefficients(response, impulse)
}

// steps are the differences of neighbouring samples: a constant is nothing.
func steps(x []float64) []float64 {
	out := make([]float64, len(x))
	for i := 1; i < len(x); i++ {
		out[i] = x[i] - x[i-1]
	}
	return out
}

// spectra are those of x, window by window.
func spectra(fft *fourier.FFT, x []float64, frames int) [][]complex128 {
	out := make([][]complex128, frames)
	buf := make([]float64, window)
	for t := range out {
		for i := range buf {
			buf[i] = x[t*hop+i] * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/window))
		}
		out[t] = fft.Coefficients(nil, buf)
	}
	return out
}
