package transcribe

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/media"
	"patchbay/media/record/seal"
)

// Config says how a Service runs its recogniser. Zero values mean the defaults in brackets.
type Config struct {
	Command  []string     // program and arguments of the child process, which runs worker.Serve on its stdin and stdout
	NoChild  bool         // all workers are on other machines: see Attach
	Env      []string     // added to the child's environment
	Workers  int          // passes of the recogniser at a time [one per core]
	Dir      string       // kept audio that does not fit in memory goes to unlinked files here
	Log      *slog.Logger // what was said is never logged
	OnStatus func(Status) // called when the status changes, in order, from Run's goroutines; may be nil

	// Model and Weights (SHA-256, lower-case hex) are what workers on other machines must have; Program is this program's
	// version. OnWorker is called when one of them has come, and with the error that ended it when it has gone; may be nil.
	Model, Weights, Program string
	OnWorker                func(WorkerStatus, error)

	// Keys seal what is not final yet in files of Dir/legs, within 200 ms of being said, so that even the server may be
	// killed; see Recover. nil = nothing said outlives the process.
	Keys *seal.Keys

	MaxKept   time.Duration // audio kept for one stream; beyond it the oldest is dropped and counted [10 min]
	MaxMemory time.Duration // of it in memory; older audio goes to a file [30 s]

	StartWithin  time.Duration // from exec to the child's first message; it loads its models meanwhile [60 s]
	StallAfter   time.Duration // the child's silence after which it is killed and started anew [5 s]
	OffRetry     time.Duration // between attempts while transcription is off [30 s]
	FinishWithin time.Duration // a finished stream of which the child hears nothing more for so long is given up [60 s]
}

func (c Config) withDefaults() Config {
	c.MaxKept = cmp.Or(c.MaxKept, 10*time.Minute)
	c.MaxMemory = cmp.Or(c.MaxMemory, 30*time.Second)
	c.StartWithin = cmp.Or(c.StartWithin, time.Minute)
	c.StallAfter = cmp.Or(c.StallAfter, 5*time.Second)
	c.OffRetry = cmp.Or(c.OffRetry, 30*time.Second)
	c.FinishWithin = cmp.Or(c.FinishWithin, time.Minute)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// ErrClosed is what Run returns when the Service was closed before.
var ErrClosed = errors.New("transcribe: service is closed")

// Metrics is a snapshot of a Service's counters.
type Metrics struct {
	Streams        int     // open now
	LagSeconds     float64 // of the stream that is furthest behind: sound written but not yet heard by the recogniser
	LateSeconds    float64 // how late the line is that is waited for longest
	KeptSeconds    float64 // audio kept now, all streams together
	Restarts       uint64  // of the child, after crashes and stalls
	DroppedSeconds float64 // sound given up: beyond MaxKept, or unheard when its stream ended
	Workers        int     // connected
}

// Service is the host's side of transcription: it supervises the recogniser's process, takes workers from other machines,
// and keeps each stream's sound until its lines are final, so that the end of one of them costs no word.
type Service struct {
	cfg   Config
	start func(Config) (*child, error)
	pool  chunkPool

	fleet    fleet
	dropped  atomic.Int64 // frames
	restarts atomic.Uint64

	trails    trails
	left      []*leftover // of the last run, as NewService found them
	leftErr   error
	wasReady  chan struct{} // closed when the recogniser was ready for the first time
	firstOnce sync.Once

	quit      chan struct{} // closed by Close
	closeOnce sync.Once

	telling sync.Mutex // held while a change of status is told, so that changes come in order

	attached sync.WaitGroup // calls of Attach

	mu      sync.Mutex
	status  Status
	child   Status // of the child alone, or of waiting for workers where there is none
	streams map[*stream]struct{}
	remotes int
	ending  bool // Run is about to return
	closed  bool
	running chan struct{} // closed when Run has returned; nil before it was called
}

// NewService returns a Service; Run starts the recogniser.
func NewService(cfg Config) *Service {
	s := &Service{
		cfg:      cfg.withDefaults(),
		start:    startChild,
		wasReady: make(chan struct{}),
		quit:     make(chan struct{}),
		status:   Status{State: Loading},
		child:    Status{State: Loading},
		streams:  map[*stream]struct{}{},
	}
	if s.cfg.Keys != nil && s.cfg.Dir != "" {
		s.left, s.leftErr = s.leftovers() // before there are new ones
	}
	return s
}

// Run supervises the recogniser until its context ends, whose error it returns, or Close is called; then it ends all
// streams. It may be called once.
func (s *Service) Run(outer context.Context) error {
	s.mu.Lock()
	if s.closed || s.running != nil {
		s.mu.Unlock()
		return ErrClosed
	}
	s.running = make(chan struct{})
	defer close(s.running)
	s.mu.Unlock()

	ctx, cancel := context.WithCancel(outer)
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-s.quit:
			cancel()
		case <-ctx.Done():
		}
	})
	wg.Go(func() { s.keep(ctx) })
	if s.cfg.NoChild {
		s.hosting(ctx)
	} else {
		s.supervise(ctx)
	}
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	s.closeOnce.Do(func() { close(s.quit) }) // which ends the workers on other machines
	s.attached.Wait()
	s.endAll()
	cancel()
	wg.Wait()
	s.trails.close(s.cfg.Log)
	return outer.Err()
}

