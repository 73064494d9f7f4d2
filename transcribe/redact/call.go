package redact

import (
	"slices"
	"strings"
	"sync"

	"patchbay/transcribe"
)

// Mask stands where something was. It is the same for everything, so that it tells nothing.
const Mask = "••••"

// Times on the transcript's axis, in milliseconds.
const (
	// SettleMS is how long after a line that ends in digits more of them may follow: a pause in the middle of a number.
	SettleMS  = 6_000
	windowMS  = 20_000 // lines that long ago may hold the beginning of a number
	partedMS  = 12_000 // digits on both sides of such a silence are two numbers
	partialMS = 10_000 // a partial is that long at most: how far its cues may lie ahead
	padMS     = 200    // of sound silenced around masked words, whose times are not exact
	edgeMS    = 400    // the same before a line's first word and behind its last, where the silence of a pause helps nobody to place them
	maxWindow = 8      // lines
)

// Config sets up a Call.
type Config struct {
	Language string // of spoken forms, as transcribe.Spoken takes it
	Rules    []Rule // beside those that are always there
	Own      *Own   // patterns of the centre, as they are when a line comes; may be nil
}

// Call masks one interaction's transcript. Its methods may be called from anywhere.
type Call struct {
	language string
	rules    []Rule
	own      *Own

	mu   sync.Mutex
	legs map[string]*leg
	cues map[cueSource]interval
	ends ending
}

// cueSource is who said a cue; each has one interval in force.
type cueSource struct {
	leg  string
	rule *Rule // of rules
}

// interval of the transcript's axis, in milliseconds.
type interval struct{ from, to int64 }

type leg struct{ window []*kept }

// kept is a line with its digits, for as long as a number may go on in the next one.
type kept struct {
	line     transcribe.Line
	given    transcribe.Line // as it was given out last
	silenced []interval      // told already
}

// Span is sound to be silenced, in milliseconds on the transcript's axis.
type Span struct {
	Leg          string
	FromMS, ToMS int64
}

// Result is what a line led to.
type Result struct {
	// Lines are to be kept and shown, each in the place of an earlier one of its ID.
	Lines []transcribe.Line
	// Silence is the sound of what is now masked for good.
	Silence []Span
	// Kinds are what is masked in Lines for good.
	Kinds []Kind
	// Open tells that digits are masked only because a number may go on. Settle reveals them; it is due SettleMS of the
	// axis after the line.
	Open bool
}

// New begins a transcript.
func New(cfg Config) *Call {
	return &Call{language: cfg.Language, rules: append(slices.Clone(builtin), cfg.Rules...), own: cfg.Own, legs: map[string]*leg{}, cues: map[cueSource]interval{}}
}

// Line takes a final line of a leg.
func (c *Call) Line(name string, l transcribe.Line) Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.leg(name)
	c.hear(name, l.Text, l.StartMS, l.EndMS)
	c.hear(name, joined(l), l.StartMS, l.EndMS)
	g.window = slices.DeleteFunc(g.window, func(k *kept) bool { return k.line.EndMS < l.StartMS-windowMS || k.line.ID == l.ID })
	g.window = g.window[max(0, len(g.window)-maxWindow+1):]
	g.window = append(g.window, &kept{line: l})
	return c.review(name, g, false)
}

// Settle says that nothing followed the last line of a leg. It gives the lines that can be shown now.
func (c *Call) Settle(name string) Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.review(name, c.leg(name), true)
}

// Partial masks an utterance that still changes.
func (c *Call) Partial(name string, p transcribe.Partial) transcribe.Partial {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.Text == "" {
		return p
	}
	c.hear(name, p.Text, p.StartMS, p.StartMS+partialMS)
	g := c.leg(name)
	parts := make([]part, 0, len(g.window)+1)
	for _, k := range g.window {
		parts = append(parts, part{k.line.Text, k.line.StartMS, k.line.EndMS})
	}
	parts = append(parts, part{p.Text, p.StartMS, p.StartMS})
	last := c.judge(name, parts, manner{partial: true})[len(parts)-1]
	spans := withOwn(last.spans, last.own)
	if len(spans) > 0 {
		p.Settled = min(p.Settled, spans[0].from)
	}
	p.Text = masked(p.Text, spans)
	return p
}

func (c *Call) leg(name string) *leg {
	if c.legs[name] == nil {
		c.legs[name] = &leg{}
	}
	return c.legs[name]
}

