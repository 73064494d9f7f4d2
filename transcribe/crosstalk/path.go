package crosstalk

import (
	"math"
	"math/cmplx"
	"sync"

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
	// loudest is the power that a path may leave of a voice (−3 dB): an echo is quieter than what it is of. As loud are two
	// legs into which the same recording is played, and both say it.
	loudest = 0.5
	// audible is the level from which a leg may be heard in another, RMS over 20 ms (−50 dBFS), for audibleFor frames.
	audible    = 100
	audibleFor = 8
	// audibleSteps is the energy of a block's steps with that in it: of a tone of 150 Hz.
	audibleSteps = audible * audible * frameSamples * audibleFor / 72
)

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

// A lag is looked for at half the rate, which halves the price and more, in blocks one behind the other: an echo of a telephone
// has most of its energy there, and follow finds the rest within 2 ms. Blocks lie on the axis of all legs, not of a line, so the
// spectrum of each serves everything that is looked for in it, and both legs.
const (
	coarse   = 2
	lagBlock = block / coarse
	lagSize  = 2 * lagBlock // of a block and all lags
	lagBins  = lagSize/2 + 1
	// lagKept is how many blocks of a leg keep their spectra (16 kB each): most lines end within these 8 s.
	lagKept = 16
)

// spectrum is a block's, behind which there are as many zeros.
type spectrum struct {
	at     int64 // number of the block on the axis
	whole  bool  // all of it had come, so that it stays as it is
	energy float64
	bins   [lagBins]complex64
}

// finder is what a search works with. To make one costs as much as to use it.
type finder struct {
	fft      *fourier.FFT
	sound    [block]float64
	padded   []float64
	bins     []complex128
	sum      []complex128
	sequence []float64
}

var finders = sync.Pool{New: func() any {
	return &finder{fft: fourier.NewFFT(lagSize), padded: make([]float64, lagSize), bins: make([]complex128, lagBins),
		sum: make([]complex128, lagBins), sequence: make([]float64, lagSize)}
}}

// transform makes s the spectrum of the block that is in f.sound.
func (f *finder) transform(s *spectrum) {
	clear(f.padded[steps(f.padded[:lagBlock], f.sound[:]):])
	s.energy = energy(f.padded[:lagBlock])
	for k, c := range f.fft.Coefficients(f.bins, f.padded) {
		s.bins[k] = complex64(c)
	}
}

// add takes in a block of own's, against the stretch of two blocks of another leg's that ends with it.
func (f *finder) add(own, before, beside *spectrum) {
	sign := float32(1)
	for k, a := range own.bins {
		// The stretch's spectrum: half its length later is a turn by half a circle in every second bin.
		b := before.bins[k] + complex(sign, 0)*beside.bins[k]
		sign = -sign
		// b times the conjugate of a, each bin counting the same.
		re, im := real(b)*real(a)+imag(b)*imag(a), imag(b)*real(a)-real(b)*imag(a)
		scale := 1 / (float32(math.Sqrt(float64(re*re+im*im))) + rounding/coarse)
		f.sum[k] += complex128(complex(re*scale, im*scale))
	}
}

// lag gives how late the other leg is in what was added.
func (f *finder) lag() (lag int, ok bool) {
	clear(f.sum[:lowest*lagSize*coarse/rate])
	// lag = block − index of the correlation, whose stretch begins a block before own's.
	r := f.fft.Sequence(f.sequence, f.sum)[(block-maxLag)/coarse : (block-minLag)/coarse+1]
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
	return maxLag - best*coarse, r[best] > mean+certain*deviation
}

// follow estimates the path from other to own, already in step, and what it leaves of own. Quiet windows count as much as loud
// ones, so a voice of one's own elsewhere in the line does not hide the echo. It also gives how much of other's power comes over it.
func follow(own, other []float64) (p path, gain float64) {
	fft := fourier.NewFFT(window)
	frames := max((len(own)-window)/hop+1, 0)
	p = path{all: make([]float64, frames), rest: make([]float64, frames)}
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
	sent, came := 0.0, 0.0
	for t := range frames {
		for k := lowestBin; k < bins; k++ {
			c := response[k] * b[t][k]
			d := a[t][k] - c
			p.rest[t] += real(d)*real(d) + imag(d)*imag(d)
			sent += real(b[t][k])*real(b[t][k]) + imag(b[t][k])*imag(b[t][k])
			came += real(c)*real(c) + imag(c)*imag(c)
		}
	}
	return p, came / max(sent, 1)
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

// steps puts into out the differences of x from sample to sample, which are strong where speech is weak, at the rate of lags,
// and gives their number.
func steps(out, x []float64) int {
	out[0] = 0
	for i := 1; i < len(out); i++ {
		at := coarse * i
		// The mean of two differences, and of their neighbours half: what is above the new rate's half goes.
		out[i] = (x[at+1] + x[at] - x[at-1] - x[at-2]) / 2
	}
	return len(out)
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
