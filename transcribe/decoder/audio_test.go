package decoder

import (
	"errors"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"testing"

	"patchbay/transcribe/voice"
)

// noVoice hears nobody in any window.
type noVoice struct{ n int }

func (v *noVoice) Push(s []int16) ([]float32, error) {
	before := v.n / voice.Window
	v.n += len(s)
	return make([]float32, v.n/voice.Window-before), nil
}

func newTestAudio() *audio {
	return &audio{bank: newMelBank(80), voice: &noVoice{}, log: slog.New(slog.DiscardHandler)}
}

func TestLogMelIsWhispers(t *testing.T) {
	g := loadGolden(t)
	a := newTestAudio()
	a.Append(clip(t, "ls-1089-134691-0000"))
	frames, err := a.stretch(0, a.Len())
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Mel) == 0 {
		t.Fatal("no golden frames")
	}
	for number, want := range g.Mel {
		i, _ := strconv.Atoi(number)
		for m, w := range want {
			if got := float64(frames[i*80+m]); math.Abs(got-w) > 1e-3 {
				t.Fatalf("frame %d, band %d: %.4f, want %.4f", i, m, got, w)
			}
		}
	}
}

// A frame that were computed before all of its samples are there would differ with the size of the pieces.
func TestFramesDoNotDependOnThePieces(t *testing.T) {
	x := clip(t, "ls-1089-134691-0000")
	whole := newTestAudio()
	whole.Append(x)
	want, err := whole.stretch(0, whole.Len())
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range []int{1, 159, 160, 320, 1001} {
		a := newTestAudio()
		for p := range slices.Chunk(x, piece) {
			a.Append(p)
		}
		got, err := a.stretch(0, a.Len())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pieces of %d: frames differ", piece)
		}
		if len(a.tail) > 2*hop+2*half+piece {
			t.Errorf("pieces of %d: %d samples kept", piece, len(a.tail))
		}
	}
}

func TestAToneIsInItsBand(t *testing.T) {
	a := newTestAudio()
	x := make([]int16, 8000)
	for i := range x {
		x[i] = int16(8000 * math.Sin(2*math.Pi*1000*float64(i)/sampleRate))
	}
	a.Append(x)
	frames, err := a.stretch(1600, 8000)
	if err != nil {
		t.Fatal(err)
	}
	loudest := 0
	for m := range 80 {
		if frames[m] > frames[loudest] {
			loudest = m
		}
	}
	b := a.bank.bands[loudest]
	low, high := float64(b.first)*40, float64(b.first+len(b.weights))*40
	if low > 1000 || high < 1000 {
		t.Errorf("1 kHz is loudest in the band of %.0f to %.0f Hz", low, high)
	}
}

func TestDiscard(t *testing.T) {
	a := newTestAudio()
	a.Append(make([]int16, 4*sampleRate))
	a.Discard(2 * sampleRate)
	if _, err := a.stretch(sampleRate, 3*sampleRate); !errors.Is(err, ErrDiscarded) {
		t.Errorf("a discarded stretch gives %v", err)
	}
	frames, err := a.stretch(2*sampleRate, 3*sampleRate)
	if err != nil || len(frames) != 100*80 {
		t.Errorf("the kept second gives %d values, %v", len(frames), err)
	}
	a.Append(make([]int16, sampleRate))
	if frames, err = a.stretch(4*sampleRate, 4*sampleRate+8000); err != nil || len(frames) != 50*80 {
		t.Errorf("what came later gives %d values, %v", len(frames), err)
	}
	a.Discard(-5)
	a.Discard(1 << 40)
	if frames, err = a.stretch(a.Len(), a.Len()); err != nil || len(frames) != 0 {
		t.Errorf("nothing gives %d values, %v", len(frames), err)
	}
}

func TestWhatNobodyDiscardsIsBounded(t *testing.T) {
	a := newTestAudio()
	minute := make([]int16, 60*sampleRate)
	for range 7 {
		a.Append(minute)
	}
	if got := len(a.frames) / 80; got > maxKept {
		t.Errorf("%d frames are kept, at most %d are allowed", got, maxKept)
	}
	if _, err := a.stretch(a.Len()-sampleRate, a.Len()); err != nil {
		t.Errorf("the newest second: %v", err)
	}
}

func TestVoicedRuns(t *testing.T) {
	a := newTestAudio()
	a.voiced = []float32{0, .9, .9, 0, .6, 0}
	got := a.voicedRuns(700, 2300)
	want := [][2]int64{{0, 836}, {1348, 1600}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkLogMel(b *testing.B) {
	x := clip(b, "ls-1272-128104-0000")
	for b.Loop() {
		newTestAudio().Append(x)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(float64(len(x))/sampleRate), "s/audio-s")
}
