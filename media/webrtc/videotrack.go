package webrtc

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"
)

// videoTrack sends a viewer what the room's sender sends, under numbers of its own: so the viewer sees one stream, though
// the sender reloads or another takes its place. It implements pion.TrackLocal.
type videoTrack struct {
	prefer VideoCodec // bound where it was agreed upon; "" takes the first

	waiting atomic.Bool // for a key frame: nothing before it can be shown

	mu     sync.Mutex // guards the fields below: the sender's reader writes, pion (un)binds
	stream pion.TrackLocalWriter
	codec  VideoCodec
	pt     uint8
	ssrc   uint32
	absID  uint8 // header extension of the absolute send time, 0 for none

	source   uint64 // the stream that the offsets below belong to
	seqShift uint16
	tsShift  uint32
	lastSeq  uint16
	lastTS   uint32
	lastAt   time.Time
}

var _ pion.TrackLocal = (*videoTrack)(nil)

func newVideoTrack(prefer VideoCodec) *videoTrack {
	t := &videoTrack{prefer: prefer}
	t.waiting.Store(true)
	return t
}

// Bind implements pion.TrackLocal.
func (t *videoTrack) Bind(ctx pion.TrackLocalContext) (pion.RTPCodecParameters, error) {
	var chosen pion.RTPCodecParameters
	var codec VideoCodec
	for _, p := range ctx.CodecParameters() {
		c := videoCodecOf(p.MimeType)
		if c != "" && (codec == "" || c == t.prefer && codec != t.prefer) {
			chosen, codec = p, c
		}
	}
	if codec == "" {
		return chosen, pion.ErrUnsupportedCodec
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stream, t.codec, t.pt, t.ssrc = ctx.WriteStream(), codec, uint8(chosen.PayloadType), uint32(ctx.SSRC())
	for _, e := range ctx.HeaderExtensions() {
		if e.URI == absSendTime {
			t.absID = uint8(e.ID)
		}
	}
	t.waiting.Store(true)
	return chosen, nil
}

// Unbind implements pion.TrackLocal.
func (t *videoTrack) Unbind(pion.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stream = nil
	return nil
}

// ID implements pion.TrackLocal.
func (t *videoTrack) ID() string { return "picture" }

// RID implements pion.TrackLocal.
func (t *videoTrack) RID() string { return "" }

// StreamID implements pion.TrackLocal.
func (t *videoTrack) StreamID() string { return "patchbay" }

// Kind implements pion.TrackLocal.
func (t *videoTrack) Kind() pion.RTPCodecType { return pion.RTPCodecTypeVideo }

func videoCodecOf(mimeType string) VideoCodec {
	for _, c := range videoCodecs {
		if mimeType == "video/"+string(c) {
			return c
		}
	}
	return ""
}

// bound is the codec that was agreed upon, "" before.
func (t *videoTrack) bound() (VideoCodec, uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.codec, t.ssrc
}

// write forwards a packet of the source with that number. key says that it begins a key frame.
func (t *videoTrack) write(source uint64, codec VideoCodec, in *pionrtp.Header, payload []byte, key bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stream == nil || t.codec != codec {
		return
	}
	if t.waiting.Load() {
		if !key {
			return
		}
		t.waiting.Store(false)
	}
	if t.source != source {
		if t.source != 0 {
			// RFC 3550 §5.1: numbers and timestamps of one stream go on without a leap, also where its origin changes.
			t.seqShift = t.lastSeq + 1 - in.SequenceNumber
			t.tsShift = t.lastTS + uint32(max(now.Sub(t.lastAt), time.Millisecond)*videoClock/time.Second) - in.Timestamp
		}
		t.source = source
	}
	h := pionrtp.Header{
		Version: 2, Marker: in.Marker, PayloadType: t.pt, SSRC: t.ssrc,
		SequenceNumber: in.SequenceNumber + t.seqShift, Timestamp: in.Timestamp + t.tsShift,
	}
	if ahead := int16(h.SequenceNumber - t.lastSeq); ahead > 0 || t.lastAt.IsZero() {
		t.lastSeq, t.lastTS, t.lastAt = h.SequenceNumber, h.Timestamp, now
	}
	if t.absID != 0 {
		// 24 bits: seconds modulo 64 in 6.18 fixed point, of the NTP clock.
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32((uint64(now.Unix()&63)<<18)|uint64(now.Nanosecond())<<18/uint64(time.Second)))
		_ = h.SetExtension(t.absID, b[1:])
	}
	_, _ = t.stream.WriteRTP(&h, payload) // a viewer who cannot be written to is about to be closed
}
