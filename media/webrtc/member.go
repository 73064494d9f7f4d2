package webrtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	pionrtp "github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	pion "github.com/pion/webrtc/v4"
)

// Bounds of a member's messages.
const (
	maxMessage     = 16 << 10  // bytes of one; longer ones are dropped
	messageQueue   = 256       // that the owner has not yet taken; more are dropped
	maxUnsentBytes = 256 << 10 // that a member has not yet taken; more are dropped
)

// MemberConfig sets up a Member. The callbacks come from goroutines of the member's own, one after the other of a kind.
type MemberConfig struct {
	Send      bool         // this member's picture is the room's; else it watches
	OnState   func(State)  // may be nil
	OnMessage func([]byte) // what the member sent over its data channel, at most 16 KiB; owned by the callee; may be nil
	OnReady   func()       // messages can be sent to it; may be nil
	// OnStale says that the room's picture comes in a codec that this viewer was not offered first: it sees nothing until
	// its owner makes a new Member of it. May be nil.
	OnStale func()
	// OnPacket sees every packet of a sender's picture, in the order of arrival; neither may be kept. May be nil.
	OnPacket func(codec VideoCodec, h *pionrtp.Header, payload []byte)
	Log      *slog.Logger // nil: the room's
}

// Member is one browser in a Room, over a PeerConnection apart from any audio: whatever happens to the picture, the call
// goes on. We offer; the browser's candidates are not needed, since we are ICE-lite (RFC 8445 §2.5) and learn its address
// from its checks.
type Member struct {
	room      *Room
	log       *slog.Logger
	send      bool
	pc        *pion.PeerConnection
	track     *videoTrack // nil of a sender
	data      *pion.DataChannel
	events    *events
	onStale   func()
	onPacket  func(VideoCodec, *pionrtp.Header, []byte)
	onMessage func([]byte)

	ssrc    atomic.Uint32 // of a sender's picture, 0 before
	inbound inbound
	quality quality
	budget  budget

	messages        chan []byte
	droppedMessages atomic.Uint64
	ready           atomic.Bool

	negotiating sync.Mutex

	mu       sync.Mutex
	accepted []VideoCodec // in the browser's answer
	closed   bool
	running  sync.WaitGroup
	stop     chan struct{}
	once     sync.Once
}

// Join makes a member that is about to be given our offer.
func (r *Room) Join(cfg MemberConfig) (*Member, error) {
	codecs := r.agreed()
	if !cfg.Send {
		codecs = videoCodecs
	}
	api, err := r.api.videoAPI(codecs, cfg.Send)
	if err != nil {
		return nil, err
	}
	pc, err := api.NewPeerConnection(pion.Configuration{
		BundlePolicy: pion.BundlePolicyMaxBundle, RTCPMuxPolicy: pion.RTCPMuxPolicyRequire,
	})
	if err != nil {
		return nil, fmt.Errorf("webrtc: member: %w", err)
	}
	m := &Member{
		room: r, log: cfg.Log, send: cfg.Send, pc: pc, events: newEvents(cfg.OnState), onStale: cfg.OnStale,
		onPacket: cfg.OnPacket, onMessage: cfg.OnMessage, messages: make(chan []byte, messageQueue), stop: make(chan struct{}),
	}
	if m.log == nil {
		m.log = r.log
	}
	if err := m.build(r.Codec()); err != nil {
		return nil, errors.Join(err, pc.Close())
	}
	go m.events.deliver() // ended by events.close
	m.start(m.deliverMessages)
	m.data.OnOpen(func() {
		m.ready.Store(true)
		if cfg.OnReady != nil {
			m.events.call(cfg.OnReady)
		}
	})
	m.data.OnMessage(m.onData)
	pc.OnConnectionStateChange(func(s pion.PeerConnectionState) {
		m.log.Debug("member state", "state", s.String(), "send", m.send)
		if s != pion.PeerConnectionStateNew {
			m.events.setState(stateOf(s))
		}
	})
	if !r.add(m) {
		_ = m.Close()
		return nil, ErrClosed
	}
	return m, nil
}

// build gives the connection its sections: the picture, and the channel of messages.
func (m *Member) build(codec VideoCodec) error {
	if m.send {
		_, err := m.pc.AddTransceiverFromKind(pion.RTPCodecTypeVideo, pion.RTPTransceiverInit{
			Direction: pion.RTPTransceiverDirectionRecvonly,
		})
		if err != nil {
			return fmt.Errorf("webrtc: transceiver: %w", err)
		}
		m.pc.OnTrack(func(t *pion.TrackRemote, r *pion.RTPReceiver) {
			m.start(func() { m.room.forward(m, t) })
			m.start(func() { drain(r.Read) })
		})
	} else {
		m.track = newVideoTrack(codec)
		t, err := m.pc.AddTransceiverFromTrack(m.track, pion.RTPTransceiverInit{
			Direction: pion.RTPTransceiverDirectionSendonly,
		})
		if err != nil {
			return fmt.Errorf("webrtc: transceiver: %w", err)
		}
		m.start(func() { m.readReports(t.Sender()) })
	}
	// Unordered: a lost message does not hold up those after it. Reliable: none is missing in the end.
	ordered := false
	data, err := m.pc.CreateDataChannel("draw", &pion.DataChannelInit{Ordered: &ordered})
	if err != nil {
		return fmt.Errorf("webrtc: data channel: %w", err)
	}
	m.data = data
	return nil
}

// start runs f in a goroutine that Close waits for; not once Close has begun.
func (m *Member) start(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.running.Go(f)
	}
}

