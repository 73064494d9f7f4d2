package graph

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ErrCheckpoint says that a file is no usable Whisper checkpoint.
var ErrCheckpoint = errors.New("not a usable Whisper checkpoint")

const (
	checkpointVersion = 6       // of the binary format; faster-whisper's checkpoints all have it
	maxCheckpoint     = 4 << 30 // bytes; whisper-large in fp16 has 3.1 GB
	maxTensors        = 1 << 14 // whisper-large has about 1,300
	maxRank           = 4
	maxLayers         = 128 // of a tower; whisper-large has 32
)

// errCut says that a checkpoint ends before what its header announces.
var errCut = fmt.Errorf("the file is cut short: %w", io.ErrUnexpectedEOF)

// dtype is CTranslate2's number of an element type.
type dtype byte

const (
	dtFloat32 dtype = 0
	dtInt8    dtype = 1
	dtInt16   dtype = 2
	dtInt32   dtype = 3
	dtFloat16 dtype = 4
)

func (d dtype) size() int {
	switch d {
	case dtInt8:
		return 1
	case dtInt16, dtFloat16:
		return 2
	case dtFloat32, dtInt32:
		return 4
	}
	return 0
}

// stored is one tensor as it lies in the file.
type stored struct {
	shape []int
	typ   dtype
	data  []byte
}

// Checkpoint is a Whisper model's weights.
type Checkpoint struct {
	name    string
	tensors map[string]stored

	Bands         int // log-mel bands
	Width         int // of both towers
	Heads         int
	EncoderLayers int
	DecoderLayers int
	Vocabulary    int // tokens
	TextPositions int // tokens that the decoder can hold
}

// ReadCheckpoint reads a checkpoint from a file.
func ReadCheckpoint(path string) (*Checkpoint, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	if st.Size() > maxCheckpoint {
		return nil, fmt.Errorf("graph: %s: %w: %d bytes are too many", path, ErrCheckpoint, st.Size())
	}
	b := make([]byte, st.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, fmt.Errorf("graph: %s: %w", path, err)
	}
	return ParseCheckpoint(path, b)
}

// ParseCheckpoint reads a checkpoint from memory; name is used in errors. b must not change afterwards.
func ParseCheckpoint(name string, b []byte) (*Checkpoint, error) {
	c := &Checkpoint{name: name, tensors: make(map[string]stored)}
	if err := c.parse(&cursor{b: b}); err != nil {
		return nil, fmt.Errorf("graph: %s: %w: %w", name, ErrCheckpoint, err)
	}
	if err := c.measure(); err != nil {
		return nil, fmt.Errorf("graph: %s: %w: %w", name, ErrCheckpoint, err)
	}
	return c, nil
}

// cursor reads little-endian values; after the first short read every value is zero and err is set.
type cursor struct {
	b   []byte
	err error
}

func (c *cursor) take(n int) []byte {
	if c.err != nil || n > len(c.b) {
		c.err = errCut
		return make([]byte, min(n, 4))
	}
	t := c.b[:n]
	c.b = c.b[n:]
	return t
}

func (c *cursor) u8() byte    { return c.take(1)[0] }
func (c *cursor) u16() int    { return int(binary.LittleEndian.Uint16(c.take(2))) }
func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.take(4)) }

// text reads a string with its length before it and a zero byte at its end.
func (c *cursor) text() string {
	n := c.u16()
	if c.err != nil || n > len(c.b) {
		c.err = errCut
		return ""
	}
	t := c.take(n)
	if n > 0 && t[n-1] == 0 {
		t = t[:n-1]
	}
	return string(t)
}

