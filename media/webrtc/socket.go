package webrtc

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"

	"patchbay/media/udp"
)

const (
	// inboxRoom is how many packets one system call takes.
	inboxRoom = 32
	// crowd is how many packets between two ticks are too many to leave in the system's buffer for another tick, which by
	// default holds some 250 of them: from there on they are read as they come, which is many at a time by itself.
	crowd = 128
)

// socket is the UDP port of the peers, read by one goroutine of pion's. While bridges tick, it is read ahead of each tick
// only: a wake-up for each packet would cost more than all that is done with it (docs/adr/010).
type socket struct {
	*udp.Conn
	arrivals *arrivals

	paced atomic.Bool
	beat  chan struct{} // holds one token when it is time to read
	done  chan struct{}
	once  sync.Once

	// owned by ReadFromAddrPort
	inbox *udp.Inbox
	n, i  int // datagrams in the inbox; the next one to be given
	since int // datagrams since the last beat
}

// Otherwise pion would allocate an address for each packet.
var _ ice.AddrPortReaderWriter = (*socket)(nil)

func openSocket(addr *net.UDPAddr, arrivals *arrivals) (*socket, error) {
	conn, err := net.ListenUDP("udp", addr)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(1 << 20) // as much as the system allows; less will do
	s := &socket{arrivals: arrivals, beat: make(chan struct{}, 1), done: make(chan struct{})}
	if s.Conn, err = udp.New(conn); err != nil {
		return nil, err
	}
	if s.inbox, err = udp.NewInbox(s.Conn, inboxRoom); err != nil {
		return nil, errors.Join(err, s.Conn.Close())
	}
	return s, nil
}

// pace says whether beats come from now on.
func (s *socket) pace(on bool) {
	s.paced.Store(on)
	s.fetch() // whoever waits for a beat looks again
}

// fetch is a beat.
func (s *socket) fetch() {
	select {
	case s.beat <- struct{}{}:
	default: // the reader has not taken the last one yet: it will read anyway
	}
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (s *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for s.i == s.n {
		if err := s.read(); err != nil {
			return 0, netip.AddrPort{}, err
		}
	}
	packet, from, at := s.inbox.Datagram(s.i)
	s.i++
	s.arrivals.note(packet, at)
	return copy(b, packet), from, nil
}

// ReadFrom implements net.PacketConn; pion reads by ReadFromAddrPort.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// SetDeadline implements net.PacketConn: there is none, since writing never waits and reading ends by Close.
func (s *socket) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline implements net.PacketConn.
func (s *socket) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline implements net.PacketConn.
func (s *socket) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

// read takes what has come, once it is time to. It may take nothing.
func (s *socket) read() (err error) {
	s.i, s.n = 0, 0
	select {
	case <-s.beat:
		s.since = 0
	default:
	}
	if !s.paced.Load() || s.since >= crowd {
		s.n, err = s.inbox.Wait()
		s.since += s.n
		return err
	}
	if s.n, err = s.inbox.Poll(); s.n > 0 || err != nil {
		s.since += s.n
		return err
	}
	select {
	case <-s.beat:
		s.since = 0
	case <-s.done:
		return net.ErrClosed
	}
	return nil
}

// Close closes the socket and ends who reads it.
func (s *socket) Close() error {
	s.once.Do(func() { close(s.done) })
	return s.Conn.Close()
}
