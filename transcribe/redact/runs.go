package redact

import (
	"slices"
	"strings"
)

// run is digits with nothing but fillers between them.
type run struct {
	tokens []token
	digits string
	phone  bool // begins as a telephone number with its country
	counts bool // an amount or a measure
	last   bool // nothing but fillers is behind it
}

func (r run) i() int { return r.tokens[0].i }
func (r run) j() int { return r.tokens[len(r.tokens)-1].j }

const maxFillers = 4 // between two digits of a run

// runsOf joins tokens.
func runsOf(ts []token) []run {
	var out []run
	for i := 0; i < len(ts); {
		if ts[i].kind != digits {
			i++
			continue
		}
		r := run{}
		if i > 0 {
			r.phone, r.counts = ts[i-1].kind == plus || ts[i-1].word == "plus", ts[i-1].kind == currency
		}
		end := i
		for j, gap := i, 0; j < len(ts) && gap <= maxFillers; j++ {
			if ts[j].kind == digits {
				r.tokens = append(r.tokens, ts[j])
				r.digits += ts[j].val
				end, gap = j+1, 0
				continue
			}
			if ts[j].kind != filler {
				break
			}
			gap++
		}
		r.phone = r.phone || strings.HasPrefix(r.digits, "00") || strings.HasPrefix(r.digits, "011")
		r.last = !slices.ContainsFunc(ts[end:], func(t token) bool { return t.kind != filler })
		if end < len(ts) {
			next := ts[end]
			r.counts = r.counts || units[next.word] || next.kind == breaker && next.word == "" && strings.ContainsRune(unitRunes, next.first)
		}
		out = append(out, r)
		i = end
	}
	return out
}

// parted splits a run that goes over several lines where one of them is a number of its own: nine to eleven digits in one
// breath are a telephone, order or account number, and people who read out two such numbers one after the other would else
// lose both to the rule for long numbers. Lines that make a card number by scheme, length and checksum stay together, and so do
// shorter ones: cards are read in groups. The length counts because one of ten numbers fits the checksum by chance, and the
// nineteen digits of two telephone numbers of which one was misheard are more often said than a card's in two such halves.
func (r run) parted(f folded) []run {
	var lines []run
	for k, t := range r.tokens {
		if k == 0 || slices.Contains(f.runes[r.tokens[k-1].j:t.i], '\n') {
			lines = append(lines, run{})
		}
		last := &lines[len(lines)-1]
		last.tokens, last.digits = append(last.tokens, t), last.digits+t.val
	}
	if !slices.ContainsFunc(lines, run.own) {
		return []run{r}
	}
	var out []run
	for k := 0; k < len(lines); {
		end := k + 1 // lines k up to end are one number
		for j, s := k+1, lines[k].digits; j < len(lines) && len(s) <= maxCard; j++ {
			if s += lines[j].digits; isIssuedCard(s) {
				end = j + 1
			}
		}
		if end == k+1 { // no card's: shorter lines stay together
			for sum := lines[k]; end < len(lines) && !sum.own() && !lines[end].own(); end++ {
				sum.digits += lines[end].digits
			}
		}
		number := run{}
		for _, l := range lines[k:end] {
			number.tokens, number.digits = append(number.tokens, l.tokens...), number.digits+l.digits
		}
		out = append(out, number)
		k = end
	}
	out[0].phone, out[len(out)-1].counts, out[len(out)-1].last = r.phone, r.counts, r.last
	return out
}

// own reports digits that are likely a whole number, and not a card's.
func (r run) own() bool { return len(r.digits) >= ownDigits && len(r.digits) < sureDigits }

// hasCard looks for a card number that begins and ends with tokens of the run, or lies within one long token.
func (r run) hasCard() bool {
	for a := range r.tokens {
		s := ""
		for _, t := range r.tokens[a:] {
			if s += t.val; len(s) > maxCard {
				break
			}
			if isCard(s) {
				return true
			}
		}
		v := r.tokens[a].val
		for k := 0; len(v) > maxCard && k+minCard <= len(v); k++ {
			for n := minCard; n <= maxCard && k+n <= len(v); n++ {
				if isCard(v[k : k+n]) {
					return true
				}
			}
		}
	}
	return false
}

// isSSN reports an American social security number as it is written.
func (r run) isSSN(f folded) bool {
	t := r.tokens
	return len(t) == 3 && len(t[0].val) == 3 && len(t[1].val) == 2 && len(t[2].val) == 4 &&
		t[1].i == t[0].j+1 && t[2].i == t[1].j+1 && f.runes[t[0].j] == '-' && f.runes[t[1].j] == '-'
}

