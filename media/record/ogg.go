package record

import (
	"encoding/binary"
	"errors"

	"patchbay/media/codec"
)

// Ogg (RFC 3533 §6). pion's oggwriter makes a page of every packet, dates pages by RTP and keeps what it has written to
// itself; here a segment is exactly one page, dated by the bridge's position, so that a page can be sealed, served by
// byte range while the call goes on, and written anew when a part of it is taken back.
const (
	pageHeader  = 27  // bytes, without the lacing values
	maxLacing   = 255 // values of a page
	flagBegin   = 0x02
	flagEnd     = 0x04
	pagePackets = 50 // at most: 1 s
)

var errPage = errors.New("record: not a page of ours")

// crcTable of polynomial 0x04c11db7, neither reflected nor inverted (RFC 3533 §6, field 7).
var crcTable = func() (t [256]uint32) {
	for i := range t {
		r := uint32(i) << 24
		for range 8 {
			if r&0x80000000 != 0 {
				r = r<<1 ^ 0x04c11db7
			} else {
				r <<= 1
			}
		}
		t[i] = r
	}
	return t
}()

func oggCRC(b []byte) (crc uint32) {
	for _, v := range b {
		crc = crc<<8 ^ crcTable[byte(crc>>24)^v]
	}
	return crc
}

// page is one page under construction.
type page struct {
	serial   uint32
	sequence uint32
	granule  uint64 // samples at 48 kHz up to the end of the last packet (RFC 7845 §4)
	flags    byte
	lacing   [maxLacing]byte
	laced    int
	body     []byte
}

// add appends a packet; it reports false where the page has no room for it.
func (p *page) add(packet []byte) bool {
	need := len(packet)/255 + 1
	if p.laced+need > maxLacing {
		return false
	}
	for range need - 1 {
		p.lacing[p.laced] = 255
		p.laced++
	}
	p.lacing[p.laced] = byte(len(packet) % 255) // a multiple of 255 ends with 0
	p.laced++
	p.body = append(p.body, packet...)
	return true
}

// appendTo appends the page as it lies in the file.
func (p *page) appendTo(b []byte) []byte {
	at := len(b)
	b = append(b, "OggS\x00"...)
	b = append(b, p.flags)
	b = binary.LittleEndian.AppendUint64(b, p.granule)
	b = binary.LittleEndian.AppendUint32(b, p.serial)
	b = binary.LittleEndian.AppendUint32(b, p.sequence)
	b = binary.LittleEndian.AppendUint32(b, 0) // the sum, of the page with zeros here
	b = append(b, byte(p.laced))
	b = append(b, p.lacing[:p.laced]...)
	b = append(b, p.body...)
	binary.LittleEndian.PutUint32(b[at+22:], oggCRC(b[at:]))
	return b
}

// parsePage reads one page that fills b, and gives its packets, which are parts of b.
func parsePage(b []byte) (p page, packets [][]byte, err error) {
	if len(b) < pageHeader || string(b[:5]) != "OggS\x00" {
		return p, nil, errPage
	}
	p.flags, p.granule = b[5], binary.LittleEndian.Uint64(b[6:])
	p.serial, p.sequence = binary.LittleEndian.Uint32(b[14:]), binary.LittleEndian.Uint32(b[18:])
	laced := int(b[26])
	if len(b) < pageHeader+laced {
		return p, nil, errPage
	}
	body, length := b[pageHeader+laced:], 0
	for _, v := range b[pageHeader : pageHeader+laced] {
		length += int(v)
		if v == 255 {
			continue
		}
		if length > len(body) {
			return p, nil, errPage
		}
		packets = append(packets, body[:length])
		body, length = body[length:], 0
	}
	if length != 0 || len(body) != 0 { // packets of ours never go on in the next page
		return p, nil, errPage
	}
	return p, packets, nil
}

// headPages are the first two pages: OpusHead (RFC 7845 §5.1) and OpusTags (§5.2).
func headPages(serial uint32) []byte {
	const vendor = "patchbay"
	tags := binary.LittleEndian.AppendUint32([]byte("OpusTags"), uint32(len(vendor)))
	tags = append(tags, vendor...)
	tags = binary.LittleEndian.AppendUint32(tags, 0) // no comments: nothing about the call leaves by them
	first := page{serial: serial, flags: flagBegin}
	first.add(opusHead())
	second := page{serial: serial, sequence: 1}
	second.add(tags)
	return second.appendTo(first.appendTo(nil))
}

// granuleAt is the granule position of a number of frames.
func granuleAt(frames int64) uint64 { return uint64(frames) * codec.OpusFrame }
