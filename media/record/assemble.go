package record

import (
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

const assembleSlots = 512 // packets that may wait for one before them: a power of two

// assembler puts a stream's packets in order and makes whole pictures of them. What is lost is waited for, since it is asked for
// again; then the picture that it belongs to is given up.
type assembler struct {
	codec   string
	unpack  rtp.Depacketizer
	slots   [assembleSlots]filmPacket // by sequence number; one without payload is empty
	started bool
	next    uint16 // the packet that goes on
	waiting int    // in slots

	frame []byte
	at    uint32 // timestamp of frame
	whole bool   // frame lacks nothing so far
	lost  bool   // pictures were given up since the last one
}

func newAssembler(codec string) *assembler {
	a := &assembler{codec: codec}
	a.reset()
	return a
}

func (a *assembler) reset() {
	a.unpack = &codecs.VP8Packet{}
	if a.codec == "H264" {
		a.unpack = &codecs.H264Packet{IsAVC: true}
	}
	a.frame, a.whole = a.frame[:0], false
}

// push takes a packet and calls f with each picture that is whole; what it is given must not be kept. lost says that pictures before it are missing.
func (a *assembler) push(p filmPacket, f func(frame []byte, timestamp uint32, lost bool)) {
	seq := p.header.SequenceNumber
	if !a.started {
		a.started, a.next, a.whole = true, seq, true
	}
	ahead := int(int16(seq - a.next))
	switch {
	case ahead < 0: // a repetition
		return
	case ahead >= assembleSlots: // a leap
		for i := range a.slots {
			a.slots[i].payload = nil
		}
		a.waiting, a.next, a.lost = 0, seq, true
		a.reset()
	}
	if s := &a.slots[seq%assembleSlots]; s.payload == nil {
		*s = p
		a.waiting++
	}
	a.advance(p.at, false, f)
}

// flush gives up what is missing: nothing more comes.
func (a *assembler) flush(f func([]byte, uint32, bool)) { a.advance(time.Time{}, true, f) }

// advance goes on as far as packets have come, over gaps that have been waited for.
func (a *assembler) advance(now time.Time, last bool, f func([]byte, uint32, bool)) {
	for a.waiting > 0 {
		s := &a.slots[a.next%assembleSlots]
		if s.payload == nil {
			if !last && !a.tooLate(now) {
				return
			}
			a.lost = true
			a.reset()
			for a.slots[a.next%assembleSlots].payload == nil {
				a.next++
			}
			continue
		}
		a.take(s, f)
		s.payload = nil
		a.waiting--
		a.next++
	}
}

// tooLate says whether what waits has waited for long enough.
func (a *assembler) tooLate(now time.Time) bool {
	for i := a.next; i != a.next+assembleSlots; i++ {
		if s := &a.slots[i%assembleSlots]; s.payload != nil {
			return now.Sub(s.at) > filmLate
		}
	}
	return false
}

func (a *assembler) take(p *filmPacket, f func([]byte, uint32, bool)) {
	if len(a.frame) > 0 && p.header.Timestamp != a.at { // the end of the picture before had no marker
		a.done(f)
	}
	if len(a.frame) == 0 && !a.whole && p.header.Timestamp != a.at {
		a.whole = true // behind a loss: the first picture of which nothing can be missing
	}
	fresh := len(a.frame) == 0
	a.at = p.header.Timestamp
	b, err := a.unpack.Unmarshal(p.payload)
	if err != nil || fresh && a.whole && !a.unpack.IsPartitionHead(p.payload) {
		a.whole = false
	}
	if a.whole && len(a.frame)+len(b) <= filmFrame {
		a.frame = append(a.frame, b...)
	} else {
		a.frame, a.whole = a.frame[:0], false
	}
	if p.header.Marker { // RFC 7741 §4.1, RFC 6184 §5.1: the last packet of a picture
		a.done(f)
	}
}

func (a *assembler) done(f func([]byte, uint32, bool)) {
	if a.whole && len(a.frame) > 0 {
		f(a.frame, a.at, a.lost)
		a.lost = false
	} else if !a.whole {
		a.lost = true
	}
	a.frame, a.whole = a.frame[:0], true
}
