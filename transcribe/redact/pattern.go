package redact

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// Bounds of an administrator's patterns. Matching takes time in proportion to the text and to the pattern's instructions.
const (
	MaxPatterns    = 100
	MaxPattern     = 200  // bytes of one
	LeastFit       = 3    // characters: what fits less would mask nearly everything
	maxInstruction = 1000 // of one, after repetitions are written out
	MaxTogether    = 3000 // instructions of all: a line is read by each
)

// Pattern masks whatever it fits, without a cue. It reads a text in plain forms (NFKC, dashes as "-"), upper and lower case alike.
type Pattern struct {
	expr  string
	re    *regexp.Regexp
	prog  *syntax.Prog
	least int // characters of the shortest text that fits
}

// CompilePattern makes an RE2 expression ready. The error says what is wrong with it and how to mend it.
func CompilePattern(expr string) (Pattern, error) {
	switch {
	case strings.TrimSpace(expr) == "" || len(expr) > MaxPattern:
		return Pattern{}, fmt.Errorf("a pattern has 1 to %d bytes", MaxPattern)
	case !utf8.ValidString(expr) || strings.ContainsFunc(expr, unicode.IsControl):
		return Pattern{}, fmt.Errorf("a pattern is one line without control characters: write \\t or \\s for them")
	}
	re, err := regexp.Compile("(?i)" + expr)
	if err != nil {
		return Pattern{}, fmt.Errorf("%q is no pattern: %w", expr, err)
	}
	tree, err := syntax.Parse("(?i)"+expr, syntax.Perl)
	if err != nil {
		return Pattern{}, fmt.Errorf("%q is no pattern: %w", expr, err)
	}
	least := shortest(tree)
	prog, err := syntax.Compile(tree.Simplify())
	switch {
	case err != nil:
		return Pattern{}, fmt.Errorf("%q is no pattern: %w", expr, err)
	case len(prog.Inst) > maxInstruction:
		return Pattern{}, fmt.Errorf("%q repeats too much: lower the numbers in braces", expr)
	case least < LeastFit:
		return Pattern{}, fmt.Errorf("%q fits texts shorter than %d characters, which would mask ordinary words: ask for more, such as \\d{6} instead of \\d+", expr, LeastFit)
	}
	return Pattern{expr, re, prog, least}, nil
}

// String is the expression.
func (p Pattern) String() string { return p.expr }

// Size is the pattern's number of instructions, to which the time of matching is in proportion.
func (p Pattern) Size() int { return len(p.prog.Inst) }

// Find gives what the pattern fits in a text.
func (p Pattern) Find(text string) (all []string) {
	f := fold(text)
	for _, x := range fits([]Pattern{p}, f, nil) {
		from, to := f.bytes(x.i, x.j)
		all = append(all, text[from:to])
	}
	return all
}

// shortest is the length in characters of the shortest text that an expression fits.
func shortest(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return shortest(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * shortest(re.Sub[0])
	case syntax.OpConcat:
		n := 0
		for _, sub := range re.Sub {
			n += shortest(sub)
		}
		return n
	case syntax.OpAlternate:
		n := shortest(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			n = min(n, shortest(sub))
		}
		return n
	}
	return 0
}

// Own are the patterns of a centre. They may change at any moment, from any goroutine, and count from the next line on;
// nil has none.
type Own struct{ list atomic.Pointer[[]Pattern] }

// Set puts patterns in the place of those before.
func (o *Own) Set(list []Pattern) { o.list.Store(&list) }

func (o *Own) patterns() []Pattern {
	if o == nil {
		return nil
	}
	if list := o.list.Load(); list != nil {
		return *list
	}
	return nil
}

// Text is the function Text with the patterns of the centre.
func (o *Own) Text(text string, whole bool) (out string, kinds []Kind) {
	return maskTyped(text, nil, o.patterns(), whole)
}

// fits finds what patterns fit. Of a text that still grows, which has an ending to look at it with, its end is found too where it
// may become what a pattern fits and is at least half of that.
func fits(patterns []Pattern, f folded, grows *ending) []found {
	if len(patterns) == 0 {
		return nil
	}
	text := string(f.runes)
	runeAt := make([]int, len(text)+1)
	n := 0
	for i := range text {
		runeAt[i] = n
		n++
	}
	runeAt[len(text)] = n
	var out []found
	for _, p := range patterns {
		for _, m := range p.re.FindAllStringIndex(text, -1) {
			out = append(out, found{i: runeAt[m[0]], j: runeAt[m[1]], kind: Custom})
		}
		if grows == nil {
			continue
		}
		if from := grows.begun(p, f.runes); from >= 0 && 2*(n-from) >= p.least {
			out = append(out, found{i: from, j: n, kind: Custom, open: true})
		}
	}
	return merged(out)
}

