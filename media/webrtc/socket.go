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
	// handRoom is how many packets may wait for pion; more are dropped. With each tick come a few.
	handRoom = 256
)

// socket is the UDP port of the peers. While bridges tick, it is read in their ticks (docs/adr/010): sound goes straight to
// its peer, the rest is handed to a goroutine of pion's. Else that goroutine reads, as packets come.
type socket struct {
	*udp.Conn
	arrivals  *arrivals
	shortcuts *shortcuts

	paced   atomic.Bool
	crowded atomic.Bool   // packets are read as they come nevertheless
	handed  chan *hand    // to pion
	spare   chan *hand    // to be filled again
	looks   chan struct{} // holds one token when pion's goroutine should look at paced and crowded again
	done    chan struct{}
	once    sync.Once

	reading sync.Mutex // held by who reads, which never waits
	inbox   *udp.Inbox
	n, i    int // datagrams in the inbox; the next one to be given
}

// hand is a datagram on its way to pion.
type hand struct {
	packet [udp.MaxDatagram]byte
	n      int
	from   netip.AddrPort
}

// Otherwise pion would allocate an address for each packet.
var _ ice.AddrPortReaderWriter = (*socket)(nil)

func openSocket(addr *net.UDPAddr, arrivals *arrivals, shortcuts *shortcuts) (*socket, error) {
	conn, err := net.ListenUDP("udp", addr)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(1 << 20) // as much as the system allows; less will do
	s := &socket{
		arrivals: arrivals, shortcuts: shortcuts, handed: make(chan *hand, handRoom), spare: make(chan *hand, handRoom),
		looks: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if s.Conn, err = udp.New(conn); err != nil {
		return nil, err
	}
	if s.inbox, err = udp.NewInbox(s.Conn, inboxRoom); err != nil {
		return nil, errors.Join(err, s.Conn.Close())
	}
	return s, nil
}

// pace says whether fetch is called from now on.
func (s *socket) pace(on bool) {
	s.paced.Store(on)
	s.crowded.Store(false)
	s.look()
}

func (s *socket) look() {
	select {
	case s.looks <- struct{}{}:
	default:
	}
}

// fetch takes all that has come, unless that is a crowd.
func (s *socket) fetch() {
	s.reading.Lock()
	defer s.reading.Unlock()
	count := 0
	for more := true; more && count < crowd; {
		if s.i == s.n {
			s.poll()
			count += s.n
			more = s.n == s.inbox.Room()
		}
		for ; s.i < s.n; s.i++ {
			packet, from, at := s.inbox.Datagram(s.i)
			if !s.shortcuts.take(packet, at) {
				s.hand(packet, from, at)
			}
		}
	}
	if crowded := count >= crowd; crowded != s.crowded.Load() {
		s.crowded.Store(crowded)
		s.look()
	}
}

// poll fills the inbox anew. reading is held.
func (s *socket) poll() {
	s.i, s.n = 0, 0
	if n, err := s.inbox.Poll(); err == nil { // else the socket is closed, which Wait tells
		s.n = n
	}
}

// hand passes a datagram on to pion's goroutine.
func (s *socket) hand(packet []byte, from netip.AddrPort, at time.Time) {
	var h *hand
	select {
	case h = <-s.spare:
	default:
		h = &hand{}
	}
	s.arrivals.note(packet, at)
	h.n, h.from = copy(h.packet[:], packet), from
	select {
	case s.handed <- h:
	default: // pion is stuck; its peers ask again
	}
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter. One goroutine of pion's calls it.
func (s *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		if s.paced.Load() && !s.crowded.Load() {
			select {
			case h := <-s.handed:
				return s.unhand(h, b)
			case <-s.looks:
			case <-s.done:
				return 0, netip.AddrPort{}, net.ErrClosed
			}
			continue
		}
		select {
		case h := <-s.handed:
			return s.unhand(h, b)
		default:
		}
		if n, from, ok := s.next(b); ok {
			return n, from, nil
		}
		if err := s.Wait(); err != nil {
			return 0, netip.AddrPort{}, err
		}
	}
}

func (s *socket) unhand(h *hand, b []byte) (int, netip.AddrPort, error) {
	n, from := copy(b, h.packet[:h.n]), h.from
	select {
	case s.spare <- h:
	default:
	}
	return n, from, nil
}

// next gives the next datagram that is pion's, of those that have come.
func (s *socket) next(b []byte) (n int, from netip.AddrPort, ok bool) {
	s.reading.Lock()
	defer s.reading.Unlock()
	for {
		if s.i == s.n {
			if s.poll(); s.n == 0 {
				return 0, netip.AddrPort{}, false
			}
		}
		packet, from, at := s.inbox.Datagram(s.i)
		s.i++
		if !s.shortcuts.take(packet, at) {
			s.arrivals.note(packet, at)
			return copy(b, packet), from, true
		}
	}
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

// Close closes the socket and ends who reads it.
func (s *socket) Close() error {
	s.once.Do(func() { close(s.done) })
	return s.Conn.Close()
}
