package store_test

import (
	"reflect"
	"testing"

	"patchbay/store"
)

func TestVocabularies(t *testing.T) {
	s := server.Store(t)
	for _, want := range [][]store.Vocabulary{
		{{Queue: "", Language: "ja", Terms: []store.Term{}}, {Queue: "Bookings", Language: "en", Terms: []store.Term{{Text: "UmiPass", SoundsLike: []string{"you me pass"}}}}},
		{{Queue: "Bookings", Language: "", Terms: []store.Term{{Text: "海", SoundsLike: []string{}}}}},
	} {
		if err := s.ReplaceVocabularies(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Vocabularies(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	twice := []store.Vocabulary{{Queue: "a"}, {Queue: "a"}}
	if err := s.ReplaceVocabularies(t.Context(), twice); err == nil {
		t.Error("the same list twice is kept")
	}
	if got, err := s.Vocabularies(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("after a refused change: %+v, %v", got, err)
	}
}
