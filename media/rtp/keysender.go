package rtp

import (
	"encoding/binary"
	"fmt"
	"time"

	"patchbay/media"
)

const (
	minPress   = 40 * time.Millisecond // ITU-T Q.24: the shortest that is sure to be recognised
	maxPress   = 2 * time.Second       // stays below one segment of RFC 4733 §2.5.1.3 at 8 kHz
	pressGap   = 4                     // Frames of sound between two digits: more than Q.24's 40 ms
	endPackets = 3                     // RFC 4733 §2.5.1.4
	keyVolume  = 10                    // −dBm0 (RFC 4733 §2.3.3)
)

// press is a digit that waits to be sent.
type press struct {
	key    uint8
	frames int
}

// keySender sends presses as telephone-event, one at a time, a packet for each Frame. It is part of a Sender and guarded
// by its mutex.
type keySender struct {
	press
	start timestamp
	sent  int // Frames of the press so far
	ends  int // end packets still to be sent
	gap   int // Frames until the next press may start
}

// SendDigit queues one key press: 0-9, *, #, A-D. It is held for d, within 40 ms and 2 s.
func (s *Sender) SendDigit(digit rune, d time.Duration) error {
	key, ok := keyOf(digit)
	if !ok {
		return fmt.Errorf("%w: %q", ErrDigit, digit)
	}
	s.mu.Lock()
	eventPT := s.eventPT
	s.mu.Unlock()
	if eventPT == 0 {
		return ErrNoEvents
	}
	d = min(max(d, minPress), maxPress)
	select {
	case s.digits <- press{key, int((d + media.FrameDuration - 1) / media.FrameDuration)}:
		return nil
	default:
		return fmt.Errorf("%w: digits", ErrBusy)
	}
}

// due reports whether this Frame's time belongs to a press, and starts one.
func (k *keySender) due(s *Sender) bool {
	if s.eventPT == 0 {
		return false
	}
	if k.ends > 0 {
		return true
	}
	if k.gap > 0 {
		k.gap--
		return false
	}
	select {
	case p := <-s.digits:
		*k = keySender{press: p, start: s.ts, ends: endPackets}
		return true
	default:
		return false
	}
}

// packet writes the next packet of the press, of ticks' length, and reports whether it is the first.
func (k *keySender) packet(out []byte, ticks timestamp) (n int, marker bool) {
	k.sent = min(k.sent+1, k.frames)
	out[0], out[1] = k.key, keyVolume
	if k.sent == k.frames {
		out[1] |= 0x80 // the end bit
		if k.ends--; k.ends == 0 {
			k.gap = pressGap
		}
	}
	// RFC 4733 §2.5.1.2: the duration so far, from the start that all packets share. At 48 kHz the longest press is
	// longer than the field; it stays at its end then.
	binary.BigEndian.PutUint16(out[2:], uint16(min(k.sent*int(ticks), 0xffff)))
	return 4, k.sent == 1
}
