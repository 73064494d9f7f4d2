package codec

import "math"

// g722Band is the adaptive predictor and quantiser of one band (G.722 §3.5 and §6.2).
type g722Band struct {
	s   int32    // s: estimate of the next sample
	det int32    // detl, deth: scale factor of the quantiser
	nb  int32    // nbl, nbh: its logarithm
	sp  int32    // sp: part of the estimate from the poles
	sz  int32    // sz: part of the estimate from the zeros
	a   [2]int32 // al1, al2: the poles
	b   [6]int32 // the zeros
	d   [6]int32 // dlt1…6: the latest differences
	r   [2]int32 // rlt1, rlt2: the latest reconstructions
	p   [2]int32 // plt1, plt2: the latest partial reconstructions
}

// predict is the "block 4" of G.722 §6.2.1.4 to §6.2.1.6: given the quantised difference d it adapts the predictor and
// estimates the next sample.
func (g *g722Band) predict(d int32) {
	r := saturate16(g.s + d)  // RECONS
	p := saturate16(g.sz + d) // PARREC

	// UPPOL2
	same1, same2 := (p < 0) == (g.p[0] < 0), (p < 0) == (g.p[1] < 0)
	wd1 := saturate16(g.a[0] << 2)
	wd2 := wd1
	if same1 {
		wd2 = max(-wd1, math.MinInt16)
		wd2 = min(wd2, math.MaxInt16)
	}
	wd3 := int32(-128)
	if same2 {
		wd3 = 128
	}
	a2 := max(-12288, min(12288, wd2>>7+wd3+(g.a[1]*32512)>>15))

	// UPPOL1
	wd1 = -192
	if same1 {
		wd1 = 192
	}
	a1 := saturate16(wd1 + (g.a[0]*32640)>>15)
	wd3 = saturate16(15360 - a2)
	a1 = max(-wd3, min(wd3, a1))

	// UPZERO
	step := int32(128)
	if d == 0 {
		step = 0
	}
	for i := range g.b {
		wd := step
		if (d < 0) != (g.d[i] < 0) {
			wd = -step
		}
		g.b[i] = saturate16(wd + (g.b[i]*32640)>>15)
	}

	// DELAYA
	copy(g.d[1:], g.d[:5])
	g.d[0] = d
	g.r[1], g.r[0] = g.r[0], r
	g.p[1], g.p[0] = g.p[0], p
	g.a = [2]int32{a1, a2}

	// FILTEP
	wd1 = (a1 * saturate16(2*g.r[0])) >> 15
	wd2 = (a2 * saturate16(2*g.r[1])) >> 15
	g.sp = saturate16(wd1 + wd2)

	// FILTEZ
	sz := int32(0)
	for i, b := range g.b {
		sz += (b * saturate16(2*g.d[i])) >> 15
	}
	g.sz = saturate16(sz)

	g.s = saturate16(g.sp + g.sz) // PREDIC
}

// scaleLow adapts the quantiser of the lower band to the four bits that the predictor sees (LOGSCL and SCALEL).
func (g *g722Band) scaleLow(il int32) {
	g.nb = max(0, min(18432, (g.nb*127)>>7+g722LogLow[il]))
	g.det = g722Scale(g.nb, 8)
}

// scaleHigh is LOGSCH and SCALEH.
func (g *g722Band) scaleHigh(ih int32) {
	g.nb = max(0, min(22528, (g.nb*127)>>7+g722LogHigh[ih]))
	g.det = g722Scale(g.nb, 10)
}

func g722Scale(nb, shift int32) int32 {
	wd := g722Exp[nb>>6&31]
	if shift -= nb >> 11; shift < 0 {
		return wd << -shift << 2
	}
	return wd >> shift << 2
}

// quantLow is QUANTL: six bits for the difference el.
func quantLow(el, det int32) int32 {
	wd := el
	if el < 0 {
		wd = -(el + 1)
	}
	mil := int32(1)
	for mil < 30 && wd >= (g722Levels[mil]*det)>>12 {
		mil++
	}
	if el < 0 {
		return g722CodeNeg[mil]
	}
	return 62 - mil
}

// quantHigh is QUANTH: two bits for the difference eh.
func quantHigh(eh, det int32) int32 {
	wd := eh
	if eh < 0 {
		wd = -(eh + 1)
	}
	outer := wd >= (564*det)>>12
	switch {
	case eh < 0 && outer:
		return 0
	case eh < 0:
		return 1
	case outer:
		return 2
	}
	return 3
}

// saturate16 limits to 16 bits, as the Recommendation's additions do.
func saturate16(v int32) int32 { return max(math.MinInt16, min(math.MaxInt16, v)) }

// limit15 is LIMIT: the reconstructed bands have 15 bits.
func limit15(v int32) int32 { return max(-16384, min(16383, v)) }
