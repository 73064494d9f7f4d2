package rtp

import (
	"errors"
	"fmt"
	"time"

	"patchbay/media/codec"
)

// Format is a codec under the payload type that was negotiated for it.
type Format struct {
	Codec       codec.Codec
	PayloadType uint8 // 0 to 127
}

// Default is the Format of a codec under its own payload type.
func Default(c codec.Codec) Format { return Format{Codec: c, PayloadType: c.PayloadType()} }

// Digit is one key press received as telephone-event (RFC 4733).
type Digit struct {
	Rune     rune          // 0-9, *, #, A-D
	Duration time.Duration // how long the key was held, as far as the packets told
}

// Direction is the media direction of a session as seen from here (RFC 3264 §5.1).
type Direction uint8

// The directions. The zero value is the default of SDP.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// Sends reports whether we may send sound.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives reports whether we expect sound.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

func (d Direction) String() string {
	switch d {
	case SendOnly:
		return "sendonly"
	case RecvOnly:
		return "recvonly"
	case Inactive:
		return "inactive"
	}
	return "sendrecv"
}

var (
	// ErrFormat reports a Format or payload type that can't be used.
	ErrFormat = errors.New("rtp: unusable format")
	// ErrPacket reports an RTP packet that is malformed or belongs to no negotiated format.
	ErrPacket = errors.New("rtp: malformed or unexpected packet")
	// ErrStranger reports a packet of another source, or far out of sequence, that others have yet to confirm.
	ErrStranger = errors.New("rtp: packet of another source")
	// ErrDigit reports a rune that is no key of a telephone.
	ErrDigit = errors.New("rtp: not a telephone key")
	// ErrBusy reports a full queue.
	ErrBusy = errors.New("rtp: queue is full")
	// ErrNoEvents reports that telephone-event was not negotiated.
	ErrNoEvents = errors.New("rtp: telephone-event is not negotiated")
	// ErrClosed reports use after Close.
	ErrClosed = errors.New("rtp: closed")
	// ErrNoPorts reports that every pair of the PortPool is taken or drains.
	ErrNoPorts = errors.New("rtp: no free port pair")
)

func (f Format) validate() error {
	if f.PayloadType > 127 || f.Codec.ClockRate() == 0 {
		return fmt.Errorf("%w: %s/%d", ErrFormat, f.Codec, f.PayloadType)
	}
	// RFC 5761 §4: these collide with RTCP where both share a port.
	if f.PayloadType >= 64 && f.PayloadType <= 95 {
		return fmt.Errorf("%w: %s/%d lies in RTCP's range", ErrFormat, f.Codec, f.PayloadType)
	}
	return nil
}
