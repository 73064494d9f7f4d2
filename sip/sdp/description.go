package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"patchbay/media/rtp"
)

// Description is what we read or write of a session description.
type Description struct {
	SessionID string // o=: numeric, kept as text because strangers exceed 64 bits
	Version   uint64 // o=: grows by one with each change (RFC 3264 §8)
	Origin    netip.Addr
	Timing    string // t=, "0 0" where unbounded
	Media     []Media
}

// Media is one m-line with its attributes.
type Media struct {
	Kind      string     // "audio", "video", …
	Port      int        // 0 rejects or ends the stream (RFC 3264 §6, §8.2)
	Proto     string     // such as "RTP/AVP"
	Formats   []string   // as listed: payload types for RTP
	Maps      []Map      // a=rtpmap, and what RFC 3551 says of static payload types
	Addr      netip.Addr // c=; invalid where it is a name
	RTCP      netip.AddrPort
	Direction rtp.Direction
	PTime     int // ms, 0 where not said
}

// Map is what a payload type stands for.
type Map struct {
	PayloadType uint8
	Name        string
	ClockRate   int // Hz
	Channels    int
	Parameters  string // a=fmtp
}

// String is the description as sent, with CRLF at each line's end (RFC 8866 §5).
func (d *Description) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "v=0\r\no=- %s %d IN %s\r\ns=-\r\n", d.SessionID, d.Version, address(d.Origin))
	if addr := d.connection(); addr.IsValid() {
		fmt.Fprintf(&b, "c=IN %s\r\n", address(addr))
	}
	fmt.Fprintf(&b, "t=%s\r\n", d.Timing)
	for i := range d.Media {
		d.Media[i].write(&b)
	}
	return b.String()
}

// connection is the address of the first live stream: ours is the same for all.
func (d *Description) connection() netip.Addr {
	for _, m := range d.Media {
		if m.Port != 0 && m.Addr.IsValid() {
			return m.Addr
		}
	}
	return d.Origin
}

func (m *Media) write(b *strings.Builder) {
	fmt.Fprintf(b, "m=%s %d %s %s\r\n", m.Kind, m.Port, m.Proto, strings.Join(m.Formats, " "))
	if m.Port == 0 {
		return // RFC 3264 §6: what else a rejected line says does not matter
	}
	for _, f := range m.Maps {
		channels := ""
		if f.Channels > 1 {
			channels = "/" + strconv.Itoa(f.Channels)
		}
		fmt.Fprintf(b, "a=rtpmap:%d %s/%d%s\r\n", f.PayloadType, f.Name, f.ClockRate, channels)
		if f.Parameters != "" {
			fmt.Fprintf(b, "a=fmtp:%d %s\r\n", f.PayloadType, f.Parameters)
		}
	}
	if m.PTime != 0 {
		fmt.Fprintf(b, "a=ptime:%d\r\n", m.PTime)
	}
	if m.RTCP.Port() != 0 {
		fmt.Fprintf(b, "a=rtcp:%d\r\n", m.RTCP.Port())
	}
	fmt.Fprintf(b, "a=%s\r\n", m.Direction)
}

func address(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		return "IP6 " + a.WithZone("").String()
	}
	return "IP4 " + a.Unmap().String()
}

// hold reports whether the stream's owner wants no sound from us: by direction, or by the address of RFC 2543 §B.5,
// which RFC 3264 §8.4 still asks for.
func (m *Media) hold() bool {
	return !m.Direction.Receives() || m.Addr.IsValid() && m.Addr.IsUnspecified()
}

// secure reports SRTP in all its profiles.
func (m *Media) secure() bool { return strings.Contains(m.Proto, "SAVP") }

// plain reports the profiles that we carry. AVPF (RFC 4585) only adds feedback that nobody has to send.
func (m *Media) plain() bool { return m.Proto == "RTP/AVP" || m.Proto == "RTP/AVPF" }
