package codec

import "math"

// A half-band filter needs no multiplication for every second tap (they are zero) nor for the centre (one half), and as
// it is symmetric two samples share each product. 32 taps under a Kaiser window give 65 dB of rejection with a transition
// from 3.5 to 4.5 kHz, for 2 ms of delay.
const (
	halfTaps   = 32
	halfShift  = 15 // the taps are in Q15
	kaiserBeta = 6.2
)

// halfBand holds one half of the taps between the zeros; the other is its mirror image, and together they sum up to one.
// Written once, here, and only read afterwards.
var halfBand = designHalfBand()

func designHalfBand() (taps [halfTaps / 2]int32) {
	var h [halfTaps]float64
	sum := 0.0
	for k := range h {
		t := float64(k) - (halfTaps-1)/2.0 // in samples of 8 kHz from the centre
		x := math.Pi * t
		edge := 2 * t / halfTaps
		h[k] = math.Sin(x) / x * besselI0(kaiserBeta*math.Sqrt(1-edge*edge))
		sum += h[k]
	}
	for k := range taps {
		taps[k] = int32(math.Round(h[k] / sum * (1 << halfShift)))
	}
	return taps
}

// besselI0 is the modified Bessel function of order zero, by its power series.
func besselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

// between is the filtered sample in the middle of x, in Q15. It is nearly all that G.711 costs, so it is unrolled by hand:
// the compiler does not.
func between(x *[halfTaps]int16) int64 {
	h := &halfBand
	return int64(h[0])*int64(int32(x[0])+int32(x[31])) +
		int64(h[1])*int64(int32(x[1])+int32(x[30])) +
		int64(h[2])*int64(int32(x[2])+int32(x[29])) +
		int64(h[3])*int64(int32(x[3])+int32(x[28])) +
		int64(h[4])*int64(int32(x[4])+int32(x[27])) +
		int64(h[5])*int64(int32(x[5])+int32(x[26])) +
		int64(h[6])*int64(int32(x[6])+int32(x[25])) +
		int64(h[7])*int64(int32(x[7])+int32(x[24])) +
		int64(h[8])*int64(int32(x[8])+int32(x[23])) +
		int64(h[9])*int64(int32(x[9])+int32(x[22])) +
		int64(h[10])*int64(int32(x[10])+int32(x[21])) +
		int64(h[11])*int64(int32(x[11])+int32(x[20])) +
		int64(h[12])*int64(int32(x[12])+int32(x[19])) +
		int64(h[13])*int64(int32(x[13])+int32(x[18])) +
		int64(h[14])*int64(int32(x[14])+int32(x[17])) +
		int64(h[15])*int64(int32(x[15])+int32(x[16]))
}

// resampleBlock is how many 8 kHz samples are filtered at a time.
const resampleBlock = 160

// Upsampler doubles the rate of a stream, from 8 to 16 kHz, with 2 ms of delay. The zero value is ready. It belongs to
// one goroutine.
type Upsampler struct {
	buf [halfTaps + resampleBlock]int16 // halfTaps samples of the past, then the block
}

// Process fills dst, twice as long as src, from src.
func (u *Upsampler) Process(dst, src []int16) {
	for len(src) > 0 {
		n := min(len(src), resampleBlock)
		copy(u.buf[halfTaps:], src[:n])
		for i := range n {
			x := (*[halfTaps]int16)(u.buf[i+1:])
			dst[2*i] = x[halfTaps/2-1]
			dst[2*i+1] = clip((between(x) + 1<<(halfShift-1)) >> halfShift)
		}
		copy(u.buf[:halfTaps], u.buf[n:n+halfTaps])
		dst, src = dst[2*n:], src[n:]
	}
}

// Downsampler halves the rate of a stream, from 16 to 8 kHz, with 2 ms of delay. The zero value is ready. It belongs to
// one goroutine.
type Downsampler struct {
	even [halfTaps + resampleBlock]int16       // halfTaps samples of the past, then the block: those that are filtered
	odd  [halfTaps/2 + 1 + resampleBlock]int16 // and the centres
}

// Process fills dst, half as long as src, from src, whose length is even.
func (d *Downsampler) Process(dst, src []int16) {
	for len(src) > 1 {
		n := min(len(src)/2, resampleBlock)
		for i := range n {
			d.even[halfTaps+i], d.odd[halfTaps/2+1+i] = src[2*i], src[2*i+1]
		}
		for i := range n {
			sum := between((*[halfTaps]int16)(d.even[i+1:])) + int64(d.odd[i+1])<<halfShift
			dst[i] = clip((sum + 1<<halfShift) >> (halfShift + 1))
		}
		copy(d.even[:halfTaps], d.even[n:n+halfTaps])
		copy(d.odd[:halfTaps/2+1], d.odd[n:n+halfTaps/2+1])
		dst, src = dst[n:], src[2*n:]
	}
}

// clip limits a sum to the range of a sample.
func clip[T int32 | int64 | int](v T) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, v)))
}
