package written_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"patchbay/transcribe/written"
)

// cases reads testdata/NAME: lines of what was recognised and what is written, with " => " between; a line without it
// stays as it is.
func cases(t testing.TB, name string) [][2]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out [][2]string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := sc.Text()
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		heard, want, changed := strings.Cut(line, " => ")
		if !changed {
			want = heard
		}
		out = append(out, [2]string{heard, want})
	}
	return out
}

func TestText(t *testing.T) {
	for file, language := range map[string]string{"english.txt": "en", "kept.txt": "en-US", "japanese.txt": "ja"} {
		for _, c := range cases(t, file) {
			got := written.Text(c[0], language)
			if got != c[1] {
				t.Errorf("%s\n heard %s\n wrote %s\n  want %s", file, c[0], got, c[1])
			}
			if again := written.Text(got, language); again != got {
				t.Errorf("%s: written twice\n once %s\ntwice %s", file, got, again)
			}
		}
	}
}

func TestOtherLanguagesPass(t *testing.T) {
	for _, s := range []string{"zwölf Euro fünfzig", "douze euros cinquante", "one two three"} {
		if got := written.Text(s, "de"); got != s {
			t.Errorf("Text(%q, de) = %q", s, got)
		}
	}
}

// FuzzText: it never panics, stays valid and bounded, and never loses a word of letters that is no number.
func FuzzText(f *testing.F) {
	for _, file := range []string{"english.txt", "kept.txt", "japanese.txt"} {
		for _, c := range cases(f, file) {
			f.Add(c[0], file == "japanese.txt")
		}
	}
	f.Fuzz(func(t *testing.T, text string, japanese bool) {
		language := "en"
		if japanese {
			language = "ja"
		}
		got := written.Text(text, language)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("Text(%q) = %q", text, got)
		}
		if len(got) > 4*len(text)+16 {
			t.Errorf("Text(%q) is %d bytes long", text, len(got))
		}
	})
}

func BenchmarkText(b *testing.B) {
	for b.Loop() {
		written.Text("Yes, my order number is A B four five one and I paid twelve dollars fifty on March fourteenth at half past three.", "en")
	}
}
