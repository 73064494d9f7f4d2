package codec

import "patchbay/media"

// g711Samples is a Frame at G.711's 8 kHz.
const g711Samples = media.FrameSamples / 2

// The code tables. Decoding looks up the byte, encoding the sample's upper bits: 14 for µ-law, 13 for A-law, which is
// all that ITU-T G.711 tables 1 and 2 regard. They are written once, here, and only read afterwards.
var (
	ulawToLinear, alawToLinear = expandTables()
	linearToUlaw, linearToAlaw = compressTables()
)

// expandUlaw is G.711 table 2a: a sign, a chord of 3 bits and a step of 4, all bits inverted, about a bias of 33 in
// units of a 14-bit sample.
func expandUlaw(b byte) int16 {
	b = ^b
	v := ((int(b&0x0f)<<1+33)<<(b>>4&7) - 33) << 2
	if b&0x80 != 0 {
		return int16(-v)
	}
	return int16(v)
}

// expandAlaw is G.711 table 1a: as µ-law, with every second bit inverted, the sign the other way round and the first
// two chords alike.
func expandAlaw(b byte) int16 {
	b ^= 0x55
	v := int(b&0x0f)<<4 + 8
	if chord := b >> 4 & 7; chord > 0 {
		v = (v + 0x100) << (chord - 1)
	}
	if b&0x80 == 0 {
		return int16(-v)
	}
	return int16(v)
}

func compressUlaw(v int) byte { // v has 14 bits
	sign := byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, 8158) + 33
	chord := byte(0)
	for v>>(chord+6) != 0 {
		chord++
	}
	return ^(sign | chord<<4 | byte(v>>(chord+1)&0x0f))
}

func compressAlaw(v int) byte { // v has 13 bits
	sign := byte(0x80)
	if v < 0 {
		v, sign = -v-1, 0 // the decision values of table 1b lie symmetric about −½
	}
	chord := byte(0)
	for v>>(chord+5) != 0 {
		chord++
	}
	step := byte(v >> 1)
	if chord > 1 {
		step = byte(v >> chord)
	}
	return (sign | chord<<4 | step&0x0f) ^ 0x55
}

func expandTables() (ulaw, alaw [256]int16) {
	for i := range 256 {
		ulaw[i], alaw[i] = expandUlaw(byte(i)), expandAlaw(byte(i))
	}
	return
}

func compressTables() (ulaw [1 << 14]byte, alaw [1 << 13]byte) {
	for i := range ulaw {
		ulaw[i] = compressUlaw(i - 1<<13)
	}
	for i := range alaw {
		alaw[i] = compressAlaw(i - 1<<12)
	}
	return
}

type g711Encoder struct {
	alaw bool
	down Downsampler
	pcm  [g711Samples]int16
}

func newG711Encoder(c Codec) *g711Encoder { return &g711Encoder{alaw: c == PCMA} }

func (e *g711Encoder) Encode(f *media.Frame, out []byte) (int, error) {
	if len(out) < g711Samples {
		return 0, ErrBuffer
	}
	e.down.Process(e.pcm[:], f[:])
	if e.alaw {
		for i, s := range e.pcm {
			out[i] = linearToAlaw[int(s)>>3+1<<12]
		}
	} else {
		for i, s := range e.pcm {
			out[i] = linearToUlaw[int(s)/4+1<<13]
		}
	}
	return g711Samples, nil
}

type g711Decoder struct {
	table *[256]int16
	up    Upsampler
	plc   concealer
	pcm   [MaxSamples / 2]int16
}

func newG711Decoder(c Codec) *g711Decoder {
	d := &g711Decoder{table: &ulawToLinear}
	if c == PCMA {
		d.table = &alawToLinear
	}
	return d
}

func (d *g711Decoder) Decode(payload []byte, out []int16) (int, error) {
	n := 2 * len(payload)
	if n == 0 || n > MaxSamples {
		return 0, ErrPayload
	}
	if len(out) < n {
		return 0, ErrBuffer
	}
	for i, b := range payload {
		d.pcm[i] = d.table[b]
	}
	d.up.Process(out[:n], d.pcm[:len(payload)])
	d.plc.received(out[:n])
	return n, nil
}

func (d *g711Decoder) Conceal(out []int16) { d.plc.conceal(out) }

func (d *g711Decoder) Reset() {
	d.up = Upsampler{}
	d.plc = concealer{}
}

var (
	_ Encoder = (*g711Encoder)(nil)
	_ Decoder = (*g711Decoder)(nil)
)
