package acd

import (
	"time"

	"patchbay/media"
	"patchbay/media/prompt"
)

// quietEarly is how long a telephone that promised sound before its answer may send none before the ring-back tone stands in
// for it: networks say 183 with a description, and send nothing, where they mean 180 (RFC 3960 §3.2 has the same rule).
const quietEarly = time.Second

// earlySound is the leg of a telephone that does not answer yet. It belongs to the bridge's tick.
type earlySound struct {
	media.Leg
	tone  *prompt.Player
	quiet int // frames without sound
}

// early makes the leg that is heard until the answer.
func (c *Center) early(leg media.Leg) media.Leg {
	if c.cfg.RingBack == nil {
		return leg
	}
	return &earlySound{Leg: leg, tone: c.cfg.RingBack.Player(true)}
}

// ReadFrame implements media.Source.
func (e *earlySound) ReadFrame(f *media.Frame) bool {
	if e.Leg.ReadFrame(f) {
		e.quiet = 0
		return true
	}
	if e.quiet++; e.quiet <= int(quietEarly/media.FrameDuration) {
		return false
	}
	return e.tone.ReadFrame(f)
}