// found is what is to be masked: runes i up to j. Open is masked for now only.
type found struct {
	i, j int
	kind Kind
	open bool
}

// manner says how digits came, and what may still follow.
type manner struct {
	typed   bool // by hand: nothing is misheard
	partial bool // the text still changes
	settled bool // nothing follows the last run any more
}

// least is how many digits a rule asks for. Whoever types writes a card number down whole.
func (m manner) least(r *Rule) int {
	if m.typed && r.Kind == Card {
		return max(r.Min, 2*openDigits)
	}
	return r.Min
}

// cue is a rule that counts from a rune on.
type cue struct {
	rule *Rule
	at   int
}

// judge finds what is to be masked in a text. cues are those in force, and where they begin.
func judge(f folded, cues []cue, m manner) []found {
	spaced := f.spaced()
	var other []int // where words end that say that a number is another
	for _, phrase := range others {
		f.find(spaced, phrase, func(_, to int) { other = append(other, to) })
	}
	out := ibans(f)
	for _, r := range numbersOf(f, m) {
		named := slices.ContainsFunc(other, func(to int) bool { return to <= r.i() && r.i()-to <= otherReach })
		if hit, ok := r.judge(f, cues, m, named); ok {
			out = append(out, f.glued(hit))
		}
	}
	return merged(out)
}

// numbersOf gives the runs of a text: of what is said, those of several numbers line by line.
func numbersOf(f folded, m manner) (out []run) {
	for _, r := range runsOf(lex(f)) {
		if m.typed {
			out = append(out, r)
			continue
		}
		out = append(out, r.parted(f)...)
	}
	return out
}

// judge decides about one run. named is whether a word before it says that it is another kind of number.
func (r run) judge(f folded, cues []cue, m manner, named bool) (found, bool) {
	n := len(r.digits)
	hit := found{i: r.i(), j: r.j()}
	grows := r.last && !m.settled
	rule, least := (*Rule)(nil), 0
	for _, c := range cues { // of several, the one that asks for least: a code is asked for after the card
		if c.at <= r.i() && n <= c.rule.Max && (n >= m.least(c.rule) || grows && (!m.typed || n >= openDigits)) &&
			(rule == nil || m.least(c.rule) < least) {
			rule, least = c.rule, m.least(c.rule)
		}
	}
	switch {
	case r.hasCard():
		hit.kind = Card
	case r.isSSN(f):
		hit.kind = ID
	case rule != nil && !named && !r.counts && n >= least:
		hit.kind = rule.Kind
	case !m.typed && n >= sureDigits && !named && !(r.phone && n <= maxPhone):
		hit.kind = Card
	case m.partial && n >= heldDigits:
		hit.kind, hit.open = Card, true
	case grows && rule != nil && !named && !r.counts:
		hit.kind, hit.open = rule.Kind, true
	case grows && !named && !r.counts && !r.phone && (m.typed && n >= 2*openDigits || !m.typed && n >= openDigits && (!r.own() || issued(r.digits))):
		hit.kind, hit.open = Card, true
	default:
		return found{}, false
	}
	return hit, true
}

// glued takes letters and digits into a mask that stand with it in one word, such as the AB of AB123456.
func (f *folded) glued(hit found) found {
	alnum := func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' }
	for hit.i > 0 && alnum(f.runes[hit.i]) && alnum(f.runes[hit.i-1]) {
		hit.i--
	}
	for hit.j < len(f.runes) && alnum(f.runes[hit.j]) && alnum(f.runes[hit.j-1]) {
		hit.j++
	}
	return hit
}

// merged sorts what was found and joins what overlaps; what is sure outweighs what is open.
func merged(all []found) []found {
	slices.SortFunc(all, func(a, b found) int { return a.i - b.i })
	var out []found
	for _, x := range all {
		if last := len(out) - 1; last >= 0 && x.i < out[last].j {
			out[last].j, out[last].open = max(out[last].j, x.j), out[last].open && x.open
			continue
		}
		out = append(out, x)
	}
	return out
}

// cuesIn finds the cues of a text.
func cuesIn(f folded, rules []Rule) []cue {
	spaced := f.spaced()
	var out []cue
	for k := range rules {
		for _, phrase := range rules[k].Cues {
			f.find(spaced, phrase, func(_, to int) { out = append(out, cue{&rules[k], to}) })
		}
	}
	return out
}
