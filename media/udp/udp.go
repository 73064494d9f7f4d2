package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// ErrFull reports a datagram that was dropped because the system could not take it at once.
var ErrFull = errors.New("udp: socket is full")

// Conn is a UDP socket whose writes never wait, unlike those of the net package. Its methods may be called from any
// goroutine, and writing does not allocate.
type Conn struct {
	*net.UDPConn
	raw  syscall.RawConn
	ipv4 bool

	mu   sync.Mutex // held for one system call, which does not wait either
	call func(fd uintptr) bool
	// What call sends, and what comes of it.
	packet []byte
	to     address
	err    error
}

// New makes a Conn of an open socket.
func New(conn *net.UDPConn) (*Conn, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("udp: %w", err)
	}
	local, _ := conn.LocalAddr().(*net.UDPAddr)
	c := &Conn{UDPConn: conn, raw: raw, ipv4: local != nil && local.IP.To4() != nil}
	c.call = c.send // once: a new method value for each packet would be allocated
	return c, nil
}

// WriteToAddrPort sends a datagram, or returns ErrFull.
func (c *Conn) WriteToAddrPort(packet []byte, to netip.AddrPort) (int, error) {
	addr := to.Addr()
	if addr.Zone() != "" {
		return c.UDPConn.WriteToUDPAddrPort(packet, to) // the library knows the interface's number
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.ipv4:
		c.to.set6(addr.As16(), to.Port()) // IPv4 in the mapped form that the socket of both wants
	case addr.Unmap().Is4():
		c.to.set4(addr.Unmap().As4(), to.Port())
	default:
		return 0, fmt.Errorf("udp: %w", syscall.EAFNOSUPPORT)
	}
	return c.write(packet)
}

// WriteToUDPAddrPort is WriteToAddrPort.
func (c *Conn) WriteToUDPAddrPort(packet []byte, to netip.AddrPort) (int, error) {
	return c.WriteToAddrPort(packet, to)
}

// WriteTo is WriteToAddrPort for the interface of net.
func (c *Conn) WriteTo(packet []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("udp: %w", syscall.EAFNOSUPPORT)
	}
	return c.WriteToAddrPort(packet, udp.AddrPort())
}

// write sends to c.to. mu is held.
func (c *Conn) write(packet []byte) (int, error) {
	c.packet = packet
	err := c.raw.Write(c.call)
	if err == nil {
		err = c.err
	}
	c.packet = nil
	switch {
	case err == nil:
		return len(packet), nil
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOBUFS):
		return 0, ErrFull
	}
	return 0, err
}
