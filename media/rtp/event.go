package rtp

import (
	"encoding/binary"
	"strings"
	"time"
)

// keys are the events 0 to 15 of RFC 4733 §3.2.
const keys = "0123456789*#ABCD"

// eventGap is the silence after which a key counts as released though its end was lost: RFC 4733 §2.5.1.2 repeats a
// held key's packet at least every 50 ms.
const eventGap = 150 * time.Millisecond

// keyPatience is eventGap where no packet of any kind shows that time goes on: longer than the jitter that we take.
const keyPatience = 500 * time.Millisecond

// keyDetector turns telephone-event packets into digits. A press is known by its timestamp, which all of its packets
// share, and by its end bit (RFC 4733 §2.3, §2.5): the marker and two of three ends may be lost, and every packet may
// come again.
type keyDetector struct {
	known    bool // start and key are of some press
	down     bool // that press is not reported yet
	key      uint8
	start    timestamp
	duration uint32 // ticks
	segment  uint32 // ticks in segments before (RFC 4733 §2.5.1.3)
	clock    int    // Hz
}

// event takes a telephone-event payload, whose durations count in eventClock, and calls press for each key whose press has
// ended.
func (d *keyDetector) event(payload []byte, ts timestamp, clock, eventClock int, press func(Digit)) error {
	if len(payload) < 4 {
		return ErrPacket
	}
	key, end, duration := payload[0], payload[1]&0x80 != 0, uint32(binary.BigEndian.Uint16(payload[2:]))
	if eventClock != clock {
		duration = uint32(uint64(duration) * uint64(clock) / uint64(eventClock))
	}
	if int(key) >= len(keys) {
		return nil // flash and the tones of modems: legal, and not ours
	}
	if d.known && ts != d.start {
		if ts.since(d.start) < 0 {
			return nil // of an earlier press, late
		}
		if d.down && key == d.key && d.duration-d.segment == 0xffff && ts.since(d.start) == 0xffff {
			// RFC 4733 §2.5.1.3: a long press goes on in another segment.
			d.start, d.segment = ts, d.duration
		}
	}
	if !d.known || ts != d.start || key != d.key {
		d.release(press) // the ends of the press before were lost
		*d = keyDetector{known: true, down: true, key: key, start: ts, clock: clock}
	}
	d.duration = max(d.duration, d.segment+duration)
	if end {
		d.release(press)
	}
	return nil
}

// audio takes the timestamp of an audio packet, which may show that a press is over.
func (d *keyDetector) audio(ts timestamp, press func(Digit)) {
	if d.down {
		silence := int64(ts.since(d.start)) - int64(d.duration-d.segment)
		if silence > int64(d.clock)*int64(eventGap)/int64(time.Second) {
			d.release(press)
		}
	}
}

func (d *keyDetector) release(press func(Digit)) {
	if !d.down {
		return // an end that came again
	}
	d.down = false
	press(Digit{Rune: rune(keys[d.key]), Duration: time.Duration(d.duration) * time.Second / time.Duration(d.clock)})
}

// keyOf finds the event of a rune.
func keyOf(digit rune) (uint8, bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	i := strings.IndexRune(keys, digit)
	return uint8(i), i >= 0
}
