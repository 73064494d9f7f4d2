package webrtc

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	pion "github.com/pion/webrtc/v4"

	"patchbay/media/codec"
)

// packetSize holds any packet that arrives: pion reads no longer ones from its socket.
const packetSize = 1500

// onTrack is pion's callback: the first packet of a remote track has come.
func (p *Peer) onTrack(t *pion.TrackRemote, r *pion.RTPReceiver) {
	if p.onSound != nil {
		p.events.call(p.onSound)
	}
	p.start(func() { p.readTrack(t) })
	p.start(func() { p.readReports(r) })
}

// readTrack feeds the receiver until the track ends: with its first packet, and with what does not come by the shortcut.
func (p *Peer) readTrack(t *pion.TrackRemote) {
	ssrc := uint32(t.SSRC())
	p.api.shortcuts.add(ssrc, p)
	defer p.api.shortcuts.remove(ssrc, p)
	buf := make([]byte, packetSize)
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		p.push(buf[:n])
	}
}

func (p *Peer) push(pkt []byte) {
	p.pushing.Lock()
	defer p.pushing.Unlock()
	_ = p.receiver.Push(pkt, p.api.arrivals.of(pkt)) // the receiver counts what it refuses
}

// drain reads RTCP until there is no more, so that the interceptors, who look at it on the way, see it.
func drain[A any](read func([]byte) (int, A, error)) {
	buf := make([]byte, packetSize)
	for {
		if _, _, err := read(buf); err != nil {
			return
		}
	}
}

// eachRTCP gives f every packet that comes, until there are no more; what cannot be read is passed over.
func eachRTCP[A any](read func([]byte) (int, A, error), f func(rtcp.Packet, time.Time)) {
	buf := make([]byte, packetSize)
	for {
		n, _, err := read(buf)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		now := time.Now()
		for _, packet := range packets {
			f(packet, now)
		}
	}
}

// readReports reads the other side's reports on what it sends.
func (p *Peer) readReports(r *pion.RTPReceiver) {
	p.readRTCP(r.Read)
}

// drainSender reads the other side's reports on what we send.
func (p *Peer) drainSender(s *pion.RTPSender) {
	p.readRTCP(s.Read)
}

// readRTCP takes reports in until there are no more.
func (p *Peer) readRTCP(read func([]byte) (int, interceptor.Attributes, error)) {
	eachRTCP(read, func(packet rtcp.Packet, now time.Time) {
		switch r := packet.(type) {
		case *rtcp.ReceiverReport:
			p.quality.report(r.Reports, p.track.boundSSRC(), now)
		case *rtcp.SenderReport:
			p.quality.report(r.Reports, p.track.boundSSRC(), now)
			p.quality.sent(r, now)
		}
	})
}

// reportEvery is the time between two reports, the minimum of RFC 3550 §6.2.
const reportEvery = 5 * time.Second

// report tells the other side how what it sends arrives here, until Close.
func (p *Peer) report() {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case now := <-tick.C:
			if r, ok := p.receiver.Report(); ok {
				p.quality.answer(&r, now)
				// An error is of a connection that is not there yet, or no more.
				_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: p.track.boundSSRC(), Reports: []rtcp.ReceptionReport{r}}})
			}
		}
	}
}

// quality is what the other side last told of the line.
type quality struct {
	rtt     atomic.Int64  // nanoseconds
	lossOut atomic.Uint32 // in 256ths

	mu       sync.Mutex
	lastSSRC uint32    // whose the latest sender report is
	lastSR   uint32    // middle of its NTP time
	lastAt   time.Time // when it came
}

// sent takes the other side's report on what it sends.
func (q *quality) sent(r *rtcp.SenderReport, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lastSSRC, q.lastSR, q.lastAt = r.SSRC, uint32(r.NTPTime>>16), now
}

// answer completes our report with what lets the other side know the round trip (RFC 3550 §6.4.1).
func (q *quality) answer(r *rtcp.ReceptionReport, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.lastAt.IsZero() && q.lastSSRC == r.SSRC {
		r.LastSenderReport, r.Delay = q.lastSR, uint32(now.Sub(q.lastAt)<<16/time.Second)
	}
}

func (q *quality) report(reports []rtcp.ReceptionReport, ssrc uint32, now time.Time) {
	for _, r := range reports {
		if r.SSRC != ssrc {
			continue
		}
		q.lossOut.Store(uint32(r.FractionLost))
		if r.LastSenderReport == 0 {
			continue
		}
		// RFC 3550 §6.4.1: now − LSR − DLSR, in units of 1/65536 s, modulo 2^32.
		trip := int32(middleNTP(now) - r.LastSenderReport - r.Delay)
		q.rtt.Store(int64(max(trip, 0)) * int64(time.Second) >> 16)
	}
}

// middleNTP is the middle 32 bits of an NTP timestamp (RFC 3550 §4).
func middleNTP(t time.Time) uint32 {
	const epoch = 2208988800 // seconds from 1900 to 1970
	seconds := uint64(t.Unix() + epoch)
	fraction := uint64(t.Nanosecond()) << 32 / uint64(time.Second)
	return uint32((seconds<<32 | fraction) >> 16)
}

// Stats is how good the line is.
type Stats struct {
	State   State
	Codec   codec.Codec   // of what we send; codec.None before one was agreed upon
	RTT     time.Duration // 0 while unknown
	Jitter  time.Duration // of what we receive
	LossIn  float64       // share of their packets that did not reach us, 0…1, since the start
	LossOut float64       // share of our packets that did not reach them, 0…1, in their last report
	TCP     bool          // the sound goes over TCP
}

// Stats is how good the line is now.
func (p *Peer) Stats() Stats {
	in := p.receiver.Stats()
	s := Stats{
		State: stateOf(p.pc.ConnectionState()), Codec: p.track.codec(), RTT: time.Duration(p.quality.rtt.Load()),
		Jitter: in.Jitter, LossOut: float64(p.quality.lossOut.Load()) / 256,
	}
	if lost := max(in.Lost, 0); lost > 0 {
		s.LossIn = float64(lost) / float64(uint64(lost)+in.Received)
	}
	for _, t := range p.pc.GetTransceivers() {
		if dtls := t.Sender().Transport(); dtls != nil {
			if pair, err := dtls.ICETransport().GetSelectedCandidatePair(); err == nil && pair != nil {
				s.TCP = pair.Local.Protocol == pion.ICEProtocolTCP
			}
		}
	}
	return s
}

func stateOf(s pion.PeerConnectionState) State {
	switch s {
	case pion.PeerConnectionStateConnected:
		return Connected
	case pion.PeerConnectionStateDisconnected:
		return Disconnected
	case pion.PeerConnectionStateFailed:
		return Failed
	case pion.PeerConnectionStateClosed:
		return Closed
	}
	return Connecting
}
