package transcribe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
)

// chunkPool lets seconds of sound circulate, so that a call's steady state allocates nothing.
type chunkPool struct {
	mu   sync.Mutex
	idle []*[chunkSamples]int16
}

// maxIdleChunks bounds what the pool holds while few calls are up: 4 MB.
const maxIdleChunks = 128

// get returns a silent second.
func (p *chunkPool) get() *[chunkSamples]int16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return new([chunkSamples]int16)
	}
	c := p.idle[n-1]
	p.idle = p.idle[:n-1]
	*c = [chunkSamples]int16{}
	return c
}

func (p *chunkPool) put(c *[chunkSamples]int16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) < maxIdleChunks {
		p.idle = append(p.idle, c)
	}
}

// spool is a file of seconds of 16-bit PCM, each in a slot. It is unlinked as soon as it is open: what callers said does
// not outlive this process. Its lock guards the slots and is never held over a read or write of the file, because
// Stream.Write frees slots.
type spool struct {
	file *os.File

	mu    sync.Mutex
	idle  []int64
	slots int64
}

const chunkBytes = 2 * chunkSamples

func newSpool(dir string) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("transcribe: keep audio: %w", err)
	}
	f, err := os.CreateTemp(dir, "kept-*.pcm")
	if err != nil {
		return nil, fmt.Errorf("transcribe: keep audio: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("transcribe: keep audio: %w", err), f.Close())
	}
	return &spool{file: f}, nil
}

// put writes a second and returns its slot.
func (s *spool) put(c *[chunkSamples]int16) (slot int64, err error) {
	var b [chunkBytes]byte
	for i, v := range c {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(v))
	}
	slot = s.take()
	if _, err := s.file.WriteAt(b[:], slot*chunkBytes); err != nil {
		s.free(slot)
		return 0, fmt.Errorf("transcribe: keep audio: %w", err)
	}
	return slot, nil
}

// get reads the second in a slot. The caller must see to it that the slot still holds what it wants when get returns.
func (s *spool) get(slot int64, c *[chunkSamples]int16) error {
	var b [chunkBytes]byte
	if _, err := s.file.ReadAt(b[:], slot*chunkBytes); err != nil {
		return fmt.Errorf("transcribe: read kept audio: %w", err)
	}
	for i := range c {
		c[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return nil
}

func (s *spool) take() (slot int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		slot, s.idle = s.idle[n-1], s.idle[:n-1]
		return slot
	}
	s.slots++
	return s.slots - 1
}

func (s *spool) free(slot int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, slot)
}

// close ends the file; a put or get under way fails.
func (s *spool) close() error { return s.file.Close() }
