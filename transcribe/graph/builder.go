package graph

import (
	"fmt"
	"math"
	"strings"
)

// Kind is how weights are kept and multiplied.
type Kind int

// The kinds of weights.
const (
	// Float keeps 32 bits. Without VNNI it is as fast as Int8 over many rows, and exact.
	Float Kind = iota
	// Int8 quantises weights by column and activations by one number for all rows (DynamicQuantizeMatMul). It needs a CPU
	// with VNNI: without, products saturate.
	Int8
	// Blocks quantises weights to 8 bits by blocks of up to 128 and activations by row and block (MatMulNBits): a prompt's
	// rows differ widely, and one number for all of them costs names. Reading a quarter of the bytes, it suits single steps.
	Blocks
)

func (k Kind) String() string { return [...]string{"float", "int8", "blocks"}[k] }

// builder collects one graph. Its first error sticks; the values of later calls have no meaning then.
type builder struct {
	c     *Checkpoint
	kind  Kind
	nodes [][]byte
	inits []initialiser
	known map[string]string // small constants by content
	n     int
	err   error
}

func newBuilder(c *Checkpoint, kind Kind) *builder {
	return &builder{c: c, kind: kind, known: make(map[string]string)}
}

func (g *builder) name(prefix string) string {
	g.n++
	return fmt.Sprintf("%s_%d", prefix, g.n)
}

func (g *builder) init(e elem, shape []int, raw []byte) string {
	key := ""
	if len(raw) <= 256 {
		key = fmt.Sprint(e, shape, string(raw))
		if name, ok := g.known[key]; ok {
			return name
		}
	}
	name := g.name("c")
	g.inits = append(g.inits, newInitialiser(name, e, shape, raw))
	if key != "" {
		g.known[key] = name
	}
	return name
}

func (g *builder) floats(shape []int, v []float32) string {
	return g.init(elemFloat, shape, rawFloats(v))
}
func (g *builder) float(v float32) string   { return g.floats(nil, []float32{v}) }
func (g *builder) ints(v ...int64) string   { return g.init(elemInt64, []int{len(v)}, rawInts(v)) }
func (g *builder) scalarInt(v int64) string { return g.init(elemInt64, nil, rawInts([]int64{v})) }

// weight is a constant of the checkpoint, as it is.
func (g *builder) weight(name string, shape ...int) string {
	return g.floats(shape, g.load(name, shape...))
}

func (g *builder) load(name string, shape ...int) []float32 {
	if g.err != nil {
		return nil
	}
	v, err := g.c.floats(name, shape...)
	if err != nil {
		// The graph is thrown away. Nothing of the wanted shape may stand in: a hostile file of 1 kB can want gigabytes.
		g.err = err
		return nil
	}
	return v
}

// op adds a node with one output. Names with the prefix "com.microsoft." belong to ONNX Runtime's own domain.
func (g *builder) op(op string, in []string, attrs ...attribute) string {
	return g.opNamed(g.name("v"), op, in, attrs...)
}

func (g *builder) opNamed(out, op string, in []string, attrs ...attribute) string {
	g.multi([]string{out}, op, in, attrs...)
	return out
}

func (g *builder) multi(out []string, op string, in []string, attrs ...attribute) {
	domain := ""
	if o, ok := strings.CutPrefix(op, msDomain+"."); ok {
		op, domain = o, msDomain
	}
	g.nodes = append(g.nodes, node(g.name("n"), op, domain, in, out, attrs))
}

func (g *builder) finish(name string, inputs, outputs [][]byte) ([]byte, error) {
	if g.err != nil {
		return nil, g.err
	}
	b, err := model(name, g.nodes, g.inits, inputs, outputs)
	if err != nil {
		return nil, fmt.Errorf("graph: %s: %w", g.c.name, err)
	}
	return b, nil
}

// linear is x·wᵀ + b for the checkpoint's name/weight of shape [out,in] and, if there is one, name/bias.
func (g *builder) linear(x, name string, out, in int) string {
	return g.multiply(x, g.load(name+"/weight", out, in), g.bias(name, out), out, in)
}

// bias is a linear layer's bias; Whisper leaves it out in some checkpoints.
func (g *builder) bias(name string, out int) []float32 {
	if _, ok := g.c.tensors[name+"/bias"]; !ok {
		return make([]float32, out)
	}
	return g.load(name+"/bias", out)
}

