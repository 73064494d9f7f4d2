package worker

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"patchbay/transcribe"
	"patchbay/transcribe/written"
)

// Lengths in samples, as in segment.go.
const (
	firstPartial   = 6400   // of voice before the first partial (0.4 s): earlier ones are guesses
	firstAgain     = 1600   // of sound before the next try, as long as partials have no text (0.1 s), and an eighth of the utterance
	partialEvery   = 12_800 // of sound between two partials at least (0.8 s) …
	partialShare   = 4      // … and a quarter of the utterance, because a pass costs as much as it is long
	longGap        = 16_000 // of silence is skipped instead of heard (1 s), after as much was heard
	discardBehind  = 16_000 // of sound stays in the engine behind what is wanted
	maxFinalsAhead = 4      // utterances that may wait for their lines before more sound is taken in
	maxAttempts    = 2      // at a stretch that the engine fails to decode

	frameSamples = 320 // media.FrameSamples, as a plain number of this file's unit
	// gridSamples is the smallest number of whole frames that is a whole number of windows.
	gridSamples = 2560
)

// queue is what a session wants of the scheduler.
type queue interface {
	submit(*pass)
	promote(*pass)
	withdraw(*pass) bool
}

// utterance is one stretch of speech from its onset to its line.
type utterance struct {
	from, to   int64 // on the stream's axis
	onset, end int64
	offset     int64 // of the engine's audio against the stream's axis
	closed     bool

	final   *pass // under way, on trial or not
	finalTo int64 // what final or hyp covers
	hyp     *transcribe.Hypothesis
	draft   []int32 // of a final pass that was for nothing

	partial      *pass
	nextPartial  int64
	partialDraft []int32
	guess        string // what the last partial pass heard
	text         string // of the last partial
	settled      int
	unsent       bool // text is held back until earlier lines are out
}

// session turns one stream's sound into partials and lines. It is a state machine without a clock: sound and results of
// passes go in, messages and passes come out. It is not safe for concurrent use.
type session struct {
	id       uint32
	language string
	prompt   string
	audio    transcribe.Audio
	queue    queue
	reply    func(result)             // where passes send their results
	emit     func(transcribe.Message) // what the host is told
	keepTo   int64                    // sample of the engine's audio before which all was discarded
	flying   []*pass                  // submitted and not yet answered: the engine may read their sound

	translates  string  // languages whose lines are wanted in English too
	translating []*pass // of flying, the oldest first

	seg      *segmenter
	offset   int64 // axis = audio + offset
	next     int64 // sample on the axis that comes next
	reported int64 // frame up to which the host was last told that we have heard
	pending  []*utterance
	current  *utterance
	finished bool
	told     bool // FinishedMessage was sent
	silence  [frameSamples]int16
}

// newSession starts a stream at open.From; open.Done says what is final already.
func newSession(open *transcribe.OpenMessage, audio transcribe.Audio, q queue, reply func(result), emit func(transcribe.Message)) *session {
	at := open.From * frameSamples / gridSamples * gridSamples
	return &session{
		id: open.Stream, language: open.Language, prompt: open.Prompt,
		audio: audio, queue: q, reply: reply, emit: emit, translates: open.Translate,
		seg: newSegmenter(at, max(open.Done, at)), offset: at, next: at, reported: at / frameSamples,
	}
}

// prime changes what passes from now on are told. A draft was heard in the old language, or without the new words, and is
// only checked: it cannot keep them out.
func (s *session) prime(language, prompt string) {
	s.language, s.prompt = language, prompt
}

// reportEvery is the number of frames after which the host is told how far we are. Each report wakes the host, which has the
// calls to carry; but what kills us is laid at the door of sound that we have reported.
const reportEvery = 5

// full reports whether results must come before more sound is taken in.
func (s *session) full() bool { return len(s.pending) >= maxFinalsAhead }

// sound takes samples at the frame pos in; what is missing before it is silence, what was given before is left out.
func (s *session) sound(pos int64, samples []int16, behind bool) {
	if s.finished {
		return
	}
	at := pos * frameSamples
	s.silentTo(at, behind)
	if skip := s.next - at; skip > 0 {
		samples = samples[min(skip, int64(len(samples))):]
	}
	s.hear(samples, behind)
	s.discard()
	if heard := s.next / frameSamples; behind || heard >= s.reported+reportEvery {
		s.reported = heard
		s.emit(&transcribe.HeardMessage{Stream: s.id, Heard: heard, Consumed: s.consumed()})
	}
}

// silentTo fills a gap. A long one is heard for a second, which ends any utterance, and then skipped.
func (s *session) silentTo(at int64, behind bool) {
	heard := at
	if at-s.next > 2*longGap {
		heard = s.next + longGap
	}
	s.hearSilence(heard, behind)
	if heard == at {
		return
	}
	s.turn(s.seg.finish(), behind) // where a second of silence still sounds like a voice
	// What is left of a window stays in the engine's detector, so the jump keeps the phase of windows.
	phase := (s.next - s.offset) % windowSamples
	target := (at - phase) / gridSamples * gridSamples
	s.offset += target + phase - s.next
	s.next = target + phase
	s.seg.jump(target)
	s.hearSilence(at, behind)
}

