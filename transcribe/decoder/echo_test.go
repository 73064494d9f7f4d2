package decoder

import "testing"

func TestWhatSharesWordsWithThePrompt(t *testing.T) {
	const prompt = "Customer Haruto Tanaka, Sapporo. Order: 北海道の旅, UM-4729-1835."
	for text, want := range map[string]bool{
		"Mr. Tanaka is here": true, "北海道へ": true, "4729": true, "HARUTO": true,
		"": false, "the sun": false, "I am in a car": false, "海の道": false, "...": false,
	} {
		if got := shares(text, prompt); got != want {
			t.Errorf("shares(%q) = %v", text, got)
		}
	}
}
