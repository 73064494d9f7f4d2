package acd

import (
	"fmt"
	"math"
	"slices"

	"patchbay/store"
)

// DefaultCues are those of a centre where nobody has set others.
var DefaultCues = store.Cues{WaitSeconds: 120, SilenceSeconds: 30, LongTimes: 2, LongSeconds: 300, OverlapSeconds: 6}

// Bounds of cues: below, every call would be one that needs somebody; above, none.
const (
	leastWait, mostWait       = 5, 3600
	leastSilence, mostSilence = 5, 600
	leastTimes, mostTimes     = 1.1, 20.0
	mostLong                  = 4 * 3600
	mostOverlap               = 45 // seconds, of a minute
)

// CheckCues says in words what is wrong with cues; nil where nothing is.
func CheckCues(list []store.Cues) error {
	for i, c := range list {
		within := func(v, least, most int) bool { return v == 0 || least <= v && v <= most }
		switch {
		case slices.ContainsFunc(list[:i], func(o store.Cues) bool { return o.QueueID == c.QueueID }):
			return fmt.Errorf("a queue has its cues once")
		case !within(c.WaitSeconds, leastWait, mostWait):
			return fmt.Errorf("wait_seconds is %d to %d, or 0 for off", leastWait, mostWait)
		case !within(c.SilenceSeconds, leastSilence, mostSilence):
			return fmt.Errorf("silence_seconds is %d to %d, or 0 for off", leastSilence, mostSilence)
		case c.LongTimes != 0 && (math.IsNaN(c.LongTimes) || c.LongTimes < leastTimes || c.LongTimes > mostTimes):
			return fmt.Errorf("long_times is %.1f to %.0f, or 0 for off", leastTimes, mostTimes)
		case c.LongSeconds < 0 || c.LongSeconds > mostLong:
			return fmt.Errorf("long_seconds is 0 to %d", mostLong)
		case !within(c.OverlapSeconds, 1, mostOverlap):
			return fmt.Errorf("overlap_seconds is 1 to %d, or 0 for off", mostOverlap)
		}
	}
	return nil
}

// SetCues changes from when on calls may need somebody, at once, also of calls that go on.
func (c *Center) SetCues(list []store.Cues) {
	c.post(func() { c.cfg.Cues = list })
}

// cues are those of a queue: its own, else those of all, else the default.
func (c *Center) cues(queueID string) store.Cues {
	for _, id := range []string{queueID, ""} {
		if i := slices.IndexFunc(c.cfg.Cues, func(v store.Cues) bool { return v.QueueID == id }); i >= 0 {
			return c.cfg.Cues[i]
		}
	}
	return DefaultCues
}
