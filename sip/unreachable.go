package sip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// reportUnreachable makes the system tell that datagrams found nobody (RFC 3261 §18.4). A socket that sends to several
// addresses hears of ICMP errors only if it asks for them (ip(7), IP_RECVERR).
func reportUnreachable(conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("sip: socket: %w", err)
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		level, option := syscall.IPPROTO_IP, syscall.IP_RECVERR
		if !addrPort(conn.LocalAddr()).Addr().Is4() {
			level, option = syscall.IPPROTO_IPV6, syscall.IPV6_RECVERR
		}
		set = syscall.SetsockoptInt(int(fd), level, option, 1)
	})
	if err = errors.Join(err, set); err != nil {
		return fmt.Errorf("sip: socket: %w", err)
	}
	return nil
}

// unreachable takes what ICMP told of the UDP socket, and ends the transactions that wait for an answer from there.
// Where the socket was not asked to tell, there is nothing. It gives how many were told.
func (ep *endpoint) unreachable() (told int) {
	raw, err := ep.udp.SyscallConn()
	if err != nil {
		return 0
	}
	var packet, note [512]byte
	for ; ; told++ {
		var n int
		var to syscall.Sockaddr
		var failed error
		err := raw.Control(func(fd uintptr) {
			_, n, _, to, failed = syscall.Recvmsg(int(fd), packet[:], note[:], syscall.MSG_ERRQUEUE|syscall.MSG_DONTWAIT)
		})
		if err != nil || failed != nil {
			return told
		}
		addr, ok := fromSockaddr(to)
		if cause := reported(note[:n]); ok && cause != nil {
			ep.lost(addr, cause)
		}
	}
}

// isReported tells whether an error may be one that ICMP told of an earlier datagram: with IP_RECVERR the next call on the
// socket gets it, whatever that call is.
func isReported(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENOPROTOOPT)
}

// reported reads the errno of a sock_extended_err (ip(7)). Errors that the next attempt may not meet, such as a path that
// wants smaller packets, are nil.
func reported(note []byte) error {
	messages, err := syscall.ParseSocketControlMessage(note)
	if err != nil {
		return nil
	}
	for _, m := range messages {
		if len(m.Data) < 4 {
			continue
		}
		switch errno := syscall.Errno(binary.NativeEndian.Uint32(m.Data)); errno {
		case syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOPROTOOPT:
			return errno
		}
	}
	return nil
}

// lost ends the transactions whose requests went to an address where nobody is.
func (ep *endpoint) lost(to netip.AddrPort, cause error) {
	var waiting []*clientTx
	ep.mu.Lock()
	for _, tx := range ep.clients {
		if tx.flow.stream == nil && tx.flow.remote == to {
			waiting = append(waiting, tx)
		}
	}
	ep.mu.Unlock()
	for _, tx := range waiting {
		tx.fail(cause)
	}
}

func fromSockaddr(sa syscall.Sockaddr) (netip.AddrPort, bool) {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), true
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port)), true
	}
	return netip.AddrPort{}, false
}
