package transcribe

import (
	"context"
	"log/slog"
	"time"
)

// Config says how a Service runs its recogniser. Zero durations mean the defaults beside them.
type Config struct {
	Command  []string     // program and arguments of the child process, which runs worker.Serve on stdin and stdout
	Env      []string     // added to the child's environment
	Dir      string       // kept audio that does not fit in memory goes to unlinked files here
	Log      *slog.Logger // what was said is never logged
	OnStatus func(Status) // called in order, from one goroutine; may be nil

	MaxKept   time.Duration // audio kept for one stream; the oldest is dropped and counted beyond it (10 min)
	MaxMemory time.Duration // of it in memory; older audio goes to a file (30 s)

	StartWithin  time.Duration // from exec to the first message: models are loaded in it (60 s)
	StallAfter   time.Duration // silence of the child after which it is killed and restarted (5 s)
	OffRetry     time.Duration // between attempts while transcription is off (30 s)
	FinishWithin time.Duration // a finished stream that hears nothing more for so long is given up (60 s)
}

// Metrics is a snapshot of a Service's counters.
type Metrics struct {
	Streams        int     // open now
	LagSeconds     float64 // of the stream that is furthest behind: sound written but not yet heard by the recogniser
	KeptSeconds    float64 // audio kept now, all streams together
	Restarts       uint64  // of the child, crashes and stalls
	DroppedSeconds float64 // sound that was given up: beyond MaxKept, or still unheard when its stream was closed
}

// Service is the host's side of transcription: it supervises the recogniser's process and keeps each stream's sound until
// its lines are final, so that a crash of the recogniser costs no word.
type Service struct {
	cfg Config
}

// NewService returns a Service; Run starts the recogniser.
func NewService(cfg Config) *Service { return &Service{cfg: cfg} }

// Run supervises the recogniser until ctx ends or Close is called. It may be called once.
func (s *Service) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// Status says whether words are being written.
func (s *Service) Status() Status { return Status{State: Loading} }

// Metrics gives a snapshot of the counters.
func (s *Service) Metrics() Metrics { return Metrics{} }

// Open starts the transcription of one leg, whatever the Status is: sound is kept until it can be heard.
func (s *Service) Open(cfg StreamConfig) Stream { return nil }

// Close ends Run, closes what Finish returned for every stream, and waits.
func (s *Service) Close() error { return nil }
