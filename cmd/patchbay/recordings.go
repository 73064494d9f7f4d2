package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"patchbay/media/record"
	"patchbay/media/record/seal"
)

// recordingsCommand verifies, exports and re-keys recordings without a running server: it needs the data directory's keys
// and the sealed files.
func recordingsCommand(_ context.Context, args []string, std stdio) error {
	set := flag.NewFlagSet("recordings", flag.ContinueOnError)
	s := &settings{}
	set.StringVar(&s.DataDir, "data-dir", "./data", "the server's data directory, where the keys are")
	set.StringVar(&s.RecordingKeys, "recording-keys", os.Getenv(envName("recording-keys")), "file of the master keys, where serve was given one")
	rest, err := parse(set, args, std, "verify [FILE|DIR…] | export FILE OUT.ogg | rotate-key")
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usageError{"say verify, export or rotate-key. Type: patchbay recordings --help"}
	}
	if _, err := os.Stat(s.recordingsDir()); err != nil {
		return fmt.Errorf("there are no recordings in %s. Name the server's data directory with --data-dir", s.DataDir)
	}
	switch what, rest := rest[0], rest[1:]; what {
	case "verify":
		if len(rest) == 0 {
			rest = []string{filepath.Join(s.recordingsDir(), "bucket"), filepath.Join(s.recordingsDir(), "spool")}
		}
		return verifyRecordings(s, rest, std.out)
	case "export":
		if len(rest) != 2 {
			return usageError{"export takes a sealed file and the name of the Ogg file to write"}
		}
		return exportRecording(s, rest[0], rest[1])
	case "rotate-key":
		return rotateKey(s, std.out)
	default:
		return usageError{fmt.Sprintf("%q is not verify, export or rotate-key", what)}
	}
}

// verifyRecordings follows the chain of each file, and fails where one is not whole.
func verifyRecordings(s *settings, paths []string, out io.Writer) error {
	keys, err := s.openKeys()
	if err != nil {
		return err
	}
	files, bad := 0, 0
	for _, path := range paths {
		err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path == paths[len(paths)-1] {
				return nil // no spool yet
			}
			if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".erase") || strings.HasSuffix(path, ".new") {
				return err
			}
			files++
			if !verifyRecording(path, keys, out) {
				bad++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d recordings, %d not whole\n", files, bad)
	if bad > 0 {
		return errReported
	}
	return nil
}

func verifyRecording(path string, keys *seal.Keys, out io.Writer) bool {
	sound, report, err := record.OpenFile(path, keys)
	switch {
	case errors.Is(err, seal.ErrNoKey):
		fmt.Fprintf(out, "erased   %s: its key is destroyed\n", path)
		return true
	case err != nil:
		fmt.Fprintf(out, "BAD      %s: %v\n", path, err)
		return false
	case report.OK():
		fmt.Fprintf(out, "whole    %s: %s, SHA-256 %x\n", path, time.Duration(sound.DurationMS)*time.Millisecond, report.Chain)
		return true
	case len(report.Problems) == 0 && strings.HasSuffix(path, ".open"):
		fmt.Fprintf(out, "goes on  %s: %s so far\n", path, time.Duration(sound.DurationMS)*time.Millisecond)
		return true
	}
	if len(report.Problems) == 0 {
		report.Problems = []string{"it has no end: segments were cut off behind it"}
	}
	fmt.Fprintf(out, "BAD      %s: %s\n", path, strings.Join(report.Problems, "; "))
	return false
}

func exportRecording(s *settings, from, to string) error {
	keys, err := s.openKeys()
	if err != nil {
		return err
	}
	sound, _, err := record.OpenFile(from, keys)
	if errors.Is(err, seal.ErrNoKey) {
		return fmt.Errorf("%s was erased: its key is destroyed", from)
	} else if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, sound)
	return errors.Join(err, f.Close())
}

// rotateKey needs the data directory for itself: a server has the keys in memory.
func rotateKey(s *settings, out io.Writer) error {
	lock, err := os.OpenFile(filepath.Join(s.DataDir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("a server uses %s. Let it rotate: POST /api/v1/recording_keys/rotate as an administrator, or stop it first", s.DataDir)
	}
	keys, err := s.openKeys()
	if err != nil {
		return err
	}
	n, err := keys.Rotate(time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "the master key is replaced; it wraps %d keys\n", n)
	return nil
}
