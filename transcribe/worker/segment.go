package worker

// Lengths in samples (16 kHz). They were measured with Silero and Whisper on telephone speech (docs/adr): shorter pauses
// split sentences and cost words, longer ones delay lines.
const (
	windowSamples = 512 // the voice detector's step

	onsetAfter   = 1600    // of voice begin an utterance (0.1 s): clicks do not
	leadIn       = 4000    // kept before the onset (0.25 s): consonants are quiet
	leadOut      = 3200    // and after the end (0.2 s); less than pauseAfter, so that it is there when the end is tried
	leadLength   = 8000    // before the rise belongs to the onset where a voice was faintly likely (0.5 s): soft first words
	pauseAfter   = 4000    // of silence may be the end: the final pass begins on trial (0.25 s)
	endAfter     = 8000    // of silence is the end (0.5 s)
	softLength   = 96_000  // utterances longer than this end at a pause (6 s)
	longLength   = 128_000 // and longer than this at the first dip (8 s)
	dipAfter     = 1600    // of quiet is a dip (0.1 s)
	dipCut       = 2 * windowSamples
	hardLength   = 400_000 // no utterance is longer (25 s); the recogniser takes 29 s
	hardLookBack = 94      // windows in which a hard split finds its quietest place (3 s)

	voiceOn, voiceOff         = 0.5, 0.35 // probability at which voice begins and ends
	voiceFaint                = 0.15      // and at which it may have begun already
	longVoiceOn, longVoiceOff = 0.9, 0.75 // in utterances that are too long already
)

// eventKind says what happened to the utterance.
type eventKind int

const (
	began   eventKind = iota // From and Onset are set
	paused                   // it would end at To, if it does
	resumed                  // it did not
	ended                    // at To
)

// event is one turn of an utterance; positions are samples on the stream's axis.
type event struct {
	kind     eventKind
	from, to int64 // what is to be decoded, padding included
	onset    int64 // where the voice begins
	end      int64 // where it ends
}

// segmenter finds utterances from the probability of a voice in each window. It is a pure state machine: its only clock is
// the sound. Windows lie on whole multiples of windowSamples, whatever the sound's beginning, so that another recogniser
// that hears the same sound from another place on finds the same utterances.
type segmenter struct {
	at    int64 // where the next window begins
	floor int64 // utterances begin here at the earliest: everything before it is final
	rise  int64 // where a voice rose that is too short yet; -1: nowhere
	faint int64 // since when every window was at least faintly voiced, while nobody speaks; -1: it is not

	speaking    bool
	from, onset int64
	quietSince  int64 // -1: not quiet
	isPaused    bool
	recent      [hardLookBack]float32 // probabilities, by window modulo its length

	events []event // of the last step
}

// newSegmenter begins at the sample at, a multiple of windowSamples, and ignores voice before floor.
func newSegmenter(at, floor int64) *segmenter {
	return &segmenter{at: at, floor: floor, rise: -1, faint: -1, quietSince: -1}
}

// step takes the probability of a voice in the next window in. The events are valid until the next call.
func (s *segmenter) step(p float32) []event {
	s.events = s.events[:0]
	s.recent[s.at/windowSamples%hardLookBack] = p
	s.take(p)
	return s.events
}

func (s *segmenter) take(p float32) {
	start := s.at
	s.at += windowSamples
	if start < s.floor && !s.speaking {
		p = 0 // it is final already: only the detector needs to hear it again
	}
	if s.speaking {
		s.speak(start, p)
	} else {
		s.listen(start, p)
	}
}

// listen waits for a voice.
func (s *segmenter) listen(start int64, p float32) {
	switch {
	case p < voiceFaint:
		s.faint = -1
	case s.faint < 0:
		s.faint = start
	}
	switch {
	case p >= voiceOn && s.rise < 0:
		s.rise = start
	case p < voiceOff:
		s.rise = -1
	}
	if s.rise >= 0 && s.at-s.rise >= onsetAfter {
		s.begin(s.lead(s.rise), s.rise)
	}
}

