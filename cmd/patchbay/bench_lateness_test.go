//go:build bench

package main

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestVoiced: noise before and behind a voice is no voice, and a consonant is.
func TestVoiced(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := func(d time.Duration, loud float64) (s []int16) {
		for range int(d.Seconds() * phoneRate) {
			s = append(s, int16(rnd.NormFloat64()*loud))
		}
		return s
	}
	var vowel []int16
	for i := range phoneRate {
		sum := 0.0
		for h := 1.0; h < 8; h++ { // a voice of 120 Hz
			sum += math.Sin(2*math.Pi*120*h*float64(i)/phoneRate) / h
		}
		vowel = append(vowel, int16(8000*sum))
	}
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if off := got - want; off < -30*time.Millisecond || off > 30*time.Millisecond {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	sound := append(append(append(append(noise(time.Second, 2500), make([]int16, phoneRate/5)...), noise(100*time.Millisecond, 2500)...), vowel...), make([]int16, phoneRate/10)...)
	sound = append(append(sound, make([]int16, phoneRate)...), noise(time.Second, 2500)...)
	onset, end := voiced(sound)
	near("onset", onset, 1200*time.Millisecond) // the consonant, not the noise before it
	near("end", end, 2300*time.Millisecond)
}

// TestLateness: a line counts for the clip that it shares most with, one over two clips for both, and late for the last only.
func TestLateness(t *testing.T) {
	at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	place := func(name string, from, to float64) placed {
		return placed{clip: clip{name: name, end: at(to - from)}, starts: at(from), at: at(from - 0.3), until: math.MaxInt64}
	}
	places := []placed{place("a", 1, 3), place("b", 3.6, 5), place("c", 6, 8)}
	begin := time.Now()
	line := func(from, to, came float64, text string) heardText {
		return heardText{begin.Add(at(came)), at(from).Milliseconds(), at(to).Milliseconds(), text}
	}
	got := lateness(places, begin, nil, []heardText{
		line(1, 2, 2.6, "one"), line(2.2, 5, 5.5, "two"), line(5.55, 7.9, 8.6, "three"), // the third begins in b's window
	})
	for i, want := range []timing{
		{name: "a", last: at(2.6 - 3), text: "one "}, {name: "b", last: at(0.5), text: "two "}, {name: "c", last: at(0.6), text: "three "},
	} {
		if got[i].name != want.name || got[i].last.Round(time.Millisecond) != want.last || got[i].text != want.text || got[i].missing {
			t.Errorf("%+v, want %+v", got[i], want)
		}
	}
	both := lateness(places[:2], begin, nil, []heardText{line(1, 5, 5.4, "all")})
	if both[0].missing || both[1].missing || both[0].last.Round(time.Millisecond) != at(0.4) || both[1].last.Round(time.Millisecond) != at(0.4) {
		t.Errorf("%+v", both)
	}
	if none := lateness(places, begin, nil, []heardText{line(1, 3, 3.5, "a")}); none[0].missing || !none[1].missing || !none[2].missing {
		t.Errorf("%+v", none)
	}
}
