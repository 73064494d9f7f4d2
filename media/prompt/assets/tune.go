//go:build ignore

// Command tune writes the hold music to the file that it is given: a slow round of eight chords, plucked softly over a
// pad. Everything rings on past the end into the beginning, so the file loops without a seam.
//
//	go run tune.go hold.wav
package main

import (
	"log"
	"math"
	"os"

	"patchbay/media/wav"
)

const (
	rate    = 16000     // samples per second
	beat    = 0.75      // seconds
	bars    = 16        // two to a chord
	length  = 48 * rate // bars · 4 beats
	loudest = -24       // dBFS, root mean square of the whole
)

// chords, as MIDI note numbers: Cmaj9, Am9, Fmaj9, G6/9, Em7, Am7, Dm9, Gsus.
var chords = [8][5]int{
	{48, 55, 64, 71, 74}, {45, 52, 60, 67, 71}, {41, 57, 60, 64, 67}, {43, 55, 59, 64, 69},
	{40, 55, 59, 62, 67}, {45, 55, 60, 64, 67}, {50, 57, 60, 65, 76}, {43, 55, 60, 62, 69},
}

// melody is one note per bar and the beat on which it falls; 0 rests. It keeps to C's five tones.
var melody = [bars][2]float64{
	{76, 1}, {79, 2.5}, {76, 1}, {0, 0}, {72, 1.5}, {74, 1}, {74, 2}, {0, 0},
	{79, 1}, {81, 2.5}, {79, 1}, {0, 0}, {77, 1.5}, {76, 1}, {74, 2}, {0, 0},
}

func main() {
	mix := make([]float64, length)
	for bar := range bars {
		chord := chords[bar/2]
		at := float64(bar) * 4 * beat
		if bar%2 == 0 {
			pad(mix, at, 8*beat, chord)
		}
		// The chord is picked upwards, and in its second bar only by halves.
		for i, note := range chord {
			if bar%2 == 1 && i%2 == 1 {
				continue
			}
			pluck(mix, at+float64(i)*beat/2, note, 0.5)
		}
		if m := melody[bar]; m[0] > 0 {
			pluck(mix, at+m[1]*beat, int(m[0]), 0.8)
		}
	}
	room(mix)
	if err := write(os.Args[1], mix); err != nil {
		log.Fatal(err)
	}
}

func hertz(note int) float64 { return 440 * math.Pow(2, float64(note-69)/12) }

// pluck adds a soft struck tone that dies away over some seconds.
func pluck(mix []float64, at float64, note int, gain float64) {
	const attack = 0.012 // seconds
	f := hertz(note)
	for i := range 4 * rate {
		t := float64(i) / rate
		env := math.Min(t/attack, 1) * math.Exp(-1.6*t) * math.Min(1, (4-t)*4)
		tone := math.Sin(2*math.Pi*f*t) + 0.28*math.Exp(-2*t)*math.Sin(4*math.Pi*f*t) +
			0.10*math.Exp(-5*t)*math.Sin(8*math.Pi*f*t)
		add(mix, at, i, gain*env*tone)
	}
}

// pad adds the chord's upper tones, swelling and fading over its whole length and a little more.
func pad(mix []float64, at, seconds float64, chord [5]int) {
	seconds += 2 * beat
	for _, note := range chord[1:] {
		f := hertz(note)
		for i := range int(seconds * rate) {
			t := float64(i) / rate
			swell := math.Pow(math.Sin(math.Pi*t/seconds), 1.5)
			// Two strings a little apart beat slowly against each other.
			tone := math.Sin(2*math.Pi*f*t) + math.Sin(2*math.Pi*(f+0.35)*t)
			add(mix, at, i, 0.05*swell*tone)
		}
	}
}

// room adds a few echoes, each duller than the last, so that the tones do not stand in nothing.
func room(mix []float64) {
	for pass, delay := range []float64{0.113, 0.197, 0.341} {
		dry := append([]float64(nil), mix...)
		low := 0.0
		for i := range 2 * length { // twice round, so that the filter enters the loop settled
			low += 0.35 * (dry[i%length] - low)
			if i >= length {
				mix[(i+int(delay*rate))%length] += low * 0.22 / float64(pass+1)
			}
		}
	}
}

// add puts a sample where it belongs on the loop.
func add(mix []float64, at float64, i int, v float64) {
	mix[(int(at*rate)+i)%len(mix)] += v
}

func write(path string, mix []float64) error {
	var sum float64
	for _, v := range mix {
		sum += v * v
	}
	// dBFS counts from a full-scale sine, whose mean square is one half.
	gain := 32767 * math.Pow(10, loudest/20.0) / math.Sqrt(2*sum/length)
	samples := make([]int16, length)
	for i, v := range mix {
		samples[i] = int16(math.Round(gain * v))
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := wav.Write(f, samples, rate); err != nil {
		return err
	}
	return f.Close()
}