func (c *Checkpoint) parse(r *cursor) error {
	if what := foreign(r.b); what != "" {
		return fmt.Errorf("it is %s, not CTranslate2's format; ct2-transformers-converter writes that", what)
	}
	if v := r.u32(); r.err == nil && v != checkpointVersion {
		return fmt.Errorf("format version %d, want %d", v, checkpointVersion)
	}
	if spec := r.text(); r.err == nil && spec != "WhisperSpec" {
		return fmt.Errorf("it holds a %q, want a WhisperSpec", spec)
	}
	r.u32() // the revision of the spec; its tensors are checked one by one
	n := r.u32()
	if n > maxTensors {
		return fmt.Errorf("%d tensors are too many", n)
	}
	for range n {
		name, t, err := readTensor(r)
		if err != nil {
			return err
		}
		if _, twice := c.tensors[name]; twice {
			return fmt.Errorf("tensor %s: twice", name)
		}
		c.tensors[name] = t
	}
	aliases := r.u32()
	if aliases > maxTensors {
		return fmt.Errorf("%d aliases are too many", aliases)
	}
	for range aliases {
		alias, of := r.text(), r.text()
		t, ok := c.tensors[of]
		if r.err == nil && !ok {
			return fmt.Errorf("alias %s: tensor %s is missing", alias, of)
		}
		c.tensors[alias] = t
	}
	if r.err != nil {
		return r.err
	}
	// An alias costs a few bytes here and a whole tensor in a graph.
	total := 0
	for _, t := range c.tensors {
		if total += len(t.data); total > maxCheckpoint {
			return fmt.Errorf("its tensors and aliases have more than %d bytes", maxCheckpoint)
		}
	}
	return nil
}

// foreign names the format of a file that people take for a checkpoint, "" if it is none of these.
func foreign(b []byte) string {
	for magic, what := range map[string]string{
		"PK\x03\x04":          "a zip archive, as PyTorch writes",
		"\x80\x02":            "a pickle, as PyTorch writes",
		"lmgg":                "a model of whisper.cpp",
		"GGUF":                "a model of whisper.cpp",
		"\x89HDF\r\n":         "an HDF5 file, as TensorFlow writes",
		"\x1f\x8b":            "a gzip archive",
		"version https://git": "a pointer of Git LFS (git lfs pull fetches the file itself)",
	} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return what
		}
	}
	if len(b) > 10 && b[8] == '{' && b[9] == '"' {
		return "a safetensors file"
	}
	return ""
}

func readTensor(r *cursor) (string, stored, error) {
	name := r.text()
	t := stored{}
	rank := int(r.u8())
	if rank > maxRank {
		return "", t, fmt.Errorf("tensor %s: rank %d is too high", name, rank)
	}
	elements := int64(1)
	for range rank {
		d := r.u32()
		// Each dimension below 2³¹ and their product below the file's bound: no overflow of int64.
		if d > math.MaxInt32 || elements*int64(d) > maxCheckpoint {
			return "", t, fmt.Errorf("tensor %s: a dimension of %d is too large", name, d)
		}
		elements *= int64(d)
		t.shape = append(t.shape, int(d))
	}
	t.typ = dtype(r.u8())
	bytes := int64(r.u32())
	if r.err != nil {
		return "", t, r.err
	}
	size := int64(t.typ.size())
	if size == 0 {
		return "", t, fmt.Errorf("tensor %s: element type %d is unknown", name, t.typ)
	}
	if bytes != elements*size {
		return "", t, fmt.Errorf("tensor %s: %d bytes for %d elements of %d", name, bytes, elements, size)
	}
	if bytes > int64(len(r.b)) {
		return "", t, fmt.Errorf("tensor %s: %w", name, errCut)
	}
	t.data = r.take(int(bytes))
	return name, t, nil
}