// Status says whether words are being written.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// setStatus says what the recogniser's process is doing.
func (s *Service) setStatus(status Status) {
	s.mu.Lock()
	s.child = status
	s.mu.Unlock()
	s.refresh()
}

// refresh says whether words are written: by anybody who is connected, else as the child's state is.
func (s *Service) refresh() {
	var state State
	s.change(func(now *Status) {
		behind := now.Behind
		if len(s.fleet.list()) > 0 {
			*now = Status{State: Ready, Behind: behind && now.State == Ready}
		} else if *now = s.child; now.State == Ready {
			*now = Status{State: Loading} // it has just gone
		}
		state = now.State
	})
	if state == Ready {
		s.firstOnce.Do(func() { close(s.wasReady) })
	}
	if state == Off {
		for _, st := range s.open() {
			st.settleIfFinishing()
		}
	}
}

// joined takes a worker in whose hello has come: streams that wait for one are its own.
func (s *Service) joined(l *link) {
	s.fleet.join(l)
	for _, st := range s.open() {
		st.resume()
	}
	if l.address == "" {
		s.setStatus(Status{State: Ready})
		return
	}
	s.refresh()
	s.workerEvent(l, nil)
}

// change turns the status into another and tells it.
func (s *Service) change(f func(*Status)) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	was := s.status
	f(&s.status)
	status := s.status
	s.mu.Unlock()
	if status == was {
		return
	}
	s.cfg.Log.Info("transcription", "state", status.State, "reason", status.Reason, "behind", status.Behind)
	if s.cfg.OnStatus != nil {
		s.cfg.OnStatus(status)
	}
}

// How late lines are when that is said, and when it is no longer: an agent need not hear of what passes by itself.
const (
	behindFrom = 3 * time.Second
	behindTo   = 1500 * time.Millisecond
)

// watchLateness says when lines fall behind, which does not go unseen: the desk and the metrics show it.
func (s *Service) watchLateness() {
	late := s.late()
	s.change(func(now *Status) {
		switch {
		case now.State != Ready: // nothing is written at all, and the state says so
		case late > behindFrom:
			now.Behind = true
		case late < behindTo:
			now.Behind = false
		}
	})
}

// late is how late the line is that is waited for longest: by a worker's own word, or in sound that it has not taken in.
func (s *Service) late() time.Duration {
	var late time.Duration
	now := time.Now()
	for _, l := range s.fleet.list() {
		late = max(late, l.late(now))
	}
	for _, st := range s.open() {
		waiting, _ := st.unheard()
		late = max(late, time.Duration(waiting)*media.FrameDuration)
	}
	return late
}

