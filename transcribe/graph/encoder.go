package graph

import "fmt"

const (
	windowPositions = 1500 // of the encoder: Whisper's 30 s at two frames of 10 ms each
	densePadding    = 50   // positions of padding after the sound
	sampledPadding  = 128  // positions that stand for the rest of the window; with 64, passes stop after a word
	// convTail is padding behind the dense part, in frames: the convolutions' edge must not reach what is kept of it.
	convTail = 8
)

// EncoderInput is the encoder's one input: log-mel as Whisper scales it, [1, bands, frames], at most MaxFrames.
const EncoderInput = "mel"

// MaxFrames is the longest sound that the encoder takes, in frames of 10 ms.
const MaxFrames = 2900

// CrossNames gives the names of the encoder's outputs, which are inputs of the decoder: the bias of each position's key
// [S], then for each decoder layer the keys [heads, width/heads, S] and the values [heads, S, width/heads].
func (c *Checkpoint) CrossNames() []string {
	names := []string{"key_bias"}
	for i := range c.DecoderLayers {
		names = append(names, fmt.Sprintf("cross_key_%d", i), fmt.Sprintf("cross_value_%d", i))
	}
	return names
}

// crossInfo declares the cross keys and values, as the encoder's outputs and the decoder's inputs.
func (c *Checkpoint) crossInfo() [][]byte {
	h, d := c.Heads, c.Width/c.Heads
	names := c.CrossNames()
	info := [][]byte{valueInfo(names[0], elemFloat, "S")}
	for i := 1; i < len(names); i += 2 {
		info = append(info, valueInfo(names[i], elemFloat, h, d, "S"), valueInfo(names[i+1], elemFloat, h, "S", d))
	}
	return info
}

// Encoder builds the encoder with the cross-attention's keys and values at its end.
func (c *Checkpoint) Encoder(kind Kind) ([]byte, error) {
	g := newBuilder(c, kind)
	x, keyBias := g.window(EncoderInput)
	bias := g.attentionBias(keyBias)
	for i := range c.EncoderLayers {
		x = g.encoderLayer(x, bias, fmt.Sprintf("encoder/layer_%d", i))
	}
	x = g.norm(x, "encoder/layer_norm")

	names := c.CrossNames()
	h, d := c.Heads, c.Width/c.Heads
	g.opNamed(names[0], "Identity", []string{keyBias})
	heads := g.ints(-1, int64(h), int64(d))
	for i := range c.DecoderLayers {
		kv := g.split(g.linear(x, fmt.Sprintf("decoder/layer_%d/attention/linear_1", i), 2*c.Width, c.Width), 2, c.Width)
		g.opNamed(names[1+2*i], "Transpose", []string{g.op("Reshape", []string{kv[0], heads})}, intsAttr("perm", 1, 2, 0))
		g.opNamed(names[2+2*i], "Transpose", []string{g.op("Reshape", []string{kv[1], heads})}, intsAttr("perm", 1, 0, 2))
	}
	in := [][]byte{valueInfo(EncoderInput, elemFloat, 1, c.Bands, "T")}
	return g.finish("encoder", in, c.crossInfo())
}

