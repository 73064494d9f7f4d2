package rtp

import (
	"time"

	"patchbay/media"
)

// Defaults of the delay that a Receiver adds.
const (
	defaultMargin = 10 * time.Millisecond
	defaultMax    = 200 * time.Millisecond
	firstWait     = 20 * time.Millisecond // before any experience
)

const (
	ticksPerSecond = int(time.Second / media.FrameDuration)
	memory         = 5                    // seconds over which the latest packet counts
	hysteresis     = 4 * time.Millisecond // so that the delay does not swing between two Frames
	growPause      = ticksPerSecond / 5
	spareTime      = 10 * ticksPerSecond // after a loss: see lossy
)

// delayControl decides how long packets should wait. What it steers is the wait of the latest packet within memory, from
// its arrival to the tick that needs it: below margin the playout has to give a Frame's time, above margin and a Frame it
// may take one back. So the delay follows jitter, and clocks that drift apart, without measuring either; and as only the
// latest counts, a late tick of our own does no harm. The rest of a Frame that was decoded but not yet heard (the
// surplus) adds delay without making any packet less late, so it is trimmed whenever there is some.
type delayControl struct {
	margin, max time.Duration

	latest  [memory]time.Duration // wait of the latest packet, by second
	second  int                   // index of latest
	ticks   int                   // in this second
	seconds int                   // of experience
	mean    time.Duration         // wait of packets on average
	growing bool                  // a Frame's time is still to be given
	pause   int                   // ticks until it may grow again
	spare   int                   // ticks for which packets wait a Frame longer
}

const unmeasured = time.Duration(1<<63 - 1)

// reset forgets everything; taking time back needs memory seconds of experience.
func (d *delayControl) reset() {
	*d = delayControl{margin: d.margin, max: d.max, mean: firstWait}
	for i := range d.latest {
		d.latest[i] = unmeasured
	}
}

// tick is called once for each Frame.
func (d *delayControl) tick() {
	d.pause, d.spare = max(0, d.pause-1), max(0, d.spare-1)
	if d.ticks++; d.ticks >= ticksPerSecond {
		d.ticks = 0
		d.seconds++
		d.second = (d.second + 1) % memory
		d.latest[d.second] = unmeasured
	}
}

// waited takes the wait of a packet; negative if it came after its turn.
func (d *delayControl) waited(wait time.Duration) {
	d.latest[d.second] = min(d.latest[d.second], wait)
	d.mean += (wait - d.mean) / 32
	if wait < d.floor() && d.pause == 0 && d.mean+media.FrameDuration <= d.max {
		d.growing, d.pause = true, growPause
	}
}

// lossy makes packets wait a Frame longer for a while: where packets carry a copy of their predecessor, the one after a lost
// one must be there when the lost one is due.
func (d *delayControl) lossy() { d.spare = spareTime }

// floor is what even the latest packet should wait.
func (d *delayControl) floor() time.Duration {
	if d.spare > 0 {
		return d.margin + media.FrameDuration
	}
	return d.margin
}

// least is the wait of the latest packet within memory, or unmeasured.
func (d *delayControl) least() time.Duration {
	least := unmeasured
	for _, l := range d.latest {
		least = min(least, l)
	}
	return least
}

// excess is how many samples may be removed, where surplus are decoded beyond the last whole Frame.
func (d *delayControl) excess(surplus int) int {
	if l := d.least(); !d.growing && d.seconds >= memory && l != unmeasured && l >= d.floor()+media.FrameDuration+hysteresis {
		surplus += media.FrameSamples
	}
	return surplus
}

// moved takes note of n samples removed (or, negative, added) where there was that surplus: as often as that crosses a
// Frame's bounds, every packet waits a Frame less (or more).
func (d *delayControl) moved(n, surplus int) {
	frames := time.Duration(0)
	for surplus -= n; surplus < 0; surplus += media.FrameSamples {
		frames--
	}
	for ; surplus >= media.FrameSamples; surplus -= media.FrameSamples {
		frames++
		d.growing = false
	}
	for i, l := range d.latest {
		if l != unmeasured {
			d.latest[i] = l + frames*media.FrameDuration
		}
	}
	d.mean += frames * media.FrameDuration
}

// target is how long the first packet after a silence should wait: as long as the average one, less what even the latest
// one has to spare.
func (d *delayControl) target() time.Duration {
	t := d.mean
	if l := d.least(); l != unmeasured && l > d.floor() {
		t -= l - d.floor()
	}
	return min(max(t, firstWait), d.max)
}

// starts reports whether the first packet after a silence has waited long enough. The tick makes waits come in steps of
// a Frame: the one nearest the target counts, as always the next one would let the delay creep up.
func (d *delayControl) starts(wait time.Duration) bool {
	return wait >= d.target()-media.FrameDuration/2
}

// paused takes note that the stream went silent: when it starts again every packet waits as target says.
func (d *delayControl) paused() {
	shift := d.mean - d.target()
	d.mean -= shift
	for i, l := range d.latest {
		if l != unmeasured {
			d.latest[i] = l - shift
		}
	}
	d.growing = false
}
