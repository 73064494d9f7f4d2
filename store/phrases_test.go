package store_test

import (
	"reflect"
	"testing"

	"patchbay/store"
)

func TestPhraseRules(t *testing.T) {
	s := server.Store(t)
	if first, err := s.PhraseRules(t.Context()); err != nil || len(first) != 8 {
		t.Fatalf("a new centre has %v, %v", first, err)
	}
	want := []store.PhraseRule{{Kind: "pattern", Text: "b+"}, {Kind: "exact", Text: "a"}}
	if err := s.ReplacePhraseRules(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplacePhraseRules(t.Context(), []store.PhraseRule{{Kind: "other", Text: "a"}}); err == nil {
		t.Error("a rule of no kind is stored")
	}
	if got, err := s.PhraseRules(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("kept are %v, %v", got, err)
	}
}
