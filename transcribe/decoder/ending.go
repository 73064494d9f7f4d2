package decoder

import "math"

// leastEnd is the probability from which an end counts as a candidate.
const leastEnd = 0.02

// ending finds where a greedy search would have ended best. In noise Whisper does not find the end: it hears ten digits and then
// some of them again, unsure of each, until something else stops it. A beam would have kept the hypothesis that ended; as all
// that is needed of it is one logit of each step, it is kept here without the beam. As in Whisper's own beam search, of two
// hypotheses the one with the higher mean logarithm of its tokens' probabilities wins, the end's own among them. nil looks for
// none.
type ending struct {
	tokens int // before the best end; 0 = none was found
	score  float64
	sum    float64 // of the logarithms of the tokens that were taken in
	n      int     // how many those are
}

// consider takes in that the search could end after tokens of the probabilities p; row is what it thinks of the next one.
func (e *ending) consider(p []float64, row []float32, eot int) {
	if e == nil {
		return
	}
	for ; e.n < len(p); e.n++ {
		e.sum += math.Log(max(p[e.n], 1e-9))
	}
	if len(p) == 0 {
		return // that nobody speaks is told otherwise: see found.silent
	}
	end := softmax(row, eot)
	if end < leastEnd {
		return
	}
	if score := (e.sum + math.Log(end)) / float64(len(p)+1); e.tokens == 0 || score >= e.score {
		e.tokens, e.score = len(p), score
	}
}

// best is how many tokens stand before the best end; 0 where none was found.
func (e *ending) best() int {
	if e == nil {
		return 0
	}
	return e.tokens
}
