package webrtc

import (
	"encoding/binary"
	"sync"
	"time"
)

// arrivals remembers when packets reached this machine: pion does not carry that along, and a jitter buffer that took the
// moment of reading for it would see jitter that is ours. A packet is known by its SSRC and sequence number, which SRTP
// leaves readable (RFC 3711 §3.1). What is not found any more has just come.
type arrivals struct {
	mu    sync.Mutex
	slots [1024]arrival // about 20 ms of a thousand streams
}

type arrival struct {
	ssrc uint32
	seq  uint16
	at   time.Time
}

// note takes a datagram that came at the time at.
func (a *arrivals) note(packet []byte, at time.Time) {
	if !isRTP(packet) {
		return
	}
	n := arrival{ssrc: binary.BigEndian.Uint32(packet[8:]), seq: binary.BigEndian.Uint16(packet[2:]), at: at}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.slots[n.slot()] = n
}

// of gives the time at which a packet came, or now.
func (a *arrivals) of(packet []byte) time.Time {
	if isRTP(packet) {
		n := arrival{ssrc: binary.BigEndian.Uint32(packet[8:]), seq: binary.BigEndian.Uint16(packet[2:])}
		a.mu.Lock()
		defer a.mu.Unlock()
		if s := a.slots[n.slot()]; s.ssrc == n.ssrc && s.seq == n.seq && !s.at.IsZero() {
			return s.at
		}
	}
	return time.Now()
}

func (n arrival) slot() int { return int(n.ssrc+uint32(n.seq)) % len(arrivals{}.slots) }

// isRTP tells RTP from STUN, DTLS and RTCP on the same port (RFC 7983 §7, RFC 5761 §4).
func isRTP(packet []byte) bool {
	return len(packet) >= 12 && packet[0]>>6 == 2 && (packet[1] < 192 || packet[1] > 223)
}
