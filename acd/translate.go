package acd

import (
	"strings"

	"patchbay/store"
	"patchbay/transcribe"
	"patchbay/transcribe/redact"
)

// english is what a leg's last lines mean in English, by the recogniser. It shows nothing that their own words hide: nothing ties
// a word of the one to a word of the other, so where anything is masked in either, there is no English at all.
type english struct {
	mask *redact.Call // of the interaction: it reads the English by itself, for a number may stand there in another form
	last []*foreign   // the newest at the end
	open bool         // digits wait to be shown, as in redact.Result
}

// foreign is a line that may get its English.
type foreign struct {
	id     string     // as the recogniser knows it
	line   store.Line // as it was given out last
	clean  bool       // it stands there as it was heard, whole
	masked string     // its English
}

// shown is the English that may be seen.
func (f *foreign) shown() string {
	if hides(f.line.Text) || hides(f.masked) || !f.clean {
		return ""
	}
	for _, w := range f.line.Words {
		if hides(w.Text) {
			return ""
		}
	}
	return f.masked
}

func hides(text string) bool { return strings.Contains(text, redact.Mask) }

// heard notes a line that the recogniser said; clean tells that nothing was taken out of it.
func (e *english) heard(id string, clean bool) {
	if f := e.find(id); f != nil {
		f.clean, f.masked = f.clean && clean, "" // it was heard anew
		return
	}
	e.last = append(e.last[max(0, len(e.last)-maxUnmasked+1):], &foreign{id: id, clean: clean})
}

func (e *english) find(id string) *foreign {
	for _, f := range e.last {
		if f.id == id {
			return f
		}
	}
	return nil
}

// with adds to a line, which is about to be given out, what it means.
func (e *english) with(id string, line store.Line) store.Line {
	if f := e.find(id); f != nil {
		f.line = line
		f.line.Translation = f.shown()
		return f.line
	}
	return line
}

// take has what the English mask found change lines, and gives those that are to be shown otherwise than before.
func (e *english) take(res redact.Result) (changed []store.Line) {
	e.open = res.Open
	for _, l := range res.Lines {
		f := e.find(l.ID)
		if f == nil {
			continue
		}
		f.masked = l.Text
		if now := f.shown(); f.line.ID != "" && now != f.line.Translation {
			f.line.Translation = now
			changed = append(changed, f.line)
		}
	}
	return changed
}

// Translation implements transcribe.Listener: it shows and keeps what a line means in English, masked before either.
func (w *lineWriter) Translation(id, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.english.find(id)
	if f == nil || f.line.ID == "" {
		return // it was another leg's voice, or is long gone
	}
	w.english.show(w, w.english.mask.Line(w.leg, transcribe.Line{ID: id, StartMS: f.line.StartMS, EndMS: f.line.EndMS, Text: text}))
	w.waitForMore(w.open)
}

func (e *english) show(w *lineWriter, res redact.Result) {
	for _, line := range e.take(res) {
		w.c.cfg.Journal.SaveLine(line) // kept before it is shown
		w.c.cfg.Publisher.Interaction(w.interaction, "line", line)
	}
}
