package rtp

import (
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

// SenderConfig is what a Sender needs.
type SenderConfig struct {
	Format  Format
	EventPT uint8                  // payload type of telephone-event; 0 is none
	Options codec.Options          // the encoder's
	Write   func(pkt []byte) error // sends one packet; must not block or retain pkt
}

// Sender encodes Frames and packs them as RTP, 20 ms each. WriteFrame belongs to one goroutine; the other methods may be
// called from anywhere.
type Sender struct{}

// SenderStats are a Sender's counts since it was made.
type SenderStats struct {
	SSRC    uint32
	Packets uint64
	Octets  uint64 // payload bytes, as RFC 3550 §6.4.1 counts them
	Errors  uint64 // frames that were not encoded or not written
}

// NewSender makes a Sender with a random SSRC, sequence number and timestamp.
func NewSender(cfg SenderConfig) (*Sender, error) { return &Sender{}, nil }

// WriteFrame implements media.Sink: it sends the Frame, or a piece of the digit that is due.
func (s *Sender) WriteFrame(f *media.Frame) {}

// SendDigit queues one key press: 0-9, *, #, A-D, held for d (40 ms to 2 s).
func (s *Sender) SendDigit(digit rune, d time.Duration) error { return nil }

// SetCodec switches to another format from the next Frame on.
func (s *Sender) SetCodec(f Format, eventPT uint8) error { return nil }

// Stats returns the counts.
func (s *Sender) Stats() SenderStats { return SenderStats{} }

var _ media.Sink = (*Sender)(nil)
