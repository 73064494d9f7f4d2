package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"patchbay/media"
	"patchbay/media/codec"
)

// container is what is ahead of the clusters of a WebM or Matroska file (RFC 9559).
type container struct {
	docType    string // "webm" or "matroska"
	started    time.Time
	durationMS int64
	tracks     []webm.TrackEntry
	clusters   []containerCluster
}

type containerCluster struct {
	startMS int64
	track   int // that a player may jump to here; 0: none
	size    int // bytes, with its own header
}

func (f *container) mediaType() string {
	if f.docType == "matroska" {
		return "video/x-matroska"
	}
	return "video/webm"
}

// filmTrack is the track of a film's pictures.
func filmTrack(h *filmHead, number int) webm.TrackEntry {
	name := "V_VP8"
	if h.Codec == "H264" {
		name = "V_MPEG4/ISO/AVC"
	}
	return webm.TrackEntry{TrackNumber: uint64(number), TrackUID: uint64(number), TrackType: 1, CodecID: name, CodecPrivate: h.Private,
		Video: &webm.Video{PixelWidth: uint64(h.Width), PixelHeight: uint64(h.Height)}}
}

// opusTrack is the track of a recording's sound; skip are samples at 48 kHz that its decoder gives ahead of it (RFC 9559 §5.1.4.1.23).
func opusTrack(number, skip int) webm.TrackEntry {
	return webm.TrackEntry{TrackNumber: uint64(number), TrackUID: uint64(number), TrackType: 2, CodecID: "A_OPUS", CodecPrivate: opusHead(),
		CodecDelay:  uint64(time.Duration(skip) * time.Second / codec.OpusClock),
		SeekPreRoll: uint64(80 * time.Millisecond), // RFC 7845 §4.6
		Audio:       &webm.Audio{SamplingFrequency: codec.OpusClock, Channels: 2}}
}

// header is everything ahead of the clusters: with a length and an index, so that a player can jump.
func (f *container) header() ([]byte, error) {
	var head appender
	err := ebml.Marshal(&struct {
		Header webm.EBMLHeader `ebml:"EBML"`
	}{webm.EBMLHeader{EBMLVersion: 1, EBMLReadVersion: 1, EBMLMaxIDLength: 4, EBMLMaxSizeLength: 8, DocType: f.docType, DocTypeVersion: 4, DocTypeReadVersion: 2}}, &head)
	if err != nil {
		return nil, err
	}
	var fixed appender
	err = ebml.Marshal(&struct {
		Info   webm.Info   `ebml:"Info"`
		Tracks webm.Tracks `ebml:"Tracks"`
	}{
		webm.Info{TimecodeScale: uint64(time.Millisecond), MuxingApp: "patchbay", WritingApp: "patchbay", Duration: float64(f.durationMS), DateUTC: f.started.UTC()},
		webm.Tracks{TrackEntry: f.tracks},
	}, &fixed)
	if err != nil {
		return nil, err
	}
	// The index says where each cluster lies, which its own length moves: it is made until it stays.
	cues, length := appender(nil), 0
	for range 6 {
		var index webm.Cues
		at := uint64(len(fixed) + length)
		for _, c := range f.clusters {
			if c.track > 0 {
				index.CuePoint = append(index.CuePoint, webm.CuePoint{CueTime: uint64(c.startMS),
					CueTrackPositions: []webm.CueTrackPosition{{CueTrack: uint64(c.track), CueClusterPosition: at}}})
			}
			at += uint64(c.size)
		}
		cues = cues[:0]
		if err := ebml.Marshal(&struct {
			Cues webm.Cues `ebml:"Cues"`
		}{index}, &cues); err != nil {
			return nil, err
		}
		if len(cues) == length {
			break
		}
		length = len(cues)
	}
	total := uint64(len(fixed) + len(cues))
	for _, c := range f.clusters {
		total += uint64(c.size)
	}
	head = append(head, 0x18, 0x53, 0x80, 0x67)                // RFC 9559 §5.1: Segment
	head = binary.BigEndian.AppendUint64(head, 0x01<<56|total) // RFC 8794 §4: a length of eight bytes
	return append(append(head, fixed...), cues...), nil
}

// opusHead is OpusHead (RFC 7845 §5.1).
func opusHead() []byte {
	head := []byte("OpusHead\x01\x02") // version 1, two channels
	head = binary.LittleEndian.AppendUint16(head, codec.StereoLookahead)
	head = binary.LittleEndian.AppendUint32(head, media.SampleRate) // of the sound that was coded: for information
	return append(head, 0, 0, 0)                                    // no gain; mapping family 0: left, right (§5.1.1.1)
}

// clusterSize is that of a cluster without its blocks, as clusterHeader makes it.
const clusterSize = 4 + 8 + 2 + 8

