package transcribe

import (
	"context"
	"errors"
)

// ErrNoTranslation says that an engine's model cannot translate.
var ErrNoTranslation = errors.New("transcribe: the model does not translate")

// Engine turns stretches of speech into words. It runs in the child process only. One Engine serves every stream, from
// several goroutines; another recogniser is one package that implements it. transcribe/decoder is the first.
type Engine interface {
	// NewAudio starts the growing sound of one stream.
	NewAudio() Audio
	// Decode recognises one stretch. It returns an empty Hypothesis where nothing was said.
	Decode(ctx context.Context, p Pass) (Hypothesis, error)
	// Close frees the models, after every Decode has returned.
	Close() error
}

// Audio is one stream's sound inside the engine, with features computed once for all passes over it. Positions are in
// samples (16 kHz) since the stream's beginning. One goroutine appends; Decode may read at the same time.
type Audio interface {
	// Append adds sound and gives the probability of a voice in each whole window of 512 samples that it completed
	// (Silero), oldest first; the slice is valid until the next call.
	Append(samples []int16) []float32
	// Len is the number of samples appended.
	Len() int64
	// Discard lets sound before pos go.
	Discard(pos int64)
}

// Pass is one run of the recogniser over a stretch of one stream.
type Pass struct {
	Audio    Audio
	From, To int64 // samples; at most 29 s
	// Final asks for the better model and the no-speech gate; a partial pass is quick.
	Final bool
	// Translate asks what the stretch means in English. A model that cannot tell answers ErrNoTranslation.
	Translate bool
	Language  string // "" = detect, and say so in the Hypothesis
	Prompt    string // primes the recogniser; at most 60 tokens are used
	// Draft is the previous Hypothesis of the same utterance and model, checked in one run instead of token by token.
	Draft []int32
	// Guess is what another model heard of the utterance. Where there is no Draft it is checked likewise, which changes what a
	// pass costs and not what it hears.
	Guess string
}

// Hypothesis is what a Pass heard.
type Hypothesis struct {
	Tokens   []int32
	Text     string
	Words    []Word // of a final pass; times relative to Pass.From, in milliseconds
	Sure     int    // leading bytes of Text in which the recogniser is sure of every word
	Language string
	NoSpeech float64 // probability that nobody spoke, 0…1
	// Certainty is the mean logarithm of the tokens' probabilities, at most 0.
	Certainty float64
}
