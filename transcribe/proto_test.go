package transcribe

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func everyMessage() []Message {
	return []Message{
		&HelloMessage{Version: ProtocolVersion, Workers: 2, Program: "0.3.1", Name: "asr-2", Model: "base", Weights: strings.Repeat("0a", 32)},
		&OpenMessage{Stream: 7, Language: "ja", Prompt: "Customer Haruto Tanaka, Sapporo.", From: 96, Done: 123456, Translate: "ja,de"},
		&SoundMessage{Stream: 7, Pos: 1 << 40, Behind: true, Samples: []int16{0, 1, -1, 32767, -32768}},
		&SoundMessage{Stream: 7, Pos: 12},
		&PrimeMessage{Stream: 7, Language: "en", Prompt: "Order: Hokkaido winter tour."},
		&FinishMessage{Stream: 7},
		&CloseMessage{Stream: 4294967295},
		&PartialMessage{Stream: 7, Partial: Partial{StartMS: 1500, Text: "where is", Settled: 5}},
		&LineMessage{Stream: 7, Consumed: 99, Line: Line{ID: "l24000", StartMS: 1500, EndMS: 2300, Text: "Room 12", Spoken: "room twelve", Language: "en",
			Words: []Word{{Text: "Room", StartMS: 1500, EndMS: 1900, Probability: 0.5}, {Text: "12", StartMS: 1900, EndMS: 2300, Probability: 1}}}},
		&TranslationMessage{Stream: 7, LineID: "l24000", Text: "Where is my order?"},
		&HeardMessage{Stream: 7, Heard: 12, Consumed: 340},
		&FinishedMessage{Stream: 7},
		&StatsMessage{Streams: 2, FinalsWaiting: 1, PartialsWaiting: 3, Passes: 1 << 60, Failed: 4, LateMS: 3100},
		&OffMessage{Reason: "the speech model is missing: run patchbay models pull"},
	}
}

func encode(t testing.TB, messages ...Message) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewMessageWriter(&b)
	for _, m := range messages {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEveryMessageSurvivesTheWire(t *testing.T) {
	want := everyMessage()
	r := NewMessageReader(bytes.NewReader(encode(t, want...)))
	for _, m := range want {
		got, err := r.Read()
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		if !reflect.DeepEqual(got, m) {
			t.Errorf("sent %+v, got %+v", m, got)
		}
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v, want io.EOF", err)
	}
}

func TestMalformedMessagesAreRefused(t *testing.T) {
	hello := encode(t, &HelloMessage{Version: ProtocolVersion})
	for name, b := range map[string][]byte{
		"length zero":        {0, 0, 0, 0},
		"length too long":    {0, 0, 0, 0x7f},
		"unknown kind":       {1, 0, 0, 0, 200},
		"no body":            {1, 0, 0, 0, kindOpen},
		"bytes left over":    {3, 0, 0, 0, kindFinish, 1, 1},
		"string past end":    {3, 0, 0, 0, kindOff, 9, 'x'},
		"wrong magic":        append([]byte{hello[0], 0, 0, 0, kindHello, 'P'}, hello[6:]...),
		"negative position":  {5, 0, 0, 0, kindHeard, 1, 1, 0, 0}, // zig-zag 1 is −1
		"settled past text":  {5, 0, 0, 0, kindPartial, 1, 0, 0, 1},
		"endless varint":     append([]byte{12, 0, 0, 0, kindFinish}, bytes.Repeat([]byte{0xff}, 11)...),
		"behind is not flag": {5, 0, 0, 0, kindSound, 1, 0, 2, 0},
	} {
		if m, err := NewMessageReader(bytes.NewReader(b)).Read(); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	if _, err := NewMessageReader(bytes.NewReader(hello[:8])).Read(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
	if err := NewMessageWriter(io.Discard).Write(&OffMessage{Reason: strings.Repeat("x", maxMessageBytes)}); !errors.Is(err, ErrProtocol) {
		t.Errorf("too long to write: %v", err)
	}
}

// What another machine says is kept in a database and shown in browsers: neither takes every byte.
func TestTextIsPrintable(t *testing.T) {
	b := encode(t, &PartialMessage{Stream: 1, Partial: Partial{Text: "a\x00b\xffc 佐藤", Settled: 8}}, &OffMessage{Reason: "x\n\x1b[31my"})
	r := NewMessageReader(bytes.NewReader(b))
	m, err := r.Read()
	if want := (&PartialMessage{Stream: 1, Partial: Partial{Text: "a b c 佐藤", Settled: 6}}); err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("%+v, %v; want %+v", m, err, want)
	}
	m, err = r.Read()
	if want := (&OffMessage{Reason: "x  [31my"}); err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("%+v, %v; want %+v", m, err, want)
	}
}

// A hello of another version is understood as far as its version, so that it can be refused by name.
func TestHelloOfAnotherVersion(t *testing.T) {
	m, err := NewMessageReader(bytes.NewReader([]byte{13, 0, 0, 0, kindHello, 'p', 'a', 't', 'c', 'h', 'b', 'a', 'y', 9, 0xff, 0xff, 0xff})).Read()
	if want := (&HelloMessage{Version: 9}); err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("%+v, %v", m, err)
	}
}

func FuzzMessages(f *testing.F) {
	for _, m := range everyMessage() {
		f.Add(encode(f, m))
	}
	f.Add(encode(f, everyMessage()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewMessageReader(bytes.NewReader(b))
		for {
			m, err := r.Read()
			if err != nil {
				return
			}
			// What was understood can be said again and means the same.
			again, err := NewMessageReader(bytes.NewReader(encode(t, m))).Read()
			if err != nil || !reflect.DeepEqual(m, again) {
				t.Fatalf("%+v became %+v (%v)", m, again, err)
			}
		}
	})
}
