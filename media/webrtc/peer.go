package webrtc

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	pion "github.com/pion/webrtc/v4"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/rtp"
)

// Errors of a Peer.
var (
	// ErrClosed: the peer was closed.
	ErrClosed = errors.New("webrtc: peer is closed")
	// ErrDescription: an SDP that cannot be used: malformed, out of turn, without audio, or without a codec of ours.
	ErrDescription = errors.New("webrtc: unusable session description")
	// ErrCandidate: an ICE candidate that cannot be used, or one too many.
	ErrCandidate = errors.New("webrtc: unusable candidate")
)

// State is how a peer's connection fares.
type State string

// The states, after RTCPeerConnectionState of the W3C.
const (
	Connecting   State = "connecting"
	Connected    State = "connected"
	Disconnected State = "disconnected" // nothing heard for some seconds; may recover by itself
	Failed       State = "failed"       // restart ICE, or make a new Peer
	Closed       State = "closed"       // the other side closed it
)

// PeerConfig sets up a Peer. The callbacks come from one goroutine, one after the other. They may take their time, and may
// call the Peer's methods, Close included.
type PeerConfig struct {
	// OnCandidate takes our candidates as they are found, an empty one last (RFC 8838 §8.2), and descriptions are given at
	// once. Where it is nil, descriptions wait until they hold every candidate.
	OnCandidate func(Candidate)
	OnState     func(State)
	OnSound     func()       // the other side's sound has begun to come; may be nil
	Log         *slog.Logger // nil: the API's
}

// Peer is one browser's connection: a media.Leg. ReadFrame and WriteFrame belong to one Bridge at a time; the other
// methods may be called from any goroutine.
type Peer struct {
	log      *slog.Logger
	api      *API
	pc       *pion.PeerConnection
	track    *track
	receiver *rtp.Receiver
	events   *events
	quality  quality
	trickle  bool
	onSound  func()

	negotiating sync.Mutex // one description at a time
	early       earlyCandidates

	pushing  sync.Mutex // receiver.Push: packets come by two ways, and there may be two remote tracks for a moment
	shortcut uint64     // packets that came by the short one
	opener   opener

	mu      sync.Mutex
	closed  bool // no goroutine starts any more
	running sync.WaitGroup
	stop    chan struct{} // closed by Close at its beginning
	done    chan struct{}
	once    sync.Once
}

var _ media.Leg = (*Peer)(nil)

// NewPeer makes a peer that is about to Offer or to Accept.
func (a *API) NewPeer(cfg PeerConfig) (*Peer, error) {
	if cfg.Log == nil {
		cfg.Log = a.log
	}
	receiver, err := rtp.NewReceiver(rtp.ReceiverConfig{Formats: []rtp.Format{rtp.Default(codec.PCMU)}})
	if err != nil {
		return nil, fmt.Errorf("webrtc: receiver: %w", err)
	}
	track, err := newTrack()
	if err != nil {
		return nil, err
	}
	p := &Peer{
		log: cfg.Log, api: a, track: track, receiver: receiver, events: newEvents(cfg.OnState),
		trickle: cfg.OnCandidate != nil, onSound: cfg.OnSound, stop: make(chan struct{}), done: make(chan struct{}),
	}
	pc, err := a.newConnection(&p.opener)
	if err != nil {
		return nil, fmt.Errorf("webrtc: peer: %w", err)
	}
	p.pc = pc
	transceiver, err := pc.AddTransceiverFromTrack(p.track, pion.RTPTransceiverInit{
		Direction: pion.RTPTransceiverDirectionSendrecv,
	})
	if err != nil {
		_ = pc.Close()
		return nil, fmt.Errorf("webrtc: transceiver: %w", err)
	}
	go p.events.deliver() // ended by events.close
	p.start(func() { p.drainSender(transceiver.Sender()) })
	p.start(p.report)
	pc.OnTrack(p.onTrack)
	pc.OnConnectionStateChange(p.onState)
	if cfg.OnCandidate != nil {
		pc.OnICECandidate(func(c *pion.ICECandidate) {
			var out Candidate
			if c != nil {
				j := c.ToJSON()
				out = Candidate{Candidate: j.Candidate, SDPMid: j.SDPMid, SDPMLineIndex: j.SDPMLineIndex}
			}
			p.events.call(func() { cfg.OnCandidate(out) })
		})
	}
	return p, nil
}

// start runs f in a goroutine that Close waits for; not once Close has begun.
func (p *Peer) start(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.running.Go(f)
	}
}

func (p *Peer) onState(s pion.PeerConnectionState) {
	p.log.Debug("peer state", "state", s.String())
	if s != pion.PeerConnectionStateNew {
		p.events.setState(stateOf(s))
	}
}

// ReadFrame implements media.Source.
func (p *Peer) ReadFrame(f *media.Frame) bool { return p.receiver.ReadFrame(f) }

// WriteFrame implements media.Sink.
func (p *Peer) WriteFrame(f *media.Frame) { p.track.WriteFrame(f) }

// Received is the number of packets of the other side's sound so far.
func (p *Peer) Received() uint64 { return p.receiver.Stats().Received }

// Reset drops what is buffered of the other side's sound.
func (p *Peer) Reset() { p.receiver.Reset() }

// Done is closed when the peer is closed from this side.
func (p *Peer) Done() <-chan struct{} { return p.done }

// Close ends the connection and waits for the peer's goroutines. A callback that runs meanwhile is not waited for, so
// that it may call Close, or wait for who does; no other begins after it. Close may be called again.
func (p *Peer) Close() error {
	var err error
	p.once.Do(func() {
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		close(p.stop)
		p.events.close()
		// Graceful: pion's own goroutines have ended when it returns, those of its callbacks too, which only append.
		if e := p.pc.GracefulClose(); e != nil {
			err = fmt.Errorf("webrtc: close: %w", e)
		}
		p.running.Wait()
		close(p.done)
	})
	return err
}
