package prompt

import (
	"testing"

	"patchbay/media"
)

// constant is a clip of n equal samples, in which every fade shows.
func constant(n int) *Clip {
	s := make([]int16, n)
	for i := range s {
		s[i] = 10000
	}
	return NewClip(s)
}

func isDone(p *Player) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

// play reads up to max frames and gives what was played.
func play(p *Player, most int) (out []int16) {
	var f media.Frame
	for range most {
		if !p.ReadFrame(&f) {
			break
		}
		out = append(out, f[:]...)
	}
	return out
}

// checkSmooth wants no step larger than what a fade of rampSamples makes.
func checkSmooth(t *testing.T, s []int16) {
	t.Helper()
	last := int16(0)
	for i, v := range append(s, 0) {
		if d := int(v) - int(last); d > 10000/rampSamples+1 || d < -10000/rampSamples-1 {
			t.Fatalf("a step of %d at sample %d", d, i)
		}
		last = v
	}
}

func TestPlayOnce(t *testing.T) {
	for _, n := range []int{1, rampSamples, media.FrameSamples, 2 * media.FrameSamples, 2*media.FrameSamples + 1,
		3*media.FrameSamples - rampSamples/2} {
		p := constant(n).Player(false)
		if isDone(p) {
			t.Errorf("%d samples: done before the first tick", n)
		}
		got := play(p, 100)
		frames := (n + media.FrameSamples - 1) / media.FrameSamples
		if len(got) != frames*media.FrameSamples || !isDone(p) {
			t.Errorf("%d samples: played %d, done %v", n, len(got), isDone(p))
		}
		if n >= 2*media.FrameSamples {
			if got[media.FrameSamples/2] != 10000 {
				t.Errorf("%d samples: the middle is %d", n, got[media.FrameSamples/2])
			}
			if n%media.FrameSamples == 0 || n%media.FrameSamples >= rampSamples {
				checkSmooth(t, got)
			}
		}
		if play(p, 1) != nil {
			t.Errorf("%d samples: plays on after the end", n)
		}
	}
}

func TestPlayNothing(t *testing.T) {
	for _, loop := range []bool{false, true} {
		p := NewClip(nil).Player(loop)
		if got := play(p, 3); got != nil || !isDone(p) {
			t.Errorf("loop %v: played %d samples, done %v", loop, len(got), isDone(p))
		}
	}
}

func TestLoopGoesRoundWithoutSeam(t *testing.T) {
	s := make([]int16, 500) // no whole number of frames
	for i := range s {
		s[i] = int16(i)
	}
	got := play(NewClip(s).Player(true), 100)
	if len(got) != 100*media.FrameSamples {
		t.Fatalf("ended after %d samples", len(got))
	}
	for i := rampSamples; i < len(got); i++ {
		if got[i] != int16(i%500) {
			t.Fatalf("sample %d is %d", i, got[i])
		}
	}
}

func TestStopFadesOut(t *testing.T) {
	p := constant(500).Player(true)
	got := play(p, 5)
	p.Stop()
	if isDone(p) {
		t.Error("done before the fade")
	}
	got = append(got, play(p, 5)...)
	if len(got) != 6*media.FrameSamples || !isDone(p) {
		t.Errorf("played %d samples, done %v", len(got), isDone(p))
	}
	checkSmooth(t, got)

	early := constant(500).Player(true)
	early.Stop()
	if got := play(early, 5); got != nil || !isDone(early) {
		t.Errorf("stopped before it began: played %d samples, done %v", len(got), isDone(early))
	}
}

func TestPlayerAllocatesNothing(t *testing.T) {
	p := constant(500).Player(true)
	var f media.Frame
	if n := testing.AllocsPerRun(100, func() { p.ReadFrame(&f); p.WriteFrame(&f) }); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}
