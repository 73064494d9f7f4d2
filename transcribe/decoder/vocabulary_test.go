package decoder

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"patchbay/transcribe/models"
)

func baseVocabulary(t testing.TB) *vocabulary {
	t.Helper()
	m, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	path, err := m.Path("base", "vocabulary.txt")
	if err != nil {
		t.Fatal(err)
	}
	v, err := readVocabulary(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEncodeIsWhispers(t *testing.T) {
	v := baseVocabulary(t)
	g := loadGolden(t)
	if len(g.Encoded) == 0 {
		t.Fatal("no golden texts")
	}
	for text, want := range g.Encoded {
		if got := v.encode(text, 1000); !slices.Equal(got, want) {
			t.Errorf("encode(%q)\n got %v\nwant %v", text, got, want)
		}
		if got := v.encode(text, 3); len(got) > 3 || !slices.Equal(got, want[:len(got)]) {
			t.Errorf("encode(%q, 3) = %v", text, got)
		}
	}
}

func TestSpecialTokens(t *testing.T) {
	v := baseVocabulary(t)
	// The numbers are those of OpenAI's multilingual vocabulary.
	if v.eot != 50257 || v.sot != 50258 || v.transcribe != 50359 || v.prev != 50361 || v.noSpeech != 50362 || v.noTimestamps != 50363 {
		t.Errorf("special tokens: %d %d %d %d %d %d", v.eot, v.sot, v.transcribe, v.prev, v.noSpeech, v.noTimestamps)
	}
	if len(v.languages) != 99 || v.languages["en"] != 50259 || v.languages["ja"] != 50266 {
		t.Errorf("%d languages, en %d, ja %d", len(v.languages), v.languages["en"], v.languages["ja"])
	}
}

// smallVocabulary is one of 256 bytes, some merges and the special tokens, in the file's spelling.
func smallVocabulary(merges ...string) string {
	var lines []string
	back := make(map[byte]rune)
	for r, c := range alphabet() {
		back[c] = r
	}
	for c := range 256 {
		lines = append(lines, string(back[byte(c)]))
	}
	for _, m := range merges {
		var b strings.Builder
		for _, c := range []byte(m) {
			b.WriteRune(back[c])
		}
		lines = append(lines, b.String())
	}
	lines = append(lines, "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>",
		"<|startofprev|>", "<|nospeech|>", "<|notimestamps|>")
	return strings.Join(lines, "\n") + "\n"
}

func TestParseVocabularyRefuses(t *testing.T) {
	whole := smallVocabulary("he")
	for name, text := range map[string]string{
		"empty":      "",
		"no eot":     strings.Replace(whole, "<|endoftext|>", "x", 1),
		"no silence": strings.Replace(whole, "<|nospeech|>", "x", 1),
		"order":      strings.Replace(strings.Replace(whole, "<|transcribe|>", "x", 1), "<|en|>", "<|transcribe|>", 1) + "<|startoftranscript|>\n",
		"alphabet":   strings.Replace(whole, "he", "h e", 1),
		"too large":  strings.Repeat("a\n", maxVocabularyFile),
	} {
		if _, err := parseVocabulary([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := parseVocabulary([]byte(whole)); err != nil {
		t.Errorf("whole: %v", err)
	}
}

// overlapping has a token "<|>" among the languages of a multilingual vocabulary: the ends of a special token, as one.
func overlapping() string {
	many := smallVocabulary(slices.Repeat([]string{"a"}, 50257-256)...)
	return strings.Replace(many, "<|en|>", "<|>", 1)
}

func TestTheEndsOfASpecialTokenMayOverlap(t *testing.T) {
	v, err := parseVocabulary([]byte(overlapping()))
	if err != nil {
		t.Fatal(err)
	}
	if len(v.languages) != 0 {
		t.Errorf("languages %v", v.languages)
	}
}

func FuzzParseVocabulary(f *testing.F) {
	f.Add([]byte(smallVocabulary("he", "hel")))
	f.Add([]byte("<|endoftext|>\n<|"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := parseVocabulary(b); err == nil {
			v.text(makeTokens(len(v.bytes)))
			v.encode("hello", 5)
		}
	})
}

func makeTokens(n int) []int32 {
	t := []int32{-1, 1 << 30}
	for i := range n {
		t = append(t, int32(i))
	}
	return t
}

// FuzzEncode: tokens spell the text that they came from.
func FuzzEncode(f *testing.F) {
	v, err := parseVocabulary([]byte(smallVocabulary("he", "ll", "hell", " h", "  ", "é")))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"hello", " it's", "  \n x", "é日本😀", strings.Repeat("a", 600), "\xff\x80", " "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got []byte
		for _, token := range v.encode(s, len(s)+1) {
			got = append(got, v.spell(int32(token))...)
		}
		if string(got) != s {
			t.Errorf("encode(%q) spells %q", s, got)
		}
	})
}

func TestTextOfBrokenCharactersIsValid(t *testing.T) {
	v, err := parseVocabulary([]byte(smallVocabulary("he")))
	if err != nil {
		t.Fatal(err)
	}
	if got := v.text([]int32{0xe6, 0x97, 'a'}); !utf8.ValidString(got) || !strings.HasSuffix(got, "a") {
		t.Errorf("got %q", got)
	}
	if v.multilingual() {
		t.Error("a vocabulary of the English kind counts as multilingual")
	}
}
