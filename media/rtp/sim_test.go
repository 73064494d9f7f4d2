package rtp

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

// call simulates one direction of a call in virtual time: a sender with a clock of its own, a network, a Receiver and
// the tick that reads it.
type call struct {
	format  Format
	options codec.Options                                 // the encoder's
	source  func(f *media.Frame, i int)                   // what is said in packet i
	network func(i int) (delay time.Duration, copies int) // what becomes of packet i; 0 copies is lost
	begin   func(s *Sender)                               // sets its counters before the first packet; nil leaves them
	stamped bool                                          // code only packet 0 and give the others its sound: fast
	skew    float64                                       // the sender's clock runs faster by this share
	phase   time.Duration                                 // of the tick against the sending
	rewrite func(i int, pkt []byte) []byte                // changes packet i, nil drops it
	heard   func(tick int, f *media.Frame, ok bool)       // nil collects in pcm
	between func(tick int, r *Receiver)                   // runs before each tick
	config  ReceiverConfig
}

type arrival struct {
	at  time.Time
	i   int
	pkt []byte
}

// run plays n packets and returns the receiver and, unless heard is set, all that was heard.
func (c call) run(t testing.TB, n int) (*Receiver, []int16) {
	t.Helper()
	start := time.Unix(1_700_000_000, 0)
	now := start
	if c.format == (Format{}) {
		c.format = Default(codec.PCMA)
	}
	if c.network == nil {
		c.network = func(int) (time.Duration, int) { return 30 * time.Millisecond, 1 }
	}
	if c.source == nil {
		s := tone{hz: 437, amplitude: 8000}
		c.source = func(f *media.Frame, _ int) { s.next(f) }
	}
	cfg := c.config
	if cfg.Formats == nil {
		cfg.Formats = []Format{c.format}
	}
	cfg.Now = func() time.Time { return now }
	r, err := NewReceiver(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	snd, err := NewSender(SenderConfig{Format: c.format, Options: c.options, Write: func(p []byte) error { out = p; return nil }, Now: cfg.Now})
	if err != nil {
		t.Fatal(err)
	}
	if c.begin != nil {
		c.begin(snd)
	}
	var pcm []int16
	var queue []arrival // in flight, by time
	var f media.Frame
	period := time.Duration(float64(media.FrameDuration) / (1 + c.skew))
	for i, tick := 0, 0; i < n || len(queue) > 0; tick++ {
		tickAt := start.Add(c.phase + time.Duration(tick)*media.FrameDuration)
		for ; i < n && !start.Add(time.Duration(i)*period).After(tickAt); i++ {
			if !c.stamped || i == 0 {
				c.source(&f, i)
				snd.WriteFrame(&f)
			}
			pkt := append([]byte(nil), out...)
			if c.stamped {
				binary.BigEndian.PutUint16(pkt[2:], uint16(i))
				binary.BigEndian.PutUint32(pkt[4:], uint32(i)*160)
			}
			if c.rewrite != nil {
				if pkt = c.rewrite(i, pkt); pkt == nil {
					continue
				}
			}
			delay, copies := c.network(i)
			for k := range copies {
				queue = append(queue, arrival{start.Add(time.Duration(i)*period + delay + time.Duration(k)*time.Millisecond), i, pkt})
			}
			slices.SortStableFunc(queue, func(a, b arrival) int { return a.at.Compare(b.at) })
		}
		for len(queue) > 0 && !queue[0].at.After(tickAt) {
			_ = r.Push(queue[0].pkt, queue[0].at)
			queue = queue[1:]
		}
		now = tickAt
		if c.between != nil {
			c.between(tick, r)
		}
		f = media.Frame{}
		ok := r.ReadFrame(&f)
		if c.heard != nil {
			c.heard(tick, &f, ok)
		} else {
			pcm = append(pcm, f[:]...)
		}
	}
	return r, pcm
}

func constant(d time.Duration) func(int) (time.Duration, int) {
	return func(int) (time.Duration, int) { return d, 1 }
}

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestCleanNetworkIsHeardWholeAndSoon(t *testing.T) {
	for _, c := range []codec.Codec{codec.PCMU, codec.PCMA, codec.G722, codec.Opus} {
		for _, phase := range []time.Duration{0, 3, 9, 15, 19} {
			r, pcm := call{format: Default(c), network: constant(30 * time.Millisecond), phase: phase * time.Millisecond}.run(t, 500)
			s := r.Stats()
			if s.Delay > 36*time.Millisecond || s.Concealed > 400 || s.Late > 0 || s.Lost != 0 || s.Received != 500 {
				t.Errorf("%s, phase %d ms: %+v", c, phase, s)
			}
			if p := purity(pcm[16000:144000], 437); c != codec.Opus && p < 0.98 {
				t.Errorf("%s, phase %d ms: only %.4f of the sound is the tone", c, phase, p)
			}
		}
	}
}

// TestDelayEndToEnd marks an instant in the sound and measures when it is heard after its packet arrived.
func TestDelayEndToEnd(t *testing.T) {
	worst := time.Duration(0)
	rng := seeded()
	for trial := range 40 {
		const clickAt = 700
		source := func(f *media.Frame, i int) {
			*f = media.Frame{}
			if i == clickAt {
				for k := range 16 {
					f[k] = 16000
				}
			}
		}
		phase := time.Duration(rng.IntN(20000)) * time.Microsecond
		jitter := func(int) (time.Duration, int) { return time.Duration(20000+rng.IntN(2000)) * time.Microsecond, 1 }
		_, pcm := call{source: source, network: jitter, phase: phase}.run(t, 750)
		loudest := 0
		for i, s := range pcm {
			if s > pcm[loudest] {
				loudest = i
			}
		}
		sent := clickAt * media.FrameDuration
		heard := phase + time.Duration(loudest)*time.Second/media.SampleRate
		added := heard - sent - 20*time.Millisecond // the network's
		if pcm[loudest] < 5000 {
			t.Fatalf("trial %d: the click was not heard", trial)
		}
		worst = max(worst, added)
	}
	t.Logf("at most %v from arrival to the tick", worst)
	if worst > 45*time.Millisecond {
		t.Errorf("up to %v are added", worst)
	}
}

func TestLossIsConcealed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lost  func(i int) bool
		least float64
	}{
		{"one in 50", func(i int) bool { return i%50 == 7 }, 0.995},
		{"one in 20", func(i int) bool { return i%20 == 7 }, 0.99},
		{"two in 40", func(i int) bool { return i%40 < 2 }, 0.98},
	} {
		for _, c := range []codec.Codec{codec.PCMA, codec.G722} {
			lost := 0
			r, pcm := call{format: Default(c), network: func(i int) (time.Duration, int) {
				if i > 0 && i < 999 && tt.lost(i) {
					lost++
					return 0, 0
				}
				return 30 * time.Millisecond, 1
			}}.run(t, 1000)
			s := r.Stats()
			if s.Lost != int64(lost) || s.Resyncs != 1 || s.Delay > 60*time.Millisecond {
				t.Errorf("%s, %s: %+v, want %d lost", tt.name, c, s, lost)
			}
			if made, want := int(s.Concealed), lost*media.FrameSamples; made < want || made > want+6*media.FrameSamples {
				t.Errorf("%s, %s: %d samples concealed for %d lost", tt.name, c, made, want)
			}
			// Over windows short enough that a shift of phase by the playout does not matter.
			least := 1.0
			sum := 0.0
			for i := 16000; i < 300000; i += 3200 {
				p := purity(pcm[i:i+3200], 437)
				least, sum = min(least, p), sum+p
			}
			mean := sum / float64((300000-16000)/3200+1)
			t.Logf("%s, %s: tone has %.4f of the sound on average, %.4f at least", tt.name, c, mean, least)
			if mean < tt.least {
				t.Errorf("%s, %s: tone has %.3f of the sound on average, %.3f at least", tt.name, c, mean, least)
			}
		}
	}
}

