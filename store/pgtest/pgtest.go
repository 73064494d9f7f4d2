// Package pgtest gives tests a real PostgreSQL: one private server per test binary, one database per test.
//
// Floor: F0, for tests only. It owns the server's goroutine from Start until Stop.
//
//	var server *pgtest.Server
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }
package pgtest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"patchbay/store"
)

// template is the database with our schema, which the tests' databases are copied from: quicker than migrating each.
const template = "patchbay_template"

// Server is a private server for the tests of one binary. Its data does not survive a power cut: that makes it quick.
type Server struct {
	private *store.Private
	dir     string
	made    atomic.Int64
}

// Main starts a server, runs the tests and stops it; it gives the exit code.
func Main(m *testing.M, server **Server) int {
	s, err := Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	*server = s
	code := m.Run()
	if err := s.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	return code
}

// Fresh gives a store on a server of its own, for a package with few such tests; both end with the test.
func Fresh(t testing.TB) *store.Store {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s.Store(t)
}

// Start starts a server and prepares the template.
func Start() (_ *Server, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "patchbay-test-*")
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { // the server's user passes through
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	s := &Server{dir: dir}
	s.private, err = store.StartPrivate(ctx, store.PrivateConfig{DataDir: dir, Settings: map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}})
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	defer func() {
		if err != nil {
			_ = s.Stop()
		}
	}()
	if err := s.exec(ctx, "create database "+template); err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, s.url(template), store.Config{})
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	st.Close() // a template must have no connections
	return s, nil
}

// Stop ends the server and removes its data.
func (s *Server) Stop() error {
	if err := s.private.Stop(); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	return nil
}

// Empty gives the URL of a new database without a schema, which ends with the test.
func (s *Server) Empty(t testing.TB) string {
	t.Helper()
	return s.database(t, "template0")
}

// Database gives the URL of a new database with our schema, which ends with the test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.database(t, template)
}

// Store gives a store on a new database; both end with the test.
func (s *Server) Store(t testing.TB) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), s.Database(t), store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	return st
}

func (s *Server) database(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.made.Add(1))
	if err := s.exec(t.Context(), "create database "+name+" template "+from+" strategy file_copy"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended.
		if err := s.exec(context.Background(), "drop database "+name+" with (force)"); err != nil {
			t.Error(err)
		}
	})
	return s.url(name)
}

// url names a database of the server.
func (s *Server) url(name string) string {
	return strings.Replace(s.private.URL(), "/patchbay?", "/"+name+"?", 1)
}

func (s *Server) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.private.URL())
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("pgtest: %s: %w", sql, err)
	}
	return nil
}
