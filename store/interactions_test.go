package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"patchbay/store"
)

func TestInteractionsByPage(t *testing.T) {
	s := server.Store(t)
	if err := s.SeedDemo(t.Context(), "hash"); err != nil {
		t.Fatal(err)
	}
	jane := create(t, s, store.Customer{Name: "Jane"})
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	j, stop := journal(t, s, t.TempDir())
	for i := range 7 {
		v := call(fmt.Sprint("call-", i))
		v.StartedAt = start.Add(time.Duration(i/2) * time.Minute) // pairs at the same instant
		v.State = []string{"ended", "active"}[i%2]
		if i == 3 {
			v.From, v.CustomerID = "+81 3-0000-0142", jane.ID
		}
		j.SaveInteraction(v)
	}
	for i, agent := range []string{"ben", "akiko", "ben", "gone"} { // ben came back; one user is gone
		j.SaveSegment(store.Segment{ID: fmt.Sprint("s", i), InteractionID: "call-3", AgentID: agent, StartedAt: start.Add(time.Duration(i) * time.Second)})
	}
	stop()

	list := func(q store.InteractionQuery) (ids []string) {
		t.Helper()
		for {
			page, err := s.Interactions(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Items {
				ids = append(ids, v.ID[5:])
			}
			if page.NextCursor == "" {
				return ids
			}
			q.Cursor = page.NextCursor
		}
	}
	for _, c := range []struct {
		name string
		q    store.InteractionQuery
		want []string
	}{
		{"all", store.InteractionQuery{}, []string{"6", "5", "4", "3", "2", "1", "0"}},
		{"in pages", store.InteractionQuery{Limit: 2}, []string{"6", "5", "4", "3", "2", "1", "0"}},
		{"one by one", store.InteractionQuery{Limit: 1}, []string{"6", "5", "4", "3", "2", "1", "0"}},
		{"since", store.InteractionQuery{Since: start.Add(2 * time.Minute)}, []string{"6", "5", "4"}},
		{"state", store.InteractionQuery{State: "active", Limit: 2}, []string{"5", "3", "1"}},
		{"number as people write it", store.InteractionQuery{From: "(202) 555-0142", State: "ended"}, []string{"6", "4", "2", "0"}},
		{"number that is none", store.InteractionQuery{From: "+81 3-0000-0142"}, []string{"3"}},
		{"nobody's number", store.InteractionQuery{From: "+12025550199"}, nil},
	} {
		if got := list(c.q); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, bad := range []string{"x", "!!", "MjAyNg", "AAAA"} {
		if _, err := s.Interactions(t.Context(), store.InteractionQuery{Cursor: bad}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("cursor %q: %v, want ErrCursor", bad, err)
		}
	}

	v, err := s.Interaction(t.Context(), "call-3")
	if err != nil || v.Customer == nil || *v.Customer != (store.CustomerRef{ID: jane.ID, Name: "Jane"}) || v.Queue != "Bookings" {
		t.Errorf("call-3 is %+v, %v", v, err)
	}
	if want := []string{"Ben Ito", "Akiko Mori", "gone"}; !slices.Equal(v.Agents, want) {
		t.Errorf("agents %q, want %q", v.Agents, want)
	}
	if v, err := s.Interaction(t.Context(), "call-0"); err != nil || v.Customer != nil || v.Agents == nil {
		t.Errorf("call-0 is %+v, %v; want no customer and an empty list", v, err)
	}
	if _, err := s.Interaction(t.Context(), "nothing"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
}

func TestRecentInteractionsOfAnAgent(t *testing.T) {
	s := server.Store(t)
	jane := create(t, s, store.Customer{Name: "Jane"})
	j, stop := journal(t, s, t.TempDir())
	for i := range 4 {
		v := call(fmt.Sprint("call-", i))
		v.StartedAt, v.State, v.CustomerID = v.StartedAt.Add(time.Duration(i)*time.Second), "ended", jane.ID
		if i == 3 {
			v.State = "active"
		}
		j.SaveInteraction(v)
		agent := "akiko"
		if i == 1 {
			agent = "ben"
		}
		j.SaveSegment(store.Segment{ID: fmt.Sprint("s", i), InteractionID: v.ID, AgentID: agent, StartedAt: v.StartedAt})
	}
	stop()
	got, err := s.RecentInteractions(t.Context(), "akiko", 5)
	if err != nil || len(got) != 2 || got[0].ID != "call-2" || got[1].ID != "call-0" || got[0].CustomerName != "Jane" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err = s.RecentInteractions(t.Context(), "akiko", 1); err != nil || len(got) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestLinesStandInTheOrderOfSpeech(t *testing.T) {
	s := server.Store(t)
	j, stop := journal(t, s, t.TempDir())
	for _, i := range []int{3, 1, 2} { // what was back-filled comes late
		j.SaveLine(line("call-1", i))
	}
	stop()
	wantLines(t, s, "call-1", 3)
	if got, err := s.Lines(t.Context(), "call-2"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("lines of nothing: %v, %v; want an empty list", got, err)
	}
}

func TestCloseInterrupted(t *testing.T) {
	s := server.Store(t)
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	ended := start.Add(time.Hour)
	j, stop := journal(t, s, t.TempDir())
	for _, v := range []store.Interaction{
		{ID: "waiting", State: "waiting", StartedAt: start},
		{ID: "talking", State: "active", StartedAt: start, AnsweredAt: &ended},
		{ID: "wrap-up", State: "wrap_up", Outcome: "handled", StartedAt: start, EndedAt: &ended},
		{ID: "over", State: "ended", Outcome: "abandoned", StartedAt: start, EndedAt: &ended},
	} {
		j.SaveInteraction(v)
		j.SaveSegment(store.Segment{ID: "s-" + v.ID, InteractionID: v.ID, AgentID: "akiko", StartedAt: start})
	}
	j.AddEvent(store.Event{InteractionID: "waiting", Seq: 1, At: start.Add(5 * time.Second), Type: "offered"})
	j.SaveLine(store.Line{InteractionID: "talking", ID: "l", EndMS: 2 * 3600_000})
	stop()
	for _, want := range []int{3, 0} { // the second time there is nothing left
		if n, err := s.CloseInterrupted(t.Context()); err != nil || n != want {
			t.Fatalf("closed %d, %v; want %d", n, err, want)
		}
	}
	for _, c := range []struct {
		id, outcome string
		ended       time.Time
		events      []string
	}{
		{"waiting", "interrupted", start.Add(5 * time.Second), []string{"offered", "interrupted"}},
		{"talking", "interrupted", start.Add(2 * time.Hour), []string{"interrupted"}}, // the last word spoken
		{"wrap-up", "handled", ended, []string{"interrupted"}},
		{"over", "abandoned", ended, nil},
	} {
		v, err := s.Interaction(t.Context(), c.id)
		if err != nil || v.State != "ended" || v.Outcome != c.outcome || v.EndedAt == nil || !v.EndedAt.Equal(c.ended) {
			t.Errorf("%s: %+v, %v", c.id, v, err)
		}
		events, err := s.Events(t.Context(), c.id)
		var types []string
		for i, e := range events {
			types = append(types, e.Type)
			if e.Seq != int64(i+1) {
				t.Errorf("%s: event %d has number %d", c.id, i+1, e.Seq)
			}
		}
		if err != nil || !slices.Equal(types, c.events) {
			t.Errorf("%s: events %q, %v; want %q", c.id, types, err, c.events)
		}
		g, err := s.Segments(t.Context(), c.id)
		want := []store.Segment{{ID: "s-" + c.id, InteractionID: c.id, AgentID: "akiko", StartedAt: start, EndedAt: &c.ended}}
		if err != nil || !reflect.DeepEqual(g, want) {
			t.Errorf("%s: segments %+v, %v; want %+v", c.id, g, err, want)
		}
	}
}