func (g *builder) multiply(x string, w, bias []float32, out, in int) string {
	if g.err != nil {
		return ""
	}
	b := g.floats([]int{out}, bias)
	switch g.kind {
	case Int8:
		q, scale := quantizeColumns(w, out, in)
		return g.op(msDomain+".DynamicQuantizeMatMul", []string{x, g.init(elemInt8, []int{in, out}, q),
			g.floats([]int{out}, scale), g.init(elemInt8, []int{out}, make([]byte, out)), b})
	case Blocks:
		return g.blocks(x, g.table(w, out, in), b)
	default:
		return g.op("Gemm", []string{x, g.floats([]int{out, in}, w), b}, intAttr("transB", 1))
	}
}

// table8 is a matrix of 8 bits by blocks.
type table8 struct {
	values, scales string
	out, in, block int
}

func (g *builder) table(w []float32, out, in int) table8 {
	if g.err != nil {
		return table8{}
	}
	block := 64
	if in%128 == 0 {
		block = 128
	}
	q, scale := quantizeBlocks(w, block)
	return table8{
		values: g.init(elemUint8, []int{out, in / block, block}, q),
		scales: g.floats([]int{out, in / block}, scale),
		out:    out, in: in, block: block,
	}
}

// blocks is x·tᵀ + b.
func (g *builder) blocks(x string, t table8, b string) string {
	return g.op(msDomain+".MatMulNBits", []string{x, t.values, t.scales, "", "", b},
		intAttr("K", int64(t.in)), intAttr("N", int64(t.out)), intAttr("bits", 8), intAttr("block_size", int64(t.block)),
		intAttr("accuracy_level", 4)) // 4: activations in 8 bits
}

// quantizeColumns gives w [out,in] as [in,out] of signed 8 bits and a scale for each output.
func quantizeColumns(w []float32, out, in int) (q []byte, scale []float32) {
	q, scale = make([]byte, len(w)), make([]float32, out)
	for o := range out {
		row := w[o*in : (o+1)*in]
		s := max(peak(row)/127, 1e-8)
		scale[o] = s
		for i, v := range row {
			q[i*out+o] = byte(int8(math.RoundToEven(float64(v / s))))
		}
	}
	return q, scale
}

// quantizeBlocks gives unsigned 8 bits around 128 and a scale for each block.
func quantizeBlocks(w []float32, block int) (q []byte, scale []float32) {
	q, scale = make([]byte, len(w)), make([]float32, 0, len(w)/block)
	for i := 0; i < len(w); i += block {
		part := w[i : i+block]
		s := max(peak(part)/127, 1e-8)
		scale = append(scale, s)
		for k, v := range part {
			q[i+k] = byte(int(math.RoundToEven(float64(v/s))) + 128)
		}
	}
	return q, scale
}

func peak(v []float32) float32 {
	var p float32
	for _, x := range v {
		p = max(p, x, -x)
	}
	return p
}

func (g *builder) norm(x, name string) string {
	d := g.c.Width
	return g.op("LayerNormalization", []string{x, g.weight(name+"/gamma", d), g.weight(name+"/beta", d)},
		intAttr("axis", -1), floatAttr("epsilon", 1e-5))
}

func (g *builder) gelu(x string) string { return g.op(msDomain+".Gelu", []string{x}) }

func (g *builder) feedForward(x, name string) string {
	d := g.c.Width
	wide := 4 * d
	y := g.gelu(g.linear(g.norm(x, name+"/layer_norm"), name+"/linear_0", wide, d))
	return g.op("Add", []string{x, g.linear(y, name+"/linear_1", d, wide)})
}

// split cuts the last axis of x into n parts of the given width.
func (g *builder) split(x string, n, width int) []string {
	out := make([]string, n)
	widths := make([]int64, n)
	for i := range out {
		out[i], widths[i] = g.name("v"), int64(width)
	}
	g.multi(out, "Split", []string{x, g.ints(widths...)}, intAttr("axis", -1))
	return out
}

// slice is x[from:to] on an axis; from and to are names of [1] integers.
func (g *builder) slice(x, from, to string, axis int64) string {
	return g.op("Slice", []string{x, from, to, g.ints(axis)})
}

// dim is the size of x on an axis, as a [1] integer.
func (g *builder) dim(x string, axis int64) string {
	return g.op("Shape", []string{x}, intAttr("start", axis), intAttr("end", axis+1))
}
