package transcribe

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendStream(b []byte, stream uint32) []byte { return binary.AppendUvarint(b, uint64(stream)) }

func (m *HelloMessage) appendTo(b []byte) []byte {
	b = append(b, "patchbay"...)
	b = binary.AppendUvarint(b, uint64(m.Version))
	b = binary.AppendUvarint(b, uint64(m.Workers))
	for _, s := range []string{m.Program, m.Name, m.Model, m.Weights} {
		b = appendString(b, clip(s, maxNameBytes))
	}
	return b
}

func (m *OpenMessage) appendTo(b []byte) []byte {
	b = appendString(appendString(appendStream(b, m.Stream), m.Language), m.Prompt)
	return appendString(binary.AppendVarint(binary.AppendVarint(b, m.From), m.Done), m.Translate)
}

func (m *PrimeMessage) appendTo(b []byte) []byte {
	return appendString(appendString(appendStream(b, m.Stream), m.Language), m.Prompt)
}

func (m *SoundMessage) appendTo(b []byte) []byte {
	b = binary.AppendVarint(appendStream(b, m.Stream), m.Pos)
	behind := byte(0)
	if m.Behind {
		behind = 1
	}
	b = append(b, behind)
	b = binary.AppendUvarint(b, uint64(len(m.Samples)))
	b = slices.Grow(b, 2*len(m.Samples))
	for _, v := range m.Samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func (m *FinishMessage) appendTo(b []byte) []byte   { return appendStream(b, m.Stream) }
func (m *CloseMessage) appendTo(b []byte) []byte    { return appendStream(b, m.Stream) }
func (m *FinishedMessage) appendTo(b []byte) []byte { return appendStream(b, m.Stream) }
func (m *OffMessage) appendTo(b []byte) []byte      { return appendString(b, m.Reason) }

func (m *PartialMessage) appendTo(b []byte) []byte {
	b = binary.AppendVarint(appendStream(b, m.Stream), m.Partial.StartMS)
	return binary.AppendUvarint(appendString(b, m.Partial.Text), uint64(m.Partial.Settled))
}

func (m *LineMessage) appendTo(b []byte) []byte {
	b = appendString(appendStream(b, m.Stream), m.Line.ID)
	b = binary.AppendVarint(binary.AppendVarint(b, m.Line.StartMS), m.Line.EndMS)
	b = appendString(appendString(appendString(b, m.Line.Text), m.Line.Spoken), m.Line.Language)
	b = binary.AppendUvarint(b, uint64(len(m.Line.Words)))
	for _, w := range m.Line.Words {
		b = binary.AppendVarint(binary.AppendVarint(appendString(b, w.Text), w.StartMS), w.EndMS)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(w.Probability))
	}
	return binary.AppendVarint(b, m.Consumed)
}

func (m *TranslationMessage) appendTo(b []byte) []byte {
	return appendString(appendString(appendStream(b, m.Stream), m.LineID), m.Text)
}

func (m *HeardMessage) appendTo(b []byte) []byte {
	return binary.AppendVarint(binary.AppendVarint(appendStream(b, m.Stream), m.Heard), m.Consumed)
}

func (m *StatsMessage) appendTo(b []byte) []byte {
	for _, n := range []int{m.Streams, m.FinalsWaiting, m.PartialsWaiting} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, m.Passes), m.Failed)
	return binary.AppendUvarint(b, uint64(m.LateMS))
}

// body reads a message's fields in order. After the first field that is wrong, all others are zero and bad is set, so that
// parsing is one straight list of fields with one check at its end.
type body struct {
	b   []byte
	bad bool
}

func (d *body) fail() {
	d.b, d.bad = nil, true
}

func (d *body) uvarint(limit uint64) uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > limit {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *body) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

// position is a place on a stream's axis. The bound keeps sums of positions and their milliseconds far from overflow.
func (d *body) position() int64 {
	v := d.varint()
	if v < 0 || v > maxPosition {
		d.fail()
		return 0
	}
	return v
}

func (d *body) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *body) string(limit uint64) string { return string(d.bytes(d.uvarint(limit))) }

// text is a string that can be shown and kept anywhere: what is no UTF-8 and control characters are replaced.
func (d *body) text(limit uint64) string { return printable(d.string(limit)) }

func printable(s string) string {
	ok := func(r rune) bool { return r != utf8.RuneError && !unicode.IsControl(r) }
	if strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if !ok(r) {
			return ' '
		}
		return r
	}, s)
}