// window makes the encoder's positions out of log-mel frames: real sound, dense padding, sampled padding. It returns them
// as [S, width], with the bias log R of each position's key: a sampled position stands for R positions of the window.
func (g *builder) window(mel string) (x, keyBias string) {
	c := g.c
	frames := g.dim(mel, 2)
	// As in faster-whisper, the scaled features are padded with 0, which is a faint noise, and not with silence, 2 below the
	// maximum. Its words are the yardstick: with 128 samples these logits are the full window's (KL divergence 0.006 a token).
	tail := g.op("Expand", []string{g.floats([]int{1, 1, 1}, []float32{0}), g.ints(1, int64(c.Bands), 2*densePadding+convTail)})
	x = g.op("Concat", []string{mel, tail}, intAttr("axis", 2))
	x = g.convolve(x, "encoder/conv1", c.Bands, 1)
	x = g.convolve(x, "encoder/conv2", c.Width, 2)
	x = g.op("Transpose", []string{g.op("Squeeze", []string{x, g.ints(0)})}, intsAttr("perm", 1, 0))

	position := g.weight("encoder/position_encodings/encodings", windowPositions, c.Width)
	zero, one := g.ints(0), g.ints(1)
	// Dense positions: half of the frames, rounded up, and the padding; never more than the window.
	dense := g.op("Div", []string{g.op("Add", []string{frames, one}), g.ints(2)})
	dense = g.op("Min", []string{g.op("Add", []string{dense, g.ints(densePadding)}), g.ints(windowPositions)})
	near := g.op("Add", []string{g.slice(x, zero, dense, 0), g.slice(position, zero, dense, 0)})

	// The last position but the convolutions' edge is nothing but padding; its sampled copies differ by position only.
	quiet := g.slice(x, g.ints(-3), g.ints(-2), 0)
	rest := g.op("Sub", []string{g.ints(windowPositions), dense})
	// R, at least a trifle so that its logarithm is finite when the sound fills the window.
	ratio := g.op("Div", []string{g.op("Cast", []string{rest}, intAttr("to", int64(elemFloat))), g.floats([]int{1}, []float32{sampledPadding})})
	ratio = g.op("Max", []string{ratio, g.floats([]int{1}, []float32{0.001})})
	middle := make([]float32, sampledPadding)
	for i := range middle {
		middle[i] = float32(i) + 0.5
	}
	index := g.op("Cast", []string{g.op("Mul", []string{g.floats([]int{sampledPadding}, middle), ratio})}, intAttr("to", int64(elemInt64)))
	index = g.op("Min", []string{g.op("Add", []string{index, dense}), g.ints(windowPositions - 1)})
	far := g.op("Add", []string{g.op("Gather", []string{position, index}, intAttr("axis", 0)), quiet})

	x = g.op("Concat", []string{near, far}, intAttr("axis", 0))
	keyBias = g.op("Concat", []string{
		g.op("Expand", []string{g.floats([]int{1}, []float32{0}), dense}),
		g.op("Expand", []string{g.op("Log", []string{ratio}), g.ints(sampledPadding)}),
	}, intAttr("axis", 0))
	return x, keyBias
}

func (g *builder) convolve(x, name string, in int, stride int64) string {
	d := g.c.Width
	return g.gelu(g.op("Conv", []string{x, g.weight(name+"/weight", d, in, 3), g.weight(name+"/bias", d)},
		intsAttr("kernel_shape", 3), intsAttr("pads", 1, 1), intsAttr("strides", stride)))
}

// attentionBias spreads the bias of keys over all queries: [1, 1, S, S].
func (g *builder) attentionBias(keyBias string) string {
	s := g.dim(keyBias, 0)
	shape := g.op("Concat", []string{g.ints(1, 1), s, s}, intAttr("axis", 0))
	return g.op("Expand", []string{g.op("Reshape", []string{keyBias, g.ints(1, 1, 1, -1)}), shape})
}

func (g *builder) encoderLayer(x, bias, name string) string {
	d := g.c.Width
	a := name + "/self_attention"
	qkv := g.split(g.linear(g.norm(x, a+"/layer_norm"), a+"/linear_0", 3*d, d), 3, d)
	for i, v := range qkv {
		qkv[i] = g.op("Unsqueeze", []string{v, g.ints(0)})
	}
	y := g.op(msDomain+".MultiHeadAttention", []string{qkv[0], qkv[1], qkv[2], "", "", bias}, intAttr("num_heads", int64(g.c.Heads)))
	y = g.op("Squeeze", []string{y, g.ints(0)})
	x = g.op("Add", []string{x, g.linear(y, a+"/linear_1", d, d)})
	return g.feedForward(x, name+"/ffn")
}