// clusterHeader begins a cluster; its size does not depend on what is in it.
func clusterHeader(blocks int, startMS int64) []byte {
	b := make([]byte, 0, clusterSize+blocks)
	b = append(b, 0x1f, 0x43, 0xb6, 0x75) // RFC 9559 §5.1.3
	b = binary.BigEndian.AppendUint64(b, 0x01<<56|uint64(2+8+blocks))
	b = append(b, 0xe7, 0x88) // §5.1.3.1: Timestamp, of eight bytes
	return binary.BigEndian.AppendUint64(b, uint64(startMS))
}

const blockHead = 1 + 4 + 4 // of a SimpleBlock with a length of four bytes: id, length; track, time, flags

func blockSize(data int) int { return blockHead + data }

// simpleBlock appends a SimpleBlock (RFC 9559 §5.1.3.5); track is below 127, at in milliseconds from the cluster's beginning.
func simpleBlock(b []byte, track byte, at int16, key bool, data []byte) []byte {
	b = append(b, 0xa3)
	b = binary.BigEndian.AppendUint32(b, 0x10<<24|uint32(4+len(data)))
	b = append(b, 0x80|track)
	b = binary.BigEndian.AppendUint16(b, uint16(at))
	flags := byte(0)
	if key {
		flags = 0x80
	}
	return append(append(b, flags), data...)
}

// block is a SimpleBlock as it lies in a cluster.
type block struct {
	at    int16 // ms from the cluster's beginning
	track int   // where the track's number is in data
	data  []byte
}

func (p *block) appendTo(b []byte, track byte) []byte {
	b = append(b, p.data...)
	if p.track > 0 {
		b[len(b)-len(p.data)+p.track] = 0x80 | track
	}
	return b
}

var errCluster = errors.New("record: not a cluster of ours")

// blocksOf takes a cluster apart, as cluster.seal makes it. The blocks are parts of it.
func blocksOf(cluster []byte) (blocks []block, err error) {
	id, body, rest, err := element(cluster, 4)
	if err != nil || id != 0x1f43b675 || len(rest) > 0 {
		return nil, errCluster
	}
	for len(body) > 0 {
		id, data, rest, err := element(body, 1)
		if err != nil {
			return nil, err
		}
		if id == 0xa3 {
			if len(data) < 4 || data[0]&0x80 == 0 {
				return nil, errCluster
			}
			whole := body[:len(body)-len(rest)]
			blocks = append(blocks, block{at: int16(binary.BigEndian.Uint16(data[1:])), track: len(whole) - len(data), data: whole})
		}
		body = rest
	}
	return blocks, nil
}

// element reads one EBML element (RFC 8794 §5, §6) whose id has so many bytes.
func element(b []byte, idLen int) (id uint32, data, rest []byte, err error) {
	if len(b) <= idLen {
		return 0, nil, nil, errCluster
	}
	for _, c := range b[:idLen] {
		id = id<<8 | uint32(c)
	}
	b = b[idLen:]
	n := 1
	for ; n <= 8 && b[0]&(0x80>>(n-1)) == 0; n++ {
	}
	if n > 8 || len(b) < n {
		return 0, nil, nil, errCluster
	}
	size := uint64(b[0] & (0xff >> n))
	for _, c := range b[1:n] {
		size = size<<8 | uint64(c)
	}
	if size > uint64(len(b)-n) {
		return 0, nil, nil, fmt.Errorf("%w: %d bytes", errCluster, size)
	}
	return id, b[n : n+int(size)], b[n+int(size):], nil
}

// greyFrame is a VP8 key frame of one grey. The arithmetic decoder reads 0 wherever the bits are 0 (RFC 6386 §7.3), which in every
// field is the plain choice (§9.2–9.11, §19.2): no segments, no filter, no change of probabilities; and in every macroblock the
// mean of what is around it (§11.2), with nothing added to it (§13.2).
func greyFrame(width, height int) []byte {
	b := make([]byte, greySize(width, height))
	first := greyFirst(width, height)
	b[0], b[1], b[2] = 0x10|byte(first<<5), byte(first>>3), byte(first>>11) // §9.1: a key frame that is shown
	b[3], b[4], b[5] = 0x9d, 0x01, 0x2a
	binary.LittleEndian.PutUint16(b[6:], uint16(width))
	binary.LittleEndian.PutUint16(b[8:], uint16(height))
	return b
}

// macroblocks of a picture.
func macroblocks(width, height int) int { return (width + 15) / 16 * ((height + 15) / 16) }

// greyFirst is the length of a grey picture's first partition: header and modes, below 6 bits a macroblock.
func greyFirst(width, height int) int { return 256 + macroblocks(width, height)*3/4 }

// greySize is the length of a grey picture: its second partition holds 25 ends of blocks a macroblock.
func greySize(width, height int) int {
	return 10 + greyFirst(width, height) + 16 + macroblocks(width, height)*greyTokens
}

const greyTokens = 4 // bytes a macroblock
