package codec

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"patchbay/media"
)

var all = []Codec{PCMU, PCMA, G722, Opus}

func TestNamesAndRates(t *testing.T) {
	for _, tt := range []struct {
		codec Codec
		name  string
		pt    uint8
		clock int
		rate  int
	}{
		{PCMU, "pcmu", 0, 8000, 8000},
		{PCMA, "PCMA", 8, 8000, 8000},
		{G722, "g722", 9, 8000, 16000},
		{Opus, "OPUS", 111, 48000, 16000},
	} {
		c := ByName(tt.name)
		if c != tt.codec || c.PayloadType() != tt.pt || c.ClockRate() != tt.clock || c.SampleRate() != tt.rate {
			t.Errorf("%s: got %s/%d/%d/%d", tt.name, c, c.PayloadType(), c.ClockRate(), c.SampleRate())
		}
		if got := ByPayloadType(tt.pt); got != tt.codec && tt.codec != Opus {
			t.Errorf("payload type %d is %s", tt.pt, got)
		}
	}
	if c := ByName("G729"); c != None {
		t.Errorf("G729 is %s", c)
	}
	if c := ByPayloadType(111); c != None {
		t.Errorf("dynamic payload type 111 is %s", c)
	}
	if _, err := None.NewEncoder(Options{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("encoder of none: %v", err)
	}
	if _, err := None.NewDecoder(); !errors.Is(err, ErrUnknown) {
		t.Errorf("decoder of none: %v", err)
	}
}

func TestG711AgreesWithSox(t *testing.T) {
	if want := goldenPCM(t, "ulaw.s16"); !slices.Equal(ulawToLinear[:], want) {
		t.Error("µ-law decodes otherwise than sox")
	}
	if want := goldenPCM(t, "alaw.s16"); !slices.Equal(alawToLinear[:], want) {
		t.Error("A-law decodes otherwise than sox")
	}
	if want := golden(t, "ramp.ul"); !bytes.Equal(linearToUlaw[:], want) {
		t.Error("µ-law codes otherwise than sox")
	}
	if want := golden(t, "ramp.al"); !bytes.Equal(linearToAlaw[:], want) {
		t.Error("A-law codes otherwise than sox")
	}
}

// TestG711CodesAgain: what was decoded codes to itself, save for µ-law's two zeros.
func TestG711CodesAgain(t *testing.T) {
	for b := range 256 {
		if s := ulawToLinear[b]; linearToUlaw[int(s)/4+1<<13] != byte(b) && s != 0 {
			t.Errorf("µ-law %#x decodes to %d, which codes to %#x", b, s, linearToUlaw[int(s)/4+1<<13])
		}
		if s := alawToLinear[b]; linearToAlaw[int(s)>>3+1<<12] != byte(b) {
			t.Errorf("A-law %#x decodes to %d, which codes to %#x", b, s, linearToAlaw[int(s)>>3+1<<12])
		}
	}
}

func TestG722AgreesWithFFmpegToTheBit(t *testing.T) {
	pcm, coded, want := goldenPCM(t, "sweep.s16"), golden(t, "sweep.g722"), goldenPCM(t, "sweep.g722.s16")
	enc, dec := newG722Encoder(), newG722Decoder()
	payload, out := make([]byte, MaxPayload), make([]int16, MaxSamples)
	for i := 0; i < len(pcm); i += media.FrameSamples {
		n, err := enc.Encode((*media.Frame)(pcm[i:]), payload)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(payload[:n], coded[i/2:i/2+n]) {
			t.Fatalf("frame %d is coded otherwise than by ffmpeg", i/media.FrameSamples)
		}
		n, err = dec.Decode(payload[:n], out)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out[:n], want[i:i+n]) {
			t.Fatalf("frame %d is decoded otherwise than by ffmpeg", i/media.FrameSamples)
		}
	}
}

func TestTonesPassEveryCodec(t *testing.T) {
	for _, c := range all {
		for _, hz := range []float64{437, 911, 1723, 3100} {
			out := roundTrip(t, c, tone(hz, 8000, media.SampleRate, media.SampleRate))[4000:]
			if a := amplitude(out, hz, media.SampleRate); a < 6500 || a > 9000 {
				t.Errorf("%s: tone of %g Hz and amplitude 8000 comes out with %.0f", c, hz, a)
			}
			if a := amplitude(out, 2600, media.SampleRate); a > 120 {
				t.Errorf("%s: tone of %g Hz puts %.0f at 2600 Hz", c, hz, a)
			}
		}
	}
}

