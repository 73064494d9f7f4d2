package acd

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"patchbay/store"
)

// Codes say when a call may need somebody.
const (
	CodeHand            = "raised_hand" // by the agent
	CodePhrase          = "phrase"
	CodeLong            = "long_call"
	CodeSilence         = "long_silence"
	CodeOverlap         = "overlap"
	CodeWait            = "long_wait"
	CodeRecordingFailed = "recording_failed"
)

// NeedCodes are all of them.
func NeedCodes() []string {
	return []string{CodeHand, CodePhrase, CodeLong, CodeSilence, CodeOverlap, CodeWait, CodeRecordingFailed}
}

const (
	usualUnknown  = 5 * time.Minute // until enough calls have been handled
	usualCalls    = 5               // that many are enough
	phraseShown   = 5 * time.Minute
	overlapWindow = time.Minute
	overlapShare  = 0.25 // of what was spoken
	maxPhrases    = 200
	maxPhrase     = 200 // bytes of a rule
)

// Phrase is a rule that can be tried.
type Phrase struct {
	store.PhraseRule
	pattern *regexp.Regexp
}

// PhraseMatch is what a rule found in a text.
type PhraseMatch struct {
	Kind string `json:"kind"`
	Text string `json:"text"` // of the rule
	Said string `json:"said"`

	ShareText bool `json:"-"` // of the rule
}

// CompilePhrases makes rules ready; an error says in words which one cannot be.
func CompilePhrases(rules []store.PhraseRule) ([]Phrase, error) {
	if len(rules) > maxPhrases {
		return nil, fmt.Errorf("there are at most %d rules", maxPhrases)
	}
	var all []Phrase
	for _, r := range rules {
		expr := r.Text
		switch {
		case strings.TrimSpace(r.Text) == "" || len(r.Text) > maxPhrase:
			return nil, fmt.Errorf("a rule has 1 to %d bytes of text", maxPhrase)
		case r.Kind == "exact":
			expr = wholeWords(strings.TrimSpace(r.Text))
		case r.Kind != "pattern":
			return nil, fmt.Errorf(`the kind of %q is "exact" or "pattern"`, r.Text)
		}
		re, err := regexp.Compile("(?i)" + expr)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%q is no pattern: %w", r.Text, err)
		case re.MatchString(""):
			return nil, fmt.Errorf("%q would fit everything", r.Text)
		}
		all = append(all, Phrase{r, re})
	}
	return all, nil
}

// MatchPhrases tries rules on a text.
func MatchPhrases(rules []Phrase, text string) []PhraseMatch {
	found := []PhraseMatch{}
	for _, p := range rules {
		if said := p.pattern.FindString(text); said != "" {
			found = append(found, PhraseMatch{p.Kind, p.Text, said, p.ShareText})
		}
	}
	return found
}

// SetPhrases changes of what supervisors are told when it is said, from the next line on.
func (c *Center) SetPhrases(rules []Phrase) {
	c.post(func() { c.cfg.Phrases = rules })
}

// wholeWords is the pattern of a phrase; words that are written without spaces, as in Japanese, have no bounds.
func wholeWords(phrase string) string {
	expr := strings.Join(strings.Fields(regexp.QuoteMeta(phrase)), `\s+`)
	latin := regexp.MustCompile(`^\w`)
	if latin.MatchString(phrase) {
		expr = `\b` + expr
	}
	if regexp.MustCompile(`\w$`).MatchString(phrase) {
		expr += `\b`
	}
	return expr
}

// talk is what is known of how a call goes. Owned by Center.run.
type talk struct {
	since    time.Time // the present talk began, or went on after a hold or a question
	began    time.Time // an agent answered for the first time
	lastWord time.Time
	spans    []span    // what was said lately
	phrase   time.Time // when the last one was said
}

// span is one line's place on the transcript's axis.
type span struct {
	customer       bool
	startMS, endMS int64
}

// usual is how long the calls of a queue take.
type usual struct {
	calls int
	total time.Duration
}

// overhear is a Publisher that has the Center look at what was said, as desks are shown it: after it was masked.
type overhear struct {
	Publisher
	c *Center
}

func (o overhear) Interaction(interactionID, typ string, data any) {
	o.Publisher.Interaction(interactionID, typ, data)
	switch v := data.(type) {
	case store.Line:
		o.c.post(func() { o.c.lineSaid(v) })
	case Partial:
		if v.Text != "" {
			o.c.post(func() { o.c.wordSaid(v.InteractionID) })
		}
	}
}

func (c *Center) wordSaid(id string) {
	if in := c.interactions[id]; in != nil {
		in.talk.lastWord = time.Now()
	}
}