func (d *body) stream() uint32 { return uint32(d.uvarint(math.MaxUint32)) }
func (d *body) count() int     { return int(d.uvarint(math.MaxInt32)) }

func (d *body) probability() float64 {
	b := d.bytes(8)
	if d.bad {
		return 0
	}
	p := math.Float64frombits(binary.LittleEndian.Uint64(b))
	if !(p >= 0 && p <= 1) { // also refuses NaN
		d.fail()
		return 0
	}
	return p
}

func (d *body) samples() []int16 {
	b := d.bytes(2 * d.uvarint(MaxSoundSamples))
	if len(b) == 0 {
		return nil
	}
	s := make([]int16, len(b)/2)
	for i := range s {
		s[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return s
}

func (d *body) words() []Word {
	n := d.uvarint(maxWords)
	if n == 0 {
		return nil
	}
	words := make([]Word, 0, n)
	for range n {
		words = append(words, Word{Text: d.text(maxTextBytes), StartMS: d.position(), EndMS: d.position(), Probability: d.probability()})
	}
	return words
}

func (d *body) partial() Partial {
	p := Partial{StartMS: d.position(), Text: d.string(maxTextBytes)}
	p.Settled = int(d.uvarint(uint64(len(p.Text))))
	cut := len(clip(p.Text, p.Settled))
	settled := printable(p.Text[:cut]) // which may be shorter
	p.Text, p.Settled = settled+printable(p.Text[cut:]), len(settled)
	return p
}

func (d *body) line() Line {
	return Line{ID: d.text(maxNameBytes), StartMS: d.position(), EndMS: d.position(),
		Text: d.text(maxTextBytes), Spoken: d.text(maxTextBytes), Language: d.text(maxLanguageBytes), Words: d.words()}
}

func (d *body) hello() *HelloMessage {
	if string(d.bytes(8)) != "patchbay" {
		d.fail()
	}
	m := &HelloMessage{Version: d.count()}
	if m.Version != ProtocolVersion {
		d.b = nil // it may mean anything
		return m
	}
	m.Workers = d.count()
	for _, s := range []*string{&m.Program, &m.Name, &m.Model, &m.Weights} {
		*s = clip(d.text(maxNameBytes), maxNameBytes)
	}
	return m
}

// parseMessage reads the kind and the body. Go evaluates the fields of a composite literal's function calls in order, which
// is the order on the wire.
func parseMessage(b []byte) (Message, error) {
	d := body{b: b[1:]}
	var m Message
	switch b[0] {
	case kindHello:
		m = d.hello()
	case kindOpen:
		m = &OpenMessage{Stream: d.stream(), Language: d.string(maxLanguageBytes), Prompt: d.string(maxPromptBytes), From: d.position(), Done: d.position(), Translate: d.string(maxPromptBytes)}
	case kindSound:
		m = &SoundMessage{Stream: d.stream(), Pos: d.position(), Behind: d.uvarint(1) == 1, Samples: d.samples()}
	case kindFinish:
		m = &FinishMessage{Stream: d.stream()}
	case kindClose:
		m = &CloseMessage{Stream: d.stream()}
	case kindPartial:
		m = &PartialMessage{Stream: d.stream(), Partial: d.partial()}
	case kindLine:
		m = &LineMessage{Stream: d.stream(), Line: d.line(), Consumed: d.position()}
	case kindTranslation:
		m = &TranslationMessage{Stream: d.stream(), LineID: d.text(maxNameBytes), Text: d.text(maxTextBytes)}
	case kindHeard:
		m = &HeardMessage{Stream: d.stream(), Heard: d.position(), Consumed: d.position()}
	case kindFinished:
		m = &FinishedMessage{Stream: d.stream()}
	case kindStats:
		m = &StatsMessage{Streams: d.count(), FinalsWaiting: d.count(), PartialsWaiting: d.count(), Passes: d.uvarint(math.MaxUint64), Failed: d.uvarint(math.MaxUint64), LateMS: d.count()}
	case kindOff:
		m = &OffMessage{Reason: d.text(maxTextBytes)}
	case kindPrime:
		m = &PrimeMessage{Stream: d.stream(), Language: d.string(maxLanguageBytes), Prompt: d.string(maxPromptBytes)}
	default:
		return nil, fmt.Errorf("transcribe: read message: %w: kind %d", ErrProtocol, b[0])
	}
	if d.bad || len(d.b) > 0 {
		return nil, fmt.Errorf("transcribe: read message: %w: kind %d", ErrProtocol, b[0])
	}
	return m, nil
}
