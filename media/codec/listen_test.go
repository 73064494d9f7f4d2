package codec

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"patchbay/media"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func goldenPCM(t testing.TB, name string) []int16 {
	t.Helper()
	b := golden(t, name)
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return pcm
}

// tone is n samples of a sine.
func tone(hz, amplitude float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// voice is n samples of a voiced sound: 137 Hz with harmonics that fall off.
func voice(n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		s := 0.0
		for h := 1.0; h <= 20; h++ {
			s += 6000 / h * math.Sin(h*(2*math.Pi*137*float64(i)/media.SampleRate)+h*h)
		}
		pcm[i] = int16(s)
	}
	return pcm
}

// amplitude is how strong a frequency is in pcm (Goertzel), as the amplitude of a sine.
func amplitude(pcm []int16, hz float64, rate int) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/float64(rate))
	var s1, s2, norm float64
	for i, x := range pcm {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(pcm))) // Hann: −31 dB side lobes and falling fast
		norm += w
		s1, s2 = float64(x)*w+c*s1-s2, s1
	}
	return 2 * math.Sqrt(math.Max(0, s1*s1+s2*s2-c*s1*s2)) / norm
}

func rms(pcm []int16) float64 {
	sum := 0.0
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

// snr is the ratio of want to what got differs from it, in dB, at the delay in samples that suits best.
func snr(got, want []int16, maxDelay int) (db float64, delay int) {
	db = math.Inf(-1)
	for d := 0; d <= maxDelay; d++ {
		var sig, noise float64
		for i := 400; i+d < len(got) && i < len(want); i++ {
			e := float64(got[i+d]) - float64(want[i])
			sig += float64(want[i]) * float64(want[i])
			noise += e * e
		}
		if v := 10 * math.Log10(sig/(noise+1e-9)); v > db {
			db, delay = v, d
		}
	}
	return db, delay
}

// roundTrip codes and decodes pcm, Frame by Frame.
func roundTrip(t testing.TB, c Codec, pcm []int16) []int16 {
	t.Helper()
	enc, dec := mustCoders(t, c)
	var out []int16
	payload, part := make([]byte, MaxPayload), make([]int16, MaxSamples)
	for ; len(pcm) >= media.FrameSamples; pcm = pcm[media.FrameSamples:] {
		n, err := enc.Encode((*media.Frame)(pcm[:media.FrameSamples]), payload)
		if err != nil {
			t.Fatal(err)
		}
		m, err := dec.Decode(payload[:n], part)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, part[:m]...)
	}
	return out
}

func mustCoders(t testing.TB, c Codec) (Encoder, Decoder) {
	t.Helper()
	enc, err := c.NewEncoder(Options{})
	if err != nil {
		t.Fatal(err)
	}
	dec, err := c.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return enc, dec
}
