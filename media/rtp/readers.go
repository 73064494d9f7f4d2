package rtp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"
)

// maxReadErrors in a row end a reader: a socket that only fails must not keep a core busy.
const maxReadErrors = 100

// read hands each datagram of a socket to take until the socket is closed.
func (s *Session) read(conn *net.UDPConn, take func(pkt []byte, from netip.AddrPort, at time.Time)) {
	buf := make([]byte, maxDatagram)
	for failures := 0; failures < maxReadErrors; {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if errors.Is(err, os.ErrDeadlineExceeded) { // set by reportDigits, on RTP's socket
			s.receiver.keys.release(s.receiver.press)
			s.reportDigits(time.Now())
			continue
		}
		if err != nil {
			failures++
			continue
		}
		failures = 0
		take(buf[:n], unmap(from), time.Now())
	}
}

func (s *Session) readRTP() { s.read(s.rtp, s.takeRTP) }

func (s *Session) readRTCP() { s.read(s.rtcp, s.takeRTCP) }

// takeRTP takes one datagram of the RTP socket. It is the only place where a source becomes trusted.
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
	_ = s.receiver.Push(pkt, at) // counted there
	s.reportDigits(at)
}

// reportDigits emits the keys that were released. One that is still down gets a deadline: all packets of its end may be
// lost, and nothing need follow them. The reader of the RTP socket calls it, who owns the key as the only one to Push.
func (s *Session) reportDigits(now time.Time) {
	for {
		select {
		case d := <-s.receiver.Digits():
			s.emit(Event{Kind: EventDigit, Digit: d})
			continue
		default:
		}
		break
	}
	switch down := s.receiver.keys.down; {
	case down:
		_ = s.rtp.SetReadDeadline(now.Add(keyPatience)) // fails on a closed socket only
	case s.keyDown:
		_ = s.rtp.SetReadDeadline(time.Time{})
	}
	s.keyDown = s.receiver.keys.down
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

// run sends the reports and watches for silence.
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
			s.watch(now)
			timer.Reset(min(next.Sub(now), s.cfg.Timeout/4))
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
