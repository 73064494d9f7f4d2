package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/jackc/pgx/v5"

	"patchbay/store"
)

// said keeps interactions with their lines, one each.
func said(t *testing.T, s *store.Store, lines map[string][]string) {
	t.Helper()
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	j, stop := journal(t, s, t.TempDir())
	for id, texts := range lines {
		v := call(id)
		v.StartedAt, v.State = start, "ended"
		start = start.Add(time.Minute)
		j.SaveInteraction(v)
		for i, text := range texts {
			j.SaveLine(store.Line{InteractionID: id, ID: fmt.Sprint("customer/l", i), Speaker: "customer", Leg: "customer",
				StartMS: int64(i) * 1000, EndMS: int64(i)*1000 + 900, Text: text, Spoken: text})
		}
	}
	j.SaveSegment(store.Segment{ID: "s1", InteractionID: "tour", AgentID: "akiko", StartedAt: start})
	stop()
}

func TestSearch(t *testing.T) {
	s := server.Store(t)
	said(t, s, map[string][]string{
		"tour":   {"I booked the Winter  Tour to Hokkaido.", "My wife cannot travel on the 14th."},
		"hakone": {"We would like to stay in Hakone in winter.", "The tour was lovely."},
		"ja":     {"予約の変更をお願いします。", "ﾎｯｶｲﾄﾞｳのツアーです。", "２１日は空いていますか。"},
	})
	find := func(q store.Search) []string {
		t.Helper()
		page, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		ids := []string{}
		for _, f := range page.Items {
			ids = append(ids, f.Interaction.ID)
			if len(f.Hits) == 0 {
				t.Errorf("%q: %s without a line", q.Words, f.Interaction.ID)
			}
		}
		slices.Sort(ids)
		return ids
	}
	for words, want := range map[string][]string{
		"hokkaido":         {"tour"},
		"WINTER tour":      {"hakone", "tour"}, // in different lines
		`"winter tour"`:    {"tour"},
		"winter 14th":      {"tour"},
		"uo":               {},
		"変更":               {"ja"}, // two characters
		"変更 ツアー":           {"ja"},
		"更変":               {},
		"ホッカイドウ":           {"ja"}, // said in half-width
		"21日":              {"ja"}, // said in full width
		"wint":             {"hakone", "tour"},
		"it's%":            {},
		`un"closed`:        {},
		"travel on the 14": {"tour"},
	} {
		if got := find(store.Search{Words: words}); !slices.Equal(got, want) {
			t.Errorf("%s: found %v, want %v", words, got, want)
		}
	}
	if got := find(store.Search{Words: "winter", Scope: &store.Scope{User: "akiko"}}); !slices.Equal(got, []string{"tour"}) {
		t.Errorf("akiko finds %v", got)
	}
	if got := find(store.Search{Words: "winter", Customer: "nobody"}); len(got) != 0 {
		t.Errorf("of another customer: %v", got)
	}
	if got := find(store.Search{Words: "winter", Until: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}); len(got) != 0 {
		t.Errorf("before the first: %v", got)
	}
	page, err := s.Search(t.Context(), store.Search{Words: "winter", Limit: 1})
	if err != nil || len(page.Items) != 1 || page.NextCursor == "" {
		t.Fatalf("first page: %+v, %v", page, err)
	}
	rest, err := s.Search(t.Context(), store.Search{Words: "winter", Limit: 1, Cursor: page.NextCursor})
	if err != nil || len(rest.Items) != 1 || rest.Items[0].Interaction.ID == page.Items[0].Interaction.ID {
		t.Errorf("second page: %+v, %v", rest, err)
	}
	for _, words := range []string{"", "  ", "a", "変", `""`, strings.Repeat("x", store.MaxSearch+1), "aa bb cc dd ee ff gg hh ii", "a\x00b", "\xff\xff"} {
		if _, err := s.Search(t.Context(), store.Search{Words: words}); !errors.Is(err, store.ErrSearch) {
			t.Errorf("%q: %v", words, err)
		}
	}

	if err := s.EraseContent(t.Context(), store.Erasure{InteractionID: "tour", At: time.Now(), By: "admin", Reason: "asked"}, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := find(store.Search{Words: "hokkaido"}); len(got) != 0 {
		t.Errorf("erased words are found: %v", got)
	}
}

// A word stands where it is said to stand, as JavaScript counts.
func TestSearchShowsWhere(t *testing.T) {
	s := server.Store(t)
	said(t, s, map[string][]string{"one": {"𝒲ell, the  ＷＩＮＴＥＲ tour. Winter!"}})
	page, err := s.Search(t.Context(), store.Search{Words: `winter "the winter"`})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	h := page.Items[0].Hits[0]
	units := utf16.Encode([]rune(h.Text))
	var got []string
	for _, r := range h.Ranges {
		got = append(got, string(utf16.Decode(units[r[0]:r[1]])))
	}
	if want := []string{"the  ＷＩＮＴＥＲ", "Winter"}; !slices.Equal(got, want) {
		t.Errorf("marked %q, want %q", got, want)
	}
}

// The index serves the search: with many lines, no line is read that has not the pairs of characters.
func TestSearchUsesItsIndex(t *testing.T) {
	s := server.Store(t)
	do := func(sql string) {
		t.Helper()
		if _, err := s.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	do(`insert into lines (interaction_id, id, speaker, leg, start_ms, end_ms, text, spoken, words, folded)
		select 'i' || n / 20, 'l' || n, 'customer', 'customer', n, n, '', '', '[]', md5(n::text) from generate_series(1, 20000) n`)
	do(`analyze lines`)
	rows, err := s.Pool().Query(t.Context(), `explain select interaction_id from lines l where bigrams(l.folded) @> bigrams('変更') and position('変更' in l.folded) > 0`)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !strings.Contains(strings.Join(plan, "\n"), "lines_by_bigrams") {
		t.Errorf("the plan does not use the index: %v\n%s", err, strings.Join(plan, "\n"))
	}
}

func FuzzSearch(f *testing.F) {
	for _, words := range []string{"winter tour", `"winter tour" x`, "変更 ツアー", "ﾎｯｶｲﾄﾞｳ", "\xff", "İ", "ß ẞ"} {
		f.Add(words, "The Winter Tour ﾎｯｶｲﾄﾞｳ İstanbul")
	}
	f.Fuzz(func(t *testing.T, words, text string) { store.SearchIn(t, words, text) })
}
