package graph

import (
	"fmt"
	"math"
)

// hidden is what a masked attention score or a suppressed token gets added.
const (
	hiddenScore = -1e9
	hiddenToken = -1e4
)

// SelfNames gives the names of the decoder's own keys and values, layer by layer, [heads, n, width/heads]. With the prefix
// "past_" they are inputs, with "now_" outputs. At least one position must be given; those from offset on are not read.
func (c *Checkpoint) SelfNames(prefix string) []string {
	var names []string
	for i := range c.DecoderLayers {
		names = append(names, fmt.Sprintf("%skey_%d", prefix, i), fmt.Sprintf("%svalue_%d", prefix, i))
	}
	return names
}

// DecoderInputs gives the names of the decoder's inputs: the tokens [n], the number of tokens before them [1], the first
// row whose logits are wanted [1], then SelfNames("past_") and CrossNames.
func (c *Checkpoint) DecoderInputs() []string {
	in := append([]string{"tokens", "offset", "first"}, c.SelfNames("past_")...)
	return append(in, c.CrossNames()...)
}

// DecoderOutputs gives the names of the decoder's outputs: the logits [n − first, Vocabulary], the attention of the heads
// that Decoder was given [heads, n, S], then SelfNames("now_").
func (c *Checkpoint) DecoderOutputs() []string {
	return append([]string{"logits", "attention"}, c.SelfNames("now_")...)
}

// Head is one head of the decoder's cross-attention.
type Head struct{ Layer, Head int }

// AlignmentHeads are OpenAI's choice where a checkpoint does not say which heads follow the sound: those of the upper half.
func (c *Checkpoint) AlignmentHeads() []Head {
	var heads []Head
	for l := c.DecoderLayers / 2; l < c.DecoderLayers; l++ {
		for h := range c.Heads {
			heads = append(heads, Head{l, h})
		}
	}
	return heads
}

// Decoder builds the decoder. It takes any number of tokens at once, so that a prompt or a draft is one pass. Suppressed
// tokens get a bias that no sound overcomes. With Blocks, one table serves as embedding and projection. The attention of
// the aligned heads, at least one, is an output: it says where in the sound each token was heard.
func (c *Checkpoint) Decoder(kind Kind, suppress []int, aligned []Head) ([]byte, error) {
	for _, h := range aligned {
		if h.Layer < 0 || h.Layer >= c.DecoderLayers || h.Head < 0 || h.Head >= c.Heads {
			return nil, fmt.Errorf("graph: %s: there is no head %d in layer %d of the decoder", c.name, h.Head, h.Layer)
		}
	}
	g := newBuilder(c, kind)
	d, h := c.Width, c.Heads
	emb := g.embedding()
	n := g.dim("tokens", 0)
	end := g.op("Add", []string{"offset", n})
	x := g.op("Add", []string{emb.rows("tokens"),
		g.slice(g.weight("decoder/position_encodings/encodings", c.TextPositions, d), "offset", end, 0)})
	mask := g.mask("offset", end)
	past, now, cross := c.SelfNames("past_"), c.SelfNames("now_"), c.CrossNames()
	var attention []string
	for i := range c.DecoderLayers {
		l := layer{g: g, name: fmt.Sprintf("decoder/layer_%d", i), scale: float32(1 / math.Sqrt(float64(d/h)))}
		x = l.self(x, mask, past[2*i:], now[2*i:])
		var score string
		x, score = l.cross(x, cross[0], cross[1+2*i], cross[2+2*i])
		var heads []int64
		for _, h := range aligned {
			if h.Layer == i {
				heads = append(heads, int64(h.Head))
			}
		}
		if len(heads) > 0 {
			attention = append(attention, g.op("Gather", []string{score, g.ints(heads...)}, intAttr("axis", 0)))
		}
		x = g.feedForward(x, l.name+"/ffn")
	}
	x = g.norm(g.slice(x, "first", n, 0), "decoder/layer_norm")
	bias := make([]float32, c.Vocabulary)
	for _, t := range suppress {
		if t >= 0 && t < len(bias) {
			bias[t] = hiddenToken
		}
	}
	g.opNamed("logits", "Identity", []string{emb.project(x, bias)})
	g.opNamed("attention", "Concat", attention, intAttr("axis", 0))
	out := [][]byte{valueInfo("logits", elemFloat, "r", c.Vocabulary), valueInfo("attention", elemFloat, len(aligned), "n", "S")}
	return g.finish("decoder", c.decoderInfo(), append(out, c.selfInfo("now_", "m")...))
}

func (c *Checkpoint) decoderInfo() [][]byte {
	in := [][]byte{valueInfo("tokens", elemInt64, "n"), valueInfo("offset", elemInt64, 1), valueInfo("first", elemInt64, 1)}
	return append(append(in, c.selfInfo("past_", "p")...), c.crossInfo()...)
}