func TestReorderingAndDuplicatesAreNotHeard(t *testing.T) {
	r, pcm := call{network: func(i int) (time.Duration, int) {
		switch {
		case i%10 == 3: // overtaken by the next
			return 51 * time.Millisecond, 1
		case i%7 == 0:
			return 30 * time.Millisecond, 3
		}
		return 30 * time.Millisecond, 1
	}}.run(t, 2000)
	s := r.Stats()
	if s.Duplicated == 0 || s.Late > 3 || s.Resyncs != 1 || s.Concealed > 3*media.FrameSamples {
		t.Errorf("%+v", s)
	}
	if p := purity(pcm[32000:600000], 437); p < 0.98 {
		t.Errorf("only %.4f of the sound is the tone", p)
	}
}

func TestJitterGrowsTheDelayAndQuietShrinksIt(t *testing.T) {
	rng := seeded()
	var during, after time.Duration
	var lateDuring, concealed uint64
	r, _ := call{network: func(i int) (time.Duration, int) {
		if i >= 500 && i < 3000 {
			return time.Duration(30+rng.IntN(80)) * time.Millisecond, 1
		}
		return 30 * time.Millisecond, 1
	}, between: func(tick int, r *Receiver) {
		s := r.Stats()
		switch tick {
		case 1000:
			concealed = s.Concealed
		case 2999:
			during, lateDuring, concealed = s.Delay, s.Late, s.Concealed-concealed
		case 4999:
			after = s.Delay
		}
	}, heard: func(int, *media.Frame, bool) {}}.run(t, 5000)
	if during < 40*time.Millisecond || during > 150*time.Millisecond {
		t.Errorf("delay of %v under 80 ms of jitter", during)
	}
	if concealed > 4*media.FrameSamples {
		t.Errorf("once settled, %d samples were still concealed and %d packets late", concealed, lateDuring)
	}
	if after > 40*time.Millisecond {
		t.Errorf("40 s after the jitter the delay is still %v", after)
	}
	if s := r.Stats(); s.Jitter > 5*time.Millisecond {
		t.Errorf("jitter of %v on a quiet network", s.Jitter)
	}
}

