package acd

import (
	"strings"

	"patchbay/store"
	"patchbay/transcribe"
	"patchbay/transcribe/redact"
)

// Backfill takes the lines of legs whose words a server that was killed had not written down: into the record, in their
// place, masked as all lines are. Their desks are gone, so nobody is told. It gives the Listener of one leg, by the id of
// its stream, masked by the built-in rules and those of the centre. silence is told what is to be taken out of the recording, in milliseconds on the transcript's axis.
func Backfill(journal interface{ SaveLine(store.Line) }, silence func(interaction string, fromMS, toMS int64), own *Masks) func(id string) transcribe.Listener {
	masks := map[string]*redact.Call{} // by interaction
	return func(id string) transcribe.Listener {
		interaction, leg, _ := strings.Cut(id, "/")
		if masks[interaction] == nil {
			masks[interaction] = redact.New(redact.Config{Language: "en", Own: own})
		}
		return &backfill{journal: journal, silence: silence, mask: masks[interaction], interaction: interaction, leg: leg}
	}
}

type backfill struct {
	journal          interface{ SaveLine(store.Line) }
	silence          func(interaction string, fromMS, toMS int64)
	mask             *redact.Call
	interaction, leg string
}

func (b *backfill) Partial(transcribe.Partial) {}

// Translation does nothing: what is heard again is not translated.
func (b *backfill) Translation(string, string) {}

func (b *backfill) Line(l transcribe.Line) {
	res := b.mask.Line(b.leg, l)
	for _, s := range res.Silence {
		b.silence(b.interaction, s.FromMS, s.ToMS)
	}
	for _, l := range res.Lines {
		b.journal.SaveLine(written(b.interaction, b.leg, speakerOf(b.leg), "", l))
	}
}

// speakerOf is who speaks on a leg, as party.speaker says it.
func speakerOf(leg string) string {
	kind, _, _ := strings.Cut(leg, "-")
	return (&party{kind: Kind(kind)}).speaker()
}
