package webrtc

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	pion "github.com/pion/webrtc/v4"

	"patchbay/media"
	"patchbay/media/codec"
)

// Config sets up an API. At least one of UDPAddr and TCPAddr is needed.
type Config struct {
	UDPAddr      string        // host:port of the one UDP port for all peers; port 0 takes a free one
	TCPAddr      string        // host:port for ICE over TCP; empty for none
	AdvertiseIPs []string      // addresses to name in candidates instead of the interfaces' own (behind 1:1 NAT)
	Lite         bool          // ICE-lite (RFC 8445 §2.5): for a server that its peers can reach directly
	Codecs       []codec.Codec // in order of preference; empty: Opus, G.722, PCMU, PCMA
	Log          *slog.Logger  // nil: discarded
}

// How long ICE waits. A browser that is muted sends nothing but consent checks, up to 6 s apart (RFC 7675 §5.1).
const (
	disconnectedAfter = 8 * time.Second
	failedAfter       = 12 * time.Second // after disconnectedAfter
	keepaliveEvery    = 2 * time.Second
)

// tcpReadPackets is how many packets the TCP socket holds for each peer that does not read them in time.
const tcpReadPackets = 32

// tcpWriteBytes bounds what waits for a TCP peer that does not take it; more is dropped, and the tick never waits.
const tcpWriteBytes = 64 << 10

// API makes Peers that share its sockets.
type API struct {
	set    pion.SettingEngine // of every PeerConnection, audio's and video's
	engine *pion.MediaEngine  // audio's
	log    *slog.Logger

	udp     ice.UDPMux // nil for none
	tcp     ice.TCPMux // nil for none
	sockets []*socket  // udp's

	arrivals  arrivals
	shortcuts shortcuts

	udpAddr, tcpAddr netip.AddrPort
}

// NewAPI opens the sockets.
func NewAPI(cfg Config) (_ *API, err error) {
	a := &API{log: cfg.Log}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if cfg.UDPAddr == "" && cfg.TCPAddr == "" {
		return nil, errors.New("webrtc: neither a UDP nor a TCP address to listen on")
	}
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	var set pion.SettingEngine
	logs := logFactory{a.log}
	set.LoggerFactory = logs
	set.SetLite(cfg.Lite)
	// RFC 8842 §5.3 recommends that who answers be the client, and browsers are. To a server that is ICE-lite, pion would not,
	// and the server would not learn the keys (see opener).
	if err := set.SetAnsweringDTLSRole(pion.DTLSRoleClient); err != nil {
		return nil, fmt.Errorf("webrtc: %w", err)
	}
	set.SetIncludeLoopbackCandidate(true)
	// The names that browsers hide their addresses behind (.local) need no resolving: their checks tell the address.
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetICETimeouts(disconnectedAfter, failedAfter, keepaliveEvery)
	if len(cfg.AdvertiseIPs) > 0 {
		err := set.SetICEAddressRewriteRules(pion.ICEAddressRewriteRule{
			External: cfg.AdvertiseIPs, AsCandidateType: pion.ICECandidateTypeHost, Mode: pion.ICEAddressRewriteReplace,
		})
		if err != nil {
			return nil, fmt.Errorf("webrtc: advertise %v: %w", cfg.AdvertiseIPs, err)
		}
	}

	networks := []pion.NetworkType{pion.NetworkTypeTCP4, pion.NetworkTypeTCP6}
	if cfg.UDPAddr != "" {
		if err := a.listenUDP(cfg.UDPAddr, logs); err != nil {
			return nil, err
		}
		set.SetICEUDPMux(a.udp)
		networks = append(networks, pion.NetworkTypeUDP4, pion.NetworkTypeUDP6)
	}
	if cfg.TCPAddr != "" {
		if err := a.listenTCP(cfg.TCPAddr, logs); err != nil {
			return nil, err
		}
		set.SetICETCPMux(a.tcp)
	}
	set.SetNetworkTypes(networks)

	a.set = set
	a.engine, err = mediaEngine(cfg.Codecs)
	return a, err
}

// newConnection makes a PeerConnection for audio, whose keys o learns. Of pion's interceptors it has sender reports (RFC 3550
// §6.4.1) only: receiver reports are the Peer's, who sees what pion does not, and audio that is lost is concealed, since a
// retransmission would come too late for a jitter buffer of a few frames.
func (a *API) newConnection(o *opener) (*pion.PeerConnection, error) {
	sender, err := report.NewSenderInterceptor(report.SenderInterval(reportEvery))
	if err != nil {
		return nil, fmt.Errorf("webrtc: sender reports: %w", err)
	}
	var interceptors interceptor.Registry
	interceptors.Add(sender)
	set := a.set
	set.SetDTLSServerHelloMessageHook(o.onServerHello)
	set.SetDTLSKeyLogWriter(o)
	return pion.NewAPI(pion.WithSettingEngine(set), pion.WithMediaEngine(a.engine), pion.WithInterceptorRegistry(&interceptors)).
		NewPeerConnection(pion.Configuration{BundlePolicy: pion.BundlePolicyMaxBundle, RTCPMuxPolicy: pion.RTCPMuxPolicyRequire})
}

