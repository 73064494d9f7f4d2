package rtp

import (
	"time"

	"patchbay/media"
)

// ReceiverConfig is what a Receiver must know of the stream. Zero durations take the defaults.
type ReceiverConfig struct {
	Formats  []Format // what may arrive, at least one
	EventPT  uint8    // payload type of telephone-event; 0 is none
	MinDelay time.Duration
	MaxDelay time.Duration
}

// Receiver is the adaptive jitter buffer of one stream. One goroutine calls Push, another ReadFrame; the other methods
// may be called from anywhere.
type Receiver struct{ digits chan Digit }

// ReceiverStats are a Receiver's counts since it was made.
type ReceiverStats struct {
	Received   uint64        // packets accepted
	Malformed  uint64        // packets refused by Push
	Lost       int64         // RFC 3550 §6.4.1; duplicates make it fall
	Late       uint64        // packets that came after their turn
	Duplicated uint64        // packets that came again
	Overflowed uint64        // packets dropped because nobody read
	Concealed  uint64        // samples at 16 kHz made up for lost packets
	Resyncs    uint64        // new SSRC, jump of sequence or timestamp
	DigitsLost uint64        // digits dropped because nobody received from Digits
	Jitter     time.Duration // interarrival jitter, RFC 3550 §6.4.1
	Delay      time.Duration // what the buffer adds now
	Target     time.Duration // what it steers to
}

// NewReceiver makes a Receiver.
func NewReceiver(cfg ReceiverConfig) (*Receiver, error) {
	return &Receiver{digits: make(chan Digit, 32)}, nil
}

// Push takes one RTP packet that arrived at the time at. It must not be called concurrently, does not retain pkt and
// never blocks. An error says why the packet was refused; it is counted already.
func (r *Receiver) Push(pkt []byte, at time.Time) error { return nil }

// ReadFrame implements media.Source.
func (r *Receiver) ReadFrame(f *media.Frame) bool { return false }

// Digits carries each key press once. A digit is dropped and counted where nobody receives in time.
func (r *Receiver) Digits() <-chan Digit { return r.digits }

// SetFormats takes what a new offer and answer negotiated.
func (r *Receiver) SetFormats(formats []Format, eventPT uint8) error { return nil }

// Reset forgets the stream: the next packet starts a new one.
func (r *Receiver) Reset() {}

// Stats returns the counts.
func (r *Receiver) Stats() ReceiverStats { return ReceiverStats{} }

var _ media.Source = (*Receiver)(nil)
