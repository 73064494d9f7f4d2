package codec

import "patchbay/media"

// g722 holds what the encoder and the decoder of ITU-T G.722 share: two ADPCM bands and the quadrature mirror filter
// that splits or joins them. Signals and blocks are named as in the Recommendation, in lower case.
type g722 struct {
	low, high g722Band
	qmf       [24]int32 // delay line, oldest first
}

func newG722() g722 {
	// §6.2.1.3 and the note on reset in §3: the scale factors start at their minimum.
	return g722{low: g722Band{det: 32}, high: g722Band{det: 8}}
}

// g722QMF are the even taps of the mirror filter's 24 (table 11); the odd ones are the same backwards, as the filter is
// symmetric.
var g722QMF = [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}

type g722Encoder struct{ g722 }

func newG722Encoder() *g722Encoder { return &g722Encoder{newG722()} }

func (e *g722Encoder) Encode(f *media.Frame, out []byte) (int, error) {
	if len(out) < media.FrameSamples/2 {
		return 0, ErrBuffer
	}
	for i := 0; i < media.FrameSamples; i += 2 {
		// Transmit QMF (§5.2.1). The sums hold 12 bits of fraction; another two go because the bands count 14 bits.
		copy(e.qmf[:22], e.qmf[2:])
		e.qmf[22], e.qmf[23] = int32(f[i]), int32(f[i+1])
		var odd, even int32
		for k, h := range g722QMF {
			odd += e.qmf[2*k] * h
			even += e.qmf[2*k+1] * g722QMF[11-k]
		}
		xl, xh := (even+odd)>>14, (even-odd)>>14

		el := saturate16(xl - e.low.s)
		ilow := quantLow(el, e.low.det)
		dlow := (e.low.det * g722InverseLow4[ilow>>2]) >> 15
		e.low.scaleLow(ilow >> 2)
		e.low.predict(dlow)

		eh := saturate16(xh - e.high.s)
		ihigh := quantHigh(eh, e.high.det)
		dhigh := (e.high.det * g722InverseHigh[ihigh]) >> 15
		e.high.scaleHigh(ihigh)
		e.high.predict(dhigh)

		out[i/2] = byte(ihigh<<6 | ilow)
	}
	return media.FrameSamples / 2, nil
}

type g722Decoder struct {
	g722
	plc concealer
}

func newG722Decoder() *g722Decoder { return &g722Decoder{g722: newG722()} }

func (d *g722Decoder) Decode(payload []byte, out []int16) (int, error) {
	n := 2 * len(payload)
	if n == 0 || n > MaxSamples {
		return 0, ErrPayload
	}
	if len(out) < n {
		return 0, ErrBuffer
	}
	for i, b := range payload {
		ilow, ihigh := int32(b&0x3f), int32(b>>6)

		// Mode 1 hears all six bits of the lower band, the predictor only the upper four (§6.2.1.1).
		rlow := limit15((d.low.det*g722InverseLow6[ilow])>>15 + d.low.s)
		dlow := (d.low.det * g722InverseLow4[ilow>>2]) >> 15
		d.low.scaleLow(ilow >> 2)
		d.low.predict(dlow)

		dhigh := (d.high.det * g722InverseHigh[ihigh]) >> 15
		rhigh := limit15(dhigh + d.high.s)
		d.high.scaleHigh(ihigh)
		d.high.predict(dhigh)

		// Receive QMF (§5.2.2).
		copy(d.qmf[:22], d.qmf[2:])
		d.qmf[22], d.qmf[23] = rlow+rhigh, rlow-rhigh
		var x1, x2 int32
		for k, h := range g722QMF {
			x2 += d.qmf[2*k] * h
			x1 += d.qmf[2*k+1] * g722QMF[11-k]
		}
		out[2*i], out[2*i+1] = clip(x1>>11), clip(x2>>11)
	}
	d.plc.received(out[:n])
	return n, nil
}

func (d *g722Decoder) Conceal(out []int16) { d.plc.conceal(out) }

func (d *g722Decoder) Reset() { *d = g722Decoder{g722: newG722()} }

var (
	_ Encoder = (*g722Encoder)(nil)
	_ Decoder = (*g722Decoder)(nil)
)
