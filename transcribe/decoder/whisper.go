package decoder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sys/cpu"

	"patchbay/transcribe/graph"
)

const (
	maxConfigFile   = 1 << 20 // bytes; Whisper's have 2 KB
	maxPromptTokens = 60
)

// files are the parts of one checkpoint.
type files struct {
	weights    string // model.bin
	vocabulary string // vocabulary.txt
	config     string // config.json
}

// Weights says how the weights of the two graphs are kept.
type Weights struct{ Encoder, Decoder graph.Kind }

// bestKinds suits the processor. With VNNI 8-bit products are several times as fast as 32-bit ones. Without it they are
// no faster over many rows, and they saturate: the encoder stays in 32 bits then. The decoder's single steps are bound by
// memory, so its weights are 8 bits everywhere, by blocks: see graph.Blocks.
func bestKinds() Weights {
	if cpu.X86.HasAVX512VNNI || cpu.X86.HasAVXVNNI {
		return Weights{graph.Int8, graph.Blocks}
	}
	return Weights{graph.Float, graph.Blocks}
}

// whisper is one loaded model. Its methods may be called from several goroutines.
type whisper struct {
	vocabulary *vocabulary
	encoder    *graph.Session
	decoder    *graph.Session
	bands      int
	tokens     int // size of the vocabulary with special tokens
	layers     int // of the decoder
	heads      int
	headWidth  int
	positions  int // tokens that the decoder can hold
	aligned    int // heads whose attention says where a token was heard
}

func loadWhisper(f files, k Weights) (*whisper, error) {
	v, err := readVocabulary(f.vocabulary)
	if err != nil {
		return nil, err
	}
	config, err := readConfig(f.config)
	if err != nil {
		return nil, err
	}
	suppress := config.suppressed(v)
	c, err := graph.ReadCheckpoint(f.weights)
	if err != nil {
		return nil, err
	}
	if v.noTimestamps >= c.Vocabulary {
		return nil, fmt.Errorf("decoder: %s has more tokens than %s", f.vocabulary, f.weights)
	}
	for t := v.noTimestamps; t < c.Vocabulary; t++ {
		suppress = append(suppress, t) // timestamps are not asked for
	}
	w := &whisper{
		vocabulary: v, bands: c.Bands, tokens: c.Vocabulary, layers: c.DecoderLayers,
		heads: c.Heads, headWidth: c.Width / c.Heads, positions: c.TextPositions,
	}
	g, err := c.Encoder(k.Encoder)
	if err != nil {
		return nil, err
	}
	if w.encoder, err = graph.NewSession(g, []string{graph.EncoderInput}, c.CrossNames(), encoderThreads()); err != nil {
		return nil, fmt.Errorf("decoder: %s: encoder: %w", f.weights, err)
	}
	aligned := config.aligned()
	if len(aligned) == 0 {
		aligned = c.AlignmentHeads()
	}
	w.aligned = len(aligned)
	if g, err = c.Decoder(k.Decoder, suppress, aligned); err != nil {
		return nil, errors.Join(err, w.encoder.Close())
	}
	if w.decoder, err = graph.NewSession(g, c.DecoderInputs(), c.DecoderOutputs(), 1); err != nil {
		return nil, errors.Join(fmt.Errorf("decoder: %s: decoder: %w", f.weights, err), w.encoder.Close())
	}
	return w, nil
}

// encoderThreads is how many cores one run of an encoder uses: it is most of a pass's work and divides well, so the wait for
// a final is about halved where a core is idle. Where none is, runs share the cores and nothing is lost.
func encoderThreads() int { return min(runtime.NumCPU(), 4) }

// modelConfig is what a checkpoint's config.json says.
type modelConfig struct {
	Suppress  []int    `json:"suppress_ids"`
	Alignment [][2]int `json:"alignment_heads"` // layer and head
}

func readConfig(path string) (modelConfig, error) {
	var c modelConfig
	f, err := os.Open(path)
	if err != nil {
		return c, fmt.Errorf("decoder: %w", err)
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxConfigFile)).Decode(&c); err != nil {
		return c, fmt.Errorf("decoder: %s: %w", path, err)
	}
	return c, nil
}

// suppressed gives the tokens that are never text: the checkpoint's list without those that are read as answers, the
// languages and the one for "nobody speaks".
func (c modelConfig) suppressed(v *vocabulary) []int {
	answer := map[int]bool{v.noSpeech: true}
	for _, t := range v.languages {
		answer[t] = true
	}
	return slices.DeleteFunc(c.Suppress, func(t int) bool { return answer[t] })
}

func (c modelConfig) aligned() []graph.Head {
	var heads []graph.Head
	for _, h := range c.Alignment {
		heads = append(heads, graph.Head{Layer: h[0], Head: h[1]})
	}
	return heads
}

func (w *whisper) close() error { return errors.Join(w.encoder.Close(), w.decoder.Close()) }
