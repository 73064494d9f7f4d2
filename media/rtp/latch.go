package rtp

import (
	"net/netip"
	"time"
)

const (
	// latchTime is how long after an offer and answer the source of the media may still be found.
	latchTime = 2 * time.Second
	// moveSilence is how long the pinned source must have been silent before the same stream may come from another port.
	moveSilence = time.Second
)

// latch decides which source of packets is the far end (symmetric RTP, RFC 4961; the dangers are those of RFC 7362 §5).
// Behind a NAT that is not where the SDP says. After each offer and answer it follows the first source that shows itself
// to be a stream, and whichever better one speaks (see rank); after latchTime the source is pinned with its SSRC, and what others send is refused: a
// stranger who sprays our ports hears and says nothing. It belongs to whoever reads the RTP socket.
type latch struct {
	sdp    netip.AddrPort // where the SDP says the media is
	past   netip.AddrPort // the source before the SDP named another address
	until  time.Time      // end of the search
	source netip.AddrPort // of the media; zero while unknown
	ssrc   uint32
	last   time.Time // of the latest packet from source

	rival     netip.AddrPort // a source that tries to be accepted after the search
	rivalSSRC uint32
	rivalSeq  uint16
}

// search starts over after an offer and answer. The source so far stays if the address has not changed.
func (l *latch) search(sdp netip.AddrPort, now time.Time) {
	if sdp != l.sdp {
		*l = latch{sdp: sdp, past: l.source}
	}
	l.until = now.Add(latchTime)
}

// rank says how likely a source is the far end's: what the SDP names, before its host behind another port (a NAT, or a
// telephone that sends from elsewhere), before anybody, before the source that the SDP has just moved away from and that
// goes on for a moment.
func (l *latch) rank(from netip.AddrPort) int {
	switch {
	case from == l.sdp:
		return 3
	case from.Addr() == l.sdp.Addr():
		return 2
	case from != l.past:
		return 1
	}
	return 0
}

// accept reports whether a packet from there belongs to the far end.
func (l *latch) accept(from netip.AddrPort, ssrc uint32, seq uint16, now time.Time) bool {
	switch {
	case from == l.source:
	case l.better(from, now) && (from == l.sdp || l.confirmed(from, ssrc, seq)):
		// The SDP's address needs no proof. Another one has to send two packets in a row: a stranger's stray packet, or one
		// of a flood of noise that looks like ours, must not turn the far end's sound to itself.
		if !now.Before(l.until) { // nobody spoke during the search: the far end may have been muted, and a better one may follow
			l.until = now.Add(latchTime)
		}
		l.source = from
	case l.moved(from, ssrc, now):
		l.source = from
	default:
		return false
	}
	l.ssrc, l.last = ssrc, now
	return true
}

// better reports whether a source would take the place of the one so far.
func (l *latch) better(from netip.AddrPort, now time.Time) bool {
	return !l.source.IsValid() || now.Before(l.until) && l.rank(from) > l.rank(l.source)
}

// confirmed reports whether the packet before it that was not accepted came from there too, and leads on to it.
func (l *latch) confirmed(from netip.AddrPort, ssrc uint32, seq uint16) bool {
	ok := from == l.rival && ssrc == l.rivalSSRC && seq == l.rivalSeq+1
	l.rival, l.rivalSSRC, l.rivalSeq = from, ssrc, seq
	return ok
}

// moved reports whether a NAT gave the same stream another port: the SSRC, which only the far end knows, must be the
// same, the address too, and the old port silent.
func (l *latch) moved(from netip.AddrPort, ssrc uint32, now time.Time) bool {
	return l.source.IsValid() && from.Addr() == l.source.Addr() && ssrc == l.ssrc && now.Sub(l.last) > moveSilence
}
