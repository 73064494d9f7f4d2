package decoder

import "math"

// transform is a Fourier transform of fixed length by mixed radices (Cooley and Tukey, 1965).
type transform struct {
	factors []int
	roots   []complex128 // e^(−2πik/n)
}

func newTransform(factors ...int) *transform {
	n := 1
	for _, f := range factors {
		n *= f
	}
	t := &transform{factors: factors, roots: make([]complex128, n)}
	for k := range t.roots {
		sin, cos := math.Sincos(-2 * math.Pi * float64(k) / float64(n))
		t.roots[k] = complex(cos, sin)
	}
	return t
}

// run puts the spectrum of in into out; both have the transform's length.
func (t *transform) run(in, out []complex128) { t.level(in, out, 1, t.factors) }

// level transforms every stride-th value of in into out, whose length is the product of factors: one transform for each
// residue, then butterflies of the first factor.
func (t *transform) level(in, out []complex128, stride int, factors []int) {
	if len(factors) == 0 {
		out[0] = in[0]
		return
	}
	radix := factors[0]
	part := len(out) / radix
	for r := range radix {
		t.level(in[r*stride:], out[r*part:(r+1)*part], stride*radix, factors[1:])
	}
	n := len(t.roots)
	var x [8]complex128
	for k := range part {
		for r := range radix {
			x[r] = out[r*part+k] * t.roots[r*k*stride%n]
		}
		if radix == 2 {
			out[k], out[part+k] = x[0]+x[1], x[0]-x[1]
			continue
		}
		for q := range radix {
			sum := x[0]
			for r := 1; r < radix; r++ {
				sum += x[r] * t.roots[r*q*(n/radix)%n]
			}
			out[q*part+k] = sum
		}
	}
}