func TestDelayIsBounded(t *testing.T) {
	rng := seeded()
	worst := time.Duration(0)
	call{network: func(i int) (time.Duration, int) {
		if i%200 == 100 {
			return time.Duration(rng.IntN(900)) * time.Millisecond, 1 // and holds up nobody else
		}
		if i%500 > 480 { // a stall: twenty packets come at once
			return time.Duration(500-i%500)*media.FrameDuration + 30*time.Millisecond, 1
		}
		return time.Duration(30+rng.IntN(30)) * time.Millisecond, 1
	}, between: func(_ int, r *Receiver) {
		worst = max(worst, r.Stats().Delay)
	}, heard: func(int, *media.Frame, bool) {}}.run(t, 10000)
	if worst > defaultMax+media.FrameDuration {
		t.Errorf("delay of %v", worst)
	}
}

// TestDriftNeverCreeps runs six minutes with clocks that differ by 2000 parts per million either way: as many Frames, 36,
// as clocks with the usual 200 come apart in an hour.
func TestDriftNeverCreeps(t *testing.T) {
	const packets = 18_000
	for _, ppm := range []float64{2000, -2000} {
		rng := seeded()
		worst := time.Duration(0)
		r, _ := call{skew: ppm / 1e6, stamped: true, network: func(int) (time.Duration, int) {
			return time.Duration(30000+rng.IntN(3000)) * time.Microsecond, 1
		}, between: func(tick int, r *Receiver) {
			if tick > 1000 && tick%10 == 0 {
				worst = max(worst, r.Stats().Delay)
			}
		}, heard: func(int, *media.Frame, bool) {}}.run(t, packets)
		s := r.Stats()
		t.Logf("%+.0f ppm: delay %v at most, %d samples concealed, %d late", ppm, worst, s.Concealed, s.Late)
		if worst > 60*time.Millisecond || s.Concealed > 20*media.FrameSamples || s.Late > 5 || s.Dropped > 0 || s.Overflowed > 0 {
			t.Errorf("%+.0f ppm: worst delay %v, %+v", ppm, worst, s)
		}
	}
}

func TestJumpsResync(t *testing.T) {
	for name, rewrite := range map[string]func(i int, pkt []byte) []byte{
		"timestamp forward": func(i int, p []byte) []byte {
			if i >= 500 {
				binary.BigEndian.PutUint32(p[4:], binary.BigEndian.Uint32(p[4:])+1_000_000)
			}
			return p
		},
		"timestamp backward": func(i int, p []byte) []byte {
			if i >= 500 {
				binary.BigEndian.PutUint32(p[4:], binary.BigEndian.Uint32(p[4:])-1_000_000)
			}
			return p
		},
		"sequence": func(i int, p []byte) []byte {
			if i >= 500 {
				binary.BigEndian.PutUint16(p[2:], binary.BigEndian.Uint16(p[2:])+20_000)
			}
			return p
		},
		"ssrc": func(i int, p []byte) []byte {
			if i >= 500 {
				p[8] ^= 0xff
				binary.BigEndian.PutUint16(p[2:], binary.BigEndian.Uint16(p[2:])+777)
				binary.BigEndian.PutUint32(p[4:], binary.BigEndian.Uint32(p[4:])+999)
			}
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, pcm := call{rewrite: rewrite}.run(t, 1000)
			if s := r.Stats(); s.Resyncs != 2 || s.Delay > 60*time.Millisecond {
				t.Errorf("%+v", s)
			}
			// Everything is heard again 200 ms after the jump.
			for i := 510 * media.FrameSamples; i < 990*media.FrameSamples; i += 4800 {
				if p := purity(pcm[i:i+4800], 437); p < 0.9 {
					t.Fatalf("at %d ms only %.2f of the sound is the tone", i/16, p)
				}
			}
		})
	}
}
