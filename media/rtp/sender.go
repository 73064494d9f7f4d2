package rtp

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

// headerSize is of an RTP header without CSRC or extension (RFC 3550 §5.1).
const headerSize = 12

// SenderConfig is what a Sender needs.
type SenderConfig struct {
	Format  Format
	EventPT uint8                  // payload type of telephone-event; 0 is none
	Options codec.Options          // the encoder's
	Write   func(pkt []byte) error // sends one packet; must not block or retain pkt
	Now     func() time.Time       // for RTCP; nil is time.Now
}

// Sender encodes Frames and packs them as RTP, 20 ms each. WriteFrame and Skip belong to one goroutine; the other methods
// may be called from anywhere.
type Sender struct {
	write  func(pkt []byte) error
	now    func() time.Time
	digits chan press

	queueing sync.Mutex // held while digits are filled

	mu         sync.Mutex // held by WriteFrame for one Frame, by the others for a moment
	format     Format
	options    codec.Options // of the next encoder
	made       codec.Options // of this one
	eventPT    uint8
	eventClock int // Hz; 0 is that of format
	encoder    codec.Encoder
	key        keySender
	ssrc       uint32
	seq        uint16
	ts         timestamp
	paused     bool // the next packet starts a talkspurt
	sentTS     timestamp
	sentAt     time.Time
	stats      SenderStats
	buf        [headerSize + codec.MaxPayload]byte
}

// SenderStats are a Sender's counts since it was made.
type SenderStats struct {
	SSRC    uint32
	Packets uint64
	Octets  uint64 // payload bytes, as RFC 3550 §6.4.1 counts them
	Errors  uint64 // frames that were not encoded or not written
}

// NewSender makes a Sender with a random SSRC, sequence number and timestamp.
func NewSender(cfg SenderConfig) (*Sender, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Sender{write: cfg.Write, now: cfg.Now, options: cfg.Options, digits: make(chan press, maxQueued)}
	s.restart()
	if err := s.SetCodec(cfg.Format, cfg.EventPT); err != nil {
		return nil, err
	}
	return s, nil
}

// restart starts a stream: all three are random so that an attacker can't know what is encrypted (RFC 3550 §5.1), and
// so that two sources do not collide (§8).
func (s *Sender) restart() {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program first
	s.ssrc = binary.BigEndian.Uint32(b[0:])
	s.seq = binary.BigEndian.Uint16(b[4:])
	s.ts = timestamp(binary.BigEndian.Uint32(b[6:]))
	s.stats.SSRC, s.paused = s.ssrc, true
}

// SetCodec switches to another format from the next Frame on. A different clock rate starts another stream, as one SSRC
// has one (RFC 7160 §4.1).
func (s *Sender) SetCodec(f Format, eventPT uint8) error {
	if err := f.validate(); err != nil {
		return err
	}
	if eventPT > 127 || eventPT != 0 && eventPT == f.PayloadType {
		return fmt.Errorf("%w: telephone-event/%d", ErrFormat, eventPT)
	}
	s.mu.Lock()
	options := s.options
	same := f.Codec == s.format.Codec && options == s.made
	s.mu.Unlock()
	var enc codec.Encoder
	if !same {
		var err error
		if enc, err = f.Codec.NewEncoder(options); err != nil {
			return fmt.Errorf("rtp: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if enc != nil {
		if s.encoder != nil && f.Codec.ClockRate() != s.format.Codec.ClockRate() {
			s.restart()
			s.key = keySender{}
		}
		s.encoder, s.made = enc, options
	}
	s.format, s.eventPT = f, eventPT
	return nil
}

// prepare sets what the next SetCodec uses: the encoder's options, and the clock of telephone-event where that is another than
// the sound's.
func (s *Sender) prepare(o codec.Options, eventClock int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options, s.eventClock = o, eventClock
}

// eventTicks is the time of a Frame in the clock of telephone-event. s.mu is held.
func (s *Sender) eventTicks() timestamp {
	clock := s.eventClock
	if clock == 0 {
		clock = s.format.Codec.ClockRate()
	}
	return timestamp(clock / int(time.Second/media.FrameDuration))
}

// WriteFrame implements media.Sink: it sends the Frame, or a piece of the digit that is due.
func (s *Sender) WriteFrame(f *media.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ticks := timestamp(s.format.Codec.ClockRate() / int(time.Second/media.FrameDuration))
	pt, ts, marker := s.format.PayloadType, s.ts, s.paused
	var n int
	var err error
	if s.key.due(s) {
		pt, ts = s.eventPT, s.key.start
		n, marker = s.key.packet(s.buf[headerSize:], s.eventTicks())
	} else {
		n, err = s.encoder.Encode(f, s.buf[headerSize:])
		s.paused = false
	}
	s.ts += ticks
	if err != nil {
		s.stats.Errors++
		return
	}
	s.buf[0], s.buf[1] = 2<<6, pt // version 2
	if marker {
		s.buf[1] |= 0x80
	}
	binary.BigEndian.PutUint16(s.buf[2:], s.seq)
	binary.BigEndian.PutUint32(s.buf[4:], uint32(ts))
	binary.BigEndian.PutUint32(s.buf[8:], s.ssrc)
	s.seq++
	s.sentTS, s.sentAt = s.ts-ticks, s.now()
	if s.write(s.buf[:headerSize+n]) != nil {
		s.stats.Errors++
		return
	}
	s.stats.Packets++
	s.stats.Octets += uint64(n)
}

// Skip lets the time of a Frame pass with nothing sent. A digit that waits goes on waiting.
func (s *Sender) Skip() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ts += timestamp(s.format.Codec.ClockRate() / int(time.Second/media.FrameDuration))
	s.paused = true
}

// Stats returns the counts.
func (s *Sender) Stats() SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// at returns the RTP timestamp of an instant (RFC 3550 §6.4.1), and whether anything was sent yet.
func (s *Sender) at(t time.Time) (timestamp, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	elapsed := t.Sub(s.sentAt)
	if s.sentAt.IsZero() {
		return 0, false
	}
	return s.sentTS + timestamp(int64(elapsed/time.Microsecond)*int64(s.format.Codec.ClockRate())/1e6), true
}

var _ media.Sink = (*Sender)(nil)
