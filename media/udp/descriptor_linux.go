//go:build linux && (amd64 || arm64)

package udp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptor is an open socket that Go's network poller does not watch. The poller asks to be told of every datagram that
// comes, and of every one that has left, whether anybody waits or not (golang/go#17249): each would wake a thread, four
// times per call and tick, to find that there is nothing to do.
type descriptor struct {
	mu   sync.RWMutex // read-locked for one system call, which does not wait; locked by Close
	fd   int          // -1: closed
	bell *bell        // nil: nobody has waited yet
}

// take makes the socket of conn this one's, and closes conn.
func (d *descriptor) take(conn interface {
	net.Conn
	syscall.Conn
}) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { d.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) }); e != nil || err != nil {
		return errors.Join(e, os.NewSyscallError("fcntl", err))
	}
	return conn.Close() // with which the poller forgets the socket; the copy keeps it open
}

// try makes a system call, which must not wait.
func (d *descriptor) try(call func(fd uintptr)) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.fd < 0 {
		return net.ErrClosed
	}
	call(uintptr(d.fd))
	return nil
}

// wait waits until there is a datagram. One goroutine does at a time.
func (d *descriptor) wait() error {
	b, err := d.arm()
	if err != nil {
		return err
	}
	return b.wait()
}

// arm has the bell ring at the next datagram, or at once where one is there.
func (d *descriptor) arm() (*bell, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return nil, net.ErrClosed
	}
	if d.bell == nil {
		b, err := newBell(d.fd)
		if err != nil {
			return nil, fmt.Errorf("udp: %w", err)
		}
		d.bell = b
	}
	return d.bell, d.bell.arm(d.fd)
}

// Close closes the socket and ends who waits.
func (d *descriptor) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return net.ErrClosed
	}
	err := os.NewSyscallError("close", unix.Close(d.fd))
	d.fd = -1
	if d.bell != nil {
		err = errors.Join(err, d.bell.file.Close())
	}
	return err
}

// bell tells of a socket's next datagram, once each time that it is armed. It is an epoll instance of the socket alone,
// which Go's poller watches in the socket's place and which is silent while it is not armed.
type bell struct {
	file *os.File
	raw  syscall.RawConn
	rung [1]unix.EpollEvent
}

func newBell(socket int) (*bell, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err = unix.SetNonblock(fd, true); err == nil { // as the poller asks of what it watches
		err = unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, socket, &unix.EpollEvent{Events: unix.EPOLLONESHOT})
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	b := &bell{file: os.NewFile(uintptr(fd), "bell")}
	if b.raw, err = b.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, b.file.Close())
	}
	return b, nil
}

func (b *bell) arm(socket int) (err error) {
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT}
	if e := b.raw.Control(func(fd uintptr) { err = unix.EpollCtl(int(fd), unix.EPOLL_CTL_MOD, socket, &event) }); e != nil {
		return e
	}
	return os.NewSyscallError("epoll_ctl", err)
}

// wait waits for the bell.
func (b *bell) wait() error {
	return b.raw.Read(func(fd uintptr) bool {
		n, err := unix.EpollWait(int(fd), b.rung[:], 0)
		return n > 0 || err != nil && err != unix.EINTR
	})
}
