package transcribe

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"patchbay/media"
)

// tone fills a frame with a number that tells its position.
func tone(pos int64) *media.Frame {
	var f media.Frame
	for i := range f {
		f[i] = int16(pos%30000 + 1)
	}
	return &f
}

// Whatever is written, dropped, spooled and released: what is sent is what was written, silence elsewhere.
func TestKeptSoundIsWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		s := NewService(Config{Dir: dir, MaxKept: 60 * time.Second, MaxMemory: 3 * time.Second})
		st := s.Open(StreamConfig{ID: "i1/customer"}).(*stream)
		l := newLink(s, "")
		s.fleet.join(l)
		written := map[int64]bool{}
		pos := int64(rnd.IntN(1000))
		expect := int64(-1) // next frame that is sent
		var buf sendBuffer
		for range 1000 {
			switch rnd.IntN(12) {
			case 0:
				pos += int64(rnd.IntN(200)) // a gap
			case 1:
				s.spoolOut(st)
			case 2:
				m, _ := st.next(l, &buf)
				switch m := m.(type) {
				case *OpenMessage:
					expect = m.From
				case *SoundMessage:
					for p := expect; p < m.Pos; p++ {
						if written[p] && p >= st.kept.base {
							t.Fatalf("seed %d: frame %d was left out", seed, p)
						}
					}
					for i := range len(m.Samples) / frameSamples {
						want := int16(0)
						if p := m.Pos + int64(i); written[p] {
							want = tone(p)[0]
						}
						if got := m.Samples[i*frameSamples]; got != want {
							t.Fatalf("seed %d: frame %d sounds like %d, want %d", seed, m.Pos+int64(i), got, want)
						}
					}
					expect = m.Pos + int64(len(m.Samples)/frameSamples)
					st.heardTo(l, &HeardMessage{Stream: st.wire, Heard: expect, Consumed: max(expect-100, 0) * frameSamples})
				}
			default:
				for range rnd.IntN(20) {
					st.Write(pos, tone(pos))
					written[pos] = true
					pos++
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A worker that says anything at any time changes no invariant of a stream, and says no more than there was sound for.
func FuzzWorker(f *testing.F) {
	f.Add(encode(f, append([]Message{&HelloMessage{Version: ProtocolVersion}}, &HeardMessage{Stream: 1, Heard: 40, Consumed: 9000},
		&PartialMessage{Stream: 1, Partial: Partial{StartMS: 5, Text: "so"}}, &LineMessage{Stream: 1, Line: Line{EndMS: 300, Text: "so"}, Consumed: 1 << 50},
		&StatsMessage{}, &HeardMessage{Stream: 2, Heard: 1 << 50}, &FinishedMessage{Stream: 1}, &HeardMessage{Stream: 1})...))
	f.Add(encode(f, &OffMessage{Reason: "no"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewService(Config{})
		var ear counter
		st := s.Open(StreamConfig{ID: "i1/customer", Listener: &ear}).(*stream)
		l := newLink(s, "192.0.2.7")
		s.fleet.join(l)
		var buf sendBuffer
		for pos := range int64(60) {
			st.Write(pos, tone(pos))
		}
		for range 3 {
			st.next(l, &buf)
		}
		_ = l.read(bytes.NewReader(b)) // every end is an error; which one is the supervisor's affair
		st.mu.Lock()
		if st.consumed > st.sent*frameSamples || st.heard > st.sent || st.kept.base > st.kept.next || st.ended {
			t.Errorf("consumed %d, heard %d, sent %d, kept %d…%d, ended %v", st.consumed, st.heard, st.sent, st.kept.base, st.kept.next, st.ended)
		}
		st.mu.Unlock()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if ear.said > 64+60+1 || ear.last > 60*20+1000 {
			t.Errorf("%d lines and partials, up to %d ms", ear.said, ear.last)
		}
	})
}

// counter is a Listener that counts; it is read after its stream's end.
type counter struct {
	said int
	last int64
}

func (c *counter) Partial(p Partial)          { c.said, c.last = c.said+1, max(c.last, p.StartMS) }
func (c *counter) Translation(string, string) { c.said++ }
func (c *counter) Line(l Line)                { c.said, c.last = c.said+1, max(c.last, l.StartMS, l.EndMS) }

func TestWriteAllocatesNothing(t *testing.T) {
	s := NewService(Config{})
	st := s.Open(StreamConfig{ID: "i1/customer"}).(*stream)
	pos := int64(0)
	f := tone(1)
	tick := func() {
		for range chunkFrames {
			st.Write(pos, f)
			pos++
		}
		st.mu.Lock()
		st.sent = pos
		st.consumeTo(pos * frameSamples)
		st.mu.Unlock()
	}
	for range 10 {
		tick()
	}
	if n := testing.AllocsPerRun(100, tick); n > 0 {
		t.Errorf("%v allocations a second of sound", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWriteIgnoresWhatIsLateOrAbsurd(t *testing.T) {
	s := NewService(Config{})
	st := s.Open(StreamConfig{ID: "i1/customer"}).(*stream)
	for _, pos := range []int64{10, 11, 11, 3, -1, 1 << 62, 12} {
		st.Write(pos, tone(pos))
	}
	if st.kept.base != 10 || st.kept.next != 13 {
		t.Errorf("kept %d…%d", st.kept.base, st.kept.next)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
