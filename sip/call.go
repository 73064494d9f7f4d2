package sip

import (
	"context"
	"time"

	"patchbay/media"
)

// Call is one inbound call. Its methods may be called from anywhere.
type Call struct{}

// ID is the Call-ID.
func (c *Call) ID() string { return "" }

// From is the caller's number, or the user part of the address; empty where withheld.
func (c *Call) From() string { return "" }

// DisplayName is the caller's name as given; empty where withheld.
func (c *Call) DisplayName() string { return "" }

// To is the user part of the Request-URI: the number that was dialled.
func (c *Call) To() string { return "" }

// Ring tells the caller that it rings (180). It does nothing after Answer or the end.
func (c *Call) Ring() {}

// Answer accepts the call with 200 OK and our SDP, and gives its sound, which runs already. It does not wait for the ACK.
func (c *Call) Answer(ctx context.Context) (media.Leg, error) { return nil, ErrClosed }

// Refuse ends a call that was not answered with a status code of 400 to 699. It returns at once.
func (c *Call) Refuse(code int, reason string) {}

// HangUp ends the call in whatever state it is. It returns at once.
func (c *Call) HangUp() {}

// Done is closed when the call is over, whoever ended it.
func (c *Call) Done() <-chan struct{} { return nil }

// Cause says how the call ended; its zero value until Done is closed.
func (c *Call) Cause() Cause { return Cause{} }

// Events carries what happens in the call. It is bounded: events that nobody takes are dropped and counted. It is closed
// when the call is over.
func (c *Call) Events() <-chan Event { return nil }

// AnsweredAt is when the 200 OK was sent; zero before.
func (c *Call) AnsweredAt() time.Time { return time.Time{} }
