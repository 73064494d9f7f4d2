package webrtc

import (
	"net"
	"sync"
)

// listener closes with itself the connections that it accepted. pion's TCP mux knows those that have sent a first packet, and
// its Close waits 30 s for the others: for browsers, which connect anew as soon as their peer is closed, and for whoever
// connects and says nothing.
type listener struct {
	net.Listener

	mu     sync.Mutex // guards all below
	open   map[*accepted]struct{}
	closed bool
}

// accepted is a connection of a listener, which forgets it when it is closed.
type accepted struct {
	net.Conn
	of *listener
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &accepted{conn, l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	l.open[c] = struct{}{}
	return c, nil
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for c := range l.open {
		_ = c.Conn.Close() // its reader notices, and says so in the log
	}
	clear(l.open)
	return l.Listener.Close()
}

// Close implements net.Conn.
func (c *accepted) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
