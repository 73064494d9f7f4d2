package record

import (
	"encoding/binary"
	"encoding/json"
	"sync"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/record/seal"
)

// Kinds of segments. The numbers are on disk: they are never reused.
const (
	kindEnd   byte = seal.KindEnd // JSON: end
	kindHead  byte = 1            // Ogg's first two pages
	kindAudio byte = 2            // up to a second: see appendAudio
	kindMark  byte = 3            // JSON: Mark
	// Of films.
	kindFilm    byte = 4 // JSON: filmHead
	kindCluster byte = 5 // half a second: see cluster.seal
)

// PeakFrames is the number of frames that one peak covers.
const PeakFrames = 5

// PeakMS is what one peak covers, in milliseconds.
const PeakMS = PeakFrames * int64(media.FrameDuration/time.Millisecond)

const frameMS = int64(media.FrameDuration / time.Millisecond)

const pagePeaks = pagePackets / PeakFrames

// peaks are how loud the channels of a page are: the highest sample of each 100 ms, 0…255.
type peaks [2][pagePeaks]byte

// audioHead is what comes before the page: position as uint64, packets as uint8, peaks left and right. It has one size,
// so that a page's length is known without opening it.
const audioHead = 8 + 1 + 2*pagePeaks

// Mark is something that happened at a moment of a recording.
type Mark struct {
	Kind string         `json:"kind"` // such as "held", "resumed", "transferred", "paused", "sensitive"
	AtMS int64          `json:"at_ms"`
	Data map[string]any `json:"data,omitempty"`
}

// end is what the last segment says.
type end struct {
	Frames    int64 `json:"frames"`    // from position 0
	Recovered bool  `json:"recovered"` // by the start after a crash
}

// audio is one audio segment.
type audio struct {
	start int64 // position of the first frame
	count int   // frames
	peaks peaks
	page  []byte // a part of what was parsed
}

func (a *audio) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(a.start))
	b = append(b, byte(a.count))
	b = append(b, a.peaks[0][:]...)
	b = append(b, a.peaks[1][:]...)
	return append(b, a.page...)
}

func parseAudio(b []byte) (a audio, err error) {
	if len(b) < audioHead || b[8] > pagePackets {
		return a, errPage
	}
	a.start, a.count = int64(binary.LittleEndian.Uint64(b)), int(b[8])
	copy(a.peaks[0][:], b[9:])
	copy(a.peaks[1][:], b[9+pagePeaks:])
	a.page = b[audioHead:]
	return a, nil
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(map[string]string{"unreadable": err.Error()})
	}
	return b
}

// span is a stretch of positions that is silent: from is in it, to is not.
type span struct{ from, to int64 }

func (s span) holds(pos int64) bool { return pos >= s.from && pos < s.to }

func silenced(spans []span, pos int64) bool {
	for _, s := range spans {
		if s.holds(pos) {
			return true
		}
	}
	return false
}

// spanOf covers every frame of which any part lies in the milliseconds.
func spanOf(fromMS, toMS int64) span {
	return span{from: max(0, fromMS) / frameMS, to: (max(0, toMS) + frameMS - 1) / frameMS}
}

// silence takes what the spans cover out of an audio segment, and tells whether any of it was in there.
func (a *audio) silence(spans []span, quiet []byte) (changed bool, err error) {
	for i := range a.count {
		changed = changed || silenced(spans, a.start+int64(i))
	}
	if !changed {
		return false, nil
	}
	old, packets, err := parsePage(a.page)
	if err != nil || len(packets) != a.count {
		return false, errPage
	}
	p := page{serial: old.serial, sequence: old.sequence, granule: old.granule, flags: old.flags}
	for i, packet := range packets {
		if silenced(spans, a.start+int64(i)) {
			packet = quiet
			a.peaks[0][i/PeakFrames], a.peaks[1][i/PeakFrames] = 0, 0
		}
		p.add(packet) // no longer than before: there is room
	}
	a.page = p.appendTo(nil)
	return true, nil
}

// silencedPlain is an audio segment without what the spans cover. One that cannot be read is left out whole.
func silencedPlain(plain []byte, spans []span) []byte {
	a, err := parseAudio(plain)
	if err == nil {
		_, err = a.silence(spans, quietPacket())
	}
	if err != nil {
		return nil
	}
	return a.appendTo(nil)
}

// quietFrames of silence bring an encoder to rest.
const quietFrames = 3

// quietPacket is what digital silence is coded as, some bytes.
var quietPacket = sync.OnceValue(func() []byte {
	enc, err := codec.NewStereo()
	if err != nil {
		panic(err) // no memory
	}
	buf := make([]byte, codec.MaxStereoPacket)
	var n int
	for range quietFrames { // the first holds what the encoder looks ahead for
		if n, err = enc.Encode(&media.Frame{}, &media.Frame{}, buf); err != nil {
			panic(err)
		}
	}
	return buf[:n:n]
})

// quietPage is a page of silence.
func quietPage(serial, sequence uint32, start int64, count int, flags byte) []byte {
	p := page{serial: serial, sequence: sequence, granule: granuleAt(start + int64(count)), flags: flags}
	for range count {
		p.add(quietPacket())
	}
	return p.appendTo(nil)
}

func encodeEnd(frames int64, recovered bool) []byte {
	return encode(end{Frames: frames, Recovered: recovered})
}