// hear notes the cues of a text: who asked, and until when answers count.
func (c *Call) hear(name, text string, fromMS, toMS int64) {
	for _, q := range cuesIn(fold(text), c.rules) {
		key := cueSource{name, q.rule}
		in, ok := c.cues[key]
		if until := toMS + q.rule.HoldsMS; !ok || fromMS > in.to {
			in = interval{fromMS, until}
		} else {
			in.to = max(in.to, until)
		}
		c.cues[key] = in
	}
}

// part is one line's text in one of its forms, with its time.
type part struct {
	text         string
	fromMS, toMS int64
}

// span is a stretch of bytes to be masked.
type span struct {
	from, to int
	kind     Kind
	open     bool
}

// verdict is what is to be masked of a part, the digits of it, and all digits that the part has.
type verdict struct {
	spans  []span
	masked string
	every  []span
	own    []span // what patterns of the centre fit
}

// judge reads parts as one text.
func (c *Call) judge(name string, parts []part, m manner) []verdict {
	var b strings.Builder
	starts := make([]int, len(parts))
	for i, p := range parts {
		if i > 0 {
			sep := "\n"
			if p.fromMS-parts[i-1].toMS > partedMS {
				sep = "\x00"
			}
			b.WriteString(sep)
		}
		starts[i] = b.Len()
		b.WriteString(p.text)
	}
	f := fold(b.String())
	cues := cuesIn(f, c.rules)
	for i, p := range parts {
		at, _ := slices.BinarySearch(f.at, starts[i])
		for source, in := range c.cues {
			begun := p.toMS >= in.from
			if source.leg == name { // what was said before in the same line has its place there
				begun = p.fromMS > in.from
			}
			if begun && p.fromMS <= in.to {
				cues = append(cues, cue{source.rule, at})
			}
		}
	}
	var grows *ending
	if m.partial {
		grows = &c.ends
	}
	all, own := judge(f, cues, m), fits(c.own.patterns(), f, grows)
	tokens := lex(f)
	out := make([]verdict, len(parts))
	for i, p := range parts {
		from, to := starts[i], starts[i]+len(p.text)
		v := &out[i]
		var vals []string
		for _, t := range tokens {
			if a, z := f.bytes(t.i, t.j); t.kind == digits && a < to && z > from {
				v.every = append(v.every, span{from: max(a, from) - from, to: min(z, to) - from, kind: Card})
				vals = append(vals, t.val)
			}
		}
		for _, x := range all {
			a, z := f.bytes(x.i, x.j)
			if a >= to || z <= from {
				continue
			}
			s := span{max(a, from) - from, min(z, to) - from, x.kind, x.open}
			inside := slices.DeleteFunc(slices.Clone(v.every), func(d span) bool { return d.from >= s.to || d.to <= s.from })
			if a < from || z > to { // it goes on in another line: what stands between its digits there stays
				if len(inside) == 0 {
					continue
				}
				if a < from {
					s.from = inside[0].from
				}
				if z > to {
					s.to = inside[len(inside)-1].to
				}
			}
			v.spans = append(v.spans, s)
		}
		for _, x := range own {
			if a, z := f.bytes(x.i, x.j); a < to && z > from {
				v.own = append(v.own, span{max(a, from) - from, min(z, to) - from, x.kind, x.open})
			}
		}
		for k, d := range v.every {
			if slices.ContainsFunc(v.spans, func(s span) bool { return s.from <= d.from && s.to >= d.to }) {
				v.masked += vals[k]
			}
		}
	}
	return out
}

// review judges the lines of a leg anew, and gives those that are to be shown otherwise than before.
func (c *Call) review(name string, g *leg, settled bool) Result {
	texts, words := make([]part, len(g.window)), make([]part, len(g.window))
	for i, k := range g.window {
		texts[i] = part{k.line.Text, k.line.StartMS, k.line.EndMS}
		words[i] = part{joined(k.line), k.line.StartMS, k.line.EndMS}
	}
	m := manner{settled: settled}
	byText, byWords := c.judge(name, texts, m), c.judge(name, words, m)
	var res Result
	for i, k := range g.window {
		inText, inWords := byText[i], byWords[i]
		if len(k.line.Words) > 0 && inText.masked != inWords.masked {
			// The two forms of the line are read differently: all its numbers go.
			inText.spans, inWords.spans = unite(inText, inWords), unite(inWords, inText)
		}
		ownText, ownWords := alike(texts[i].text, words[i].text, inText.own, inWords.own)
		inText.spans, inWords.spans = withOwn(inText.spans, ownText), withOwn(inWords.spans, ownWords)
		line := k.line
		line.Text = masked(line.Text, inText.spans)
		if line.Text != k.line.Text {
			line.Spoken = c.spoken(line.Text)
		}
		line.Words = maskedWords(k.line, inWords.spans)
		for _, s := range slices.Concat(inText.spans, inWords.spans) {
			if s.open {
				res.Open = true
			} else if !slices.Contains(res.Kinds, s.kind) {
				res.Kinds = append(res.Kinds, s.kind)
			}
		}
		for _, in := range silences(k.line, inText.spans, inWords.spans) {
			if !slices.ContainsFunc(k.silenced, func(x interval) bool { return x.from <= in.from && x.to >= in.to }) {
				k.silenced = append(k.silenced, in)
				res.Silence = append(res.Silence, Span{name, in.from, in.to})
			}
		}
		if k.given.ID == "" || k.given.Text != line.Text || !slices.Equal(k.given.Words, line.Words) {
			k.given = line
			res.Lines = append(res.Lines, line)
		}
	}
	return res
}

