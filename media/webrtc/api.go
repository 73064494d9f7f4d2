package webrtc

import (
	"log/slog"
	"net/netip"

	"patchbay/media/codec"
)

// Config sets up an API.
type Config struct {
	UDPAddr      string        // host:port of the one UDP socket for all peers; port 0 takes a free one
	TCPAddr      string        // host:port for ICE over TCP; empty for none
	AdvertiseIPs []string      // addresses to name in candidates instead of those of the interfaces (behind 1:1 NAT)
	Lite         bool          // ICE-lite (RFC 8445 §2.5): for a server that its peers can reach directly
	Codecs       []codec.Codec // in order of preference; empty: Opus, G.722, PCMU, PCMA
	Log          *slog.Logger  // nil: discarded
}

// API makes Peers that share its sockets.
type API struct{}

// NewAPI opens the sockets.
func NewAPI(cfg Config) (*API, error) { return &API{}, nil }

// Addr is where the UDP socket listens; TCPAddr is the TCP socket's, not valid where there is none.
func (a *API) Addr() netip.AddrPort { return netip.AddrPort{} }

// TCPAddr is where the TCP socket listens; it is not valid where there is none.
func (a *API) TCPAddr() netip.AddrPort { return netip.AddrPort{} }

// Close closes the sockets. Close the peers first.
func (a *API) Close() error { return nil }
