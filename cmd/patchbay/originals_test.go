package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"patchbay/acd"
	"patchbay/store"
	"patchbay/store/pgtest"
)

// TestOriginalsAreSealed: with the setting off nothing is kept; with it on what was masked is read back over a rotation of the master
// key, lies nowhere unsealed, and is gone with an erasure and with "do not record"; what was revealed meanwhile is no original.
func TestOriginalsAreSealed(t *testing.T) {
	st, dir := pgtest.Fresh(t), t.TempDir()
	journal, err := store.NewJournal(store.JournalConfig{Dir: filepath.Join(dir, "journal"), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- journal.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ran; _ = journal.Close() })
	c := &centre{s: &settings{DataDir: dir}, log: slog.New(slog.DiscardHandler), store: st, journal: journal}
	if err := c.openKeeper(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	if c.originals() != nil {
		t.Error("originals are kept although nobody asked")
	}
	c.s.KeepOriginals = true
	keep := c.originals()

	ids := map[string]string{}
	for _, name := range []string{"erased", "discarded", "kept"} {
		id := uuid.Must(uuid.NewV7()).String()
		ids[name] = id
		rec := c.keeper.Record(acd.RecordingStart{InteractionID: id, At: time.Now()})
		for line, masked := range map[string]string{"customer/1": "it is ••••", "customer/2": "order 6011 0009"} { // the second was revealed
			keep.KeepOriginal(store.Line{InteractionID: id, ID: line, Speaker: "customer", Text: map[string]string{"customer/1": "it is 6011 0009", "customer/2": "order 6011 0009"}[line]})
			journal.SaveLine(store.Line{InteractionID: id, ID: line, Speaker: "customer", Text: masked})
		}
		if name == "discarded" {
			rec.Discard()
		} else {
			rec.Finish()
		}
		<-rec.(tapeOf).Done()
	}
	if err := journal.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.keeper.RotateKey(); err != nil {
		t.Fatal(err)
	}
	sealed, err := st.Originals(ctx, ids["erased"])
	if err != nil || len(sealed) != 2 {
		t.Fatalf("%d originals, %v", len(sealed), err)
	}
	if err := c.keeper.Erase(ctx, ids["erased"], "sofia", "asked"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"erased": 0, "discarded": 0, "kept": 1} {
		got, err := c.keeper.Originals(ctx, ids[name])
		if err != nil || len(got) != want || want == 1 && got[0].Text != "it is 6011 0009" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		_, err = os.Stat(filepath.Join(c.s.recordingsDir(), "keys", ids[name][34:], originalsOf(ids[name])+".key"))
		if (err == nil) != (want == 1) || err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the key: %v", name, err)
		}
	}
	// A copy of the sealed row from before the erasure opens nothing.
	journal.SaveOriginal(sealed[0])
	if err := journal.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.keeper.keys.Get(originalsOf(ids["erased"]), sealed[0].KeyID); err == nil {
		t.Error("the key of what was erased is still there")
	}
	if found := filesWith(t, filepath.Join(dir, "journal"), "it is 6011"); len(found) > 0 {
		t.Errorf("unsealed in %v", found)
	}
}
