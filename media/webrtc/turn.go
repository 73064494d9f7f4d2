package webrtc

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the REST convention of TURN fixes HMAC-SHA1
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/turn/v5"
)

// RelayConfig sets up a Relay.
type RelayConfig struct {
	Addr string      // host:port to listen on, UDP and TCP; port 0 takes a free one
	TLS  *tls.Config // nil: no TURN over TLS
	// TLSAddr is where TURN over TLS listens; empty: the host of Addr, any free port.
	TLSAddr string
	Life    time.Duration // of credentials; an hour where 0
	Log     *slog.Logger
}

// Bounds of a Relay.
const (
	relayLife       = time.Hour
	mostAllocations = 256 // at a time; a session needs one or two
	mostOfOne       = 8   // of one credential: two connections, by each of the ways, and again after a reload
	relayRealm      = "patchbay"
)

// Relay is a TURN server (RFC 8656) for browsers whose network lets nothing else through. It relays to the API's own media
// port and refuses every other peer, so it is no way into the operator's network, nor a proxy for anybody. Credentials expire: a user
// name that is the time of its end, signed with a secret that lives as long as the process.
type Relay struct {
	server *turn.Server
	secret []byte
	life   time.Duration
	addr   netip.AddrPort
	tls    netip.AddrPort
	peers  []netip.AddrPort // where the API's media port is

	mu   sync.Mutex // guards open and of
	open int
	of   map[string]int // allocations by credential
}

// NewRelay starts a relay to the API's media port.
func (a *API) NewRelay(cfg RelayConfig) (_ *Relay, err error) {
	if a.udp == nil {
		return nil, errors.New("webrtc: a relay needs the media port by UDP")
	}
	r := &Relay{secret: make([]byte, 32), life: cfg.Life, of: map[string]int{}}
	if r.life == 0 {
		r.life = relayLife
	}
	_, _ = rand.Read(r.secret) // never fails (crypto/rand)
	for _, addr := range a.udp.GetListenAddresses() {
		if ap, err := netip.ParseAddrPort(addr.String()); err == nil {
			r.peers = append(r.peers, netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
		}
	}
	if cfg.Log == nil {
		cfg.Log = a.log
	}
	var opened []interface{ Close() error }
	defer func() {
		if err != nil {
			for _, c := range opened {
				_ = c.Close()
			}
		}
	}()
	packets, err := net.ListenPacket("udp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("webrtc: relay: %w", err)
	}
	opened = append(opened, packets)
	r.addr = netip.MustParseAddrPort(packets.LocalAddr().String())
	streams, err := net.Listen("tcp", r.addr.String())
	if err != nil {
		return nil, fmt.Errorf("webrtc: relay: %w", err)
	}
	opened = append(opened, streams)
	gate := &relayGate{relay: r}
	allow := func(_ net.Addr, peer net.IP) bool { return r.knows(peer) }
	listeners := []turn.ListenerConfig{{Listener: streams, RelayAddressGenerator: gate, PermissionHandler: allow}}
	if cfg.TLS != nil {
		at := cfg.TLSAddr
		if at == "" {
			at = netip.AddrPortFrom(r.addr.Addr(), 0).String()
		}
		secure, err := tls.Listen("tcp", at, cfg.TLS)
		if err != nil {
			return nil, fmt.Errorf("webrtc: relay over TLS: %w", err)
		}
		opened = append(opened, secure)
		r.tls = netip.MustParseAddrPort(secure.Addr().String())
		listeners = append(listeners, turn.ListenerConfig{Listener: secure, RelayAddressGenerator: gate, PermissionHandler: allow})
	}
	r.server, err = turn.NewServer(turn.ServerConfig{
		Realm: relayRealm, AuthHandler: r.authenticate, LoggerFactory: logFactory{cfg.Log},
		QuotaHandler: func(username, _ string, _ net.Addr) bool { return r.room(username) },
		EventHandler: turn.EventHandler{
			OnAllocationCreated: func(_, _ net.Addr, _, user, _ string, _ net.Addr, _ int) { r.count(user, 1) },
			OnAllocationDeleted: func(_, _ net.Addr, _, user, _ string) { r.count(user, -1) },
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: packets, RelayAddressGenerator: gate, PermissionHandler: allow}},
		ListenerConfigs:   listeners,
	})
	if err != nil {
		return nil, fmt.Errorf("webrtc: relay: %w", err)
	}
	return r, nil
}

