package crosstalk

import (
	"strings"
	"sync"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/written"
)

const (
	rate         = media.SampleRate / 2 // of the kept sound: echoes of a telephone have no more
	frameSamples = media.FrameSamples / 2
	memory       = 30 * rate // samples kept of a leg (480 kB): the longest utterance and a late line
	// heldBack is the most of a partial that is looked at, from its end: partials are many.
	heldBack = 3 * rate
	// judgeEvery is how much of an utterance must have come since it was last looked at: a partial changes with every word.
	judgeEvery = rate
	// trusted is after how many clean lines a leg's partials are looked at no more, until a line leaks again: an echo is of a
	// telephone, which has it from the first word on, and to look costs more than all that a call costs else.
	trusted = 3
)

// Room is one interaction. Its methods and those of its legs may be called from any goroutine.
type Room struct {
	mu   sync.Mutex // held for a moment by Leg, Write and while sound is copied out
	legs []*Leg

	looking sync.Mutex // held while something is looked for; never by Write
}

// Leg is one party's sound in a Room.
type Leg struct {
	room *Room
	name string
	ring []int16  // by sample modulo its length; nil before the first frame
	end  int64    // sample after the last one written
	from int64    // first sample ever written
	tail [6]int16 // of the last frame, for the filter
	loud []bool   // which frames in the ring others may hear, by frame modulo its length

	judged judgement // of the newest partial
	clean  int       // lines in a row in which others could have been heard, and were not

	blocks [lagKept]*spectrum // by number modulo lagKept; room.looking is held
}

// judgement is what Leaks last said.
type judgement struct {
	startMS, end int64
	leaks        bool
}

// Leg gives the leg of that name, a new one where there is none.
func (r *Room) Leg(name string) *Leg {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.legs {
		if l.name == name {
			return l
		}
	}
	l := &Leg{room: r, name: name}
	r.legs = append(r.legs, l)
	return l
}

// Write takes the 20 ms at pos, in frames on the axis of all legs; what is missing before it is silence, and what is older
// than the last is left out. It never waits for an analysis and does not retain f.
func (l *Leg) Write(pos int64, f *media.Frame) {
	l.room.mu.Lock()
	defer l.room.mu.Unlock()
	at := pos * frameSamples
	if pos < 0 || l.ring != nil && at < l.end {
		return
	}
	if l.ring == nil {
		l.ring, l.from, l.end = make([]int16, memory), at, at
		l.loud = make([]bool, memory/frameSamples)
	}
	if at-l.end >= memory {
		clear(l.ring)
		clear(l.loud)
		l.end = at
	}
	for ; l.end < at; l.end++ {
		l.ring[l.end%memory] = 0
		l.loud[l.end/frameSamples%int64(len(l.loud))] = false
	}
	// Every second sample behind a half-band filter: −1 0 9 16 9 0 −1 over 32.
	x := func(i int) int32 {
		if i < 0 {
			return int32(l.tail[len(l.tail)+i])
		}
		return int32(f[i])
	}
	kept, power := l.ring[at%memory:][:frameSamples], int64(0) // whole frames: memory is some of them
	for i := range kept {
		y := (16*x(2*i-3) + 9*(x(2*i-2)+x(2*i-4)) - x(2*i) - x(2*i-6)) / 32
		y = max(-32768, min(32767, y))
		kept[i] = int16(y)
		power += int64(y) * int64(y)
	}
	l.end += frameSamples
	l.loud[at/frameSamples%int64(len(l.loud))] = power > audible*audible*frameSamples
	copy(l.tail[:], f[len(f)-len(l.tail):])
}

// between copies samples [from, from+len(out)) of l; what is not kept, or was not said, is silence. room.mu is held.
func (l *Leg) between(out []float64, from int64) {
	clear(out)
	for i := max(from, l.end-memory, l.from); i < min(from+int64(len(out)), l.end); i++ {
		out[i-from] = float64(l.ring[i%memory])
	}
}

// speaks reports whether others may hear l in samples [from, to). room.mu is held.
func (l *Leg) speaks(from, to int64) bool {
	n := 0
	for i := max(from, l.end-memory, l.from) / frameSamples; i < min(to, l.end)/frameSamples; i++ {
		if l.loud[i%int64(len(l.loud))] {
			n++
		}
	}
	return n >= audibleFor
}

// others lists the legs that were loud enough in samples [from−maxLag, to) to be heard in l.
func (l *Leg) others(from, to int64) (voices []*Leg) {
	l.room.mu.Lock()
	defer l.room.mu.Unlock()
	if l.ring == nil || from < l.end-memory {
		return nil // too late to tell
	}
	for _, o := range l.room.legs {
		if o != l && o.ring != nil && o.speaks(from-maxLag, to) {
			voices = append(voices, o)
		}
	}
	return voices
}

