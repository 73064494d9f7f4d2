package decoder

import (
	"math"
	"slices"
)

// positionSamples is how much sound one position of the encoder stands for: 20 ms.
const positionSamples = 2 * hop

// medianWidth is the number of positions over which attention is smoothed, as in OpenAI's word times.
const medianWidth = 7

// alignment collects the attention of the heads that follow the sound, one row for each token that was asked for, and finds
// the one way through it that goes forward only (dynamic time warping, as in OpenAI's whisper/timing.py). A nil alignment
// collects nothing.
type alignment struct {
	heads, positions int
	rows             [][]float32 // by token: [heads][positions]
}

func newAlignment(heads, positions int) *alignment {
	return &alignment{heads: heads, positions: positions}
}

// add keeps the attention with which the wanted row of the last step was computed: the one that asks for the next token.
func (a *alignment) add(s *search, row int) {
	if a == nil {
		return
	}
	all := s.out[1].Data() // [heads, given, S]
	width := len(all) / (a.heads * s.given)
	kept := make([]float32, 0, a.heads*a.positions)
	for h := range a.heads {
		at := (h*s.given + s.first + row) * width
		kept = append(kept, all[at:at+a.positions]...)
	}
	a.rows = append(a.rows, kept)
}

// cut forgets all rows but the first n.
func (a *alignment) cut(n int) {
	if a != nil {
		a.rows = a.rows[:min(n, len(a.rows))]
	}
}

// times gives where each of n tokens begins and where the last one ends, in samples.
func (a *alignment) times(n int) []int64 {
	if n == 0 || len(a.rows) == 0 || a.positions == 0 {
		return nil
	}
	starts := warp(a.matrix(), a.positions)
	out := make([]int64, n+1)
	for i := range out {
		if i < len(starts) {
			out[i] = int64(starts[i]) * positionSamples
		} else { // the search ended at its limit, so nothing asked for what follows
			out[i] = int64(a.positions) * positionSamples
		}
	}
	return out
}

// matrix is the mean of the heads' attention, [rows][positions], each head standardised over the rows and smoothed.
func (a *alignment) matrix() []float32 {
	n, width := len(a.rows), a.positions
	out := make([]float32, n*width)
	one := make([]float32, n*width)
	var window [medianWidth]float32
	for h := range a.heads {
		for i, r := range a.rows {
			row := one[i*width : (i+1)*width]
			copy(row, r[h*width:])
			sum := float32(1e-9)
			for _, x := range row {
				sum += x
			}
			for k := range row { // of the sound alone, without the padding behind it
				row[k] /= sum
			}
		}
		for k := range width {
			standardise(one[k:], n, width)
		}
		for i := range n {
			row := one[i*width : (i+1)*width]
			for k := range row {
				for j := range window {
					window[j] = row[mirrored(k+j-medianWidth/2, width)]
				}
				slices.Sort(window[:])
				out[i*width+k] += window[medianWidth/2] / float32(a.heads)
			}
		}
	}
	return out
}

// standardise takes the mean from n values, step apart, and divides them by their deviation.
func standardise(v []float32, n, step int) {
	mean, square := 0.0, 0.0
	for i := range n {
		x := float64(v[i*step])
		mean += x
		square += x * x
	}
	mean /= float64(n)
	deviation := math.Sqrt(max(square/float64(n)-mean*mean, 0)) + 1e-9
	for i := range n {
		v[i*step] = float32((float64(v[i*step]) - mean) / deviation)
	}
}

// mirrored keeps an index within [0, n).
func mirrored(i, n int) int {
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*n - 2 - i
	}
	return min(max(i, 0), n-1)
}

// warp goes from the first row and position to the last ones, one forward at a time in either or both, where the sum over
// the matrix is greatest, and gives the position at which each row begins.
func warp(m []float32, width int) []int {
	n := len(m) / width
	const diagonal, down, right = 0, 1, 2
	from := make([]byte, n*width)
	above, row := make([]float32, width+1), make([]float32, width+1)
	inf := float32(math.Inf(1))
	for k := range above {
		above[k] = inf
	}
	above[0] = 0
	for i := range n {
		row[0] = inf
		for k := range width {
			c, f := above[k], byte(diagonal)
			if above[k+1] < c {
				c, f = above[k+1], down
			}
			if row[k] < c {
				c, f = row[k], right
			}
			row[k+1], from[i*width+k] = c-m[i*width+k], f
		}
		above, row = row, above
	}
	starts := make([]int, n)
	for i, k := n-1, width-1; i >= 0 && k >= 0; {
		starts[i] = k
		switch from[i*width+k] {
		case diagonal:
			i, k = i-1, k-1
		case down:
			i--
		default:
			k--
		}
	}
	return starts
}
