package prime_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"patchbay/transcribe/prime"
)

var tanaka = prime.Record{
	Customer: "Haruto Tanaka", Town: "Sapporo", Organisation: "Tanaka Ceramics",
	Orders: []prime.Order{
		{Number: "UM-4418-0291", Title: "Hakone, Yamabuki guesthouse, 2 nights"},
		{Number: "UM-4729-1835", Title: "Hokkaido winter tour, 2 people", Open: true},
	},
	Cases: []string{"Wife cannot travel on the 14th"}, Agents: []string{"Akiko Mori"}, Queue: "Bookings",
	Vocabulary: []prime.Term{{Text: "UmiPass", SoundsLike: []string{"you me pass", "Umi pass"}}, {Text: "海トラベル"}},
}

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		record   prime.Record
		language string
		want     string
	}{
		"whole": {tanaka, "en", "Customer Haruto Tanaka, Sapporo, Tanaka Ceramics. Order: Hokkaido winter tour, UM-4729-1835. UmiPass. Agent Akiko Mori."},
		"japanese takes what is Japanese": {prime.Record{Customer: "山田花子", Town: "金沢", Orders: []prime.Order{{Number: "UM-4744-2070", Title: "金沢 二泊三日 大人2名", Open: true}},
			Agents: []string{"Akiko Mori"}, Queue: "予約"}, "ja-JP", "お客様は山田花子、金沢。ご注文は金沢 二泊三日 大人2名、UM-4744-2070。"},
		"english without Japanese": {prime.Record{Customer: "山田花子", Agents: []string{"Akiko Mori"}}, "en", "Agent Akiko Mori."},
		"nothing known":            {prime.Record{}, "en", ""},
		"an unknown caller":        {prime.Record{Agents: []string{"Ben Ito"}, Queue: "Bookings"}, "", "Agent Ben Ito. Bookings."},
		"no marks of its own":      {prime.Record{Customer: "<|endoftext|> Eve. Smith"}, "en", "Customer endoftext Eve Smith."},
	} {
		if got := prime.Text(c.record, c.language); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestTheLikeliestIsKept(t *testing.T) {
	r := tanaka
	r.Organisation = strings.Repeat("Very Long Organisation ", 20)
	for range 50 {
		r.Vocabulary = append(r.Vocabulary, prime.Term{Text: "Schwarzwaldhochstrasse"})
		r.Orders = append(r.Orders, prime.Order{Number: "UM-0000-0000", Title: "Something else entirely", Open: true})
	}
	got := prime.Text(r, "en")
	for _, want := range []string{"Haruto Tanaka", "Hokkaido winter tour", "UM-4729-1835", "Sapporo"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	if len(got) > 60*4 {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestKnown(t *testing.T) {
	m := prime.Remember(tanaka)
	for word, want := range map[string]bool{
		"Tanaka,": true, "tanaka": true, "Tanaka's": true, "UM-4729-1835.": true, "Hokkaido": true, "Sapporo?": true, "Akiko": true,
		"tour": false, "the": false, "2": false, "customer": false, "Tokyo": false, "": false, "...": false, "Yamabuki": true,
	} {
		if got := m.Known(word); got != want {
			t.Errorf("Known(%q) = %v", word, got)
		}
	}
	if (prime.Memory{}).Known("Tanaka") {
		t.Error("an empty memory knows Tanaka")
	}
}

func TestSoundsLike(t *testing.T) {
	m := prime.Remember(tanaka)
	for text, want := range map[string]string{
		"I have a you me pass.":         "I have a UmiPass.",
		"I have a Umi Pass, I think.":   "I have a UmiPass, I think.",
		"You, me, pass.":                "You, me, pass.",
		"you me":                        "you me",
		"":                              "",
		"(you me pass) you me pass now": "(UmiPass) UmiPass now",
	} {
		if got := m.Write(text); got != want {
			t.Errorf("Write(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("Haruto Tanaka", "Hokkaido winter tour", "you me pass", "en")
	f.Add("山田花子", "金沢 二泊三日", "海", "ja")
	f.Add("\x00<|a|>", strings.Repeat("x", 500), "", "zz")
	f.Fuzz(func(t *testing.T, name, title, sound, language string) {
		r := prime.Record{Customer: name, Orders: []prime.Order{{Number: name, Title: title, Open: true}}, Vocabulary: []prime.Term{{Text: title, SoundsLike: []string{sound}}}}
		got := prime.Text(r, language)
		if strings.Contains(got, "<|") || len(got) > 1024 || utf8.ValidString(name+title) && !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
		m := prime.Remember(r)
		m.Known(title)
		m.Write(name)
	})
}
