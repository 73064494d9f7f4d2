package decoder

import "slices"

const (
	// guessAhead is how many guessed tokens one run checks: a row more costs a sixth of a run with one.
	guessAhead = 8
	// guessReach is how far ahead in the guess a token may stand that was said instead of the one that was guessed, and
	// guessMisses how many tokens in a row may not stand in it, before it is given up.
	guessReach  = 4
	guessMisses = 6
)

// guess is what another model, such as that of the partials, heard of the same sound, in tokens of this one. Unlike a draft it
// is taken up again behind a place where the two differ.
type guess struct {
	rest   []int64
	misses int
}

// newGuess offers the first tokens.
func newGuess(tokens []int64) (offered []int64, g guess) {
	n := min(guessAhead, len(tokens))
	return tokens[:n:n], guess{rest: tokens[n:]}
}

// after gives what may follow a token; unsaid is what was offered in its place, or behind it.
func (g *guess) after(token int64, unsaid []int64) (offered []int64) {
	rest := g.rest
	if len(unsaid) > 0 {
		rest = append(slices.Clone(unsaid), rest...)
	}
	i := slices.Index(rest[:min(len(rest), guessReach+g.misses)], token)
	if i < 0 {
		if g.misses++; g.misses > guessMisses {
			rest = nil
		}
		g.rest = rest
		return nil
	}
	g.misses = 0
	rest = rest[i+1:]
	n := min(guessAhead, len(rest))
	g.rest = rest[n:]
	return rest[:n:n]
}
