package store_test

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"patchbay/store"
)

func TestUsersAndQueues(t *testing.T) {
	s := server.Store(t)
	for _, q := range []store.Queue{{ID: "b", Name: "Bookings", Numbers: []string{"+12025550100", "*"}}, {ID: "a", Name: "Changes"}} {
		if err := s.SaveQueue(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SaveQueue(t.Context(), store.Queue{ID: "a", Name: "After sales", Language: "ja"}); err != nil {
		t.Fatal(err)
	}
	queues, err := s.Queues(t.Context())
	want := []store.Queue{{ID: "a", Name: "After sales", Numbers: []string{}, Language: "ja", Recording: "on"},
		{ID: "b", Name: "Bookings", Numbers: []string{"+12025550100", "*"}, Recording: "on"}}
	if err != nil || !reflect.DeepEqual(queues, want) {
		t.Errorf("queues %+v, %v; want %+v", queues, err, want)
	}

	akiko := store.User{ID: "akiko", Name: "Akiko Mori", Role: "agent", Queues: []string{"After sales", "Bookings"}, PasswordHash: "one"}
	admin := store.User{ID: "admin", Name: "Admin", Role: "admin", Language: "en", Queues: []string{}}
	for _, u := range []store.User{akiko, admin} {
		if err := s.CreateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.CreateUser(t.Context(), akiko); !errors.Is(err, store.ErrExists) {
		t.Errorf("same user again: %v", err)
	}
	if err := s.CreateUser(t.Context(), store.User{ID: "x", Role: "agent", Queues: []string{"None"}}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("user of no queue: %v", err)
	}
	if err := s.CreateUser(t.Context(), store.User{ID: "x", Role: "king"}); err == nil {
		t.Error("a role that is none is kept")
	}
	if err := s.CreateSession(t.Context(), session("akiko", 1, time.Hour)); err != nil {
		t.Fatal(err)
	}
	akiko.PasswordHash, akiko.Language = "two", "ja"
	if err := errors.Join(s.SetPassword(t.Context(), "akiko", "two"), s.SetLanguage(t.Context(), "akiko", "ja")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(t.Context(), []byte{1}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("session after the password changed: %v", err)
	}
	if got, err := s.User(t.Context(), "akiko"); err != nil || !reflect.DeepEqual(got, akiko) {
		t.Errorf("akiko is %+v, %v; want %+v", got, err, akiko)
	}
	if got, err := s.Users(t.Context()); err != nil || !reflect.DeepEqual(got, []store.User{admin, akiko}) {
		t.Errorf("users %+v, %v", got, err)
	}
	name, served, none := "Akiko Ono", []string{"Bookings", "Bookings"}, []string{"None"}
	akiko.Name, akiko.Queues = name, []string{"Bookings"}
	if got, err := s.UpdateUser(t.Context(), "akiko", store.UserPatch{Name: &name, Queues: &served}); err != nil || !reflect.DeepEqual(got, akiko) {
		t.Errorf("akiko becomes %+v, %v; want %+v", got, err, akiko)
	}
	if _, err := s.UpdateUser(t.Context(), "akiko", store.UserPatch{Queues: &none}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a queue that is none: %v", err)
	}
	if got, err := s.UpdateUser(t.Context(), "akiko", store.UserPatch{}); err != nil || !reflect.DeepEqual(got, akiko) {
		t.Errorf("after a patch that failed and one of nothing akiko is %+v, %v", got, err)
	}
	if err := s.SaveQueue(t.Context(), store.Queue{ID: "c", Name: "Bookings"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second queue of one name: %v", err)
	}
	_, nobody := s.UpdateUser(t.Context(), "nobody", store.UserPatch{Name: &name})
	for what, err := range map[string]error{
		"update":       nobody,
		"set password": s.SetPassword(t.Context(), "nobody", "x"),
		"set language": s.SetLanguage(t.Context(), "nobody", "x"),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of nobody: %v", what, err)
		}
	}
	if _, err := s.User(t.Context(), "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestWrapUpCodesAreInBothLanguages(t *testing.T) {
	codes, err := server.Store(t).WrapUpCodes(t.Context())
	if err != nil || len(codes) < 5 || codes[0].Code != "solved" {
		t.Fatalf("codes %+v, %v", codes, err)
	}
	for _, c := range codes {
		if c.Label["en"] == "" || c.Label["ja"] == "" {
			t.Errorf("%s has labels %v", c.Code, c.Label)
		}
	}
}

func session(user string, token byte, life time.Duration) store.Session {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return store.Session{TokenHash: []byte{token}, UserID: user, CreatedAt: now, LastSeen: now, ExpiresAt: now.Add(life),
		Address: "127.0.0.1", Agent: "Browser"}
}

func TestSessionsExpireAndAreRevoked(t *testing.T) {
	s := server.Store(t)
	if err := s.SeedDemo(t.Context(), "hash"); err != nil {
		t.Fatal(err)
	}
	for i, v := range []store.Session{session("akiko", 1, time.Hour), session("akiko", 2, -time.Hour), session("akiko", 3, time.Hour), session("ben", 4, time.Hour)} {
		if err := s.CreateSession(t.Context(), v); err != nil {
			t.Fatal(i, err)
		}
	}
	has := func(want ...byte) {
		t.Helper()
		var got []byte
		for token := byte(1); token <= 4; token++ {
			if v, err := s.Session(t.Context(), []byte{token}); err == nil {
				got = append(got, v.TokenHash...)
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("sessions %v are good, want %v", got, want)
		}
	}
	has(1, 3, 4)
	v, err := s.Session(t.Context(), []byte{1})
	if want := session("akiko", 1, time.Hour); err != nil || v.Address != want.Address || v.Agent != want.Agent || v.ExpiresAt.Sub(v.CreatedAt) != time.Hour {
		t.Errorf("session %+v, %v", v, err)
	}
	seen, expires := v.LastSeen.Add(time.Minute), v.ExpiresAt.Add(time.Minute)
	if err := s.TouchSession(t.Context(), []byte{1}, seen, expires); err != nil {
		t.Fatal(err)
	}
	if v, err = s.Session(t.Context(), []byte{1}); err != nil || !v.LastSeen.Equal(seen) || !v.ExpiresAt.Equal(expires) {
		t.Errorf("touched session %+v, %v", v, err)
	}
	if err := s.TouchSession(t.Context(), []byte{2}, seen, expires); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an expired session is revived: %v", err)
	}
	if all, err := s.Sessions(t.Context(), "akiko"); err != nil || len(all) != 2 || all[0].TokenHash[0] != 1 {
		t.Errorf("akiko's sessions %+v, %v", all, err)
	}
	if n, err := s.PurgeSessions(t.Context(), time.Now()); err != nil || n != 1 {
		t.Errorf("purged %d, %v; want the expired one", n, err)
	}
	if err := errors.Join(s.RevokeSession(t.Context(), []byte{3}), s.RevokeSession(t.Context(), []byte{3})); err != nil {
		t.Error(err)
	}
	has(1, 4)
	if err := s.RevokeUserSessions(t.Context(), "akiko"); err != nil {
		t.Error(err)
	}
	has(4)
}

func TestAPITokens(t *testing.T) {
	s := server.Store(t)
	if err := s.SeedDemo(t.Context(), "hash"); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	past, later := now.Add(-time.Hour), now.Add(time.Hour)
	for i, expires := range []*time.Time{nil, &past, &later} {
		want := store.APIToken{TokenHash: []byte{byte(i)}, UserID: "akiko", Name: "script", CreatedAt: now, ExpiresAt: expires, CreatedBy: "admin"}
		if err := s.CreateAPIToken(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		got, err := s.APIToken(t.Context(), want.TokenHash)
		if expires == &past {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("expired token: %v", err)
			}
		} else if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("token %+v, %v; want %+v", got, err, want)
		}
	}
	if err := s.TouchAPIToken(t.Context(), []byte{0}, later); err != nil {
		t.Fatal(err)
	}
	all, err := s.APITokens(t.Context())
	if err != nil || len(all) != 3 || all[0].LastUsed == nil || !all[0].LastUsed.Equal(later) || all[1].LastUsed != nil || all[1].ExpiresAt == nil {
		t.Errorf("all tokens: %+v, %v", all, err)
	}
	if err := s.DeleteAPIToken(t.Context(), []byte{0}); err != nil {
		t.Fatal(err)
	}
	if err := s.TouchAPIToken(t.Context(), []byte{0}, later); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a token that is gone was used: %v", err)
	}
	if _, err := s.APIToken(t.Context(), []byte{0}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleted token: %v", err)
	}
}

func TestAudit(t *testing.T) {
	s := server.Store(t)
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, action := range []string{"sign_in", "choose_customer", "sign_out"} {
		if err := s.AppendAudit(t.Context(), store.AuditEntry{At: at, Actor: "akiko", Action: action, Object: "call-1", Address: "127.0.0.1", Data: map[string]any{"to": "c"}}); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.Audit(t.Context(), 0, 2)
	if err != nil || len(first) != 2 || first[0].Action != "sign_out" || first[1].Action != "choose_customer" {
		t.Fatalf("audit %+v, %v", first, err)
	}
	rest, err := s.Audit(t.Context(), first[1].ID, 2)
	want := []store.AuditEntry{{ID: rest[0].ID, At: at, Actor: "akiko", Action: "sign_in", Object: "call-1", Address: "127.0.0.1", Data: map[string]any{"to": "c"}}}
	if err != nil || !reflect.DeepEqual(rest, want) {
		t.Errorf("rest %+v, %v; want %+v", rest, err, want)
	}
}

func TestSeedDemoTwiceChangesNothing(t *testing.T) {
	s := server.Store(t)
	var all sync.WaitGroup
	for range 2 { // two at once
		all.Go(func() {
			if err := s.SeedDemo(t.Context(), "hash"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	customers, err := s.SearchCustomers(t.Context(), "", 100)
	if err != nil || len(customers) < 8 {
		t.Fatalf("%d customers, %v", len(customers), err)
	}
	if _, err := s.UpdateCustomer(t.Context(), customers[0].ID, store.CustomerPatch{Town: ptr("Elsewhere")}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPassword(t.Context(), "akiko", "changed"); err != nil {
		t.Fatal(err)
	}
	if err := s.SeedDemo(t.Context(), "hash"); err != nil {
		t.Fatal(err)
	}
	if again, err := s.SearchCustomers(t.Context(), "", 100); err != nil || len(again) != len(customers) || again[0].Town != "Elsewhere" {
		t.Errorf("after the second time: %d customers, %v", len(again), err)
	}
	for id, role := range map[string]string{"akiko": "agent", "ben": "agent", "chika": "agent", "sofia": "supervisor", "admin": "admin"} {
		u, err := s.User(t.Context(), id)
		want := "hash"
		if id == "akiko" {
			want = "changed"
		}
		if err != nil || u.Role != role || u.PasswordHash != want || (role == "agent") != slices.Equal(u.Queues, []string{"Bookings"}) {
			t.Errorf("%s is %+v, %v", id, u, err)
		}
	}
	if shared, err := s.CustomersByPhone(t.Context(), "+12025550186"); err != nil || len(shared) != 2 {
		t.Errorf("customers of the shared number: %q, %v", names(shared), err)
	}
	for _, c := range customers {
		v, err := s.CustomerView(t.Context(), c.ID)
		if err != nil || len(v.Timeline) == 0 || len(c.Orders) == 0 || len(c.Phones) == 0 {
			t.Errorf("%s: %+v, %v", c.Name, v, err)
		}
		for _, p := range v.Timeline {
			if p.At.After(time.Now()) {
				t.Errorf("%s: %s lies in the future", c.Name, p.Title)
			}
		}
	}
}
