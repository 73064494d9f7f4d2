// Package graphtest writes checkpoints of an invented model for tests: as small as Whisper's format allows, with every
// tensor that the graphs read, and with marks that say where to cut and damage them.
//
// Floor: F1. It owns no goroutines and belongs to tests only.
package graphtest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// The dimensions of the invented model. It has two layers and two heads in each tower.
const (
	Width         = 64
	Vocabulary    = 1000
	TextPositions = 128

	positions = 1500 // of the encoder
)

// File is a checkpoint, a model.bin of some 1.7 MB.
type File struct {
	Bytes []byte
	Marks []int          // where each field of the format begins
	Data  map[string]int // where the elements of each tensor begin
}

// tensors names every tensor of the invented model with its shape.
func tensors() map[string][]int {
	const d = Width
	t := map[string][]int{
		"encoder/conv1/weight": {d, 80, 3}, "encoder/conv1/bias": {d},
		"encoder/conv2/weight": {d, d, 3}, "encoder/conv2/bias": {d},
		"encoder/position_encodings/encodings": {positions, d},
		"decoder/position_encodings/encodings": {TextPositions, d},
		"decoder/embeddings/weight":            {Vocabulary, d},
	}
	norm := func(name string) { t[name+"/gamma"], t[name+"/beta"] = []int{d}, []int{d} }
	linear := func(name string, out, in int) { t[name+"/weight"], t[name+"/bias"] = []int{out, in}, []int{out} }
	norm("encoder/layer_norm")
	norm("decoder/layer_norm")
	for _, tower := range []string{"encoder", "decoder"} {
		for i := range 2 {
			l := fmt.Sprintf("%s/layer_%d", tower, i)
			norm(l + "/self_attention/layer_norm")
			linear(l+"/self_attention/linear_0", 3*d, d)
			linear(l+"/self_attention/linear_1", d, d)
			norm(l + "/ffn/layer_norm")
			linear(l+"/ffn/linear_0", 4*d, d)
			linear(l+"/ffn/linear_1", d, 4*d)
			if tower == "decoder" {
				norm(l + "/attention/layer_norm")
				linear(l+"/attention/linear_0", d, d)
				linear(l+"/attention/linear_1", 2*d, d)
				linear(l+"/attention/linear_2", d, d)
			}
		}
	}
	return t
}

// Write writes the invented model with random weights in 32 bits; edit, which may be nil, changes the tensors' shapes.
func Write(edit func(tensors map[string][]int)) File {
	list := tensors()
	if edit != nil {
		edit(list)
	}
	f := File{Data: make(map[string]int)}
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 0, 2<<20)
	mark := func() { f.Marks = append(f.Marks, len(b)) }
	u8 := func(v int) { mark(); b = append(b, byte(v)) }
	u32 := func(v int) { mark(); b = binary.LittleEndian.AppendUint32(b, uint32(v)) }
	text := func(s string) {
		mark()
		b = binary.LittleEndian.AppendUint16(b, uint16(len(s)+1))
		mark()
		b = append(append(b, s...), 0)
	}
	const float32s, int16s = 0, 2 // CTranslate2's numbers of element types
	u32(6)
	text("WhisperSpec")
	u32(3)
	u32(len(list) + 2)
	for _, tower := range []string{"encoder", "decoder"} {
		text(tower + "/num_heads")
		u8(0)
		u8(int16s)
		u32(2)
		mark()
		b = append(b, 2, 0)
	}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		text(name)
		u8(len(list[name]))
		n := 1
		for _, d := range list[name] {
			u32(d)
			n *= d
		}
		u8(float32s)
		u32(4 * n)
		mark()
		f.Data[name] = len(b)
		for range n {
			v := r.NormFloat64() / 8
			if strings.HasSuffix(name, "gamma") {
				v = 1
			}
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
	}
	u32(1)
	text("decoder/projection/weight")
	text("decoder/embeddings/weight")
	f.Bytes = b
	return f
}
