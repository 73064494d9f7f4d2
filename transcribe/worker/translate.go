package worker

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"patchbay/transcribe"
)

const (
	// maxTranslations is how many lines of a stream may wait for their English: behind that the oldest does without, and its
	// sound can go.
	maxTranslations = 3
	// translateWithin is how long a line waits for its English at most: nobody reads on below what was said so long ago.
	translateWithin = 10 * time.Second
	// sureEnglish is the mean logarithm of probabilities below which English is not shown.
	sureEnglish = -1.0
)

// errGivenUp is the result of a translation that waited for too long.
var errGivenUp = errors.New("worker: nothing was idle for long enough")

// translate asks for the English of a line that was just sent, where one is wanted.
func (s *session) translate(u *utterance, line transcribe.Line) {
	if !wantsEnglish(s.translates, line.Language) {
		return
	}
	if len(s.translating) >= maxTranslations {
		if oldest := s.translating[0]; s.takeBack(oldest) {
			s.translating = s.translating[1:]
		} else {
			return // it runs already: this line does without
		}
	}
	p := s.newPass(u, u.to, nil)
	p.rank, p.prompt, p.line, p.language = rankTranslation, "", line, line.Language
	s.translating = append(s.translating, p)
	s.submit(p)
}

// translated takes the English of a line in. It is a convenience: what fails, and what may be none, is left out.
func (s *session) translated(r result) {
	s.translating = slices.DeleteFunc(s.translating, func(p *pass) bool { return p == r.pass })
	if errors.Is(r.err, transcribe.ErrNoTranslation) {
		s.translates = ""
	}
	text := strings.TrimSpace(r.hyp.Text)
	if r.err == nil && r.hyp.Certainty >= sureEnglish && isEnglish(text) && !sameWords(text, r.pass.line.Text) {
		s.emit(&transcribe.TranslationMessage{Stream: s.id, LineID: r.pass.line.ID, Text: text})
	}
	s.flush()
}

// wantsEnglish reports whether a language is one of a list such as "de,es", or "all" but English.
func wantsEnglish(list, language string) bool {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	if language == "" || language == "en" {
		return false
	}
	for l := range strings.SplitSeq(list, ",") {
		if l = strings.ToLower(strings.TrimSpace(l)); l == "all" || l == language {
			return true
		}
	}
	return false
}

// isEnglish reports whether a text has letters, and most of them Latin ones: models that were not taught to translate write
// down what was said instead.
func isEnglish(text string) bool {
	latin, other := 0, 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin++
		case unicode.IsLetter(r):
			other++
		}
	}
	return latin > other
}

// sameWords reports whether two texts differ in punctuation, spaces and capitals at most.
func sameWords(a, b string) bool {
	fold := func(s string) string {
		return strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, s)
	}
	return fold(a) == fold(b)
}
