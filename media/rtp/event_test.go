package rtp

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

const testEventPT = 101

// dial sends digits through a Sender and gives each packet to lossy, which returns what arrives of it.
func dial(t *testing.T, digits string, lossy func(i int, pkt []byte) [][]byte) []Digit {
	t.Helper()
	r, err := NewReceiver(ReceiverConfig{Formats: []Format{Default(codec.PCMU)}, EventPT: testEventPT})
	if err != nil {
		t.Fatal(err)
	}
	at, i := time.Unix(1000, 0), 0
	s, err := NewSender(SenderConfig{Format: Default(codec.PCMU), EventPT: testEventPT, Write: func(pkt []byte) error {
		for _, p := range lossy(i, pkt) {
			_ = r.Push(p, at)
		}
		i++
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range digits {
		if err := s.SendDigit(d, 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	var f media.Frame
	for range 12*len(digits) + 20 {
		at = at.Add(media.FrameDuration)
		s.WriteFrame(&f)
		r.ReadFrame(&f)
	}
	var got []Digit
	for {
		select {
		case d := <-r.Digits():
			got = append(got, d)
		default:
			return got
		}
	}
}

func runes(ds []Digit) string {
	var b []rune
	for _, d := range ds {
		b = append(b, d.Rune)
	}
	return string(b)
}

func isEvent(pkt []byte) bool { return pkt[1]&0x7f == testEventPT }
func isEnd(pkt []byte) bool   { return isEvent(pkt) && pkt[13]&0x80 != 0 }

func TestDigitsSurviveTheNetwork(t *testing.T) {
	rng := seeded()
	const dialled = "1234567890*#ABCD1100"
	ends := 0
	var held []byte
	for name, lossy := range map[string]func(i int, pkt []byte) [][]byte{
		"clean":         func(_ int, p []byte) [][]byte { return [][]byte{p} },
		"all twice":     func(_ int, p []byte) [][]byte { return [][]byte{p, p} },
		"markers lost":  func(_ int, p []byte) [][]byte { return slices.Repeat([][]byte{p}, 1-int(p[1]>>7)) },
		"markers unset": func(_ int, p []byte) [][]byte { q := slices.Clone(p); q[1] &= 0x7f; return [][]byte{q} },
		"one end in three": func(_ int, p []byte) [][]byte {
			if isEnd(p) {
				if ends++; ends%3 != 0 {
					return nil
				}
			}
			return [][]byte{p}
		},
		"no end at all": func(_ int, p []byte) [][]byte {
			if isEnd(p) {
				return nil
			}
			return [][]byte{p}
		},
		"reordered": func(_ int, p []byte) [][]byte {
			if q := held; q != nil {
				held = nil
				return [][]byte{p, q}
			}
			held = slices.Clone(p)
			return nil
		},
		"one in ten lost": func(_ int, p []byte) [][]byte {
			if rng.IntN(10) == 0 {
				return nil
			}
			return [][]byte{p}
		},
	} {
		if got := runes(dial(t, dialled, lossy)); got != dialled {
			t.Errorf("%s: %q arrived of %q", name, got, dialled)
		}
	}
}

func TestDigitDuration(t *testing.T) {
	got := dial(t, "5", func(_ int, p []byte) [][]byte { return [][]byte{p} })
	if len(got) != 1 || got[0].Duration != 100*time.Millisecond {
		t.Errorf("got %+v, want 100 ms", got)
	}
}

// TestLongPressIsOneDigit holds a key over a segment's end (RFC 4733 §2.5.1.3).
func TestLongPressIsOneDigit(t *testing.T) {
	var d keyDetector
	var got []Digit
	press := func(g Digit) { got = append(got, g) }
	send := func(ts timestamp, duration uint16, end byte) {
		if err := d.event([]byte{7, end | 10, byte(duration >> 8), byte(duration)}, ts, 8000, 8000, press); err != nil {
			t.Fatal(err)
		}
	}
	send(1000, 160, 0)
	send(1000, 0xffff, 0)
	send(1000+0xffff, 160, 0)
	send(1000+0xffff, 465, 0x80)
	send(1000+0xffff, 465, 0x80)
	if want := 8250 * time.Millisecond; len(got) != 1 || got[0].Rune != '7' || got[0].Duration != want {
		t.Errorf("got %+v, want one 7 of %v", got, want)
	}
}

// TestKeysBesideOpus: telephones that know keys at 8000 Hz only send and take them so, beside Opus's 48000 Hz.
func TestKeysBesideOpus(t *testing.T) {
	r, err := NewReceiver(ReceiverConfig{Formats: []Format{Default(codec.Opus)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.setFormats([]Format{Default(codec.Opus)}, testEventPT, 8000); err != nil {
		t.Fatal(err)
	}
	last := 0
	s, err := NewSender(SenderConfig{Format: Default(codec.Opus), EventPT: testEventPT, Write: func(p []byte) error {
		if p[1]&0x7f == testEventPT {
			last = max(last, int(binary.BigEndian.Uint16(p[14:])))
		}
		return r.Push(p, time.Now())
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.prepare(codec.Options{}, 8000)
	if err := s.SendDigits("5#", dtmfPress); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		s.WriteFrame(&media.Frame{})
	}
	for _, want := range "5#" {
		select {
		case d := <-r.Digits():
			if d.Rune != want || d.Duration != dtmfPress {
				t.Errorf("got %c for %v, want %c for %v", d.Rune, d.Duration, want, dtmfPress)
			}
		default:
			t.Fatalf("%c did not come", want)
		}
	}
	if last != 800 { // 100 ms at 8000 Hz
		t.Errorf("the longest press counts %d", last)
	}
}

func TestEndPacketsComeThreeTimes(t *testing.T) {
	ends, starts := 0, map[string]bool{}
	dial(t, "42", func(_ int, p []byte) [][]byte {
		if isEvent(p) {
			starts[string(p[4:8])] = true
		}
		if isEnd(p) {
			ends++
		}
		return nil
	})
	if ends != 2*endPackets || len(starts) != 2 {
		t.Errorf("%d end packets with %d timestamps for two digits", ends, len(starts))
	}
}

func TestWrongDigitsAreRefused(t *testing.T) {
	s, err := NewSender(SenderConfig{Format: Default(codec.PCMU), Write: func([]byte) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendDigit('1', time.Second); err == nil {
		t.Error("a digit was queued though telephone-event is not negotiated")
	}
	if err := s.SendDigit('x', time.Second); err == nil {
		t.Error("x was taken for a key")
	}
	if err := s.SetCodec(Default(codec.PCMU), testEventPT); err != nil {
		t.Fatal(err)
	}
	for range cap(s.digits) {
		if err := s.SendDigit('a', time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SendDigit('1', time.Second); err == nil {
		t.Error("the queue has no bound")
	}
}

func FuzzTelephoneEvent(f *testing.F) {
	f.Add([]byte{1, 10, 0, 160}, uint32(0), []byte{1, 0x8a, 3, 32}, uint32(0))
	f.Add([]byte{1, 10, 0xff, 0xff}, uint32(0), []byte{1, 0x8a, 3, 32}, uint32(0xffff))
	f.Add([]byte{16, 10}, uint32(5), []byte{}, uint32(1))
	f.Fuzz(func(t *testing.T, a []byte, tsA uint32, b []byte, tsB uint32) {
		var d keyDetector
		presses := 0
		press := func(g Digit) {
			presses++
			if _, ok := keyOf(g.Rune); !ok || g.Duration < 0 {
				t.Fatalf("digit %+v", g)
			}
		}
		for range 3 { // every packet may come again
			_ = d.event(a, timestamp(tsA), 8000, 8000, press)
		}
		for range 3 {
			_ = d.event(b, timestamp(tsB), 8000, 8000, press)
		}
		d.audio(timestamp(tsB)+100000, press)
		d.audio(timestamp(tsB)+200000, press)
		if presses > 2 {
			t.Fatalf("%d digits of two presses", presses)
		}
	})
}
