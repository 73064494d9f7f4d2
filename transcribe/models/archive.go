package models

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	maxMembers = 10_000  // of an archive
	maxSkipped = 8 << 30 // bytes of a compressed tar that belong to no checkpoint
	maxTrailer = 1 << 20 // bytes of padding behind a tar
)

// copyFrom takes the files of a checkpoint out of a directory or an archive. Of an archive's names only the last part
// counts, and never as a path: what is taken is known by name, once each, from one directory.
func (in *importer) copyFrom(source string) error {
	st, err := os.Stat(source)
	if err != nil {
		return err
	}
	if st.IsDir() {
		return in.fromDir(source)
	}
	if !st.Mode().IsRegular() {
		return errors.New("it is neither a file nor a directory") // a pipe would be waited for
	}
	f, err := os.Open(source)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 262)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	switch head = head[:n]; {
	case n > 4 && string(head[:4]) == "PK\x03\x04":
		return in.fromZip(f, st.Size())
	case n > 2 && head[0] == 0x1f && head[1] == 0x8b:
		z, err := gzip.NewReader(bufio.NewReader(f))
		if err != nil {
			return err
		}
		defer z.Close()
		if err := in.fromTar(z); err != nil {
			return err
		}
		// A tar ends before its gzip does, and only the gzip's end holds the checksum (RFC 1952, section 2.3.1).
		n, err := io.Copy(progressWriter{&importer{ctx: in.ctx}}, io.LimitReader(z, maxTrailer+1))
		if err != nil {
			return fmt.Errorf("the archive is damaged: %w", err)
		}
		if n > maxTrailer {
			return errors.New("the archive goes on after its end")
		}
		return nil
	case n == 262 && string(head[257:262]) == "ustar":
		return in.fromTar(bufio.NewReader(f))
	}
	return errors.New("it is neither a directory nor a zip, tar or tar.gz archive")
}

// room refuses early what does not fit on the disk.
func (in *importer) room(bytes int64) error {
	in.total = bytes
	var fs unix.Statfs_t
	if err := unix.Statfs(in.into, &fs); err != nil {
		return nil // not known: the copy will tell
	}
	if free := int64(fs.Bavail) * fs.Bsize; bytes > free {
		return fmt.Errorf("the disk is full: it needs %d MB and %d MB are free; make room, or set PATCHBAY_MODELS to a larger disk", bytes>>20, free>>20)
	}
	return nil
}

func (in *importer) fromDir(dir string) error {
	var total int64
	for _, f := range importable {
		if st, err := os.Stat(filepath.Join(dir, f.name)); err == nil {
			total += min(st.Size(), f.limit)
		}
	}
	if err := in.room(total); err != nil {
		return err
	}
	for _, want := range importable {
		path := filepath.Join(dir, want.name)
		st, err := os.Stat(path) // before it is opened: a pipe would be waited for
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !st.Mode().IsRegular() {
			return fmt.Errorf("%s is no file", want.name)
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		err = in.take(want.name, f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *importer) fromZip(f io.ReaderAt, size int64) error {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return err
	}
	if len(z.File) > maxMembers {
		return fmt.Errorf("it holds %d members, which is no checkpoint", len(z.File))
	}
	home := ""
	var total int64
	for _, m := range z.File {
		if path.Base(m.Name) == "model.bin" {
			home = path.Dir(m.Name)
		}
	}
	for _, m := range z.File {
		limit := limitOf(path.Base(m.Name))
		if limit == 0 || path.Dir(m.Name) != home {
			continue
		}
		if m.UncompressedSize64 > uint64(limit) {
			return tooLarge(path.Base(m.Name), limit)
		}
		total += int64(m.UncompressedSize64)
	}
	if err := in.room(total); err != nil {
		return err
	}
	for _, m := range z.File {
		if path.Dir(m.Name) != home || !m.Mode().IsRegular() || !isImportable(path.Base(m.Name)) {
			continue
		}
		r, err := m.Open()
		if err != nil {
			return fmt.Errorf("%s: %w", path.Base(m.Name), err)
		}
		err = in.take(path.Base(m.Name), r)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// fromTar reads a tar to its end: which directory is the checkpoint's is known only when model.bin has come, so a second
// one of the same name is an error.
func (in *importer) fromTar(r io.Reader) error {
	t := tar.NewReader(r)
	skipped := int64(0)
	for n := 0; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the archive is damaged: %w", err)
		}
		if n > maxMembers {
			return fmt.Errorf("it holds more than %d members, which is no checkpoint", maxMembers)
		}
		if h.Typeflag != tar.TypeReg || !isImportable(path.Base(h.Name)) {
			if h.Size > maxSkipped-skipped {
				return errors.New("it unpacks to more than any checkpoint has")
			}
			skipped += h.Size
			continue
		}
		if err := in.take(path.Base(h.Name), t); err != nil {
			return err
		}
	}
}

func isImportable(name string) bool { return limitOf(name) > 0 }

// limitOf is how many bytes a file of a checkpoint may have; 0 = it is no part of one.
func limitOf(name string) int64 {
	for _, f := range importable {
		if f.name == name {
			return f.limit
		}
	}
	return 0
}

func tooLarge(name string, limit int64) error {
	return fmt.Errorf("%s: more than %d bytes are no checkpoint", name, limit)
}
