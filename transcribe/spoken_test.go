package transcribe

import (
	"strings"
	"testing"
	"unicode"
)

func TestSpoken(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"en", "Room 248, please.", "room two hundred forty eight please"},
		{"", "Don't \"shout\" — it's half-past 7!", "don't shout it's half past seven"},
		{"en", "Mr. Quilter and Mrs. Lee & Dr. No", "mister quilter and missus lee and doctor no"},
		{"en-US", "$12.50, $1 and £1,200", "twelve dollars fifty cents one dollar and one thousand two hundred pounds"},
		{"en", "100% of 3.14", "one hundred percent of three point one four"},
		{"en", "in 1984, 1905, 2009, 2026 and 1900", "in nineteen eighty four nineteen oh five two thousand nine twenty twenty six and nineteen hundred"},
		{"en", "the 1st, 22nd, 20th and 112th", "the first twenty second twentieth and one hundred twelfth"},
		{"en", "20255 0142 6040", "two zero two five five zero one four two six zero four zero"},
		{"en", "call 202-555-0142 or +1 (202) 555-0199", "call two zero two five five five zero one four two or plus one two zero two five five five zero one nine nine"},
		{"en", "1,234,567 and 5000 and 4500", "one million two hundred thirty four thousand five hundred sixty seven and five thousand and forty five hundred"},
		{"en", "3:30 B12 10-15 12a", "three thirty b twelve ten fifteen twelve a"},
		{"en", "99999999999999999999", strings.TrimSpace(strings.Repeat("nine ", 20))},
		{"en", "… ! $ -", ""},
		{"de", "Das sind 248 Züge, oder?", "das sind 248 züge oder"},
		{"ja", "注文番号は、1234です。", "注文番号は 千二百三十四です"},
	} {
		if got := Spoken(c.text, c.language); got != c.want {
			t.Errorf("%q\ngot  %q\nwant %q", c.text, got, c.want)
		}
	}
}

func FuzzSpoken(f *testing.F) {
	for _, s := range []string{"Room 248", "$1,2.3", "12.", "+", "1,0000", "’'", "0.0.0-1(2)", "st 1st", "\xff9%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range Spoken(text, "en") {
			if r >= '0' && r <= '9' || unicode.IsUpper(r) && unicode.ToLower(r) != r {
				t.Fatalf("%q is spoken as %q", text, Spoken(text, "en"))
			}
		}
	})
}

func TestJapaneseIsSpokenInKanji(t *testing.T) {
	for text, want := range map[string]string{
		"3月14日の大阪行き。":         "三月十四日の大阪行き",
		"24,800円です":           "二万四千八百円です",
		"090-1234-5678":       "〇九〇一二三四五六七八",
		"予約番号は47291835です":     "予約番号は四七二九一八三五です",
		"2026年、10,000円、1000人": "二千二十六年 一万円 千人",
		"2.5%":                "二点五パーセント",
		"0時":                  "〇時",
	} {
		if got := Spoken(text, "ja-JP"); got != want {
			t.Errorf("Spoken(%q) = %q, want %q", text, got, want)
		}
	}
}
