package acd

import (
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf16"

	"patchbay/store"
	"patchbay/transcribe"
	"patchbay/transcribe/crosstalk"
	"patchbay/transcribe/prime"
	"patchbay/transcribe/redact"
)

// revealAfter is how long digits at the end of a line stay masked because a card number may go on in the next one, from
// the moment when the line came: the pause that redact allows for, and the time that a partial takes to show that the leg speaks again.
const revealAfter = redact.SettleMS*time.Millisecond + 2*time.Second

// lineWriter takes what the recogniser hears of one leg to the record and to the desks, masked before either.
type lineWriter struct {
	c                         *Center
	in                        *interaction // only to be handed to Center.run
	interaction, speaker, leg string
	name                      string                       // of whose leg it is; empty for the customer
	mask                      *redact.Call                 // of the interaction
	pauses                    *pauses                      // of its recording
	heard                     *crosstalk.Leg               // the leg's sound, to be told from the other legs'
	memory                    atomic.Pointer[prime.Memory] // the words of the record

	mu       sync.Mutex // one line at a time; held by the recogniser's stream, and by settle
	language string     // of the last line
	speaking bool       // a partial came, and its line has not
	reveal   *time.Timer
	open     bool  // digits of lines wait for it
	asked    int64 // start of the last utterance that asked for a secret number; -1 for none

	english  english           // of the last lines
	unmasked []transcribe.Line // the last ones as they were said; none where originals are not kept
}

func (w *lineWriter) Partial(p transcribe.Partial) {
	if p.Text != "" && w.heard.Leaks(p.StartMS) {
		p.Text, p.Settled = "", 0
	}
	w.mu.Lock()
	w.speaking = p.Text != ""
	w.mu.Unlock()
	w.hear(p.Text, p.StartMS)
	p = w.mask.Partial(w.leg, p)
	w.c.cfg.Publisher.Interaction(w.interaction, "partial", Partial{
		InteractionID: w.interaction, Speaker: w.speaker, Leg: w.leg, Name: w.name, StartMS: p.StartMS, Text: p.Text,
		Settled: utf16Len(p.Text[:min(p.Settled, len(p.Text))]),
	})
}

func (w *lineWriter) Line(l transcribe.Line) {
	said := l.Text
	l, own := w.heard.Own(l)
	if !own {
		return // the stream takes the partial back itself
	}
	whole := l.Text == said
	w.hear(l.Text, l.StartMS)
	l = w.memory.Load().Correct(l)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.speaking = false
	w.english.heard(l.ID, whole)
	if w.c.cfg.Originals != nil {
		w.unmasked = append(w.unmasked[max(0, len(w.unmasked)-maxUnmasked+1):], l)
	}
	w.give(w.mask.Line(w.leg, l))
	if language := l.Language; language != w.language {
		w.language = language
		w.c.post(func() { w.c.heardLanguage(w.in, w.leg, language) })
	}
}

// hear begins the sensitive mode where our side asks for a secret number, once an utterance: its partial may say so
// before its line does.
func (w *lineWriter) hear(text string, startMS int64) {
	if w.speaker == "customer" || !asksForSecret(text) {
		return
	}
	w.mu.Lock()
	again := w.asked == startMS
	w.asked = startMS
	w.mu.Unlock()
	if !again {
		w.c.post(func() { w.c.startSensitive(w.in, sensitiveRule) })
	}
}

// give keeps and shows what may be shown, and has the sound of the rest taken back. mu is held.
func (w *lineWriter) give(res redact.Result) {
	for _, l := range res.Lines {
		line := w.english.with(l.ID, written(w.interaction, w.leg, w.speaker, w.name, l))
		w.c.cfg.Journal.SaveLine(line) // kept before it is shown
		w.c.cfg.Publisher.Interaction(w.interaction, "line", line)
		w.keepOriginal(line)
	}
	for _, s := range res.Silence {
		w.c.TakeBack(w.interaction, s.FromMS, s.ToMS)
	}
	if kinds := res.Kinds; len(res.Silence) > 0 {
		at := res.Silence[0].FromMS
		w.c.post(func() { w.c.event(w.in, "masked", "system", map[string]any{"kinds": kinds, "leg": w.leg, "at_ms": at}) })
	}
	w.waitForMore(res.Open)
}

// waitForMore has digits shown that wait for what may follow them, unless more comes. mu is held.
func (w *lineWriter) waitForMore(open bool) {
	if w.reveal != nil {
		w.reveal.Stop()
		w.reveal = nil
	}
	if w.open = open; open || w.english.open {
		w.reveal = time.AfterFunc(revealAfter, func() { w.settle(false) })
	}
}

// maxUnmasked is how many of a leg's last lines are remembered: more than what redact may mask again.
const maxUnmasked = 16

// keepOriginal has what a masked line said kept under seal, of a call that is recorded, and not paused then. mu is held.
func (w *lineWriter) keepOriginal(line store.Line) {
	if w.c.cfg.Originals == nil {
		return
	}
	if _, recorded := w.c.tapes.Load(w.interaction); !recorded {
		return // nothing of it is to be kept, and there is no key
	}
	if w.pauses.touch(line.StartMS, line.EndMS) {
		return // a recording is paused for just what must not be kept
	}
	for _, l := range w.unmasked {
		if w.leg+"/"+l.ID == line.ID && (l.Text != line.Text || l.Spoken != line.Spoken) {
			w.c.cfg.Originals.KeepOriginal(written(w.interaction, w.leg, w.speaker, w.name, l))
		}
	}
}

// written is a leg's line as the record keeps it.
func written(interaction, leg, speaker, name string, l transcribe.Line) store.Line {
	words := make([]store.Word, len(l.Words))
	for i, x := range l.Words {
		words[i] = store.Word(x)
	}
	return store.Line{
		InteractionID: interaction, ID: leg + "/" + l.ID, Speaker: speaker, Leg: leg, Name: name,
		StartMS: l.StartMS, EndMS: l.EndMS, Text: l.Text, Spoken: l.Spoken, Words: words,
	}
}

// settle shows digits after which nothing came that makes a card number of them. While the leg speaks it waits, unless it
// has spoken its last.
func (w *lineWriter) settle(last bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.reveal == nil: // a line came meanwhile
	case w.speaking && !last:
		w.reveal.Reset(time.Second)
	default:
		w.english.show(w, w.english.mask.Settle(w.leg))
		w.give(w.mask.Settle(w.leg))
	}
}

// utf16Len is the length of s as JavaScript counts it.
func utf16Len(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
