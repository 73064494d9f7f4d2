package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"patchbay/media/codec"
	"patchbay/media/rtp"
)

// Bounds on a stranger's description. An offer of a browser with video takes about 6 kB, 500 lines.
const (
	MaxSize    = 16 << 10 // bytes
	maxMedia   = 16       // m-lines
	maxFormats = 64       // formats of one m-line
	maxLines   = 1024
)

// ErrSyntax reports a text that is no session description.
var ErrSyntax = errors.New("sdp: malformed description")

// Parse reads a session description. Lines may end with LF alone (RFC 8866 §5: parsers should take it). Unknown lines
// and attributes are ignored (§5.13); broken ones that we would need are not.
func Parse(text []byte) (*Description, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrSyntax, len(text), MaxSize)
	}
	p := parser{desc: &Description{Timing: "0 0"}}
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	if len(lines) > maxLines {
		return nil, fmt.Errorf("%w: %d lines, at most %d", ErrSyntax, len(lines), maxLines)
	}
	for i, line := range lines {
		if err := p.line(i, strings.TrimSuffix(line, "\r")); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrSyntax, i+1, err)
		}
	}
	if !p.origin {
		return nil, fmt.Errorf("%w: no o= line", ErrSyntax)
	}
	return p.finish(), nil
}

type parser struct {
	desc       *Description
	origin     bool
	addr       netip.Addr    // c= of the session
	direction  rtp.Direction // of the session
	parameters map[int]map[uint8]string
	connected  map[int]bool // media with a c= of their own
	directed   map[int]bool // media with a direction of their own
}

var (
	errType    = errors.New("not of the form x=value")
	errVersion = errors.New("v=0 must come first")
	errFields  = errors.New("wrong number of fields")
	errNumber  = errors.New("number out of range")
	errTooMany = errors.New("too many")
	errNetwork = errors.New("not an internet address")
	errText    = errors.New("control character")
)

func (p *parser) line(i int, line string) error {
	if len(line) < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z' {
		return errType
	}
	if strings.ContainsAny(line, "\x00\r") {
		return errText // RFC 8866 §9: byte-string excludes NUL, CR and LF
	}
	kind, value := line[0], line[2:]
	if (i == 0) != (kind == 'v') || kind == 'v' && value != "0" {
		return errVersion
	}
	switch kind {
	case 'o':
		return p.originLine(value)
	case 'c':
		return p.connectionLine(value)
	case 't':
		return p.timing(value)
	case 'm':
		return p.media(value)
	case 'a':
		return p.attribute(value)
	}
	return nil
}

// originLine reads o=USER SESSION VERSION IN IP4 ADDRESS.
func (p *parser) originLine(value string) error {
	f := strings.Fields(value)
	if len(f) != 6 {
		return errFields
	}
	version, err := strconv.ParseUint(f[2], 10, 64)
	if err != nil || !digits(f[1]) || len(f[1]) > 32 {
		return errNumber
	}
	p.origin = true
	p.desc.SessionID, p.desc.Version = f[1], version
	p.desc.Origin, _ = netip.ParseAddr(f[5]) // a name is as good; nothing is ever sent there
	return nil
}

// connectionLine reads c=IN IP4 ADDRESS, where an IPv4 multicast address has /TTL.
func (p *parser) connectionLine(value string) error {
	f := strings.Fields(value)
	if len(f) != 3 {
		return errFields
	}
	if f[0] != "IN" || f[1] != "IP4" && f[1] != "IP6" {
		return errNetwork
	}
	addr, _ := netip.ParseAddr(f[2]) // invalid for names and multicast ranges, which Answer refuses
	if addr.IsValid() && addr.Is4() != (f[1] == "IP4") || addr.Zone() != "" {
		return errNetwork
	}
	if n := len(p.desc.Media); n > 0 {
		p.desc.Media[n-1].Addr = addr
		mark(&p.connected, n-1)
		return nil
	}
	p.addr = addr
	return nil
}

func (p *parser) timing(value string) error {
	f := strings.Fields(value)
	if len(f) != 2 || !digits(f[0]) || !digits(f[1]) || len(value) > 64 {
		return errNumber
	}
	if len(p.desc.Media) == 0 {
		p.desc.Timing = f[0] + " " + f[1]
	}
	return nil
}

// media reads m=KIND PORT[/COUNT] PROTO FORMAT….
func (p *parser) media(value string) error {
	f := strings.Fields(value)
	if len(f) < 4 {
		return errFields
	}
	if len(p.desc.Media) >= maxMedia || len(f)-3 > maxFormats {
		return errTooMany
	}
	number, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return errNumber
	}
	m := Media{Kind: f[0], Port: int(port), Proto: f[2], Formats: f[3:]}
	if strings.HasPrefix(m.Proto, "RTP/") {
		for _, format := range m.Formats {
			// RFC 8866 §5.14: for RTP, formats are payload types. All that is not is left to be rejected.
			if _, err := strconv.ParseUint(format, 10, 7); err != nil {
				return errNumber
			}
		}
	}
	p.desc.Media = append(p.desc.Media, m)
	return nil
}

