package agentui

import (
	"context"
	"slices"
	"testing"

	"patchbay/store"
)

// TestOriginalsList: supervisors see of their queues whose masked lines are kept, and who read them last; nobody sees there what
// they said.
func TestOriginalsList(t *testing.T) {
	a := newAccessRig(t)
	journal, err := store.NewJournal(store.JournalConfig{Dir: t.TempDir(), Store: a.srv.cfg.Store.(*store.Store)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- journal.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; _ = journal.Close() })
	for _, id := range a.ids {
		for _, line := range []string{"1", "2"} {
			journal.SaveOriginal(store.Original{InteractionID: id, LineID: line, KeyID: "key", Sealed: []byte("sealed")})
		}
	}
	if err := journal.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	list := func(user string) []store.KeptOriginals {
		t.Helper()
		status, body := a.clients[user].do("GET", "/api/v1/originals", nil)
		if status != 200 {
			t.Fatal(status, body)
		}
		var v originalsList
		unmarshal(t, []byte(body), &v)
		if v.More || v.Keeps {
			t.Errorf("more %t, keeping %t", v.More, v.Keeps)
		}
		return v.Items
	}
	for user, want := range map[string]int{"admin": 3, "rosa": 3, "sofia": 1} {
		if got := list(user); len(got) != want || got[0].Lines != 2 || got[0].CustomerName != "Aoki" || got[0].LastRead != nil {
			t.Errorf("%s sees %+v, want %d", user, got, want)
		}
	}
	if status, _ := a.clients["dai"].do("GET", "/api/v1/originals", nil); status != 403 {
		t.Errorf("an agent gets %d", status)
	}
	for range 2 { // the keys are none, so nothing is shown; that it was asked for is written down all the same
		a.clients["rosa"].do("POST", "/api/v1/interactions/"+a.ids["orders"]+"/originals", originalsRequest{"A suit."})
	}
	all := list("admin")
	i := slices.IndexFunc(all, func(o store.KeptOriginals) bool { return o.InteractionID == a.ids["orders"] })
	if i < 0 || all[i].Reads != 2 || all[i].LastReader != "rosa" || all[i].LastRead == nil {
		t.Errorf("after two readings: %+v", all)
	}
}