// lineSaid looks for phrases, and for two who speak at once.
func (c *Center) lineSaid(l store.Line) {
	in := c.interactions[l.InteractionID]
	if in == nil || in.rec.EndedAt != nil {
		return
	}
	t := &in.talk
	t.lastWord = time.Now()
	if found := MatchPhrases(c.cfg.Phrases, l.Text); len(found) > 0 {
		t.phrase = t.lastWord
		c.event(in, "phrase", "system", map[string]any{"phrase": found[0].Text, "speaker": l.Speaker, "at_ms": l.StartMS})
		c.needSaying(in, CodePhrase, map[string]any{"said": found[0].Said, "phrase": found[0].Text, "speaker": l.Speaker},
			found[0].ShareText && in.tape.state.State != "refused")
	}
	t.spans = slices.DeleteFunc(t.spans, func(s span) bool { return s.endMS < l.EndMS-overlapWindow.Milliseconds() })
	t.spans = append(t.spans, span{l.Speaker == "customer", l.StartMS, l.EndMS})
	var both, spoken int64
	for i, a := range t.spans {
		spoken += a.endMS - a.startMS
		for _, b := range t.spans[:i] {
			if a.customer != b.customer {
				both += max(0, min(a.endMS, b.endMS)-max(a.startMS, b.startMS))
			}
		}
	}
	least := int64(c.cues(in.queue.ID).OverlapSeconds) * 1000
	c.needIf(in, CodeOverlap, least > 0 && both >= least && float64(both) >= overlapShare*float64(spoken), nil)
}

// judge looks for calls that may need somebody. It runs with the board: once a second while it is watched, and else every boardRest.
func (c *Center) judge(now time.Time) {
	for _, in := range c.interactions {
		if in.rec.EndedAt != nil {
			continue
		}
		t, q := &in.talk, c.cues(in.queue.ID)
		active := in.rec.State == StateActive && in.customerHere()
		if active && t.began.IsZero() {
			t.began = now
		}
		speaking := active && !in.held && (in.consult == nil || !in.consult.aside) && in.sensitive == nil
		switch {
		case !speaking:
			t.since = time.Time{}
		case t.since.IsZero():
			t.since = now
		}
		c.needIf(in, CodeWait, !active && in.rec.Direction == "inbound" && reached(now.Sub(in.since), q.WaitSeconds) && t.began.IsZero(), nil)
		if active {
			often := float64(now.Sub(t.began)) / float64(c.usual(in.queue.ID))
			c.needIf(in, CodeLong, q.LongTimes > 0 && now.Sub(t.began) >= time.Duration(q.LongSeconds)*time.Second && often >= q.LongTimes, map[string]any{"times": float64(int(often*10)) / 10})
		}
		quiet := now.Sub(later(t.since, t.lastWord))
		c.needIf(in, CodeSilence, speaking && c.system.Transcription == "ready" && reached(quiet, q.SilenceSeconds),
			map[string]any{"seconds": int(quiet.Seconds())})
		c.needIf(in, CodePhrase, now.Sub(t.phrase) < phraseShown, nil)
		if q.OverlapSeconds == 0 {
			c.needNoMore(in, CodeOverlap)
		}
	}
}

// reached says whether something has gone on for as many seconds as a cue has; 0 is a cue that is off.
func reached(d time.Duration, seconds int) bool {
	return seconds > 0 && d >= time.Duration(seconds)*time.Second
}

// needIf keeps a need for as long as it holds. A nil params leaves what is there.
func (c *Center) needIf(in *interaction, code string, on bool, params map[string]any) {
	i := slices.IndexFunc(in.needs, func(n Need) bool { return n.Code == code })
	switch {
	case !on && i >= 0:
		c.needNoMore(in, code)
	case on && i < 0 && code != CodePhrase:
		c.event(in, "need", "system", map[string]any{"code": code})
		c.need(in, code, params)
	case on && i >= 0 && params != nil:
		in.needs[i].Params = params
	}
}

func (c *Center) usual(queueID string) time.Duration {
	if u := c.usuals[queueID]; u != nil && u.calls >= usualCalls {
		return max(u.total/time.Duration(u.calls), time.Minute)
	}
	return usualUnknown
}

// took counts a call that was handled.
func (c *Center) took(in *interaction, now time.Time) {
	if in.rec.AnsweredAt == nil {
		return
	}
	u := c.usuals[in.queue.ID]
	if u == nil {
		u = &usual{}
		c.usuals[in.queue.ID] = u
	}
	u.calls++
	u.total += now.Sub(*in.rec.AnsweredAt)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
