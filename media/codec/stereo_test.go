package codec_test

import (
	"testing"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/mediatest"
)

// TestStereoKeepsVoicesApart: what one channel carries is not heard in the other, and the lookahead is what it is said to be.
func TestStereoKeepsVoicesApart(t *testing.T) {
	enc, err := codec.NewStereo()
	if err != nil {
		t.Fatal(err)
	}
	dec, err := codec.NewStereoDecoder()
	if err != nil {
		t.Fatal(err)
	}
	var in, left, right mediatest.Recorder
	a, b := mediatest.NewTone(437, -12), mediatest.NewTone(911, -12)
	var l, r media.Frame
	out := make([]byte, codec.MaxStereoPacket)
	for range 150 {
		a.ReadFrame(&l)
		b.ReadFrame(&r)
		in.WriteFrame(&l)
		n, err := enc.Encode(&l, &r, out)
		if err != nil || n > codec.MaxStereoPacket/2 {
			t.Fatalf("%d bytes, %v", n, err)
		}
		if err := dec.Decode(out[:n], &l, &r); err != nil {
			t.Fatal(err)
		}
		left.WriteFrame(&l)
		right.WriteFrame(&r)
	}
	for _, c := range []struct {
		name       string
		samples    []int16
		own, other float64
	}{{"left", left.Samples(), 437, 911}, {"right", right.Samples(), 911, 437}} {
		s := c.samples[media.SampleRate/2:]
		own, other := mediatest.PowerAt(s, media.SampleRate, c.own), mediatest.PowerAt(s, media.SampleRate, c.other)
		t.Logf("%s: %.0f Hz at %.1f dBFS, %.0f Hz at %.1f", c.name, c.own, own, c.other, other)
		if own < -13.5 || own > -10.5 || other > -60 {
			t.Errorf("%s: %.0f Hz at %.1f dBFS, %.0f Hz at %.1f", c.name, c.own, own, c.other, other)
		}
	}
	want := codec.StereoLookahead * media.SampleRate / codec.OpusClock
	needle := in.Samples()[8000:8400]
	at, _ := mediatest.Correlate(left.Samples()[7990:8480], needle)
	if got := at - 10; got < want-1 || got > want+1 {
		t.Errorf("the sound comes %d samples late, want %d", got, want)
	}
}

func TestAllocStereo(t *testing.T) {
	enc, err := codec.NewStereo()
	if err != nil {
		t.Fatal(err)
	}
	var l, r media.Frame
	mediatest.NewTone(437, -12).ReadFrame(&l)
	out := make([]byte, codec.MaxStereoPacket)
	if n := testing.AllocsPerRun(100, func() { _, _ = enc.Encode(&l, &r, out) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
