package wav

import "math"

// The filter of Resample: a sinc under a Kaiser window, which reaches over halfWidth zero crossings on each side.
// Beta 9 keeps what would alias 90 dB down; with the transition centred at 94 % of the lower Nyquist frequency it ends
// there, and what lies below 88 % passes untouched.
const (
	halfWidth  = 48
	kaiserBeta = 9.0
	centre     = 0.94 // of the transition, as a share of the lower Nyquist frequency
)

// Resample brings samples from one rate to another (Hz, both positive), with what the new rate cannot carry filtered
// out. Equal rates give samples itself. The sound keeps its place in time: there is no delay to correct.
func Resample(samples []int16, from, to int) []int16 {
	if from == to || len(samples) == 0 {
		return samples
	}
	g := gcd(from, to)
	up, down := to/g, from/g // output sample n lies at input position n·down/up
	bank, reach := filterBank(up, down)
	out := make([]int16, (int64(len(samples))*int64(up)+int64(down)-1)/int64(down))
	for n := range out {
		at := int64(n) * int64(down)
		first := int(at/int64(up)) - reach + 1 // input sample under the filter's first tap
		taps := bank[at%int64(up)]
		lo, hi := max(0, -first), min(len(taps), len(samples)-first)
		var sum float32
		for i, v := range samples[first+lo : first+hi] {
			sum += taps[lo+i] * float32(v)
		}
		out[n] = int16(min(max(math.Round(float64(sum)), -32768), 32767))
	}
	return out
}

// filterBank gives the taps for each of the up fractions of an input sample at which an output sample may lie. Each row
// spans reach input samples before the output sample's whole position, itself included, and reach after it.
func filterBank(up, down int) (bank [][]float32, reach int) {
	cutoff := centre * math.Min(1, float64(up)/float64(down)) // as a share of the input's Nyquist frequency
	width := halfWidth / cutoff                               // of half the filter, in input samples
	reach = int(math.Ceil(width))
	bank = make([][]float32, up)
	for phase := range bank {
		row := make([]float32, 2*reach)
		frac := float64(phase) / float64(up)
		var sum float64
		for i := range row {
			x := float64(i-reach+1) - frac
			row[i] = float32(sinc(x*cutoff) * kaiser(x/width))
			sum += float64(row[i])
		}
		for i := range row {
			row[i] /= float32(sum) // every phase passes a constant unchanged
		}
		bank[phase] = row
	}
	return bank, reach
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the Kaiser window over −1…1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel0(kaiserBeta*math.Sqrt(1-x*x)) / bessel0(kaiserBeta)
}

// bessel0 is the modified Bessel function of the first kind, order 0, by its series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
