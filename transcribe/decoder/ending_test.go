package decoder

import (
	"math"
	"testing"
)

// rowOf gives logits with which token 1, the end, has the probability p.
func rowOf(p float64) []float32 {
	return []float32{float32(math.Log(1 - p)), float32(math.Log(p))}
}

func TestTheBestEndIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		p    []float64 // of tokens
		ends []float64 // after so many tokens; the last one was taken
		want int
	}{
		"sure to the end":                 {[]float64{0.9, 0.9, 0.9, 0.9}, []float64{0, 0, 0.1, 0.05, 0.9}, 4},
		"goes on unsure":                  {[]float64{0.9, 0.9, 0.9, 0.3, 0.3, 0.3}, []float64{0, 0, 0, 0.4, 0, 0, 0.5}, 3},
		"the end was never likely before": {[]float64{0.9, 0.9, 0.9, 0.3, 0.3, 0.3}, []float64{0, 0, 0, 0.01, 0, 0, 0.5}, 6},
		"it never ends":                   {[]float64{0.9, 0.9, 0.3, 0.3}, []float64{0, 0, 0.2, 0, 0}, 2},
		"a doubtful word in the middle":   {[]float64{0.9, 0.2, 0.9, 0.9, 0.9, 0.9}, []float64{0, 0.05, 0, 0, 0, 0, 0.9}, 6},
		"nothing":                         {nil, []float64{0.9}, 0},
	} {
		var e ending
		for i, end := range c.ends {
			e.consider(c.p[:i], rowOf(end), 1)
		}
		if e.tokens != c.want {
			t.Errorf("%s: after %d tokens, want %d", name, e.tokens, c.want)
		}
	}
}
