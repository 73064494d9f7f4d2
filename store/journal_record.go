package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// The journal's file is a row of records:
//
//	length  uint32, little-endian: bytes of kind and payload
//	sum     uint32, little-endian: CRC-32C of kind and payload
//	kind    one byte
//	payload JSON
const (
	recordHeader = 8
	// largestRecord bounds what a damaged length can make us read. A line is some kilobytes.
	largestRecord = 4 << 20
)

// kind says what a record holds. The numbers are on disk: they are never reused.
type kind byte

const (
	kindInteraction kind = 1
	kindSegment     kind = 2
	kindEvent       kind = 3
	kindLine        kind = 4
	kindRecording   kind = 5
	kindErasure     kind = 6
	kindDelivery    kind = 7
	kindDue         kind = 8
	kindOriginal    kind = 9
	kindFilm        kind = 10
)

// errTorn says that the bytes end within a record: what a killed writer leaves.
var errTorn = errors.New("store: torn journal record")

// errDamaged says that a record's bytes are not what was written.
var errDamaged = errors.New("store: damaged journal record")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// record is one of Interaction, Segment, Event, Line, Recording, Erasure, Delivery, Due or Original on its way to the database.
type record struct {
	kind    kind
	payload []byte
}

// journalInteraction writes the field that the API's JSON leaves out.
type journalInteraction struct {
	Interaction
	CustomerID string `json:"customer_id"`
}

// newRecord encodes a value. What JSON or PostgreSQL cannot hold is replaced, because a journal may not refuse: NUL and
// broken UTF-8 in texts, infinite probabilities, event data of a type without JSON.
func newRecord(value any) (record, error) {
	var k kind
	switch v := value.(type) {
	case Interaction:
		k, value = kindInteraction, journalInteraction{v, v.CustomerID}
	case Segment:
		k = kindSegment
	case Event:
		k = kindEvent
		if _, err := json.Marshal(v.Data); err != nil {
			v.Data = map[string]any{"unreadable": err.Error()}
			value = v
		}
	case Line:
		k = kindLine
		words := make([]Word, len(v.Words)) // not nil: null is no list of words
		copy(words, v.Words)
		for i, w := range words {
			if math.IsNaN(w.Probability) || math.IsInf(w.Probability, 0) {
				words[i].Probability = 0
			}
		}
		v.Words = words
		value = v
	case Recording:
		k = kindRecording
	case Erasure:
		k = kindErasure
	case Film:
		k = kindFilm
	case Delivery:
		k = kindDelivery
	case Due:
		k = kindDue
	case Original:
		k = kindOriginal
	default:
		return record{}, fmt.Errorf("store: journal of %T", value)
	}
	payload, err := json.Marshal(value)
	if err != nil {
		return record{}, fmt.Errorf("store: journal of %T: %w", value, err)
	}
	if len(payload) > largestRecord-1 {
		return record{}, fmt.Errorf("store: journal of %T: %d bytes are too many", value, len(payload))
	}
	return record{k, withoutNUL(payload)}, nil
}

// withoutNUL replaces NUL in JSON's strings by the replacement character: PostgreSQL's text has none.
func withoutNUL(payload []byte) []byte {
	nul := []byte(`\u0000`)
	if !bytes.Contains(payload, nul) {
		return payload
	}
	for i := 0; i < len(payload); i++ {
		if payload[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(payload[i:], nul) {
			copy(payload[i:], `\ufffd`)
		}
		i++ // the escaped character, which may be a backslash
	}
	return payload
}

// value decodes the payload.
func (r record) value() (any, error) {
	var err error
	var out any
	switch r.kind {
	case kindInteraction:
		var v journalInteraction
		err = json.Unmarshal(r.payload, &v)
		v.Interaction.CustomerID = v.CustomerID
		out = v.Interaction
	case kindSegment:
		out, err = decode[Segment](r.payload)
	case kindEvent:
		out, err = decode[Event](r.payload)
	case kindLine:
		out, err = decode[Line](r.payload)
	case kindRecording:
		out, err = decode[Recording](r.payload)
	case kindErasure:
		out, err = decode[Erasure](r.payload)
	case kindDelivery:
		out, err = decode[Delivery](r.payload)
	case kindDue:
		out, err = decode[Due](r.payload)
	case kindOriginal:
		out, err = decode[Original](r.payload)
	case kindFilm:
		out, err = decode[Film](r.payload)
	default:
		return nil, fmt.Errorf("store: journal record of unknown kind %d", r.kind)
	}
	if err != nil {
		return nil, fmt.Errorf("store: journal record of kind %d: %w", r.kind, err)
	}
	return out, nil
}

func decode[T any](payload []byte) (T, error) {
	var v T
	err := json.Unmarshal(payload, &v)
	return v, err
}

// appendTo appends the record as the file holds it.
func (r record) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(1+len(r.payload)))
	sum := crc32.Update(crc32.Update(0, castagnoli, []byte{byte(r.kind)}), castagnoli, r.payload)
	b = binary.LittleEndian.AppendUint32(b, sum)
	b = append(b, byte(r.kind))
	return append(b, r.payload...)
}

// size is the record's length in the file, in bytes.
func (r record) size() int { return recordHeader + 1 + len(r.payload) }

// parseRecord reads the first record of b; the payload is a part of b. With errTorn, more bytes may make it whole.
func parseRecord(b []byte) (record, error) {
	if len(b) < recordHeader {
		return record{}, errTorn
	}
	length := binary.LittleEndian.Uint32(b)
	if length == 0 || length > largestRecord {
		return record{}, fmt.Errorf("%w: length %d", errDamaged, length)
	}
	if uint64(len(b)-recordHeader) < uint64(length) {
		return record{}, errTorn
	}
	body := b[recordHeader : recordHeader+int(length)]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return record{}, fmt.Errorf("%w: checksum", errDamaged)
	}
	return record{kind(body[0]), body[1:]}, nil
}
