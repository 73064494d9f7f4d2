package wer_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"patchbay/transcribe/wer"
)

func TestNormalize(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"25":                                   "twenty five",
		"By 25 to 30 years.":                   "by twenty five to thirty years",
		"3:2":                                  "three two",
		"the 673rd night":                      "the six hundred seventy third night",
		"the six hundred and seventy third":    "the six hundred seventy third",
		"20th-century":                         "twentieth century",
		"1st 2nd 3rd 12th 40th 111th":          "first second third twelfth fortieth one hundred eleventh",
		"Mr. Quilter's":                        "mister quilters",
		"don’t":                                "dont",
		"526-018-1590":                         "five two six zero one eight one five nine zero",
		"5 2 6 0 1 8 1 5 9 0":                  "five two six zero one eight one five nine zero",
		"5260181590":                           "five two six zero one eight one five nine zero",
		"room 007":                             "room zero zero seven",
		"1,234,567":                            "one million two hundred thirty four thousand five hundred sixty seven",
		"1,23":                                 "one twenty three",
		"in 1995, 2005 and 2025":               "in nineteen ninety five two thousand five and twenty twenty five",
		"$25 and 50%":                          "twenty five dollars and fifty percent",
		"3.14":                                 "three point one four",
		"hundreds and hundred and me":          "hundreds and hundred and me",
		"0":                                    "zero",
		"R&D":                                  "r and d",
		"札幌へ":                                  "札 幌 へ",
		"99999999999999999999":                 strings.TrimSpace(strings.Repeat("nine ", 20)),
		"Crème brûlée":                         "crème brûlée",
		"15th.":                                "fifteenth",
		"the 15theory":                         "the fifteen theory",
		"whole-number ratio -- is, therefore,": "whole number ratio is therefore",
	} {
		if got := strings.Join(wer.Normalize(text), " "); got != want {
			t.Errorf("Normalize(%q)\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestRate(t *testing.T) {
	for _, c := range []struct {
		ref, hyp string
		want     float64
	}{
		{"a b c d", "a b c d", 0},
		{"a b c d", "A, B! c d.", 0},
		{"a b c d", "a c d", 0.25},
		{"a b c d", "a b x c d", 0.25},
		{"a b c d", "a x c d", 0.25},
		{"a b", "", 1},
		{"", "a b", 2},
		{"", "", 0},
		{"a b c d", "b c d a", 0.5},
	} {
		if got := wer.Rate(c.ref, c.hyp); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("Rate(%q, %q) = %v, want %v", c.ref, c.hyp, got, c.want)
		}
	}
}

// FuzzNormalize: the words of words are the same words, and none of them has a digit or a capital.
func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"25 men", "1,000.5th", "$3 & 4%", "٣ ½", "ſ İ", "'", "0.", "1.2.3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1000 || !utf8.ValidString(s) {
			return
		}
		for _, w := range wer.Normalize(s) {
			if strings.ContainsAny(w, "0123456789 ") {
				t.Errorf("Normalize(%q) has the word %q", s, w)
			}
		}
	})
}
