//go:build bench

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

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
	road  *road // the packets go through a relay into a session of the product; nil = encoded and decoded, packet by packet
	spoil func(h *hardBench, sound []int16) []int16
}

// hardBench is what cases mix in.
type hardBench struct {
	random *rand.Rand
	babble []float64 // three voices at once
}

// hardSound is one recording in one case, and where it lies as a file.
type hardSound struct {
	clip
	at   int // case
	path string
	wide []int16 // 16 kHz
}

// benchHard measures words wrong in hard audio, ours and faster-whisper's: every sound goes through the product's own codecs,
// and lost packets through its own jitter buffer and concealment, as in a call.
func benchHard(t *testing.T, rows []*budget) {
	cases := hardCases()
	sounds, from := hardSounds(t, cases)
	engine := benchEngine(t, "")
	ours, theirs := make([]score, len(cases)), make([]score, len(cases))
	texts := map[string]string{}
	var files []string
	for _, k := range sounds {
		lines, err := worker.Transcribe(t.Context(), engine, k.wide, worker.Config{Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(k.path)
		texts[name] = heardWords(lines)
		ours[k.at].add(score{words: len(k.words), errors: wer.Errors(k.words, countedWords(texts[name]))})
		files = append(files, k.path)
	}
	yardstick, why := fasterWhisper(t, files, "beam")
	for _, k := range sounds {
		name := filepath.Base(k.path)
		theirs[k.at].add(score{words: len(k.words), errors: wer.Errors(k.words, countedWords(yardstick["beam"][name]))})
		t.Logf("%s: ours %q, faster-whisper's %q", name, texts[name], yardstick["beam"][name])
	}
	var sum, sumTheirs score
	for i, c := range cases {
		sum.add(ours[i])
		sumTheirs.add(theirs[i])
		text := fmt.Sprintf("%s: %.1f %%", c.name, 100*ours[i].rate())
		if why == "" {
			text += fmt.Sprintf(" (faster-whisper %.1f %%)", 100*theirs[i].rate())
		}
		rows[0].note("%s", text)
	}
	rows[0].note("%d words of %d recordings of %s in each case", ours[0].words, len(sounds)/len(cases), filepath.Base(from))
	if why != "" {
		rows[0].unmeasured(why)
		return
	}
	more := 100 * (sum.rate() - sumTheirs.rate())
	rows[0].set(more <= 0.5, "%+.1f points: %.1f %% ours, %.1f %% faster-whisper", more, 100*sum.rate(), 100*sumTheirs.rate())
}

// hardSounds makes every case of every third recording, so that all kinds are there and the table takes minutes.
func hardSounds(t *testing.T, cases []hardCase) (sounds []hardSound, from string) {
	clips, from := benchClips(t)
	h := &hardBench{}
	h.mixBabble(clips)
	dir := t.TempDir()
	for at, c := range cases {
		first := len(sounds)
		for i := 0; i < len(clips); i += times(3, len(clips)) {
			h.random = rand.New(rand.NewPCG(uint64(at), uint64(i))) // each sound is the same in every run
			k := hardSound{clip: clips[i], at: at, path: filepath.Join(dir, fmt.Sprintf("%02d-%s", at, clips[i].name))}
			wide, err := wav.Load(filepath.Join(from, k.name)) // not the telephone's: wideband codecs get what they can carry
			if err != nil {
				t.Fatal(err)
			}
			k.wide = c.spoil(h, wide)
			if c.road == nil {
				k.wide = throughCodec(t, c.codec, k.wide)
			}
			sounds = append(sounds, k)
		}
		if c.road != nil {
			travel(t, c, sounds[first:])
		}
	}
	for _, k := range sounds {
		writeWide(t, k.path, k.wide)
	}
	return sounds, from
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
		{"µ-law, clean", codec.PCMU, nil, keep},
		{"peak at −40 dBFS", codec.PCMU, nil, level(-40)},
		{"peak at −25 dBFS", codec.PCMU, nil, level(-25)},
		{"peak at −3 dBFS", codec.PCMU, nil, level(-3)},
		{"clipped by 18 dB", codec.PCMU, nil, func(_ *hardBench, s []int16) []int16 { return amplify(s, 18-peakDB(s)) }},
		{"hum of 50 Hz at 10 dB", codec.PCMU, nil, noise(10, func(_ *hardBench, n int) []float64 {
			out := make([]float64, n)
			for i := range out {
				w := 2 * math.Pi * 50 * float64(i) / media.SampleRate
				out[i] = math.Sin(w) + 0.5*math.Sin(3*w) + 0.3*math.Sin(5*w)
			}
			return out
		})},
		{"babble at 15 dB", codec.PCMU, nil, noise(15, babble)},
		{"babble at 10 dB", codec.PCMU, nil, noise(10, babble)},
		{"street at 15 dB", codec.PCMU, nil, noise(15, street)},
		{"street at 10 dB", codec.PCMU, nil, noise(10, street)},
		{"3 % lost, jitter", codec.PCMU, &road{loss: 0.03, jitter: 15 * time.Millisecond}, keep},
		{"10 % lost, jitter", codec.PCMU, &road{loss: 0.10, jitter: 15 * time.Millisecond}, keep},
		{"G.722, wideband", codec.G722, nil, keep},
		{"Opus, wideband", codec.Opus, nil, keep},
		{"Opus, 10 % lost, jitter", codec.Opus, &road{loss: 0.10, jitter: 15 * time.Millisecond}, keep},
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
