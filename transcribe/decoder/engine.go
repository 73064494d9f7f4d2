package decoder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"patchbay/transcribe"
	"patchbay/transcribe/graph"
	"patchbay/transcribe/models"
	"patchbay/transcribe/voice"
)

// maxStretch is the longest stretch of one pass, in samples.
const maxStretch = graph.MaxFrames * hop

// ErrTooLong says that a pass is longer than 29 s.
var ErrTooLong = errors.New("decoder: a pass may last 29 s")

// defaultPartial is the model of English partial passes where none is named.
const defaultPartial = "tiny.en"

// Config says which models to load.
type Config struct {
	Models  *models.Cache
	Final   string       // model of final passes; "" = "base"
	Partial string       // model of English partial passes; "" = "tiny.en"
	Threads int          // passes that run at the same time; 0 = number of cores
	Weights *Weights     // how the weights are kept; nil = as suits the processor
	Log     *slog.Logger // nil = silent
}

// Engine implements transcribe.Engine.
type Engine struct {
	log     *slog.Logger
	bank    *melBank
	voice   *voice.Detector
	final   *whisper
	partial *whisper
	slots   chan struct{} // bounds the passes that run, and so the threads that they take
}

var _ transcribe.Engine = (*Engine)(nil)

// New loads the models. Its errors say which file is missing and how to mend it.
func New(c Config) (*Engine, error) {
	e := &Engine{log: c.Log}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if c.Threads <= 0 {
		c.Threads = runtime.NumCPU()
	}
	e.slots = make(chan struct{}, c.Threads)
	if c.Final == "" {
		c.Final = "base"
	}
	if c.Partial == "" {
		c.Partial = defaultPartial
	}
	if c.Models == nil {
		return nil, errors.New("decoder: no models' cache given")
	}
	k := bestKinds()
	if c.Weights != nil {
		k = *c.Weights
	}
	if err := e.load(c, k); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	// The checkpoints and graphs were several hundred megabytes of garbage; give them back before the work begins.
	debug.FreeOSMemory()
	return e, nil
}

func (e *Engine) load(c Config, k Weights) error {
	began := time.Now()
	library, err := c.Models.Path(models.Runtime, models.RuntimeFile)
	if err != nil {
		return err
	}
	if err := graph.Start(library); err != nil {
		return err
	}
	silero, err := c.Models.Path(models.Voice, models.VoiceFile)
	if err != nil {
		return err
	}
	if e.voice, err = voice.Open(silero); err != nil {
		return err
	}
	if e.final, err = open(c.Models, c.Final, k); err != nil {
		return err
	}
	e.partial = e.final
	if c.Partial != c.Final {
		if e.partial, err = open(c.Models, c.Partial, k); err != nil {
			return err
		}
	}
	if e.final.bands != e.partial.bands && c.Partial == defaultPartial {
		// The large models hear in finer bands: then they do the quick passes too.
		if err := e.partial.close(); err != nil {
			return err
		}
		e.partial = e.final
	}
	if e.final.bands != e.partial.bands {
		return fmt.Errorf("decoder: %s hears %d mel bands and %s %d; choose two models that agree", c.Final, e.final.bands, c.Partial, e.partial.bands)
	}
	e.bank = newMelBank(e.final.bands)
	e.log.Info("recogniser loaded", "final", c.Final, "partial", c.Partial, "encoder", k.Encoder.String(), "decoder", k.Decoder.String(),
		"seconds", time.Since(began).Seconds())
	return nil
}

func open(m *models.Cache, name string, k Weights) (*whisper, error) {
	var f files
	for file, path := range map[string]*string{"model.bin": &f.weights, "vocabulary.txt": &f.vocabulary, "config.json": &f.config} {
		p, err := m.Path(name, file)
		if err != nil {
			return nil, err
		}
		*path = p
	}
	return loadWhisper(f, k)
}

// NewAudio starts the growing sound of one stream.
func (e *Engine) NewAudio() transcribe.Audio {
	return &audio{bank: e.bank, voice: e.voice.NewStream(), log: e.log}
}

// Decode recognises one stretch. A cancelled context ends it between two tokens; a run of the network is never broken off.
func (e *Engine) Decode(ctx context.Context, p transcribe.Pass) (transcribe.Hypothesis, error) {
	a, ok := p.Audio.(*audio)
	if !ok {
		return transcribe.Hypothesis{}, fmt.Errorf("decoder: the sound is a %T of another engine", p.Audio)
	}
	from, to := p.From, min(p.To, a.Len())
	if from < 0 || to-from > maxStretch {
		return transcribe.Hypothesis{}, fmt.Errorf("%w: samples %d to %d", ErrTooLong, p.From, p.To)
	}
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return transcribe.Hypothesis{}, ctx.Err()
	}
	language := primary(p.Language)
	w := e.final
	if !p.Final && !p.Translate && language == "en" {
		w = e.partial
	}
	v := w.vocabulary
	if p.Translate && (!v.multilingual() || v.translate == 0) {
		return transcribe.Hypothesis{}, transcribe.ErrNoTranslation
	}
	if !v.multilingual() {
		if language == "" {
			language = "en"
		}
		if language != "en" {
			return transcribe.Hypothesis{}, fmt.Errorf("decoder: the model knows English only, not %q", language)
		}
	}
	frames, err := a.stretch(from, to)
	if err != nil || len(frames) == 0 {
		return transcribe.Hypothesis{Language: language}, err
	}
	r := request{frames: frames, language: language, draft: p.Draft, english: p.Translate, times: p.Final}
	if text := strings.TrimSpace(p.Prompt); text != "" && !p.Translate { // a prompt is in the tongue that is spoken
		r.prompt, r.bias = v.encode(" "+text, maxPromptTokens), newBias(v, text)
	}
	if len(p.Draft) == 0 && p.Guess != "" {
		r.guess = v.encode(" "+strings.TrimSpace(p.Guess), maxTokens)
	}
	f, err := w.primed(ctx, r, p.Prompt)
	if err != nil {
		return transcribe.Hypothesis{}, err
	}
	h := transcribe.Hypothesis{Tokens: f.tokens, Language: f.language, NoSpeech: f.noSpeech}
	h.Text = strings.TrimSpace(v.text(f.tokens))
	h.Certainty = f.sureness()
	ws := v.words(f)
	h.Sure = sure(ws, h.Text)
	if f.heard != nil {
		h.Words = times(ws, f.heard, a.voicedRuns(from, to), to-from)
	}
	return h, nil
}

// primary is the language of a tag: "ja-JP" is "ja".
func primary(tag string) string {
	tag, _, _ = strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(tag)
}

// Close frees the models, after every Decode has returned. The engine and its streams are of no use then.
func (e *Engine) Close() error {
	var errs []error
	if e.voice != nil {
		errs = append(errs, e.voice.Close())
	}
	if e.partial != nil && e.partial != e.final {
		errs = append(errs, e.partial.close())
	}
	if e.final != nil {
		errs = append(errs, e.final.close())
	}
	return errors.Join(errs...)
}
