package rtp

import "math"

// comfortNoise makes the background noise that a far end describes instead of sending it (RFC 3389). Only the level is
// followed: white noise through a gentle low-pass, since that is what rooms sound like.
type comfortNoise struct {
	amplitude int32 // of the white noise; 0 is off
	seed      uint32
	last      int32
}

// set takes the payload of a comfort noise packet: the level in −dBov in its first byte (RFC 3389 §3.1).
func (c *comfortNoise) set(payload []byte) {
	level := byte(70)
	if len(payload) > 0 {
		level = min(payload[0]&0x7f, 127)
	}
	// White noise between ±a has an RMS of a/√3, and the low-pass of fill leaves 1/√3 of that.
	c.amplitude = int32(math.MaxInt16 * math.Pow(10, -float64(level)/20) * math.Sqrt(3) * math.Sqrt(3))
	c.amplitude = min(c.amplitude, math.MaxInt16/4)
}

// fill makes noise.
func (c *comfortNoise) fill(out []int16) {
	for i := range out {
		c.seed = c.seed*1664525 + 1013904223 // the generator of Numerical Recipes
		white := int32(int64(int32(c.seed)) * int64(c.amplitude) >> 31)
		c.last += (white - c.last) / 2
		out[i] = int16(c.last)
	}
}
