package record

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"patchbay/media/record/seal"
)

// partReader reads the file that is made of sealed segments, anywhere in it. It belongs to one goroutine.
type partReader struct {
	file   *seal.File
	skip   map[byte]int // bytes ahead of what belongs to the file, by kind of segment
	parts  []part
	size   int64
	at     int64
	last   int // part in buf
	buf    []byte
	closer io.Closer
	fill   func(part) ([]byte, error) // makes what a part holds; nil: opens its segment
}

// part is a stretch of the file.
type part struct {
	at      int64
	len     int
	segment int    // of the sealed file; -1 for what stands in for a damaged one
	stands  []byte // for it
	from    int64  // position of its first frame; 0 for the head
}

func (s *partReader) add(p part) {
	p.at = s.size
	s.size += int64(p.len)
	s.parts = append(s.parts, p)
}

func (s *partReader) stand(from int64, b []byte) {
	s.add(part{len: len(b), segment: -1, stands: b, from: from})
}

// Size is the length of the file in bytes.
func (s *partReader) Size() int64 { return s.size }

// Read implements io.Reader.
func (s *partReader) Read(b []byte) (n int, err error) {
	for n < len(b) && s.at < s.size {
		i := sort.Search(len(s.parts), func(i int) bool { return s.parts[i].at+int64(s.parts[i].len) > s.at })
		if err := s.load(i); err != nil {
			return n, err
		}
		c := copy(b[n:], s.buf[s.at-s.parts[i].at:])
		n, s.at = n+c, s.at+int64(c)
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// load opens a part.
func (s *partReader) load(i int) error {
	if s.last == i {
		return nil
	}
	p := s.parts[i]
	s.last, s.buf = -1, p.stands
	switch {
	case p.segment < 0:
	case s.fill != nil:
		made, err := s.fill(p)
		if err != nil {
			return err
		}
		s.buf = made
	default:
		plain, err := s.file.Open(p.segment, nil)
		if err != nil {
			return fmt.Errorf("record: changed while it was read: %w", err)
		}
		plain = plain[min(len(plain), s.skip[s.file.Segments()[p.segment].Kind]):]
		s.buf = plain
	}
	if len(s.buf) != p.len {
		return fmt.Errorf("record: changed while it was read: %w", io.ErrUnexpectedEOF)
	}
	s.last = i
	return nil
}

// Seek implements io.Seeker.
func (s *partReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errors.New("record: seek before the beginning")
	}
	s.at = offset
	return offset, nil
}

// Close lets go of the file.
func (s *partReader) Close() error {
	if s.closer == nil {
		return nil
	}
	return s.closer.Close()
}