func (c *Checkpoint) selfInfo(prefix, length string) [][]byte {
	var info [][]byte
	for _, name := range c.SelfNames(prefix) {
		info = append(info, valueInfo(name, elemFloat, c.Heads, length, c.Width/c.Heads))
	}
	return info
}

// mask hides what comes after each token: [n, offset+n].
func (g *builder) mask(offset, end string) string {
	axis := g.ints(0)
	from, to, one := g.op("Squeeze", []string{offset, axis}), g.op("Squeeze", []string{end, axis}), g.scalarInt(1)
	row := g.op("Unsqueeze", []string{g.op("Range", []string{from, to, one}), g.ints(1)})
	column := g.op("Unsqueeze", []string{g.op("Range", []string{g.scalarInt(0), to, one}), axis})
	return g.op("Where", []string{g.op("Greater", []string{column, row}), g.float(hiddenScore), g.float(0)})
}

// layer writes the two attentions of one decoder layer.
type layer struct {
	g     *builder
	name  string
	scale float32 // of attention scores
}

// heads turns [n, width] into [heads, n, width/heads].
func (l layer) heads(x string) string {
	c := l.g.c
	x = l.g.op("Reshape", []string{x, l.g.ints(-1, int64(c.Heads), int64(c.Width/c.Heads))})
	return l.g.op("Transpose", []string{x}, intsAttr("perm", 1, 0, 2))
}

// joined turns [heads, n, width/heads] back into [n, width].
func (l layer) joined(x string) string {
	x = l.g.op("Transpose", []string{x}, intsAttr("perm", 1, 0, 2))
	return l.g.op("Reshape", []string{x, l.g.ints(-1, int64(l.g.c.Width))})
}

func (l layer) self(x, mask string, past, now []string) string {
	g, d := l.g, l.g.c.Width
	a := l.name + "/self_attention"
	qkv := g.split(g.linear(g.norm(x, a+"/layer_norm"), a+"/linear_0", 3*d, d), 3, d)
	var kv [2]string
	for i := range kv {
		before := g.slice(past[i], g.ints(0), "offset", 1)
		kv[i] = g.opNamed(now[i], "Concat", []string{before, l.heads(qkv[1+i])}, intAttr("axis", 1))
	}
	score := g.op(msDomain+".FusedMatMul", []string{l.heads(qkv[0]), kv[0]}, intAttr("transB", 1), floatAttr("alpha", l.scale))
	score = g.op("Softmax", []string{g.op("Add", []string{score, mask})}, intAttr("axis", -1))
	y := l.joined(g.op("MatMul", []string{score, kv[1]}))
	return g.op("Add", []string{x, g.linear(y, a+"/linear_1", d, d)})
}

// cross also gives the attention, [heads, n, S].
func (l layer) cross(x, keyBias, key, value string) (out, score string) {
	g, d := l.g, l.g.c.Width
	a := l.name + "/attention"
	q := l.heads(g.linear(g.norm(x, a+"/layer_norm"), a+"/linear_0", d, d))
	score = g.op(msDomain+".FusedMatMul", []string{q, key}, floatAttr("alpha", l.scale))
	score = g.op("Softmax", []string{g.op("Add", []string{score, keyBias})}, intAttr("axis", -1))
	y := l.joined(g.op("MatMul", []string{score, value}))
	return g.op("Add", []string{x, g.linear(y, a+"/linear_2", d, d)}), score
}

// embedding is the table of tokens, used at both ends of the decoder.
type embedding struct {
	g      *builder
	floats string // Float: [vocabulary, width]
	table  table8 // otherwise
}

func (g *builder) embedding() embedding {
	w := g.load("decoder/embeddings/weight", g.c.Vocabulary, g.c.Width)
	if g.kind == Float {
		return embedding{g: g, floats: g.floats([]int{g.c.Vocabulary, g.c.Width}, w)}
	}
	return embedding{g: g, table: g.table(w, g.c.Vocabulary, g.c.Width)}
}

// rows gives the embeddings of tokens: [n, width].
func (e embedding) rows(tokens string) string {
	g := e.g
	if e.floats != "" {
		return g.op("Gather", []string{e.floats, tokens}, intAttr("axis", 0))
	}
	q := g.op("Cast", []string{g.op("Gather", []string{e.table.values, tokens}, intAttr("axis", 0))}, intAttr("to", int64(elemFloat)))
	s := g.op("Unsqueeze", []string{g.op("Gather", []string{e.table.scales, tokens}, intAttr("axis", 0)), g.ints(2)})
	x := g.op("Mul", []string{g.op("Sub", []string{q, g.float(128)}), s})
	return g.op("Reshape", []string{x, g.ints(-1, int64(g.c.Width))})
}

// project gives the logits of every token, with a bias for each.
func (e embedding) project(x string, bias []float32) string {
	b := e.g.floats([]int{len(bias)}, bias)
	if e.floats != "" {
		return e.g.op("Gemm", []string{x, e.floats, b}, intAttr("transB", 1))
	}
	return e.g.blocks(x, e.table, b)
}
