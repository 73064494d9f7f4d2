package rtp

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"crypto/rand"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/udp"
)

const (
	defaultTimeout = 10 * time.Second
	eventQueue     = 64
)

// SessionConfig is what a Session needs.
type SessionConfig struct {
	Ports        *PortPool
	Local        netip.Addr    // address to bind; the zero or an unspecified one is every address
	Formats      []Format      // what may arrive before the first SetRemote; the first is sent
	EventPT      uint8         // payload type of telephone-event; 0 is none
	Options      codec.Options // the encoder's
	Timeout      time.Duration // silence of the far end that is an Event; 0 is 10 s
	RTCPInterval time.Duration // between reports on average; 0 is the 5 s of RFC 3550 §6.2
	Totals       *Totals       // where this session is counted; nil is nowhere
	CNAME        string        // RTCP's name of this end; empty is a random one (RFC 7022 §4.2)
}

// Remote is what an offer and answer settled.
type Remote struct {
	RTP            netip.AddrPort // from c= and m=
	RTCP           netip.AddrPort // from a=rtcp (RFC 3605); zero is the port after RTP's
	Send           Format         // what the far end wants to get
	SendEventPT    uint8          // telephone-event as the far end numbers it; 0 is none
	EventClock     int            // Hz of telephone-event's durations, both ways; 0 is that of the sound
	Options        codec.Options  // the encoder's, as the far end wishes; the zero value is SessionConfig.Options
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
	Source    netip.AddrPort // where the stream comes from; zero while unknown
}

// settled is a Remote in force, and since when.
type settled struct {
	Remote
	at time.Time
}

// Session is the media end of a SIP leg: a pair of sockets, a Receiver, a Sender and RTCP. ReadFrame and WriteFrame
// belong to a Bridge's goroutine; the other methods may be called from anywhere.
//
// The RTP socket is read by ReadFrame, just before what came is needed: a goroutine that is woken for each packet would cost
// more than all that is done with it. While no Bridge ticks, run reads in its place.
type Session struct {
	cfg      SessionConfig
	port     int
	rtp      *udp.Conn
	rtcp     *net.UDPConn
	receiver *Receiver
	sender   *Sender
	events   chan Event
	reports  reporter

	remote   atomic.Pointer[settled]        // nil before SetRemote
	media    atomic.Pointer[netip.AddrPort] // where RTP goes; nil while unknown
	control  atomic.Pointer[netip.AddrPort] // where RTCP goes
	lastRTP  atomic.Int64                   // Unix ns, 0 before the first
	timedOut atomic.Bool

	foreign, rtcpBad, eventLost atomic.Uint64

	reading sync.Mutex // held by whoever reads the RTP socket: ReadFrame, or run where nobody ticks
	inbox   *udp.Inbox
	heard   time.Time    // when a packet was last taken
	ticked  atomic.Int64 // Unix ns of the last ReadFrame, 0 before the first

	mu    sync.Mutex // held for a moment by whoever reads, and SetRemote
	latch latch

	done    chan struct{}
	readers sync.WaitGroup // the RTCP reader and run
	closing sync.Once
}

// NewSession takes a pair of ports and starts to listen.
func NewSession(cfg SessionConfig) (*Session, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.RTCPInterval <= 0 {
		cfg.RTCPInterval = defaultInterval
	}
	if cfg.CNAME == "" {
		var b [12]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program first
		cfg.CNAME = hex.EncodeToString(b[:])
	}
	s := &Session{cfg: cfg, events: make(chan Event, eventQueue), done: make(chan struct{})}
	var err error
	if s.receiver, err = NewReceiver(ReceiverConfig{Formats: cfg.Formats, EventPT: cfg.EventPT}); err != nil {
		return nil, err
	}
	s.sender, err = NewSender(SenderConfig{
		Format: cfg.Formats[0], EventPT: cfg.EventPT, Options: cfg.Options, Write: s.send,
	})
	if err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	if cfg.Totals != nil {
		cfg.Totals.opened(s)
	}
	s.readers.Go(s.readRTCP)
	s.readers.Go(s.run)
	return s, nil
}

// open takes a pair of ports.
func (s *Session) open() error {
	conn, rtcp, err := s.cfg.Ports.listen(s.cfg.Local)
	if err != nil {
		return err
	}
	s.rtcp, s.port = rtcp, conn.LocalAddr().(*net.UDPAddr).Port
	if s.rtp, err = udp.New(conn); err == nil {
		if s.inbox, err = udp.NewInbox(s.rtp, inboxRoom); err != nil {
			err = errors.Join(err, s.rtp.Close())
		}
	}
	if err != nil {
		err = errors.Join(err, rtcp.Close())
		s.cfg.Ports.release(s.port)
	}
	return err
}