// paths looks for other legs in samples [first, last) of l; heard is the number of those that could be there.
func (l *Leg) paths(first, last int64) (paths []path, heard int) {
	voices := l.others(first, last)
	if len(voices) == 0 {
		return nil, 0
	}
	l.room.looking.Lock()
	defer l.room.looking.Unlock()
	for _, o := range voices {
		lag, ok := l.lag(o, first, last)
		if !ok {
			continue
		}
		own, other := make([]float64, last-first), make([]float64, last-first)
		l.room.mu.Lock()
		l.between(own, first)
		o.between(other, first-int64(lag))
		l.room.mu.Unlock()
		if p, gain := follow(own, other); gain < loudest {
			paths = append(paths, p)
		}
	}
	return paths, len(voices)
}

// lag gives how late o is in samples [first, last) of l, in whole blocks. room.looking is held.
func (l *Leg) lag(o *Leg, first, last int64) (lag int, ok bool) {
	f := finders.Get().(*finder)
	defer finders.Put(f)
	clear(f.sum)
	for at := first / block; at*block < last; at++ {
		before, beside := o.block(f, at-1), o.block(f, at)
		if before.energy+beside.energy >= audibleSteps/coarse {
			f.add(l.block(f, at), before, beside)
		}
	}
	return f.lag()
}

// block gives the spectrum of a block of l. room.looking is held.
func (l *Leg) block(f *finder, at int64) *spectrum {
	s := &l.blocks[(at+lagKept)%lagKept]
	if *s == nil {
		*s = &spectrum{}
	} else if (*s).at == at && (*s).whole {
		return *s
	}
	l.room.mu.Lock()
	l.between(f.sound[:], at*block)
	(*s).at, (*s).whole = at, l.end >= (at+1)*block
	l.room.mu.Unlock()
	f.transform(*s)
	return *s
}

// Own gives the line without the words that are another leg's; false means that none is left.
func (l *Leg) Own(line transcribe.Line) (transcribe.Line, bool) {
	first, last := line.StartMS*rate/1000-context, line.EndMS*rate/1000+context
	first = max(first, 0)
	paths, heard := l.paths(first, last)
	if heard > 0 {
		l.trust(len(paths) == 0)
	}
	if len(paths) == 0 {
		return line, true
	}
	leaked := func(fromMS, toMS int64) bool {
		for _, p := range paths {
			if p.explains(fromMS*rate/1000-first, toMS*rate/1000-first) > mostly {
				return true
			}
		}
		return false
	}
	if len(line.Words) == 0 {
		return line, !leaked(line.StartMS, line.EndMS)
	}
	kept := make([]transcribe.Word, 0, len(line.Words))
	for _, w := range line.Words {
		if !leaked(w.StartMS, w.EndMS) {
			kept = append(kept, w)
		}
	}
	switch len(kept) {
	case len(line.Words):
		return line, true
	case 0:
		return line, false
	}
	return rewritten(line, kept), true
}

// rewritten is a line of which only some words stand.
func rewritten(line transcribe.Line, words []transcribe.Word) transcribe.Line {
	gap := " "
	switch primary, _, _ := strings.Cut(line.Language, "-"); primary {
	case "ja", "zh", "th", "lo", "my", "km", "yue":
		gap = ""
	}
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.Text
	}
	text := strings.Join(texts, gap)
	line.Text, line.Spoken = written.Text(text, line.Language), transcribe.Spoken(text, line.Language)
	line.Words, line.StartMS, line.EndMS = words, words[0].StartMS, words[len(words)-1].EndMS
	return line
}

// trust takes in whether a line was clean.
func (l *Leg) trust(clean bool) {
	l.room.mu.Lock()
	defer l.room.mu.Unlock()
	if l.clean++; !clean {
		l.clean = 0
	}
}

// Leaks reports whether what l says since startMS is another leg's voice for the most part.
func (l *Leg) Leaks(startMS int64) bool {
	l.room.mu.Lock()
	end, last, clean := l.end, l.judged, l.clean
	l.room.mu.Unlock()
	if clean >= trusted {
		return false
	}
	if last.startMS == startMS && last.end > 0 && end-last.end < judgeEvery {
		return last.leaks
	}
	end = end / block * block // a block that has not come whole would be looked at twice
	first := max(startMS*rate/1000, end-heldBack, 0)
	if end-first < block {
		return false
	}
	leaks := l.leaks(first, end)
	l.room.mu.Lock()
	defer l.room.mu.Unlock()
	l.judged = judgement{startMS, end, leaks}
	return leaks
}

// leaks tells whether samples [first, end) are another leg's.
func (l *Leg) leaks(first, end int64) bool {
	paths, _ := l.paths(first, end)
	for _, p := range paths {
		if p.explains(0, end-first) > mostly {
			return true
		}
	}
	return false
}
