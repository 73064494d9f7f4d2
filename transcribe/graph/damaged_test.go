package graph

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"patchbay/transcribe/graph/graphtest"
)

// What building the graphs of b bytes may take: each weight is widened, quantised and written out, in both graphs.
const (
	memoryBase = 32 << 20
	memoryEach = 64
)

// allocated is how many bytes do takes from the heap in all, freed ones too.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// build reads a checkpoint and writes its graphs.
func build(b []byte) error {
	c, err := ParseCheckpoint("evil.bin", b)
	if err != nil {
		return err
	}
	if err := c.Finite(); err != nil {
		return err
	}
	if _, err := c.Encoder(Int8); err != nil {
		return err
	}
	_, err = c.Decoder(Blocks, nil, []Head{{0, 0}})
	return err
}

// lean writes a checkpoint of empty tensors: their shapes promise what no bytes pay for.
type lean struct{ b []byte }

func (l *lean) u32(v int) { l.b = binary.LittleEndian.AppendUint32(l.b, uint32(v)) }

func (l *lean) text(s string) {
	l.b = binary.LittleEndian.AppendUint16(l.b, uint16(len(s)+1))
	l.b = append(append(l.b, s...), 0)
}

func (l *lean) head(tensors int) {
	l.u32(checkpointVersion)
	l.text("WhisperSpec")
	l.u32(3)
	l.u32(tensors)
}

func (l *lean) tensor(name string, typ dtype, data []byte, shape ...int) {
	l.text(name)
	l.b = append(l.b, byte(len(shape)))
	for _, d := range shape {
		l.u32(d)
	}
	l.b = append(l.b, byte(typ))
	l.u32(len(data))
	l.b = append(l.b, data...)
}

const tensorsPromised = 8

// promise writes the least that the reader takes for a model, with a vocabulary of a million tokens.
func (l *lean) promise() {
	l.tensor("encoder/num_heads", dtInt16, []byte{2, 0})
	l.tensor("decoder/num_heads", dtInt16, []byte{2, 0})
	l.tensor("encoder/conv1/weight", dtFloat32, nil, smallWidth, 80, 0)
	l.tensor("encoder/position_encodings/encodings", dtFloat32, nil, windowPositions, 0)
	l.tensor("decoder/position_encodings/encodings", dtFloat32, nil, 128, 0)
	l.tensor("decoder/embeddings/weight", dtFloat32, nil, 1<<20, 0)
	l.tensor("encoder/layer_0/ffn/linear_0/weight", dtFloat32, nil, 0)
	l.tensor("decoder/layer_0/ffn/linear_0/weight", dtFloat32, nil, 0)
}

// promises is a checkpoint of 500 bytes.
func promises() []byte {
	l := &lean{}
	l.head(tensorsPromised)
	l.promise()
	l.u32(0)
	return l.b
}

// Cut at the beginning of any field, a byte before and a byte behind it, a checkpoint is refused for being cut.
func TestACutCheckpointIsRefusedWhereverItIsCut(t *testing.T) {
	f := graphtest.Write(nil)
	if len(f.Marks) < 500 {
		t.Fatalf("only %d fields", len(f.Marks))
	}
	for _, mark := range f.Marks {
		for _, at := range []int{mark - 1, mark, mark + 1} {
			if at < 0 {
				continue
			}
			_, err := ParseCheckpoint("evil.bin", f.Bytes[:at:at])
			if !errors.Is(err, ErrCheckpoint) || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "evil.bin") || !strings.Contains(err.Error(), "cut short") {
				t.Fatalf("cut at %d of %d: %v", at, len(f.Bytes), err)
			}
		}
	}
	if _, err := ParseCheckpoint("good.bin", f.Bytes); err != nil {
		t.Errorf("whole: %v", err)
	}
}

