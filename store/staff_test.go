package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"patchbay/store"
)

func TestStaffComesAndGoes(t *testing.T) {
	s := server.Store(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.SaveQueue(ctx, store.Queue{ID: "q", Name: "Travel"}))
	for id, role := range map[string]string{"admin": "admin", "anna": "admin", "dora": "agent", "emil": "agent"} {
		must(s.CreateUser(ctx, store.User{ID: id, Name: id, Role: role, Language: "en"}))
	}
	must(s.CreateSession(ctx, session("dora", 7, time.Hour)))
	yes, no, agent, ja := true, false, "agent", "ja"

	now := time.Now().Truncate(time.Millisecond)
	must(s.SignedIn(ctx, "dora", now))
	got, err := s.UpdateUser(ctx, "dora", store.UserPatch{Language: &ja, Disabled: &yes})
	if err != nil || got.Language != "ja" || got.DisabledAt == nil || got.LastSignIn == nil || !got.LastSignIn.Equal(now) {
		t.Errorf("dora disabled: %+v, %v", got, err)
	}
	if _, err := s.Session(ctx, []byte{7}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a disabled user has a session: %v", err)
	}
	if got, err = s.UpdateUser(ctx, "dora", store.UserPatch{Disabled: &no}); err != nil || got.DisabledAt != nil {
		t.Errorf("dora enabled: %+v, %v", got, err)
	}

	// Of two administrators one may go, of one none.
	_, err = s.UpdateUser(ctx, "anna", store.UserPatch{Role: &agent})
	must(err)
	if _, err := s.UpdateUser(ctx, "admin", store.UserPatch{Role: &agent}); !errors.Is(err, store.ErrLastAdmin) {
		t.Errorf("the last administrator becomes an agent: %v", err)
	}
	if _, err := s.UpdateUser(ctx, "admin", store.UserPatch{Disabled: &yes}); !errors.Is(err, store.ErrLastAdmin) {
		t.Errorf("the last administrator is disabled: %v", err)
	}
	if _, err := s.DeleteUser(ctx, "admin"); !errors.Is(err, store.ErrLastAdmin) {
		t.Errorf("the last administrator is removed: %v", err)
	}
	if u, err := s.User(ctx, "admin"); err != nil || u.Role != "admin" || u.DisabledAt != nil {
		t.Errorf("after that admin is %+v, %v", u, err)
	}

	// Whom the record names stays, disabled.
	must(s.AppendAudit(ctx, store.AuditEntry{Actor: "dora", Action: "sign_in"}))
	if removed, err := s.DeleteUser(ctx, "dora"); removed || err != nil {
		t.Errorf("dora, who signed in once: removed %t, %v", removed, err)
	}
	if u, err := s.User(ctx, "dora"); err != nil || u.DisabledAt == nil {
		t.Errorf("dora is %+v, %v", u, err)
	}
	if removed, err := s.DeleteUser(ctx, "emil"); !removed || err != nil {
		t.Errorf("emil, of whom nothing is kept: removed %t, %v", removed, err)
	}
	if _, err := s.DeleteUser(ctx, "emil"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("emil again: %v", err)
	}

	must(s.SaveStaffedQueue(ctx, store.Queue{ID: "q", Name: "Travel"}, []string{"anna", "anna"}))
	if u, _ := s.User(ctx, "anna"); !slices.Equal(u.Queues, []string{"Travel"}) {
		t.Errorf("anna serves %v", u.Queues)
	}
	if err := s.SaveStaffedQueue(ctx, store.Queue{ID: "q", Name: "Nobody's"}, []string{"nobody"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody serves: %v", err)
	}
	if u, _ := s.User(ctx, "anna"); !slices.Equal(u.Queues, []string{"Travel"}) {
		t.Errorf("after a change that failed anna serves %v", u.Queues)
	}
	must(s.ReplaceVocabularies(ctx, []store.Vocabulary{{Queue: "Travel", Terms: []store.Term{{Text: "Yamabuki", SoundsLike: []string{}}}}}))
	must(s.SaveQueue(ctx, store.Queue{ID: "q", Name: "Trips"}))
	if list, err := s.Vocabularies(ctx); err != nil || list[0].Queue != "Trips" {
		t.Errorf("the words of a renamed queue: %+v, %v", list, err)
	}
	must(s.DeleteQueue(ctx, "q"))
	if err := s.DeleteQueue(ctx, "q"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a queue that is gone: %v", err)
	}

	codes := []store.WrapUpCode{{Code: "b", Label: map[string]string{"en": "B", "ja": "ビ"}}, {Code: "a", Label: map[string]string{"en": "A"}}}
	must(s.ReplaceWrapUpCodes(ctx, codes))
	if got, err := s.WrapUpCodes(ctx); err != nil || !reflect.DeepEqual(got, codes) {
		t.Errorf("codes %+v, %v", got, err)
	}
	rules := []store.MaskRule{{Name: "Membership", Pattern: `KX\d{4}`, Active: true}, {Name: "Off", Pattern: "abcd"}}
	must(s.ReplaceMaskRules(ctx, rules))
	if got, err := s.MaskRules(ctx); err != nil || !reflect.DeepEqual(got, rules) {
		t.Errorf("mask rules %+v, %v", got, err)
	}
}

// TestAllQueuesIsARightOfSupervisors: it is given and taken in so many words; a list of queues in its place takes it, and so does another role.
func TestAllQueuesIsARightOfSupervisors(t *testing.T) {
	s := server.Store(t)
	if err := s.SaveQueue(t.Context(), store.Queue{ID: "q", Name: "Travel"}); err != nil {
		t.Fatal(err)
	}
	for _, u := range []store.User{{ID: "admin", Role: "admin"}, {ID: "rosa", Role: "supervisor", AllQueues: true}} {
		if err := s.CreateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	yes, no, agent, supervisor, some, none := true, false, "agent", "supervisor", []string{"Travel"}, []string{}
	for i, step := range []struct {
		patch  store.UserPatch
		all    bool
		queues int
	}{
		{store.UserPatch{}, true, 0},
		{store.UserPatch{Queues: &some}, false, 1},
		{store.UserPatch{Queues: &none}, false, 0},
		{store.UserPatch{AllQueues: &yes, Queues: &some}, true, 1},
		{store.UserPatch{AllQueues: &no}, false, 1},
		{store.UserPatch{AllQueues: &yes}, true, 1},
		{store.UserPatch{Role: &agent}, false, 1},
		{store.UserPatch{AllQueues: &yes}, false, 1},
		{store.UserPatch{Role: &supervisor}, false, 1},
	} {
		if u, err := s.UpdateUser(t.Context(), "rosa", step.patch); err != nil || u.AllQueues != step.all || len(u.Queues) != step.queues {
			t.Errorf("step %d: %+v, %v", i, u, err)
		}
	}
	if err := s.CreateUser(t.Context(), store.User{ID: "ben", Role: "agent", AllQueues: true}); err == nil {
		t.Error("an agent has all queues")
	}
}

// TestHoldsAreFilteredBeforeThePage: whoever may read few of many holds is given all of theirs, page by page.
func TestHoldsAreFilteredBeforeThePage(t *testing.T) {
	s := server.Store(t)
	ctx := t.Context()
	j, _ := journal(t, s, t.TempDir())
	now := time.Now().UTC().Truncate(time.Millisecond)
	var mine []string
	for i := range 40 {
		id, queue := fmt.Sprintf("call-%02d", i), "Orders"
		if i%10 == 0 {
			queue = "Travel"
			mine = append(mine, id)
		}
		at := now.Add(-time.Duration(i) * time.Minute)
		j.SaveInteraction(store.Interaction{ID: id, Channel: "call", Queue: queue, State: "ended", StartedAt: at, EndedAt: &at})
	}
	if err := j.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 40 { // two by two at one moment
		if err := s.SetHold(ctx, fmt.Sprintf("call-%02d", i), "sofia", "a court asks", now.Add(time.Duration(-i/2)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(scope *store.Scope, limit int) (ids []string, pages int) {
		t.Helper()
		for q := (store.HoldQuery{Scope: scope, Limit: limit}); ; pages++ {
			page, err := s.Holds(ctx, q)
			if err != nil || len(page.Items) > limit || pages > 40 {
				t.Fatalf("page %d: %d holds, %v", pages, len(page.Items), err)
			}
			for _, h := range page.Items {
				ids = append(ids, h.InteractionID)
			}
			if q.Cursor = page.NextCursor; q.Cursor == "" {
				return ids, pages + 1
			}
		}
	}
	if ids, pages := read(&store.Scope{User: "sofia", Queues: []string{"Travel"}}, 3); !slices.Equal(ids, mine) || pages != 2 {
		t.Errorf("of Travel: %v in %d pages", ids, pages)
	}
	ids, _ := read(nil, 7)
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 40 {
		t.Errorf("all: %d different holds", len(ids))
	}
	if _, err := s.Holds(ctx, store.HoldQuery{Cursor: "x"}); !errors.Is(err, store.ErrCursor) {
		t.Errorf("a cursor of nobody's: %v", err)
	}
}

func TestWhatIsKept(t *testing.T) {
	s := server.Store(t)
	ctx := t.Context()
	if err := s.SaveQueue(ctx, store.Queue{ID: "q", Name: "Travel", RetentionDays: 30}); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateUser(ctx, store.User{ID: "sofia", Name: "Sofia Reyes", Role: "supervisor"}); err != nil {
		t.Fatal(err)
	}
	j, _ := journal(t, s, t.TempDir())
	now := time.Now().UTC().Truncate(time.Millisecond)
	for id, days := range map[string]int{"fresh": 1, "due": 40, "held": 50, "erased": 60} {
		at := now.AddDate(0, 0, -days)
		j.SaveInteraction(store.Interaction{ID: id, Channel: "call", Direction: "inbound", From: "+12025550100", Queue: "Travel", State: "ended", StartedAt: at, EndedAt: &at})
		j.SaveRecording(store.Recording{InteractionID: id, State: "stored", StartedAt: at, DurationMS: 1000, Bytes: 500})
	}
	if err := j.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.EraseContent(ctx, store.Erasure{InteractionID: "erased", At: now, By: "sofia", Reason: "asked"}, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.SetHold(ctx, "held", "sofia", "a court asks", now); err != nil {
		t.Fatal(err)
	}
	page, err := s.Holds(ctx, store.HoldQuery{})
	holds := page.Items
	want := []store.Held{{InteractionID: "held", StartedAt: now.AddDate(0, 0, -50), From: "+12025550100", Queue: "Travel", HoldAt: now, HoldBy: "sofia", HoldByName: "Sofia Reyes", Reason: "a court asks"}}
	if err != nil || !reflect.DeepEqual(holds, want) {
		t.Errorf("holds %+v, %v", holds, err)
	}
	oldest := now.AddDate(0, 0, -50)
	keeps, err := s.Keeps(ctx, now)
	if k := []store.QueueKeep{{Queue: "Travel", Interactions: 3, Recordings: 3, Bytes: 1500, DurationMS: 3000, Oldest: &oldest, Held: 1, Due: 1}}; err != nil || !reflect.DeepEqual(keeps, k) {
		t.Errorf("keeps %+v, %v", keeps, err)
	}
	if err := s.DeleteQueue(ctx, "q"); !errors.Is(err, store.ErrInUse) {
		t.Errorf("a queue with calls is deleted: %v", err)
	}
	if d, err := s.DatabaseState(ctx); err != nil || d.Bytes == 0 || d.Schema < 7 || d.Version == "" {
		t.Errorf("database %+v, %v", d, err)
	}
}

func TestAuditIsFiltered(t *testing.T) {
	s := server.Store(t)
	ctx := t.Context()
	if err := s.CreateUser(ctx, store.User{ID: "sofia", Name: "Sofia Reyes", Role: "supervisor"}); err != nil {
		t.Fatal(err)
	}
	start := time.Now().UTC().Truncate(time.Second)
	for i, e := range []store.AuditEntry{
		{Actor: "sofia", Action: "sign_in", Object: "sofia", Address: "192.0.2.7"}, {Actor: "admin", Action: "update_user", Object: "sofia"},
		{Actor: "sofia", Action: "whisper", Object: "i1"}, {Actor: "sofia", Action: "listen", Object: "i1"},
	} {
		e.At = start.Add(time.Duration(i) * time.Minute)
		if err := s.AppendAudit(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	read := func(q store.AuditQuery) (actions []string) {
		t.Helper()
		list, err := s.AuditEntries(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			actions = append(actions, e.Action+" by "+e.ActorName+" on "+e.ObjectName)
		}
		return actions
	}
	for name, tc := range map[string]struct {
		q    store.AuditQuery
		want []string
	}{
		"actor":  {store.AuditQuery{Actor: "admin"}, []string{"update_user by  on Sofia Reyes"}},
		"action": {store.AuditQuery{Action: "sign_in"}, []string{"sign_in by Sofia Reyes on Sofia Reyes"}},
		"object": {store.AuditQuery{Object: "i1"}, []string{"listen by Sofia Reyes on ", "whisper by Sofia Reyes on "}},
		"times":  {store.AuditQuery{Since: start.Add(time.Minute), Until: start.Add(3 * time.Minute), Limit: 1}, []string{"whisper by Sofia Reyes on "}},
	} {
		if got := read(tc.q); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	if got, err := s.AuditActions(ctx); err != nil || !slices.Equal(got, []string{"listen", "sign_in", "update_user", "whisper"}) {
		t.Errorf("actions %v, %v", got, err)
	}
}
