package sip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

const (
	maxMessage     = 65535            // bytes: the largest UDP datagram
	maxStreams     = 1024             // TCP connections
	sourceStreams  = 128              // of one address
	streamIdle     = 10 * time.Minute // without a byte between messages, after which a TCP connection is closed
	streamPartial  = 30 * time.Second // without a byte within a message
	streamWrite    = 3 * time.Second  // for one message
	streamDial     = 5 * time.Second
	readErrorPause = 10 * time.Millisecond // so that a socket in trouble does not take a core
)

// endpoint owns the sockets and transactions of a Server or an OutCall. What comes in over one socket is handled in its
// order.
type endpoint struct {
	t1     time.Duration
	second time.Duration // of session timers
	guard  *guard
	count  *counters
	log    *slog.Logger
	// advertise is written into Via and Contact instead of the local address, where valid.
	advertise netip.Addr
	// onRequest takes a valid request with a new transaction, onACK an ACK that belongs to a 2xx. Both run on the
	// socket's reader and must not block.
	onRequest func(*serverTx)
	onACK     func(*siplib.Request)

	udp *net.UDPConn     // nil where only TCP is used
	tcp *net.TCPListener // nil where nothing listens

	ctx  context.Context // of name lookups and connects; ends with close
	stop context.CancelFunc

	mu      sync.Mutex
	closed  bool
	dialogs map[dialogID]*session
	streams map[netip.AddrPort]*stream
	servers map[string]*serverTx
	clients map[string]*clientTx
	parser  *siplib.Parser
	wg      sync.WaitGroup
}

func newEndpoint(t1 time.Duration, g *guard, count *counters, log *slog.Logger) *endpoint {
	ctx, stop := context.WithCancel(context.Background())
	return &endpoint{
		t1: t1, second: time.Second, guard: g, count: count, log: log, parser: newParser(), ctx: ctx, stop: stop,
		dialogs: make(map[dialogID]*session), streams: make(map[netip.AddrPort]*stream),
		servers: make(map[string]*serverTx), clients: make(map[string]*clientTx),
	}
}

// flow is where a message came from, and where its answers go.
type flow struct {
	ep     *endpoint
	stream *stream // nil is UDP
	remote netip.AddrPort
}

func (f flow) reliable() bool { return f.stream != nil }

func (f flow) network() string {
	if f.stream != nil {
		return "TCP"
	}
	return "UDP"
}

// local is the address that the far end knows us by.
func (f flow) local() netip.AddrPort {
	var local netip.AddrPort
	switch {
	case f.stream != nil && f.ep.tcp == nil:
		local = addrPort(f.stream.conn.LocalAddr())
	case f.ep.tcp != nil:
		local = addrPort(f.ep.tcp.Addr())
	default:
		local = addrPort(f.ep.udp.LocalAddr())
	}
	switch {
	case f.ep.advertise.IsValid():
		return netip.AddrPortFrom(f.ep.advertise, local.Port())
	case !local.Addr().IsUnspecified():
		return local
	case f.stream != nil:
		return netip.AddrPortFrom(addrPort(f.stream.conn.LocalAddr()).Addr(), local.Port())
	}
	// A UDP socket does not say which of our addresses a datagram reached. The route back is the best guess.
	return netip.AddrPortFrom(routeTo(f.remote), local.Port())
}

// routeTo is the local address that packets to remote leave from.
func routeTo(remote netip.AddrPort) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote)) // sends nothing
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return addrPort(conn.LocalAddr()).Addr()
}

func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// send writes a message. Datagrams may exceed the 1300 bytes of RFC 3261 §18.1.1: they are fragmented, which works
// wherever the path lets fragments pass, while a switch to TCP fails with every peer that does not listen there.
func (f flow) send(msg siplib.Message) error {
	text := []byte(msg.String())
	var err error
	if f.stream != nil {
		err = f.stream.write(text)
	} else if len(text) > maxMessage {
		err = fmt.Errorf("sip: message of %d bytes", len(text))
	} else {
		_, err = f.ep.udp.WriteToUDPAddrPort(text, f.remote)
		if isReported(err) { // perhaps of an earlier datagram to somebody else: the system tells it once
			_, err = f.ep.udp.WriteToUDPAddrPort(text, f.remote)
		}
	}
	if err != nil {
		f.ep.count.unsent.Add(1)
		return fmt.Errorf("sip: send: %w", err)
	}
	return nil
}

// readUDP reads until the socket is closed.
func (ep *endpoint) readUDP() {
	defer ep.wg.Done()
	buf := make([]byte, maxMessage)
	for {
		n, from, err := ep.udp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			if ep.unreachable() == 0 {
				time.Sleep(readErrorPause)
			}
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if !ep.admit(from.Addr()) || keepAlive(buf[:n]) {
			continue
		}
		msg, err := ep.parser.ParseSIP(buf[:n])
		ep.message(msg, err, flow{ep: ep, remote: from})
	}
}

// admit counts and drops what the guard does not let pass.
func (ep *endpoint) admit(addr netip.Addr) bool {
	if !ep.guard.admits(addr) {
		ep.count.filtered.Add(1)
		return false
	}
	if !ep.guard.message(addr, time.Now()) {
		ep.count.rateLimited.Add(1)
		return false
	}
	ep.count.received.Add(1)
	return true
}

// keepAlive reports line ends and zeros alone (RFC 5626 §3.5.1, and what some phones send against NAT).
func keepAlive(data []byte) bool {
	for _, b := range data {
		if b != '\r' && b != '\n' && b != 0 {
			return false
		}
	}
	return true
}

