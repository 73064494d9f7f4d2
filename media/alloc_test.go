package media_test

import (
	"fmt"
	"testing"

	"patchbay/media"
	"patchbay/media/mediatest"
	"patchbay/media/prompt"
)

// hum is a second of a tone, played again and again: a leg that costs next to nothing itself.
func hum(hz float64) media.Leg {
	tone, rec := mediatest.NewTone(hz, -20), &mediatest.Recorder{}
	for range media.SampleRate / media.FrameSamples {
		var f media.Frame
		tone.ReadFrame(&f)
		rec.WriteFrame(&f)
	}
	return prompt.NewClip(rec.Samples()).Player(true)
}

// full is a bridge with n legs that all hear each other and music, each with a tap.
func full(tb testing.TB, n int) *media.Bridge {
	tb.Helper()
	b := media.NewBridge(media.BridgeConfig{})
	var m media.Matrix
	music, err := b.Attach(prompt.Hold().Player(true))
	if err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		s, err := b.Attach(hum(float64(400 + 100*i)))
		if err != nil {
			tb.Fatal(err)
		}
		b.SetTap(s, media.NewTap(8)) // soon full: dropping must not allocate either
		for other := range s {
			m = m.With(s, other, true).With(other, s, true)
		}
		m = m.With(s, music, true)
	}
	// One more, who hears nobody, gets comfort noise.
	if _, err := b.Attach(hum(300)); err != nil {
		tb.Fatal(err)
	}
	b.SetMatrix(m)
	return b
}

func TestTickAllocatesNothing(t *testing.T) {
	b := full(t, 3)
	if n := testing.AllocsPerRun(1000, b.Tick); n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}

func BenchmarkTick(b *testing.B) {
	for _, n := range []int{2, 8} {
		b.Run(fmt.Sprintf("legs=%d", n), func(b *testing.B) {
			bridge := full(b, n)
			b.ReportAllocs()
			for b.Loop() {
				bridge.Tick()
			}
		})
	}
}
