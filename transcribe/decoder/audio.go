package decoder

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"patchbay/transcribe"
	"patchbay/transcribe/voice"
)

// maxKept bounds what one stream keeps when nobody discards: five minutes of frames, 10 MB.
const maxKept = 5 * 60 * sampleRate / hop

// ErrDiscarded says that a pass begins before the sound that is still kept.
var ErrDiscarded = errors.New("decoder: the sound was discarded")

// detector is what a stream needs of voice.Stream.
type detector interface {
	Push(samples []int16) ([]float32, error)
}

// audio is one stream: log-mel frames and voice probabilities, both computed once, as the sound comes. A frame exists only
// when every sample of its window is there, so a pass never sees a frame that a later pass would see differently.
type audio struct {
	bank  *melBank
	voice detector
	log   *slog.Logger

	// owned by the appending goroutine
	tail    []float32 // samples from tailPos on, without those that no frame needs any more
	tailPos int64
	next    int64 // number of the next frame to compute
	scratch melScratch
	fresh   []float32
	warned  bool

	mu     sync.RWMutex
	n      int64     // samples appended
	frames []float32 // log-mel, bank's bands each
	first  int64     // number of the first frame kept
	voiced []float32 // probability of a voice for each window
	window int64     // number of the first window kept
}

var _ transcribe.Audio = (*audio)(nil)

// Len is the number of samples appended.
func (a *audio) Len() int64 {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.n
}

// Append adds sound.
func (a *audio) Append(samples []int16) []float32 {
	p, err := a.voice.Push(samples)
	if err != nil && !a.warned {
		a.warned = true
		a.log.Error("voice activity failed", "error", err)
	}
	for _, s := range samples {
		a.tail = append(a.tail, float32(s)/32768)
	}
	a.computeFrames()

	a.mu.Lock()
	defer a.mu.Unlock()
	a.n += int64(len(samples))
	a.frames = append(a.frames, a.fresh...)
	a.voiced = append(a.voiced, p...)
	if over := len(a.frames)/len(a.bank.bands) - maxKept; over > 0 {
		a.discard((a.first + int64(over)) * hop)
	}
	return p
}

// computeFrames puts the frames that have become complete into fresh, in pairs: a lone one waits for the next.
func (a *audio) computeFrames() {
	a.fresh = a.fresh[:0]
	end := a.tailPos + int64(len(a.tail))
	for centre := a.next * hop; centre+hop+half <= end; centre = a.next * hop {
		var one, two [2 * half]float32
		a.fill(one[:], centre-half)
		a.fill(two[:], centre+hop-half)
		a.fresh = a.bank.pair(a.fresh, one[:], two[:], &a.scratch)
		a.next += 2
	}
	if from := a.next*hop - half; from > a.tailPos {
		a.tail = append(a.tail[:0], a.tail[from-a.tailPos:]...)
		a.tailPos = from
	}
}

// fill copies samples from pos on; before the stream's beginning it is mirrored, as Whisper does.
func (a *audio) fill(dst []float32, pos int64) {
	for pos < 0 && len(dst) > 0 {
		dst[0] = a.tail[-pos]
		dst, pos = dst[1:], pos+1
	}
	copy(dst, a.tail[pos-a.tailPos:])
}

// Discard lets sound before pos go.
func (a *audio) Discard(pos int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.discard(pos)
}

func (a *audio) discard(pos int64) {
	bands := len(a.bank.bands)
	if drop := min(pos/hop-a.first, int64(len(a.frames)/bands)); drop > 0 {
		a.frames = append(a.frames[:0], a.frames[drop*int64(bands):]...)
		a.first += drop
	}
	if drop := min(pos/voice.Window-a.window, int64(len(a.voiced))); drop > 0 {
		a.voiced = append(a.voiced[:0], a.voiced[drop:]...)
		a.window += drop
	}
}

// stretch copies the log-mel of samples [from, to), as far as its frames are complete.
func (a *audio) stretch(from, to int64) ([]float32, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	bands := int64(len(a.bank.bands))
	if from/hop < a.first {
		return nil, fmt.Errorf("%w: it begins at %d, the pass at %d", ErrDiscarded, a.first*hop, from)
	}
	have := a.first + int64(len(a.frames))/bands
	i := min(from/hop, have)
	j := max(min(to/hop, have), i)
	return append([]float32(nil), a.frames[(i-a.first)*bands:(j-a.first)*bands]...), nil
}

// voicedRuns gives the stretches of samples [from, to) in which a voice is likelier than not, relative to from.
func (a *audio) voicedRuns(from, to int64) [][2]int64 {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var runs [][2]int64
	for i, p := range a.voiced {
		start := (a.window + int64(i)) * voice.Window
		if p < 0.5 || start+voice.Window <= from || start >= to {
			continue
		}
		s, e := max(start, from)-from, min(start+voice.Window, to)-from
		if n := len(runs); n > 0 && runs[n-1][1] == s {
			runs[n-1][1] = e
		} else {
			runs = append(runs, [2]int64{s, e})
		}
	}
	return runs
}
