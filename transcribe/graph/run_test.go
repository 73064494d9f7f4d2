package graph

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"patchbay/transcribe/models"
)

func startRuntime(t *testing.T) {
	t.Helper()
	m, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	path, err := m.Path(models.Runtime, models.RuntimeFile)
	if err != nil {
		t.Fatal(err) // it says what to type
	}
	if err := Start(path); err != nil {
		t.Fatal(err)
	}
}

// toy is the invented model on the runtime.
type toy struct {
	c        *Checkpoint
	enc, dec *Session
}

func newToy(t *testing.T, encoder, decoder Kind) toy {
	t.Helper()
	startRuntime(t)
	c, err := ParseCheckpoint("toy", checkpoint(nil))
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Encoder(encoder)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Decoder(decoder, []int{3, -1, 1 << 20}, []Head{{0, 0}, {0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	m := toy{c: c}
	if m.enc, err = NewSession(e, []string{EncoderInput}, c.CrossNames(), 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.enc.Close() })
	if m.dec, err = NewSession(d, c.DecoderInputs(), c.DecoderOutputs(), 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.dec.Close() })
	return m
}

func (m toy) encode(t *testing.T, frames int) []*Tensor {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	mel := make([]float32, 80*frames)
	for i := range mel {
		mel[i] = float32(r.NormFloat64() / 4)
	}
	in, err := Floats(mel, 1, 80, int64(frames))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := m.enc.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, o := range out {
			o.Close()
		}
	})
	return out
}

// decode runs the decoder over pieces of tokens, one after the other, and returns the logits of every token.
func (m toy) decode(t *testing.T, cross []*Tensor, pieces ...[]int64) []float32 {
	t.Helper()
	must := func(x *Tensor, err error) *Tensor {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	var self []*Tensor
	for range m.c.SelfNames("past_") {
		self = append(self, must(Floats(make([]float32, smallWidth), 2, 1, smallWidth/2)))
	}
	var logits []float32
	offset := 0
	for _, p := range pieces {
		in := []*Tensor{must(Ints(p, int64(len(p)))), must(Ints([]int64{int64(offset)}, 1)), must(Ints([]int64{0}, 1))}
		out, err := m.dec.Run(slices.Concat(in, self, cross)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range slices.Concat(in, self) {
			x.Close()
		}
		logits = append(logits, out[0].Data()...)
		m.checkAttention(t, out[1].Data(), len(p))
		out[0].Close()
		out[1].Close()
		self = out[2:]
		offset += len(p)
	}
	for _, x := range self {
		x.Close()
	}
	return logits
}

// checkAttention holds the two heads' attention to what a softmax gives: each row adds up to one.
func (m toy) checkAttention(t *testing.T, a []float32, rows int) {
	t.Helper()
	width := len(a) / (2 * rows)
	for i := range 2 * rows {
		sum := 0.0
		for _, x := range a[i*width : (i+1)*width] {
			sum += float64(x)
		}
		if math.Abs(sum-1) > 1e-3 {
			t.Fatalf("row %d of the attention adds up to %v", i, sum)
		}
	}
}

// distance is the relative difference of two vectors.
func distance(a, b []float32) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return math.Inf(1)
	}
	var diff, norm float64
	for i := range a {
		if b[i] < hiddenToken/2 {
			continue
		}
		diff += float64(a[i]-b[i]) * float64(a[i]-b[i])
		norm += float64(b[i]) * float64(b[i])
	}
	return math.Sqrt(diff / norm)
}

// One run over many tokens says the same as many runs over one: masks, positions and memory agree.
func TestOneRunIsManySteps(t *testing.T) {
	for _, kind := range []Kind{Float, Blocks} {
		m := newToy(t, Float, kind)
		cross := m.encode(t, 100)
		whole := m.decode(t, cross, []int64{5, 6, 7, 8, 9})
		if len(whole) != 5*smallVocab {
			t.Fatalf("%v: %d logits", kind, len(whole))
		}
		for _, pieces := range [][][]int64{{{5}, {6}, {7}, {8}, {9}}, {{5, 6}, {7, 8, 9}}} {
			if d := distance(m.decode(t, cross, pieces...), whole); d > 1e-4 {
				t.Errorf("%v, %v: the logits differ by %.2g", kind, pieces, d)
			}
		}
	}
}

func TestSuppressedTokensNeverWin(t *testing.T) {
	m := newToy(t, Float, Float)
	if logits := m.decode(t, m.encode(t, 10), []int64{5}); logits[3] > hiddenToken/2 || logits[4] < hiddenToken/2 {
		t.Errorf("logits of the suppressed token %v, of its neighbour %v", logits[3], logits[4])
	}
}

// The kinds of weights compute the same function, but for their rounding.
func TestKindsAgree(t *testing.T) {
	exact := newToy(t, Float, Float)
	want := exact.decode(t, exact.encode(t, 100), []int64{5, 6, 7})
	for _, c := range []struct {
		encoder, decoder Kind
		far              float64
	}{{Float, Blocks, 0.02}, {Blocks, Float, 0.02}, {Int8, Float, 0.2}, {Float, Int8, 0.2}} { // without VNNI, Int8 saturates a little
		m := newToy(t, c.encoder, c.decoder)
		if d := distance(m.decode(t, m.encode(t, 100), []int64{5, 6, 7}), want); !(d < c.far) {
			t.Errorf("encoder %v, decoder %v: the logits differ by %.3f", c.encoder, c.decoder, d)
		}
	}
}

func TestAnAlignmentHeadThatIsNotThereIsRefused(t *testing.T) {
	c, err := ParseCheckpoint("toy", checkpoint(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []Head{{-1, 0}, {c.DecoderLayers, 0}, {0, c.Heads}, {0, -1}} {
		if _, err := c.Decoder(Float, nil, []Head{h}); err == nil {
			t.Errorf("%+v is accepted", h)
		}
	}
	if h := c.AlignmentHeads(); len(h) == 0 {
		t.Error("no heads of its own choice")
	}
}

// However long the sound, the positions stand for the whole window: the weights in a softmax over equal keys add up to 1500.
func TestTheWindowHas1500Positions(t *testing.T) {
	m := newToy(t, Float, Float)
	for _, frames := range []int{1, 2, 99, 1000, 2771, 2772, 2800, MaxFrames} {
		cross := m.encode(t, frames)
		sum := 0.0
		for _, b := range cross[0].Data() {
			sum += math.Exp(float64(b))
		}
		if math.Abs(sum-windowPositions) > 1 {
			t.Errorf("%d frames: the positions weigh %.2f", frames, sum)
		}
		for _, o := range cross {
			for _, v := range o.Data() {
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					t.Fatalf("%d frames: the encoder gives %v", frames, v)
				}
			}
		}
	}
}

func TestARunWithWrongShapesFails(t *testing.T) {
	m := newToy(t, Float, Float)
	in, err := Floats(make([]float32, 30), 1, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := m.enc.Run(in); err == nil {
		t.Error("three mel bands are accepted")
	}
	if _, err := NewSession([]byte("no graph"), []string{"a"}, []string{"b"}, 1); err == nil {
		t.Error("a graph of nonsense is accepted")
	}
	if err := Start("/nowhere.so"); err != nil {
		t.Errorf("a second start: %v", err)
	}
}
