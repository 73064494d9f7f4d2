package voice_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"patchbay/transcribe/graph"
	"patchbay/transcribe/models"
	"patchbay/transcribe/voice"
)

func detector(t testing.TB) *voice.Detector {
	t.Helper()
	m, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	library, err := m.Path(models.Runtime, models.RuntimeFile)
	if err != nil {
		t.Fatal(err) // it says what to type
	}
	if err := graph.Start(library); err != nil {
		t.Fatal(err)
	}
	path, err := m.Path(models.Voice, models.VoiceFile)
	if err != nil {
		t.Fatal(err)
	}
	d, err := voice.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// speech is a recorded sentence with half a second of silence before it. testdata/speech.wav: LibriSpeech test-clean
// 1089-134691-0000, CC BY 4.0, 16 kHz and 16 bits.
func speech(t testing.TB) []int16 {
	t.Helper()
	b, err := os.ReadFile("testdata/speech.wav")
	if err != nil {
		t.Fatal(err)
	}
	b = b[44:]
	x := make([]int16, 8000, 8000+len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		x = append(x, int16(binary.LittleEndian.Uint16(b)))
	}
	return x
}

func push(t testing.TB, s *voice.Stream, x []int16) []float32 {
	t.Helper()
	p, err := s.Push(x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSpeechIsVoiceAndSilenceIsNot(t *testing.T) {
	x := speech(t)
	p := push(t, detector(t).NewStream(), x)
	if len(p) != len(x)/voice.Window {
		t.Fatalf("%d probabilities for %d samples", len(p), len(x))
	}
	before := slices.Max(p[:8000/voice.Window])
	voiced := 0
	for _, q := range p[8000/voice.Window:] {
		if q > 0.5 {
			voiced++
		}
	}
	if before > 0.3 || voiced < 25 { // of 65; measured: 37
		t.Errorf("before the sentence %.2f, in it %d voiced windows", before, voiced)
	}
}

func TestThePiecesDoNotMatter(t *testing.T) {
	d := detector(t)
	x := speech(t)[:16000]
	want := slices.Clone(push(t, d.NewStream(), x))
	for _, piece := range []int{1, 320, 511, 513, 4000} {
		s := d.NewStream()
		var got []float32
		for p := range slices.Chunk(x, piece) {
			got = append(got, push(t, s, p)...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pieces of %d give other probabilities", piece)
		}
	}
}

func TestNoiseAndTonesAreNoVoice(t *testing.T) {
	d := detector(t)
	r := rand.New(rand.NewPCG(1, 1))
	for name, f := range map[string]func(i int) float64{
		"silence": func(int) float64 { return 0 },
		"noise":   func(int) float64 { return 3000 * r.NormFloat64() },
		"tone":    func(i int) float64 { return 9000 * math.Sin(float64(i)*2*math.Pi*440/16000) },
		"loudest": func(i int) float64 { return 32767 * float64(1-i/100%2*2) },
	} {
		x := make([]int16, 5*16000)
		for i := range x {
			x[i] = int16(max(-32768, min(32767, f(i))))
		}
		if p := slices.Max(push(t, d.NewStream(), x)); !(p < 0.5) {
			t.Errorf("%s: %.2f", name, p)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	detector(t)
	if _, err := voice.Open("testdata/none.onnx"); err == nil {
		t.Error("a missing file is accepted")
	}
	if _, err := voice.Open("testdata/speech.wav"); err == nil {
		t.Error("a recording is accepted as a network")
	}
}

func BenchmarkPush(b *testing.B) {
	s := detector(b).NewStream()
	x := speech(b)
	for b.Loop() {
		push(b, s, x)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(float64(len(x))/16000), "s/audio-s")
}