func (s *session) hearSilence(to int64, behind bool) {
	for s.next < to {
		s.hear(s.silence[:min(int64(len(s.silence)), to-s.next)], behind)
	}
}

// hear gives samples to the engine and its voice detector's answer to the segmenter.
func (s *session) hear(samples []int16, behind bool) {
	if len(samples) == 0 {
		return
	}
	s.next += int64(len(samples))
	for _, p := range s.audio.Append(samples) {
		s.turn(s.seg.step(p), behind)
	}
	for s.seg.at+windowSamples <= s.next { // the detector has failed: nobody speaks, but the clock goes on
		s.turn(s.seg.step(0), behind)
	}
	s.wantPartial(behind)
}

// turn acts on the segmenter's events.
func (s *session) turn(events []event, behind bool) {
	for _, e := range events {
		switch e.kind {
		case began:
			begins := min(e.onset, e.from+leadIn) // a soft first syllable counts
			s.current = &utterance{from: e.from, onset: e.onset, offset: s.offset, nextPartial: begins + firstPartial}
		case paused:
			s.dropPartial()
			if !behind { // else the rest is here already, and nothing is gained by trying
				s.startFinal(s.current, e.to, rankTrial)
			}
		case resumed:
			s.dropFinal(s.current)
		case ended:
			s.close(s.current, e)
		}
	}
}

// close ends the current utterance: from now on its line is waited for.
func (s *session) close(u *utterance, e event) {
	s.dropPartial()
	s.current = nil
	u.to, u.end, u.closed = e.to, e.end, true
	s.pending = append(s.pending, u)
	switch {
	case u.finalTo != u.to || u.final == nil && u.hyp == nil:
		s.dropFinal(u)
		s.startFinal(u, u.to, rankFinal)
	case u.final != nil:
		s.queue.promote(u.final)
	}
	s.flush()
}

func (s *session) startFinal(u *utterance, to int64, r rank) {
	u.final, u.finalTo = s.newPass(u, to, u.draft), to
	u.final.final, u.final.rank, u.final.guess = true, r, u.guess
	s.submit(u.final)
}

// dropFinal throws a pass on trial away, because the speaker went on; what it heard serves as a draft.
func (s *session) dropFinal(u *utterance) {
	if u.final != nil {
		s.takeBack(u.final)
	}
	if u.hyp != nil {
		u.draft = u.hyp.Tokens
	}
	u.final, u.hyp, u.finalTo = nil, nil, 0
}

// dropPartial takes a partial back that has not begun to run.
func (s *session) dropPartial() {
	u := s.current
	if u.partial != nil && s.takeBack(u.partial) {
		u.partial = nil
	}
}

// wantPartial starts a partial when one is due, or lets the one that waits grow.
func (s *session) wantPartial(behind bool) {
	u := s.current
	switch {
	case u == nil || s.seg.isPaused:
	case u.partial != nil:
		u.partial.to.Store(s.next - u.offset)
	case !behind && s.next >= u.nextPartial:
		u.partial = s.newPass(u, s.next, u.partialDraft)
		u.partial.rank = rankPartial
		s.submit(u.partial)
	}
}

func (s *session) newPass(u *utterance, to int64, draft []int32) *pass {
	p := &pass{utterance: u, audio: s.audio, from: u.from - u.offset, language: s.language, prompt: s.prompt, draft: draft, reply: s.reply}
	p.to.Store(to - u.offset)
	return p
}

func (s *session) submit(p *pass) {
	s.flying = append(s.flying, p)
	s.queue.submit(p)
}

// takeBack reports whether p will not be answered.
func (s *session) takeBack(p *pass) bool {
	if !s.queue.withdraw(p) {
		return false
	}
	s.landed(p)
	return true
}

func (s *session) landed(p *pass) {
	s.flying = slices.DeleteFunc(s.flying, func(other *pass) bool { return other == p })
}

// passed takes a result in. Results of passes that are not wanted any more change nothing.
func (s *session) passed(r result) {
	s.landed(r.pass)
	u := r.pass.utterance
	if r.pass.translates() {
		s.translated(r)
		s.discard()
		return
	}
	switch r.pass {
	case u.partial:
		u.partial = nil
		to := r.pass.to.Load() + u.offset
		u.nextPartial = to + max(partialEvery, (to-u.from)/partialShare)
		if r.err == nil && !u.closed {
			s.heardPartial(u, r.hyp)
		}
		if u.text == "" {
			u.nextPartial = to + max(firstAgain, (to-u.from)/(2*partialShare))
		}
	case u.final:
		u.final = nil
		if r.err != nil && r.pass.attempt+1 < maxAttempts {
			s.startFinal(u, u.finalTo, r.pass.rank)
			u.final.attempt = r.pass.attempt + 1
			u.final.draft, u.final.guess = nil, ""
			return
		}
		// A stretch that cannot be decoded is given up (and counted): the utterances behind it are not held up for ever.
		u.hyp = &r.hyp
		if r.err != nil {
			u.hyp = &transcribe.Hypothesis{}
		}
		s.flush()
	}
	s.discard()
}

