package codec

import (
	"math"

	"patchbay/media"
)

// Lengths of concealment, in samples at 16 kHz. The periods are those of voices from 66 to 400 Hz (G.711 Appendix I
// §I.2.1).
const (
	msSamples    = media.SampleRate / 1000
	minPeriod    = 5 * msSamples / 2
	maxPeriod    = 15 * msSamples
	maxOverlap   = maxPeriod / 4
	matchSamples = 20 * msSamples // over which periods are compared
	plcHistory   = 3*maxPeriod + maxOverlap + matchSamples/4
	plcFull      = 10 * msSamples // concealed at full level
	plcSilent    = 60 * msSamples // after which nothing is left
	plcJoin      = 2 * msSamples  // over which the step at the first repetition is smoothed
)

// concealer repeats the last periods of a voice, in the spirit of ITU-T G.711 Appendix I: one period at first, later
// two and three so that it does not buzz, fading from 10 to 60 ms. Unlike there nothing is delayed: the step where the
// first repetition starts is smoothed away instead of overlapped. The zero value is ready.
type concealer struct {
	past     [plcHistory]int16 // the latest sound received
	made     int               // samples concealed since, 0 while packets arrive
	period   int
	periods  int // how many of them the loop holds
	loop     [3 * maxPeriod]int16
	at       int // next sample of loop
	step     int // what the first repetition is off the sound before
	nextLoop int // made from which on the loop may grow
}

// received takes the next good sound and blends it with the concealment before it, if any, in place.
func (c *concealer) received(pcm []int16) {
	if c.made > 0 {
		// Appendix I §I.2.6: the overlap grows with the loss, here from 4 to 10 ms.
		n := min(len(pcm), 4*msSamples+c.made/5, 10*msSamples)
		for i := range n {
			pcm[i] = blend(c.next(), pcm[i], i, n)
		}
		c.made = 0
	}
	if len(pcm) >= plcHistory {
		copy(c.past[:], pcm[len(pcm)-plcHistory:])
		return
	}
	copy(c.past[:], c.past[len(pcm):])
	copy(c.past[plcHistory-len(pcm):], pcm)
}

// conceal fills out in place of sound that is missing.
func (c *concealer) conceal(out []int16) {
	if c.made == 0 {
		c.period = findPeriod(c.past[:])
		c.fillLoop(1)
		c.step = int(c.past[plcHistory-1]) - int(c.past[plcHistory-1-c.period])
		c.at, c.nextLoop = 0, plcFull
	}
	for i := range out {
		out[i] = c.next()
	}
}

// next makes one sample.
func (c *concealer) next() int16 {
	if c.made >= plcSilent {
		return 0
	}
	s := int(c.loop[c.at])
	if c.made < plcJoin {
		s += c.step * (plcJoin - c.made) / plcJoin
	}
	if c.made > plcFull {
		s = s * (plcSilent - c.made) / (plcSilent - plcFull)
	}
	c.made++
	if c.at++; c.at == c.periods*c.period {
		c.at = 0
		if c.made >= c.nextLoop && c.periods < 3 {
			// The loop grows at its front, so what comes next is one period in: the same sample as before.
			c.fillLoop(c.periods + 1)
			c.nextLoop += plcFull
			c.at = c.period
		}
	}
	return clip(s)
}

// fillLoop takes the last n periods, with the end blended into what comes before the start, so that it goes round
// without a step.
func (c *concealer) fillLoop(n int) {
	c.periods = n
	length, overlap := n*c.period, c.period/4
	start := plcHistory - length
	copy(c.loop[:length], c.past[start:])
	for i := range overlap {
		j := length - overlap + i
		c.loop[j] = blend(c.loop[j], c.past[start-overlap+i], i, overlap)
	}
}

// findPeriod returns the lag at which the end of pcm resembles most what was before: first over every second sample and
// lag, then around the best.
func findPeriod(pcm []int16) int {
	best := searchPeriod(pcm, minPeriod, maxPeriod, 2)
	return searchPeriod(pcm, max(minPeriod, best-1), min(maxPeriod, best+1), 1)
}

func searchPeriod(pcm []int16, from, to, step int) (lag int) {
	end := pcm[len(pcm)-matchSamples:]
	best := math.Inf(-1)
	lag = to
	for l := from; l <= to; l += step {
		if s := similarity(end, pcm[len(pcm)-matchSamples-l:], step); s > best {
			best, lag = s, l
		}
	}
	return lag
}

// similarity is the normalised correlation of a with as much of b, −1 to 1, over every step-th sample.
func similarity(a, b []int16, step int) float64 {
	var ab, aa, bb int64
	for i := 0; i < len(a); i += step {
		x, y := int64(a[i]), int64(b[i])
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return float64(ab) / math.Sqrt(float64(aa)*float64(bb))
}

// blend goes from a to b: i of n.
func blend(a, b int16, i, n int) int16 {
	return int16((int(a)*(n-i) + int(b)*i) / n)
}
