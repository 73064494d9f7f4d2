package decoder

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchbay/media/wav"
	"patchbay/transcribe"
	"patchbay/transcribe/wer"
)

// A record of which nothing is said costs words; the second look gives them back, and takes none from what was heard. For
// each of two records it prints words wrong and processor time without a prompt, with it, and with it and the second look.
// $PATCHBAY_SPEECH measures other recordings.
func TestAForeignRecordCostsFewWords(t *testing.T) {
	e := engine(t)
	table := "../../cmd/patchbay/testdata/speech/words.tsv"
	if dir := os.Getenv("PATCHBAY_SPEECH"); dir != "" {
		table = filepath.Join(dir, "reference.tsv")
	}
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.Comment = '\t', true, -1, '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	counted := func(text string) []string { return wer.Normalize(transcribe.Spoken(text, "en")) }
	for _, record := range []string{"Agent Akiko Mori. Bookings.", "Customer Haruto Tanaka, Sapporo. Order: Hokkaido winter tour. Agent Akiko Mori. Bookings."} {
		prompt, words, second := e.final.vocabulary.encode(" "+record, maxPromptTokens), 0, 0
		var wrong [3]int
		var took [3]time.Duration
		for _, row := range rows {
			x, err := wav.Load(filepath.Join(filepath.Dir(table), row[0]))
			if err != nil {
				t.Fatal(err)
			}
			a := e.NewAudio().(*audio)
			a.Append(wav.Resample(wav.Resample(x, 16000, 8000), 8000, 16000)[:min(len(x), 28*16000)])
			frames, err := a.stretch(0, a.Len())
			if err != nil {
				t.Fatal(err)
			}
			ref := counted(row[len(row)-1])
			words += len(ref)
			plain := request{frames: frames, language: "en", times: true}
			primed := plain
			primed.prompt, primed.bias = prompt, newBias(e.final.vocabulary, record)
			var texts [3]string
			for i, hear := range []func() (found, error){
				func() (found, error) { return e.final.decode(t.Context(), plain) },
				func() (found, error) { return e.final.decode(t.Context(), primed) },
				func() (found, error) { return e.final.primed(t.Context(), primed, record) },
			} {
				began := cpuTime()
				f, err := hear()
				if err != nil {
					t.Fatal(err)
				}
				took[i] += cpuTime() - began
				texts[i] = e.final.vocabulary.text(f.tokens)
				wrong[i] += wer.Errors(ref, counted(texts[i]))
			}
			if texts[2] != texts[1] {
				second++
			}
		}
		t.Logf("%q, %d words of %d recordings: %v wrong and %v of processor time without it, with it, and with the second look, which changed %d lines", record, words, len(rows), wrong, took, second)
		if wrong[2] > wrong[1] || wrong[2] > wrong[0]+words/100 {
			t.Errorf("the second look is of no use, or the record costs more than a word of a hundred")
		}
	}
}
