package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"patchbay/store"
)

func ptr[T any](v T) *T { return &v }

func names(all []store.Customer) []string {
	out := make([]string, 0, len(all))
	for _, c := range all {
		out = append(out, c.Name)
	}
	return out
}

func create(t *testing.T, s *store.Store, c store.Customer) store.Customer {
	t.Helper()
	c, err := s.CreateCustomer(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCustomerIsReadAsCreated(t *testing.T) {
	s := server.Store(t)
	placed, due := time.Date(2026, 11, 3, 9, 30, 0, 125_000, time.UTC), time.Date(2027, 2, 14, 0, 0, 0, 0, time.UTC)
	made := create(t, s, store.Customer{
		Name: "Haruto Tanaka", Organisation: "Tanaka Ceramics", Town: "Sapporo", Tier: "Gold", Language: "ja",
		Phones: []string{"(202) 555-0142", "+81 3-0000-0142", "+1 202 555 0142", " "}, Emails: []string{"haruto@example.com"},
		Preferences: "Phone", Note: "two\nlines",
		Orders: []store.Order{{Number: "UM-1", Title: "Tour", Status: "paid", Amount: "1 JPY", PlacedAt: placed, DueAt: &due}},
		Cases:  []store.Case{{Title: "Dates", OpenedAt: placed}},
	})
	got, err := s.Customer(t.Context(), made.ID)
	if err != nil || !reflect.DeepEqual(got, made) {
		t.Fatalf("read %+v, %v; created %+v", got, err, made)
	}
	if want := []string{"+12025550142", "+81 3-0000-0142"}; !slices.Equal(got.Phones, want) {
		t.Errorf("phones %q, want %q: E.164 once, the refused one raw", got.Phones, want)
	}
	if o := got.Orders[0]; o.ID == "" || !o.PlacedAt.Equal(placed) || !o.DueAt.Equal(due) || o.Amount != "1 JPY" {
		t.Errorf("order %+v", o)
	}
	if c := got.Cases[0]; c.Status != "open" || !c.OpenedAt.Equal(placed) {
		t.Errorf("case %+v", c)
	}
	if _, err := s.CreateCustomer(t.Context(), store.Customer{ID: made.ID, Name: "Twin"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("same id again: %v, want ErrExists", err)
	}
	for _, id := range []string{"", "nobody", "'; drop table customers; --", "019dd7c5-0000-7000-8000-000000000000"} {
		if _, err := s.Customer(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("customer %q: %v, want ErrNotFound", id, err)
		}
	}
}

func TestUpdateCustomerChangesOnlyWhatThePatchNames(t *testing.T) {
	s := server.Store(t)
	c := create(t, s, store.Customer{
		Name: "Jane Doyle", Town: "Dublin", Note: "note", Phones: []string{"+12025550117"}, Emails: []string{"jane@example.com"},
		Orders: []store.Order{{Title: "Kyoto", Status: "paid", Amount: "9 EUR"}, {Title: "Nara"}},
		Cases:  []store.Case{{Title: "Names"}},
	})
	kyoto := c.Orders[slices.IndexFunc(c.Orders, func(o store.Order) bool { return o.Title == "Kyoto" })]

	got, err := s.UpdateCustomer(t.Context(), c.ID, store.CustomerPatch{
		Town: ptr("Cork"), Note: ptr(""), Phones: &[]string{"+12025550118", "+12025550117"},
		Orders: &[]store.Order{{ID: kyoto.ID, Status: "cancelled"}, {ID: "somebody-else's", Title: "Osaka"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "Jane Doyle" || got.Town != "Cork" || got.Note != "" || !slices.Equal(got.Emails, c.Emails) || !reflect.DeepEqual(got.Cases, c.Cases) {
		t.Errorf("got %+v", got)
	}
	if want := []string{"+12025550118", "+12025550117"}; !slices.Equal(got.Phones, want) {
		t.Errorf("phones %q, want %q in order", got.Phones, want)
	}
	if !got.UpdatedAt.After(c.UpdatedAt) || !got.CreatedAt.Equal(c.CreatedAt) {
		t.Errorf("created %v → %v, updated %v → %v", c.CreatedAt, got.CreatedAt, c.UpdatedAt, got.UpdatedAt)
	}
	kyoto.Status = "cancelled"
	if len(got.Orders) != 2 || !slices.ContainsFunc(got.Orders, func(o store.Order) bool { return reflect.DeepEqual(o, kyoto) }) {
		t.Errorf("orders %+v do not keep %+v", got.Orders, kyoto)
	}
	if slices.ContainsFunc(got.Orders, func(o store.Order) bool { return o.ID == "somebody-else's" }) {
		t.Errorf("orders %+v take a foreign id", got.Orders)
	}
	got, err = s.UpdateCustomer(t.Context(), c.ID, store.CustomerPatch{Emails: &[]string{}, Cases: &[]store.Case{{ID: c.Cases[0].ID, Status: "closed"}, {Title: "New"}}})
	if err != nil || len(got.Emails) != 0 || len(got.Cases) != 2 || got.Cases[0].Title != "New" || got.Cases[1].Status != "closed" || got.Cases[1].Title != "Names" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := s.UpdateCustomer(t.Context(), "nobody", store.CustomerPatch{Name: ptr("X")}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("patch of nobody: %v", err)
	}
}

func TestUpdatesOfOneCustomerWaitForEachOther(t *testing.T) {
	s := server.Store(t)
	c := create(t, s, store.Customer{Name: "Busy"})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			phones := []string{fmt.Sprintf("+1202555%04d", 100+i), fmt.Sprintf("+1202555%04d", 200+i)}
			if _, err := s.UpdateCustomer(t.Context(), c.ID, store.CustomerPatch{Phones: &phones}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := s.Customer(t.Context(), c.ID)
	if err != nil || len(got.Phones) != 2 || got.Phones[0][10:] != got.Phones[1][10:] {
		t.Errorf("phones %q, %v: not those of one patch", got.Phones, err)
	}
}

func TestCustomersByPhone(t *testing.T) {
	s := server.Store(t)
	create(t, s, store.Customer{Name: "Haruto", Phones: []string{"+12025550142", "+81 3-0000-0142"}})
	create(t, s, store.Customer{Name: "Yuki", Phones: []string{"+12025550186"}})
	kenji := create(t, s, store.Customer{Name: "Kenji", Phones: []string{"+12025550186"}})
	create(t, s, store.Customer{Name: "London", Phones: []string{"+442079460142"}})
	create(t, s, store.Customer{Name: "Desk", Phones: []string{"4711"}})
	create(t, s, store.Customer{Name: "Anna", Phones: []string{"7946 0142"}}) // a number without its area
	j, stop := journal(t, s, t.TempDir())
	talked := call("call-1")
	talked.CustomerID = kenji.ID
	j.SaveInteraction(talked)
	stop()

	for _, c := range []struct {
		number string
		want   []string
	}{
		{"+12025550142", []string{"Haruto"}},
		{"2025550142", []string{"Haruto"}},
		{"(202) 555-0142", []string{"Haruto"}},
		{"+81300000142", []string{"Haruto"}},        // refused by libphonenumber, other marks
		{"03-0000-0142", []string{"Haruto"}},        // and without the country
		{"+12025550186", []string{"Kenji", "Yuki"}}, // who was in touch last comes first
		{"02079460142", []string{"London", "Anna"}}, // the longest agreement first
		{"+442079460142", []string{"London"}},       // the very number: alone
		{"+492025550142", nil},                      // the same ending in another country
		{"4711", []string{"Desk"}},
		{"711", nil},
		{"0142", nil}, // too short for an ending
		{"", nil},
		{"anonymous", nil},
	} {
		got, err := s.CustomersByPhone(t.Context(), c.number)
		if err != nil || !slices.Equal(names(got), c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%q: %q, %v; want %q", c.number, names(got), err, c.want)
		}
	}
}

func TestSearchCustomers(t *testing.T) {
	s := server.Store(t)
	create(t, s, store.Customer{Name: "佐藤 由紀", Emails: []string{"yuki@example.com"}, Phones: []string{"+12025550186"}})
	create(t, s, store.Customer{Name: "Niamh O'Donoghue", Organisation: "Donkey 100%"})
	create(t, s, store.Customer{Name: "Don Quijote", Emails: []string{"sancho@example.com"}})
	create(t, s, store.Customer{Name: "Eva Stern", Organisation: "Stern Wandern", Town: "Basel"})
	for _, c := range []struct {
		q     string
		limit int
		want  []string
	}{
		{"don", 0, []string{"Don Quijote", "Niamh O'Donoghue"}}, // a name that begins so comes first
		{"DON", 1, []string{"Don Quijote"}},
		{"o'don", 0, []string{"Niamh O'Donoghue"}},
		{"由", 0, []string{"佐藤 由紀"}},
		{"佐藤", 0, []string{"佐藤 由紀"}},
		{"wander", 0, []string{"Eva Stern"}},
		{"stern eva", 0, []string{"Eva Stern"}}, // as lists of names have it
		{"eva basel", 0, []string{"Eva Stern"}},
		{"basel", 0, []string{"Eva Stern"}},
		{"eva quijote", 0, nil},
		{"sancho@", 0, []string{"Don Quijote"}},
		{"555-01", 0, []string{"佐藤 由紀"}},
		{"+1 (202) 555 0186", 0, []string{"佐藤 由紀"}},
		{"0%", 0, []string{"Niamh O'Donoghue"}}, // no pattern
		{"_", 0, nil},
		{"nobody", 0, nil},
		{"", 0, []string{"Don Quijote", "Eva Stern", "Niamh O'Donoghue", "佐藤 由紀"}},
	} {
		got, err := s.SearchCustomers(t.Context(), c.q, c.limit)
		if err != nil || !slices.Equal(names(got), c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%q: %q, %v; want %q", c.q, names(got), err, c.want)
		}
	}
}

func TestCustomerViewHoldsOneTimeline(t *testing.T) {
	s := server.Store(t)
	if err := s.SeedDemo(t.Context(), "hash"); err != nil {
		t.Fatal(err)
	}
	found, err := s.CustomersByPhone(t.Context(), "+12025550142")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	j, stop := journal(t, s, t.TempDir())
	now := time.Now().UTC().Truncate(time.Millisecond)
	over, running := call("call-1"), call("call-2")
	over.CustomerID, over.State, over.Outcome, over.Note, over.StartedAt, over.EndedAt = found[0].ID, "ended", "handled", "moved to the 21st", now, &now
	running.CustomerID = found[0].ID
	j.SaveInteraction(over)
	j.SaveInteraction(running)
	j.SaveSegment(store.Segment{ID: "s1", InteractionID: "call-1", AgentID: "akiko", StartedAt: now})
	stop()

	v, err := s.CustomerView(t.Context(), found[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	first := v.Timeline[0]
	want := store.Past{ID: "call-1", Channel: "call", At: now, Title: "Spoke with Akiko Mori", Detail: "moved to the 21st",
		InteractionID: "call-1", Outcome: "handled", Agents: []string{"Akiko Mori"}}
	if !reflect.DeepEqual(first, want) {
		t.Errorf("newest entry %+v, want %+v", first, want)
	}
	channels := map[string]bool{}
	for i, p := range v.Timeline {
		channels[p.Channel] = true
		if p.ID == "call-2" {
			t.Error("the running call is on the timeline")
		}
		if i > 0 && p.At.After(v.Timeline[i-1].At) {
			t.Errorf("entry %d is newer than the one before", i)
		}
	}
	for _, c := range []string{"call", "chat", "email", "order", "video"} {
		if !channels[c] {
			t.Errorf("timeline has no %s", c)
		}
	}
	if _, err := s.CustomerView(t.Context(), "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("view of nobody: %v", err)
	}
}

// What PostgreSQL can never hold is the asker's fault, not the database's.
func TestValuesThatCannotBeKept(t *testing.T) {
	s := server.Store(t)
	for _, text := range []string{"a\x00b", "\xff"} {
		_, user := s.User(t.Context(), text)
		_, phone := s.CustomersByPhone(t.Context(), text)
		_, page := s.Interactions(t.Context(), store.InteractionQuery{From: text})
		_, create := s.CreateCustomer(t.Context(), store.Customer{Name: text})
		for what, err := range map[string]error{"user": user, "phone": phone, "interactions": page, "create": create} {
			if !errors.Is(err, store.ErrValue) {
				t.Errorf("%s of %q: %v, want ErrValue", what, text, err)
			}
		}
	}
}