// measure derives the model's dimensions and refuses those that the graphs cannot hold.
func (c *Checkpoint) measure() error {
	shape := func(name string, rank int) []int {
		if t := c.tensors[name]; len(t.shape) == rank {
			return t.shape
		}
		return make([]int, rank)
	}
	conv := shape("encoder/conv1/weight", 3)
	emb := shape("decoder/embeddings/weight", 2)
	c.Width, c.Bands = conv[0], conv[1]
	c.Vocabulary = emb[0]
	c.TextPositions = shape("decoder/position_encodings/encodings", 2)[0]
	var err error
	if c.EncoderLayers, err = c.layers("encoder"); err != nil {
		return err
	}
	if c.DecoderLayers, err = c.layers("decoder"); err != nil {
		return err
	}
	heads, err := c.scalar("encoder/num_heads")
	if err != nil {
		return err
	}
	if also, err := c.scalar("decoder/num_heads"); err != nil || also != heads {
		return errors.New("decoder/num_heads differs from encoder/num_heads")
	}
	c.Heads = heads
	switch {
	case c.Bands != 80 && c.Bands != 128:
		return fmt.Errorf("%d mel bands, want 80 or 128", c.Bands)
	case c.Width == 0 || c.Width%64 != 0 || c.Width > 4096:
		return fmt.Errorf("width %d", c.Width)
	case c.Heads <= 0 || c.Width%c.Heads != 0:
		return fmt.Errorf("%d heads for width %d", c.Heads, c.Width)
	case c.EncoderLayers == 0 || c.DecoderLayers == 0:
		return errors.New("no layers")
	case c.EncoderLayers > maxLayers || c.DecoderLayers > maxLayers:
		return fmt.Errorf("%d and %d layers are too many", c.EncoderLayers, c.DecoderLayers)
	case c.Vocabulary < 1000 || c.Vocabulary > 1<<20:
		return fmt.Errorf("%d tokens in the vocabulary", c.Vocabulary)
	case c.TextPositions < 128 || c.TextPositions > 1<<16:
		return fmt.Errorf("%d text positions", c.TextPositions)
	case shape("encoder/position_encodings/encodings", 2)[0] != windowPositions:
		return fmt.Errorf("the encoder's window is not %d positions", windowPositions)
	}
	return nil
}

// layers counts a tower's layers by one of their tensors. Where others of a further layer are there, that one is missing:
// counted out, it would leave a shallower model that works, badly.
func (c *Checkpoint) layers(tower string) (int, error) {
	const mark = "%s/layer_%d/ffn/linear_0/weight"
	n := 0
	for ; ; n++ {
		if _, ok := c.tensors[fmt.Sprintf(mark, tower, n)]; !ok {
			break
		}
	}
	for name := range c.tensors {
		rest, _ := strings.CutPrefix(name, tower+"/layer_")
		number, _, _ := strings.Cut(rest, "/")
		if i, err := strconv.Atoi(number); err == nil && i >= n {
			return 0, fmt.Errorf("tensor "+mark+" is missing", tower, n)
		}
	}
	return n, nil
}

// scalar reads an integer attribute.
func (c *Checkpoint) scalar(name string) (int, error) {
	t, ok := c.tensors[name]
	if !ok || len(t.data) != t.typ.size() {
		return 0, fmt.Errorf("%s is missing", name)
	}
	switch t.typ {
	case dtInt8:
		return int(int8(t.data[0])), nil
	case dtInt16:
		return int(int16(binary.LittleEndian.Uint16(t.data))), nil
	case dtInt32:
		return int(int32(binary.LittleEndian.Uint32(t.data))), nil
	}
	return 0, fmt.Errorf("%s is no integer", name)
}

// floats gives a tensor's values, which must have the given shape.
func (c *Checkpoint) floats(name string, shape ...int) ([]float32, error) {
	t, ok := c.tensors[name]
	if !ok {
		return nil, fmt.Errorf("graph: %s: %w: tensor %s is missing", c.name, ErrCheckpoint, name)
	}
	if !slices.Equal(t.shape, shape) {
		return nil, fmt.Errorf("graph: %s: %w: tensor %s has the shape %v, want %v", c.name, ErrCheckpoint, name, t.shape, shape)
	}
	switch t.typ {
	case dtFloat32:
		v := make([]float32, len(t.data)/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.data[4*i:]))
		}
		return v, nil
	case dtFloat16:
		v := make([]float32, len(t.data)/2)
		for i := range v {
			v[i] = fromHalf(binary.LittleEndian.Uint16(t.data[2*i:]))
		}
		return v, nil
	}
	return nil, fmt.Errorf("graph: %s: %w: tensor %s is quantised; a checkpoint in float16 or float32 is needed", c.name, ErrCheckpoint, name)
}

// fromHalf widens an IEEE 754 binary16.
func fromHalf(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h) & 0x3ff
	switch exp {
	case 0: // zero and subnormals: frac × 2⁻²⁴
		v := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
