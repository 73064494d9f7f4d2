package rtp

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// defaultInterval is RFC 3550 §6.2's minimum; with two members who speak at 64 kb/s the share of the bandwidth for RTCP
// would allow more.
const defaultInterval = 5 * time.Second

// ErrRTCP reports a malformed RTCP packet.
var ErrRTCP = errors.New("rtp: malformed RTCP packet")

// interval is RFC 3550 §6.3.1's randomised interval: half to one and a half, made up for what reconsideration adds.
func interval(mean time.Duration) time.Duration {
	const compensation = math.E - 1.5
	return time.Duration(float64(mean) * (0.5 + rand.Float64()) / compensation)
}

// reporter is a Session's RTCP: what it tells and what it was told. Its methods may be called from anywhere.
type reporter struct {
	mu       sync.Mutex
	packets  [2]uint64 // the Sender's count at the latest report and at the one before
	lastSR   uint32    // middle of the NTP time in the far end's latest SR
	lastSRAt time.Time // when that came
	rtt      time.Duration
	farLost  float64
}

func (p *reporter) seen() (rtt time.Duration, farLost float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rtt, p.farLost
}

// compound makes SR or RR, SDES and, at the end, BYE (RFC 3550 §6.1).
func (p *reporter) compound(s *Session, now time.Time, bye bool) ([]byte, error) {
	sent := s.sender.Stats()
	rtpTime, _ := s.sender.at(now)
	blocks := p.blocks(s.receiver, now)

	p.mu.Lock()
	speaks := sent.Packets != p.packets[1] // §6.4: sent since the report before the last
	p.packets[0], p.packets[1] = sent.Packets, p.packets[0]
	p.mu.Unlock()

	var first rtcp.Packet = &rtcp.ReceiverReport{SSRC: sent.SSRC, Reports: blocks}
	if speaks {
		first = &rtcp.SenderReport{
			SSRC: sent.SSRC, NTPTime: ntp(now), RTPTime: uint32(rtpTime),
			PacketCount: uint32(sent.Packets), OctetCount: uint32(sent.Octets), Reports: blocks,
		}
	}
	packets := []rtcp.Packet{first, rtcp.NewCNAMESourceDescription(sent.SSRC, s.cfg.CNAME)}
	if bye {
		packets = append(packets, &rtcp.Goodbye{Sources: []uint32{sent.SSRC}})
	}
	pkt, err := rtcp.Marshal(packets)
	if err != nil {
		return nil, fmt.Errorf("rtp: report: %w", err)
	}
	return pkt, nil
}

// blocks is the report about the stream that we receive, none before there is one.
func (p *reporter) blocks(r *Receiver, now time.Time) []rtcp.ReceptionReport {
	b, ok := r.Report()
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.lastSRAt.IsZero() {
		b.LastSenderReport, b.Delay = p.lastSR, short(now.Sub(p.lastSRAt))
	}
	return []rtcp.ReceptionReport{b}
}

// Report is RTCP's report on the stream since the last one (RFC 3550 §6.4.1), all but what answers a sender report. It is
// false before there is a stream.
func (r *Receiver) Report() (rtcp.ReceptionReport, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.reception.started {
		return rtcp.ReceptionReport{}, false
	}
	return rtcp.ReceptionReport{
		SSRC:               r.reception.ssrc,
		FractionLost:       r.reception.fraction(),
		TotalLost:          uint32(max(0, min(0x7fffff, r.reception.lost()))),
		LastSequenceNumber: uint32(r.reception.highest - 1<<16),
		Jitter:             uint32(r.reception.jitter),
	}, true
}

// take takes a compound packet. It reports whether the far end said goodbye; ours and theirs are the SSRC of either end.
func (p *reporter) take(pkt []byte, at time.Time, ours, theirs uint32) (bye bool, err error) {
	packets, err := rtcp.Unmarshal(pkt)
	if err != nil || len(packets) == 0 {
		return false, ErrRTCP
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, packet := range packets {
		switch packet := packet.(type) {
		case *rtcp.SenderReport:
			p.lastSR, p.lastSRAt = uint32(packet.NTPTime>>16), at
			p.told(packet.Reports, at, ours)
		case *rtcp.ReceiverReport:
			p.told(packet.Reports, at, ours)
		case *rtcp.Goodbye:
			for _, ssrc := range packet.Sources {
				bye = bye || ssrc == theirs
			}
		default:
			if i == 0 {
				return false, ErrRTCP // RFC 3550 §A.2: a report comes first
			}
		}
	}
	return bye, nil
}

// told takes what the far end reports about our stream.
func (p *reporter) told(blocks []rtcp.ReceptionReport, at time.Time, ours uint32) {
	for _, b := range blocks {
		if b.SSRC != ours {
			continue
		}
		p.farLost = float64(b.FractionLost) / 256
		if b.LastSenderReport == 0 {
			continue
		}
		// §6.4.1: arrival − LSR − DLSR, in 1/65536 s.
		rtt := int32(uint32(ntp(at)>>16) - b.LastSenderReport - b.Delay)
		if rtt >= 0 { // two clocks that disagree make it negative
			p.rtt = time.Duration(rtt) * time.Second >> 16
		}
	}
}

// ntpEpoch is 1900 in Unix seconds (RFC 3550 §4).
const ntpEpoch = -2208988800

// ntp is an instant as NTP's 32.32 bits.
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()-ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// short is a duration in 1/65536 s.
func short(d time.Duration) uint32 { return uint32(d.Nanoseconds() << 16 / int64(time.Second)) }
