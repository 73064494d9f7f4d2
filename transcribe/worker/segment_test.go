package worker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const second = 16000

// hearVoice steps s over seconds of sound with the given probability and writes events down as "began 0.00" and the like.
func hearVoice(s *segmenter, log *[]string, length float64, p float32) {
	for until := s.at + int64(length*second); s.at+windowSamples <= until; {
		note(log, s.step(p))
	}
}

func note(log *[]string, events []event) {
	for _, e := range events {
		switch e.kind {
		case began:
			*log = append(*log, fmt.Sprintf("began %.2f", float64(e.from)/second))
		case paused:
			*log = append(*log, fmt.Sprintf("paused %.2f", float64(e.to)/second))
		case resumed:
			*log = append(*log, "resumed")
		case ended:
			*log = append(*log, fmt.Sprintf("ended %.2f", float64(e.to)/second))
		}
	}
}

func TestSegmenterFindsUtterances(t *testing.T) {
	type stretch struct {
		seconds float64
		p       float32
	}
	for name, c := range map[string]struct {
		stretches []stretch
		finish    bool
		want      string
	}{
		"silence gives nothing":          {[]stretch{{60, 0.1}}, true, ""},
		"a click gives nothing":          {[]stretch{{1, 0}, {0.09, 0.9}, {1, 0}}, true, ""},
		"a word, padded":                 {[]stretch{{0.96, 0}, {0.64, 0.9}, {1, 0}}, false, "began 0.71|paused 1.80|ended 1.80"},
		"at the very beginning":          {[]stretch{{0.64, 0.9}, {1, 0}}, false, "began 0.00|paused 0.84|ended 0.84"},
		"a pause inside":                 {[]stretch{{0.96, 0}, {0.64, 0.9}, {0.32, 0}, {0.64, 0.9}, {1, 0}}, false, "began 0.71|paused 1.80|resumed|paused 2.76|ended 2.76"},
		"a dip is no pause":              {[]stretch{{0.64, 0.9}, {0.16, 0}, {0.64, 0.9}, {1, 0}}, false, "began 0.00|paused 1.64|ended 1.64"},
		"wavering is voice":              {[]stretch{{0.64, 0.9}, {2, 0.4}, {0.64, 0.9}, {1, 0}}, false, "began 0.00|paused 3.46|ended 3.46"},
		"the last word at the end":       {[]stretch{{0.96, 0}, {0.64, 0.9}}, true, "began 0.71|ended 1.60"},
		"a soft beginning":               {[]stretch{{0.96, 0}, {0.256, 0.2}, {0.64, 0.9}, {1, 0}}, false, "began 0.71|paused 2.06|ended 2.06"},
		"a long murmur before":           {[]stretch{{3.2, 0.2}, {0.64, 0.9}, {1, 0}}, false, "began 2.45|paused 4.04|ended 4.04"},
		"the end in a pause":             {[]stretch{{0.64, 0.9}, {0.32, 0}}, true, "began 0.00|paused 0.84|ended 0.84"},
		"long: a pause ends it":          {[]stretch{{6.4, 0.9}, {0.32, 0}, {0.64, 0.9}, {1, 0}}, false, "began 0.00|ended 6.60|began 6.60|paused 7.56|ended 7.56"},
		"too long: a dip ends it":        {[]stretch{{9.6, 0.9}, {0.16, 0.6}, {0.64, 0.9}, {1, 0}}, false, "began 0.00|ended 9.66|began 9.66|paused 10.60|ended 10.60"},
		"far too long: the quietest cut": {[]stretch{{23.04, 0.99}, {0.032, 0.8}, {3, 0.99}, {1, 0}}, false, "began 0.00|ended 23.04|began 23.04|paused 26.25|ended 26.25"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSegmenter(0, 0)
			var log []string
			for _, st := range c.stretches {
				hearVoice(s, &log, st.seconds, st.p)
			}
			if c.finish {
				note(&log, s.finish())
			}
			if got := strings.Join(log, "|"); got != c.want {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSegmenterEndsHalfASecondAfterTheLastWord(t *testing.T) {
	s := newSegmenter(0, 0)
	var log []string
	hearVoice(s, &log, 1.28, 0.9)
	for s.speaking {
		s.step(0)
	}
	if late := s.at - int64(1.28*second); late > endAfter+windowSamples {
		t.Errorf("ended %d samples after the last word", late)
	}
}

// What holds for any voice: utterances are in order, do not overlap, are never longer than the recogniser takes, and a
// segmenter that begins anew where everything is settled finds the rest as the first one did.
func TestSegmenterInvariants(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var probabilities []float32
		for len(probabilities) < 3000 {
			p := []float32{0, 0.2, 0.4, 0.6, 0.95}[rnd.IntN(5)]
			for range 1 + rnd.IntN(60) {
				probabilities = append(probabilities, p)
			}
		}
		crash := rnd.IntN(len(probabilities))
		var whole, parts []event
		s := newSegmenter(0, 0)
		var resume int64
		emitted := 0
		for i, p := range probabilities {
			if i == crash {
				resume, emitted = s.settled(), len(whole)
			}
			whole = appendEnded(whole, s.step(p))
		}
		whole = appendEnded(whole, s.finish())
		last := int64(0)
		for _, e := range whole {
			if e.from < last || e.to <= e.from || e.to-e.from > hardLength || e.onset < e.from || e.end > e.to {
				t.Fatalf("utterance %+v after %d", e, last)
			}
			last = e.to
		}
		at := max(resume-second, 0) / gridSamples * gridSamples
		again := newSegmenter(at, resume)
		for _, p := range probabilities[at/windowSamples:] {
			parts = appendEnded(parts, again.step(p))
		}
		parts = appendEnded(parts, again.finish())
		if fmt.Sprint(parts) != fmt.Sprint(whole[emitted:]) {
			t.Fatalf("after a crash in window %d, settled %d:\ngot  %v\nwant %v", crash, resume, parts, whole[emitted:])
		}
	}
}

func appendEnded(list, events []event) []event {
	for _, e := range events {
		if e.kind == ended {
			list = append(list, e)
		}
	}
	return list
}

func TestSegmenterJumpsOverSilence(t *testing.T) {
	s := newSegmenter(0, 0)
	var log []string
	hearVoice(s, &log, 0.64, 0.9)
	hearVoice(s, &log, 1, 0)
	s.jump(3600 * second / gridSamples * gridSamples)
	hearVoice(s, &log, 0.64, 0.9)
	note(&log, s.finish())
	want := "began 0.00|paused 0.84|ended 0.84|began 3600.00|ended 3600.64"
	if got := strings.Join(log, "|"); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}
