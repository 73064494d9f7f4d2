package rtp

import (
	"math"
	"testing"
	"time"

	"patchbay/media"
)

// stretch is how long a piece of sound is that is judged at once: 100 ms.
const stretch = media.SampleRate / 10

// steadiness listens to a tone that never stops: how much of the least pure stretch is the tone, and how loud the quietest is
// against the first. A gap, a click or silence in a stretch shows in either.
type steadiness struct {
	hz             float64
	piece          []int16
	first          float64
	purest, faints float64
	n              int
}

func (s *steadiness) take(f *media.Frame) {
	if s.piece = append(s.piece, f[:]...); len(s.piece) < stretch {
		return
	}
	level := rms(s.piece)
	if s.n++; s.n == 1 {
		s.first, s.purest, s.faints = level, 1, 1
	}
	s.purest = min(s.purest, purity(s.piece, s.hz))
	s.faints = min(s.faints, level/s.first)
	s.piece = s.piece[:0]
}

// TestDriftIsNotHeard: half an hour of a clock that is off by 200 parts per million either way, the most that telephones and
// gateways have. It moves by 18 Frames, one packet at a time: the delay stays, no sound is lost or made up, and where a period
// of the voice is put in or taken out the ear does not notice.
func TestDriftIsNotHeard(t *testing.T) {
	const packets = 30 * 60 * 50
	for _, ppm := range []float64{200, -200} {
		rng := seeded()
		ear := &steadiness{hz: 437}
		var least, most time.Duration = time.Hour, 0
		r, _ := call{skew: ppm / 1e6, network: func(int) (time.Duration, int) {
			return time.Duration(30000+rng.IntN(3000)) * time.Microsecond, 1
		}, heard: func(tick int, f *media.Frame, ok bool) {
			if tick > 100 && tick < packets-500 {
				if !ok {
					t.Fatalf("%+.0f ppm: nothing is heard at %v", ppm, time.Duration(tick)*media.FrameDuration)
				}
				ear.take(f)
			}
		}, between: func(tick int, r *Receiver) {
			if tick > 1000 && tick < packets-500 && tick%50 == 0 {
				d := r.Stats().Delay
				least, most = min(least, d), max(most, d)
			}
		}}.run(t, packets)
		s := r.Stats()
		t.Logf("%+.0f ppm: delay %v to %v; the worst 100 ms are the tone by %.4f, the faintest has %.3f of its level; %d samples concealed", ppm, least, most, ear.purest, ear.faints, s.Concealed)
		if most > 60*time.Millisecond || most-least > 30*time.Millisecond || s.Late+s.Dropped+s.Overflowed > 0 || s.Resyncs != 1 {
			t.Errorf("%+.0f ppm: delay %v to %v, %+v", ppm, least, most, s)
		}
		// Where only 2.5 ms are left to trim, no whole period may fit: the seam then shifts the tone's phase, blended over 10 ms.
		if ear.purest < 0.9 || ear.faints < 0.95 {
			t.Errorf("%+.0f ppm: the worst 100 ms are the tone by %.4f, the faintest has %.3f of its level", ppm, ear.purest, ear.faints)
		}
	}
}

// TestCountersWrap: a stream whose timestamp and sequence number go round in its midst is heard as any other; together, and
// each alone.
func TestCountersWrap(t *testing.T) {
	for name, begin := range map[string]func(*Sender){
		"timestamp": func(s *Sender) { s.seq, s.ts = 100, timestamp(math.MaxUint32-200*160+1) },
		"sequence":  func(s *Sender) { s.seq, s.ts = math.MaxUint16-250, 1000 },
		"both":      func(s *Sender) { s.seq, s.ts = math.MaxUint16-250, timestamp(math.MaxUint32-250*160) },
		"twice":     func(s *Sender) { s.seq, s.ts = math.MaxUint16, math.MaxUint32 },
	} {
		t.Run(name, func(t *testing.T) {
			rng := seeded()
			r, pcm := call{begin: begin, network: func(i int) (time.Duration, int) {
				if i%37 == 5 {
					return 0, 0 // also at the turn
				}
				return time.Duration(30+rng.IntN(25)) * time.Millisecond, 1 // some overtake others
			}}.run(t, 500)
			s := r.Stats()
			if s.Resyncs != 1 || s.Lost != 14 || s.Strangers > 0 || s.Delay > 80*time.Millisecond {
				t.Errorf("%+v", s)
			}
			for i := 50 * media.FrameSamples; i < 490*media.FrameSamples; i += 3200 {
				if p := purity(pcm[i:i+3200], 437); p < 0.9 {
					t.Errorf("at %d ms only %.2f of the sound is the tone", i/16, p)
				}
			}
		})
	}
}
