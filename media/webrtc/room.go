package webrtc

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"
)

// How a room asks its sender for key frames, and tells it how much its viewers can take.
const (
	keyframePause = 500 * time.Millisecond // between two requests to one sender, whoever asks
	roomTick      = 250 * time.Millisecond // requests are repeated until a viewer has one
	limitEvery    = time.Second            // the limit is told again that often (REMB may get lost)

	leastBitrate = 60_000    // bit/s: below, stills are sharper than a moving picture
	mostBitrate  = 4_000_000 // bit/s: 1080p of a phone
	limitStale   = 10 * time.Second
)

// Room forwards one sender's picture to those who watch, packet by packet, never decoded; and carries small messages
// between all of its members, for their owner to relay. It owns one goroutine, and each member its own; Close ends all.
type Room struct {
	api *API
	log *slog.Logger

	viewers atomic.Pointer[[]*Member] // replaced whole: the sender's reader takes no lock
	ask     chan struct{}             // capacity 1: a key frame is wanted

	mu      sync.Mutex // guards what is below
	sender  *Member
	codec   VideoCodec // of the last source
	members map[*Member]struct{}
	closed  bool

	sources atomic.Uint64 // numbers streams: a sender that reloads is a new one
	stop    chan struct{}
	running sync.WaitGroup

	asked    time.Time // owned by run
	wished   bool      // owned by run: a key frame is wanted, and was not asked for yet
	limited  time.Time // owned by run
	requests atomic.Uint64
}

// NewRoom makes a room without members.
func (a *API) NewRoom(log *slog.Logger) *Room {
	if log == nil {
		log = a.log
	}
	r := &Room{api: a, log: log, members: map[*Member]struct{}{}, ask: make(chan struct{}, 1), stop: make(chan struct{})}
	r.viewers.Store(&[]*Member{})
	r.running.Go(r.run)
	return r
}

// run asks for key frames and tells the sender its limit, until Close.
func (r *Room) run() {
	tick := time.NewTicker(roomTick)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-r.ask:
			r.wished = true
		case <-tick.C:
		}
		now, wanted := time.Now(), r.wished
		for _, v := range *r.viewers.Load() {
			wanted = wanted || v.track.waiting.Load()
		}
		r.mu.Lock()
		sender := r.sender
		r.mu.Unlock()
		if sender == nil {
			continue
		}
		ssrc := sender.ssrc.Load()
		if ssrc == 0 {
			continue
		}
		// RFC 4585 §6.3.1. Throttled by source: ten viewers with a loss each must not cost ten key frames.
		if wanted && now.Sub(r.asked) >= keyframePause {
			r.asked, r.wished = now, false
			r.requests.Add(1)
			_ = sender.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
		}
		if now.Sub(r.limited) >= limitEvery {
			r.limited = now
			_ = sender.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{
				SSRCs: []uint32{ssrc}, Bitrate: float32(r.limit(now)),
			}})
		}
	}
}

// limit is what the slowest viewer can take, in bit/s.
func (r *Room) limit(now time.Time) float64 {
	least := float64(mostBitrate)
	for _, v := range *r.viewers.Load() {
		least = min(least, v.budget.limit(now))
	}
	return max(least, leastBitrate)
}

// WantKeyframe has the sender asked for a key frame soon, for who does not watch as a member does.
func (r *Room) WantKeyframe() { r.wantKeyframe() }

// wantKeyframe has the sender asked for a key frame soon.
func (r *Room) wantKeyframe() {
	select {
	case r.ask <- struct{}{}:
	default:
	}
}

// add takes a member in. A new sender takes the place of the one before.
func (r *Room) add(m *Member) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.members[m] = struct{}{}
	if m.send {
		r.sender = m
	} else {
		next := append(slices.Clone(*r.viewers.Load()), m)
		r.viewers.Store(&next)
	}
	return true
}

func (r *Room) remove(m *Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
	if r.sender == m {
		r.sender = nil
	}
	next := slices.DeleteFunc(slices.Clone(*r.viewers.Load()), func(v *Member) bool { return v == m })
	r.viewers.Store(&next)
}

