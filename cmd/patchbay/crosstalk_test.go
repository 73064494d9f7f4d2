package main

import (
	"math"
	"strings"
	"testing"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/wav"
	"patchbay/transcribe"
	"patchbay/transcribe/crosstalk"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/wer"
	"patchbay/transcribe/worker"
)

// twoLegs hears a customer's and an agent's leg with the recogniser and gives what of the customer's is the customer's own, and
// all that was heard there.
func twoLegs(t *testing.T, engine *decoder.Engine, customer, agent []int16) (own, all []transcribe.Line) {
	t.Helper()
	var room crosstalk.Room
	for name, sound := range map[string][]int16{"customer": customer, "agent": agent} {
		for i := 0; i+media.FrameSamples <= len(sound); i += media.FrameSamples {
			room.Leg(name).Write(int64(i/media.FrameSamples), (*media.Frame)(sound[i:]))
		}
	}
	all, err := worker.Transcribe(t.Context(), engine, customer, worker.Config{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		if l, ok := room.Leg("customer").Own(l); ok {
			own = append(own, l)
		}
	}
	return own, all
}

// laid puts sounds on one leg through a telephone's band and law: each from a second on, with its gain in dB.
func laid(t *testing.T, seconds float64, parts ...laidPart) []int16 {
	t.Helper()
	sum := make([]float64, int(seconds*media.SampleRate))
	for _, p := range parts {
		sound, err := wav.Load(p.file)
		if err != nil {
			t.Fatal(err)
		}
		gain := math.Pow(10, p.dB/20)
		for i, v := range sound {
			if at := int(p.at*media.SampleRate) + i; at < len(sum) {
				sum[at] += gain * float64(v)
			}
		}
	}
	out := make([]int16, len(sum))
	for i, v := range sum {
		out[i] = int16(max(-32768, min(32767, math.Round(v))))
	}
	return throughCodec(t, codec.PCMU, out)
}

type laidPart struct {
	file   string
	at, dB float64
}

// The agent's voice leaks into the customer's leg: its words are written once, and what the customer says meanwhile stays.
func TestAnEchoIsNotWrittenTwice(t *testing.T) {
	const agentSays, customerSays = "testdata/speech/lv-0870.wav", "testdata/speech/lv-0880.wav"
	want := wer.Normalize("he was not an ill disposed young man")
	engine := testEngine(t)
	agent := laid(t, 11, laidPart{agentSays, 0.5, 0})
	written := 0
	for _, late := range []float64{0.02, 0.12, 0.3} {
		for _, dB := range []float64{-10, -20, -30} {
			own, all := twoLegs(t, engine, laid(t, 11, laidPart{agentSays, 0.5 + late, dB}), agent)
			if len(own) > 0 {
				t.Errorf("%.0f ms late, %.0f dB: written twice: %q", 1000*late, dB, allText(own))
			}
			written += len(all)
		}
	}
	// The customer speaks behind it, then into it.
	for _, dB := range []float64{-10, -20, -30} {
		for _, at := range []float64{8, 4} {
			own, all := twoLegs(t, engine, laid(t, 11, laidPart{agentSays, 0.62, dB}, laidPart{customerSays, at, 0}), agent)
			text := allText(own)
			n := wer.Errors(want, wer.Normalize(text))
			// A voice 10 dB below costs the recogniser words of the other's; but none of its own may stay.
			if most := map[bool]int{true: 1, false: 3}[at == 8]; n > most && (dB < -10 || at == 8) {
				t.Errorf("%.0f dB, the customer from %.0f s on: %d words wrong in %q; heard: %q", dB, at, n, text, allText(all))
			}
			if strings.Contains(text, "Dashwood") || strings.Contains(text, "leisure") || !strings.Contains(text, "young man") {
				t.Errorf("%.0f dB, the customer from %.0f s on: %q of %q", dB, at, text, allText(all))
			}
		}
	}
	if written == 0 {
		t.Error("the recogniser heard no echo, so nothing was tested")
	}
}

// Two people who say the same at the same time have both said it.
func TestBothSayThanks(t *testing.T) {
	const clips = "../../transcribe/crosstalk/testdata/thanks-"
	engine := testEngine(t)
	agent := laid(t, 5, laidPart{clips + "rms.wav", 1, 0})
	for _, late := range []float64{0, 0.1, 0.25} {
		own, all := twoLegs(t, engine, laid(t, 5, laidPart{clips + "slt.wav", 1 + late, 0}, laidPart{clips + "rms.wav", 1.15, -20}), agent)
		if text := strings.ToLower(allText(own)); !strings.Contains(text, "yes") || !strings.Contains(text, "thank you") {
			t.Errorf("%.0f ms later: %q of %q", 1000*late, text, allText(all))
		}
	}
}

// throughCodec encodes a sound and decodes it again, packet by packet.
func throughCodec(t *testing.T, c codec.Codec, sound []int16) []int16 {
	t.Helper()
	enc, err := c.NewEncoder(codec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dec, err := c.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	var out []int16
	payload := make([]byte, codec.MaxPayload)
	for i := 0; i+media.FrameSamples <= len(sound); i += media.FrameSamples {
		n, err := enc.Encode((*media.Frame)(sound[i:i+media.FrameSamples]), payload)
		if err != nil {
			t.Fatal(err)
		}
		pcm := make([]int16, 6*media.FrameSamples) // the longest packet that a decoder may be given
		if n, err = dec.Decode(payload[:n], pcm); err != nil {
			t.Fatal(err)
		}
		out = append(out, pcm[:n]...)
	}
	return out
}
