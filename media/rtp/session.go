package rtp

import (
	"net/netip"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

// SessionConfig is what a Session needs.
type SessionConfig struct {
	Ports   *PortPool
	Local   netip.Addr    // address to bind; an unspecified one is every address
	Formats []Format      // what may arrive before the first SetRemote; the first is sent
	EventPT uint8         // payload type of telephone-event; 0 is none
	Options codec.Options // the encoder's
	Timeout time.Duration // silence of the far end that is an Event; 0 is 10 s
	CNAME   string        // RTCP's name of this end; empty is a random one (RFC 7022)
}

// Remote is what an offer and answer settled.
type Remote struct {
	RTP            netip.AddrPort // from c= and m=
	RTCP           netip.AddrPort // from a=rtcp (RFC 3605); zero is the port after RTP's
	Send           Format         // what the far end wants to get
	SendEventPT    uint8          // telephone-event as the far end numbers it; 0 is none
	Receive        []Format       // as our own description numbers them; empty is Send alone
	ReceiveEventPT uint8          // 0 is SendEventPT
	Direction      Direction      // as seen from here
}

// EventKind says what an Event reports.
type EventKind uint8

// What a Session reports.
const (
	EventTimeout EventKind = iota + 1 // no RTP for SessionConfig.Timeout though some was due
	EventResumed                      // RTP is back after EventTimeout
	EventDigit                        // a key was pressed
	EventBye                          // the far end sent RTCP BYE
)

// Event is something that the owner of a Session may want to act upon.
type Event struct {
	Kind  EventKind
	Digit Digit // with EventDigit
}

// SessionStats are a Session's counts since it was made.
type SessionStats struct {
	Receiver  ReceiverStats
	Sender    SenderStats
	Foreign   uint64         // packets refused for their source
	RTCPBad   uint64         // RTCP packets refused as malformed
	EventLost uint64         // Events dropped because nobody received them
	RTT       time.Duration  // round trip by RTCP, 0 while unknown
	FarLost   float64        // fraction of our packets lost, 0 to 1, as the far end last told
	Source    netip.AddrPort // where the pinned stream comes from; zero while unpinned
}

// Session is the media end of a SIP leg.
type Session struct{ events chan Event }

// NewSession takes a pair of ports and starts to listen.
func NewSession(cfg SessionConfig) (*Session, error) { return &Session{}, nil }

// SetRemote takes the outcome of an offer and answer; it may be called at any time, and again.
func (s *Session) SetRemote(r Remote) error { return nil }

// ReadFrame implements media.Source. It reports false where the Direction forbids to listen.
func (s *Session) ReadFrame(f *media.Frame) bool { return false }

// WriteFrame implements media.Sink. It sends nothing where the Direction forbids to, or before SetRemote.
func (s *Session) WriteFrame(f *media.Frame) {}

// SendDigit queues one key press for the far end.
func (s *Session) SendDigit(digit rune, d time.Duration) error { return nil }

// Events carries what happens. Where nobody receives, Events are dropped and counted. Close closes it.
func (s *Session) Events() <-chan Event { return s.events }

// LocalPort is the UDP port for RTP; RTCP's is the next.
func (s *Session) LocalPort() int { return 0 }

// Stats returns the counts.
func (s *Session) Stats() SessionStats { return SessionStats{} }

// Close sends RTCP BYE, stops the goroutines, waits for them and gives the ports back. It may be called again.
func (s *Session) Close() error { return nil }

var _ media.Leg = (*Session)(nil)
