package rtp

import (
	"math"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

// vowels is a voice: a pitch that moves, with harmonics under formants that change each third of a second.
type vowels struct{ n, phase float64 }

func (v *vowels) next(f *media.Frame) {
	formants := [][2]float64{{700, 1200}, {300, 2300}, {500, 900}, {400, 2000}}
	t := v.n / media.SampleRate
	v.n += media.FrameSamples
	pitch := 120 + 25*math.Sin(2*math.Pi*1.7*t) + 8*math.Sin(2*math.Pi*5.1*t)
	var gains []float64
	for h := 1.0; h*pitch < 3500; h++ {
		gain := 0.02
		for _, at := range formants[int(t*3)%len(formants)] {
			gain += math.Exp(-math.Pow((h*pitch-at)/200, 2))
		}
		gains = append(gains, gain)
	}
	for i := range f {
		v.phase += 2 * math.Pi * pitch / media.SampleRate
		x := 0.0
		for h, gain := range gains {
			x += gain * math.Sin(float64(h+1)*v.phase)
		}
		f[i] = int16(3000 * x)
	}
}

// TestLossIsHeardFromCopies: where the far end's Opus carries copies, a lost packet is heard from the next one, which the
// buffer waits for; the wait goes when the losses do.
func TestLossIsHeardFromCopies(t *testing.T) {
	const packets, lossy = 1800, 1000
	listen := func(copies int) (ReceiverStats, float64, time.Duration) {
		rng, voice := seeded(), &vowels{}
		var said []int16
		var worst time.Duration
		r, heard := call{
			format: Default(codec.Opus), options: codec.Options{Bitrate: 32000, LossPct: copies},
			source: func(f *media.Frame, _ int) { voice.next(f); said = append(said, f[:]...) },
			network: func(i int) (time.Duration, int) {
				if i > 100 && i < lossy && rng.IntN(12) == 0 {
					return 0, 0
				}
				return time.Duration(30000+rng.IntN(2000)) * time.Microsecond, 1
			},
			between: func(tick int, r *Receiver) {
				if tick > 200 {
					worst = max(worst, r.Stats().Delay)
				}
			},
		}.run(t, packets)
		return r.Stats(), likeness(said[300*media.FrameSamples:lossy*media.FrameSamples], heard), worst
	}
	plain, without, _ := listen(0)
	s, with, worst := listen(20)
	lost := uint64(s.Lost) * media.FrameSamples
	t.Logf("%d packets lost: %d samples from copies, %d made up; likeness %.3f, without copies %.3f; delay %v at most, %v in the end", s.Lost, s.Recovered, s.Concealed, with, without, worst, s.Delay)
	if s.Recovered < lost*6/10 || s.Concealed > lost/2 || s.Lost < 50 {
		t.Errorf("%+v", s)
	}
	if with < without+0.02 {
		t.Errorf("with copies the sound is like the original by %.3f, without by %.3f (%+v)", with, without, plain)
	}
	if worst > 75*time.Millisecond || s.Delay > 40*time.Millisecond {
		t.Errorf("delay of %v at most, %v in the end", worst, s.Delay)
	}
}

// likeness is the mean correlation of short stretches of said with what was heard, each at its best offset within 110 ms: the
// playout shifts them against each other.
func likeness(said, heard []int16) float64 {
	const stretch, reach = 40 * media.SampleRate / 1000, 110 * media.SampleRate / 1000
	first := 300 * media.FrameSamples
	sum, n := 0.0, 0
	for at := 0; at+stretch <= len(said); at += 4 * stretch {
		from := first + at
		if from+stretch+reach > len(heard) {
			break
		}
		best, place := 0.0, 0
		try := func(shift int) {
			if c := correlation(said[at:at+stretch], heard[from+shift:from+shift+stretch]); c > best {
				best, place = c, shift
			}
		}
		for shift := 1; shift < reach-1; shift += 2 {
			try(shift)
		}
		try(place - min(place, 1))
		try(place + 1)
		sum += best
		n++
	}
	return sum / float64(n)
}

func correlation(a, b []int16) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
