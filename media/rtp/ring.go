package rtp

import (
	"sync/atomic"
	"time"
)

// slots is how many packets a Receiver holds: 1.28 s of 20 ms, 0.64 s of 10 ms. It is a power of two, and at most 256
// so that a byte indexes it.
const slots = 64

// maxPayload is the longest payload that a Receiver accepts, in bytes: the longest Opus frame (RFC 6716 §3.4), and more
// than 120 ms of the others.
const maxPayload = 1275

// slot is one packet in the jitter buffer.
type slot struct {
	at      time.Time // of arrival
	seq     int64     // extended sequence number (RFC 3550 §A.1)
	stream  uint32    // which of the streams that this Receiver saw; counts up
	ts      timestamp
	kind    kind
	pt      uint8
	n       int
	payload [maxPayload]byte
}

// indexRing hands slot indexes from one goroutine to another, without locks. With an index goes the ownership of its
// slot: put transfers it to whoever takes the index, and the atomic counters order the accesses.
//
//	Push:      free.take → fill the slot → filled.put
//	ReadFrame: filled.take → order, decode → free.put
//
// There are as many places as slots, so put never finds the ring full.
type indexRing struct {
	index [slots]uint8
	head  atomic.Uint32 // of the next put; written by the putting goroutine only
	tail  atomic.Uint32 // of the next take; written by the taking goroutine only
}

func (r *indexRing) put(i uint8) {
	h := r.head.Load()
	r.index[h%slots] = i
	r.head.Store(h + 1)
}

func (r *indexRing) take() (i uint8, ok bool) {
	t := r.tail.Load()
	if t == r.head.Load() {
		return 0, false
	}
	i = r.index[t%slots]
	r.tail.Store(t + 1)
	return i, true
}
