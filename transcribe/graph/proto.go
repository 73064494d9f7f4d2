package graph

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The few ONNX messages that the graphs need, written by field number (onnx.proto3, IR version 8). Initialisers are kept
// as header and raw bytes so that the weights are copied once, into the finished model.

const (
	irVersion = 8
	opset     = 17
	msDomain  = "com.microsoft" // ONNX Runtime's own operators
	msOpset   = 1
	// maxModel is protobuf's limit on one message.
	maxModel = math.MaxInt32
)

// elem is TensorProto.DataType.
type elem int32

const (
	elemFloat elem = 1
	elemUint8 elem = 2
	elemInt8  elem = 3
	elemInt64 elem = 7
)

func appendText(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendMessage(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

func appendInt(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

// attribute is one NodeProto.attribute; build one with the functions below.
type attribute []byte

func intAttr(name string, v int64) attribute {
	b := appendText(nil, 1, name)
	b = appendInt(b, 3, v)
	return appendInt(b, 20, 2)
}

func floatAttr(name string, v float32) attribute {
	b := appendText(nil, 1, name)
	b = protowire.AppendFixed32(protowire.AppendTag(b, 2, protowire.Fixed32Type), math.Float32bits(v))
	return appendInt(b, 20, 1)
}

func intsAttr(name string, v ...int64) attribute {
	b := appendText(nil, 1, name)
	for _, x := range v {
		b = appendInt(b, 8, x)
	}
	return appendInt(b, 20, 7)
}

func node(name, op, domain string, in, out []string, attrs []attribute) []byte {
	var b []byte
	for _, s := range in {
		b = appendText(b, 1, s)
	}
	for _, s := range out {
		b = appendText(b, 2, s)
	}
	b = appendText(b, 3, name)
	b = appendText(b, 4, op)
	for _, a := range attrs {
		b = appendMessage(b, 5, a)
	}
	if domain != "" {
		b = appendText(b, 7, domain)
	}
	return b
}

// initialiser is a TensorProto; its raw bytes are appended after the header.
type initialiser struct {
	header []byte
	raw    []byte
}

func newInitialiser(name string, e elem, shape []int, raw []byte) initialiser {
	var b []byte
	for _, d := range shape {
		b = appendInt(b, 1, int64(d))
	}
	b = appendInt(b, 2, int64(e))
	b = appendText(b, 8, name)
	b = protowire.AppendTag(b, 9, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(raw)))
	return initialiser{b, raw}
}

func (t initialiser) size() int { return len(t.header) + len(t.raw) }

// valueInfo declares an input or output; a dimension is a number, or a name where it varies.
func valueInfo(name string, e elem, dims ...any) []byte {
	var shape []byte
	for _, d := range dims {
		var dim []byte
		switch d := d.(type) {
		case int:
			dim = appendInt(nil, 1, int64(d))
		case string:
			dim = appendText(nil, 2, d)
		}
		shape = appendMessage(shape, 1, dim)
	}
	tensor := appendInt(nil, 1, int64(e))
	tensor = appendMessage(tensor, 2, shape)
	typ := appendMessage(nil, 1, tensor)
	b := appendText(nil, 1, name)
	return appendMessage(b, 2, typ)
}

// model puts a ModelProto together.
func model(name string, nodes [][]byte, inits []initialiser, inputs, outputs [][]byte) ([]byte, error) {
	size := len(appendText(nil, 2, name))
	for _, n := range nodes {
		size += protowire.SizeTag(1) + protowire.SizeBytes(len(n))
	}
	for _, t := range inits {
		size += protowire.SizeTag(5) + protowire.SizeBytes(t.size())
	}
	for _, io := range inputs {
		size += protowire.SizeTag(11) + protowire.SizeBytes(len(io))
	}
	for _, io := range outputs {
		size += protowire.SizeTag(12) + protowire.SizeBytes(len(io))
	}
	head := appendInt(nil, 1, irVersion)
	head = appendText(head, 2, "patchbay")
	head = appendMessage(head, 8, appendInt(appendText(nil, 1, ""), 2, opset))
	head = appendMessage(head, 8, appendInt(appendText(nil, 1, msDomain), 2, msOpset))
	if size+len(head)+16 > maxModel {
		return nil, fmt.Errorf("%w: the graph would have %d bytes, more than protobuf holds", errors.ErrUnsupported, size)
	}
	b := make([]byte, 0, size+len(head)+16)
	b = append(b, head...)
	b = protowire.AppendTag(b, 7, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	for _, n := range nodes {
		b = appendMessage(b, 1, n)
	}
	b = appendText(b, 2, name)
	for _, t := range inits {
		b = protowire.AppendTag(b, 5, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(t.size()))
		b = append(append(b, t.header...), t.raw...)
	}
	for _, io := range inputs {
		b = appendMessage(b, 11, io)
	}
	for _, io := range outputs {
		b = appendMessage(b, 12, io)
	}
	return b, nil
}

func rawFloats(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func rawInts(v []int64) []byte {
	b := make([]byte, 0, 8*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, uint64(x))
	}
	return b
}
