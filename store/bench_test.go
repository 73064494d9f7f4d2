package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"patchbay/store"
)

// BenchmarkSaveLine is what a call waits for a line to be safe.
func BenchmarkSaveLine(b *testing.B) {
	j, err := store.NewJournal(store.JournalConfig{Dir: b.TempDir(), Store: server.Store(b)}) // not run: the file alone
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	l := line("call-1", 1)
	for b.Loop() {
		j.SaveLine(l)
	}
}

// BenchmarkCustomers asks among 100,000 customers: by phone within the screen pop's 300 ms, by search as somebody types.
func BenchmarkCustomers(b *testing.B) {
	url := server.Database(b)
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	_, err = conn.Exec(b.Context(), `
		insert into customers (id, name, organisation) select 'c' || i, 'Customer ' || md5(i::text), 'Firm ' || i from generate_series(1, 100000) i;
		insert into customer_phones (customer_id, position, number, raw, e164, digits)
			select 'c' || i, 0, '+1' || 2020000000 + i, '', true, '1' || 2020000000 + i from generate_series(1, 100000) i;
		analyze`)
	_ = conn.Close(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), url, store.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for name, ask := range map[string]func() ([]store.Customer, error){
		"exact":  func() ([]store.Customer, error) { return s.CustomersByPhone(b.Context(), "+12020054321") },
		"ending": func() ([]store.Customer, error) { return s.CustomersByPhone(b.Context(), "020-2005-4321") },
		"search": func() ([]store.Customer, error) { return s.SearchCustomers(b.Context(), "firm 54321", 20) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got, err := ask(); err != nil || len(got) != 1 {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}