func TestWideband(t *testing.T) {
	for _, c := range []Codec{G722, Opus} {
		out := roundTrip(t, c, tone(6100, 8000, media.SampleRate, media.SampleRate))[4000:]
		if a := amplitude(out, 6100, media.SampleRate); a < 4000 {
			t.Errorf("%s: 6100 Hz comes out with amplitude %.0f of 8000", c, a)
		}
	}
}

// TestNoise bounds what each codec adds to a voice, and the delay it adds to it.
func TestNoise(t *testing.T) {
	for _, tt := range []struct {
		codec    Codec
		db       float64
		maxDelay int // samples at 16 kHz
	}{
		{PCMU, 25, 64}, {PCMA, 25, 64}, {G722, 18, 24}, {Opus, 5, 110},
	} {
		pcm := voice(media.SampleRate)
		down, up := make([]int16, len(pcm)/2), make([]int16, len(pcm))
		new(Downsampler).Process(down, pcm) // band-limit, so that only the codec counts
		new(Upsampler).Process(up, down)
		db, delay := snr(roundTrip(t, tt.codec, up), up, 200)
		t.Logf("%s: %.1f dB, %d samples late", tt.codec, db, delay)
		if db < tt.db || delay > tt.maxDelay {
			t.Errorf("%s: %.1f dB at %d samples, want %.0f dB within %d", tt.codec, db, delay, tt.db, tt.maxDelay)
		}
	}
}

func TestEveryLegalLengthDecodes(t *testing.T) {
	for _, c := range []Codec{PCMU, PCMA, G722} {
		_, dec := mustCoders(t, c)
		out := make([]int16, MaxSamples)
		for _, ms := range []int{1, 5, 10, 20, 30, 40, 60, 120} {
			n, err := dec.Decode(make([]byte, 8*ms), out)
			if err != nil || n != 16*ms {
				t.Errorf("%s: %d ms gives %d samples, %v", c, ms, n, err)
			}
		}
		for _, bad := range [][]byte{nil, make([]byte, 8*121)} {
			if _, err := dec.Decode(bad, out); !errors.Is(err, ErrPayload) {
				t.Errorf("%s: %d bytes: %v", c, len(bad), err)
			}
		}
		if _, err := dec.Decode(make([]byte, 160), out[:319]); !errors.Is(err, ErrBuffer) {
			t.Errorf("%s: short buffer: %v", c, err)
		}
	}
}

func TestOpusJoinsFramesOfAPacket(t *testing.T) {
	enc, dec := mustCoders(t, Opus)
	payload, out := make([]byte, MaxPayload), make([]int16, MaxSamples)
	n, err := enc.Encode((*media.Frame)(voice(media.FrameSamples)), payload)
	if err != nil {
		t.Fatal(err)
	}
	// RFC 6716 §3.2.5: code 3 with a constant frame size; three frames of 20 ms are 60 ms.
	frame := payload[1:n]
	packet := append([]byte{payload[0] | 3, 3}, bytes.Repeat(frame, 3)...)
	if n, err := dec.Decode(packet, out); err != nil || n != 3*media.FrameSamples {
		t.Errorf("60 ms give %d samples, %v", n, err)
	}
}

func TestOpusRecoversFromTheNextPacket(t *testing.T) {
	pcm := voice(media.SampleRate)
	enc, err := Opus.NewEncoder(Options{Bitrate: 32000, LossPct: 20})
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	for i := 0; i+media.FrameSamples <= len(pcm); i += media.FrameSamples {
		payload := make([]byte, MaxPayload)
		n, err := enc.Encode((*media.Frame)(pcm[i:]), payload)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, payload[:n])
	}
	listen := func(recover bool) []int16 {
		dec, err := newOpusDecoder()
		if err != nil {
			t.Fatal(err)
		}
		var heard []int16
		out := make([]int16, MaxSamples)
		for i, p := range packets {
			if i%5 == 3 { // lost
				lost := out[:media.FrameSamples]
				if !recover {
					dec.Conceal(lost)
				} else if err := dec.Recover(packets[i+1], lost); err != nil {
					t.Fatal(err)
				}
				heard = append(heard, lost...)
				continue
			}
			n, err := dec.Decode(p, out)
			if err != nil {
				t.Fatal(err)
			}
			heard = append(heard, out[:n]...)
		}
		return heard
	}
	with := amplitude(listen(true), 137, media.SampleRate)
	clean := amplitude(roundTrip(t, Opus, pcm), 137, media.SampleRate)
	if math.Abs(with-clean) > clean/5 {
		t.Errorf("with every fifth packet lost the voice has %.0f, without %.0f", with, clean)
	}
}

