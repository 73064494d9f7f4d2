package webrtc

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

// Errors of a Peer.
var (
	// ErrClosed: the peer was closed.
	ErrClosed = errors.New("webrtc: peer is closed")
	// ErrDescription: an SDP that cannot be used: malformed, without audio, or without a codec that we speak.
	ErrDescription = errors.New("webrtc: unusable session description")
	// ErrCandidate: an ICE candidate that cannot be used.
	ErrCandidate = errors.New("webrtc: unusable candidate")
)

// State is how a peer's connection fares.
type State string

// The states, as RFC 8829's PeerConnection names them.
const (
	Connecting   State = "connecting"
	Connected    State = "connected"
	Disconnected State = "disconnected" // nothing heard for some seconds; may recover by itself
	Failed       State = "failed"       // restart ICE, or make a new Peer
	Closed       State = "closed"
)

// Candidate is one ICE candidate; an empty Candidate string ends them.
type Candidate struct {
	Candidate     string
	SDPMid        *string
	SDPMLineIndex *uint16
}

// PeerConfig sets up a Peer. The callbacks come from one goroutine, in order. They may block and may call the Peer's
// methods, Close included.
type PeerConfig struct {
	OnCandidate func(Candidate)
	OnState     func(State)
	Log         *slog.Logger // nil: the API's
}

// Stats is how good the line is.
type Stats struct {
	State   State
	Codec   codec.Codec   // codec.None before a description was accepted
	RTT     time.Duration // 0 while unknown
	Jitter  time.Duration // of what we receive
	LossIn  float64       // share of their packets that did not reach us, 0…1, since the start
	LossOut float64       // share of our packets that did not reach them, 0…1, as they last reported
	TCP     bool          // the sound goes over TCP
}

// Peer is one browser's connection: a media.Leg.
type Peer struct{}

var _ media.Leg = (*Peer)(nil)

// NewPeer makes a peer that is about to Offer or to Accept.
func (a *API) NewPeer(cfg PeerConfig) (*Peer, error) { return &Peer{}, nil }

// Offer gives our offer: one audio section, sendrecv.
func (p *Peer) Offer(ctx context.Context) (sdp string, err error) { return "", nil }

// Answer takes the other side's answer to the last offer.
func (p *Peer) Answer(sdp string) error { return nil }

// Accept takes the other side's offer, first or later, and gives our answer.
func (p *Peer) Accept(ctx context.Context, offer string) (answer string, err error) { return "", nil }

// RestartICE gives an offer that finds a new path for the same connection (RFC 8445 §2.4).
func (p *Peer) RestartICE(ctx context.Context) (sdp string, err error) { return "", nil }

// AddCandidate takes one of the other side's candidates; those that come before its description are kept for it.
func (p *Peer) AddCandidate(c Candidate) error { return nil }

// ReadFrame implements media.Source.
func (p *Peer) ReadFrame(f *media.Frame) bool { return false }

// WriteFrame implements media.Sink.
func (p *Peer) WriteFrame(f *media.Frame) {}

// Reset drops what is buffered of the other side's sound.
func (p *Peer) Reset() {}

// Stats is how good the line is now.
func (p *Peer) Stats() Stats { return Stats{} }

// Done is closed when the peer is closed.
func (p *Peer) Done() <-chan struct{} { return nil }

// Close ends the connection and waits for the peer's goroutines. It may be called again, and from a callback, where it
// does not wait for that callback.
func (p *Peer) Close() error { return nil }