// Offer gives our offer. While an earlier one waits for its answer, it is given again.
func (m *Member) Offer(ctx context.Context) (string, error) {
	m.negotiating.Lock()
	defer m.negotiating.Unlock()
	if d := m.pc.PendingLocalDescription(); d != nil {
		return d.SDP, nil
	}
	d, err := m.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("webrtc: offer: %w", err)
	}
	gathered := pion.GatheringCompletePromise(m.pc)
	if err := m.pc.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("webrtc: local description: %w", err)
	}
	select {
	case <-gathered: // our own addresses only: at once
		return m.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("webrtc: gather candidates: %w", context.Cause(ctx))
	}
}

// Answer takes the browser's answer.
func (m *Member) Answer(answer string) error {
	m.negotiating.Lock()
	defer m.negotiating.Unlock()
	if len(answer) > maxDescription {
		return fmt.Errorf("%w: %d bytes", ErrDescription, len(answer))
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return fmt.Errorf("%w: %w", ErrDescription, err)
	}
	if err := m.pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: answer}); err != nil {
		return fmt.Errorf("%w: %w", ErrDescription, err)
	}
	m.mu.Lock()
	m.accepted = videoCodecsOf(&d)
	m.mu.Unlock()
	if !m.send {
		m.room.wantKeyframe()
	}
	return nil
}

// videoCodecsOf lists the codecs of ours in a description's video section.
func videoCodecsOf(d *sdp.SessionDescription) (out []VideoCodec) {
	for _, c := range videoCodecs {
		pt := c.parameters(nil)[0].PayloadType
		if codec, err := d.GetCodecForPayloadType(uint8(pt)); err == nil && codec.Name == string(c) {
			out = append(out, c)
		}
	}
	return out
}

func (m *Member) can() []VideoCodec {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.accepted
}

// onData is pion's callback. It never waits: an owner who does not read loses, and is counted.
func (m *Member) onData(msg pion.DataChannelMessage) {
	if len(msg.Data) > maxMessage || m.onMessage == nil {
		m.droppedMessages.Add(1)
		return
	}
	select {
	case m.messages <- msg.Data:
	default:
		m.droppedMessages.Add(1)
	}
}

func (m *Member) deliverMessages() {
	for {
		select {
		case <-m.stop:
			return
		case data := <-m.messages:
			m.onMessage(data)
		}
	}
}

// Send gives the member a message, or reports false: the channel is not open, or the member does not take what it was sent.
func (m *Member) Send(message []byte) bool {
	if !m.ready.Load() || m.data.BufferedAmount() > maxUnsentBytes {
		m.droppedMessages.Add(1)
		return false
	}
	return m.data.SendText(string(message)) == nil
}

// readReports reads what a viewer tells of the picture: losses, what it can take, and that it needs a key frame.
func (m *Member) readReports(s *pion.RTPSender) {
	eachRTCP(s.Read, func(packet rtcp.Packet, now time.Time) {
		_, ssrc := m.track.bound()
		switch p := packet.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			m.room.wantKeyframe()
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			m.budget.remb(float64(p.Bitrate), now)
		case *rtcp.ReceiverReport:
			m.quality.report(p.Reports, ssrc, now)
			for _, r := range p.Reports {
				if r.SSRC == ssrc {
					m.budget.loss(float64(r.FractionLost)/256, m.budget.limit(now))
				}
			}
		}
	})
}

// VideoStats is how a member's picture fares.
type VideoStats struct {
	State   State
	Codec   VideoCodec
	RTT     time.Duration // of a viewer; 0 while unknown
	LossOut float64       // of a viewer: the share of our packets that did not reach it, 0…1, in its last report
	Limit   float64       // of a viewer: what it can take, bit/s

	Packets, Bytes, Frames, Keyframes, Lost uint64 // of a sender, since its start; Lost for good, after retransmission

	DroppedMessages uint64 // either way: too long, too many, or not taken
	TCP             bool
}

// Stats is how the picture fares now.
func (m *Member) Stats() VideoStats {
	s := VideoStats{State: stateOf(m.pc.ConnectionState()), DroppedMessages: m.droppedMessages.Load()}
	if m.send {
		in := &m.inbound
		s.Codec, s.Packets, s.Bytes, s.Frames = m.room.Codec(), in.packets.Load(), in.bytes.Load(), in.frames.Load()
		s.Keyframes, s.Lost = in.keyframes.Load(), in.lost()
	} else {
		s.Codec, _ = m.track.bound()
		s.RTT = time.Duration(m.quality.rtt.Load())
		s.LossOut = float64(m.quality.lossOut.Load()) / 256
		s.Limit = m.budget.limit(time.Now())
	}
	if sctp := m.pc.SCTP(); sctp != nil && sctp.Transport() != nil {
		if pair, err := sctp.Transport().ICETransport().GetSelectedCandidatePair(); err == nil && pair != nil {
			s.TCP = pair.Local.Protocol == pion.ICEProtocolTCP
		}
	}
	return s
}

// Close ends the member's connection and waits for its goroutines. A callback that runs meanwhile is not waited for. Close
// may be called again, but not from OnMessage.
func (m *Member) Close() error {
	var err error
	m.once.Do(func() {
		m.room.remove(m)
		m.mu.Lock()
		m.closed = true
		m.mu.Unlock()
		close(m.stop)
		m.events.close()
		if e := m.pc.GracefulClose(); e != nil {
			err = fmt.Errorf("webrtc: close: %w", e)
		}
		m.running.Wait()
	})
	return err
}
