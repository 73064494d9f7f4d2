//go:build bench

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/transcribe"
	"patchbay/transcribe/wer"
	"patchbay/transcribe/worker"
	"patchbay/transcribe/written"
)

// benchJapanese measures characters, for Japanese has no words to count: of $PATCHBAY_SPEECH/ja, else ../shared/speech/ja.
func benchJapanese(t *testing.T, rows []*budget) {
	root := os.Getenv(benchSpeech)
	if root == "" {
		root = "../shared/speech"
	}
	root, err := fromRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(root, "ja", "reference.tsv")
	if _, err := os.Stat(table); err != nil {
		rows[0].unmeasured("no Japanese recordings: " + benchSpeech + " names a directory with ja/reference.tsv")
		return
	}
	said, files, err := readReference(table)
	if err != nil {
		t.Fatal(err)
	}
	if quick() {
		files = files[:3]
	}
	engine := benchEngine(t, "")
	var told, found score
	numbers, numbersRight, detected := 0, 0, 0
	for _, f := range files {
		samples, err := wav.Load(f)
		if err != nil {
			t.Fatal(err)
		}
		sound := telephone(samples)
		for i, s := range sound {
			sound[i] = fromMuLaw(muLaw(s))
		}
		want := said[filepath.Base(f)]
		ref := characters(want)
		text := heardIn(t, engine, sound, worker.Config{Language: "ja"})
		errs := wer.Errors(ref, characters(text))
		told.words, told.errors = told.words+len(ref), told.errors+errs
		t.Logf("%d of %d: %s", errs, len(ref), text)
		for _, n := range figuresOf(written.Text(want, "ja")) {
			numbers++
			if strings.Contains(strings.Join(figuresOf(text), " ")+" ", n+" ") {
				numbersRight++
			}
		}
		// The same without being told the language.
		lines, err := worker.Transcribe(t.Context(), engine, wav.Resample(sound, phoneRate, media.SampleRate), worker.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) > 0 && lines[0].Language == "ja" {
			detected++
		}
		found.words, found.errors = found.words+len(ref), found.errors+wer.Errors(ref, characters(allText(lines)))
	}
	rows[0].set(told.rate() <= 0.10, "%.1f %%", 100*told.rate())
	rows[0].note("%d characters of %d sentences of synthetic telephone Japanese; %d of %d numbers right; language found out in %d of %d, then %.1f %% wrong",
		told.words, len(files), numbersRight, numbers, detected, len(files), 100*found.rate())
}

// characters are a text's letters and figures, numbers as kanji whatever way they were written.
func characters(text string) []string {
	var out []string
	for _, r := range transcribe.Spoken(written.Text(text, "ja"), "ja") {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '〇' || r == 'ー' {
			out = append(out, string(unicode.ToLower(r)))
		}
	}
	return out
}

// figuresOf are the numbers of a text.
func figuresOf(text string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(strings.ReplaceAll(text, ",", ""), "-", ""), func(r rune) bool { return r < '0' || r > '9' })
}
