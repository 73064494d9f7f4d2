package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"patchbay/store"
)

// quick trades safety from a power cut for time: kills of processes are as safe with it.
var quick = map[string]string{"fsync": "off", "full_page_writes": "off"}

func startPrivate(t *testing.T, dir string) *store.Private {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	p, err := store.StartPrivate(ctx, store.PrivateConfig{DataDir: dir, Settings: quick})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// awkwardDir is a data directory that the server's user cannot enter, as those below /root, with a path that is too long
// for a socket. (The server of the other tests lies in a plain one.)
func awkwardDir(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	dir := filepath.Join(top, strings.Repeat("long", 25))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // registered first: runs after the server has stopped
		if away, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres")); err == nil && !strings.HasPrefix(away, top) {
			_ = os.RemoveAll(away)
		}
	})
	return dir
}

// query runs a statement that gives one text.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var out string
	if err := conn.QueryRow(t.Context(), sql).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// serverPid reads the pid of the server of a data directory.
func serverPid(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// await polls what another process does.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: waited in vain", what)
		}
	}
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestPrivateServer(t *testing.T) {
	dir := awkwardDir(t)
	p := startPrivate(t, dir)

	t.Run("safe by default", func(t *testing.T) {
		if got := query(t, p.URL(), `select current_setting('listen_addresses') || ',' || current_setting('server_encoding') || ',' || current_user`); got != ",UTF8,patchbay" {
			t.Errorf("listens, encodes and knows us as %q", got)
		}
		info, err := os.Stat(fmt.Sprintf("/proc/%d", serverPid(t, dir)))
		if err != nil || info.Sys().(*syscall.Stat_t).Uid == 0 {
			t.Errorf("server runs as root: %v", err)
		}
		if group, err := syscall.Getpgid(serverPid(t, dir)); err != nil || group == syscall.Getpgrp() {
			t.Errorf("server is in our process group %d: %v", group, err)
		}
	})

	t.Run("in a home of its own", func(t *testing.T) {
		home, err := os.Stat(filepath.Join(dir, "postgres"))
		if err != nil || home.Mode().Perm() != 0o700 {
			t.Fatalf("home is %v, %v", home, err)
		}
		socket, err := os.ReadFile(filepath.Join(dir, "postgres", "socket_dir"))
		if err != nil || len(socket) > 107-len("/.s.PGSQL.5432") {
			t.Errorf("socket in %s, %v", socket, err)
		}
	})

	t.Run("one patchbay at a time", func(t *testing.T) {
		_, err := store.StartPrivate(t.Context(), store.PrivateConfig{DataDir: dir})
		if err == nil || !strings.Contains(err.Error(), "another patchbay") {
			t.Errorf("second start: %v", err)
		}
	})

	t.Run("journal outlives its crash", func(t *testing.T) {
		s := open(t, p.URL())
		told := make(chan bool, 16)
		j, stop := runJournal(t, store.JournalConfig{Dir: t.TempDir(), Store: s, OnStatus: func(lost bool, _ error) { told <- lost }})
		for i := 1; i <= 300; i++ {
			j.SaveLine(line("call-1", i))
		}
		pid := serverPid(t, dir)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for i := 301; i <= 1500; i++ {
			j.SaveLine(line("call-1", i))
		}
		await(t, "the server is started again", func() bool { return s.Ping(t.Context()) == nil })
		stop()
		if n := wantLines(t, s, "call-1", 1500); n != 1500 {
			t.Errorf("%d lines", n)
		}
		if serverPid(t, dir) == pid {
			t.Error("the server was never away")
		}
	})

	t.Run("stays away while its disk is gone, and everything is there after", func(t *testing.T) {
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
		p = startPrivate(t, dir)
		s := open(t, p.URL())
		told := make(chan bool, 16)
		j, _ := runJournal(t, store.JournalConfig{Dir: t.TempDir(), Store: s, OnStatus: func(lost bool, err error) {
			if lost != (err != nil) {
				t.Errorf("told lost %t with error %v", lost, err)
			}
			told <- lost
		}})
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
		for i := 1; i <= 100; i++ {
			j.SaveLine(line("call-2", i))
		}
		if lost := <-told; !lost || !j.Lost() {
			t.Errorf("told lost %t, Lost() %t", lost, j.Lost())
		}
		p = startPrivate(t, dir)
		flush(t, j)
		wantLines(t, s, "call-2", 100)
		for lost := true; lost; { // several causes may be told before that all is well
			lost = <-told
		}
		if j.Lost() {
			t.Error("still lost")
		}
	})

	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("second stop: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "postgres", "socket*")); err != nil || len(left) > 0 {
		t.Errorf("%v are left of the socket, %v", left, err)
	}

	t.Run("ends with its patchbay, killed", func(t *testing.T) {
		out, kill := child(t, "private", dir)
		if !bufio.NewScanner(out).Scan() {
			t.Fatal("the child does not start")
		}
		pid := serverPid(t, dir)
		kill()
		await(t, "the server ends", func() bool { return gone(pid) })
	})

	t.Run("stops an orphan", func(t *testing.T) {
		out, kill := child(t, "private", dir)
		if !bufio.NewScanner(out).Scan() {
			t.Fatal("the child does not start")
		}
		orphan := serverPid(t, dir)
		_ = syscall.Kill(orphan, syscall.SIGSTOP) // does not hear that its patchbay dies
		kill()
		wake := time.AfterFunc(200*time.Millisecond, func() { _ = syscall.Kill(orphan, syscall.SIGCONT) })
		defer wake.Stop()
		p := startPrivate(t, dir)
		await(t, "the orphan ends", func() bool { return gone(orphan) })
		if serverPid(t, dir) == orphan {
			t.Error("the orphan was taken over")
		}
		if n := query(t, p.URL(), `select count(*)::text from lines`); n != "1600" {
			t.Errorf("%s lines, want 1600", n)
		}
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("is not fooled by a pid that is another's now", func(t *testing.T) {
		cluster := filepath.Join(dir, "postgres", "cluster")
		info, err := os.Stat(cluster)
		if err != nil {
			t.Fatal(err)
		}
		owner := info.Sys().(*syscall.Stat_t)
		other := exec.Command("sleep", "60")
		other.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if os.Geteuid() == 0 {
			other.SysProcAttr.Credential = &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
		}
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
		file := filepath.Join(cluster, "postmaster.pid")
		text := fmt.Sprintf("%d\n%s\n1700000000\n5432\n/tmp\n\n  1234567 1234567\n", other.Process.Pid, cluster)
		if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), os.Chown(file, int(owner.Uid), int(owner.Gid))); err != nil {
			t.Fatal(err)
		}
		startPrivate(t, dir)
		if gone(other.Process.Pid) {
			t.Error("a stranger was stopped")
		}
	})
}

func TestFindBinariesSaysHowToMend(t *testing.T) {
	dir := t.TempDir()
	for name, version := range map[string]string{"14": "14.9 (Debian)", "old": "13.1"} {
		bin := filepath.Join(dir, name)
		if err := os.Mkdir(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"postgres", "initdb"} {
			if err := os.WriteFile(filepath.Join(bin, program), []byte("#!/bin/sh\necho 'postgres (PostgreSQL) "+version+"'\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	old := []string{filepath.Join(dir, "14"), filepath.Join(dir, "old")}
	for _, c := range []struct {
		name string
		dirs []string
		need int
		want string
	}{
		{"none", []string{dir}, 0, "apt-get install postgresql"},
		{"too old", old, 0, "PostgreSQL 14 is installed, 15 or newer is needed"},
		{"another made the cluster", store.BinaryDirs(), 99, "apt-get install postgresql-99"},
	} {
		if _, err := store.FindBinaries(c.dirs, c.need); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", c.name, err, c.want)
		}
	}
	if bin, err := store.FindBinaries(append(old, store.BinaryDirs()...), 0); err != nil || strings.HasPrefix(bin, dir) {
		t.Errorf("found %s, %v", bin, err)
	}
}
