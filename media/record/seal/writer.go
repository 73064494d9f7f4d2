package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// The file, all numbers little-endian:
//
//	magic    8 bytes
//	length   uint32: bytes of the header
//	header   JSON (Header)
//	segments, each:
//	    mark     4 bytes, by which a reader finds the next one behind damage
//	    length   uint32: bytes of what is sealed, tag included
//	    index    uint64: 0, 1, 2 …
//	    epoch    uint32: 0, or drawn by lot when the file was opened again after a crash
//	    kind     one byte: the owner's; 0 is the end
//	    zero     one byte
//	    sealed   AES-256-GCM of 32 bytes (the chain: SHA-256 of header and all segments before) and the owner's bytes;
//	             nonce: epoch, index; additional data: SHA-256 of the header, and the 22 bytes before
const (
	fileMagic   = "PBREC\x01\r\n"
	segmentMark = "\xf5SEG"
	headBytes   = 22
	chainBytes  = sha256.Size
	tagBytes    = 16

	maxHeader = 4 << 10
	// MaxSegment bounds what a segment holds, in bytes: what a damaged length can make a reader take.
	MaxSegment = 1 << 20
)

// KindEnd ends a file: what has it is whole, what comes behind it is forged.
const KindEnd = 0

// Header says what a file is. It is not secret; every segment authenticates it.
type Header struct {
	Recording string    `json:"recording"` // id
	Key       string    `json:"key"`       // id
	Started   time.Time `json:"started"`
}

// Sink is what a Writer writes into; *os.File is one.
type Sink interface {
	io.Writer
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Writer appends segments to a file. What it has written when Append returns outlives kill -9 of the process.
type Writer struct {
	file   Sink
	gcm    cipher.AEAD
	header [sha256.Size]byte
	chain  [chainBytes]byte
	index  uint64
	epoch  uint32
	size   int64 // bytes of whole segments, and of what is before them
	torn   bool  // what a failed write left could not be taken back
	buf    []byte
	plain  []byte
}

// Create begins a file; open gives what to write into, nil for a file of path that only we may read.
func Create(path string, h Header, key Key, open func(path string) (Sink, error)) (*Writer, error) {
	if open == nil {
		open = createFile
	}
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	h.Key = key.ID
	head, sum, err := encodeHeader(h)
	if err == nil {
		_, err = f.Write(head)
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %w", errors.Join(err, f.Close(), os.Remove(path)))
	}
	return &Writer{file: f, gcm: key.aead(), header: sum, chain: sum, size: int64(len(head))}, nil
}

func createFile(path string) (Sink, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
}

func encodeHeader(h Header) (head []byte, sum [sha256.Size]byte, err error) {
	body, err := json.Marshal(h)
	if err != nil {
		return nil, sum, err
	}
	head = append(head, fileMagic...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(body)))
	head = append(head, body...)
	return head, sha256.Sum256(head), nil
}

// Append seals one segment and writes it by one write(2). One that was written in part, as on a full disk, is taken back:
// the same segment may be tried again.
func (w *Writer) Append(kind byte, plain []byte) error {
	if len(plain) > MaxSegment-chainBytes-tagBytes {
		return fmt.Errorf("seal: a segment of %d bytes is too long", len(plain))
	}
	if w.torn {
		if err := w.file.Truncate(w.size); err != nil {
			return fmt.Errorf("seal: %w", err)
		}
		w.torn = false
	}
	w.plain = append(append(w.plain[:0], w.chain[:]...), plain...)
	b := append(w.buf[:0], segmentMark...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(w.plain)+tagBytes))
	b = binary.LittleEndian.AppendUint64(b, w.index)
	b = binary.LittleEndian.AppendUint32(b, w.epoch)
	b = append(b, kind, 0)
	nonce, data := nonceOf(w.epoch, w.index), additional(&w.header, b)
	b = w.gcm.Seal(b, nonce[:], w.plain, data[:])
	w.buf = b
	n, err := w.file.Write(b)
	if err != nil {
		if n > 0 {
			w.torn = w.file.Truncate(w.size) != nil
		}
		return fmt.Errorf("seal: %w", err)
	}
	w.chain = chainOn(w.chain, b)
	w.index++
	w.size += int64(len(b))
	return nil
}

// chainOn is the chain behind a segment.
func chainOn(before [chainBytes]byte, segment []byte) (after [chainBytes]byte) {
	h := sha256.New()
	h.Write(before[:])
	h.Write(segment)
	h.Sum(after[:0])
	return after
}

func nonceOf(epoch uint32, index uint64) (n [12]byte) {
	binary.LittleEndian.PutUint32(n[:], epoch)
	binary.LittleEndian.PutUint64(n[4:], index)
	return n
}

func additional(header *[sha256.Size]byte, head []byte) (data [sha256.Size + headBytes]byte) {
	copy(data[:], header[:])
	copy(data[sha256.Size:], head)
	return data
}

// Chain is SHA-256 over everything that was written: kept elsewhere, it tells an old copy of a file from the file.
func (w *Writer) Chain() [chainBytes]byte { return w.chain }

// Size is the file's length in bytes.
func (w *Writer) Size() int64 { return w.size }

// Sync brings the file to the disk itself.
func (w *Writer) Sync() error {
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

// Close closes the file as it is.
func (w *Writer) Close() error {
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

// Resume opens a file to write on, as a crash left it: what is torn or damaged at its end is cut off. It gives what was
// read too.
func Resume(path string, key func(Header) (Key, error)) (*Writer, *File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	w, read, err := resume(f, key)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return w, read, nil
}

func resume(f *os.File, key func(Header) (Key, error)) (*Writer, *File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	read, err := Read(f, info.Size(), key)
	if err != nil {
		return nil, nil, err
	}
	whole := len(read.segments)
	for whole > 0 {
		if _, err := read.Open(whole-1, nil); err == nil {
			break
		}
		whole--
	}
	read.segments = read.segments[:whole]
	w := &Writer{file: f, gcm: read.gcm, header: read.headerSum, chain: read.headerSum, size: read.begin}
	for _, s := range read.segments {
		b, err := read.raw(s)
		if err != nil {
			return nil, nil, err
		}
		w.chain = chainOn(w.chain, b)
		w.index, w.size = s.Index+1, s.at+int64(len(b))
	}
	// What was cut off, now or in an earlier crash, had nonces too, which nobody can list.
	var lot [4]byte
	_, _ = rand.Read(lot[:]) // never fails
	w.epoch = binary.LittleEndian.Uint32(lot[:]) | 1
	read.size = w.size
	if err := f.Truncate(w.size); err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	if _, err := f.Seek(w.size, io.SeekStart); err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	return w, read, nil
}
