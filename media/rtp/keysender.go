package rtp

import (
	"encoding/binary"
	"fmt"
	"time"

	"patchbay/media"
)

const (
	minPress   = 40 * time.Millisecond  // ITU-T Q.24: the shortest that is sure to be recognised
	maxPress   = 2 * time.Second        // stays below one segment of RFC 4733 §2.5.1.3 at 8 kHz
	pressGap   = 4                      // Frames of sound between two digits: more than Q.24's 40 ms
	endPackets = 3                      // RFC 4733 §2.5.1.4
	dtmfPress  = 100 * time.Millisecond // how long SendDTMF holds a key
	maxQueued  = 32                     // presses that may wait: more than any menu or card number asks for
	keyVolume  = 10                     // −dBm0 (RFC 4733 §2.3.3)
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
	s.queueing.Lock()
	defer s.queueing.Unlock()
	return s.sendDigit(digit, d)
}

func (s *Sender) sendDigit(digit rune, d time.Duration) error {
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

// SendDigits queues several presses, each held for d: all of them, or none where one is no key or there is no room.
func (s *Sender) SendDigits(digits string, d time.Duration) error {
	for _, digit := range digits {
		if _, ok := keyOf(digit); !ok {
			return fmt.Errorf("%w: %q", ErrDigit, digit)
		}
	}
	s.queueing.Lock() // nobody else fills the queue meanwhile; the tick only empties it
	defer s.queueing.Unlock()
	if len(digits) > cap(s.digits)-len(s.digits) {
		return fmt.Errorf("%w: digits", ErrBusy)
	}
	for _, digit := range digits {
		if err := s.sendDigit(digit, d); err != nil {
			return err
		}
	}
	return nil
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
