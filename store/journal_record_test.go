package store

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"
)

func TestRecordsKeepEveryField(t *testing.T) {
	at := time.Date(2026, 11, 22, 13, 8, 0, 4_000_000, time.UTC)
	for _, v := range []any{
		Interaction{ID: "i", Channel: "call", Direction: "inbound", From: "+12025550142", To: "+12025550100", Queue: "Bookings", State: "ended",
			Outcome: "handled", StartedAt: at, AnsweredAt: &at, EndedAt: &at, CustomerID: "c", WrapUpCode: "solved", Note: "n"},
		Segment{ID: "s", InteractionID: "i", AgentID: "akiko", StartedAt: at, EndedAt: &at},
		Event{InteractionID: "i", Seq: 3, At: at, Type: "held", Actor: "akiko", Data: map[string]any{"on": true}},
		Line{InteractionID: "i", ID: "l", Speaker: "agent", Leg: "agent:akiko", StartMS: 1, EndMS: 2, Text: "T", Spoken: "t", Translation: "E",
			Words: []Word{{Text: "T", StartMS: 1, EndMS: 2, Probability: 0.5}}},
		Original{InteractionID: "i", LineID: "l", KeyID: "k", Sealed: []byte{1, 2}},
		Due{InteractionID: "i", At: at, By: "akiko"},
		Delivery{ID: "d", Receiver: "hook_1", InteractionID: "i", What: "phrase", At: at, Body: `{"a":1}`},
	} {
		r, err := newRecord(v)
		if err != nil {
			t.Fatal(err)
		}
		b := r.appendTo(nil)
		if len(b) != r.size() {
			t.Errorf("%T: size %d, has %d bytes", v, r.size(), len(b))
		}
		parsed, err := parseRecord(append(b, "next"...))
		if err != nil {
			t.Fatalf("%T: %v", v, err)
		}
		if got, err := parsed.value(); err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("got %+v, %v; want %+v", got, err, v)
		}
		for n := range len(b) {
			if _, err := parseRecord(b[:n]); !errors.Is(err, errTorn) {
				t.Errorf("%T cut to %d bytes: %v, want errTorn", v, n, err)
			}
		}
		for i := range len(b) {
			spoilt := bytes.Clone(b)
			spoilt[i] ^= 0x10
			if r, err := parseRecord(spoilt); err == nil {
				t.Errorf("%T with byte %d spoilt is taken as %v", v, i, r)
			}
		}
	}
}

func TestRecordsReplaceWhatCannotBeKept(t *testing.T) {
	r, err := newRecord(Line{Words: []Word{{Probability: math.NaN()}, {Probability: math.Inf(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := r.value(); err != nil || v.(Line).Words[1].Probability != 0 {
		t.Errorf("got %+v, %v", v, err)
	}
	if r, err = newRecord(Line{}); err != nil || !bytes.Contains(r.payload, []byte(`"words":[]`)) {
		t.Errorf("no words: %s, %v", r.payload, err)
	}
	if _, err := newRecord(42); err == nil {
		t.Error("a number is no record")
	}
	if _, err := newRecord(Line{Text: string(make([]byte, largestRecord))}); err == nil {
		t.Error("a record that no reader would take is written")
	}
}

func FuzzParseRecord(f *testing.F) {
	r, err := newRecord(Line{ID: "l", Text: "Hello"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.appendTo(nil))
	f.Add(record{99, []byte("{}")}.appendTo(nil))
	f.Add(record{kindEvent, []byte(`{"seq":"x"}`)}.appendTo(nil))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRecord(b)
		if err != nil {
			if !errors.Is(err, errTorn) && !errors.Is(err, errDamaged) {
				t.Fatal(err)
			}
			return
		}
		if again := r.appendTo(nil); !bytes.Equal(again, b[:r.size()]) {
			t.Fatalf("%x is read as %x", b, again)
		}
		if v, err := r.value(); err == nil { // what can be read can be written
			if _, err := newRecord(v); err != nil {
				t.Fatal(err)
			}
		}
	})
}
