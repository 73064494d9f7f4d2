package decoder

import (
	"context"
	"strings"
	"unicode"

	"patchbay/transcribe/wer"
)

const (
	// echoLength is how many letters a text has that could be the prompt said back.
	echoLength = 6
	// alike is the share of letters that may differ between what was heard with the prompt and without, for the former to
	// be believed: a name that is not known comes out as something that sounds like it.
	alike = 0.6
	// doubtfulWords and doubtfulSpeech are where a primed hypothesis is doubted: see sureWords and noSpeechGate.
	doubtfulWords  = -1.0
	doubtfulSpeech = 0.3
)

// primed decodes with a prompt and doubts what could be the prompt said back: Whisper, primed, writes it into noise. Then
// the sound is heard again without the prompt, and the record's words stand only where they sound like what is heard so.
func (w *whisper) primed(ctx context.Context, r request, prompt string) (found, error) {
	f, err := w.decode(ctx, r)
	if err != nil || len(r.prompt) == 0 || len(f.tokens) == 0 {
		return f, err
	}
	text, told := folded(w.vocabulary.text(f.tokens)), folded(prompt)
	doubtful := (f.noSpeech > doubtfulSpeech && w.vocabulary.multilingual() || f.sureness() < doubtfulWords) && shares(w.vocabulary.text(f.tokens), prompt)
	if !doubtful && (len([]rune(text)) < echoLength || !strings.Contains(told, text)) {
		return f, nil
	}
	r.prompt, r.bias, r.draft, r.guess = nil, nil, nil, nil
	plain, err := w.decode(ctx, r)
	if err != nil {
		return f, err
	}
	if heard := folded(w.vocabulary.text(plain.tokens)); heard != "" {
		a, b := strings.Split(text, ""), strings.Split(heard, "")
		if float64(wer.Errors(a, b)) <= alike*float64(max(len(a), len(b))) {
			return f, nil
		}
	}
	return plain, nil
}

// shares reports whether a word of four letters or more, or a run of three Han characters, stands in text and prompt.
func shares(text, prompt string) bool {
	told := folded(prompt)
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		runes := []rune(folded(word))
		if len(runes) >= 4 && strings.Contains(told, string(runes)) {
			return true
		}
		for i := 0; i+3 <= len(runes); i++ {
			if unicode.In(runes[i], unicode.Han, unicode.Katakana) && strings.Contains(told, string(runes[i:i+3])) {
				return true
			}
		}
	}
	return false
}

// folded is a text's letters and figures alone, in lower case.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
