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
			sum := int64(1 << (halfShift - 1))
			for k, h := range halfBand {
				sum += int64(h) * (int64(x[k]) + int64(x[halfTaps-1-k]))
			}
			dst[2*i] = x[halfTaps/2-1]
			dst[2*i+1] = clip(sum >> halfShift)
		}
		copy(u.buf[:halfTaps], u.buf[n:n+halfTaps])
		dst, src = dst[2*n:], src[n:]
	}
}

// Downsampler halves the rate of a stream, from 16 to 8 kHz, with 2 ms of delay. The zero value is ready. It belongs to
// one goroutine.
type Downsampler struct {
	buf [2*halfTaps + 2*resampleBlock]int16 // 2·halfTaps samples of the past, then the block
}

// Process fills dst, half as long as src, from src, whose length is even.
func (d *Downsampler) Process(dst, src []int16) {
	for len(src) > 1 {
		n := min(len(src)/2, resampleBlock)
		copy(d.buf[2*halfTaps:], src[:2*n])
		for i := range n {
			x := (*[2 * halfTaps]int16)(d.buf[2*i+2:])
			sum := int64(x[halfTaps-1])<<halfShift + 1<<halfShift
			for k, h := range halfBand {
				sum += int64(h) * (int64(x[2*k]) + int64(x[2*(halfTaps-1-k)]))
			}
			dst[i] = clip(sum >> (halfShift + 1))
		}
		copy(d.buf[:2*halfTaps], d.buf[2*n:2*n+2*halfTaps])
		dst, src = dst[n:], src[2*n:]
	}
}

// clip limits a sum to the range of a sample.
func clip[T int32 | int64 | int](v T) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, v)))
}