// lead is where an utterance begins whose voice rises at rise.
func (s *segmenter) lead(rise int64) int64 {
	if s.faint >= 0 {
		rise = max(s.faint, rise-leadLength)
	}
	return max(s.floor, rise-leadIn)
}

// speak waits for the end.
func (s *segmenter) speak(start int64, p float32) {
	long := s.at-s.from > longLength
	on, off := float32(voiceOn), float32(voiceOff)
	if long {
		on, off = longVoiceOn, longVoiceOff
	}
	switch {
	case p >= on:
		s.quietSince = -1
		if s.isPaused {
			s.isPaused = false
			s.add(event{kind: resumed, from: s.from, onset: s.onset})
		}
	case p < off && s.quietSince < 0:
		s.quietSince = start
	}
	if s.quietSince >= 0 {
		quiet := s.at - s.quietSince
		to := s.quietSince + leadOut
		switch {
		case long && quiet >= dipAfter && quiet < pauseAfter:
			s.splitAt(s.quietSince + dipCut)
		case quiet >= endAfter, quiet >= pauseAfter && to-s.from > softLength:
			s.splitAt(to)
		case quiet >= pauseAfter && !s.isPaused:
			s.isPaused = true
			s.add(event{kind: paused, from: s.from, to: to, onset: s.onset, end: s.quietSince})
		}
	}
	if s.speaking && s.at-s.from >= hardLength {
		s.splitAt(s.quietest())
	}
}

// quietest returns where the quietest window of the last ones begins, judged with its neighbours.
func (s *segmenter) quietest() int64 {
	last := s.at/windowSamples - 1
	best, bestSum := last, float32(5)
	for w := last - 1; w > last-hardLookBack+1; w-- {
		sum := s.recent[(w-1)%hardLookBack] + 2*s.recent[w%hardLookBack] + s.recent[(w+1)%hardLookBack]
		if sum < bestSum {
			best, bestSum = w, sum
		}
	}
	return best * windowSamples
}

func (s *segmenter) begin(from, onset int64) {
	s.speaking, s.from, s.onset, s.rise, s.faint, s.quietSince = true, from, onset, -1, -1, -1
	s.add(event{kind: began, from: from, onset: onset})
}

// splitAt ends the utterance at to and looks again at the windows behind it: they may belong to the next one. A segmenter
// that begins anew at to sees no others.
func (s *segmenter) splitAt(to int64) {
	s.finishAt(to)
	end := s.at
	s.at = (to + windowSamples - 1) / windowSamples * windowSamples
	for s.at < end {
		s.take(s.recent[s.at/windowSamples%hardLookBack])
	}
}

func (s *segmenter) finishAt(to int64) {
	end := to
	if s.quietSince >= 0 {
		end = min(to, s.quietSince)
	}
	s.add(event{kind: ended, from: s.from, to: to, onset: s.onset, end: end})
	s.speaking, s.isPaused, s.floor, s.rise, s.faint, s.quietSince = false, false, to, -1, -1, -1
}

func (s *segmenter) add(e event) { s.events = append(s.events, e) }

// finish ends the utterance under way where the sound ends. The event is valid until the next call.
func (s *segmenter) finish() []event {
	s.events = s.events[:0]
	if s.speaking {
		to := s.at
		if s.quietSince >= 0 {
			to = min(to, s.quietSince+leadOut)
		}
		s.finishAt(to)
	}
	return s.events
}

// jump goes on at the sample at, a multiple of windowSamples, after silence that need not be heard. It must not be called
// while somebody speaks.
func (s *segmenter) jump(at int64) {
	s.at, s.rise, s.faint = at, -1, -1
	s.floor = max(s.floor, at)
}

// settled is the sample before which nothing can become part of an utterance any more.
func (s *segmenter) settled() int64 {
	switch {
	case s.speaking:
		return s.from
	case s.rise >= 0:
		return s.lead(s.rise)
	}
	return s.lead(s.at)
}
