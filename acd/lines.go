package acd

import (
	"sync/atomic"
	"unicode/utf16"

	"patchbay/store"
	"patchbay/transcribe"
	"patchbay/transcribe/prime"
)

// lineWriter takes what the recogniser hears of one leg to the record and to the desks.
type lineWriter struct {
	c                         *Center
	in                        *interaction // only to be handed to Center.run
	interaction, speaker, leg string
	memory                    atomic.Pointer[prime.Memory] // the words of the record
	language                  string                       // of the last line; Line's own
}

func (w *lineWriter) Partial(p transcribe.Partial) {
	w.c.cfg.Publisher.Interaction(w.interaction, "partial", Partial{
		InteractionID: w.interaction, Speaker: w.speaker, Leg: w.leg, StartMS: p.StartMS, Text: p.Text,
		Settled: utf16Len(p.Text[:min(p.Settled, len(p.Text))]),
	})
}

func (w *lineWriter) Line(l transcribe.Line) {
	l = w.memory.Load().Correct(l)
	words := make([]store.Word, len(l.Words))
	for i, x := range l.Words {
		words[i] = store.Word(x)
	}
	line := store.Line{
		InteractionID: w.interaction, ID: w.leg + "/" + l.ID, Speaker: w.speaker, Leg: w.leg,
		StartMS: l.StartMS, EndMS: l.EndMS, Text: l.Text, Spoken: l.Spoken, Words: words,
	}
	w.c.cfg.Journal.SaveLine(line) // kept before it is shown
	w.c.cfg.Publisher.Interaction(w.interaction, "line", line)
	if language := l.Language; language != w.language {
		w.language = language
		w.c.post(func() { w.c.heardLanguage(w.in, w.leg, language) })
	}
}

// utf16Len is the length of s as JavaScript counts it.
func utf16Len(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
