package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"patchbay/media"
	"patchbay/media/prompt"
	"patchbay/media/wav"
)

// demoVoice is the shipped recording of a demo customer; testdata of this package says how it is made.
//
//go:embed demo/haruto.mp3
var demoVoice []byte

// pauseBetween is the silence between two rounds of a looped tape.
const pauseBetween = 4 * media.SampleRate // samples: 4 s

// loadSound reads what --play names: a WAV or MP3 file, or "demo" for the shipped recording.
func loadSound(name string) ([]int16, error) {
	if name == "demo" {
		clip, err := prompt.Decode(bytes.NewReader(demoVoice))
		if err != nil {
			return nil, fmt.Errorf("the shipped recording cannot be read: %w", err)
		}
		return clip.Samples(), nil
	}
	if strings.EqualFold(filepath.Ext(name), ".mp3") {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		clip, err := prompt.Decode(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return clip.Samples(), nil
	}
	if err := readable(name); err != nil {
		return nil, err
	}
	samples, err := wav.Load(name)
	if errors.Is(err, wav.ErrFormat) && !strings.EqualFold(filepath.Ext(name), ".wav") {
		return nil, fmt.Errorf("%s is neither WAV nor MP3: ffmpeg -i %s OUT.wav makes one of it", name, name)
	}
	return samples, err
}

// tape is the voice and the ear of a program that phones: a leg that plays samples and records what it hears.
type tape struct {
	mu      sync.Mutex // Bridge's tick against start and finish
	started bool
	samples []int16
	loop    bool
	at      int
	rec     *wav.Writer
	file    *os.File // of rec
	err     error
}

// openTape makes a tape of what --play and --record name, each empty for nothing. finish closes it.
func openTape(play string, loop bool, record string) (*tape, error) {
	t := &tape{loop: loop}
	if play != "" {
		samples, err := loadSound(play)
		if err != nil {
			return nil, err
		}
		t.samples = samples
		if loop {
			t.samples = append(append([]int16{}, samples...), make([]int16, pauseBetween)...)
		}
	}
	if record != "" {
		file, err := os.Create(record)
		if err != nil {
			return nil, err
		}
		if t.rec, err = wav.NewWriter(file, media.SampleRate); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		t.file = file
	}
	return t, nil
}

// start plays from the beginning, and records from the first start on; before it the tape is deaf and dumb.
func (t *tape) start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.started, t.at = true, 0
}

// ReadFrame implements media.Source.
func (t *tape) ReadFrame(f *media.Frame) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.started || len(t.samples) == 0 || t.at >= len(t.samples) {
		return false
	}
	n := copy(f[:], t.samples[t.at:])
	clear(f[n:])
	t.at += n
	if t.at == len(t.samples) && t.loop {
		t.at = 0
	}
	return true
}

// WriteFrame implements media.Sink. It writes a file in the tick, which only a program of one call may do.
func (t *tape) WriteFrame(f *media.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.started && t.rec != nil && t.err == nil {
		t.err = t.rec.Write(f[:])
	}
}

// finish closes the recording.
func (t *tape) finish() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.started = false
	if t.rec == nil {
		return nil
	}
	if err := errors.Join(t.rec.Close(), t.file.Close()); t.err == nil {
		t.err = err
	}
	t.rec = nil
	if t.err != nil {
		return fmt.Errorf("the recording is not complete: %w", t.err)
	}
	return nil
}

// playTo joins a tape and a leg, each hearing the other, until the returned function is called.
func (t *tape) playTo(leg media.Leg) (stop func(), err error) {
	b := media.NewBridge(media.BridgeConfig{Silence: true})
	far, err := b.Attach(leg)
	if err != nil {
		return nil, err
	}
	near, err := b.Attach(t)
	if err != nil {
		return nil, err
	}
	b.SetMatrix(media.Matrix{}.With(far, near, true).With(near, far, true))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Run(ctx) }()
	return func() { cancel(); <-done }, nil
}

// printer prints what happens, as lines for people or as JSON for programs.
type printer struct {
	mu     sync.Mutex
	w      io.Writer
	json   bool
	unread context.CancelFunc
}

// newPrinter makes a printer and a context that also ends when nobody reads what is printed (patchbay dial … | head -1): a
// telephone that died of SIGPIPE would leave the far end in a call without a BYE.
func newPrinter(ctx context.Context, w io.Writer, json bool) (context.Context, *printer) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(ctx)
	return ctx, &printer{w: w, json: json, unread: cancel}
}

func (p *printer) print(event, words string, data map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	var err error
	if p.json {
		err = printJSON(p.w, event, now, data)
	} else {
		_, err = fmt.Fprintf(p.w, "%s  %s\n", now.Format("15:04:05.000"), words)
	}
	if errors.Is(err, syscall.EPIPE) {
		p.unread()
	}
}
