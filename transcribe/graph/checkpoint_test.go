package graph

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/transcribe/graph/graphtest"
)

const (
	smallWidth = graphtest.Width
	smallVocab = graphtest.Vocabulary
	smallText  = graphtest.TextPositions
)

// checkpoint is the invented model with random weights, changed by edit.
func checkpoint(edit func(tensors map[string][]int)) []byte { return graphtest.Write(edit).Bytes }

func TestReadCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.bin")
	if err := os.WriteFile(path, checkpoint(nil), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := ReadCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Bands != 80 || c.Width != smallWidth || c.Heads != 2 || c.EncoderLayers != 2 || c.DecoderLayers != 2 ||
		c.Vocabulary != smallVocab || c.TextPositions != smallText {
		t.Errorf("read %+v", c)
	}
	if _, err := ReadCheckpoint(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestAHostileCheckpointIsRefused(t *testing.T) {
	whole := checkpoint(nil)
	for name, b := range map[string][]byte{
		"empty":      nil,
		"other file": []byte("PK\x03\x04 and so on and so on"),
		"cut":        whole[:len(whole)/2],
		"no aliases": whole[:len(whole)-60],
		"bands":      checkpoint(func(t map[string][]int) { t["encoder/conv1/weight"] = []int{smallWidth, 81, 3} }),
		"window":     checkpoint(func(t map[string][]int) { t["encoder/position_encodings/encodings"] = []int{100, smallWidth} }),
		"no layers":  checkpoint(func(t map[string][]int) { delete(t, "decoder/layer_0/ffn/linear_0/weight") }),
		"vocabulary": checkpoint(func(t map[string][]int) { t["decoder/embeddings/weight"] = []int{9, smallWidth} }),
		"rank":       checkpoint(func(t map[string][]int) { t["x"] = []int{1, 1, 1, 1, 1} }),
		"huge":       append([]byte{6, 0, 0, 0, 12, 0}, "WhisperSpec\x00\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00a\x00\x02\xff\xff\xff\x7f\xff\xff\xff\x7f\x04\x00\x00\x00\x00"...),
		"too many":   append([]byte{6, 0, 0, 0, 12, 0}, "WhisperSpec\x00\x03\x00\x00\x00\xff\xff\xff\xff"...),
	} {
		_, err := ParseCheckpoint("evil.bin", b)
		if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "evil.bin") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAMissingTensorIsNamed(t *testing.T) {
	for name, edit := range map[string]func(map[string][]int){
		"decoder/layer_1/attention/linear_1/weight": func(t map[string][]int) { delete(t, "decoder/layer_1/attention/linear_1/weight") },
		"encoder/layer_0/ffn/linear_1/weight":       func(t map[string][]int) { t["encoder/layer_0/ffn/linear_1/weight"] = []int{7, 7} },
	} {
		c, err := ParseCheckpoint("some.bin", checkpoint(edit))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Encoder(Float); err == nil || !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFromHalf(t *testing.T) {
	for h, want := range map[uint16]float32{
		0x0000: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0001: 1.0 / (1 << 24), 0x03ff: 1023.0 / (1 << 24),
		0x0400: 1.0 / (1 << 14), 0x3555: 0.333251953125, 0x7c00: float32(math.Inf(1)), 0xfc00: float32(math.Inf(-1)),
	} {
		if got := fromHalf(h); got != want {
			t.Errorf("%#04x: %v, want %v", h, got, want)
		}
	}
	if got := fromHalf(0x7e00); got == got {
		t.Errorf("not a number: %v", got)
	}
}

func TestQuantization(t *testing.T) {
	w := []float32{-1, 0.5, 0.25, 1, 0, 0, 0, 0}
	q, scale := quantizeBlocks(w, 4)
	for i, v := range w {
		if got := (float32(q[i]) - 128) * scale[i/4]; math.Abs(float64(got-v)) > 0.5/127 {
			t.Errorf("blocks, %d: %v, want %v", i, got, v)
		}
	}
	q, scale = quantizeColumns(w, 2, 4)
	for o := range 2 {
		for i := range 4 {
			if got := float32(int8(q[i*2+o])) * scale[o]; math.Abs(float64(got-w[o*4+i])) > 0.5/127 {
				t.Errorf("columns, %d,%d: %v, want %v", o, i, got, w[o*4+i])
			}
		}
	}
}

// FuzzParseCheckpoint: no bytes bring the reader down or make it take more memory than they pay for, and what it accepts
// can be built or is refused with a reason.
func FuzzParseCheckpoint(f *testing.F) {
	b := checkpoint(nil)
	f.Add(b[:64])
	f.Add(b[:4000])
	f.Add(append([]byte{6, 0, 0, 0, 12, 0}, "WhisperSpec\x00\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00a\x00\x01\x02\x00\x00\x00\x04\x04\x00\x00\x00abcd\x01\x00\x00\x00\x02\x00b\x00\x02\x00a\x00"...))
	f.Add(promises())
	f.Fuzz(func(t *testing.T, b []byte) {
		var err error
		taken := allocated(func() { err = build(b) })
		if err != nil && !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%v", err)
		}
		if limit := uint64(memoryBase + memoryEach*len(b)); taken > limit {
			t.Errorf("%d bytes made it take %d", len(b), taken)
		}
	})
}
