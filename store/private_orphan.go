package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// orphanPatience is how long an orphan may take to end by itself before it is killed.
const orphanPatience = 10 * time.Second

// postmasterPid reads the pid in a cluster's pid file; 0 where there is none.
func postmasterPid(cluster string) (int, error) {
	b, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("store: private database's pid file: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 1 {
		return 0, nil // torn: PostgreSQL says so itself
	}
	return pid, nil
}

// serves tells whether a process is the server of a cluster: its working directory is the cluster's.
func serves(pid int, cluster string) bool {
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && cwd == cluster
}

// stopOrphan ends a server whose patchbay is gone. The caller holds the lock, so no living patchbay uses it.
func stopOrphan(ctx context.Context, cluster string, log *slog.Logger) error {
	pid, err := postmasterPid(cluster)
	if err != nil || pid == 0 {
		return err
	}
	if !serves(pid, cluster) {
		return disownPid(cluster)
	}
	log.Warn("stopping the database of a patchbay that was killed", "pid", pid)
	_ = syscall.Kill(pid, syscall.SIGINT)
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	deadline := time.After(orphanPatience)
	for serves(pid, cluster) {
		select {
		case <-tick.C:
		case <-deadline:
			_ = syscall.Kill(-pid, syscall.SIGKILL) // it leads its group
			_ = syscall.Kill(pid, syscall.SIGKILL)
		case <-ctx.Done():
			return fmt.Errorf("store: database of a killed patchbay (pid %d) does not end: %w", pid, ctx.Err())
		}
	}
	return disownPid(cluster) // killed, it may be a zombie that its new parent has yet to see
}

// disownPid mends a pid file whose number now belongs to another process, which containers with their small numbers make
// likely: PostgreSQL would take that one for a server. The file itself must stay, because PostgreSQL reads in it which
// shared memory to check for survivors; the number of its own parent, ours, tells it that the file is stale.
func disownPid(cluster string) error {
	pid, err := postmasterPid(cluster)
	if err != nil || pid == 0 || pid == os.Getpid() || serves(pid, cluster) {
		return err
	}
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return nil // PostgreSQL sees for itself
	}
	path := filepath.Join(cluster, "postmaster.pid")
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("store: private database's pid file: %w", err)
	}
	_, rest, _ := strings.Cut(string(b), "\n")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0) // keeps its owner
	if err != nil {
		return fmt.Errorf("store: private database's pid file: %w", err)
	}
	_, err = f.WriteString(strconv.Itoa(os.Getpid()) + "\n" + rest)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("store: private database's pid file: %w", err)
	}
	return nil
}
