package rtp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// defaultDrain is how long a pair rests: longer than a far end that missed the BYE goes on after its own time-outs of
// the moment, short enough for a small range.
const defaultDrain = 5 * time.Second

// PortPool hands out pairs of UDP ports: an even one for RTP and the next for RTCP (RFC 3550 §11). A pair that was given
// back rests for a while, so that what is still sent to an old call is never heard in a new one. Its methods may be
// called from anywhere.
type PortPool struct {
	from, pairs int // the first even port; how many pairs there are
	drain       time.Duration
	now         func() time.Time

	mu    sync.Mutex
	next  int         // where the search starts, so that ports are used in turn
	taken []bool      // by pair
	rests []time.Time // by pair, until when
}

// NewPortPool makes a pool of the ports from to to, both included. A pair that was given back is not handed out again
// before drain has passed; 0 is the default of 5 s.
func NewPortPool(from, to uint16, drain time.Duration) (*PortPool, error) {
	first := int(from) + int(from)%2
	pairs := (int(to) + 1 - first) / 2
	if from == 0 || pairs < 1 {
		return nil, fmt.Errorf("rtp: ports %d to %d hold no pair", from, to)
	}
	if drain == 0 {
		drain = defaultDrain
	}
	return &PortPool{
		from: first, pairs: pairs, drain: drain, now: time.Now,
		taken: make([]bool, pairs), rests: make([]time.Time, pairs),
	}, nil
}

// InUse returns how many pairs are handed out, of how many.
func (p *PortPool) InUse() (used, pairs int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.taken {
		if t {
			used++
		}
	}
	return used, p.pairs
}

// listen opens a pair of sockets. Pairs of which another program has a port are passed over.
func (p *PortPool) listen(addr netip.Addr) (rtp, rtcp *net.UDPConn, err error) {
	for range p.pairs {
		i, ok := p.reserve()
		if !ok {
			break
		}
		rtp, rtcp, err = listenPair(addr, p.from+2*i)
		if err == nil {
			return rtp, rtcp, nil
		}
		p.mu.Lock()
		p.taken[i] = false
		p.mu.Unlock()
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, fmt.Errorf("rtp: listen: %w", err)
		}
	}
	return nil, nil, fmt.Errorf("%w: %d to %d", ErrNoPorts, p.from, p.from+2*p.pairs-1)
}

func (p *PortPool) reserve() (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for range p.pairs {
		i := p.next
		p.next = (p.next + 1) % p.pairs
		if !p.taken[i] && !now.Before(p.rests[i]) {
			p.taken[i] = true
			return i, true
		}
	}
	return 0, false
}

// release takes back the pair with that even port; its sockets are closed.
func (p *PortPool) release(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := (port - p.from) / 2
	p.taken[i], p.rests[i] = false, p.now().Add(p.drain)
}

func listenPair(addr netip.Addr, port int) (rtp, rtcp *net.UDPConn, err error) {
	rtp, err = listenUDP(addr, port)
	if err != nil {
		return nil, nil, err
	}
	rtcp, err = listenUDP(addr, port+1)
	if err != nil {
		_ = rtp.Close() // nothing was sent or received
		return nil, nil, err
	}
	return rtp, rtcp, nil
}

func listenUDP(addr netip.Addr, port int) (*net.UDPConn, error) {
	local := &net.UDPAddr{Port: port}
	if addr.IsValid() && !addr.IsUnspecified() {
		local.IP, local.Zone = addr.AsSlice(), addr.Zone()
	}
	network := "udp" // both families, where the system has both
	if addr.Is4() && addr.IsUnspecified() {
		network = "udp4"
	}
	return net.ListenUDP(network, local)
}