// stream is a TCP connection.
type stream struct {
	ep     *endpoint
	conn   *net.TCPConn
	remote netip.AddrPort
	mu     sync.Mutex // one writer at a time
}

func (s *stream) write(text []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return err
	}
	_, err := s.conn.Write(text)
	if err != nil {
		s.conn.Close() // a message cut short leaves no boundary to go on from
	}
	return err
}

func (ep *endpoint) acceptTCP() {
	defer ep.wg.Done()
	for {
		conn, err := ep.tcp.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(readErrorPause) // such as too many open files
			continue
		}
		if !ep.admit(addrPort(conn.RemoteAddr()).Addr()) {
			conn.Close()
			continue
		}
		if _, err := ep.adopt(conn); err != nil {
			ep.count.refused.Add(1)
			conn.Close()
		}
	}
}

var errTooMany = errors.New("sip: too many connections")

// adopt starts to read a connection.
func (ep *endpoint) adopt(conn *net.TCPConn) (*stream, error) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed {
		return nil, net.ErrClosed
	}
	if len(ep.streams) >= maxStreams {
		return nil, errTooMany
	}
	s := &stream{ep: ep, conn: conn, remote: addrPort(conn.RemoteAddr())}
	same := 0
	for other := range ep.streams {
		if other.Addr() == s.remote.Addr() {
			same++
		}
	}
	if same >= sourceStreams && !ep.guard.trusts(s.remote.Addr()) {
		return nil, errTooMany
	}
	ep.streams[s.remote] = s
	ep.wg.Add(1)
	go s.read()
	return s, nil
}

func (s *stream) read() {
	parser := s.ep.parser.NewSIPStream()
	defer func() {
		parser.Close()
		s.conn.Close()
		s.ep.mu.Lock()
		if s.ep.streams[s.remote] == s {
			delete(s.ep.streams, s.remote)
		}
		s.ep.mu.Unlock()
		s.ep.wg.Done()
	}()
	buf := make([]byte, 8<<10)
	idle := true // between two messages
	for {
		patience := streamPartial
		if idle {
			patience = streamIdle
		}
		if s.conn.SetReadDeadline(time.Now().Add(patience)) != nil {
			return
		}
		n, err := s.conn.Read(buf)
		if err != nil {
			return
		}
		if !s.ep.admit(s.remote.Addr()) {
			return // bytes of a stream can't be skipped
		}
		if idle && keepAlive(buf[:n]) {
			if n == 4 && s.write([]byte("\r\n")) != nil { // RFC 5626 §3.5.1: ping, pong
				return
			}
			continue
		}
		if idle, err = s.parse(parser, buf[:n]); err != nil {
			return
		}
	}
}

// parse handles the messages that data completes. It reports whether the stream is between two messages.
func (s *stream) parse(parser *siplib.ParserStream, data []byte) (idle bool, err error) {
	if _, err := parser.Write(data); err != nil {
		return false, err
	}
	for parser.Buffer().Len() > 0 {
		msg, _, err := parser.ParseNext()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		s.ep.message(msg, err, flow{ep: s.ep, stream: s, remote: s.remote})
		if err != nil {
			return false, err // RFC 3261 §18.3: without a length there is no next message
		}
	}
	return true, nil
}

// flowTo finds or opens the way to an address.
func (ep *endpoint) flowTo(ctx context.Context, network string, to netip.AddrPort) (flow, error) {
	if network == "UDP" {
		if ep.udp == nil {
			return flow{}, errors.New("sip: no UDP socket")
		}
		return flow{ep: ep, remote: to}, nil
	}
	ep.mu.Lock()
	s := ep.streams[to]
	ep.mu.Unlock()
	if s == nil {
		dialer := net.Dialer{Timeout: streamDial}
		conn, err := dialer.DialContext(ctx, "tcp", to.String())
		if err != nil {
			return flow{}, fmt.Errorf("sip: connect: %w", err)
		}
		if s, err = ep.adopt(conn.(*net.TCPConn)); err != nil {
			conn.Close()
			return flow{}, err
		}
	}
	return flow{ep: ep, stream: s, remote: to}, nil
}

// alive reports whether answers can still go this way.
func (f flow) alive() bool {
	if f.stream == nil {
		return true
	}
	f.ep.mu.Lock()
	defer f.ep.mu.Unlock()
	return f.ep.streams[f.remote] == f.stream
}

// start begins to read the sockets that were opened.
func (ep *endpoint) start() {
	if ep.udp != nil {
		ep.wg.Add(1)
		go ep.readUDP()
	}
	if ep.tcp != nil {
		ep.wg.Add(1)
		go ep.acceptTCP()
	}
}

// close ends all transactions, closes the sockets and waits for their readers.
func (ep *endpoint) close() {
	ep.stop()
	ep.mu.Lock()
	ep.closed = true
	servers, clients := ep.servers, ep.clients
	ep.servers, ep.clients = make(map[string]*serverTx), make(map[string]*clientTx)
	if ep.udp != nil {
		ep.udp.Close()
	}
	if ep.tcp != nil {
		ep.tcp.Close()
	}
	for _, s := range ep.streams {
		s.conn.Close()
	}
	ep.mu.Unlock()
	for _, tx := range servers {
		tx.terminate()
	}
	for _, tx := range clients {
		tx.fail(net.ErrClosed)
	}
	ep.wg.Wait()
}
