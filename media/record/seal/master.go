package seal

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// master is a key that wraps others. In its file it is a line: id, 32 bytes in base64, and when it was made (RFC 3339).
type master struct {
	ID     string
	Made   time.Time
	secret Key
}

func newMaster(now time.Time) master {
	k := newKey()
	return master{ID: k.ID, Made: now.UTC().Truncate(time.Second), secret: k}
}

// wrap seals a recording's key. The nonce is random: a master key wraps far fewer than 2³² (NIST SP 800-38D §8.3).
func (m master) wrap(recording string, k Key) wrappedKey {
	gcm := m.secret.aead()
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return wrappedKey{ID: k.ID, Master: m.ID, Sealed: gcm.Seal(nonce, nonce, k.secret[:], []byte(recording+" "+k.ID))}
}

// masterFile holds master keys, the newest last.
type masterFile struct {
	path string
	own  bool // ours to make and to change
	keys []master
}

func (f *masterFile) newest() master { return f.keys[len(f.keys)-1] }

func (f *masterFile) unwrap(recording string, w wrappedKey) (Key, error) {
	for _, m := range f.keys {
		if m.ID != w.Master {
			continue
		}
		gcm := m.secret.aead()
		if len(w.Sealed) < gcm.NonceSize() {
			return Key{}, fmt.Errorf("seal: the key of recording %s is damaged", recording)
		}
		nonce, sealed := w.Sealed[:gcm.NonceSize()], w.Sealed[gcm.NonceSize():]
		plain, err := gcm.Open(nil, nonce, sealed, []byte(recording+" "+w.ID))
		if err != nil || len(plain) != keyBytes {
			return Key{}, fmt.Errorf("seal: the key of recording %s is damaged", recording)
		}
		k := Key{ID: w.ID}
		copy(k.secret[:], plain)
		return k, nil
	}
	return Key{}, fmt.Errorf("seal: the key of recording %s is wrapped by master key %s, which is not in %s: bring it back from a backup", recording, w.Master, f.path)
}

func (f *masterFile) read() error {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) && f.own {
		if wrapped, _ := filepath.Glob(filepath.Join(filepath.Dir(f.path), "*", "*.key")); len(wrapped) > 0 {
			return fmt.Errorf("seal: the master keys in %s are gone, and %d recordings cannot be heard without them: bring the file back from a backup, "+
				"or remove %s to give those recordings up", f.path, len(wrapped), filepath.Dir(f.path))
		}
		f.keys = []master{newMaster(time.Now())}
		return f.write()
	} else if err != nil {
		return fmt.Errorf("seal: master keys: %w", err)
	}
	if f.own && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("seal: others may read the master keys. Type: chmod 600 %s", f.path)
	}
	raw, err := os.ReadFile(f.path)
	if err != nil {
		return fmt.Errorf("seal: master keys: %w", err)
	}
	f.keys = nil
	for sc, n := bufio.NewScanner(bytes.NewReader(raw)), 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m, err := parseMaster(line)
		if err != nil {
			return fmt.Errorf("seal: %s:%d: %w", f.path, n, err)
		}
		f.keys = append(f.keys, m)
	}
	if len(f.keys) == 0 {
		return fmt.Errorf("seal: %s holds no master key: a line is an id, 32 bytes in base64 (openssl rand -base64 32) and a time such as 2026-11-25T00:00:00Z", f.path)
	}
	return nil
}

func parseMaster(line string) (master, error) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return master{}, errors.New("a line is an id, 32 bytes in base64 and a time")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || len(raw) != keyBytes {
		return master{}, errors.New("a key is 32 bytes in base64: openssl rand -base64 32")
	}
	made, err := time.Parse(time.RFC3339, fields[2])
	if err != nil {
		return master{}, errors.New("the time is written as 2026-11-25T00:00:00Z")
	}
	m := master{ID: fields[0], Made: made, secret: Key{ID: fields[0]}}
	copy(m.secret.secret[:], raw)
	return m, nil
}

func (f *masterFile) write() error {
	var b bytes.Buffer
	b.WriteString("# Master keys of the recordings, the newest last. Who has this file and the keys beside it can hear every recording;\n" +
		"# who has lost it can hear none. Keep a copy, apart from those of the recordings.\n")
	for _, m := range f.keys {
		fmt.Fprintf(&b, "%s %s %s\n", m.ID, base64.StdEncoding.EncodeToString(m.secret.secret[:]), m.Made.Format(time.RFC3339))
	}
	if err := replace(f.path, b.Bytes()); err != nil {
		return fmt.Errorf("seal: keep master keys: %w", err)
	}
	return nil
}

// replace gives a file new content at once, and overwrites the old one.
func replace(path string, content []byte) error {
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if old != nil {
		defer old.Close()
	}
	tmp, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(path+".new"))
	}
	if err := syncDir(filepath.Dir(path)); err != nil || old == nil {
		return err
	}
	return wipe(old)
}

// wipe overwrites what a file holds. On a disk that writes elsewhere (flash, copy on write) the old blocks may last until
// they are used again; the rotation of the master key makes them worthless.
func wipe(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(make([]byte, info.Size()), 0); err != nil {
		return err
	}
	return f.Sync()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
