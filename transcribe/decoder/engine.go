package decoder

import (
	"context"
	"errors"
	"log/slog"

	"patchbay/transcribe"
	"patchbay/transcribe/models"
)

// Config says which models to load.
type Config struct {
	Models  *models.Cache
	Final   string       // model of final passes; "" = "base"
	Partial string       // model of English partial passes; "" = "tiny.en"
	Threads int          // passes that run at the same time; 0 = number of cores
	Log     *slog.Logger // nil = silent
}

// Engine implements transcribe.Engine.
type Engine struct{}

var _ transcribe.Engine = (*Engine)(nil)

// New loads the models. Its errors say which file is missing and how to mend it.
func New(c Config) (*Engine, error) { return nil, errors.New("decoder: being built") }

// NewAudio starts the growing sound of one stream.
func (e *Engine) NewAudio() transcribe.Audio { return nil }

// Decode recognises one stretch.
func (e *Engine) Decode(ctx context.Context, p transcribe.Pass) (transcribe.Hypothesis, error) {
	return transcribe.Hypothesis{}, nil
}

// Close frees the models, after every Decode has returned.
func (e *Engine) Close() error { return nil }
