package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"
)

// frameInfo is what a coded picture says of itself. Nothing is decoded.
type frameInfo struct {
	key           bool
	width, height int    // of a key frame
	sps, pps      []byte // of H.264
}

// frameOf reads the headers of a picture: of VP8 a frame (RFC 6386 §9.1), of H.264 units, each behind its length in four bytes.
func frameOf(codec string, data []byte) (info frameInfo, ok bool) {
	if codec == "H264" {
		return frameOfH264(data)
	}
	if len(data) < 3 {
		return info, false
	}
	info.key = data[0]&1 == 0
	if !info.key {
		return info, true
	}
	if len(data) < 10 || data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a {
		return info, false
	}
	// Two bits of scaling lie above fourteen of size.
	info.width, info.height = int(binary.LittleEndian.Uint16(data[6:])&0x3fff), int(binary.LittleEndian.Uint16(data[8:])&0x3fff)
	return info, info.width > 0 && info.height > 0
}

// Types of H.264's units (ITU-T H.264 table 7-1).
const (
	nalIDR = 5
	nalSPS = 7
	nalPPS = 8
)

func frameOfH264(data []byte) (info frameInfo, ok bool) {
	for len(data) > 4 {
		n := binary.BigEndian.Uint32(data)
		if n == 0 || uint64(n) > uint64(len(data)-4) {
			return info, false
		}
		unit := data[4 : 4+n]
		switch unit[0] & 0x1f {
		case nalIDR:
			info.key = true
		case nalSPS:
			if w, h, err := sizeOfSPS(unit); err == nil {
				info.sps, info.width, info.height = append([]byte(nil), unit...), w, h
			}
		case nalPPS:
			info.pps = append([]byte(nil), unit...)
		}
		data = data[4+n:]
		ok = true
	}
	// A key frame without its parameters cannot be shown to who begins there.
	if info.key && (info.sps == nil || info.pps == nil) {
		info.key = false
	}
	return info, ok && len(data) == 0
}

// avcConfig is H.264's decoder configuration (ISO/IEC 14496-15 §5.3.3.1); nil without parameters.
func avcConfig(sps, pps []byte) []byte {
	if len(sps) < 4 || len(pps) == 0 || len(sps) > math.MaxUint16 || len(pps) > math.MaxUint16 {
		return nil
	}
	b := []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1} // lengths of four bytes, one SPS
	b = binary.BigEndian.AppendUint16(b, uint16(len(sps)))
	b = append(b, sps...)
	b = append(b, 1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(pps)))
	return append(b, pps...)
}

var errSPS = errors.New("record: no sequence parameters that we offer")

// bits reads H.264's syntax (ITU-T H.264 §7.2, §9.1), with the bytes against false start codes taken out (§7.4.1).
type bits struct {
	data []byte
	at   int
	bad  bool
}

func (b *bits) u(n int) (v uint32) {
	for range n {
		if b.at>>3 >= len(b.data) {
			b.bad = true
			return 0
		}
		v = v<<1 | uint32(b.data[b.at>>3]>>(7-b.at&7)&1)
		b.at++
	}
	return v
}

func (b *bits) ue() uint32 {
	zeros := 0
	for b.u(1) == 0 {
		if zeros++; zeros > 31 || b.bad {
			b.bad = true
			return 0
		}
	}
	return 1<<zeros - 1 + b.u(zeros)
}

// sizeOfSPS reads the size of the pictures from the parameters of a baseline or main stream (ITU-T H.264 §7.3.2.1.1): what we offer.
func sizeOfSPS(unit []byte) (width, height int, err error) {
	b := bits{}
	zeros := 0
	for _, c := range unit[1:] {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if zeros++; c != 0 {
			zeros = 0
		}
		b.data = append(b.data, c)
	}
	if profile := b.u(8); profile != 66 && profile != 77 && profile != 88 {
		return 0, 0, fmt.Errorf("%w: profile %d", errSPS, profile)
	}
	b.u(16) // constraints, level
	b.ue()  // id
	b.ue()  // log2_max_frame_num
	switch b.ue() {
	case 0:
		b.ue()
	case 1:
		b.u(1)
		b.ue()
		b.ue()
		for range min(b.ue(), 255) {
			b.ue()
		}
	}
	b.ue() // reference frames
	b.u(1)
	w, h := (b.ue()+1)*16, (b.ue()+1)*16
	frames := b.u(1)
	h *= 2 - frames
	if frames == 0 {
		b.u(1)
	}
	b.u(1)
	if b.u(1) == 1 {
		left, right, top, bottom := b.ue(), b.ue(), b.ue(), b.ue()
		w -= min(w, 2*(left+right))
		h -= min(h, 2*(2-frames)*(top+bottom))
	}
	if b.bad || w == 0 || h == 0 || w > 16384 || h > 16384 {
		return 0, 0, errSPS
	}
	return int(w), int(h), nil
}

// cluster is what becomes one sealed segment.
type cluster struct {
	start, end int64 // ms on the film's axis
	key        bool  // begins with one
	size       int
	blocks     []ebml.Block
}

func (c *cluster) count() int { return len(c.blocks) }

func (c *cluster) add(at int64, key bool, data []byte) {
	if len(c.blocks) == 0 {
		c.start, c.key = at, key
	}
	c.end, c.size = at, c.size+len(data)
	c.blocks = append(c.blocks, ebml.Block{TrackNumber: 1, Timecode: int16(min(at-c.start, math.MaxInt16)), Keyframe: key, Data: [][]byte{data}})
}

// clusterHead is what comes before the EBML: start and end as uint64, and whether it begins with a key frame.
const clusterHead = 8 + 8 + 1

func (c *cluster) seal() ([]byte, error) {
	b := binary.LittleEndian.AppendUint64(nil, uint64(c.start))
	b = binary.LittleEndian.AppendUint64(b, uint64(c.end))
	key := byte(0)
	if c.key {
		key = 1
	}
	out := appender(append(b, key))
	element := struct {
		Cluster webm.Cluster `ebml:"Cluster"`
	}{webm.Cluster{Timecode: uint64(c.start), SimpleBlock: c.blocks}}
	if err := ebml.Marshal(&element, &out); err != nil {
		return nil, fmt.Errorf("record: cluster: %w", err)
	}
	return out, nil
}

func parseCluster(plain []byte) (p filmPart, err error) {
	if len(plain) < clusterHead || plain[16] > 1 {
		return p, errPage
	}
	p.startMS, p.endMS = int64(binary.LittleEndian.Uint64(plain)), int64(binary.LittleEndian.Uint64(plain[8:]))
	p.key, p.size = plain[16] == 1, len(plain)-clusterHead
	if p.startMS < 0 || p.endMS < p.startMS {
		return p, errPage
	}
	blocks, err := blocksOf(plain[clusterHead:])
	for _, b := range blocks {
		p.blocks += len(b.data)
	}
	return p, err
}

// appender is an io.Writer into memory.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
