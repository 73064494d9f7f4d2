package transcribe

import "patchbay/media"

// Word is one spoken word; times are in milliseconds on the stream's axis.
type Word struct {
	Text        string  `json:"text"`
	StartMS     int64   `json:"start_ms"`
	EndMS       int64   `json:"end_ms"`
	Probability float64 `json:"probability"`     // 0…1, of the recogniser's tokens
	Known       bool    `json:"known,omitempty"` // it stands in the record: see transcribe/prime
}

// Line is one final utterance of one leg.
type Line struct {
	ID      string `json:"id"` // unique in the stream and stable over re-transcription after a crash: the same id replaces
	StartMS int64  `json:"start_ms"`
	EndMS   int64  `json:"end_ms"`
	Text    string `json:"text"`   // as people write it
	Spoken  string `json:"spoken"` // word by word in letters
	Words   []Word `json:"words"`
	// Language is what the line was heard as: "en", "ja", …
	Language string `json:"language,omitempty"`
	// Translation is what the line means in English, by the recogniser: of a whole recording (worker.Transcribe). Live it comes
	// later, by Listener.Translation.
	Translation string `json:"translation,omitempty"`
}

// Partial is the still-changing utterance of one leg; an empty Text clears it.
type Partial struct {
	StartMS int64  `json:"start_ms"`
	Text    string `json:"text"`
	Settled int    `json:"settled"` // leading bytes of Text that the recogniser has repeated and holds to
}

// Listener receives what one stream hears. Calls come from one goroutine, in order; they must not block for long.
type Listener interface {
	Partial(Partial)
	Line(Line)
	// Translation brings what a line that came before means in English. It may never come: see StreamConfig.Translate.
	Translation(lineID, text string)
}

// StreamConfig describes one leg to be transcribed.
type StreamConfig struct {
	ID       string // interaction id + "/" + leg, for logs and kept audio
	Language string // "en", "ja", …; empty = detect
	Prompt   string // what the record teaches the recogniser; at most 60 tokens are used
	Listener Listener
	// Translate asks for the English of lines in these languages: "de,es", or "all" but English; empty: none. It is heard where no
	// line of any stream waits, and given up where that takes too long; it does not outlive a crash.
	Translate string

	recovered string // the trail that this leg's sound comes from
	done      int64  // sample up to which that was final
}

// Stream takes one leg's sound.
type Stream interface {
	// Write hands over the 20 ms at pos, in frames since the customer's 200 OK. Frames that are missing between two
	// calls count as silence. It never blocks; the audio is kept until its lines are final. f is not retained.
	Write(pos int64, f *media.Frame)
	// Finish marks the end of the leg. Remaining words still reach the Listener; then done is closed.
	Finish() (done <-chan struct{})
	// SetPrompt changes what the record teaches the recogniser, from the next pass over this leg on. It never blocks.
	SetPrompt(prompt string)
	// SetLanguage changes the language of the leg from the next pass on; empty = detect in the next utterance.
	SetLanguage(language string)
}

// State says whether words are being written.
type State string

// The states of transcription; the same words stand in /readyz.
const (
	Ready   State = "ready"
	Loading State = "loading" // starting, or restarting after a crash
	Off     State = "off"     // no model, no runtime; Reason says what and how to mend it
)

// Status is what the desk shows of the recogniser.
type Status struct {
	State  State  `json:"state"`
	Reason string `json:"reason"` // one sentence: what is wrong and how to mend it; empty when ready
	Behind bool   `json:"behind"` // lines come more than 3 s late; none is lost, and each takes its place
	Leaves string `json:"leaves"` // host of another recogniser that voices are sent to; empty: they stay on our machines
}
