package agentui

import (
	"context"
	"strings"
	"unicode/utf8"

	"patchbay/store"
)

// Bounds of the vocabulary. The recogniser is told the first words of a list that fit beside the record.
const (
	maxVocabularies = 200
	maxTerms        = 200 // of one list
	maxTerm         = 80  // runes
	maxSoundsLike   = 10  // of one term
)

// vocabularyStore keeps the words that the recogniser shall know.
type vocabularyStore interface {
	Vocabularies(ctx context.Context) ([]store.Vocabulary, error)
	ReplaceVocabularies(ctx context.Context, list []store.Vocabulary) error
}

type vocabularyList struct {
	Items []store.Vocabulary `json:"items"`
}

func getVocabulary(r *request) (any, error) {
	list, err := r.srv.cfg.Store.Vocabularies(r.Context())
	if list == nil {
		list = []store.Vocabulary{}
	}
	return vocabularyList{list}, err
}

// putVocabulary replaces all lists; calls that go on are told at once.
func putVocabulary(r *request) (any, error) {
	var v vocabularyList
	if err := r.body(&v); err != nil {
		return nil, err
	}
	if err := checkVocabulary(v.Items); err != nil {
		return nil, err
	}
	if v.Items == nil {
		v.Items = []store.Vocabulary{}
	}
	if err := r.srv.cfg.Store.ReplaceVocabularies(r.Context(), v.Items); err != nil {
		return nil, err
	}
	terms := 0
	for _, list := range v.Items {
		terms += len(list.Terms)
	}
	r.srv.audit(r, "replace_vocabulary", "vocabulary", map[string]any{"lists": len(v.Items), "terms": terms})
	r.srv.cfg.Center.SetVocabulary(v.Items)
	return v, nil
}

// tellVocabulary gives the contact centre all lists as they are kept now.
func (s *Server) tellVocabulary(ctx context.Context) {
	list, err := s.cfg.Store.Vocabularies(ctx)
	if err != nil {
		s.log.Warn("vocabulary not read", "error", err)
		return
	}
	s.cfg.Center.SetVocabulary(list)
}

// checkVocabulary trims the lists, and says what is wrong with them.
func checkVocabulary(lists []store.Vocabulary) error {
	bad := func(words string) error { return badRequest("bad_vocabulary", words) }
	if len(lists) > maxVocabularies {
		return bad("There are at most 200 lists, one for each queue and language.")
	}
	seen := map[[2]string]bool{}
	for i := range lists {
		l := &lists[i]
		key := [2]string{l.Queue, l.Language}
		switch {
		case seen[key]:
			return bad("Each queue and language has one list: put all its terms there.")
		case len(l.Queue) > 800 || !plainText(l.Queue) || len(l.Language) > maxLanguage || !plainText(l.Language):
			return bad("queue is a queue's name and language a tag such as en; both may be empty, which means all.")
		case len(l.Terms) > maxTerms:
			return bad("A list has at most 200 terms.")
		}
		seen[key] = true
		if l.Terms == nil {
			l.Terms = []store.Term{}
		}
		for j := range l.Terms {
			t := &l.Terms[j]
			t.Text = strings.TrimSpace(t.Text)
			if t.Text == "" || !isTerm(t.Text) {
				return bad("text has 1 to 80 characters without control characters.")
			}
			if len(t.SoundsLike) > maxSoundsLike {
				return bad("sounds_like has at most 10 entries.")
			}
			if t.SoundsLike == nil {
				t.SoundsLike = []string{}
			}
			for k := range t.SoundsLike {
				if t.SoundsLike[k] = strings.TrimSpace(t.SoundsLike[k]); t.SoundsLike[k] == "" || !isTerm(t.SoundsLike[k]) {
					return bad("sounds_like holds texts of 1 to 80 characters.")
				}
			}
		}
	}
	return nil
}

func isTerm(s string) bool { return utf8.RuneCountInString(s) <= maxTerm && plainText(s) }

// plainText reports whether s is text that a database can hold and a person can read.
func plainText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}
