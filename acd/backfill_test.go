package acd

import (
	"fmt"
	"strings"
	"testing"

	"patchbay/store"
	"patchbay/transcribe"
)

type lineBook []store.Line

func (b *lineBook) SaveLine(l store.Line) { *b = append(*b, l) }

func TestBackfillWritesEachLegsLinesInItsName(t *testing.T) {
	var book lineBook
	listener := Backfill(&book, func(string, int64, int64) {}, nil)
	for leg, speaker := range map[string]string{"customer": "customer", "agent-2": "agent", "supervisor-1": "supervisor", "number-1": "agent", "guest-1": "customer"} {
		l := listener("i1/" + leg)
		l.Partial(transcribe.Partial{Text: "and"})
		l.Line(transcribe.Line{ID: "l320", StartMS: 20, EndMS: 900, Text: "And then.", Spoken: "and then",
			Words: []transcribe.Word{{Text: "And", StartMS: 20, EndMS: 300, Probability: 0.5}, {Text: "then.", StartMS: 300, EndMS: 900, Probability: 1}}})
		got := book[len(book)-1]
		if got.InteractionID != "i1" || got.ID != leg+"/l320" || got.Leg != leg || got.Speaker != speaker || got.Text != "And then." || len(got.Words) != 2 || got.StartMS != 20 {
			t.Errorf("%s: %+v", leg, got)
		}
	}
}

func TestBackfillMasks(t *testing.T) {
	var book lineBook
	silenced := ""
	silence := func(id string, from, to int64) { silenced += fmt.Sprint(id, " ", from, " ", to) }
	Backfill(&book, silence, nil)("i1/customer").Line(transcribe.Line{ID: "l1", EndMS: 5000, Text: "My card is 4111 1111 1111 1111.", Spoken: "my card is four one one one one one one one one one one one one one one one"})
	if len(book) == 0 || strings.Contains(book[len(book)-1].Text, "1111") || strings.Contains(book[len(book)-1].Spoken, "one one") {
		t.Errorf("written: %+v", book)
	}
	if silenced != "i1 0 5000" { // without words, the whole line
		t.Errorf("silenced: %q", silenced)
	}
}

// Text that is written after a crash obeys the centre's patterns as live text does.
func TestBackfillMasksByTheCentresPatterns(t *testing.T) {
	patterns, err := CompileMasks([]store.MaskRule{{Name: "Membership", Pattern: `KX-\d{4}`, Active: true}, {Name: "Off", Pattern: "please", Active: false}})
	if err != nil {
		t.Fatal(err)
	}
	masks := new(Masks)
	masks.Set(patterns)
	var book lineBook
	Backfill(&book, func(string, int64, int64) {}, masks)("i1/customer").Line(transcribe.Line{ID: "l1", EndMS: 2000, Text: "It is KX-1234, please.", Spoken: "it is k x one two three four please"})
	if got := book[len(book)-1]; got.Text != "It is ••••, please." || strings.Contains(got.Spoken, "one two") {
		t.Errorf("written: %+v", got)
	}
}
