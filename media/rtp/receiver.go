package rtp

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"patchbay/media"
)

// ReceiverConfig is what a Receiver must know of the stream.
type ReceiverConfig struct {
	Formats  []Format         // what may arrive, at least one
	EventPT  uint8            // payload type of telephone-event; 0 is none
	MinDelay time.Duration    // what even the latest packets should wait; 0 is 10 ms
	MaxDelay time.Duration    // what no packet waits longer; 0 is 200 ms
	Now      func() time.Time // the clock of ReadFrame, the same as Push's; nil is time.Now
}

// Receiver is the adaptive jitter buffer of one stream. One goroutine calls Push, another ReadFrame; the other methods
// may be called from anywhere.
type Receiver struct {
	free, filled indexRing // see indexRing for who owns a slot
	slots        [slots]slot

	formats atomic.Pointer[formats] // set by SetFormats, read by Push and ReadFrame
	resets  atomic.Uint32           // counts Reset
	digits  chan Digit
	counts  receiverCounts

	configure sync.Mutex // held by SetFormats

	// owned by Push
	header    rtp.Header
	keys      keyDetector
	pushReset uint32 // resets that Push has seen

	mu        sync.Mutex // held for a moment by Push and by readers of the statistics
	reception reception

	play playout // owned by ReadFrame
}

// receiverCounts are written by Push and ReadFrame and read by Stats.
type receiverCounts struct {
	received, malformed, strangers, overflowed, digitsLost atomic.Uint64 // by Push
	late, dropped, concealed, recovered, resyncs           atomic.Uint64 // by ReadFrame
	delay, target                                          atomic.Int64  // by ReadFrame, ns
}

// ReceiverStats are a Receiver's counts since it was made.
type ReceiverStats struct {
	Received   uint64        // packets accepted
	Malformed  uint64        // packets refused by Push as no RTP or of no negotiated format
	Strangers  uint64        // packets refused by Push as another source's
	Lost       int64         // RFC 3550 §6.4.1; duplicates make it fall
	Late       uint64        // packets that came after their turn
	Duplicated uint64        // packets that came again
	Overflowed uint64        // packets dropped because nobody read
	Dropped    uint64        // packets dropped to keep to MaxDelay
	Concealed  uint64        // samples at 16 kHz made up for lost or late packets
	Recovered  uint64        // samples of lost packets heard from the copy in the next one (RFC 6716 §2.1.7)
	Resyncs    uint64        // starts of a stream: new SSRC, jump of sequence or timestamp
	DigitsLost uint64        // digits dropped because nobody received from Digits
	Jitter     time.Duration // interarrival jitter, RFC 3550 §6.4.1
	Delay      time.Duration // what the buffer adds now, on average
	Target     time.Duration // what it would start a stream with now
}

