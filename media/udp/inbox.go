package udp

import (
	"net/netip"
	"time"
)

// MaxDatagram is how much of a datagram an Inbox keeps, in bytes. What is longer comes neither from a telephone nor from a
// browser, whose packets fit an Ethernet frame.
const MaxDatagram = 1500

// Inbox receives datagrams of a Conn, as many in one system call as it has room for. It belongs to one goroutine and does
// not allocate.
type Inbox struct {
	conn    *Conn
	packets [][MaxDatagram]byte
	n       int // datagrams there now
	now     time.Time
	inbox

	call func(fd uintptr)
}

// NewInbox makes an Inbox with room for so many datagrams. A Conn has one at most.
func NewInbox(c *Conn, room int) (*Inbox, error) {
	in := &Inbox{conn: c, packets: make([][MaxDatagram]byte, room)}
	in.call = in.receive
	return in, in.init()
}

// Room is the most that Poll and Wait give.
func (in *Inbox) Room() int { return len(in.packets) }

// Poll takes what has come, in place of what was there before, and gives how many datagrams that is: perhaps none, as it
// never waits. As many as Room means that there may be more.
func (in *Inbox) Poll() (int, error) {
	in.n = 0
	if err := in.conn.socket.try(in.call); err != nil {
		return 0, err // the socket is closed
	}
	in.now = time.Now()
	return in.n, in.failure()
}

// Wait is Poll that waits for the first datagram.
func (in *Inbox) Wait() (int, error) {
	for {
		if n, err := in.Poll(); n > 0 || err != nil {
			return n, err
		}
		if err := in.conn.Wait(); err != nil {
			return 0, err
		}
	}
}

// oldest bounds what is believed of a datagram's age: somebody may have set the clock in between.
const oldest = time.Minute

// Datagram gives one of those that Poll or Wait took: its bytes, valid until the next of these, whence it came, and when
// it reached this machine.
func (in *Inbox) Datagram(i int) (packet []byte, from netip.AddrPort, at time.Time) {
	at = in.now
	if age := in.age(i, in.now); age > 0 && age < oldest {
		at = at.Add(-age)
	}
	return in.packets[i][:in.size(i)], in.source(i), at
}
