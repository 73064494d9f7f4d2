package decoder

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func testFound(v *vocabulary, language string, tokens ...string) found {
	f := found{language: language}
	for i, s := range tokens {
		f.tokens = append(f.tokens, int32(v.rank[s]))
		f.p = append(f.p, 0.5+float64(i%2)*0.4)
	}
	return f
}

func TestWords(t *testing.T) {
	ja := []string{"\xe6\x97", "\xa5", "本", "、", "で"}
	v, err := parseVocabulary([]byte(smallVocabulary(" he", "llo", ",", " wor", "ld", ".", " \"", "it", " 2", "5", ja[0], "本", "、", "で")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		language string
		tokens   []string
		want     string
	}{
		{"en", nil, ""},
		{"en", []string{" he", "llo", ",", " wor", "ld", "."}, "hello,|world."},
		{"en", []string{"it", " he", "llo"}, "it|hello"},
		{"en", []string{" \"", "it", ","}, "\"it,"},
		{"en", []string{" 2", "5", "."}, "25."},
		{"ja", ja, "日|本、|で"},
		{"en", []string{"."}, "."},
	} {
		var got []string
		for _, w := range times(v.words(testFound(v, c.language, c.tokens...)), make([]int64, len(c.tokens)+1), nil, sampleRate) {
			got = append(got, w.Text)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s %q: %q, want %q", c.language, c.tokens, s, c.want)
		}
	}
}

func TestAWordsProbabilityIsThatOfItsLetters(t *testing.T) {
	var w word
	w.add([]byte(" he"), 0.9)
	w.add([]byte("llo"), 0.4)
	w.add([]byte(","), 0.01)
	if got, want := w.probability(), math.Sqrt(0.9*0.4); math.Abs(got-want) > 1e-9 {
		t.Errorf("got %v, want %v", got, want)
	}
	var mark word
	mark.add([]byte("."), 0.2)
	if got := mark.probability(); math.Abs(got-0.2) > 1e-9 {
		t.Errorf("a lone mark: %v", got)
	}
}

func TestTimesAreMonotoneAndVoiced(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var runs [][2]int64
		end := int64(0)
		for range r.IntN(4) {
			start := end + r.Int64N(8000) + 1
			end = start + r.Int64N(16000) + 1
			runs = append(runs, [2]int64{start, end})
		}
		length := end + r.Int64N(8000) + 1
		var ws []word
		heard := []int64{r.Int64N(length)}
		for i := range r.IntN(6) + 1 {
			ws = append(ws, word{first: i, text: []byte("x"), tokens: 1})
			heard = append(heard, heard[i]+r.Int64N(9000))
		}
		last := int64(0)
		for _, w := range times(ws, heard, runs, length) {
			if w.StartMS < last || w.EndMS < w.StartMS || w.EndMS > length*1000/sampleRate {
				t.Fatalf("runs %v, length %d: word from %d to %d after %d", runs, length, w.StartMS, w.EndMS, last)
			}
			last = w.EndMS
		}
	}
}

// A word that the attention stretches over a pause lies where most of its voice is.
func TestAPauseIsSkipped(t *testing.T) {
	ws := []word{{first: 0, text: []byte("a"), tokens: 1}, {first: 1, text: []byte("b"), tokens: 1}, {first: 2, text: []byte("c"), tokens: 1}}
	runs := [][2]int64{{2624, 16000}, {33024, 39000}, {41024, 48000}}
	got := times(ws, []int64{960, 15960, 60960, 90960}, runs, 96000)
	want := [][2]int64{{100, 937}, {2000, 3000}, {3750, 4750}} // the last has no voice at all
	for i, w := range got {
		if w.StartMS != want[i][0] || w.EndMS != want[i][1] {
			t.Errorf("word %d from %d to %d, want %v", i, w.StartMS, w.EndMS, want[i])
		}
	}
}
