package acd

import (
	"slices"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/transcribe"
)

// The agent's words that come back through the customer's telephone are the agent's alone in the transcript; what the customer
// says meanwhile is the customer's.
func TestEchoIsWrittenOnce(t *testing.T) {
	const speech = "../cmd/patchbay/testdata/speech/"
	said, err := wav.Load(speech + "lv-0870.wav") // 6 s
	if err != nil {
		t.Fatal(err)
	}
	answer, err := wav.Load(speech + "lv-0880.wav") // 2 s
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, nil, func(f *fixture) {
		agent, caller := f.signIn("akiko"), newCustomer("+12025550142")
		agent.says, caller.says = 0, 0
		f.Incoming(caller)
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(4 * time.Second)

		const late = 0.15
		back := make([]int16, int(late*media.SampleRate))
		for _, v := range said {
			back = append(back, v/10) // −20 dB
		}
		for i, v := range answer {
			back[2*media.SampleRate+i] += v
		}
		began := time.Now()
		for ear, script := range map[*ear][]int16{agent: said, &caller.ear: back} {
			ear.mu.Lock()
			ear.script = script
			ear.mu.Unlock()
		}
		f.wait(7 * time.Second)
		in := began.Sub(f.recs[id].StartedAt).Milliseconds()
		word := func(text string, from, to int64) transcribe.Word {
			return transcribe.Word{Text: text, StartMS: in + from, EndMS: in + to, Probability: 1}
		}
		say := func(leg string, words ...transcribe.Word) {
			l := transcribe.Line{ID: leg, Language: "en", StartMS: words[0].StartMS, EndMS: words[len(words)-1].EndMS, Words: words}
			for _, w := range words {
				l.Text += w.Text + " "
			}
			f.streams[id+"/"+leg].cfg.Listener.Line(l)
		}
		ours := slices.DeleteFunc(legsOf(f, id), func(leg string) bool { return leg == "customer" })
		say(ours[0], word("And", 200, 600), word("mister", 600, 1200))
		before := len(f.lines)
		say("customer", word("And", 350, 750), word("mister", 750, 1350)) // nothing but echo
		if got := f.lines[before:]; len(got) != 0 {
			t.Errorf("the echo is written: %+v", got)
		}
		say("customer", word("mister", 750, 1350), word("He", 2200, 2400), word("was", 2400, 2900), word("leisure", 5000, 5600))
		if got := f.lines[before:]; len(got) != 1 || got[0].Text != "He was" || got[0].Spoken != "he was" || len(got[0].Words) != 2 {
			t.Errorf("beside the echo: %+v", got)
		}
	})
}

// legsOf lists the legs that the recogniser hears.
func legsOf(f *fixture, id string) (legs []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.streams {
		if len(name) > len(id)+1 && name[:len(id)] == id {
			legs = append(legs, name[len(id)+1:])
		}
	}
	slices.Sort(legs)
	return legs
}
