package crosstalk

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/transcribe"
)

const speech = "../../cmd/patchbay/testdata/speech/"

func load(t testing.TB, path string) []int16 {
	t.Helper()
	x, err := wav.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// echo is what a room and a telephone make of a voice: later, quieter, with early reflections, narrow.
func echo(x []int16, late float64, dB float64) []int16 {
	r := rand.New(rand.NewPCG(5, 6))
	taps := map[int]float64{0: 1}
	for range 12 { // reflections within 25 ms, falling
		at := 1 + r.IntN(400)
		taps[at] = 0.6 * math.Exp(-float64(at)/150) * (2*r.Float64() - 1)
	}
	shift, gain := int(late*media.SampleRate), math.Pow(10, dB/20)
	out := make([]float64, len(x)+shift+500)
	for at, g := range taps {
		for i, v := range x {
			out[i+shift+at] += gain * g * float64(v)
		}
	}
	narrow := make([]int16, len(out))
	for i := 1; i < len(out); i++ {
		narrow[i] = int16(math.Round((out[i] + out[i-1]) / 2))
	}
	return narrow
}

// mix adds sounds at 16 kHz, each from its place in seconds on, and a line's noise of −60 dBFS.
func mix(seconds float64, parts ...any) []int16 {
	r := rand.New(rand.NewPCG(8, 9))
	sum := make([]float64, int(seconds*media.SampleRate))
	for i := range sum {
		sum[i] = 30 * r.NormFloat64()
	}
	for i := 0; i < len(parts); i += 2 {
		at := int(parts[i].(float64) * media.SampleRate)
		for k, v := range parts[i+1].([]int16) {
			if at+k < len(sum) {
				sum[at+k] += float64(v)
			}
		}
	}
	out := make([]int16, len(sum))
	for i, v := range sum {
		out[i] = int16(max(-32768, min(32767, math.Round(v))))
	}
	return out
}

func room(own, other []int16) *Leg {
	r := &Room{}
	leg, far := r.Leg("customer"), r.Leg("agent")
	for pos := 0; (pos+1)*media.FrameSamples <= min(len(own), len(other)); pos++ {
		leg.Write(int64(pos), (*media.Frame)(own[pos*media.FrameSamples:]))
		far.Write(int64(pos), (*media.Frame)(other[pos*media.FrameSamples:]))
	}
	return leg
}

// line has words of 0.25 s from one second on to another.
func line(from, to float64) transcribe.Line {
	l := transcribe.Line{StartMS: int64(1000 * from), EndMS: int64(1000 * to), Language: "en"}
	for at := l.StartMS; at+250 <= l.EndMS; at += 250 {
		l.Words = append(l.Words, transcribe.Word{Text: fmt.Sprintf("w%d", len(l.Words)), StartMS: at, EndMS: at + 250})
	}
	return l
}

// An echo of 20 to 300 ms and −10 to −30 dB is known as such, whole, and goes.
func TestEchoGoes(t *testing.T) {
	agent := load(t, speech+"lv-0870.wav")
	length := float64(len(agent)) / media.SampleRate
	far := mix(length+2, 0.5, agent)
	for _, late := range []float64{0.02, 0.1, 0.3} {
		for _, dB := range []float64{-10, -20, -30} {
			leg := room(mix(length+2, 0.5, echo(agent, late, dB)), far)
			l := line(0.6+late, 0.4+length+late)
			if got, ok := leg.Own(l); ok && len(got.Words) > 1 { // one lies in a pause, where a line has noise only
				t.Errorf("%.0f ms late, %.0f dB: %d of %d words stay", 1000*late, dB, len(got.Words), len(l.Words))
			}
			if !leg.Leaks(600) {
				t.Errorf("%.0f ms late, %.0f dB: no leak", 1000*late, dB)
			}
		}
	}
}

// Of a line in which the customer speaks and then the agent is heard, the customer's words stay: also where both speak at once.
func TestOwnWordsStayBesideAnEcho(t *testing.T) {
	agent, customer := load(t, speech+"lv-0870.wav"), load(t, speech+"lv-0880.wav")
	mine := float64(len(customer)) / media.SampleRate
	for _, dB := range []float64{-10, -20, -30} {
		// The agent goes on after the customer's interruption.
		leaked, all := echo(agent, 0.12, dB), line(1.1, 6)
		leg := room(mix(9, 1.0, customer, 0.5, leaked), mix(9, 0.5, agent))
		got, ok := leg.Own(all)
		if !ok {
			t.Fatalf("%.0f dB: nothing stays", dB)
		}
		// In the customer's own pauses the echo is all there is.
		louder := func(w transcribe.Word) bool {
			at := int(w.StartMS-1000) * media.SampleRate / 1000
			if at < 0 || at+media.SampleRate/4 > len(customer) {
				return false
			}
			own, back := 0.0, 0.0
			for i := at; i < at+media.SampleRate/4; i++ {
				own += float64(customer[i]) * float64(customer[i])
				back += float64(leaked[i+media.SampleRate/2]) * float64(leaked[i+media.SampleRate/2])
			}
			return own > 4*back
		}
		spoken, stay, after := 0, 0, 0
		for _, w := range all.Words {
			if louder(w) {
				spoken++
			}
		}
		for _, w := range got.Words {
			if louder(w) {
				stay++
			} else if w.StartMS >= int64(1100+1000*mine) {
				after++
			}
		}
		if spoken < 4 || stay < spoken || after > 1 {
			t.Errorf("%.0f dB: %d of %d own words stay, and %d of the echo", dB, stay, spoken, after)
		}
	}
}

// Two people who say the same words at the same time, or one who repeats the other's, both stand; and so do lines beside
// which the other leg says something else.
func TestDoubleTalkStays(t *testing.T) {
	agent, customer := load(t, "testdata/thanks-rms.wav"), load(t, "testdata/thanks-slt.wav")
	other := load(t, speech+"lv-0870.wav")
	for _, late := range []float64{0, 0.02, 0.05, 0.1, 0.2, 0.3} {
		for _, dB := range []float64{0, -20} {
			quiet := make([]int16, len(customer))
			for i, v := range customer {
				quiet[i] = int16(float64(v) * math.Pow(10, dB/20))
			}
			for name, far := range map[string][]int16{"the same": agent, "something else": other} {
				leg := room(mix(5, 1+late, quiet), mix(5, 1.0, far))
				l := line(1.1+late, 2.8+late)
				got, ok := leg.Own(l)
				if !ok || len(got.Words) != len(l.Words) {
					t.Errorf("%.0f ms late, %.0f dB, %s: %d of %d words stay", 1000*late, dB, name, len(got.Words), len(l.Words))
				}
				// With the other's echo in it as well.
				leg = room(mix(5, 1+late, customer, 1.0, echo(far, 0.15, dB-20)), mix(5, 1.0, far))
				if got, ok = leg.Own(l); !ok || len(got.Words) < len(l.Words)-1 {
					t.Errorf("%.0f ms late over an echo of %.0f dB, %s: %d of %d words stay", 1000*late, dB-20, name, len(got.Words), len(l.Words))
				}
			}
		}
	}
}

// The same recording that is played into both legs, one a little later, is said in both: an echo is quieter than its voice.
func TestSameRecordingStays(t *testing.T) {
	agent := load(t, "testdata/thanks-rms.wav")
	for _, late := range []float64{0, 0.02, 0.12, 0.4} {
		first, second := mix(5, 1.0, agent), mix(5, 1+late, agent)
		leg := room(second, first)
		l := line(1.1+late, 2.8+late)
		got, ok := leg.Own(l)
		if leaks := leg.Leaks(int64(1000*late) + 1100); !ok || leaks || len(got.Words) != len(l.Words) {
			t.Errorf("%.0f ms late: the line stays: %t, with %d of %d words; its partial goes: %t", 1000*late, ok, len(got.Words), len(l.Words), leaks)
		}
	}
}

// Nothing of all recordings is found in any other.
func TestStrangersDoNotLeak(t *testing.T) {
	names := []string{"ar-aew_a0003", "ar-axb_a0006", "ls-1272-128104-0000", "lv-0870", "lv-0890", "lv-0920"}
	for _, a := range names {
		for _, b := range names {
			if a == b {
				continue
			}
			own := load(t, speech+a+".wav")
			n := float64(len(own)) / media.SampleRate
			leg := room(mix(n+1, 0.5, own), mix(n+1, 0.3, load(t, speech+b+".wav")))
			l := line(0.6, n+0.4)
			if got, ok := leg.Own(l); !ok || len(got.Words) != len(l.Words) {
				t.Errorf("%s beside %s: %d of %d words stay", a, b, len(got.Words), len(l.Words))
			}
		}
	}
}

// What stands of a line is written anew.
func TestRewritten(t *testing.T) {
	l := transcribe.Line{Language: "en", Text: "it costs $12.50 yes", Words: []transcribe.Word{
		{Text: "It", EndMS: 1}, {Text: "costs", EndMS: 2}, {Text: "twelve", EndMS: 3}, {Text: "dollars", EndMS: 4}, {Text: "fifty.", StartMS: 4, EndMS: 5}, {Text: "Yes."}}}
	got := rewritten(l, l.Words[:5])
	if got.Text != "It costs $12.50." || got.Spoken != "it costs twelve dollars fifty" || got.EndMS != 5 {
		t.Errorf("%+v", got)
	}
	if l.Language = "ja"; !strings.HasPrefix(rewritten(l, l.Words[:2]).Text, "Itcosts") {
		t.Error("Japanese has no spaces")
	}
}

// Sound out of order, of another age, or before the beginning changes nothing that is kept.
func TestWriteInAnyOrder(t *testing.T) {
	r := &Room{}
	l := r.Leg("a")
	if r.Leg("a") != l {
		t.Fatal("two legs of one name")
	}
	var f media.Frame
	for i := range f {
		f[i] = 1000
	}
	for _, pos := range []int64{-5, 10, 11, 9, 11, 500_000, 3} {
		l.Write(pos, &f)
	}
	x := make([]float64, frameSamples+40)
	l.between(x, 500_000*frameSamples-20)
	if x[0] != 0 || x[100] != 1000 || x[len(x)-1] != 0 {
		t.Errorf("%v", x[:40])
	}
	if _, ok := l.Own(line(0, 2)); !ok || l.Leaks(0) {
		t.Error("alone, and it leaks")
	}
	if n := testing.AllocsPerRun(100, func() { l.Write(l.end/frameSamples, &f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestPartialIsLookedAtAgain: not with each word, but when a second more of it has come.
func TestPartialIsLookedAtAgain(t *testing.T) {
	agent := load(t, speech+"lv-0870.wav")
	far := mix(6, 0.5, agent)
	r := &Room{}
	leg, other := r.Leg("customer"), r.Leg("agent")
	pos := int64(0)
	say := func(seconds float64, own []int16) {
		for end := pos + int64(seconds*50); pos < end; pos++ {
			leg.Write(pos, (*media.Frame)(own[pos*media.FrameSamples:]))
			other.Write(pos, (*media.Frame)(far[pos*media.FrameSamples:]))
		}
	}
	quiet, back := mix(6, 0.0, agent[:0]), mix(6, 0.5, echo(agent, 0.1, -10))
	say(1.3, quiet)
	if leg.Leaks(600) {
		t.Fatal("noise leaks")
	}
	say(0.8, back)
	if leg.Leaks(600) {
		t.Error("looked at again within a second")
	}
	if !leg.Leaks(1300) {
		t.Error("another utterance is not looked at")
	}
	say(1, back)
	if !leg.Leaks(1300) {
		t.Error("it leaked a second ago")
	}
}

// TestCleanLegIsTrusted: a leg that is never heard in is looked at with each line only, until one leaks.
func TestCleanLegIsTrusted(t *testing.T) {
	agent, customer := load(t, speech+"lv-0870.wav"), load(t, speech+"lv-0890.wav")
	length := float64(len(agent)) / media.SampleRate
	leg := room(mix(2*length+3, 0.5, customer, length+1.5, echo(agent, 0.1, -10)), mix(2*length+3, 0.3, agent, length+1.5, agent))
	own, echoed := line(0.6, length), line(length+1.7, 2*length+1.5)
	startMS := int64(1000 * (2*length + 0.5)) // the last seconds, which are echo
	for range trusted {
		if !leg.Leaks(startMS) {
			t.Fatal("an echo in a leg that nothing is known of yet does not leak")
		}
		if got, ok := leg.Own(own); !ok || len(got.Words) != len(own.Words) {
			t.Fatal("words of its own go")
		}
	}
	if leg.Leaks(startMS) {
		t.Error("a leg that was clean three times is looked at")
	}
	if got, ok := leg.Own(echoed); ok && len(got.Words) > 1 {
		t.Errorf("%d of %d echoed words stay", len(got.Words), len(echoed.Words))
	}
	if !leg.Leaks(startMS) {
		t.Error("a leg that leaked is not looked at")
	}
}