// forward carries a sender's track to the viewers until it ends.
func (r *Room) forward(m *Member, t *pion.TrackRemote) {
	codec := videoCodecOf(t.Codec().MimeType)
	if codec == "" {
		return // pion takes only what we offered
	}
	source := r.sources.Add(1)
	m.ssrc.Store(uint32(t.SSRC()))
	r.mu.Lock()
	r.codec = codec
	r.mu.Unlock()
	for _, v := range *r.viewers.Load() {
		v.track.waiting.Store(true)
		if bound, _ := v.track.bound(); bound != "" && bound != codec && v.onStale != nil {
			v.events.call(v.onStale) // it waits for another codec: its owner negotiates anew
		}
	}
	r.wantKeyframe()
	buf := make([]byte, packetSize)
	var h pionrtp.Header
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		h = pionrtp.Header{}
		head, err := h.Unmarshal(buf[:n])
		if err != nil {
			m.inbound.bad.Add(1)
			continue
		}
		payload := buf[head:n]
		if h.Padding && len(payload) > 0 { // RFC 3550 §5.1: the last byte counts the padding, itself included
			payload = payload[:max(0, len(payload)-int(payload[len(payload)-1]))]
		}
		key := keyframe(codec, payload)
		now := time.Now()
		m.inbound.count(&h, len(payload), key)
		for _, v := range *r.viewers.Load() {
			v.track.write(source, codec, &h, payload, key, now)
		}
		if tap := m.onPacket; tap != nil {
			tap(codec, &h, payload)
		}
	}
}

// Codec is that of the last picture, "" before the first.
func (r *Room) Codec() VideoCodec {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.codec
}

// KeyframeRequests is how often the sender was asked for a key frame.
func (r *Room) KeyframeRequests() uint64 { return r.requests.Load() }

// agreed are the codecs that every viewer has accepted; all while there is none.
func (r *Room) agreed() []VideoCodec {
	out := slices.Clone(videoCodecs)
	for _, v := range *r.viewers.Load() {
		if can := v.can(); len(can) > 0 {
			out = slices.DeleteFunc(out, func(c VideoCodec) bool { return !slices.Contains(can, c) })
		}
	}
	if len(out) == 0 {
		return videoCodecs // somebody will not see it, and is told
	}
	return out
}

// Close closes every member and waits for their goroutines.
func (r *Room) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		r.running.Wait()
		return nil
	}
	r.closed = true
	var all []*Member
	for m := range r.members {
		all = append(all, m)
	}
	r.mu.Unlock()
	close(r.stop)
	var err error
	for _, m := range all {
		if e := m.Close(); e != nil && err == nil {
			err = e
		}
	}
	r.running.Wait()
	return err
}

// inbound counts what a sender's picture brings.
type inbound struct {
	packets, bytes, frames, keyframes, bad atomic.Uint64

	mu      sync.Mutex // the reader writes, Stats reads
	started bool
	first   int64 // extended sequence numbers
	highest int64
}

func (in *inbound) count(h *pionrtp.Header, size int, key bool) {
	in.packets.Add(1)
	in.bytes.Add(uint64(size))
	if h.Marker { // RFC 7741 §4.1, RFC 6184 §5.1: the last packet of a frame
		in.frames.Add(1)
	}
	if key {
		in.keyframes.Add(1)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.started {
		in.started, in.first, in.highest = true, int64(h.SequenceNumber), int64(h.SequenceNumber)
		return
	}
	in.highest = max(in.highest, in.highest+int64(int16(h.SequenceNumber-uint16(in.highest))))
}

func (in *inbound) lost() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.started {
		return 0
	}
	return uint64(max(0, in.highest-in.first+1-int64(in.packets.Load())))
}

// budget is what a viewer can take: what its browser estimates, and what its losses allow.
type budget struct {
	mu        sync.Mutex
	estimate  float64 // REMB, bit/s; 0 for none
	estimated time.Time
	byLoss    float64 // bit/s; 0: no limit
	fraction  float64 // of the last report
}

func (b *budget) limit(now time.Time) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	least := float64(mostBitrate)
	if b.estimate > 0 && now.Sub(b.estimated) < limitStale {
		least = b.estimate
	}
	if b.byLoss > 0 {
		least = min(least, b.byLoss)
	}
	return least
}

func (b *budget) remb(bitrate float64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.estimate, b.estimated = bitrate, now
}

// loss is the loss-based controller of Google's congestion control (draft-ietf-rmcat-gcc §6): above a tenth it gives way,
// below a fiftieth it grows.
func (b *budget) loss(fraction, current float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fraction = fraction
	switch {
	case fraction > 0.10:
		if b.byLoss == 0 {
			b.byLoss = max(current, leastBitrate)
		}
		b.byLoss = max(b.byLoss*(1-fraction/2), leastBitrate)
	case fraction < 0.02 && b.byLoss > 0:
		if b.byLoss *= 1.08; b.byLoss > mostBitrate {
			b.byLoss = 0
		}
	}
}
