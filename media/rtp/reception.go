package rtp

import (
	"time"
)

// RFC 3550 §A.1.
const (
	maxDropout    = 3000
	maxMisorder   = 100
	minSequential = 2
)

// reception judges the sequence of packets and keeps RFC 3550's statistics of it (§A.1, §A.3, §A.8). It follows one
// source; another takes over when it has sent minSequential packets in a row while this one was silent.
type reception struct {
	started bool
	stream  uint32 // counts the streams, from 1
	ssrc    uint32
	highest int64  // extended sequence number; starts one cycle up so that a late packet is never negative
	base    int64  // where this stream started
	seen    uint64 // bit i: highest−i arrived

	rivalSSRC uint32
	rivalNext uint16
	rivals    int // packets of the rival in a row

	received      uint64 // in this stream
	lostBefore    int64  // in the streams before
	duplicates    uint64
	expectedPrior int64
	receivedPrior uint64

	clock   int       // Hz, of transit
	origin  time.Time // of arrival clock ticks
	transit int32     // of the latest packet, in ticks
	timed   bool      // transit is set
	jitter  float64   // ticks
}

// verdict is what to do with a packet.
type verdict uint8

const (
	take      verdict = iota
	restart           // take, and forget what was before
	duplicate         // drop
	stranger          // drop: another source, or a jump that is not confirmed yet
)

// judge takes the next packet's header, and returns its extended sequence number.
func (r *reception) judge(ssrc uint32, seq uint16) (int64, verdict) {
	if !r.started {
		return r.restart(ssrc, seq), restart
	}
	if ssrc != r.ssrc {
		return r.rival(ssrc, seq)
	}
	delta := int64(int16(seq - uint16(r.highest)))
	if delta > maxDropout || delta < -maxMisorder {
		return r.rival(ssrc, seq) // §A.1: a restart if the next one follows it
	}
	r.rivals = 0
	ext := r.highest + delta
	switch {
	case delta > 0:
		r.seen = r.seen<<delta | 1 // a shift by 64 or more leaves nothing, as it should
		r.highest = ext
	case delta > -64:
		bit := uint64(1) << -delta
		if r.seen&bit != 0 {
			r.duplicates++
			r.received++ // §A.3: duplicates count, so that loss may be negative
			return ext, duplicate
		}
		r.seen |= bit
	}
	r.received++
	return ext, take
}

func (r *reception) rival(ssrc uint32, seq uint16) (int64, verdict) {
	if r.rivals == 0 || ssrc != r.rivalSSRC || seq != r.rivalNext {
		r.rivals = 0
	}
	r.rivals++
	r.rivalSSRC, r.rivalNext = ssrc, seq+1
	if r.rivals < minSequential {
		return 0, stranger
	}
	return r.restart(ssrc, seq), restart
}

func (r *reception) restart(ssrc uint32, seq uint16) int64 {
	r.lostBefore = r.lost()
	ext := int64(seq) + 1<<16
	r.started, r.ssrc, r.stream, r.highest, r.base, r.seen = true, ssrc, r.stream+1, ext, ext, 1
	r.rivals, r.received, r.timed, r.jitter = 0, 1, false, 0
	r.expectedPrior, r.receivedPrior = 0, 0
	return ext
}

// arrived takes the timing of an audio packet (§A.8).
func (r *reception) arrived(at time.Time, ts timestamp, clock int) {
	if clock != r.clock {
		r.clock, r.timed, r.jitter, r.origin = clock, false, 0, at
	}
	elapsed := at.Sub(r.origin)
	arrival := int64(elapsed/time.Second)*int64(clock) + int64(elapsed%time.Second)*int64(clock)/int64(time.Second)
	transit := int32(uint32(arrival) - uint32(ts))
	if r.timed {
		d := float64(transit - r.transit)
		r.jitter += (max(d, -d) - r.jitter) / 16
	}
	r.transit, r.timed = transit, true
}

func (r *reception) expected() int64 {
	if !r.started {
		return 0
	}
	return r.highest - r.base + 1
}

// lost is the cumulative loss over all streams (§A.3).
func (r *reception) lost() int64 { return r.lostBefore + r.expected() - int64(r.received) }

// fraction is the loss since the last call, in 1/256 (§A.3).
func (r *reception) fraction() uint8 {
	expected, received := r.expected()-r.expectedPrior, int64(r.received-r.receivedPrior)
	r.expectedPrior, r.receivedPrior = r.expected(), r.received
	lost := expected - received
	if expected <= 0 || lost <= 0 {
		return 0
	}
	return uint8(min(255, lost<<8/expected))
}

// jitterTime is the interarrival jitter (RFC 3550 §6.4.1).
func (r *reception) jitterTime() time.Duration {
	if r.clock == 0 {
		return 0
	}
	return time.Duration(r.jitter * float64(time.Second) / float64(r.clock))
}
