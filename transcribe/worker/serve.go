package worker

import (
	"context"
	"io"
	"log/slog"

	"patchbay/transcribe"
)

// Serve speaks the protocol of transcribe/proto.go on r and w until r ends, ctx is done or the engine hangs.
func Serve(ctx context.Context, r io.Reader, w io.Writer, engine transcribe.Engine, log *slog.Logger) error {
	<-ctx.Done()
	return ctx.Err()
}

// Refuse tells the host that there will be no transcription, and why and how to mend it, in one sentence. The child calls
// it in place of Serve when a model or the runtime is missing or damaged, and then exits.
func Refuse(w io.Writer, reason string) error { return nil }

// Config says how to transcribe a whole recording.
type Config struct {
	Language string // empty = detect
	Prompt   string
	Workers  int // passes at a time; 0 = one per core
}

// Transcribe runs the live segmentation over samples (16 kHz) as fast as the machine can and returns the lines.
func Transcribe(ctx context.Context, engine transcribe.Engine, samples []int16, cfg Config) ([]transcribe.Line, error) {
	return nil, ctx.Err()
}
