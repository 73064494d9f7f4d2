package webrtc

import (
	"encoding/binary"
	"errors"
	"sync"
	"time"
)

// longWayEvery is one packet in so many that goes through pion though it need not, so that the PeerConnection's own count of
// how often sequence numbers went around (RFC 3711 §3.3.1) stays right, should all have to go there again: over TCP, say.
const longWayEvery = 1024

// shortcuts are the streams whose packets go straight from the socket to their Peer's jitter buffer, in the goroutine that
// read them. Pion's way is one of five goroutines, each of which has to be woken.
type shortcuts struct {
	mu      sync.RWMutex
	streams map[uint32]*Peer // by SSRC: a wrong one does not decrypt, and goes pion's way
}

func (s *shortcuts) add(ssrc uint32, p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams == nil {
		s.streams = map[uint32]*Peer{}
	}
	s.streams[ssrc] = p
}

// remove takes out the stream of that SSRC if it is p's.
func (s *shortcuts) remove(ssrc uint32, p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[ssrc] == p {
		delete(s.streams, ssrc)
	}
}

// take hands a datagram that came at the time at to its Peer. It reports false where pion has to see it.
func (s *shortcuts) take(packet []byte, at time.Time) bool {
	if !isRTP(packet) {
		return false
	}
	s.mu.RLock()
	p := s.streams[binary.BigEndian.Uint32(packet[8:])]
	s.mu.RUnlock()
	return p != nil && p.take(packet, at)
}

// take is a packet that may be this Peer's.
func (p *Peer) take(packet []byte, at time.Time) bool {
	p.pushing.Lock()
	defer p.pushing.Unlock()
	plain, err := p.opener.open(packet)
	if errors.Is(err, errReplayed) {
		return true // dropped: pion has not seen the first one, and would take this for it
	}
	if err != nil {
		return false
	}
	if p.shortcut++; p.shortcut%longWayEvery == 0 {
		return false
	}
	_ = p.receiver.Push(plain, at) // the receiver counts what it refuses
	return true
}
