package prompt

import (
	"sync/atomic"

	"patchbay/media"
)

// rampSamples is how long a player fades in, and fades out at the end of a clip: 5 ms, enough that nothing clicks.
const rampSamples = media.SampleRate * 5 / 1000

// Player plays a Clip into a Bridge, which calls ReadFrame; the other methods may be called from any goroutine.
type Player struct {
	samples  []int16
	loop     bool
	stopping atomic.Bool
	done     chan struct{}

	// owned by the Bridge's tick
	pos   int  // next sample
	began bool // the fade-in is over
	ended bool // done is closed
}

var _ media.Leg = (*Player)(nil)

// Player makes a player at the clip's beginning, which plays it once or again and again.
func (c *Clip) Player(loop bool) *Player {
	return &Player{samples: c.samples, loop: loop && len(c.samples) > 0, done: make(chan struct{})}
}

// ReadFrame implements media.Source.
func (p *Player) ReadFrame(f *media.Frame) bool {
	if p.ended {
		return false
	}
	stopping := p.stopping.Load()
	n := p.fill(f)
	if n == 0 || stopping && !p.began {
		p.end()
		return false
	}
	if !p.began {
		p.began = true
		fadeIn(f[:min(n, rampSamples)])
	}
	switch {
	case stopping:
		fadeOut(f[:n])
		p.end()
	case n < len(f) || !p.loop && p.pos == len(p.samples):
		fadeOut(f[max(0, n-rampSamples):n])
		p.end()
	}
	clear(f[n:])
	return true
}

// fill copies what comes next and reports how many samples there were: fewer than a frame only at the end.
func (p *Player) fill(f *media.Frame) (n int) {
	for {
		copied := copy(f[n:], p.samples[p.pos:])
		n += copied
		p.pos += copied
		if n == len(f) || !p.loop {
			return n
		}
		p.pos = 0
	}
}

func (p *Player) end() {
	p.ended = true
	close(p.done)
}

func fadeIn(s []int16) {
	for i := range s {
		s[i] = int16(int(s[i]) * i / len(s))
	}
}

func fadeOut(s []int16) {
	for i := range s {
		s[i] = int16(int(s[i]) * (len(s) - i - 1) / len(s))
	}
}

// WriteFrame implements media.Sink; a player does not listen.
func (p *Player) WriteFrame(*media.Frame) {}

// Stop fades the player out over the next frame that a Bridge reads; then it is done.
func (p *Player) Stop() { p.stopping.Store(true) }

// Done is closed in the tick after which there is nothing more to play: at the end of a clip that does not loop, or
// after Stop. A player that no Bridge reads is never done.
func (p *Player) Done() <-chan struct{} { return p.done }
