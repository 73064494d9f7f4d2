package decoder

import "math"

const maxRadix = 5

// transform is a Fourier transform of fixed length by mixed radices (Cooley and Tukey, 1965), each at most maxRadix.
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
	radix := factors[0]
	part := len(out) / radix
	var x [maxRadix]complex128
	if part == 1 {
		for r := range radix {
			x[r] = in[r*stride]
		}
		t.butterfly(x[:radix], out, 1)
		return
	}
	for r := range radix {
		t.level(in[r*stride:], out[r*part:(r+1)*part], stride*radix, factors[1:])
	}
	for k := range part {
		x[0] = out[k]
		for r := 1; r < radix; r++ {
			x[r] = out[r*part+k] * t.roots[r*k*stride]
		}
		t.butterfly(x[:radix], out[k:], part)
	}
}

// butterfly is a short transform of x into every step-th value of out.
func (t *transform) butterfly(x, out []complex128, step int) {
	if len(x) == 2 {
		out[0], out[step] = x[0]+x[1], x[0]-x[1]
		return
	}
	turn := len(t.roots) / len(x)
	for q := range x {
		sum := x[0]
		at := 0
		for r := 1; r < len(x); r++ {
			if at += q; at >= len(x) {
				at -= len(x)
			}
			sum += x[r] * t.roots[at*turn]
		}
		out[q*step] = sum
	}
}
