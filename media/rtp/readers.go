package rtp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"

	"patchbay/media"
	"patchbay/media/udp"
)

// maxReadErrors in a row end a reader: a socket that only fails must not keep a core busy.
const maxReadErrors = 100

const (
	// inboxRoom is how many packets one system call takes: a tick's one or two, and what jitter adds.
	inboxRoom = 8
	// maxPolls bounds what strangers who flood a port cost a tick; what is left waits in the socket, or is lost there.
	maxPolls = 8
	// restless is how often run reads while no Bridge ticks.
	restless = media.FrameDuration
)

// readRTCP takes each datagram of the RTCP socket until that is closed.
func (s *Session) readRTCP() {
	buf := make([]byte, udp.MaxDatagram)
	for failures := 0; failures < maxReadErrors; {
		n, from, err := s.rtcp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			failures++
			continue
		}
		failures = 0
		s.takeRTCP(buf[:n], unmap(from), time.Now())
	}
}

// readRTP takes what the RTP socket holds.
func (s *Session) readRTP(now time.Time) {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.inbox == nil {
		return // closed
	}
	for range maxPolls {
		n, _ := s.inbox.Poll() // an error is of a closed socket, or of a datagram of ours that was refused: neither is news
		for i := range n {
			s.takeRTP(s.inbox.Datagram(i))
		}
		if n < s.inbox.Room() {
			break
		}
	}
	s.reportDigits(now)
}

// takeRTP takes one datagram of the RTP socket, with reading held. It is the only place where a source becomes trusted.
func (s *Session) takeRTP(pkt []byte, from netip.AddrPort, at time.Time) {
	if len(pkt) < headerSize || pkt[0]>>6 != 2 {
		s.receiver.counts.malformed.Add(1)
		return
	}
	if pkt[1] >= 192 && pkt[1] <= 223 { // RFC 5761 §4: RTCP on the same port
		s.takeRTCP(pkt, from, at)
		return
	}
	r := s.remote.Load()
	if r == nil || s.receiver.formats.Load().kinds[pkt[1]&0x7f] == kindNone {
		s.receiver.counts.malformed.Add(1)
		return
	}
	s.mu.Lock()
	before := s.latch.source
	ok := s.latch.accept(from, binary.BigEndian.Uint32(pkt[8:]), binary.BigEndian.Uint16(pkt[2:]), at)
	if ok && from != before {
		// RFC 4961: answer to where it comes from. RTCP most likely comes from the port after it, until it is heard.
		s.aim(&s.media, from)
		if from != r.RTP {
			s.aim(&s.control, netip.AddrPortFrom(from.Addr(), from.Port()+1))
		}
	}
	s.mu.Unlock()
	if !ok {
		s.foreign.Add(1)
		return
	}
	s.lastRTP.Store(at.UnixNano())
	if s.timedOut.Load() {
		s.timedOut.Store(false)
		s.emit(Event{Kind: EventResumed})
	}
	if !r.Direction.Receives() {
		return
	}
	s.heard = at
	_ = s.receiver.Push(pkt, at) // counted there
}

// reportDigits emits the keys that were released, and one that is still down but of which nothing was heard for a while: all
// packets of its end may be lost, and nothing need follow them.
func (s *Session) reportDigits(now time.Time) {
	if s.receiver.keys.down && now.Sub(s.heard) > keyPatience {
		s.receiver.keys.release(s.receiver.press)
	}
	for {
		select {
		case d := <-s.receiver.Digits():
			s.emit(Event{Kind: EventDigit, Digit: d})
		default:
			return
		}
	}
}

// takeRTCP takes one datagram of RTCP, from where RTP comes from or where the SDP says.
func (s *Session) takeRTCP(pkt []byte, from netip.AddrPort, at time.Time) {
	r := s.remote.Load()
	s.mu.Lock()
	source, ssrc := s.latch.source, s.latch.ssrc
	s.mu.Unlock()
	if r == nil || from != r.RTCP && from.Addr() != source.Addr() {
		s.foreign.Add(1)
		return
	}
	bye, err := s.reports.take(pkt, at, s.sender.Stats().SSRC, ssrc)
	if err != nil {
		s.rtcpBad.Add(1)
		return
	}
	if to := s.control.Load(); from.Addr() == source.Addr() && (to == nil || *to != from) {
		s.aim(&s.control, from)
	}
	if bye {
		s.emit(Event{Kind: EventBye})
	}
}

// run sends the reports, watches for silence, and reads while nobody ticks.
func (s *Session) run() {
	next := time.Now().Add(interval(s.cfg.RTCPInterval / 2)) // RFC 3550 §6.2: the first one sooner
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.done:
			return
		case now := <-timer.C:
			if !now.Before(next) {
				s.report(now, false)
				next = now.Add(interval(s.cfg.RTCPInterval))
			}
			pause := min(next.Sub(now), s.cfg.Timeout/4)
			if ticked := time.Unix(0, s.ticked.Load()); now.Sub(ticked) > 2*media.FrameDuration {
				s.readRTP(now)
				pause = min(pause, restless)
			}
			s.watch(now)
			timer.Reset(pause)
		}
	}
}

// watch reports once that nothing comes any more where something should.
func (s *Session) watch(now time.Time) {
	r := s.remote.Load()
	if r == nil || !r.Direction.Receives() || s.timedOut.Load() {
		return
	}
	last := time.Unix(0, s.lastRTP.Load())
	if last.Before(r.at) {
		last = r.at
	}
	if now.Sub(last) > s.cfg.Timeout {
		s.timedOut.Store(true)
		s.emit(Event{Kind: EventTimeout})
	}
}

// report sends a compound packet to where RTCP goes, if that is known.
func (s *Session) report(now time.Time, bye bool) {
	to := s.control.Load()
	if to == nil {
		return
	}
	pkt, err := s.reports.compound(s, now, bye)
	if err == nil {
		_, _ = s.rtcp.WriteToUDPAddrPort(pkt, *to) // the next report makes up for one that is lost
	}
}

// unmap turns the form in which a socket for both families gives IPv4 addresses into the usual one.
func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
