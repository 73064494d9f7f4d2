//go:build !(linux && (amd64 || arm64))

package udp

import (
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// descriptor is an open socket, which stays with the net package: elsewhere than on Linux it is not known how to wait for
// datagrams without it.
type descriptor struct {
	conn net.Conn
	raw  syscall.RawConn
	peek [1]byte // used by wait
}

// take makes the socket of conn this one's.
func (d *descriptor) take(conn interface {
	net.Conn
	syscall.Conn
}) (err error) {
	d.conn = conn
	d.raw, err = conn.SyscallConn()
	return err
}

// try makes a system call, which must not wait.
func (d *descriptor) try(call func(fd uintptr)) error { return d.raw.Control(call) }

// wait waits until there is a datagram.
func (d *descriptor) wait() error {
	return d.raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), d.peek[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return err != syscall.EAGAIN
	})
}

// Close closes the socket.
func (d *descriptor) Close() error { return d.conn.Close() }

// address is a socket's address as package syscall takes it.
type address struct {
	to syscall.Sockaddr
	v4 syscall.SockaddrInet4
	v6 syscall.SockaddrInet6
}

func (a *address) set4(ip [4]byte, port uint16) {
	a.v4.Addr, a.v4.Port, a.to = ip, int(port), &a.v4
}

func (a *address) set6(ip [16]byte, port uint16, scope uint32) {
	a.v6.Addr, a.v6.Port, a.v6.ZoneId, a.to = ip, int(port), scope, &a.v6
}

// send is one try.
func (c *Conn) send(fd uintptr) {
	for {
		c.err = syscall.Sendto(int(fd), c.packet, syscall.MSG_DONTWAIT, c.to.to)
		if c.err != syscall.EINTR {
			return
		}
	}
}

// inbox holds one datagram at a time, whatever there is room for: recvmmsg(2) is Linux's alone.
type inbox struct {
	length int
	from   syscall.Sockaddr
	err    error
}

func (in *Inbox) init() error { return nil }

// receive is one try.
func (in *Inbox) receive(fd uintptr) {
	in.n = 0
	for {
		in.length, in.from, in.err = syscall.Recvfrom(int(fd), in.packets[0][:], syscall.MSG_DONTWAIT)
		switch in.err {
		case nil:
			in.n = 1
		case syscall.EINTR:
			continue
		case syscall.EAGAIN: // nothing has come
			in.err = nil
		}
		return
	}
}

func (in *Inbox) failure() error { return in.err }

func (in *Inbox) size(int) int { return in.length }

func (in *Inbox) source(int) netip.AddrPort {
	switch a := in.from.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(strconv.Itoa(int(a.ZoneId))) // the interface, without which nobody could answer
		}
		return netip.AddrPortFrom(ip, uint16(a.Port))
	}
	return netip.AddrPort{}
}

// age is unknown: a datagram counts as having come when it is read.
func (in *Inbox) age(int, time.Time) time.Duration { return 0 }
