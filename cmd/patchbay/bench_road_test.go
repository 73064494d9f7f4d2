//go:build bench

package main

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/rtp"
)

// road is what a network does to packets.
type road struct {
	loss   float64       // share that never arrives, two in a row on average, as on the air
	jitter time.Duration // mean of what a packet is late, exponential: they overtake each other
}

const (
	roadMost  = 150 * time.Millisecond // no packet is later
	roadEnd   = 500 * time.Millisecond // of reading after the last packet was sent: what still waits in the jitter buffer
	roadPorts = 43000                  // the first of the sessions' ports
)

// travel carries each sound of a case over its road into a Session of the product, all at once, and puts what its ReadFrame
// gave in the place of the sound. It takes as long as the longest sound.
func travel(t *testing.T, c hardCase, sounds []hardSound) {
	t.Helper()
	pool, err := rtp.NewPortPool(roadPorts, roadPorts+uint16(4*len(sounds)), 0)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	stats := make([]rtp.SessionStats, len(sounds))
	for i := range sounds {
		k := &sounds[i]
		s, err := rtp.NewSession(rtp.SessionConfig{Ports: pool, Local: netip.MustParseAddr("127.0.0.1"), Formats: []rtp.Format{rtp.Default(c.codec)}})
		if err != nil {
			t.Fatal(err)
		}
		r := newRelay(t, *c.road, s.LocalPort(), uint64(i))
		if err := s.SetRemote(rtp.Remote{RTP: r.addr(), Send: rtp.Default(c.codec)}); err != nil {
			t.Fatal(err)
		}
		sender, err := rtp.NewSender(rtp.SenderConfig{Format: rtp.Default(c.codec), Write: r.send})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			k.wide = drive(k.wide, sender, s)
			stats[i] = s.Stats()
			r.close()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var packets, lost, late uint64
	for _, st := range stats {
		packets += st.Receiver.Received
		lost += uint64(max(st.Receiver.Lost, 0))
		late += st.Receiver.Late
	}
	share := float64(lost) / float64(max(packets+lost, 1))
	t.Logf("%s: %.1f %% of %d packets lost, %.1f %% too late", c.name, 100*share, packets+lost, 100*float64(late)/float64(max(packets+lost, 1)))
	if packets == 0 || share < c.road.loss/2 || share > 2*c.road.loss {
		t.Errorf("%s: the road took %.1f %%", c.name, 100*share)
	}
}

// drive sends a sound in real time and gives what came in the meantime, tick by tick.
func drive(sound []int16, out *rtp.Sender, in media.Source) []int16 {
	var heard []int16
	next := time.Now()
	for i := 0; i < len(sound)+int(roadEnd.Seconds()*media.SampleRate); i += media.FrameSamples {
		var sent, got media.Frame
		if i < len(sound) {
			copy(sent[:], sound[i:])
			out.WriteFrame(&sent)
		}
		if !in.ReadFrame(&got) {
			got = media.Frame{}
		}
		heard = append(heard, got[:]...)
		next = next.Add(media.FrameDuration)
		time.Sleep(time.Until(next))
	}
	return heard
}

// relay is a userspace network between a sender and a session.
type relay struct {
	road road
	in   *net.UDPConn // where the sender's packets arrive, and where the session sees them come from
	to   *net.UDPAddr
	feed net.Conn
	late sync.WaitGroup // packets under way
	read chan struct{}  // closed when nothing is read any more
}

func newRelay(t *testing.T, r road, port int, seed uint64) *relay {
	t.Helper()
	in, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	feed, err := net.Dial("udp4", in.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	n := &relay{road: r, in: in, to: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, feed: feed, read: make(chan struct{})}
	go n.run(rand.New(rand.NewPCG(29, seed)))
	return n
}

func (n *relay) addr() netip.AddrPort { return n.in.LocalAddr().(*net.UDPAddr).AddrPort() }

func (n *relay) send(pkt []byte) error {
	_, err := n.feed.Write(pkt)
	return err
}

func (n *relay) run(random *rand.Rand) {
	defer close(n.read)
	buf, lost := make([]byte, 2048), false
	for {
		size, from, err := n.in.ReadFromUDP(buf)
		if err != nil {
			return
		}
		if from.Port != n.feed.LocalAddr().(*net.UDPAddr).Port {
			continue // what the session sends
		}
		// Gilbert's two states: a packet behind a lost one is lost in half of all cases.
		if lost {
			lost = random.Float64() < 0.5
		} else {
			lost = random.Float64() < 0.5*n.road.loss/(1-n.road.loss)
		}
		delay := min(time.Duration(random.ExpFloat64()*float64(n.road.jitter)), roadMost)
		if lost {
			continue
		}
		pkt := append([]byte(nil), buf[:size]...)
		n.late.Add(1)
		time.AfterFunc(delay, func() {
			defer n.late.Done()
			_, _ = n.in.WriteToUDP(pkt, n.to)
		})
	}
}

func (n *relay) close() {
	_ = n.feed.Close()
	n.late.Wait()
	_ = n.in.Close()
	<-n.read
}
