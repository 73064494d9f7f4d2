package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"patchbay/acd"
	"patchbay/media/record/seal"
	"patchbay/store"
)

// originalsOf names the keys of what was masked in an interaction. They are not the recording's own: that one is replaced whenever
// sound is taken back, and takes with it what it sealed.
func originalsOf(interaction string) string { return "o-" + interaction }

// originals is where the contact centre keeps what was masked; nil unless --keep-originals.
func (c *centre) originals() acd.Originals {
	if !c.s.KeepOriginals {
		return nil
	}
	return c.keeper
}

// KeepOriginal implements acd.Originals.
func (k *keeper) KeepOriginal(l store.Line) {
	key, err := k.keys.New(originalsOf(l.InteractionID))
	if err != nil {
		k.log.Error("what was masked is not kept", "interaction", l.InteractionID, "err", err)
		return
	}
	plain, err := json.Marshal(l)
	if err != nil {
		k.log.Error("what was masked is not kept", "interaction", l.InteractionID, "err", err)
		return
	}
	k.journal.SaveOriginal(store.Original{InteractionID: l.InteractionID, LineID: l.ID, KeyID: key.ID, Sealed: key.SealNote(plain, aboutOriginal(l.InteractionID, l.ID))})
}

func aboutOriginal(interaction, line string) []byte { return []byte(interaction + " " + line) }

// Originals gives what lines of an interaction said before they were masked, of those that are masked still.
func (k *keeper) Originals(ctx context.Context, id string) ([]store.Line, error) {
	sealed, err := k.store.Originals(ctx, id)
	if err != nil {
		return nil, err
	}
	shown, err := k.store.Lines(ctx, id)
	if err != nil {
		return nil, err
	}
	text := map[string]string{}
	for _, l := range shown {
		text[l.ID] = l.Text + "\n" + l.Spoken
	}
	var out []store.Line
	for _, o := range sealed {
		key, err := k.keys.Get(originalsOf(id), o.KeyID)
		if errors.Is(err, seal.ErrNoKey) {
			continue // erased
		} else if err != nil {
			return nil, err
		}
		plain, err := key.OpenNote(o.Sealed, aboutOriginal(id, o.LineID))
		if err != nil {
			return nil, fmt.Errorf("what was masked in line %s: %w", o.LineID, err)
		}
		var l store.Line
		if err := json.Unmarshal(plain, &l); err != nil {
			return nil, fmt.Errorf("what was masked in line %s: %w", o.LineID, err)
		}
		if now, known := text[l.ID]; known && now != l.Text+"\n"+l.Spoken { // else it was revealed
			out = append(out, l)
		}
	}
	return out, nil
}
