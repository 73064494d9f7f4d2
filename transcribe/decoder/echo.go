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
	// sureEnough is the mean logarithm of probabilities from which primed words stand without a second look.
	sureEnough = -0.1
)

// primed decodes with a prompt, and hears the sound a second time without it where the prompt may have done harm. It may be said
// back: Whisper, primed, writes it into noise; then the record's words stand only where they sound like what is heard so.
// And in speech of which nothing is in the record it makes the model less sure and costs words: of what it is not sure, the
// surer of both stands. The second time costs no encoder, and the decoder a few runs, since it is told the first's words as a guess.
func (w *whisper) primed(ctx context.Context, r request, prompt string) (found, error) {
	s, err := w.start(r.frames)
	if err != nil {
		return found{}, err
	}
	defer s.close()
	f, err := s.greedy(ctx, r)
	if err != nil || len(r.prompt) == 0 || len(f.tokens) == 0 {
		return f, err
	}
	said := w.vocabulary.text(f.tokens)
	text, told, known := folded(said), folded(prompt), shares(said, prompt)
	doubtful := (f.noSpeech > doubtfulSpeech && w.vocabulary.multilingual() || f.sureness() < doubtfulWords) && known
	echoes := doubtful || len([]rune(text)) >= echoLength && strings.Contains(told, text)
	if !echoes && (known || !r.times || f.sureness() > sureEnough) {
		return f, nil
	}
	r.prompt, r.bias, r.draft, r.guess = nil, nil, nil, nil
	if !echoes {
		r.language = f.language
		for _, t := range f.tokens {
			r.guess = append(r.guess, int64(t))
		}
	}
	if err := s.again(); err != nil {
		return f, err
	}
	plain, err := s.greedy(ctx, r)
	if err != nil {
		return f, err
	}
	heard := folded(w.vocabulary.text(plain.tokens))
	if !echoes {
		if heard != "" && plain.sureness() > f.sureness() {
			return plain, nil
		}
		return f, nil
	}
	if heard != "" {
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
