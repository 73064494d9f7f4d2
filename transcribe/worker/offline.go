package worker

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"patchbay/transcribe"
)

// Config says how to transcribe a whole recording.
type Config struct {
	Language string // empty = detect
	Prompt   string
	Workers  int // passes at a time; 0 = one per core
	// Translate asks for the English of lines, as in transcribe.StreamConfig.
	Translate string
}

// Transcribe runs the live segmentation over samples (16 kHz) as fast as the machine can and returns the lines.
func Transcribe(ctx context.Context, engine transcribe.Engine, samples []int16, cfg Config) ([]transcribe.Line, error) {
	if cfg.Workers < 1 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sched := newScheduler(engine)
	var wg sync.WaitGroup
	for range cfg.Workers {
		wg.Go(func() { sched.run(ctx) })
	}
	defer func() {
		sched.close()
		cancel()
		wg.Wait()
	}()

	var lines []transcribe.Line
	finished := false
	results := make(chan result)
	reply := func(r result) {
		select {
		case results <- r:
		case <-ctx.Done():
		}
	}
	s := newSession(&transcribe.OpenMessage{Language: cfg.Language, Prompt: cfg.Prompt, Translate: cfg.Translate}, engine.NewAudio(), sched, reply, func(m transcribe.Message) {
		switch m := m.(type) {
		case *transcribe.LineMessage:
			lines = append(lines, m.Line)
		case *transcribe.TranslationMessage:
			for i := range lines {
				if lines[i].ID == m.LineID {
					lines[i].Translation = m.Text
				}
			}
		case *transcribe.FinishedMessage:
			finished = true
		}
	})
	// wait takes one result in; a stretch that the engine cannot decode is an error here, where nobody is waiting live.
	wait := func() error {
		select {
		case r := <-results:
			if r.err != nil && !r.pass.translates() {
				return fmt.Errorf("worker: decode: %w", r.err)
			}
			s.passed(r)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	pos := int64(0)
	for len(samples) > 0 {
		n := min(len(samples), transcribe.MaxSoundSamples)
		s.sound(pos, samples[:n], true)
		samples, pos = samples[n:], pos+int64(n/frameSamples)
		for s.full() {
			if err := wait(); err != nil {
				return nil, err
			}
		}
	}
	s.finish()
	for !finished {
		if err := wait(); err != nil {
			return nil, err
		}
	}
	return lines, ctx.Err()
}
