package rtp

import (
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

const (
	// pauseSamples is how long a stream may stay away before it counts as silent: concealment has faded by then.
	pauseSamples = media.SampleRate / 10
	// jumpSamples is how far ahead a timestamp may lie, beyond what was filled in, before it counts as a jump.
	jumpSamples = media.SampleRate / 2
	// stretchPause is how many ticks lie between two attempts to trim the delay: each one costs a seam in the sound.
	stretchPause = 5
	// patience is how many attempts wait for a place where the seam is not heard.
	patience = 20
)

// playout is the side of a Receiver that ReadFrame owns. Packets wait in order in the window; their sound, decoded when
// it is due, waits in the queue until a Frame is full.
//
// Two positions run through the stream: next is the sequence number that is due, position the timestamp. What is made up
// while nothing is there (owed) does not move the position: if the missing packet turns out late it is still played, and
// the delay has grown by that much; if it was lost, the gap counts as filled already.
type playout struct {
	r     *Receiver
	now   func() time.Time
	delay delayControl
	noise comfortNoise

	stream uint32
	resets uint32
	window [slots]int16 // slot index by sequence number, −1 where the packet is missing
	held   int          // packets in the window
	next   int64
	fresh  bool // nothing of this stream has been played: next may still move back

	playing  bool
	damaged  bool // the latest packet could not be decoded
	quiet    bool // the far end said that it pauses: telephone-event or comfort noise came last
	located  bool // position is known
	position timestamp
	owed     int // samples made up since position
	clock    int // Hz, of position
	decoder  codec.Decoder
	lastLen  int // samples in the latest packet

	queue     [2 * codec.MaxSamples]int16
	queued    int
	trimPause int // ticks until the next attempt
	refusals  int // attempts in a row that found no place for a seam
}

func (p *playout) init(r *Receiver, cfg ReceiverConfig) {
	p.r, p.now = r, cfg.Now
	p.delay = delayControl{margin: cfg.MinDelay, max: cfg.MaxDelay}
	p.delay.reset()
	for i := range p.window {
		p.window[i] = -1
	}
}

func (p *playout) readFrame(f *media.Frame) bool {
	now := p.now()
	if n := p.r.resets.Load(); n != p.resets {
		p.resets = n
		p.forget()
	}
	p.drain(now)
	p.delay.tick()
	for p.queued < media.FrameSamples && p.advance(now) {
	}
	p.steer(now)
	p.r.counts.delay.Store(int64(p.delay.mean) + int64(p.queued%media.FrameSamples)*int64(time.Second)/media.SampleRate)
	p.r.counts.target.Store(int64(p.delay.target()))

	if p.queued == 0 && p.noise.amplitude == 0 {
		return false
	}
	if p.queued < media.FrameSamples { // the stream pauses
		p.noise.fill(p.queue[p.queued:media.FrameSamples])
		p.queued = media.FrameSamples
	}
	copy(f[:], p.queue[:])
	copy(p.queue[:], p.queue[media.FrameSamples:p.queued])
	p.queued -= media.FrameSamples
	return true
}

// forget gives up the stream and what is on its way of it.
func (p *playout) forget() {
	for i, ok := p.r.filled.take(); ok; i, ok = p.r.filled.take() {
		p.r.free.put(i)
	}
	p.flush()
	p.queued, p.stream, p.noise.amplitude = 0, 0, 0
}

// drain takes what Push has filled into the window.
func (p *playout) drain(now time.Time) {
	for {
		i, ok := p.r.filled.take()
		if !ok {
			return
		}
		s := &p.r.slots[i]
		if s.stream != p.stream {
			p.flush()
			p.stream, p.next, p.fresh, p.decoder = s.stream, s.seq, true, nil
			p.delay.reset()
			p.r.counts.resyncs.Add(1)
		}
		if s.seq < p.next {
			if !p.fresh || p.next-s.seq >= slots || !p.roomBefore(s.seq) {
				p.r.counts.late.Add(1)
				if s.kind == kindAudio && p.playing {
					p.delay.waited(-media.FrameDuration)
				}
				p.r.free.put(i)
				continue
			}
			p.next = s.seq
		}
		if s.seq >= p.next+slots {
			p.flush()
			p.next = s.seq
			p.r.counts.resyncs.Add(1)
		}
		p.window[s.seq%slots] = int16(i)
		p.held++
	}
}

// roomBefore reports whether the window, which starts at next, may start at seq without losing its end.
func (p *playout) roomBefore(seq int64) bool {
	for q := seq + slots; q < p.next+slots; q++ {
		if p.window[q%slots] >= 0 {
			return false
		}
	}
	return true
}

// flush gives up every packet in the window and the place in the stream.
func (p *playout) flush() {
	for i, w := range p.window {
		if w >= 0 {
			p.r.free.put(uint8(w))
			p.window[i] = -1
			p.r.counts.dropped.Add(1)
		}
	}
	p.held = 0
	p.playing, p.quiet, p.damaged, p.located, p.owed = false, false, false, false, 0
}

// first returns the packet that is due or, where that is missing, the first after it.
func (p *playout) first() *slot {
	if p.held == 0 {
		return nil
	}
	for seq := p.next; ; seq++ {
		if w := p.window[seq%slots]; w >= 0 {
			return &p.r.slots[w]
		}
	}
}

// release gives a packet's slot back; the one after it is due.
func (p *playout) release(s *slot) {
	i := p.window[s.seq%slots]
	p.window[s.seq%slots] = -1
	p.held--
	p.next, p.fresh = s.seq+1, false
	p.r.free.put(uint8(i))
}

// advance decodes, fills or skips one piece of the stream. It reports false where nothing more is to be had now.
func (p *playout) advance(now time.Time) bool {
	s := p.first()
	if s == nil {
		return p.starve()
	}
	if s.kind != kindAudio {
		if s.kind == kindNoise {
			p.noise.set(s.payload[:s.n])
		}
		p.quiet = true
		p.release(s)
		return true
	}
	wait := now.Sub(s.at)
	if wait > p.delay.max+media.FrameDuration {
		// Too old to be caught up with: after a stall of the network or of our own.
		p.r.counts.dropped.Add(1)
		p.located = false
		p.release(s)
		return true
	}
	if !p.playing {
		if !p.delay.starts(wait) {
			return false
		}
		p.playing, p.located = true, false
	}
	fs := p.r.formats.Load()
	if fs.kinds[s.pt] != kindAudio { // negotiated away while it waited
		p.release(s)
		return true
	}
	if f := fs.index[s.pt]; fs.decoders[f] != p.decoder {
		clock := fs.list[f].Codec.ClockRate()
		p.located = p.located && p.clock == clock // RFC 7160 §3: else the timestamps can't be compared
		p.decoder, p.clock = fs.decoders[f], clock
		p.decoder.Reset()
	}
	gap := p.gap(s)
	if _, copies := p.decoder.(codec.Recoverer); copies && s.seq > p.next {
		p.delay.lossy()
	}
	if gap > 0 {
		p.fill(s, gap)
		return true
	}
	p.decode(s, now)
	return true
}

// gap is how many samples are to be filled before s is due.
func (p *playout) gap(s *slot) int {
	if p.located {
		ahead := int(s.ts.since(p.position)) * (media.SampleRate / 1000) / (p.clock / 1000)
		if ahead >= 0 && ahead-p.owed <= jumpSamples {
			return ahead - p.owed
		}
		p.r.counts.resyncs.Add(1) // the far end's clock jumped: go on with what comes
	}
	p.position, p.located, p.owed = s.ts, true, 0
	return 0
}

// fill makes up a piece of a gap before s: silence or noise where the far end paused, else what was lost.
func (p *playout) fill(s *slot, gap int) {
	n := min(gap, media.FrameSamples)
	out := p.queue[p.queued : p.queued+n]
	switch {
	case p.quiet || s.seq == p.next && !p.damaged: // no packet is missing: the far end skipped the time
		p.noise.fill(out)
	case n == gap && n == p.lastLen && p.recover(s, out):
		p.r.counts.recovered.Add(uint64(n))
	default:
		p.decoder.Conceal(out)
		p.r.counts.concealed.Add(uint64(n))
	}
	p.queued += n
	p.owed += n
}

// recover decodes the copy of the lost packet that s carries, if its codec has such.
func (p *playout) recover(s *slot, out []int16) bool {
	d, ok := p.decoder.(codec.Recoverer)
	return ok && d.Recover(s.payload[:s.n], out) == nil
}

func (p *playout) decode(s *slot, now time.Time) {
	n, err := p.decoder.Decode(s.payload[:s.n], p.queue[p.queued:])
	if err != nil {
		// As if lost: its time is filled when the next packet shows how long it was.
		p.r.counts.malformed.Add(1)
		p.damaged = true
		p.release(s)
		return
	}
	// Frames that are queued already put off the tick that needs this one.
	p.delay.waited(now.Sub(s.at) + time.Duration(p.queued/media.FrameSamples)*media.FrameDuration)
	p.queued += n
	p.position = s.ts + timestamp(n*(p.clock/1000)/(media.SampleRate/1000))
	p.lastLen, p.owed, p.quiet, p.damaged = n, 0, false, false
	p.noise.amplitude = 0
	p.release(s)
}

// starve is the turn of a packet while none is there.
func (p *playout) starve() bool {
	if !p.playing {
		return false
	}
	if p.quiet || p.owed >= pauseSamples {
		p.playing = false
		p.delay.paused()
		return false
	}
	n := media.FrameSamples - p.queued
	p.decoder.Conceal(p.queue[p.queued:media.FrameSamples])
	p.r.counts.concealed.Add(uint64(n))
	p.queued += n
	p.owed += n
	return true
}

// steer lengthens or shortens what is queued by a period of the voice, as the delay asks for.
func (p *playout) steer(now time.Time) {
	if !p.playing || p.owed != 0 || p.queued < media.FrameSamples {
		return
	}
	p.trimPause = max(0, p.trimPause-1)
	surplus := p.queued % media.FrameSamples
	if p.delay.growing {
		n := codec.Lengthen(p.queue[:p.queued:len(p.queue)], media.FrameSamples, p.refusals >= patience/4)
		p.steered(-n, surplus)
		return
	}
	if p.trimPause > 0 || p.delay.excess(surplus) < minTrim {
		return
	}
	p.trimPause = stretchPause
	// Shortening looks at more than a Frame; decode ahead what is there in order anyway.
	for p.queued < 2*media.FrameSamples {
		s := p.first()
		if s == nil || s.seq != p.next || s.kind != kindAudio || s.ts != p.position {
			return
		}
		if !p.advance(now) {
			return
		}
	}
	surplus = p.queued % media.FrameSamples
	n := codec.Shorten(p.queue[:p.queued], p.delay.excess(surplus), p.refusals >= patience)
	p.steered(n, surplus)
}

// minTrim is the shortest period that Shorten removes, in samples.
const minTrim = media.SampleRate / 400

func (p *playout) steered(n, surplus int) {
	if n == 0 {
		p.refusals++
		return
	}
	p.refusals = 0
	p.queued -= n
	p.delay.moved(n, surplus)
}