// Metrics gives a snapshot of the counters.
func (s *Service) Metrics() Metrics {
	m := Metrics{Restarts: s.restarts.Load(), DroppedSeconds: float64(s.dropped.Load()) / framesPerSec, Workers: len(s.fleet.list())}
	for _, st := range s.open() {
		waiting, keeping := st.unheard()
		m.Streams++
		m.LagSeconds = max(m.LagSeconds, float64(waiting)/framesPerSec)
		m.KeptSeconds += float64(keeping) / framesPerSec
	}
	m.LateSeconds = s.late().Seconds()
	return m
}

// Open starts the transcription of one leg, whatever the Status is: sound is kept until it can be heard.
func (s *Service) Open(cfg StreamConfig) Stream { return s.openStream(cfg) }

func (s *Service) openStream(cfg StreamConfig) *stream {
	cfg.Prompt = clip(cfg.Prompt, maxPromptBytes)
	cfg.Translate = clip(cfg.Translate, maxPromptBytes)
	cfg.Language = clip(cfg.Language, maxLanguageBytes)
	st := &stream{service: s, cfg: cfg, log: s.cfg.Log, notify: make(chan struct{}, 1), done: make(chan struct{})}
	st.kept = kept{pool: &s.pool, limit: frames(s.cfg.MaxKept)}
	s.mu.Lock()
	closed := s.closed
	s.streams[st] = struct{}{}
	s.mu.Unlock()
	go st.deliver()
	if closed {
		st.settle()
	}
	return st
}

// Close ends Run and every stream, and waits for both.
func (s *Service) Close() error {
	s.closeOnce.Do(func() { close(s.quit) })
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if running != nil {
		<-running
	}
	s.endAll()
	return nil
}

// endAll ends every stream, and those that are opened from now on at once.
func (s *Service) endAll() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	open := s.open()
	for _, st := range open {
		st.settle()
	}
	for _, st := range open {
		<-st.done
	}
}

// open lists the streams that have not ended.
func (s *Service) open() []*stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*stream, 0, len(s.streams))
	for st := range s.streams {
		list = append(list, st)
	}
	return list
}

func (s *Service) forget(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, st)
}

// frames is d on the axis of positions.
func frames(d time.Duration) int64 { return int64(d * framesPerSec / time.Second) }

// clip cuts s at a rune's boundary.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && s[limit]&0xc0 == 0x80 {
		limit--
	}
	return s[:limit]
}

// sendList holds the streams that have something for a worker.
type sendList struct {
	signal chan struct{}

	mu   sync.Mutex
	list []*stream
	in   map[*stream]struct{}
}

// add puts st on the list. It never blocks.
func (l *sendList) add(st *stream) {
	l.mu.Lock()
	if l.in == nil {
		l.in = map[*stream]struct{}{}
	}
	if _, ok := l.in[st]; !ok {
		l.in[st] = struct{}{}
		l.list = append(l.list, st)
	}
	l.mu.Unlock()
	l.wake()
}

// remove forgets st, which has ended or moved; the writer is still woken, to close it at the worker.
func (l *sendList) remove(st *stream) {
	l.mu.Lock()
	if _, ok := l.in[st]; ok {
		delete(l.in, st)
		l.list = slices.DeleteFunc(l.list, func(other *stream) bool { return other == st })
	}
	l.mu.Unlock()
	l.wake()
}

func (l *sendList) wake() {
	select {
	case l.signal <- struct{}{}:
	default:
	}
}

// takeAll empties the list into into.
func (l *sendList) takeAll(into []*stream) []*stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	into = append(into[:0], l.list...)
	clear(l.list)
	l.list = l.list[:0]
	clear(l.in)
	return into
}