func TestFiniteNamesTheTensorAndTheElement(t *testing.T) {
	singles := map[string]uint32{"NaN": 0x7fc00000, "signalling NaN": 0x7f800001, "negative NaN": 0xffc00000, "+Inf": 0x7f800000, "-Inf": 0xff800000}
	halves := map[string]uint16{"NaN": 0x7e00, "signalling NaN": 0x7c01, "negative NaN": 0xfe00, "+Inf": 0x7c00, "-Inf": 0xfc00}
	refused := func(t *testing.T, c *Checkpoint, tensor string, at int) {
		t.Helper()
		err := c.Finite()
		if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "evil.bin") || !strings.Contains(err.Error(), fmt.Sprintf("tensor %s: element %d ", tensor, at)) {
			t.Errorf("element %d of %s: %v", at, tensor, err)
		}
	}
	const first, last = "decoder/embeddings/weight", "encoder/position_encodings/encodings"
	f := graphtest.Write(nil)
	for what, bits := range singles {
		for tensor, n := range map[string]int{first: smallVocab * smallWidth, last: windowPositions * smallWidth, "encoder/conv1/bias": smallWidth} {
			for _, at := range []int{0, n / 2, n - 1} {
				b := slices.Clone(f.Bytes)
				binary.LittleEndian.PutUint32(b[f.Data[tensor]+4*at:], bits)
				c, err := ParseCheckpoint("evil.bin", b)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				refused(t, c, tensor, at)
			}
		}
	}
	for _, bits := range halves {
		for _, at := range []int{0, 3, 6} {
			data := make([]byte, 14)
			binary.LittleEndian.PutUint16(data[2*at:], bits)
			refused(t, &Checkpoint{name: "evil.bin", tensors: map[string]stored{"x": {typ: dtFloat16, shape: []int{7}, data: data}}}, "x", at)
		}
	}
	// The largest and smallest numbers are numbers, and integers have all bit patterns.
	good := &Checkpoint{name: "good.bin", tensors: map[string]stored{
		"half":   {typ: dtFloat16, data: []byte{0xff, 0x7b, 0xff, 0xfb, 1, 0, 0, 0x80}},
		"single": {typ: dtFloat32, data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(-math.MaxFloat32))},
		"int8":   {typ: dtInt8, data: []byte{0xff, 0x7c, 0x7f}},
		"int16":  {typ: dtInt16, data: []byte{0x00, 0x7c}},
		"int32":  {typ: dtInt32, data: []byte{0, 0, 0x80, 0x7f}},
	}}
	if err := good.Finite(); err != nil {
		t.Error(err)
	}
	c, err := ParseCheckpoint("good.bin", f.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Finite(); err != nil {
		t.Error(err)
	}
}

// Every tensor that the graphs read is missed by its name, and refused by its name in another shape.
func TestEveryTensorsShapeIsChecked(t *testing.T) {
	for tensor := range graphtest.Write(nil).Data {
		for what, edit := range map[string]func(map[string][]int){
			"missing":   func(l map[string][]int) { delete(l, tensor) },
			"one less":  func(l map[string][]int) { l[tensor] = append([]int{l[tensor][0] - 1}, l[tensor][1:]...) },
			"rank":      func(l map[string][]int) { l[tensor] = append(slices.Clone(l[tensor]), 1) },
			"transpose": func(l map[string][]int) { s := slices.Clone(l[tensor]); slices.Reverse(s); l[tensor] = s },
		} {
			changed := false
			b := checkpoint(func(l map[string][]int) {
				before := slices.Clone(l[tensor])
				edit(l)
				changed = !slices.Equal(before, l[tensor])
			})
			optional := what == "missing" && strings.HasSuffix(tensor, "/bias") && !strings.Contains(tensor, "conv") // see builder.bias
			if !changed || optional {
				continue
			}
			if err := build(b); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "evil.bin") {
				t.Errorf("%s, %s: %v", tensor, what, err)
			}
		}
	}
}

func TestAForeignFileIsCalledWhatItIs(t *testing.T) {
	f := graphtest.Write(nil)
	version, spec := slices.Clone(f.Bytes), slices.Clone(f.Bytes)
	version[0] = 5
	copy(spec[6:], "MarianSpec\x00")
	for want, b := range map[string][]byte{
		"PyTorch":                  []byte("PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00archive/data.pkl"),
		"a pickle":                 []byte("\x80\x02}q\x00(X\x04\x00\x00\x00dims"),
		"whisper.cpp":              []byte("lmgg\x99\xca\x00\x00\xdc\x05"),
		"safetensors":              []byte("\x58\x9d\x00\x00\x00\x00\x00\x00{\"__metadata__\":{}}"),
		"git lfs pull":             []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3086912962\n"),
		"format version 5, want 6": version,
		"MarianSpec":               spec,
		"want 6":                   []byte("<!DOCTYPE html><html>not found</html>"),
	} {
		if err := build(b); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A file pays for the memory that it takes: neither empty tensors of huge shapes nor many names of one tensor get more.
func TestAFileThatPromisesMoreThanItHoldsTakesNoMemory(t *testing.T) {
	names := &lean{}
	big := make([]byte, 8<<20)
	names.head(1)
	names.tensor("x", dtFloat32, big, len(big)/4)
	names.u32(maxTensors)
	for i := range maxTensors {
		names.text(fmt.Sprint("alias", i))
		names.text("x")
	}
	layers := &lean{}
	layers.head(tensorsPromised + maxLayers)
	layers.promise()
	for i := range maxLayers {
		layers.tensor(fmt.Sprintf("decoder/layer_%d/ffn/linear_0/weight", i+1), dtFloat32, nil, 0)
	}
	layers.u32(0)
	decode := func(b []byte) error {
		c, err := ParseCheckpoint("evil.bin", b)
		if err == nil {
			_, err = c.Decoder(Blocks, nil, []Head{{0, 0}})
		}
		return err
	}
	for _, c := range []struct {
		want string
		b    []byte
		do   func([]byte) error
	}{
		{"encoder/conv1/weight", promises(), build},
		{"decoder/embeddings/weight", promises(), decode},
		{"tensors and aliases", names.b, build},
		{"are too many", layers.b, build},
	} {
		var err error
		if taken := allocated(func() { err = c.do(c.b) }); taken > memoryBase {
			t.Errorf("%s: %d bytes made it take %d", c.want, len(c.b), taken)
		}
		if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