// reports gives a picture's connection RTCP sender and receiver reports.
func reports() (*interceptor.Registry, error) {
	receiver, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, fmt.Errorf("webrtc: receiver reports: %w", err)
	}
	sender, err := report.NewSenderInterceptor()
	if err != nil {
		return nil, fmt.Errorf("webrtc: sender reports: %w", err)
	}
	var r interceptor.Registry
	r.Add(receiver)
	r.Add(sender)
	return &r, nil
}

// listenUDP opens one socket, or one per interface where addr names none: with a single socket for all of them the
// answers could leave by another address than the one that was asked.
func (a *API) listenUDP(addr string, logs logFactory) error {
	at, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return fmt.Errorf("webrtc: UDP address %q: %w", addr, err)
	}
	ips := []net.IP{at.IP}
	if at.IP == nil || at.IP.IsUnspecified() {
		if ips, err = interfaceIPs(at.IP); err != nil {
			return err
		}
	}
	var muxes []ice.UDPMux
	for _, ip := range ips {
		conn, err := openSocket(&net.UDPAddr{IP: ip, Port: at.Port, Zone: at.Zone}, &a.arrivals, &a.shortcuts)
		if err != nil {
			for _, m := range muxes {
				_ = m.Close()
			}
			return fmt.Errorf("webrtc: listen: %w", err)
		}
		if at.Port == 0 { // the others follow the first
			at.Port = conn.LocalAddr().(*net.UDPAddr).Port
		}
		a.sockets = append(a.sockets, conn)
		muxes = append(muxes, pion.NewICEUDPMux(logs.NewLogger("udp"), conn))
	}
	a.udpAddr = netip.AddrPortFrom(addrOf(at.IP), uint16(at.Port))
	a.udp = muxes[0]
	if len(muxes) > 1 {
		a.udp = ice.NewMultiUDPMuxDefault(muxes...)
	}
	return nil
}

// interfaceIPs lists what an unspecified address stands for: all, or those of IPv4. Link-local addresses of IPv6 are
// left out: they mean nothing without a zone, which a candidate cannot name.
func interfaceIPs(unspecified net.IP) ([]net.IP, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("webrtc: interfaces: %w", err)
	}
	var ips []net.IP
	for _, addr := range addrs {
		n, ok := addr.(*net.IPNet)
		if !ok || n.IP.To4() == nil && (n.IP.IsLinkLocalUnicast() || unspecified.To4() != nil) {
			continue
		}
		ips = append(ips, n.IP)
	}
	if len(ips) == 0 {
		return nil, errors.New("webrtc: no interface has an address")
	}
	return ips, nil
}

func (a *API) listenTCP(addr string, logs logFactory) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("webrtc: listen: %w", err)
	}
	at := l.Addr().(*net.TCPAddr)
	a.tcpAddr = netip.AddrPortFrom(addrOf(at.IP), uint16(at.Port))
	a.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: &listener{Listener: l, open: map[*accepted]struct{}{}}, Logger: logs.NewLogger("tcp"), ReadBufferSize: tcpReadPackets, WriteBufferSize: tcpWriteBytes,
	})
	return nil
}

func addrOf(ip net.IP) netip.Addr {
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.IPv6Unspecified()
	}
	return a.Unmap()
}

// Addr is where the UDP sockets listen; it is not valid where there are none.
func (a *API) Addr() netip.AddrPort { return a.udpAddr }

// TCPAddr is where the TCP socket listens; it is not valid where there is none.
func (a *API) TCPAddr() netip.AddrPort { return a.tcpAddr }

var _ media.Fetcher = (*API)(nil)

// Begin implements media.Fetcher: from now on packets are read with each tick, all in one go.
func (a *API) Begin() {
	for _, s := range a.sockets {
		s.pace(true)
	}
}

// Fetch implements media.Fetcher.
func (a *API) Fetch() {
	for _, s := range a.sockets {
		s.fetch()
	}
}

// End implements media.Fetcher: packets are read as they come.
func (a *API) End() {
	for _, s := range a.sockets {
		s.pace(false)
	}
}

// Close closes the sockets. Close the peers first.
func (a *API) Close() error {
	var errs []error
	if a.udp != nil {
		errs = append(errs, a.udp.Close())
	}
	if a.tcp != nil {
		errs = append(errs, a.tcp.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("webrtc: close: %w", err)
	}
	return nil
}