// TestOpusConcealsAnyLength: the playout asks for what is missing to a Frame. Nothing else is written to, and the voice goes on:
// as loud as before, without a step at the joins.
func TestOpusConcealsAnyLength(t *testing.T) {
	for _, piece := range []int{1, 38, 39, 282, media.FrameSamples} {
		enc, dec := mustCoders(t, Opus)
		pcm, out := voice(media.SampleRate/2), make([]int16, MaxSamples)
		payload := make([]byte, MaxPayload)
		for i := 0; i+media.FrameSamples <= len(pcm); i += media.FrameSamples {
			n, err := enc.Encode((*media.Frame)(pcm[i:]), payload)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = dec.Decode(payload[:n], out); err != nil {
				t.Fatal(err)
			}
		}
		before := rms(out[:media.FrameSamples])
		const marker = 12321
		var got []int16
		for len(got) < media.FrameSamples {
			for i := range out {
				out[i] = marker
			}
			dec.Conceal(out[:piece])
			for i, s := range out[piece:] {
				if s != marker {
					t.Fatalf("%d samples were asked for, and sample %d is written", piece, piece+i)
				}
			}
			got = append(got, out[:piece]...)
		}
		if level := rms(got[:media.FrameSamples]); level < before/2 {
			t.Errorf("in pieces of %d the voice falls from %.0f to %.0f", piece, before, level)
		}
	}
}

func TestCodersDoNotAllocate(t *testing.T) {
	for _, c := range all {
		enc, dec := mustCoders(t, c)
		f := (*media.Frame)(voice(media.FrameSamples))
		payload, out := make([]byte, MaxPayload), make([]int16, MaxSamples)
		n := 0
		if a := testing.AllocsPerRun(100, func() { n, _ = enc.Encode(f, payload) }); a != 0 || n == 0 {
			t.Errorf("%s: Encode allocates %g times for %d bytes", c, a, n)
		}
		if a := testing.AllocsPerRun(100, func() { _, _ = dec.Decode(payload[:n], out) }); a != 0 {
			t.Errorf("%s: Decode allocates %g times", c, a)
		}
		if a := testing.AllocsPerRun(100, func() { _, _ = dec.Decode(nil, out) }); a != 0 {
			t.Errorf("%s: a refusal allocates %g times", c, a)
		}
		if a := testing.AllocsPerRun(100, func() { dec.Conceal(out[:media.FrameSamples]); _, _ = dec.Decode(payload[:n], out) }); a != 0 {
			t.Errorf("%s: Conceal allocates %g times", c, a)
		}
		if r, ok := dec.(Recoverer); ok {
			if a := testing.AllocsPerRun(100, func() { _ = r.Recover(payload[:n], out[:media.FrameSamples]) }); a != 0 {
				t.Errorf("%s: Recover allocates %g times", c, a)
			}
		}
	}
	var down Downsampler
	var up Upsampler
	wide, narrow := voice(media.FrameSamples), make([]int16, media.FrameSamples/2)
	if a := testing.AllocsPerRun(100, func() { down.Process(narrow, wide); up.Process(wide, narrow) }); a != 0 {
		t.Errorf("resampling allocates %g times", a)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(uint8(PCMU), []byte{0, 0x7f, 0xff})
	f.Add(uint8(G722), golden(f, "sweep.g722")[:160])
	f.Add(uint8(Opus), []byte{0x48, 3, 2, 1})
	f.Add(uint8(Opus), []byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, c uint8, payload []byte) {
		dec, err := all[int(c)%len(all)].NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		out := make([]int16, MaxSamples)
		n, err := dec.Decode(payload, out)
		if err == nil && (n <= 0 || n > MaxSamples) || err != nil && n != 0 {
			t.Fatalf("%d samples and %v", n, err)
		}
		if r, ok := dec.(Recoverer); ok {
			_ = r.Recover(payload, out[:media.FrameSamples])
		}
		dec.Conceal(out[:media.FrameSamples])
		if _, err := dec.Decode(payload, out); (err == nil) != (n > 0) {
			t.Fatalf("the same payload once more: %v", err)
		}
	})
}
