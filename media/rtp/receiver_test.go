package rtp

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

// packet is an RTP packet.
func packet(pt uint8, seq uint16, ts, ssrc uint32, payload ...byte) []byte {
	p := make([]byte, headerSize, headerSize+len(payload))
	p[0], p[1] = 0x80, pt
	binary.BigEndian.PutUint16(p[2:], seq)
	binary.BigEndian.PutUint32(p[4:], ts)
	binary.BigEndian.PutUint32(p[8:], ssrc)
	return append(p, payload...)
}

func TestPushRefusesWhatIsNoRTP(t *testing.T) {
	r, err := NewReceiver(ReceiverConfig{Formats: []Format{Default(codec.PCMU)}, EventPT: testEventPT})
	if err != nil {
		t.Fatal(err)
	}
	good := packet(0, 1, 1, 1, make([]byte, 160)...)
	change := func(i int, b byte) []byte { p := append([]byte(nil), good...); p[i] = b; return p }
	refused := map[string][]byte{
		"empty":             {},
		"short":             good[:11],
		"version 1":         change(0, 0x40),
		"unknown format":    change(1, 8),
		"CSRC beyond end":   change(0, 0x8f)[:20],
		"extension cut":     change(0, 0x90)[:14],
		"padding too long":  append(change(0, 0xa0), 200),
		"padding of zero":   append(change(0, 0xa0), 0),
		"no payload":        good[:12],
		"payload too long":  packet(0, 1, 1, 1, make([]byte, maxPayload+1)...),
		"short event":       packet(testEventPT, 2, 1, 1, 1, 2, 3),
		"padding, no bytes": change(0, 0xa0)[:12],
	}
	if err := r.Push(good, time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, p := range refused {
		if err := r.Push(p, time.Now()); !errors.Is(err, ErrPacket) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := r.Stats(); s.Malformed != uint64(len(refused)) || s.Received != 1 {
		t.Errorf("%+v", s)
	}
}

func TestPaddingIsNotHeard(t *testing.T) {
	r, err := NewReceiver(ReceiverConfig{Formats: []Format{Default(codec.PCMU)}})
	if err != nil {
		t.Fatal(err)
	}
	p := packet(0, 1, 1, 1, make([]byte, 8)...)
	p[0] |= 0x20
	p[len(p)-1] = 4
	payload, k := r.parse(p, r.formats.Load())
	if k != kindAudio || len(payload) != 4 {
		t.Errorf("kind %d, %d bytes", k, len(payload))
	}
}

func TestAnotherSourceMustProveItself(t *testing.T) {
	r, err := NewReceiver(ReceiverConfig{Formats: []Format{Default(codec.PCMU)}})
	if err != nil {
		t.Fatal(err)
	}
	sound := make([]byte, 160)
	now := time.Unix(1000, 0)
	for i := range uint16(50) {
		now = now.Add(media.FrameDuration)
		if err := r.Push(packet(0, 100+i, uint32(i)*160, 1, sound...), now); err != nil {
			t.Fatal(err)
		}
		// As fast as the real one, but never twice in a row without it.
		if err := r.Push(packet(0, 9000+i, uint32(i)*160, 2, sound...), now); !errors.Is(err, ErrStranger) {
			t.Fatalf("packet %d of the other source: %v", i, err)
		}
	}
	if err := r.Push(packet(0, 9050, 8000, 2, sound...), now); err != nil {
		t.Errorf("the other source in a row: %v", err)
	}
}

// TestFormatsMayChangeInMidStream sends tones in turn under three payload types.
func TestFormatsMayChangeInMidStream(t *testing.T) {
	formats := []Format{Default(codec.PCMU), Default(codec.PCMA), Default(codec.G722), Default(codec.Opus)}
	now := time.Unix(1000, 0)
	r, err := NewReceiver(ReceiverConfig{Formats: formats, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSender(SenderConfig{Format: formats[0], Write: func(p []byte) error { return r.Push(p, now) }})
	if err != nil {
		t.Fatal(err)
	}
	src := tone{hz: 437, amplitude: 8000}
	var f media.Frame
	for turn, format := range []Format{formats[1], formats[2], formats[3], formats[0], formats[3]} {
		if err := s.SetCodec(format, 0); err != nil {
			t.Fatal(err)
		}
		var pcm []int16
		for range 50 {
			now = now.Add(media.FrameDuration)
			src.next(&f)
			s.WriteFrame(&f)
			f = media.Frame{}
			r.ReadFrame(&f)
			pcm = append(pcm, f[:]...)
		}
		if a := loudness(pcm[8000:], 437); a < 7000 || a > 9000 {
			t.Errorf("turn %d, %s: amplitude %.0f", turn, format.Codec, a)
		}
	}
}

// TestPacketsOfAnyLength packs 10 to 60 ms.
func TestPacketsOfAnyLength(t *testing.T) {
	for _, ms := range []int{10, 20, 30, 40, 60} {
		now := time.Unix(1000, 0)
		r, err := NewReceiver(ReceiverConfig{Formats: []Format{Default(codec.G722)}, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		enc, err := codec.G722.NewEncoder(codec.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var coded []byte
		src := tone{hz: 437, amplitude: 8000}
		var f media.Frame
		part := make([]byte, codec.MaxPayload)
		for range 500 {
			src.next(&f)
			n, err := enc.Encode(&f, part)
			if err != nil {
				t.Fatal(err)
			}
			coded = append(coded, part[:n]...)
		}
		var pcm []int16
		seq := uint16(65500) // wraps round on the way
		for sent, tick := 0, 1; tick < 500; tick++ {
			now = now.Add(media.FrameDuration)
			for ; (sent+8*ms)/8 <= 20*tick && sent+8*ms <= len(coded); sent += 8 * ms {
				if err := r.Push(packet(9, seq, uint32(0xffffff00+sent), 7, coded[sent:sent+8*ms]...), now); err != nil {
					t.Fatal(err)
				}
				seq++
			}
			f = media.Frame{}
			r.ReadFrame(&f)
			pcm = append(pcm, f[:]...)
		}
		s := r.Stats()
		if p := purity(pcm[32000:150000], 437); p < 0.97 || s.Lost != 0 || s.Delay > 80*time.Millisecond {
			t.Errorf("%d ms: only %.4f of the sound is the tone, %+v", ms, p, s)
		}
	}
}

func TestSilenceSuppression(t *testing.T) {
	const talk, pause = 50, 100 // packets
	cng := false
	for _, withNoise := range []bool{true, false} {
		cng = withNoise
		var talking, pausing []int16
		r, _ := call{
			rewrite: func(i int, p []byte) []byte {
				if k := i % (talk + pause); k == talk && cng {
					return append(append(p[:1], noisePT), append(p[2:12:12], 50)...)
				} else if k >= talk {
					return nil
				}
				return p
			},
			heard: func(tick int, f *media.Frame, ok bool) {
				switch k := (tick - 3) % (talk + pause); {
				case tick < 300:
				case k > 5 && k < talk-5:
					talking = append(talking, f[:]...)
				case k > talk+15 && k < talk+pause-5:
					if ok != cng {
						t.Fatalf("tick %d of a pause: ReadFrame says %v, comfort noise %v", tick, ok, cng)
					}
					pausing = append(pausing, f[:]...)
				}
			},
		}.run(t, 3000)
		s := r.Stats()
		if level := rms(talking); level < 5400 || level > 5900 {
			t.Errorf("comfort noise %v: speech has a level of %.0f", cng, level)
		}
		want := 0.0
		if cng {
			want = 32768 * 0.00316 // −50 dBov
			if s.Concealed > 2*media.FrameSamples {
				t.Errorf("%d samples were concealed though the pauses were announced", s.Concealed)
			}
		}
		if level := rms(pausing); level < 0.7*want || level > 1.4*want+1 {
			t.Errorf("comfort noise %v: pauses have a level of %.0f, want about %.0f", cng, level, want)
		}
		if s.Delay > 45*time.Millisecond || s.Resyncs > 60 {
			t.Errorf("comfort noise %v: %+v", cng, s)
		}
	}
}

func TestResetForgets(t *testing.T) {
	var pcm []int16
	call{between: func(tick int, r *Receiver) {
		if tick == 100 {
			r.Reset()
		}
	}, heard: func(tick int, f *media.Frame, _ bool) {
		if tick == 100 && rms(f[:]) > 0 {
			t.Error("sound right after Reset")
		}
		if tick > 110 && tick < 190 {
			pcm = append(pcm, f[:]...)
		}
	}}.run(t, 200)
	if p := purity(pcm, 437); p < 0.98 {
		t.Errorf("after Reset only %.3f of the sound is the tone", p)
	}
}

// TestNobodyReads fills the buffer and reads on: what is old is dropped, not heard late.
func TestNobodyReads(t *testing.T) {
	now := time.Unix(1000, 0)
	r, err := NewReceiver(ReceiverConfig{Formats: []Format{Default(codec.PCMU)}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSender(SenderConfig{Format: Default(codec.PCMU), Write: func(p []byte) error { return r.Push(p, now) }})
	if err != nil {
		t.Fatal(err)
	}
	var f media.Frame
	for i := range 1000 {
		now = now.Add(media.FrameDuration)
		s.WriteFrame(&f)
		if i >= 500 {
			r.ReadFrame(&f)
		}
	}
	if st := r.Stats(); st.Overflowed < 400 || st.Delay > 60*time.Millisecond {
		t.Errorf("%+v", st)
	}
}

func TestTheFastPathDoesNotAllocate(t *testing.T) {
	for _, c := range []codec.Codec{codec.PCMU, codec.G722, codec.Opus} {
		now := time.Unix(1000, 0)
		r, err := NewReceiver(ReceiverConfig{
			Formats: []Format{Default(c)}, EventPT: testEventPT, Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		s, err := NewSender(SenderConfig{Format: Default(c), EventPT: testEventPT, Write: func(p []byte) error {
			if i++; i%10 == 0 {
				return nil // lost
			}
			return r.Push(p, now)
		}})
		if err != nil {
			t.Fatal(err)
		}
		var f, g media.Frame
		src := tone{hz: 437, amplitude: 8000}
		src.next(&f)
		for range 4 {
			if err := s.SendDigit('3', 100*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		heard := false
		if a := testing.AllocsPerRun(300, func() {
			now = now.Add(media.FrameDuration)
			s.WriteFrame(&f)
			heard = r.ReadFrame(&g)
		}); a != 0 || !heard {
			t.Errorf("%s: %g allocations for a Frame each way; heard %v", c, a, heard)
		}
	}
}

func FuzzPush(f *testing.F) {
	f.Add(packet(0, 1, 160, 9, make([]byte, 160)...), packet(0, 2, 320, 9, make([]byte, 160)...), uint8(20))
	f.Add(packet(111, 1, 960, 9, 0x48, 1, 2, 3), packet(13, 2, 320, 9, 40), uint8(0))
	f.Add(packet(testEventPT, 1, 160, 9, 1, 0x80, 1, 1), packet(9, 65535, 0xffffffff, 9, 1), uint8(200))
	f.Add(append([]byte{0xb1}, packet(0, 1, 160, 9, make([]byte, 40)...)[1:]...), []byte{0x80}, uint8(255))
	f.Fuzz(func(t *testing.T, a, b []byte, gap uint8) {
		now := time.Unix(1000, 0)
		r, err := NewReceiver(ReceiverConfig{
			Formats: []Format{Default(codec.PCMU), Default(codec.G722), Default(codec.Opus)}, EventPT: testEventPT,
			Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		var frame media.Frame
		for i := range 80 {
			for k, p := range [][]byte{a, b} {
				p = append([]byte(nil), p...)
				if len(p) >= 8 && i > 0 { // go on as a stream does
					binary.BigEndian.PutUint16(p[2:], binary.BigEndian.Uint16(p[2:])+uint16(2*i+k))
					binary.BigEndian.PutUint32(p[4:], binary.BigEndian.Uint32(p[4:])+uint32(i)*uint32(gap)*8)
				}
				_ = r.Push(p, now)
			}
			now = now.Add(media.FrameDuration)
			r.ReadFrame(&frame)
		}
		s := r.Stats()
		if s.Delay > defaultMax+media.FrameDuration || s.Delay < -media.FrameDuration {
			t.Fatalf("delay %v", s.Delay)
		}
		if free := r.free.head.Load() - r.free.tail.Load(); int(free)+r.play.held != slots {
			t.Fatalf("%d slots free and %d held of %d", free, r.play.held, slots)
		}
	})
}
