package store_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"patchbay/store"
)

func TestProcessesThatMigrateTogetherWaitForEachOther(t *testing.T) {
	url := server.Empty(t)
	var all []*exec.Cmd
	for range 3 {
		cmd := exec.Command(os.Args[0], url)
		cmd.Env = append(os.Environ(), childVar+"=migrate")
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if codes, err := open(t, url).WrapUpCodes(t.Context()); err != nil || len(codes) == 0 {
		t.Errorf("after migration: %v, %v", codes, err)
	}
}

func TestOpenRefusesASchemaThatIsNotOurs(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"newer", `insert into schema_migrations (version, name, checksum) values (99, '0099_future', 'x')`, "newer Patchbay"},
		{"changed", `update schema_migrations set checksum = 'x' where version = 1`, "0001_centre differs"},
	} {
		url := server.Database(t)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		_, err = conn.Exec(t.Context(), c.sql)
		_ = conn.Close(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), url, store.Config{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestAllQueuesAreKeptInWriting: a supervisor of a release in which no queue meant all has all still, and one who was given some has
// no more than those; also when those are taken away.
func TestAllQueuesAreKeptInWriting(t *testing.T) {
	url := server.Empty(t)
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := store.MigrateTo(t.Context(), pool, 13); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `insert into queues (id, name) values ('q', 'Travel');
		insert into users (id, name, role) values ('rosa', 'Rosa', 'supervisor'), ('sofia', 'Sofia', 'supervisor'), ('ben', 'Ben', 'agent'), ('admin', 'A', 'admin');
		insert into queue_agents (queue_id, user_id) values ('q', 'sofia')`); err != nil {
		t.Fatal(err)
	}
	s := open(t, url)
	for id, all := range map[string]bool{"rosa": true, "sofia": false, "ben": false, "admin": false} {
		if u, err := s.User(t.Context(), id); err != nil || u.AllQueues != all {
			t.Errorf("%s: %+v, %v", id, u, err)
		}
	}
	if err := s.SaveStaffedQueue(t.Context(), store.Queue{ID: "q", Name: "Travel"}, []string{"ben"}); err != nil {
		t.Fatal(err)
	}
	if u, err := s.User(t.Context(), "sofia"); err != nil || u.AllQueues || len(u.Queues) != 0 {
		t.Errorf("sofia, whose last queue was taken away: %+v, %v", u, err)
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	for _, url := range []string{"postgres://%zz", "postgres://user:secret@127.0.0.1:1/none?connect_timeout=1"} {
		_, err := store.Open(t.Context(), url, store.Config{})
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.HasPrefix(err.Error(), "store: ") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestMigrationsAreNumberedWithoutAGap(t *testing.T) {
	for name, good := range map[string]bool{"0002_more.sql": true, "0003_gap.sql": false, "2b_odd.sql": false, "more.sql": false} {
		err := store.CheckMigrations(fstest.MapFS{"migrations/0001_centre.sql": {}, "migrations/" + name: {}})
		if (err == nil) != good {
			t.Errorf("%s: %v, want good: %t", name, err, good)
		}
	}
}
