package media

import "math/bits"

// mixer holds what one tick works with.
type mixer struct {
	in    [MaxLegs]Frame
	heard uint16 // which of in hold sound, one bit per slot
	sum   [FrameSamples]int32
	out   Frame
	noise noise
}

// tick carries 20 ms from every leg to every leg.
func (b *Bridge) tick() {
	b.mu.Lock()
	defer b.mu.Unlock()
	matrix := b.matrix.Load()
	pos := b.pos.Load()
	b.read(pos)
	for i := range b.seats {
		if leg := b.seats[i].leg; leg != nil {
			leg.WriteFrame(b.mixer.mix(matrix.speakers[i], b.silence))
		}
	}
	b.pos.Store(pos + 1)
	b.stats.ticks.Add(1)
}

// read takes each leg's sound and hands it to the leg's tap.
func (b *Bridge) read(pos int64) {
	m := &b.mixer
	m.heard = 0
	for i := range b.seats {
		s := &b.seats[i]
		if s.leg == nil {
			continue
		}
		in := &m.in[i]
		if s.leg.ReadFrame(in) {
			m.heard |= 1 << i
		} else if s.tap != nil {
			*in = Frame{}
		}
		if s.tap != nil && !s.tap.push(pos, in) {
			b.stats.tapDrops.Add(1)
		}
	}
}

// wakeReaders wakes those of the legs' taps.
func (b *Bridge) wakeReaders() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.seats {
		if t := b.seats[i].tap; t != nil {
			t.poke()
		}
	}
}

// mix gives what a listener with these speakers hears: the sum, clipped. The frame is valid until the next call.
func (m *mixer) mix(speakers uint16, silence bool) *Frame {
	speakers &= m.heard
	switch bits.OnesCount16(speakers) {
	case 0:
		if silence {
			m.out = Frame{}
		} else {
			m.noise.fill(&m.out)
		}
		return &m.out
	case 1:
		// A copy, because a sink that spoils its frame must not spoil another listener's.
		m.out = m.in[bits.TrailingZeros16(speakers)]
		return &m.out
	}
	clear(m.sum[:])
	for ; speakers != 0; speakers &= speakers - 1 {
		in := &m.in[bits.TrailingZeros16(speakers)]
		for i, v := range in {
			m.sum[i] += int32(v)
		}
	}
	for i, v := range m.sum {
		m.out[i] = int16(min(max(v, -32768), 32767))
	}
	return &m.out
}
