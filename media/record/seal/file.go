package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Errors of reading.
var (
	// ErrNoFile says that the bytes are no sealed file, or not even its header is whole.
	ErrNoFile = errors.New("seal: not a recording")
	// ErrDamaged says that a segment is not what was written.
	ErrDamaged = errors.New("seal: damaged segment")
)

// Segment is one of a File.
type Segment struct {
	Index uint64
	Kind  byte
	Len   int // bytes of the owner's

	at     int64 // of the mark
	sealed int   // bytes
	epoch  uint32
}

// File reads a sealed file, which may still grow: it is what it was when it was read.
type File struct {
	Header Header

	r         io.ReaderAt
	size      int64
	begin     int64 // of the first segment
	headerSum [sha256.Size]byte
	gcm       cipher.AEAD
	segments  []Segment
	skipped   []gap
}

// gap is a stretch in which no segment could be made out.
type gap struct {
	before int // number of segments in front of it
	at, to int64
}

// Read finds the segments of a file. It opens none: a damaged one is found when it is opened.
func Read(r io.ReaderAt, size int64, key func(Header) (Key, error)) (*File, error) {
	var fixed [len(fileMagic) + 4]byte
	if size < int64(len(fixed)) {
		return nil, fmt.Errorf("%w: %d bytes", ErrNoFile, size)
	}
	if _, err := r.ReadAt(fixed[:], 0); err != nil {
		return nil, fmt.Errorf("seal: read: %w", err)
	}
	length := int64(binary.LittleEndian.Uint32(fixed[len(fileMagic):]))
	if string(fixed[:len(fileMagic)]) != fileMagic || length > maxHeader || int64(len(fixed))+length > size {
		return nil, fmt.Errorf("%w: its header is damaged", ErrNoFile)
	}
	head := make([]byte, int64(len(fixed))+length)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("seal: read: %w", err)
	}
	f := &File{r: r, size: size, begin: int64(len(head)), headerSum: sha256.Sum256(head)}
	if err := json.Unmarshal(head[len(fixed):], &f.Header); err != nil {
		return nil, fmt.Errorf("%w: its header is damaged", ErrNoFile)
	}
	k, err := key(f.Header)
	if err != nil {
		return nil, err
	}
	f.gcm = k.aead()
	return f, f.scan()
}

// scan walks over the segments' heads. Where none is, it looks for the next mark.
func (f *File) scan() error {
	var head [headBytes]byte
	for at := f.begin; at < f.size; {
		n, err := f.r.ReadAt(head[:min(int64(headBytes), f.size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("seal: read: %w", err)
		}
		if s, ok := parseHead(head[:n], at, f.size); ok {
			f.segments = append(f.segments, s)
			at += headBytes + int64(s.sealed)
			continue
		}
		next, err := f.nextMark(at + 1)
		if err != nil {
			return err
		}
		f.skipped = append(f.skipped, gap{before: len(f.segments), at: at, to: next})
		at = next
	}
	return nil
}

func parseHead(b []byte, at, size int64) (Segment, bool) {
	if len(b) < headBytes || string(b[:4]) != segmentMark {
		return Segment{}, false
	}
	s := Segment{at: at, sealed: int(binary.LittleEndian.Uint32(b[4:])), Index: binary.LittleEndian.Uint64(b[8:]),
		epoch: binary.LittleEndian.Uint32(b[16:]), Kind: b[20]}
	s.Len = s.sealed - chainBytes - tagBytes
	if s.Len < 0 || s.sealed > MaxSegment || at+headBytes+int64(s.sealed) > size {
		return Segment{}, false
	}
	return s, true
}

// nextMark finds the next place that looks like a segment, or the end.
func (f *File) nextMark(at int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for at < f.size {
		n, err := f.r.ReadAt(buf[:min(int64(len(buf)), f.size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("seal: read: %w", err)
		}
		if i := bytes.Index(buf[:n], []byte(segmentMark)); i >= 0 {
			return at + int64(i), nil
		}
		if at+int64(n) >= f.size || n < headBytes {
			break
		}
		at += int64(n - len(segmentMark)) // a mark may lie across
	}
	return f.size, nil
}

// Segments are those that could be made out, in the order of the file.
func (f *File) Segments() []Segment { return f.segments }

func (f *File) raw(s Segment) ([]byte, error) {
	b := make([]byte, headBytes+s.sealed)
	if _, err := f.r.ReadAt(b, s.at); err != nil {
		return nil, fmt.Errorf("seal: read: %w", err)
	}
	return b, nil
}

// Open gives what segment number i holds, appended to buf; ErrDamaged where it is not what was written there.
func (f *File) Open(i int, buf []byte) ([]byte, error) {
	plain, _, _, err := f.open(f.segments[i])
	if err != nil {
		return buf, err
	}
	return append(buf, plain...), nil
}

// open gives a segment's own bytes, the chain in it, and the segment as it lies in the file.
func (f *File) open(s Segment) (plain, chain, raw []byte, err error) {
	if raw, err = f.raw(s); err != nil {
		return nil, nil, nil, err
	}
	nonce, data := nonceOf(s.epoch, s.Index), additional(&f.headerSum, raw[:headBytes])
	plain, err = f.gcm.Open(nil, nonce[:], raw[headBytes:], data[:])
	if err != nil {
		return nil, nil, raw, fmt.Errorf("%w: number %d", ErrDamaged, s.Index)
	}
	return plain[chainBytes:], plain[:chainBytes], raw, nil
}