// unite masks every digit of a form whose other form has something masked.
func unite(a, other verdict) []span {
	open := true
	kind := Card
	for _, s := range slices.Concat(a.spans, other.spans) {
		open, kind = open && s.open, s.kind
	}
	all := slices.Clone(a.spans)
	for _, s := range a.every {
		s.kind, s.open = kind, open
		all = append(all, s)
	}
	return joinedSpans(all)
}

// joinedSpans sorts spans, and joins those that overlap; of two kinds the earlier one stays, and what is sure outweighs what is open.
func joinedSpans(all []span) []span {
	slices.SortStableFunc(all, func(x, y span) int { return x.from - y.from })
	var out []span
	for _, s := range all {
		if last := len(out) - 1; last >= 0 && s.from < out[last].to {
			out[last].to, out[last].open = max(out[last].to, s.to), out[last].open && s.open
			continue
		}
		out = append(out, s)
	}
	return out
}

// spoken is the spoken form of a masked text.
func (c *Call) spoken(text string) string {
	var out []string
	for i, part := range strings.Split(text, Mask) {
		if i > 0 {
			out = append(out, Mask)
		}
		if s := transcribe.Spoken(part, c.language); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// masked puts Mask where spans are, which are in order and do not overlap.
func masked(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.from])
		b.WriteString(Mask)
		at = s.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// joined is the words of a line as a text; where the line has no spaces, neither has it.
func joined(l transcribe.Line) string {
	var b strings.Builder
	sep := separator(l)
	for i, w := range l.Words {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

func separator(l transcribe.Line) string {
	if len(l.Words) > 1 && !strings.Contains(strings.TrimSpace(l.Text), " ") {
		return ""
	}
	return " "
}

// maskedWords masks words by spans of their joined text.
func maskedWords(l transcribe.Line, spans []span) []transcribe.Word {
	if len(spans) == 0 {
		return l.Words
	}
	out := slices.Clone(l.Words)
	eachWord(l, func(i, from, to int) {
		var inside []span
		for _, s := range spans {
			if s.from < to && s.to > from {
				inside = append(inside, span{max(s.from, from) - from, min(s.to, to) - from, s.kind, s.open})
			}
		}
		out[i].Text = masked(out[i].Text, inside)
	})
	return out
}

// eachWord gives the bytes of the joined text that each word has.
func eachWord(l transcribe.Line, f func(i, from, to int)) {
	at, sep := 0, len(separator(l))
	for i, w := range l.Words {
		f(i, at, at+len(w.Text))
		at += len(w.Text) + sep
	}
}

// silences are the times of what is masked for good. Without words it is the whole line.
func silences(l transcribe.Line, inText, inWords []span) []interval {
	sure := func(s span) bool { return !s.open }
	if len(l.Words) == 0 {
		if slices.ContainsFunc(inText, sure) {
			return []interval{{l.StartMS, l.EndMS}}
		}
		return nil
	}
	var out []interval
	eachWord(l, func(i, from, to int) {
		if !slices.ContainsFunc(inWords, func(s span) bool { return sure(s) && s.from < to && s.to > from }) {
			return
		}
		// What lies between a masked word and its neighbours is no word's: digits that were not recognised, or a time that is not exact.
		in := interval{max(0, l.Words[i].StartMS-edgeMS), l.Words[i].EndMS + edgeMS}
		if i > 0 {
			in.from = max(0, min(l.Words[i].StartMS-padMS, l.Words[i-1].EndMS))
		}
		if i+1 < len(l.Words) {
			in.to = max(l.Words[i].EndMS+padMS, l.Words[i+1].StartMS)
		}
		if last := len(out) - 1; last >= 0 && in.from <= out[last].to {
			out[last].to = max(out[last].to, in.to)
			return
		}
		out = append(out, in)
	})
	return out
}
