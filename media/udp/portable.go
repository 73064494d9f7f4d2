//go:build !(linux && (amd64 || arm64))

package udp

import (
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// address is a socket's address as package syscall takes it.
type address struct {
	to syscall.Sockaddr
	v4 syscall.SockaddrInet4
	v6 syscall.SockaddrInet6
}

func (a *address) set4(ip [4]byte, port uint16) {
	a.v4.Addr, a.v4.Port, a.to = ip, int(port), &a.v4
}

func (a *address) set6(ip [16]byte, port uint16) {
	a.v6.Addr, a.v6.Port, a.to = ip, int(port), &a.v6
}

// send is one try. It reports true, "done", whatever comes of it: with false the library would wait for the socket.
func (c *Conn) send(fd uintptr) bool {
	for {
		c.err = syscall.Sendto(int(fd), c.packet, syscall.MSG_DONTWAIT, c.to.to)
		if c.err != syscall.EINTR {
			return true
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

// receive is one try. It reports false, "not yet", where there is nothing.
func (in *Inbox) receive(fd uintptr) bool {
	in.n = 0
	for {
		in.length, in.from, in.err = syscall.Recvfrom(int(fd), in.packets[0][:], syscall.MSG_DONTWAIT)
		switch in.err {
		case nil:
			in.n = 1
			return true
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			in.err = nil
			return false
		}
		return true
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
