//go:build bench

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/wav"
	"patchbay/transcribe/wer"
	"patchbay/transcribe/worker"
)

// hardCase makes a recording hard to hear. Sound is at 16 kHz.
type hardCase struct {
	name  string
	codec codec.Codec
	loss  float64 // share of packets, in bursts, that never arrive or come too late
	spoil func(h *hardBench, sound []int16) []int16
}

// hardBench is what cases mix in.
type hardBench struct {
	random *rand.Rand
	babble []float64 // three voices at once
}

// benchHard measures words wrong in hard audio, ours and faster-whisper's: every sound goes through the product's own codecs,
// and lost packets through their concealment, as in a call.
func benchHard(t *testing.T, rows []*budget) {
	clips, from := benchClips(t)
	h := &hardBench{random: rand.New(rand.NewPCG(11, 4))}
	every := times(3, len(clips)) // all kinds of recordings, for all cases in a few minutes
	var chosen []clip
	for i := 0; i < len(clips); i += every {
		chosen = append(chosen, clips[i])
	}
	h.mixBabble(clips)
	cases := hardCases()
	dir := t.TempDir()
	var files []string
	for i, c := range cases {
		for _, k := range chosen {
			path := filepath.Join(dir, fmt.Sprintf("%02d-%s", i, k.name))
			wide, err := wav.Load(filepath.Join(from, k.name)) // not the telephone's: wideband codecs get what they can carry
			if err != nil {
				t.Fatal(err)
			}
			writeWide(t, path, h.telephone(t, c, wide))
			files = append(files, path)
		}
	}
	engine := benchEngine(t, "")
	ours := make([]score, len(cases))
	for i := range cases {
		for _, k := range chosen {
			wide, err := wav.Load(filepath.Join(dir, fmt.Sprintf("%02d-%s", i, k.name)))
			if err != nil {
				t.Fatal(err)
			}
			lines, err := worker.Transcribe(t.Context(), engine, wide, worker.Config{Language: "en"})
			if err != nil {
				t.Fatal(err)
			}
			ours[i].add(score{words: len(k.words), errors: wer.Errors(k.words, wer.Normalize(heardWords(lines)))})
		}
	}
	theirs, why := fasterWhisper(t, files)
	var sum, sumTheirs score
	for i, c := range cases {
		sum.add(ours[i])
		text := fmt.Sprintf("%s: %.1f %%", c.name, 100*ours[i].rate())
		if why == "" {
			var s score
			for _, k := range chosen {
				s.add(score{words: len(k.words), errors: wer.Errors(k.words, wer.Normalize(theirs["beam"][fmt.Sprintf("%02d-%s", i, k.name)]))})
			}
			sumTheirs.add(s)
			text += fmt.Sprintf(" (faster-whisper %.1f %%)", 100*s.rate())
		}
		rows[0].note("%s", text)
	}
	rows[0].note("%d words of %d recordings of %s in each case", ours[0].words, len(chosen), filepath.Base(from))
	if why != "" {
		rows[0].unmeasured(why)
		return
	}
	more := 100 * (sum.rate() - sumTheirs.rate())
	rows[0].set(more <= 0.5, "%+.1f points: %.1f %% ours, %.1f %% faster-whisper", more, 100*sum.rate(), 100*sumTheirs.rate())
}