// heardPartial tells the host what the utterance sounds like so far.
func (s *session) heardPartial(u *utterance, h transcribe.Hypothesis) {
	text := strings.TrimSpace(h.Text)
	if text == "" {
		return
	}
	u.partialDraft, u.guess = h.Tokens, text
	text, kept := hold(u.text[:u.settled], text)
	sure := u.settled + max(h.Sure-kept, 0) // of the words behind what is held
	u.settled = max(u.settled, min(agreed(u.text, text), wordsIn(text, sure)))
	u.text, u.unsent = text, true
	s.flush()
}

// flush sends the lines that are ready, in order, and the newest partial behind them.
func (s *session) flush() {
	for len(s.pending) > 0 && s.pending[0].hyp != nil {
		u := s.pending[0]
		s.pending = s.pending[1:]
		if line, ok := u.line(s.language); ok {
			if s.language == "" {
				s.language = line.Language // the first utterance decides, until somebody chooses
			}
			s.emit(&transcribe.LineMessage{Stream: s.id, Line: line, Consumed: s.consumed()})
			s.translate(u, line)
		} else {
			s.emit(&transcribe.PartialMessage{Stream: s.id, Partial: transcribe.Partial{StartMS: ms(u.from)}})
			s.emit(&transcribe.HeardMessage{Stream: s.id, Heard: s.next / frameSamples, Consumed: s.consumed()})
		}
	}
	if len(s.pending) > 0 {
		return // its line would come behind the partial of a later utterance
	}
	if u := s.current; u != nil && u.unsent {
		u.unsent = false
		s.emit(&transcribe.PartialMessage{Stream: s.id, Partial: transcribe.Partial{StartMS: ms(u.from), Text: u.text, Settled: u.settled}})
	}
	if s.finished && !s.told && len(s.translating) == 0 {
		s.told = true
		s.emit(&transcribe.FinishedMessage{Stream: s.id})
	}
}

// finish takes in that no sound follows: what is being said is all there is.
func (s *session) finish() {
	if s.finished {
		return
	}
	// The last window is completed, so that its sound is judged too.
	rest := (windowSamples - (s.next-s.offset)%windowSamples) % windowSamples
	s.hear(make([]int16, rest), true)
	s.finished = true
	s.turn(s.seg.finish(), true)
	s.flush()
}

// withdraw takes back all passes: the stream is closed.
func (s *session) withdraw() {
	for _, p := range s.flying {
		s.queue.withdraw(p)
	}
	s.flying, s.translating = nil, nil
}

// consumed is the sample up to which every line is out.
func (s *session) consumed() int64 {
	if len(s.pending) > 0 {
		return s.pending[0].from
	}
	return max(min(s.seg.settled(), s.next), 0)
}

// discard lets the engine forget sound that no pass can want any more, in large steps.
func (s *session) discard() {
	offset := s.offset
	if len(s.pending) > 0 {
		offset = s.pending[0].offset
	}
	to := s.consumed() - offset - discardBehind
	for _, p := range s.flying {
		to = min(to, p.from)
	}
	if to >= s.keepTo+discardBehind {
		s.keepTo = to
		s.audio.Discard(to)
	}
}

// line writes the utterance's line, if anything was said.
func (u *utterance) line(language string) (transcribe.Line, bool) {
	text := strings.TrimSpace(u.hyp.Text)
	if text == "" {
		return transcribe.Line{}, false
	}
	if u.hyp.Language != "" {
		language = u.hyp.Language
	}
	first, last := ms(u.from), ms(u.to)
	l := transcribe.Line{
		ID:      "l" + strconv.FormatInt(u.from, 10),
		StartMS: ms(max(u.onset, u.from)), EndMS: ms(u.end),
		Text: written.Text(text, language), Spoken: transcribe.Spoken(text, language), Language: language,
		Words: make([]transcribe.Word, 0, len(u.hyp.Words)),
	}
	for _, w := range u.hyp.Words {
		w.StartMS = min(max(first+w.StartMS, first), last)
		w.EndMS = min(max(first+w.EndMS, w.StartMS), last)
		if math.IsNaN(w.Probability) {
			w.Probability = 0
		}
		w.Probability = min(max(w.Probability, 0), 1)
		l.Words = append(l.Words, w)
	}
	if n := len(l.Words); n > 0 {
		l.StartMS, l.EndMS = l.Words[0].StartMS, l.Words[n-1].EndMS
	}
	l.EndMS = max(l.EndMS, l.StartMS)
	return l, true
}

// ms is a position in milliseconds.
func ms(sample int64) int64 { return sample / 16 }
