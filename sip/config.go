package sip

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"patchbay/media/codec"
	"patchbay/media/rtp"
)

var (
	// ErrClosed reports use after the end of a call or server.
	ErrClosed = errors.New("sip: call is over")
	// ErrState reports a step that the state of the call forbids, such as a second Answer.
	ErrState = errors.New("sip: not possible in this state of the call")
	// ErrNoCodec reports that the two sides have no codec in common.
	ErrNoCodec = errors.New("sip: no codec in common")
	// ErrConfig reports a setting that can't work.
	ErrConfig = errors.New("sip: bad configuration")
)

// Config is what a Server needs. Zero values take the defaults named.
type Config struct {
	// Addr is host:port, listened on by UDP and TCP. The host is an IPv4 or IPv6 address; port 0 is any free one.
	Addr string
	// AdvertiseIP is written into SDP and Contact, for a server behind NAT. Without it the address that the caller's
	// packets reach is written.
	AdvertiseIP netip.Addr
	// Ports hands out RTP ports; it must be set.
	Ports *rtp.PortPool
	// Codecs are those that we take, best first; the default is Opus, G722, PCMU, PCMA.
	Codecs []codec.Codec
	// Handler is called once per call in a goroutine of its own, which the Server owns and waits for. It must return
	// soon after Call.Done is closed. A call that is neither answered nor refused when it returns gets a 480.
	Handler func(*Call)
	// Allowed are the sources whose packets are read at all, beside the registrar and those that Dial called; nil means
	// everybody, and an empty list nobody else.
	Allowed []netip.Prefix
	// Trusted are the sources whose P-Asserted-Identity is believed (RFC 3325 §5).
	Trusted []netip.Prefix
	// MaxCalls bounds calls at a time; more get a 503. The default is 200.
	MaxCalls int
	// RingTimeout is how long a call may go unanswered before it gets a 480. The default is 3 min (RFC 3261 §13.3.1.1).
	RingTimeout time.Duration
	// MediaTimeout is how long RTP may be missing before EventMediaLost. The default is 10 s.
	MediaTimeout time.Duration
	// PerSource bounds messages per second of one source address, and Burst how many may come at once; the defaults are
	// 500 and four times PerSource. Requests outside of any call are bounded to a tenth of it. Trusted sources are not bounded.
	PerSource rate.Limit
	Burst     int
	// T1 is the estimate of the round trip that all timers are multiples of. The default is 500 ms (RFC 3261 §17.1.1.1).
	T1 time.Duration
	// Account proves who we are to the far ends that Dial and the registration reach; the zero value is nobody.
	Account Account
	// Register, where its URI is set, keeps the Account known at a trunk's registrar for as long as the server runs.
	Register RegisterConfig
	// Log takes what an operator must know; nil is nowhere.
	Log *slog.Logger

	second time.Duration // of session timers: tests have shorter ones
}

// Stats are a Server's counts since it was made. They stand in for logs of what strangers send.
type Stats struct {
	ActiveCalls  int // inbound
	ActivePlaced int // outbound, until their last answer came

	Calls       uint64 // INVITEs that became calls
	Placed      uint64 // calls that Dial began
	Answered    uint64
	CallsFull   uint64 // calls refused because of MaxCalls or for want of RTP ports
	Draining    uint64 // INVITEs refused because of Drain
	NoACK       uint64 // calls ended because our 200 OK was never acknowledged
	Expired     uint64 // calls ended because the far end is gone without a BYE (RFC 4028)
	EventsLost  uint64 // events dropped because the owner of a call did not take them
	Received    uint64 // messages, datagrams and reads that reached the parser
	Filtered    uint64 // dropped for their source
	RateLimited uint64 // dropped or refused for coming too fast
	Malformed   uint64 // not SIP at all: dropped
	Invalid     uint64 // SIP that breaks a rule: answered with 4xx or 5xx, or dropped where there is nobody to answer
	BadSDP      uint64 // bodies that are no SDP
	NoMatch     uint64 // 488: offers that we can't serve
	Unsent      uint64 // messages that could not be sent
	Refused     uint64 // TCP connections refused because of too many

	Media rtp.TotalStats // of the RTP sessions of all calls
}