func (p *parser) attribute(value string) error {
	name, value, _ := strings.Cut(value, ":")
	if direction, ok := directions[name]; ok {
		if n := len(p.desc.Media); n > 0 {
			p.desc.Media[n-1].Direction = direction
			mark(&p.directed, n-1)
		} else {
			p.direction = direction
		}
		return nil
	}
	if len(p.desc.Media) == 0 {
		return nil
	}
	m := &p.desc.Media[len(p.desc.Media)-1]
	switch name {
	case "rtpmap":
		m.rtpmap(value)
	case "fmtp":
		p.fmtp(value)
	case "ptime":
		// RFC 8866 §6.4; some say "20.0". A value that makes no sense is a wish that we ignore, as we may.
		number, _, _ := strings.Cut(value, ".")
		if ms, err := strconv.Atoi(number); err == nil && ms > 0 && ms <= 1000 {
			m.PTime = ms
		}
	case "rtcp":
		return m.rtcp(value)
	}
	return nil
}

var directions = map[string]rtp.Direction{
	"sendrecv": rtp.SendRecv, "sendonly": rtp.SendOnly, "recvonly": rtp.RecvOnly, "inactive": rtp.Inactive,
}

// rtpmap reads a=rtpmap:PT NAME/CLOCK[/CHANNELS]. A broken one leaves its format without a meaning, so it is never
// chosen; RFC 4475's own examples have one.
func (m *Media) rtpmap(value string) {
	number, rest, _ := strings.Cut(value, " ")
	pt, err := strconv.ParseUint(number, 10, 7)
	f := strings.Split(strings.TrimSpace(rest), "/")
	if err != nil || len(f) < 2 || len(f) > 3 || f[0] == "" || len(m.Maps) >= maxFormats {
		return
	}
	clock, err := strconv.ParseUint(f[1], 10, 31)
	if err != nil {
		return
	}
	channels := uint64(1)
	if len(f) == 3 {
		if channels, err = strconv.ParseUint(f[2], 10, 8); err != nil {
			return
		}
	}
	m.Maps = append(m.Maps, Map{PayloadType: uint8(pt), Name: f[0], ClockRate: int(clock), Channels: int(channels)})
}

func (p *parser) fmtp(value string) {
	number, parameters, _ := strings.Cut(value, " ")
	pt, err := strconv.ParseUint(number, 10, 7)
	if err != nil {
		return // parameters of nothing
	}
	if p.parameters == nil {
		p.parameters = make(map[int]map[uint8]string)
	}
	i := len(p.desc.Media) - 1
	if p.parameters[i] == nil {
		p.parameters[i] = make(map[uint8]string)
	}
	p.parameters[i][uint8(pt)] = parameters
}

// rtcp reads a=rtcp:PORT [IN IP4 ADDRESS] (RFC 3605 §2.1).
func (m *Media) rtcp(value string) error {
	f := strings.Fields(value)
	if len(f) != 1 && len(f) != 4 {
		return errFields
	}
	port, err := strconv.ParseUint(f[0], 10, 16)
	if err != nil {
		return errNumber
	}
	var addr netip.Addr
	if len(f) == 4 {
		addr, _ = netip.ParseAddr(f[3])
	}
	m.RTCP = netip.AddrPortFrom(addr, uint16(port))
	return nil
}

// finish hands down what the session says for all media.
func (p *parser) finish() *Description {
	for i := range p.desc.Media {
		m := &p.desc.Media[i]
		if !p.connected[i] {
			m.Addr = p.addr
		}
		if !p.directed[i] {
			m.Direction = p.direction
		}
		for j := range m.Maps {
			m.Maps[j].Parameters = p.parameters[i][m.Maps[j].PayloadType]
		}
		m.addStatic()
	}
	return p.desc
}

// addStatic adds what payload types without a=rtpmap stand for (RFC 3551 §6). An a=rtpmap has precedence.
func (m *Media) addStatic() {
	if !m.plain() {
		return
	}
	for _, format := range m.Formats {
		pt, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		if _, ok := m.lookup(uint8(pt)); ok {
			continue
		}
		if c := codec.ByPayloadType(uint8(pt)); c != codec.None {
			m.Maps = append(m.Maps, Map{PayloadType: uint8(pt), Name: c.Name(), ClockRate: c.ClockRate(), Channels: 1})
		}
	}
}

func (m *Media) lookup(pt uint8) (Map, bool) {
	for _, f := range m.Maps {
		if f.PayloadType == pt {
			return f, true
		}
	}
	return Map{}, false
}

func mark(set *map[int]bool, i int) {
	if *set == nil {
		*set = make(map[int]bool)
	}
	(*set)[i] = true
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
