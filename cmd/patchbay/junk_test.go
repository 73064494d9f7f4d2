package main

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/store"
	"patchbay/transcribe"
	"patchbay/transcribe/prime"
	"patchbay/transcribe/worker"
)

// A primed recogniser never invents the record's words: 60 s of what a telephone brings beside words, with each demo
// record as the prompt, first as a call is heard, then with the voice detector out of the way.
func TestTheRecordIsNeverInvented(t *testing.T) {
	engine := testEngine(t)
	sounds := junk(t)
	var all []int16
	for _, s := range sounds {
		all = append(all, s.samples...)
	}
	if got := time.Duration(len(all)) * time.Second / media.SampleRate; got < time.Minute {
		t.Fatalf("only %v of junk", got)
	}
	for i, v := range store.DemoCustomers(time.Now()) {
		record := demoRecord(v)
		language := "en"
		if strings.ContainsFunc(v.Name, func(r rune) bool { return r > 0x3000 }) {
			language = "ja"
		}
		text, memory := prime.Text(record, language), prime.Remember(record)
		if text == "" {
			t.Errorf("%s primes nothing", v.Name)
		}
		lines, err := worker.Transcribe(t.Context(), engine, all, worker.Config{Language: language, Prompt: text})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			invented(t, "a call", text, memory, memory.Correct(l).Text)
		}
		// One kind for each record: all of them for all records are what make bench listens to.
		k := sounds[i%len(sounds)]
		invented(t, k.name, text, memory, decoded(t, engine, k.samples, language, text))
	}
}

// invented reports words of a record in a text that was heard in junk.
func invented(t *testing.T, where, prompt string, memory prime.Memory, text string) {
	t.Helper()
	for _, w := range strings.Fields(text) {
		if memory.Known(w) {
			t.Errorf("%s, primed with %q, became %q", where, prompt, text)
			return
		}
	}
}

// decoded is what one final pass hears, whatever the voice detector thinks.
func decoded(t *testing.T, engine transcribe.Engine, samples []int16, language, prompt string) string {
	t.Helper()
	audio := engine.NewAudio()
	for rest := samples; len(rest) > 0; {
		n := min(len(rest), media.SampleRate)
		audio.Append(rest[:n])
		rest = rest[n:]
	}
	h, err := engine.Decode(t.Context(), transcribe.Pass{Audio: audio, To: audio.Len(), Final: true, Language: language, Prompt: prompt})
	if err != nil {
		t.Fatal(err)
	}
	return h.Text
}

// demoRecord is a customer as the contact centre tells the recogniser.
func demoRecord(v store.CustomerView) prime.Record {
	r := prime.Record{Customer: v.Name, Town: v.Town, Organisation: v.Organisation, Agents: []string{"Akiko Mori"}, Queue: "Bookings"}
	for _, o := range v.Orders {
		r.Orders = append(r.Orders, prime.Order{Number: o.Number, Title: o.Title, Open: o.Status != "completed" && o.Status != "cancelled"})
	}
	for _, c := range v.Cases {
		r.Cases = append(r.Cases, c.Title)
	}
	return r
}

type junkSound struct {
	name    string
	samples []int16 // 16 kHz
}

// junk is ten kinds of sound without words, six seconds of each.
func junk(t *testing.T) []junkSound {
	t.Helper()
	const seconds, rate = 6, media.SampleRate
	random := rand.New(rand.NewPCG(4, 7))
	noise := func() float64 { return 2*random.Float64() - 1 }
	tone := func(hz float64, i int) float64 { return math.Sin(2 * math.Pi * hz * float64(i) / rate) }
	brown, breath := 0.0, 0.0
	kinds := []struct {
		name string
		at   func(i int) float64
	}{
		{"white noise", func(int) float64 { return 0.3 * noise() }},
		{"rumble", func(int) float64 { brown = 0.995*brown + 0.05*noise(); return 2 * brown }},
		{"hum", func(i int) float64 { return 0.3*tone(50, i) + 0.15*tone(150, i) + 0.1*tone(250, i) }},
		{"ring-back", func(i int) float64 {
			if i/rate%6 >= 2 {
				return 0
			}
			return 0.2 * (tone(440, i) + tone(480, i))
		}},
		{"keys", func(i int) float64 {
			if i%4000 > 1600 {
				return 0
			}
			k := i / 4000
			return 0.25 * (tone([]float64{697, 770, 852, 941}[k%4], i) + tone([]float64{1209, 1336, 1477}[k%3], i))
		}},
		{"typing", func(i int) float64 {
			if i%2700 < 120 {
				return 0.6 * noise()
			}
			return 0.002 * noise()
		}},
		{"rustling", func(i int) float64 { return 0.3 * noise() * math.Pow(math.Abs(tone(1.3, i)*tone(0.37, i)), 2) }},
		{"music", func(i int) float64 {
			root := []float64{220, 196, 174.6, 261.6}[i/(rate*3/4)%4]
			return 0.12 * (tone(root, i) + tone(root*1.25, i) + tone(root*1.5, i) + tone(root*2, i+i%97/8))
		}},
		{"breathing", func(i int) float64 {
			breath = 0.7*breath + 0.3*noise()
			return 0.25 * breath * math.Max(0, tone(0.4, i))
		}},
	}
	var out []junkSound
	for _, k := range kinds {
		samples := make([]int16, seconds*rate)
		for i := range samples {
			samples[i] = int16(32767 * max(-1, min(1, k.at(i))))
		}
		out = append(out, junkSound{k.name, samples})
	}
	// A voice without words: speech played backwards.
	speech, err := wav.Load("testdata/speech/ls-1272-128104-0000.wav")
	if err != nil {
		t.Fatal(err)
	}
	backwards := make([]int16, seconds*rate)
	for i := range backwards {
		backwards[i] = speech[len(speech)-1-i%len(speech)]
	}
	return append(out, junkSound{"backwards", backwards})
}
