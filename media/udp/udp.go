package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
)

// ErrFull reports a datagram that was dropped because the system could not take it at once.
var ErrFull = errors.New("udp: socket is full")

// Conn is a UDP socket that neither waits nor wakes anybody, unlike those of the net package. Its methods may be called from
// any goroutine, and writing does not allocate.
type Conn struct {
	socket descriptor
	local  net.Addr
	ipv4   bool

	mu   sync.Mutex // held for one system call, which does not wait either
	call func(fd uintptr)
	// What call sends, and what comes of it.
	packet []byte
	to     address
	err    error
}

// New makes a Conn of an open socket and takes it over: conn is closed with it, at once where that fails.
func New(conn *net.UDPConn) (*Conn, error) {
	local := conn.LocalAddr()
	c := &Conn{local: local, ipv4: local.(*net.UDPAddr).IP.To4() != nil}
	c.call = c.send // once: a new method value for each packet would be allocated
	if err := c.socket.take(conn); err != nil {
		return nil, fmt.Errorf("udp: %w", errors.Join(err, conn.Close()))
	}
	return c, nil
}

// LocalAddr is the *net.UDPAddr that the socket is bound to.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// Wait waits until there is a datagram to be read, or the socket is closed. One goroutine does at a time.
func (c *Conn) Wait() error { return c.socket.wait() }

// Close closes the socket and ends Wait.
func (c *Conn) Close() error { return c.socket.Close() }

// WriteToAddrPort sends a datagram, or returns ErrFull.
func (c *Conn) WriteToAddrPort(packet []byte, to netip.AddrPort) (int, error) {
	addr := to.Addr()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.ipv4:
		c.to.set6(addr.As16(), to.Port(), scope(addr.Zone())) // IPv4 in the mapped form that the socket of both wants
	case addr.Unmap().Is4():
		c.to.set4(addr.Unmap().As4(), to.Port())
	default:
		return 0, fmt.Errorf("udp: %w", syscall.EAFNOSUPPORT)
	}
	return c.write(packet)
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
	err := c.socket.try(c.call)
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

// scope is the number of a zone's interface, 0 for none. It is given as a number where it comes from a datagram's source.
func scope(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	return 0
}