// ending looks at the ends of growing texts. What it works with is kept from one to the next: partials are many. It
// belongs to one goroutine at a time; the zero value is ready.
type ending struct{ now, next threads }

// begun is the first rune from which the end of the text may be the beginning of what the pattern fits, or -1. It runs the
// pattern's program as RE2 does, all threads at once, and looks at which are alive at the end.
func (e *ending) begun(p Pattern, text []rune) int {
	e.now.begin(p.prog)
	e.next.begin(p.prog)
	now, next := &e.now, &e.next
	for i := max(0, len(text)-holdReach); i < len(text); i++ {
		r, before := text[i], rune(-1)
		if i > 0 {
			before = text[i-1]
		}
		now.add(uint32(p.prog.Start), i, syntax.EmptyOpContext(before, r))
		after := ^syntax.EmptyOp(0) // nobody knows what follows the end
		if i+1 < len(text) {
			after = syntax.EmptyOpContext(r, text[i+1])
		}
		next.clear()
		for _, t := range now.alive {
			if inst := &p.prog.Inst[t.pc]; inst.MatchRune(r) {
				next.add(inst.Out, t.from, after)
			}
		}
		now, next = next, now
	}
	first := -1
	for _, t := range now.alive {
		if first < 0 || t.from < first {
			first = t.from
		}
	}
	return first
}

// holdReach is how far before the end of a growing text it may have begun, in characters.
const holdReach = 200

// threads are places in a program, each with the rune at which it began; of two at one place the earlier counts.
type threads struct {
	prog  *syntax.Prog
	alive []thread
	seen  []int // by place: the round in which it was reached
	round int   // counts on from program to program, so that seen need not be cleared
}

type thread struct {
	pc   uint32
	from int
}

// begin makes ready for a program.
func (t *threads) begin(prog *syntax.Prog) {
	t.prog = prog
	if n := len(prog.Inst); len(t.seen) < n {
		t.seen, t.alive = make([]int, n), make([]thread, 0, n)
	}
	t.clear()
}

func (t *threads) clear() { t.alive, t.round = t.alive[:0], t.round+1 }

func (t *threads) add(pc uint32, from int, holds syntax.EmptyOp) {
	if t.seen[pc] == t.round {
		return
	}
	t.seen[pc] = t.round
	switch inst := &t.prog.Inst[pc]; inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		t.add(inst.Out, from, holds)
		t.add(inst.Arg, from, holds)
	case syntax.InstEmptyWidth:
		if syntax.EmptyOp(inst.Arg)&^holds == 0 {
			t.add(inst.Out, from, holds)
		}
	case syntax.InstCapture, syntax.InstNop:
		t.add(inst.Out, from, holds)
	case syntax.InstMatch, syntax.InstFail:
	default:
		t.alive = append(t.alive, thread{pc, from})
	}
}

// withOwn takes what the centre's patterns found into a verdict's spans.
func withOwn(spans, own []span) []span {
	if len(own) == 0 {
		return spans
	}
	return joinedSpans(slices.Concat(spans, own))
}

// alike gives the patterns' spans in both forms of a line. Where a pattern fits one form only, what lies in the other form
// between the same words is masked too: its words are read differently there.
func alike(text, words string, inText, inWords []span) ([]span, []span) {
	if words == "" || letters(text, inText) == letters(words, inWords) {
		return inText, inWords
	}
	return withOwn(inText, between(words, inWords, text)), withOwn(inWords, between(text, inText, words))
}

// letters are the letters and digits of spans.
func letters(text string, spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		for _, r := range text[s.from:s.to] {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				b.WriteRune(unicode.ToLower(r))
			}
		}
	}
	return b.String()
}

// between finds in another form of a text what stands there in the place of spans: all that is not the same before the
// first of them or behind the last.
func between(text string, spans []span, other string) []span {
	if len(spans) == 0 {
		return nil
	}
	before, behind := fold(text[:spans[0].from]), fold(text[spans[len(spans)-1].to:])
	f := fold(other)
	counts := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	from, to := 0, len(f.runes)
	for _, want := range before.runes {
		if !counts(want) {
			continue
		}
		at := from
		for at < to && !counts(f.runes[at]) {
			at++
		}
		if at == to || f.runes[at] != want {
			break
		}
		from = at + 1
	}
	for k := len(behind.runes) - 1; k >= 0; k-- {
		want := behind.runes[k]
		if !counts(want) {
			continue
		}
		at := to
		for at > from && !counts(f.runes[at-1]) {
			at--
		}
		if at == from || f.runes[at-1] != want {
			break
		}
		to = at - 1
	}
	for from < to && !counts(f.runes[from]) {
		from++
	}
	for from < to && !counts(f.runes[to-1]) {
		to--
	}
	if from == to {
		return nil
	}
	a, z := f.bytes(from, to)
	return []span{{a, z, Custom, false}}
}
