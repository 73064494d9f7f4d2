package record

import (
	"testing"

	"patchbay/media"
)

// TestAllocTick: the bridge's tick gives its frames away without an allocation, also while it is paused.
func TestAllocTick(t *testing.T) {
	in := &intake{ring: newRing()}
	legs := [2]leg{{in, 0}, {in, 1}}
	var f media.Frame
	tick := func() {
		legs[0].WriteFrame(&f)
		legs[1].WriteFrame(&f)
		if in.ring.peek() != nil {
			in.ring.pop()
		}
	}
	if n := testing.AllocsPerRun(200, tick); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
	in.off.Store(true)
	if n := testing.AllocsPerRun(200, tick); n != 0 {
		t.Errorf("%v allocations a tick while paused", n)
	}
}

// BenchmarkRecord is a second of a call in which both speak: writing, encoding, sealing.
func BenchmarkRecord(b *testing.B) {
	g := newRig(b, nil)
	r := g.record(nil)
	b.ReportAllocs()
	for b.Loop() {
		g.speak(r, 50)
	}
	r.Finish()
	<-r.Done()
}

// FuzzAudio: no bytes that are opened make the reader of a segment fail other than by an error.
func FuzzAudio(f *testing.F) {
	a := audio{start: 50, count: 50, page: quietPage(1, 2, 50, 50, 0)}
	f.Add(a.appendTo(nil))
	f.Add(headPages(7))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAudio(b)
		if err != nil {
			return
		}
		if _, packets, err := parsePage(a.page); err == nil && len(packets) > maxLacing {
			t.Errorf("%d packets", len(packets))
		}
		_ = silencedPlain(b, []span{{0, 1 << 40}})
	})
}
