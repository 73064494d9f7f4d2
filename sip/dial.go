package sip

import (
	"context"
	"log/slog"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/rtp"
)

// DialConfig is what a call that we place needs. Zero values take the defaults named.
type DialConfig struct {
	URI         string        // sip:NUMBER@HOST:PORT
	From        string        // our number; empty is anonymous
	DisplayName string        // our name
	LocalAddr   string        // host:port to send from; empty is chosen by the route to the far end
	Transport   string        // "udp" or "tcp"; empty is the URI's transport parameter, or udp
	Codecs      []codec.Codec // offered, best first; the default is G722, PCMU, PCMA
	Ports       *rtp.PortPool // RTP ports; nil is a small pool of its own
	Timeout     time.Duration // for an answer; the default is 3 min
	T1          time.Duration // the default is 500 ms
	Log         *slog.Logger
}

// OutCall is a call that we place. Its methods may be called from anywhere.
type OutCall struct{}

// Dial sends an INVITE and returns at once; Events and Answered tell how it goes on. The call ends with ctx.
// Close must be called in the end.
func Dial(ctx context.Context, cfg DialConfig) (*OutCall, error) { return nil, ErrClosed }

// ID is the Call-ID.
func (c *OutCall) ID() string { return "" }

// Leg is the sound of the call: it hears nothing before EventEarlyMedia or EventAnswered.
func (c *OutCall) Leg() media.Leg { return nil }

// Answered is closed with the 200 OK.
func (c *OutCall) Answered() <-chan struct{} { return nil }

// AnsweredAt is when the 200 OK came; zero before.
func (c *OutCall) AnsweredAt() time.Time { return time.Time{} }

// Events carries what happens in the call; it is closed after EventEnded.
func (c *OutCall) Events() <-chan Event { return nil }

// SendDigits presses keys one after the other: 0-9, *, #, A-D. It returns before they are sent.
func (c *OutCall) SendDigits(digits string) error { return nil }

// HangUp ends the call in whatever state it is: CANCEL before the answer, BYE after it. It returns at once.
func (c *OutCall) HangUp() {}

// Done is closed when the call is over, whoever ended it.
func (c *OutCall) Done() <-chan struct{} { return nil }

// Cause says how the call ended; its zero value until Done is closed.
func (c *OutCall) Cause() Cause { return Cause{} }

// Close hangs up, waits for the end and frees what the call holds. It may be called again.
func (c *OutCall) Close() error { return nil }
