package transcribe

import "patchbay/media"

const (
	frameSamples = media.FrameSamples
	framesPerSec = media.SampleRate / frameSamples
	chunkFrames  = framesPerSec // a chunk is one second
	chunkSamples = chunkFrames * frameSamples

	// maxPosition bounds positions in frames and in samples: 2 000 years, far from overflow in any sum or product here.
	maxPosition = 1 << 50
)

// chunk is one second of kept sound, aligned on whole seconds of the stream's axis; frames never written are silence.
type chunk struct {
	index   int64 // position in frames / chunkFrames
	sound   *[chunkSamples]int16
	slot    int64 // in the spool file, where sound is nil
	leaving bool  // the keeper is writing it to the file
}

// kept is a stream's sound from base to next. Whole seconds without a written frame have no chunk. It is not safe for
// concurrent use: the stream's lock guards it.
type kept struct {
	pool   *chunkPool
	spool  *spool // nil where nothing was spooled yet
	chunks []chunk
	// unspoolable is set when the file has failed: what is kept then stays in memory.
	unspoolable bool

	base  int64 // frame before which all is forgotten
	next  int64 // frame up to which the leg has spoken or, by extend, is known to have been silent
	limit int64 // frames kept at most
}

// write keeps f at pos, which must not lie before an earlier one, and reports how many frames of the oldest sound were dropped to make room.
func (k *kept) write(pos int64, f *media.Frame) (dropped int64) {
	i := pos / chunkFrames
	if n := len(k.chunks); n == 0 || k.chunks[n-1].index != i {
		k.chunks = append(k.chunks, chunk{index: i, sound: k.pool.get()})
	}
	c := &k.chunks[len(k.chunks)-1]
	copy(c.sound[pos%chunkFrames*frameSamples:], f[:])
	return k.extend(pos + 1)
}

// extend says that everything before pos is given: what was not written is silence.
func (k *kept) extend(pos int64) (dropped int64) {
	k.next = max(k.next, pos)
	if over := k.next - k.limit; over > k.base {
		dropped = k.sounding(over)
		k.release(over)
	}
	return dropped
}

// sounding is the number of frames before pos that are kept in chunks; silence between them is no loss.
func (k *kept) sounding(pos int64) (frames int64) {
	for _, c := range k.chunks {
		from, to := max(c.index*chunkFrames, k.base), min((c.index+1)*chunkFrames, pos, k.next)
		frames += max(to-from, 0)
	}
	return frames
}

// release forgets what lies before pos.
func (k *kept) release(pos int64) {
	if pos <= k.base {
		return
	}
	k.base = pos
	n := 0
	for n < len(k.chunks) && (k.chunks[n].index+1)*chunkFrames <= pos {
		c := &k.chunks[n]
		switch {
		case c.sound == nil:
			k.spool.free(c.slot)
		case !c.leaving: // else the keeper still reads it, and lets the garbage collector have it
			k.pool.put(c.sound)
		}
		n++
	}
	m := copy(k.chunks, k.chunks[n:])
	clear(k.chunks[m:])
	k.chunks = k.chunks[:m]
}

// find returns the chunk that holds pos, or the first one behind it, or nil.
func (k *kept) find(pos int64) *chunk {
	for i := range k.chunks {
		if (k.chunks[i].index+1)*chunkFrames > pos {
			return &k.chunks[i]
		}
	}
	return nil
}

// oldestInMemory returns the oldest whole second in memory, where there are more than limit of them.
func (k *kept) oldestInMemory(limit int) *chunk {
	var oldest *chunk
	n := 0
	for i := range k.chunks {
		if c := &k.chunks[i]; c.sound != nil && (c.index+1)*chunkFrames <= k.next {
			if n++; oldest == nil {
				oldest = c
			}
		}
	}
	if n <= limit {
		return nil
	}
	return oldest
}

// byIndex returns the chunk of that index, or nil where it was released.
func (k *kept) byIndex(index int64) *chunk {
	if c := k.find(index * chunkFrames); c != nil && c.index == index {
		return c
	}
	return nil
}

// close forgets everything.
func (k *kept) close() error {
	k.release(max(k.next, k.base))
	for _, c := range k.chunks { // the second that is still being written
		if c.sound != nil && !c.leaving {
			k.pool.put(c.sound)
		}
	}
	k.chunks = nil
	if k.spool == nil {
		return nil
	}
	return k.spool.close()
}
