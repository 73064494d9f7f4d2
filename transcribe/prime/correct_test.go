package prime_test

import (
	"strings"
	"testing"

	"patchbay/transcribe"
	"patchbay/transcribe/prime"
)

// doubtful makes a line of a text in which words with a ? before them are doubted.
func doubtful(text string) transcribe.Line {
	var l transcribe.Line
	for i, f := range strings.Fields(text) {
		p := 0.99
		if rest, ok := strings.CutPrefix(f, "?"); ok {
			f, p = rest, 0.4
		}
		l.Words = append(l.Words, transcribe.Word{Text: f, StartMS: int64(i) * 100, EndMS: int64(i)*100 + 90, Probability: p})
	}
	l.Text = strings.ReplaceAll(text, "?", "")
	l.Spoken = strings.ToLower(strings.ReplaceAll(l.Text, ",", ""))
	return l
}

func TestCorrect(t *testing.T) {
	r := tanaka
	r.Organisation = "Brightwater Dental"
	r.Town = "Chikatsuyu"
	m := prime.Remember(r)
	for text, want := range map[string]string{
		"We stayed at the ?Yomabuki, in ?Hekon again": "We stayed at the Yamabuki, in Hakone again",
		"this is ?Hurtot Tanaka":                      "this is Haruto Tanaka",
		"this is ?Hurtot speaking":                    "this is Hurtot speaking", // too far, alone
		"this is Haruta Tanaka":                       "this is Haruta Tanaka",   // the recogniser is sure
		"from BrightwaterDental, yes":                 "from Brightwater Dental, yes",
		"beds in ?Chikatsu ?you by Friday":            "beds in Chikatsuyu by Friday",
		"I ?took the ?bus to the ?park":               "I took the bus to the park",
		"a you me pass for ?Akika Mori":               "a UmiPass for Akiko Mori",
		"?thank you very much":                        "thank you very much",
		"":                                            "",
	} {
		got := m.Correct(doubtful(text))
		if got.Text != want {
			t.Errorf("%s\n got %s\nwant %s", text, got.Text, want)
		}
	}
	l := m.Correct(doubtful("beds in ?Chikatsu ?you by Friday"))
	if len(l.Words) != 5 || l.Words[2].Text != "Chikatsuyu" || !l.Words[2].Known || l.Words[2].EndMS != 390 || l.Spoken != "beds in chikatsuyu by friday" {
		t.Errorf("line %+v", l)
	}
	if got := (prime.Memory{}).Correct(doubtful("?Yomabuki")); got.Text != "Yomabuki" || got.Words[0].Known {
		t.Errorf("an empty memory corrects: %+v", got)
	}
}

func FuzzCorrect(f *testing.F) {
	f.Add("We stayed at the ?Yomabuki", "Yamabuki guesthouse")
	f.Add("?Chikatsu ?you", "Chikatsuyu")
	f.Add("?é ?x", "éé xx")
	f.Fuzz(func(t *testing.T, text, name string) {
		m := prime.Remember(prime.Record{Customer: name, Vocabulary: []prime.Term{{Text: name, SoundsLike: []string{text}}}})
		l := doubtful(text)
		if got := m.Correct(l); len(got.Words) > len(l.Words) {
			t.Errorf("%d words became %d", len(l.Words), len(got.Words))
		}
	})
}
