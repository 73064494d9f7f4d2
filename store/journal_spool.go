package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// segmentFile is what a journal writes into; *os.File is one.
type segmentFile interface {
	io.Writer
	Truncate(size int64) error
	Sync() error
	Close() error
}

// createSegment makes a segment's file. Only we may read it: it holds what was said.
func createSegment(path string) (segmentFile, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
}

// spool is the journal's directory: numbered segments of records, written at the end of the last one. It is not safe for
// concurrent use, but for read, which needs nothing of it that changes.
type spool struct {
	dir    string
	id     string   // names this journal in the database
	lock   *os.File // the file of the id, locked as long as we live
	create func(path string) (segmentFile, error)

	file   segmentFile // nil where the last one could not be made or mended
	number int64       // of the last segment
	size   int64       // bytes of whole records in it
}

// openSpool locks a directory and gives the numbers of the segments that lie there, in order.
func openSpool(dir string, create func(string) (segmentFile, error)) (*spool, []int64, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("store: journal: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "id"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("store: journal: %w", err)
	}
	s := &spool{dir: dir, lock: lock, create: create}
	numbers, err := s.open()
	if err != nil {
		_ = lock.Close()
		return nil, nil, err
	}
	return s, numbers, nil
}

func (s *spool) open() ([]int64, error) {
	if err := syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fmt.Errorf("store: another patchbay writes the journal in %s: stop it, or choose another data directory (%w)", s.dir, err)
	}
	b, err := io.ReadAll(io.LimitReader(s.lock, 64))
	if err != nil {
		return nil, fmt.Errorf("store: journal: %w", err)
	}
	if s.id = strings.TrimSpace(string(b)); len(s.id) != 32 {
		var fresh [16]byte
		_, _ = rand.Read(fresh[:]) // never fails
		s.id = hex.EncodeToString(fresh[:])
		_, err := s.lock.WriteAt([]byte(s.id+"\n"), 0)
		if err := errors.Join(err, s.lock.Sync()); err != nil {
			return nil, fmt.Errorf("store: journal: %w", err)
		}
	}
	names, err := filepath.Glob(filepath.Join(s.dir, "journal-*.log"))
	if err != nil {
		return nil, fmt.Errorf("store: journal: %w", err)
	}
	var numbers []int64
	for _, name := range names {
		var n int64
		if _, err := fmt.Sscanf(filepath.Base(name), "journal-%d.log", &n); err == nil && n > 0 {
			numbers = append(numbers, n)
		}
	}
	sort.Slice(numbers, func(i, j int) bool { return numbers[i] < numbers[j] })
	return numbers, nil
}

func (s *spool) path(number int64) string {
	return filepath.Join(s.dir, fmt.Sprintf("journal-%012d.log", number))
}

// rotate starts the next segment.
func (s *spool) rotate() error {
	if s.file != nil {
		_ = s.file.Close() // all of it is written; only syncing could fail, and nobody relies on that
		s.file = nil
	}
	f, err := s.create(s.path(s.number + 1))
	if err != nil {
		return fmt.Errorf("store: journal: %w", err)
	}
	s.file, s.number, s.size = f, s.number+1, 0
	return nil
}

// append writes one encoded record by one write(2), after which a kill -9 of this process does not lose it. A record that
// was written in part, as on a full disk, is taken back.
func (s *spool) append(b []byte) error {
	if s.file == nil {
		if err := s.rotate(); err != nil {
			return err
		}
	}
	n, err := s.file.Write(b)
	if err == nil {
		s.size += int64(len(b))
		return nil
	}
	if n > 0 {
		if err := s.file.Truncate(s.size); err != nil {
			_ = s.file.Close()
			s.file = nil // torn for good: the next record starts a new segment
		}
	}
	return fmt.Errorf("store: journal: %w", err)
}

// read gives whole records of a segment from a position on, at most limit of them, and the position after them. At the end
// of the segment it gives none; errTorn or errDamaged where the next record cannot be read.
func (s *spool) read(from place, limit int) ([]record, place, error) {
	const chunk = 1 << 20 // bytes
	f, err := os.Open(s.path(from.segment))
	if err != nil {
		return nil, from, fmt.Errorf("store: journal: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, from, fmt.Errorf("store: journal: %w", err)
	}
	rest := max(0, info.Size()-from.position)
	for size := int64(chunk); ; size += largestRecord {
		b := make([]byte, min(size, rest))
		n, err := f.ReadAt(b, from.position)
		b = b[:n]
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, from, fmt.Errorf("store: journal: %w", err)
		}
		if n == 0 {
			return nil, from, nil
		}
		var all []record
		for len(all) < limit && len(b) > 0 {
			r, perr := parseRecord(b)
			if perr != nil && len(all) == 0 && errors.Is(perr, errTorn) && size < min(rest, chunk+largestRecord) {
				break // the chunk ends within the first record: read more
			}
			if perr != nil && len(all) == 0 {
				return nil, from, perr
			}
			if perr != nil {
				break // what is whole first
			}
			all = append(all, r)
			b = b[r.size():]
			from.position += int64(r.size())
		}
		if len(all) > 0 {
			return all, from, nil
		}
	}
}

// remove deletes a segment that has been applied.
func (s *spool) remove(number int64) error {
	if err := os.Remove(s.path(number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: journal: %w", err)
	}
	return nil
}

// keepDamaged puts a segment aside for a human being.
func (s *spool) keepDamaged(number int64) error {
	if err := os.Rename(s.path(number), strings.TrimSuffix(s.path(number), ".log")+".damaged"); err != nil {
		return fmt.Errorf("store: journal: %w", err)
	}
	return nil
}

// reject keeps a record that the database can never hold, in the journal's own format.
func (s *spool) reject(r record) error {
	f, err := os.OpenFile(filepath.Join(s.dir, "rejected.journal"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("store: journal: %w", err)
	}
	_, err = f.Write(r.appendTo(nil))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("store: journal: %w", err)
	}
	return nil
}

// close ends writing and lets the next one in.
func (s *spool) close() error {
	var err error
	if s.file != nil {
		err = s.file.Close()
		s.file = nil
	}
	if err := errors.Join(err, s.lock.Close()); err != nil {
		return fmt.Errorf("store: close journal: %w", err)
	}
	return nil
}
