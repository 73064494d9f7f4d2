package codec

// How alike two places must be for a seam between them: below this, and above this level, a seam would be heard.
const (
	seamSamples   = 10 * msSamples // over which the two places are blended
	seamAlike     = 0.6            // correlation, −1 to 1
	seamQuietMean = 60             // mean magnitude of a sample, about −55 dBFS
)

// Shorten removes one period of at most most samples from the start of pcm, where the voice allows it (or force
// demands it), and returns how many: 0 where it does not. What remains is pcm[:len(pcm)-n].
func Shorten(pcm []int16, most int, force bool) (n int) {
	lag := seamLag(pcm, most, force)
	if lag == 0 {
		return 0
	}
	for i := range seamSamples {
		pcm[i] = blend(pcm[i], pcm[lag+i], i, seamSamples)
	}
	copy(pcm[seamSamples:], pcm[lag+seamSamples:])
	return lag
}

// Lengthen repeats one period of at most most samples at the start of pcm, where the voice allows it (or force demands
// it), and returns how many samples it added: 0 where it does not. pcm must have room for them beyond its length.
func Lengthen(pcm []int16, most int, force bool) (n int) {
	lag := seamLag(pcm, min(most, cap(pcm)-len(pcm)), force)
	if lag == 0 {
		return 0
	}
	long := pcm[:len(pcm)+lag]
	copy(long[lag+seamSamples:], pcm[seamSamples:])
	// The seam goes from what follows the period back to its start. It is written from its end, since with a period
	// shorter than the seam the two overlap.
	for i := seamSamples - 1; i >= 0; i-- {
		long[lag+i] = blend(long[lag+i], long[i], i, seamSamples)
	}
	return lag
}

// seamLag returns a distance at which pcm resembles its start, or 0.
func seamLag(pcm []int16, most int, force bool) int {
	most = min(most, maxPeriod, len(pcm)-seamSamples)
	if most < minPeriod {
		return 0
	}
	best, lag := -2.0, 0
	for l := minPeriod; l <= most; l += 2 {
		if s := similarity(pcm[:seamSamples], pcm[l:], 2); s > best {
			best, lag = s, l
		}
	}
	// A sample off is a sixth of a radian at 437 Hz, and a Frame's time takes three seams.
	fine := -2.0
	for l, around := max(lag-1, minPeriod), min(lag+1, most); l <= around; l++ {
		if s := similarity(pcm[:seamSamples], pcm[l:], 1); s > fine {
			fine, lag = s, l
		}
	}
	if best < seamAlike && !force && loudness(pcm[:lag+seamSamples]) > seamQuietMean {
		return 0
	}
	return lag
}

// loudness is the mean magnitude of a sample.
func loudness(pcm []int16) int {
	sum := 0
	for _, s := range pcm {
		sum += max(int(s), -int(s))
	}
	return sum / len(pcm)
}
