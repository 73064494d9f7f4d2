package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// awayDir holds the clusters whose data directory the server's user cannot enter, such as one below /root.
const awayDir = "/var/lib/patchbay"

// longestSocketDir keeps the socket's path within the 107 bytes of sun_path (unix(7)).
const longestSocketDir = 107 - len("/.s.PGSQL."+socketPort)

// socketPort is only a part of the socket's name: every server has a directory of its own.
const socketPort = "5432"

// account is the operating system's user that a private server runs as.
type account struct {
	credential *syscall.Credential // nil: as ourselves
}

// serverAccount chooses: ourselves, or postgres where we are root, which PostgreSQL refuses.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return account{}, errors.New("store: PostgreSQL does not run as root and there is no user postgres: apt-get install postgresql, or start patchbay as another user")
	}
	uid, errU := strconv.ParseUint(u.Uid, 10, 32)
	gid, errG := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(errU, errG); err != nil {
		return account{}, fmt.Errorf("store: user postgres: %w", err)
	}
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// command prepares a program that runs as the account, in its own process group: Ctrl-C reaches the whole foreground
// group, and the database must outlive what writes into it.
func (a account) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"} // none of our secrets
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: a.credential}
	return cmd
}

// own gives a file to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Lchown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// entryBarrier gives the first directory on the way to path that the account cannot pass, or "".
func (a account) entryBarrier(path string) string {
	if a.credential == nil {
		return ""
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil {
			st, bit := info.Sys().(*syscall.Stat_t), fs.FileMode(0o001)
			switch {
			case st.Uid == a.credential.Uid:
				bit = 0o100
			case st.Gid == a.credential.Gid:
				bit = 0o010
			}
			if info.Mode()&bit == 0 {
				return dir
			}
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// home is the directory of one private server, which belongs to its account.
type home struct{ dir string }

func (h home) cluster() string    { return filepath.Join(h.dir, "cluster") }
func (h home) log() string        { return filepath.Join(h.dir, "server.log") }
func (h home) socketNote() string { return filepath.Join(h.dir, "socket_dir") }

// findHome gives the server's directory below a data directory, making it if need be. Where the account cannot enter the
// data directory, it lies elsewhere and a link points there. A directory that is there decides who runs the server.
func findHome(dataDir string, who account) (home, account, error) {
	// 0711: the server's user passes through, but reads nothing.
	if err := os.MkdirAll(dataDir, 0o711); err != nil {
		return home{}, who, fmt.Errorf("store: data directory: %w", err)
	}
	dataDir, err := filepath.Abs(dataDir)
	if err == nil {
		dataDir, err = filepath.EvalSymlinks(dataDir)
	}
	if err != nil {
		return home{}, who, fmt.Errorf("store: data directory: %w", err)
	}
	link := filepath.Join(dataDir, "postgres")
	_, err = os.Lstat(link)
	if errors.Is(err, fs.ErrNotExist) {
		dir, err := makeHome(link, who)
		return home{dir}, who, err
	}
	dir, err := filepath.EvalSymlinks(link)
	if err != nil {
		return home{}, who, fmt.Errorf("store: the database that %s points to is gone: restore it, or remove the link to start with an empty one (%w)", link, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return home{}, who, fmt.Errorf("store: private database: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if who.credential != nil && owner.Uid != 0 {
		who = account{&syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if who.credential == nil && int(owner.Uid) != os.Geteuid() {
		return home{}, who, fmt.Errorf("store: %s belongs to user %d: start patchbay as that user or as root, or choose another data directory", dir, owner.Uid)
	}
	if barrier := who.entryBarrier(dir); barrier != "" {
		return home{}, who, fmt.Errorf("store: PostgreSQL's user cannot enter %s: chmod o+x %s", barrier, barrier)
	}
	return home{dir}, who, nil
}

func makeHome(link string, who account) (dir string, err error) {
	if who.entryBarrier(filepath.Dir(link)) == "" {
		if err = os.Mkdir(link, 0o700); err == nil {
			err = who.own(link)
		}
		if err != nil {
			return "", fmt.Errorf("store: private database: %w", err)
		}
		return link, nil
	}
	if err = os.MkdirAll(awayDir, 0o711); err == nil {
		dir, err = os.MkdirTemp(awayDir, filepath.Base(filepath.Dir(link))+"-*")
	}
	if err == nil {
		err = who.own(dir)
	}
	if err == nil {
		err = os.Symlink(dir, link)
	}
	if err != nil {
		return "", fmt.Errorf("store: private database outside of %s, which PostgreSQL's user cannot enter: %w", filepath.Dir(link), err)
	}
	return dir, nil
}

// lockHome makes us the only one who runs this server. The lock ends with the process.
func lockHome(h home) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(h.dir, "lock"), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: private database: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("store: another patchbay uses the database in %s: stop it, or choose another data directory (%w)", h.dir, err)
	}
	return f, nil
}

// makeSocketDir makes the directory of the socket: in the home where the path is short enough.
func makeSocketDir(h home, who account) (string, error) {
	removeSocketDir(h)
	dir := filepath.Join(h.dir, "socket")
	err := error(nil)
	if len(dir) <= longestSocketDir && who.entryBarrier(h.dir) == "" {
		err = os.Mkdir(dir, 0o700)
	} else {
		parent := os.TempDir()
		if len(parent) > longestSocketDir-len("/patchbay-pg-0123456789") || who.entryBarrier(parent) != "" {
			parent = "/tmp"
		}
		// The same name at each start, so that a URL stays good; another one where a stranger took it.
		sum := sha256.Sum256([]byte(h.dir))
		dir = filepath.Join(parent, "patchbay-pg-"+hex.EncodeToString(sum[:5]))
		if err = os.Mkdir(dir, 0o700); errors.Is(err, fs.ErrExist) {
			dir, err = os.MkdirTemp(parent, "patchbay-pg-*")
		}
	}
	if err == nil {
		err = who.own(dir)
	}
	if err == nil {
		err = os.WriteFile(h.socketNote(), []byte(dir), 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("store: private database's socket: %w", err)
	}
	return dir, nil
}

// removeSocketDir removes the directory that this or a killed process made.
func removeSocketDir(h home) {
	b, err := os.ReadFile(h.socketNote())
	if err != nil {
		return
	}
	dir := string(b)
	if name := filepath.Base(dir); dir == filepath.Join(h.dir, "socket") || strings.HasPrefix(name, "patchbay-pg-") {
		_ = os.RemoveAll(dir)
	}
	_ = os.Remove(h.socketNote())
}

// openLog opens the server's log, which starts anew when it is large.
func (h home) openLog(who account) (*os.File, error) {
	const largest = 8 << 20 // bytes
	if info, err := os.Stat(h.log()); err == nil && info.Size() > largest {
		_ = os.Remove(h.log())
	}
	f, err := os.OpenFile(h.log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: private database's log: %w", err)
	}
	_ = who.own(h.log())
	return f, nil
}

// lastLine gives the end of a log for an error message.
func lastLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "no log: " + err.Error()
	}
	text := strings.TrimSpace(string(b))
	// The server's last words come after the reason.
	lines := strings.Split(text, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "FATAL") || strings.Contains(lines[i], "PANIC") {
			return lines[i]
		}
	}
	return lines[len(lines)-1]
}