// SetRemote takes the outcome of an offer and answer; it may be called again, until Close.
func (s *Session) SetRemote(r Remote) error {
	if s.closed() {
		return ErrClosed
	}
	if len(r.Receive) == 0 {
		r.Receive = []Format{r.Send}
	}
	if r.ReceiveEventPT == 0 {
		r.ReceiveEventPT = r.SendEventPT
	}
	r.Receive = slices.Clone(r.Receive)
	r.RTP = unmap(r.RTP)
	if r.RTCP = unmap(r.RTCP); !r.RTCP.IsValid() {
		r.RTCP = netip.AddrPortFrom(r.RTP.Addr(), r.RTP.Port()+1) // RFC 3550 §11
	}
	if err := s.receiver.setFormats(r.Receive, r.ReceiveEventPT, r.EventClock); err != nil {
		return err
	}
	options := r.Options
	if options == (codec.Options{}) {
		options = s.cfg.Options
	}
	s.sender.prepare(options, r.EventClock)
	if err := s.sender.SetCodec(r.Send, r.SendEventPT); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.remote.Load()
	if old != nil && old.Direction.Receives() && !r.Direction.Receives() {
		s.receiver.Reset() // what is buffered now must not be heard when the call is resumed
	}
	s.remote.Store(&settled{r, time.Now()})
	if old == nil || old.RTP != r.RTP {
		s.aim(&s.media, r.RTP)
	}
	if old == nil || old.RTCP != r.RTCP {
		s.aim(&s.control, r.RTCP)
	}
	s.latch.search(r.RTP, time.Now())
	return nil
}

// aim sets where packets go; nowhere, if the address is none: 0.0.0.0 is the hold of RFC 2543.
func (s *Session) aim(at *atomic.Pointer[netip.AddrPort], to netip.AddrPort) {
	if !to.IsValid() || to.Port() == 0 || to.Addr().IsUnspecified() {
		at.Store(nil)
		return
	}
	at.Store(&to)
}

// ReadFrame implements media.Source. It reports false where the Direction forbids to listen.
func (s *Session) ReadFrame(f *media.Frame) bool {
	now := time.Now()
	s.ticked.Store(now.UnixNano())
	s.readRTP(now)
	if r := s.remote.Load(); r != nil && !r.Direction.Receives() {
		return false
	}
	return s.receiver.ReadFrame(f)
}

// WriteFrame implements media.Sink. It sends nothing where the Direction forbids to, or before SetRemote.
func (s *Session) WriteFrame(f *media.Frame) {
	if r := s.remote.Load(); r == nil || !r.Direction.Sends() || s.media.Load() == nil {
		s.sender.Skip()
		return
	}
	s.sender.WriteFrame(f)
}

func (s *Session) send(pkt []byte) error {
	to := s.media.Load()
	if to == nil {
		return nil // the far end just went on hold
	}
	_, err := s.rtp.WriteToAddrPort(pkt, *to)
	return err
}

// SendDigit queues one key press for the far end.
func (s *Session) SendDigit(digit rune, d time.Duration) error {
	if s.closed() {
		return ErrClosed
	}
	return s.sender.SendDigit(digit, d)
}

// SendDTMF queues key presses for the far end: 0-9, *, #, A-D, each 100 ms with more than 50 ms before the next. It is all of
// them or none: ErrNoEvents where the far end takes no telephone-event, ErrDigit, ErrBusy while more than 32 wait.
func (s *Session) SendDTMF(digits string) error {
	if s.closed() {
		return ErrClosed
	}
	return s.sender.SendDigits(digits, dtmfPress)
}

func (s *Session) closed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Events carries what happens. Where nobody receives, Events are dropped and counted. Close closes it.
func (s *Session) Events() <-chan Event { return s.events }

// emit is called by the Session's own goroutines, and by a Bridge's with reading held, which Close takes before it closes the
// channel.
func (s *Session) emit(e Event) {
	select {
	case s.events <- e:
	default:
		s.eventLost.Add(1)
	}
}

// LocalPort is the UDP port for RTP; RTCP's is the next.
func (s *Session) LocalPort() int { return s.port }

// Stats returns the counts.
func (s *Session) Stats() SessionStats {
	rtt, lost := s.reports.seen()
	st := SessionStats{
		Receiver:  s.receiver.Stats(),
		Sender:    s.sender.Stats(),
		Foreign:   s.foreign.Load(),
		RTCPBad:   s.rtcpBad.Load(),
		EventLost: s.eventLost.Load(),
		RTT:       rtt,
		FarLost:   lost,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Source = s.latch.source
	return st
}

// Close sends RTCP BYE, stops the goroutines, waits for them and gives the ports back. It may be called again.
func (s *Session) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.done)
		s.report(time.Now(), true)
		err = errors.Join(s.rtp.Close(), s.rtcp.Close())
		s.readers.Wait()
		s.reading.Lock() // a Bridge may still hold us for a moment
		close(s.events)
		s.inbox = nil
		s.reading.Unlock()
		if s.cfg.Totals != nil {
			s.cfg.Totals.closed(s)
		}
		s.cfg.Ports.release(s.port)
	})
	if err != nil {
		return fmt.Errorf("rtp: close: %w", err)
	}
	return nil
}

var _ media.Leg = (*Session)(nil)
