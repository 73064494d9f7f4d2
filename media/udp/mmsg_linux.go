//go:build linux && (amd64 || arm64)

package udp

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// address is a socket's address as the system takes it.
type address struct {
	raw syscall.RawSockaddrAny
	len uint32
}

func (a *address) set4(ip [4]byte, port uint16) {
	*(*syscall.RawSockaddrInet4)(unsafe.Pointer(&a.raw)) = syscall.RawSockaddrInet4{
		Family: syscall.AF_INET, Port: networkOrder(port), Addr: ip,
	}
	a.len = syscall.SizeofSockaddrInet4
}

func (a *address) set6(ip [16]byte, port uint16, scope uint32) {
	*(*syscall.RawSockaddrInet6)(unsafe.Pointer(&a.raw)) = syscall.RawSockaddrInet6{
		Family: syscall.AF_INET6, Port: networkOrder(port), Addr: ip, Scope_id: scope,
	}
	a.len = syscall.SizeofSockaddrInet6
}

// addrPort reads what the system wrote; IPv4 that a socket of both families shows as mapped is plain IPv4.
func (a *address) addrPort() netip.AddrPort {
	switch a.raw.Addr.Family {
	case syscall.AF_INET:
		s := (*syscall.RawSockaddrInet4)(unsafe.Pointer(&a.raw))
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), networkOrder(s.Port))
	case syscall.AF_INET6:
		s := (*syscall.RawSockaddrInet6)(unsafe.Pointer(&a.raw))
		ip := netip.AddrFrom16(s.Addr).Unmap()
		if s.Scope_id != 0 && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(strconv.Itoa(int(s.Scope_id))) // the interface, without which nobody could answer
		}
		return netip.AddrPortFrom(ip, networkOrder(s.Port))
	}
	return netip.AddrPort{}
}

// networkOrder turns a port into the order of its bytes in a socket's address, and back.
func networkOrder(port uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], port)
	return binary.NativeEndian.Uint16(b[:])
}

// send is one try.
func (c *Conn) send(fd uintptr) {
	var start unsafe.Pointer
	if len(c.packet) > 0 {
		start = unsafe.Pointer(&c.packet[0])
	}
	for {
		_, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(start), uintptr(len(c.packet)),
			syscall.MSG_DONTWAIT, uintptr(unsafe.Pointer(&c.to.raw)), uintptr(c.to.len))
		switch errno {
		case 0:
			c.err = nil
		case syscall.EINTR:
			continue
		default:
			c.err = errno
		}
		return
	}
}

// message is struct mmsghdr of recvmmsg(2).
type message struct {
	header syscall.Msghdr
	n      uint32
	_      uint32
}

// stamp is the one control message that is asked for: when the datagram reached this machine (socket(7), SO_TIMESTAMPNS).
type stamp struct {
	header syscall.Cmsghdr
	at     syscall.Timespec
}

// inbox is what the system writes to.
type inbox struct {
	messages []message
	vectors  []syscall.Iovec
	from     []address
	stamps   []stamp
	errno    syscall.Errno
}

func (in *Inbox) init() error {
	in.messages = make([]message, len(in.packets))
	in.vectors = make([]syscall.Iovec, len(in.packets))
	in.from = make([]address, len(in.packets))
	in.stamps = make([]stamp, len(in.packets))
	for i := range in.messages {
		in.vectors[i] = syscall.Iovec{Base: &in.packets[i][0], Len: uint64(len(in.packets[i]))}
		h := &in.messages[i].header
		h.Iov, h.Iovlen = &in.vectors[i], 1
		h.Name = (*byte)(unsafe.Pointer(&in.from[i].raw))
		h.Control = (*byte)(unsafe.Pointer(&in.stamps[i]))
	}
	var err error
	if e := in.conn.socket.try(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	}); e != nil {
		return e
	}
	return err
}

// receive is one try.
func (in *Inbox) receive(fd uintptr) {
	for i := range in.messages {
		h := &in.messages[i].header
		h.Namelen = uint32(unsafe.Sizeof(in.from[i].raw))
		h.Controllen = uint64(unsafe.Sizeof(in.stamps[i]))
	}
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&in.messages[0])),
			uintptr(len(in.messages)), syscall.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			in.n, in.errno = int(n), 0
		case syscall.EINTR:
			continue
		case syscall.EAGAIN: // nothing has come
			in.n, in.errno = 0, 0
		default:
			in.n, in.errno = 0, errno
		}
		return
	}
}

func (in *Inbox) failure() error {
	if in.errno == 0 {
		return nil
	}
	return in.errno
}

// size is the length of datagram i, cut where it was longer than MaxDatagram.
func (in *Inbox) size(i int) int { return int(in.messages[i].n) }

func (in *Inbox) source(i int) netip.AddrPort { return in.from[i].addrPort() }

// age is how long before now datagram i reached this machine.
func (in *Inbox) age(i int, now time.Time) time.Duration {
	s := &in.stamps[i]
	if in.messages[i].header.Controllen < uint64(unsafe.Sizeof(*s)) || s.header.Type != syscall.SCM_TIMESTAMPNS {
		return 0
	}
	return time.Duration(now.UnixNano() - s.at.Nano())
}
