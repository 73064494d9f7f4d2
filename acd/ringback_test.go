package acd

import (
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/prompt"
)

const ringSays = 2500

// TestPromisedSoundThatDoesNotCome: a number says 183 with a description and sends nothing. After a second whoever waits for it
// hears it ring, until sound comes after all, and again when that stops.
func TestPromisedSoundThatDoesNotCome(t *testing.T) {
	onStageWith(t, func(c *Config) { c.RingBack = clip(ringSays, time.Minute) }, func(s *stage) {
		s.wait(time.Second)
		s.must(s.Transfer(s.ctx, "akiko", s.id, numberTo("+12025550177"), ""))
		s.settle()
		out := s.dialer.last()
		out.silence(true)
		out.early()
		s.wait(500 * time.Millisecond)
		s.hears("customer, at first", s.haruto, 0)
		s.wait(time.Second)
		s.hears("customer", s.haruto, ringSays)
		out.silence(false)
		s.settle()
		s.hears("customer, of the network", s.haruto, numberSays)
		out.silence(true)
		s.wait(1500 * time.Millisecond)
		s.hears("customer, once the network is silent again", s.haruto, ringSays)
		out.silence(false)
		out.answer()
		s.settle()
		s.hears("customer", s.haruto, numberSays)
		s.hears("number", out, customerSays)
		out.silence(true) // an answered telephone may be silent: nothing rings
		s.wait(3 * time.Second)
		s.hears("customer, of a silent number", s.haruto, 0)
	})
}

// TestEarlySoundDoesNotAllocate: it is read in the tick.
func TestEarlySoundDoesNotAllocate(t *testing.T) {
	quiet := &ear{}
	quiet.silence(true)
	e := &earlySound{Leg: quiet, tone: prompt.RingBack("JP").Player(true)}
	var f media.Frame
	if n := testing.AllocsPerRun(500, func() { e.ReadFrame(&f) }); n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}
