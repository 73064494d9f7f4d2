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

	// rankTranslation runs where nothing else does, one at a time, and is broken off where anything else comes and no worker
	// is free for it, or a line is wanted: runs of the recogniser share the cores.
	rankTranslation
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
	line      transcribe.Line // whose English is wanted, of a translation
	reply     func(result)    // called by the worker, once, unless the pass was withdrawn while it waited

	// Guarded by the scheduler.
	rank      rank
	seq       uint64
	cancel    context.CancelFunc // while it runs
	withdrawn bool
	putOff    bool      // it was broken off, to be begun again
	until     time.Time // it is given up; zero for all but translations
	wanted    time.Time // since when a line waits for it; zero for others
	since     time.Time // it has run
}

// translates reports whether p is wanted for the English of a line.
func (p *pass) translates() bool { return p.line.ID != "" }

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
	workers int
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
	if p.translates() {
		p.until = time.Now().Add(translateWithin)
	} else {
		s.makeRoom(p.rank)
	}
	s.waiting = append(s.waiting, p)
	s.work.Signal()
}

// makeRoom breaks a translation off that would be in the way. mu is held.
func (s *scheduler) makeRoom(r rank) {
	for q := range s.running {
		if q.translates() && !q.putOff && (r < rankPartial || len(s.running) >= s.workers) {
			q.putOff = true
			q.cancel()
		}
	}
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
	first := s.first()
	for first < 0 && !s.closed {
		s.work.Wait()
		first = s.first()
	}
	if s.closed {
		return nil, nil
	}
	p := s.waiting[first]
	s.waiting = append(s.waiting[:first], s.waiting[first+1:]...)
	s.running[p] = struct{}{}
	s.passes++
	ctx, p.cancel = context.WithCancel(ctx)
	p.since = time.Now()
	return p, ctx
}

// first is the waiting pass that goes first; -1 where none may run now. mu is held.
func (s *scheduler) first() int {
	first := -1
	for i, p := range s.waiting {
		if p.translates() {
			if !time.Now().Before(p.until) {
				return i // it is answered at once, without a run
			}
			if len(s.running) > 0 {
				continue
			}
		}
		if first < 0 || p.rank < s.waiting[first].rank || p.rank == s.waiting[first].rank && p.seq < s.waiting[first].seq {
			first = i
		}
	}
	return first
}

// done takes in that p has run, and reports whether that answers it: a translation that was put off waits again.
func (s *scheduler) done(p *pass, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, p)
	p.cancel()
	p.cancel = nil
	if p.translates() {
		if err != nil && p.putOff && !p.withdrawn && !s.closed {
			p.putOff = false
			s.waiting = append(s.waiting, p)
			s.work.Signal()
			return false
		}
	} else if err != nil && !p.withdrawn {
		s.failed++
	}
	if len(s.running) == 0 {
		s.work.Signal() // a translation may run now
	}
	return true
}

// run is one worker. It returns when the scheduler is closed; ctx ends the pass under way.
func (s *scheduler) run(ctx context.Context) {
	s.mu.Lock()
	s.workers++
	s.mu.Unlock()
	for {
		p, passCtx := s.next(ctx)
		if p == nil {
			return
		}
		hyp, err := transcribe.Hypothesis{}, errGivenUp
		if p.until.IsZero() || time.Now().Before(p.until) {
			hyp, err = s.engine.Decode(passCtx, transcribe.Pass{Audio: p.audio, From: p.from, To: p.to.Load(),
				Final: p.final, Translate: p.translates(), Language: p.language, Prompt: p.prompt, Draft: p.draft, Guess: p.guess})
		}
		if s.done(p, err) {
			p.reply(result{pass: p, hyp: hyp, err: err})
		}
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
		switch {
		case p.final:
			l.finals++
		case !p.translates():
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