// room says whether there is room for one more allocation, in all and of that credential.
func (r *Relay) room(username string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open < mostAllocations && r.of[username] < mostOfOne
}

func (r *Relay) count(username string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of[username] += n; r.of[username] <= 0 {
		delete(r.of, username)
	}
}

// knows tells whether the media port has that address.
func (r *Relay) knows(ip net.IP) bool {
	addr, ok := netip.AddrFromSlice(ip)
	return ok && slices.ContainsFunc(r.peers, func(p netip.AddrPort) bool { return p.Addr() == addr.Unmap() })
}

// Credentials lets one participant relay for a while. who is a name for the log.
func (r *Relay) Credentials(who string) (username, password string) {
	username = strconv.FormatInt(time.Now().Add(r.life).Unix(), 10) + ":" + who
	return username, r.password(username)
}

// password signs a user name, after draft-uberti-behave-turn-rest §2.2.
func (r *Relay) password(username string) string {
	mac := hmac.New(sha1.New, r.secret)
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (r *Relay) authenticate(a *turn.RequestAttributes) (userID string, key []byte, ok bool) {
	until, _, _ := strings.Cut(a.Username, ":")
	seconds, err := strconv.ParseInt(until, 10, 64)
	if err != nil || len(a.Username) > 200 || time.Now().Unix() > seconds {
		return "", nil, false
	}
	return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, r.password(a.Username)), true
}

// Addr is where the relay listens, by UDP and TCP; TLSAddr by TLS, not valid where it does not.
func (r *Relay) Addr() netip.AddrPort    { return r.addr }
func (r *Relay) TLSAddr() netip.AddrPort { return r.tls }

// Close ends the relay.
func (r *Relay) Close() error {
	if err := r.server.Close(); err != nil {
		return fmt.Errorf("webrtc: relay: %w", err)
	}
	return nil
}

// relayGate makes the sockets that the relay speaks from. A permission names an address only (RFC 8656 §9); here the port is
// held to the media port's too.
type relayGate struct{ relay *Relay }

var _ turn.RelayAddressGenerator = (*relayGate)(nil)

// Validate implements turn.RelayAddressGenerator.
func (g *relayGate) Validate() error { return nil }

// AllocatePacketConn implements turn.RelayAddressGenerator.
func (g *relayGate) AllocatePacketConn(turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if len(g.relay.peers) == 0 {
		return nil, nil, errNoRelay
	}
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: g.relay.peers[0].Addr().AsSlice()})
	if err != nil {
		return nil, nil, err
	}
	g.relay.mu.Lock()
	g.relay.open++
	g.relay.mu.Unlock()
	return &relayConn{UDPConn: conn, relay: g.relay}, conn.LocalAddr(), nil
}

// errNoRelay refuses relaying over TCP to a peer (RFC 6062): media goes by UDP.
var errNoRelay = errors.New("webrtc: relays by UDP only")

// AllocateListener implements turn.RelayAddressGenerator.
func (g *relayGate) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoRelay
}

// AllocateConn implements turn.RelayAddressGenerator.
func (g *relayGate) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoRelay }

// relayConn speaks with the media port only.
type relayConn struct {
	*net.UDPConn
	relay *Relay
	once  sync.Once
}

func (c *relayConn) allowed(addr net.Addr) bool {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return false
	}
	ap := udp.AddrPort()
	return slices.Contains(c.relay.peers, netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
}

// WriteTo drops what is for anybody else: an error would tell a prober something.
func (c *relayConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	if !c.allowed(addr) {
		return len(p), nil
	}
	return c.UDPConn.WriteTo(p, addr)
}

// ReadFrom drops what is from anybody else.
func (c *relayConn) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, addr, err := c.UDPConn.ReadFrom(p)
		if err != nil || c.allowed(addr) {
			return n, addr, err
		}
	}
}

// Close gives the place back.
func (c *relayConn) Close() error {
	c.once.Do(func() {
		c.relay.mu.Lock()
		c.relay.open--
		c.relay.mu.Unlock()
	})
	return c.UDPConn.Close()
}
