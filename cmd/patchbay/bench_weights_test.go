//go:build bench

package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/graph"
	"patchbay/transcribe/models"
	"patchbay/transcribe/worker"
)

// TestWeights compares how the weights of the two graphs can be kept, in one run over the same recordings, clean and with
// white noise: words wrong when cut as in a call, and processor time. It judges nothing.
func TestWeights(t *testing.T) {
	clips, _ := benchClips(t)
	cache, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []decoder.Weights{{Encoder: graph.Int8, Decoder: graph.Blocks}, {Encoder: graph.Blocks, Decoder: graph.Blocks},
		{Encoder: graph.Float, Decoder: graph.Blocks}, {Encoder: graph.Float, Decoder: graph.Float}} {
		engine, err := decoder.New(decoder.Config{Models: cache, Weights: &w})
		if err != nil {
			t.Fatal(err)
		}
		for _, snr := range []float64{math.Inf(1), 15, 10} { // dB
			texts := map[string]string{}
			audio, began := time.Duration(0), ownTime(t)
			for _, k := range clips {
				x := wav.Resample(noisy(k.sound, snr), phoneRate, media.SampleRate)
				audio += duration(x)
				lines, err := worker.Transcribe(t.Context(), engine, x, worker.Config{Language: "en"})
				if err != nil {
					t.Fatal(err)
				}
				texts[k.name] = allText(lines)
			}
			used := ownTime(t) - began
			t.Logf("encoder %-6v decoder %-6v noise at %4v dB: %5.2f %% of words wrong, %.4f CPU s per s of sound", w.Encoder, w.Decoder, snr,
				100*wrongWords(clips, texts).rate(), used.Seconds()/audio.Seconds())
		}
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}
}

// noisy adds white noise, the same each time.
func noisy(sound []int16, snr float64) []int16 {
	sum := 0.0
	for _, v := range sound {
		sum += float64(v) * float64(v)
	}
	level := math.Sqrt(sum/float64(len(sound))) * math.Pow(10, -snr/20)
	r := rand.New(rand.NewPCG(1, 1))
	out := slices.Clone(sound)
	for i := range out {
		out[i] = int16(max(-32768, min(32767, float64(out[i])+level*r.NormFloat64())))
	}
	return out
}

// ownTime is what this process has used.
func ownTime(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
