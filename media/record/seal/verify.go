package seal

import (
	"errors"
	"fmt"
)

// Report is what Verify found.
type Report struct {
	Segments int      // that are what was written, in their place
	Ended    bool     // the end is there
	Chain    [32]byte // over the whole file, where nothing is wrong
	Problems []string // each names the segment
}

// OK tells whether a finished file is whole.
func (r Report) OK() bool { return r.Ended && len(r.Problems) == 0 }

// Verify opens every segment and follows the chain: damage, a segment that is missing, in a wrong place or behind the end,
// and an end that is missing are each named. A file that still grows has no end, and that alone is no problem of it.
func (f *File) Verify() (Report, error) {
	var r Report
	say := func(format string, args ...any) { r.Problems = append(r.Problems, fmt.Sprintf(format, args...)) }
	r.Chain = f.headerSum
	known := true // r.Chain is what the next segment must hold
	next, gaps := uint64(0), f.skipped
	for i := 0; ; i++ {
		for len(gaps) > 0 && gaps[0].before == i {
			if gaps[0].to == f.size {
				say("segment %d is cut off or damaged: bytes %d to %d cannot be read", next, gaps[0].at, gaps[0].to)
			} else {
				say("segment %d is damaged: bytes %d to %d cannot be read", next, gaps[0].at, gaps[0].to)
				next++
			}
			known, gaps = false, gaps[1:]
		}
		if i == len(f.segments) {
			break
		}
		s := f.segments[i]
		_, chain, raw, err := f.open(s)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return r, err
		}
		switch {
		case r.Ended:
			say("segment %d lies behind the end", s.Index)
		case err != nil:
			say("segment %d is damaged", next)
			next, known = next+1, false
		case s.Index > next:
			say("missing: %s", span(next, s.Index-1))
			next, known = s.Index+1, false
		case s.Index < next:
			say("segment %d is in a wrong place, behind segment %d", s.Index, next-1)
			known = false
		case known && [chainBytes]byte(chain) != r.Chain:
			say("segment %d does not follow the one before it: that was replaced", s.Index)
			next++
		default:
			r.Segments++
			next = s.Index + 1
		}
		if err == nil {
			r.Chain = chainOn([chainBytes]byte(chain), raw)
			if s.Index+1 == next {
				known = true
			}
			if s.Kind == KindEnd {
				r.Ended = true
			}
		}
	}
	return r, nil
}

func span(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("segment %d", from)
	}
	return fmt.Sprintf("segments %d to %d", from, to)
}
