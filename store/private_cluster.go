package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// oldestMajor is the oldest PostgreSQL that Patchbay supports.
const oldestMajor = 15

// Names inside a private server.
const (
	roleName     = "patchbay"
	databaseName = "patchbay"
)

// binaryDirs are the places where systems keep PostgreSQL's programs.
func binaryDirs() []string {
	var dirs []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"} {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		dirs = append(dirs, found...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	return dirs
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// findBinaries gives the directory with the newest programs, or those of the major version that a cluster needs.
func findBinaries(dirs []string, need int) (string, error) {
	best, bestMajor := "", 0
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
		if err != nil {
			continue
		}
		m := versionPattern.FindStringSubmatch(string(out))
		if m == nil {
			continue
		}
		major, err := strconv.Atoi(m[1])
		if err == nil && major > bestMajor && (need == 0 || major == need) {
			best, bestMajor = dir, major
		}
	}
	switch {
	case best == "" && need != 0:
		return "", fmt.Errorf("store: the database was made by PostgreSQL %d, which is not installed: apt-get install postgresql-%d", need, need)
	case best == "":
		return "", errors.New("store: PostgreSQL is not installed: apt-get install postgresql, or give --database URL")
	case bestMajor < oldestMajor:
		return "", fmt.Errorf("store: PostgreSQL %d is installed, %d or newer is needed: apt-get install postgresql, or give --database URL", bestMajor, oldestMajor)
	}
	return best, nil
}

// clusterMajor gives the version that made a cluster, 0 where there is none.
func clusterMajor(cluster string) int {
	b, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return n
}

// makeCluster runs initdb where there is no cluster. It works beside the final place and renames, so that a start that
// was killed in the middle leaves nothing that looks like a cluster. Unless told otherwise, it outlives a power cut.
func makeCluster(ctx context.Context, bin string, h home, who account, sync bool) error {
	if clusterMajor(h.cluster()) != 0 {
		return nil
	}
	if _, err := os.Lstat(h.cluster()); err == nil {
		return fmt.Errorf("store: %s is no database (PG_VERSION is missing): restore it, or remove it to start with an empty one", h.cluster())
	}
	draft := h.cluster() + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return fmt.Errorf("store: remove half-made database: %w", err)
	}
	cmd := who.command(ctx, h.dir, filepath.Join(bin, "initdb"), "-D", draft, "-U", roleName, "--auth=peer",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.WaitDelay = time.Second // its children hold the output a little longer
	runtime.LockOSThread()      // the parent-death signal follows the thread
	out, err := cmd.CombinedOutput()
	runtime.UnlockOSThread()
	if err != nil {
		return fmt.Errorf("store: initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if sync { // initdb's own opens every file; one call for the file system is quicker
		if err := syncFS(draft); err != nil {
			return err
		}
	}
	if err := os.Rename(draft, h.cluster()); err != nil {
		return fmt.Errorf("store: private database: %w", err)
	}
	return nil
}

func syncFS(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("store: sync private database: %w", err)
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("store: sync private database: %w", err)
	}
	return nil
}

// writeAccess lets in who runs the server and who runs us, by the kernel's word on the socket (peer), and nobody else.
func writeAccess(h home, who account) error {
	names := map[string]bool{"root": true}
	ids := []int{os.Geteuid()}
	if who.credential != nil {
		ids = append(ids, int(who.credential.Uid))
	}
	for _, id := range ids {
		u, err := user.LookupId(strconv.Itoa(id))
		if err != nil {
			return fmt.Errorf("store: PostgreSQL needs user %d to have a name (a line in /etc/passwd): %w", id, err)
		}
		names[u.Username] = true
	}
	var ident strings.Builder
	for name := range names {
		fmt.Fprintf(&ident, "patchbay %q %s\n", name, roleName)
	}
	for name, text := range map[string]string{
		"pg_hba.conf":   "local all all peer map=patchbay\n",
		"pg_ident.conf": ident.String(),
	} {
		path := filepath.Join(h.cluster(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return fmt.Errorf("store: private database: %w", err)
		}
		if err := who.own(path); err != nil {
			return fmt.Errorf("store: private database: %w", err)
		}
	}
	return nil
}
