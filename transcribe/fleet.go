package transcribe

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"patchbay/media"
)

// When a worker gives its calls to others. Its heart beats each half second, and what it hears it reports each 0.1 s.
const (
	balanceEvery = 500 * time.Millisecond
	silentAfter  = 1700 * time.Millisecond // three heartbeats and their way
	stuckFrom    = 2 * time.Second         // of sound that it has not heard, and that does not get less
	settleIn     = 4 * time.Second         // what it takes over may be behind for so long
)

// WorkerStatus is a recogniser as administrators see it.
type WorkerStatus struct {
	Name      string    `json:"name"`    // unique among those that are connected
	Address   string    `json:"address"` // "" on this machine
	Model     string    `json:"model"`
	Program   string    `json:"program"`   // its version
	Cores     int       `json:"cores"`     // passes at a time
	Streams   int       `json:"streams"`   // legs that it writes down
	Waiting   int       `json:"waiting"`   // lines that wait for a pass
	BehindMS  int64     `json:"behind_ms"` // how late the line is that is waited for longest, or how much sound it has not heard
	Passes    uint64    `json:"passes"`
	Failed    uint64    `json:"failed"`
	Silent    bool      `json:"silent"` // nothing was heard of it lately: its legs are with others, where there are others
	Connected time.Time `json:"connected_at"`
}

// fleet are the workers that are connected and can transcribe. Its lock is a leaf.
type fleet struct {
	mu    sync.Mutex
	links []*link
	empty time.Time // since when there is none
}

// join adds a link, whose hello has come.
func (f *fleet) join(l *link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	base := l.name
	for n := 2; slices.ContainsFunc(f.links, func(o *link) bool { return o.name == l.name }); n++ {
		l.name = fmt.Sprintf("%s#%d", base, n)
	}
	f.links = append(f.links, l)
}

func (f *fleet) leave(l *link) (was bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.links, l)
	if i < 0 {
		return false
	}
	f.links = slices.Delete(f.links, i, i+1)
	if len(f.links) == 0 {
		f.empty = time.Now()
	}
	return true
}

func (f *fleet) list() []*link {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.links)
}

// emptySince is when the last worker left; the zero time while there are some.
func (f *fleet) emptySince() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.links) > 0 {
		return time.Time{}
	}
	return f.empty
}

// choose gives the worker with the most room for one leg more, but not not; nil where there is none. With fit, only one that
// has no trouble of its own.
func (f *fleet) choose(not *link, fit bool) *link {
	f.mu.Lock()
	defer f.mu.Unlock()
	var best *link
	var least float64
	for _, l := range f.links {
		if l == not || fit && l.ailing.Load() {
			continue
		}
		crowd := float64(l.placed.Load()+1) / float64(max(l.cores, 1))
		if l.ailing.Load() {
			crowd += 1e6
		}
		if best == nil || crowd < least {
			best, least = l, crowd
		}
	}
	return best
}

// balance looks at every worker's health, and moves legs away from those that have trouble to those that have none: all of
// them where it is silent, those that it does not hear, and, where its lines are late, one at a time.
func (s *Service) balance(now time.Time) {
	links := s.fleet.list()
	homes := map[*link][]*stream{}
	stuck := map[*link][]*stream{}
	for _, st := range s.open() {
		home, isStuck := st.health(now)
		if home == nil {
			continue
		}
		homes[home] = append(homes[home], st)
		if isStuck {
			stuck[home] = append(stuck[home], st)
		}
	}
	for _, l := range links {
		l.ailing.Store(l.isSilent(now) || len(stuck[l]) > 0 || l.late(now) > behindFrom)
	}
	if len(links) < 2 {
		return
	}
	for _, l := range links {
		if !l.ailing.Load() {
			continue
		}
		move := stuck[l]
		switch {
		case l.isSilent(now):
			move = homes[l]
		case len(move) == 0 && len(homes[l]) > 1: // its only leg would be as late elsewhere
			move = []*stream{slices.MinFunc(homes[l], func(a, b *stream) int { return cmp.Compare(a.owed(), b.owed()) })}
		}
		for _, st := range move {
			to := s.fleet.choose(l, true)
			if to == nil {
				return
			}
			st.move(l, to)
		}
	}
}

// health gives where the stream is, and whether it is stuck there: sound that was not heard does not get less.
func (st *stream) health(now time.Time) (home *link, stuck bool) {
	waiting, _ := st.unheard()
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended || !st.begun {
		return nil, false
	}
	stuck = st.home != nil && now.Sub(st.movedAt) > settleIn && waiting > frames(stuckFrom) && waiting >= st.waited
	st.waited = waiting
	return st.home, stuck
}

// owed is the number of frames that another worker would have to hear again.
func (st *stream) owed() int64 {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.written - st.consumed/frameSamples
}

// move puts the stream from one worker to another, where it begins a little before its last line's end.
func (st *stream) move(from, to *link) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended || st.home != from {
		return
	}
	st.leaveHome()
	st.goTo(to)
	st.log.Info("a leg is heard by another recogniser", "stream", st.cfg.ID, "from", from.name, "to", to.name)
}

// goTo gives the stream a worker. mu is held.
func (st *stream) goTo(l *link) {
	st.home, st.movedAt = l, time.Now()
	l.placed.Add(1)
	l.toSend.add(st)
}

// leaveHome takes the stream off its worker, which is told to forget it. mu is held.
func (st *stream) leaveHome() {
	if st.home == nil {
		return
	}
	st.home.placed.Add(-1)
	if st.link != nil {
		st.link.retire(st.wire)
		st.link = nil
	}
	st.home.toSend.remove(st)
	st.home = nil
}

// ask asks that the stream's sound be sent, by the worker that it has, or now gets. mu is held.
func (st *stream) ask() {
	if st.home != nil {
		st.home.toSend.add(st)
	} else if l := st.service.fleet.choose(nil, false); l != nil {
		st.goTo(l)
	}
}

// Workers lists the recognisers that are connected, in the order in which they came.
func (s *Service) Workers() []WorkerStatus {
	now := time.Now()
	behind := map[*link]time.Duration{}
	for _, st := range s.open() {
		waiting, _ := st.unheard()
		st.mu.Lock()
		home := st.home
		st.mu.Unlock()
		behind[home] = max(behind[home], time.Duration(waiting)*media.FrameDuration)
	}
	list := []WorkerStatus{}
	for _, l := range s.fleet.list() {
		w := l.status()
		w.BehindMS = max(l.late(now), behind[l]).Milliseconds()
		w.Silent = l.isSilent(now)
		list = append(list, w)
	}
	return list
}