// NewReceiver makes a Receiver.
func NewReceiver(cfg ReceiverConfig) (*Receiver, error) {
	fs, err := newFormats(cfg.Formats, cfg.EventPT, 0, nil)
	if err != nil {
		return nil, err
	}
	if cfg.MinDelay <= 0 {
		cfg.MinDelay = defaultMargin
	}
	if cfg.MaxDelay <= 0 {
		cfg.MaxDelay = defaultMax
	}
	if cfg.MaxDelay < cfg.MinDelay+2*media.FrameDuration {
		return nil, fmt.Errorf("rtp: MaxDelay %v leaves no room above MinDelay %v", cfg.MaxDelay, cfg.MinDelay)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	r := &Receiver{digits: make(chan Digit, 32)}
	r.formats.Store(fs)
	for i := range slots {
		r.free.put(uint8(i))
	}
	r.play.init(r, cfg)
	return r, nil
}

// Push takes one RTP packet that arrived at the time at. It must not be called concurrently, does not retain pkt and
// never blocks. An error says why the packet was refused; it is counted already.
func (r *Receiver) Push(pkt []byte, at time.Time) error {
	fs := r.formats.Load()
	payload, k := r.parse(pkt, fs)
	if k == kindNone {
		r.counts.malformed.Add(1)
		return ErrPacket
	}
	h := &r.header
	ts := timestamp(h.Timestamp)

	r.mu.Lock()
	if n := r.resets.Load(); n != r.pushReset {
		r.pushReset = n
		r.reception.started = false
		r.keys = keyDetector{}
	}
	seq, v := r.reception.judge(h.SSRC, h.SequenceNumber)
	stream := r.reception.stream
	if k == kindAudio && (v == take || v == restart) {
		r.reception.arrived(at, ts, fs.list[fs.index[h.PayloadType]].Codec.ClockRate())
	}
	r.mu.Unlock()

	switch v {
	case stranger:
		r.counts.strangers.Add(1)
		return ErrStranger
	case duplicate:
		return nil
	case restart:
		r.keys.release(r.press)
		r.keys = keyDetector{}
	}
	switch k {
	case kindEvent:
		if err := r.keys.event(payload, ts, fs.clockRate(), fs.eventClock, r.press); err != nil {
			r.counts.malformed.Add(1)
			return err
		}
	case kindAudio:
		r.keys.audio(ts, r.press)
	}

	i, ok := r.free.take()
	if !ok {
		r.counts.overflowed.Add(1)
		return nil
	}
	s := &r.slots[i]
	s.at, s.seq, s.stream, s.ts, s.kind, s.pt = at, seq, stream, ts, k, h.PayloadType
	s.n = copy(s.payload[:], payload)
	r.filled.put(i)
	r.counts.received.Add(1)
	return nil
}

// parse returns a packet's payload and kind, kindNone if it must be refused, and leaves the header in r.header.
func (r *Receiver) parse(pkt []byte, fs *formats) ([]byte, kind) {
	n, err := r.header.Unmarshal(pkt)
	if err != nil || r.header.Version != 2 || r.header.PayloadType > 127 {
		return nil, kindNone
	}
	payload := pkt[n:]
	if r.header.Padding {
		// RFC 3550 §5.1: the last byte counts the padding, itself included.
		if len(payload) == 0 {
			return nil, kindNone
		}
		pad := int(payload[len(payload)-1])
		if pad == 0 || pad > len(payload) {
			return nil, kindNone
		}
		payload = payload[:len(payload)-pad]
	}
	k := fs.kinds[r.header.PayloadType]
	if len(payload) > maxPayload || k == kindAudio && len(payload) == 0 {
		return nil, kindNone
	}
	return payload, k
}

func (r *Receiver) press(d Digit) {
	select {
	case r.digits <- d:
	default:
		r.counts.digitsLost.Add(1)
	}
}

// ReadFrame implements media.Source. It reports false while there is no stream, or the far end is silent.
func (r *Receiver) ReadFrame(f *media.Frame) bool { return r.play.readFrame(f) }

// Digits carries each key press once, at its end. A digit is dropped and counted where nobody receives in time.
func (r *Receiver) Digits() <-chan Digit { return r.digits }

// SetFormats takes what a new offer and answer negotiated. Formats that stay are not interrupted.
func (r *Receiver) SetFormats(list []Format, eventPT uint8) error {
	return r.setFormats(list, eventPT, 0)
}

// setFormats is SetFormats with the clock of telephone-event; 0 is that of the first format.
func (r *Receiver) setFormats(list []Format, eventPT uint8, eventClock int) error {
	r.configure.Lock()
	defer r.configure.Unlock()
	old := r.formats.Load()
	fs, err := newFormats(list, eventPT, eventClock, old)
	if err != nil {
		return err
	}
	if slices.Equal(list, old.list) && eventPT == old.eventPT && fs.eventClock == old.eventClock {
		return nil
	}
	r.formats.Store(fs)
	return nil
}

// Reset forgets the stream: the next packet starts a new one.
func (r *Receiver) Reset() { r.resets.Add(1) }

// Stats returns the counts.
func (r *Receiver) Stats() ReceiverStats {
	c := &r.counts
	s := ReceiverStats{
		Received:   c.received.Load(),
		Malformed:  c.malformed.Load(),
		Strangers:  c.strangers.Load(),
		Overflowed: c.overflowed.Load(),
		DigitsLost: c.digitsLost.Load(),
		Late:       c.late.Load(),
		Dropped:    c.dropped.Load(),
		Concealed:  c.concealed.Load(),
		Recovered:  c.recovered.Load(),
		Resyncs:    c.resyncs.Load(),
		Delay:      time.Duration(c.delay.Load()),
		Target:     time.Duration(c.target.Load()),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Lost, s.Duplicated, s.Jitter = r.reception.lost(), r.reception.duplicates, r.reception.jitterTime()
	return s
}

var _ media.Source = (*Receiver)(nil)
