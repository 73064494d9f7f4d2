package decoder

import (
	"strings"
	"testing"

	"patchbay/transcribe/prime"
)

// What prime writes fits into what a pass takes, by the recogniser's own count, whatever a record holds.
func TestPrimedTextFits(t *testing.T) {
	v := baseVocabulary(t)
	names := []string{"Haruto Tanaka", "Wojciech Brzęczyszczykiewicz", "Siobhán O'Shaughnessy", "José Ramón Ñíguez", "山田花子", "薔薇鬱子", "Nguyễn Thị Phượng", "Q X Zzyzx"}
	for _, name := range names {
		for _, language := range []string{"en", "ja", "de", "zh"} {
			r := prime.Record{Customer: name, Town: "Llanfairpwllgwyngyll", Organisation: name + " & Söhne GmbH", Agents: []string{name, name}, Queue: "予約センター",
				Orders: []prime.Order{{Number: "UM-4729-1835", Title: "Hokkaido winter tour, 2 people", Open: true}, {Number: "X9Z-77-QQ", Title: "金沢 二泊三日 大人二名の旅行", Open: true}},
				Cases:  []string{"夕食の時間を19時に変更したい", "Luggage to Hakone arrived a day late"}}
			for range 40 {
				r.Vocabulary = append(r.Vocabulary, prime.Term{Text: strings.ToUpper(name)}, prime.Term{Text: "Übergrößenträger"})
			}
			text := prime.Text(r, language)
			n := len(v.encode(" "+text, 1000))
			if n > maxPromptTokens {
				t.Errorf("%d tokens: %s", n, text)
			}
			t.Logf("%d tokens: %s", n, text)
		}
	}
}