func hardCases() []hardCase {
	keep := func(_ *hardBench, s []int16) []int16 { return s }
	level := func(dBFS float64) func(*hardBench, []int16) []int16 {
		return func(_ *hardBench, s []int16) []int16 { return amplify(s, dBFS-peakDB(s)) }
	}
	noise := func(snr float64, make func(h *hardBench, n int) []float64) func(*hardBench, []int16) []int16 {
		return func(h *hardBench, s []int16) []int16 { return mixAt(s, make(h, len(s)), snr) }
	}
	babble := func(h *hardBench, n int) []float64 {
		at := h.random.IntN(max(len(h.babble)-n, 1))
		return h.babble[at:min(at+n, len(h.babble))]
	}
	// street is rumble with a hiss that comes and goes, as of cars.
	street := func(h *hardBench, n int) []float64 {
		out, low := make([]float64, n), 0.0
		for i := range out {
			white := 2*h.random.Float64() - 1
			low = 0.98*low + 0.1*white
			out[i] = low + 0.25*white*math.Pow(math.Sin(2*math.Pi*0.11*float64(i)/media.SampleRate), 2)
		}
		return out
	}
	return []hardCase{
		{"µ-law, clean", codec.PCMU, 0, keep},
		{"peak at −40 dBFS", codec.PCMU, 0, level(-40)},
		{"peak at −3 dBFS", codec.PCMU, 0, level(-3)},
		{"clipped by 18 dB", codec.PCMU, 0, func(_ *hardBench, s []int16) []int16 { return amplify(s, 18-peakDB(s)) }},
		{"hum of 50 Hz at 10 dB", codec.PCMU, 0, noise(10, func(_ *hardBench, n int) []float64 {
			out := make([]float64, n)
			for i := range out {
				w := 2 * math.Pi * 50 * float64(i) / media.SampleRate
				out[i] = math.Sin(w) + 0.5*math.Sin(3*w) + 0.3*math.Sin(5*w)
			}
			return out
		})},
		{"babble at 15 dB", codec.PCMU, 0, noise(15, babble)},
		{"babble at 10 dB", codec.PCMU, 0, noise(10, babble)},
		{"street at 15 dB", codec.PCMU, 0, noise(15, street)},
		{"street at 10 dB", codec.PCMU, 0, noise(10, street)},
		{"3 % of packets lost", codec.PCMU, 0.03, keep},
		{"10 % of packets lost", codec.PCMU, 0.10, keep},
		{"G.722", codec.G722, 0, keep},
		{"Opus", codec.Opus, 0, keep},
	}
}

// mixBabble lays three strings of the recordings over each other.
func (h *hardBench) mixBabble(clips []clip) {
	for voice := range 3 {
		at := 0
		for i := range clips {
			for _, s := range wav.Resample(clips[(i+voice*5)%len(clips)].sound, phoneRate, media.SampleRate) {
				if at == len(h.babble) {
					h.babble = append(h.babble, 0)
				}
				h.babble[at] += float64(s)
				at++
			}
		}
	}
}

// telephone spoils a sound and carries it by the case's codec, packet by packet of 20 ms. Losses come in bursts of two on
// average, as on the air.
func (h *hardBench) telephone(t *testing.T, c hardCase, sound []int16) []int16 {
	t.Helper()
	sound = c.spoil(h, sound)
	enc, err := c.codec.NewEncoder(codec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dec, err := c.codec.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	var out []int16
	payload := make([]byte, 1500)
	lost := false
	for i := 0; i+media.FrameSamples <= len(sound); i += media.FrameSamples {
		n, err := enc.Encode((*media.Frame)(sound[i:i+media.FrameSamples]), payload)
		if err != nil {
			t.Fatal(err)
		}
		if lost {
			lost = h.random.Float64() < 0.5
		} else {
			lost = h.random.Float64() < 0.5*c.loss/(1-c.loss)
		}
		pcm := make([]int16, 6*media.FrameSamples) // the longest packet that a decoder may be given
		if lost {
			pcm = pcm[:media.FrameSamples]
		}
		if lost {
			dec.Conceal(pcm)
		} else if n, err = dec.Decode(payload[:n], pcm); err != nil {
			t.Fatal(err)
		} else {
			pcm = pcm[:n]
		}
		out = append(out, pcm...)
	}
	return out
}

func writeWide(t *testing.T, path string, sound []int16) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := wav.Write(f, sound, media.SampleRate); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// peakDB is the loudest sample, in dBFS.
func peakDB(s []int16) float64 {
	peak := 1.0
	for _, v := range s {
		peak = max(peak, math.Abs(float64(v)))
	}
	return 20 * math.Log10(peak/32768)
}

func amplify(s []int16, dB float64) []int16 {
	factor := math.Pow(10, dB/20)
	out := make([]int16, len(s))
	for i, v := range s {
		out[i] = clamped(float64(v) * factor)
	}
	return out
}

// mixAt adds noise so that the voice is snr dB above it, and keeps the whole within the scale.
func mixAt(s []int16, noise []float64, snr float64) []int16 {
	power := func(n int, at func(int) float64) float64 {
		sum := 0.0
		for i := range n {
			sum += at(i) * at(i)
		}
		return math.Sqrt(sum / float64(max(n, 1)))
	}
	voice := power(len(s), func(i int) float64 { return float64(s[i]) })
	factor := voice / max(power(len(noise), func(i int) float64 { return noise[i] }), 1e-9) / math.Pow(10, snr/20)
	out := make([]int16, len(s))
	for i, v := range s {
		x := float64(v)
		if len(noise) > 0 {
			x += factor * noise[i%len(noise)]
		}
		out[i] = clamped(0.7 * x)
	}
	return out
}

func clamped(x float64) int16 { return int16(max(-32768, min(32767, math.Round(x)))) }
