package decoder

import (
	"math"
	"slices"
	"testing"
)

func TestLoop(t *testing.T) {
	for _, c := range []struct {
		tokens []int32
		want   int
	}{
		{nil, 0},
		{[]int32{1, 2, 3, 4, 5}, 0},
		{[]int32{7, 7, 7, 7, 7}, 0}, // "no, no, no, no, no" is said
		{append([]int32{1, 2}, slices.Repeat([]int32{7}, 8)...), 3},
		{append([]int32{9}, slices.Repeat([]int32{1, 2, 3}, 4)...), 4},
		{append([]int32{2, 3}, slices.Repeat([]int32{1, 2, 3}, 4)...), 3},
		{slices.Repeat([]int32{1, 2, 3}, 3), 0},
	} {
		if got := loop(c.tokens); got != c.want {
			t.Errorf("loop(%v) = %d, want %d", c.tokens, got, c.want)
		}
	}
}

func TestBest(t *testing.T) {
	token, p := best([]float32{0, 3, 1, -1e9})
	want := math.Exp(3) / (1 + math.Exp(3) + math.E)
	if token != 1 || math.Abs(p-want) > 1e-6 {
		t.Errorf("got %d with %v, want 1 with %v", token, p, want)
	}
}

func TestPrimaryLanguage(t *testing.T) {
	for tag, want := range map[string]string{"": "", "en": "en", "ja-JP": "ja", "pt_BR": "pt", "EN-us": "en"} {
		if got := primary(tag); got != want {
			t.Errorf("primary(%q) = %q, want %q", tag, got, want)
		}
	}
}
