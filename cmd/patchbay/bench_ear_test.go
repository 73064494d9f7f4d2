//go:build bench

package main

import (
	"math"
	"math/bits"
	"sync"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/prompt"
)

// hopEar notes when it begins to hear the agent's tones. Its own delay is none: the moment is the arrival of the first of
// four packets in a row that hold them.
type hopEar struct {
	mu     sync.Mutex
	begins []begin
	row    int  // packets in a row
	before uint // tones of the packet before, one bit each
	last   time.Time
}

// begin is when tones began, and how long there were none before.
type begin struct {
	at    time.Time
	quiet time.Duration
}

// hopRow is how many packets in a row are no chance. A hop is longer than a packet and shorter than two, so any two packets
// hold different tones, of which music is not capable for long.
const hopRow = 4

func (e *hopEar) hear(at time.Time, sound pcm) {
	e.mu.Lock()
	defer e.mu.Unlock()
	tones := hopping(sound)
	if tones == 0 || e.row > 0 && bits.OnesCount(tones|e.before) < 2 {
		if e.row > 0 && e.row < hopRow {
			e.begins = e.begins[:len(e.begins)-1]
		}
		e.row = 0
	}
	e.before = tones
	if tones == 0 {
		return
	}
	if e.row++; e.row == 1 {
		e.begins = append(e.begins, begin{at, at.Sub(e.last)})
	}
	if e.row >= hopRow {
		e.last = at
	}
}

// after gives the first moment after t at which the tones began after so much quiet, or none within the limit.
func (e *hopEar) after(t time.Time, quiet, limit time.Duration) (time.Time, bool) {
	for end := time.Now().Add(limit); ; time.Sleep(10 * time.Millisecond) {
		e.mu.Lock()
		for i, b := range e.begins {
			if b.at.After(t) && b.quiet >= quiet && (i < len(e.begins)-1 || e.row >= hopRow) {
				e.mu.Unlock()
				return b.at, true
			}
		}
		e.mu.Unlock()
		if time.Now().After(end) {
			return time.Time{}, false
		}
	}
}

// hopping gives the tones of a packet that holds one, or two that follow each other, wherever in it the second begins: within
// a multiple of 5 ms each of the tones has whole periods, so that none is taken for another.
func hopping(sound pcm) (tones uint) {
	const piece = phoneRate / 200
	energy, best := 0.0, 0.0
	for _, s := range sound {
		energy += float64(s) * float64(s)
	}
	if math.Sqrt(energy/packetSamples) < 60 {
		return 0
	}
	for cut := 0; cut < packetSamples; cut += piece {
		first, a := clearest(sound[:cut])
		second, b := clearest(sound[cut:])
		if a+b > best {
			best, tones = a+b, first|second
		}
	}
	if best < 0.65*energy {
		return 0
	}
	return tones
}

// clearest gives that one of the tones which has the most energy, and how much; none of no sound.
func clearest(sound []int16) (tone uint, most float64) {
	for i, hz := range agentHz {
		var re, im float64
		for i, s := range sound {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / phoneRate)
			re, im = re+float64(s)*cos, im+float64(s)*sin
		}
		if e := 2 * (re*re + im*im) / float64(max(len(sound), 1)); e > most {
			tone, most = 1<<i, e
		}
	}
	return tone, most
}

// TestHopEar: wherever packets cut the tones, the bench's ear hears the agent in the first whole packet, and in nothing else
// that a customer hears.
func TestHopEar(t *testing.T) {
	listen := func(sound []int16) (e *hopEar, start time.Time) {
		e, start = &hopEar{}, time.Now()
		for n := 0; (n+1)*packetSamples <= len(sound); n++ {
			e.hear(start.Add(time.Duration(n)*media.FrameDuration), pcm(sound[n*packetSamples:(n+1)*packetSamples]))
		}
		return e, start
	}
	agent := telephone(hops(agentHz))[phoneRate/50:] // past the filter's rise
	for phase := range packetSamples {
		e, start := listen(agent[phase:])
		if len(e.begins) != 1 || !e.begins[0].at.Equal(start) || e.row < len(agent)/packetSamples-1 {
			t.Errorf("phase %d: %d beginnings, %d packets in a row", phase, len(e.begins), e.row)
		}
	}
	frames := func(p *prompt.Player, seconds int) (sound []int16) {
		var f media.Frame
		for range seconds * media.SampleRate / media.FrameSamples {
			p.ReadFrame(&f)
			sound = append(sound, f[:]...)
		}
		return telephone(sound)
	}
	for name, sound := range map[string][]int16{
		"the greeting": frames(prompt.Greeting().Player(false), 5), "music": frames(prompt.Hold().Player(true), 60),
		"the customer": telephone(hops(customerHz)),
	} {
		if e, _ := listen(sound); len(e.begins) > 1 || len(e.begins) == 1 && e.row >= hopRow {
			t.Errorf("the agent is heard %d times in %s", len(e.begins), name)
		}
	}
}
