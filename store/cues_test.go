package store_test

import (
	"errors"
	"reflect"
	"testing"

	"patchbay/store"
)

func TestCues(t *testing.T) {
	s := server.Store(t)
	for _, want := range [][]store.Cues{
		{{QueueID: "", WaitSeconds: 90, LongTimes: 1.5, LongSeconds: 240}, {QueueID: "q1", SilenceSeconds: 20, OverlapSeconds: 8}}, {{QueueID: "q2"}},
	} {
		if err := s.ReplaceCues(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Cues(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	if err := s.ReplaceCues(t.Context(), []store.Cues{{QueueID: "q"}, {QueueID: "q"}}); !errors.Is(err, store.ErrExists) {
		t.Errorf("one queue twice: %v", err)
	}
}
