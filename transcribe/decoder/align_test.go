package decoder

import (
	"math"
	"slices"
	"testing"

	"patchbay/transcribe"
)

// The way through a matrix with a bright path is the path.
func TestWarpFollowsThePath(t *testing.T) {
	const width = 12
	begins := []int{0, 3, 4, 9}
	m := make([]float32, len(begins)*width)
	for i, b := range begins {
		end := width
		if i+1 < len(begins) {
			end = begins[i+1]
		}
		for k := b; k < end; k++ {
			m[i*width+k] = 1
		}
	}
	if got := warp(m, width); !slices.Equal(got, begins) {
		t.Errorf("got %v, want %v", got, begins)
	}
	// More tokens than positions: some share one.
	if got := warp(make([]float32, 5*2), 2); len(got) != 5 || !slices.IsSorted(got) {
		t.Errorf("five rows over two positions begin at %v", got)
	}
}

// bursts finds the voiced stretches of a clean recording by its level, 10 ms at a time; pauses shorter than 60 ms divide
// nothing.
func bursts(x []int16) [][2]int {
	const step, pause = sampleRate / 100, 6
	level := func(i int) float64 {
		sum := 0.0
		for _, v := range x[i*step : (i+1)*step] {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum / step)
	}
	n := len(x) / step
	peak := 0.0
	for i := range n {
		peak = max(peak, level(i))
	}
	var out [][2]int
	for i := range n {
		if level(i) < peak/60 {
			continue
		}
		if k := len(out) - 1; k >= 0 && i*step-out[k][1] <= pause*step {
			out[k][1] = (i + 1) * step
		} else {
			out = append(out, [2]int{i * step, (i + 1) * step})
		}
	}
	return slices.DeleteFunc(out, func(b [2]int) bool { return b[1]-b[0] < 10*step })
}

// Ten spoken digits are put at known places; each word's start and end must lie there.
func TestWordsAreWhereTheyWereSaid(t *testing.T) {
	t.Parallel()
	x := clip(t, "fd-lucas-01")
	digits := bursts(x)
	if len(digits) != 10 {
		t.Fatalf("the recording has %d digits: %v", len(digits), digits)
	}
	var starts, ends []float64
	e := engine(t)
	for _, gaps := range [][]int{{150, 250, 90, 300, 120}, {400, 700, 200, 500}, {100}, {60, 1000}} { // milliseconds
		var y []int16
		var at [][2]int
		y = append(y, make([]int16, sampleRate/5)...)
		for i, d := range digits {
			at = append(at, [2]int{len(y) * 1000 / sampleRate, (len(y) + d[1] - d[0]) * 1000 / sampleRate})
			y = append(append(y, x[d[0]:d[1]]...), make([]int16, gaps[i%len(gaps)]*sampleRate/1000)...)
		}
		h, err := decode(t.Context(), e, y, transcribe.Pass{Final: true, Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		checkWords(t, h, int64(len(y)))
		if len(h.Words) != len(at) { // digits written in one number have one time: no measure of theirs
			t.Logf("gaps %v: %d words in %q", gaps, len(h.Words), h.Text)
			continue
		}
		for i, w := range h.Words {
			starts = append(starts, math.Abs(float64(w.StartMS)-float64(at[i][0])))
			ends = append(ends, math.Abs(float64(w.EndMS)-float64(at[i][1])))
			t.Logf("%s from %d to %d, said from %d to %d", w.Text, w.StartMS, w.EndMS, at[i][0], at[i][1])
		}
	}
	if len(starts) < 20 {
		t.Fatalf("only %d words to measure", len(starts))
	}
	slices.Sort(starts)
	slices.Sort(ends)
	t.Logf("%d words: starts off by %.0f ms (median), %.0f ms (p90); ends by %.0f and %.0f ms", len(starts),
		starts[len(starts)/2], starts[len(starts)*9/10], ends[len(ends)/2], ends[len(ends)*9/10])
	if m := starts[len(starts)/2]; m > 100 {
		t.Errorf("half of the words begin more than %.0f ms away from where they were said", m)
	}
}
