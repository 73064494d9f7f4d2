package worker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/transcribe"
)

// rank orders passes: a lower one goes first.
type rank int

const (
	rankFinal   rank = iota // a line is waited for
	rankTrial               // the utterance may have ended: see pauseAfter
	rankPartial             // gives way to all others, and so becomes rarer under load
)

// pass is one run of the recogniser that a session wants. Its session owns it; what a worker reads while it runs is
// immutable or atomic.
type pass struct {
	utterance *utterance
	audio     transcribe.Audio
	final     bool
	from      int64        // in the audio
	to        atomic.Int64 // in the audio; a waiting partial grows with the sound
	language  string
	prompt    string
	draft     []int32
	guess     string
	attempt   int
	reply     func(result) // called by the worker, once, unless the pass was withdrawn while it waited

	// Guarded by the scheduler.
	rank      rank
	seq       uint64
	cancel    context.CancelFunc // while it runs
	withdrawn bool
	wanted    time.Time // since when a line waits for it; zero for others
	since     time.Time // it has run
}

// result is what became of a pass.
type result struct {
	pass *pass
	hyp  transcribe.Hypothesis
	err  error
}

// scheduler shares the engine among all streams: so many passes at a time, lines before partials.
type scheduler struct {
	engine transcribe.Engine

	mu      sync.Mutex
	work    sync.Cond
	waiting []*pass
	running map[*pass]struct{}
	seq     uint64
	closed  bool
	passes  uint64
	failed  uint64
}

func newScheduler(engine transcribe.Engine) *scheduler {
	s := &scheduler{engine: engine, running: map[*pass]struct{}{}}
	s.work.L = &s.mu
	return s
}

// submit queues p. Sessions bound how many passes they want at a time, so the queue is bounded by the streams.
func (s *scheduler) submit(p *pass) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	p.seq = s.seq
	if p.rank == rankFinal && p.wanted.IsZero() {
		p.wanted = time.Now()
	}
	s.waiting = append(s.waiting, p)
	s.work.Signal()
}

// promote says that a line waits for p.
func (s *scheduler) promote(p *pass) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.rank, p.wanted = rankFinal, time.Now()
}

// withdraw takes p back. It reports false where p runs or has run: then its reply still comes.
func (s *scheduler) withdraw(p *pass) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, w := range s.waiting {
		if w == p {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return true
		}
	}
	p.withdrawn = true
	if p.cancel != nil {
		p.cancel()
	}
	return false
}

// next waits for a pass; nil means that the scheduler was closed.
func (s *scheduler) next(ctx context.Context) (*pass, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) == 0 && !s.closed {
		s.work.Wait()
	}
	if s.closed {
		return nil, nil
	}
	first := 0
	for i, p := range s.waiting {
		if f := s.waiting[first]; p.rank < f.rank || p.rank == f.rank && p.seq < f.seq {
			first = i
		}
	}
	p := s.waiting[first]
	s.waiting = append(s.waiting[:first], s.waiting[first+1:]...)
	s.running[p] = struct{}{}
	s.passes++
	ctx, p.cancel = context.WithCancel(ctx)
	p.since = time.Now()
	return p, ctx
}

func (s *scheduler) done(p *pass, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, p)
	p.cancel()
	p.cancel = nil
	if err != nil && !p.withdrawn {
		s.failed++
	}
}

// run is one worker. It returns when the scheduler is closed; ctx ends the pass under way.
func (s *scheduler) run(ctx context.Context) {
	for {
		p, passCtx := s.next(ctx)
		if p == nil {
			return
		}
		hyp, err := s.engine.Decode(passCtx, transcribe.Pass{Audio: p.audio, From: p.from, To: p.to.Load(),
			Final: p.final, Language: p.language, Prompt: p.prompt, Draft: p.draft, Guess: p.guess})
		s.done(p, err)
		p.reply(result{pass: p, hyp: hyp, err: err})
	}
}

// close ends the workers after what they do.
func (s *scheduler) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.waiting = nil
	s.work.Broadcast()
}

// load describes the queue.
type load struct {
	finals, partials int
	passes, failed   uint64
	longest          time.Duration // that a pass has been running
	late             time.Duration // that a line has been waited for
}

func (s *scheduler) load(now time.Time) load {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := load{passes: s.passes, failed: s.failed}
	for _, p := range s.waiting {
		if p.final {
			l.finals++
		} else {
			l.partials++
		}
		l.waitFor(p, now)
	}
	for p := range s.running {
		l.longest = max(l.longest, now.Sub(p.since))
		l.waitFor(p, now)
	}
	return l
}

func (l *load) waitFor(p *pass, now time.Time) {
	if !p.wanted.IsZero() {
		l.late = max(l.late, now.Sub(p.wanted))
	}
}
