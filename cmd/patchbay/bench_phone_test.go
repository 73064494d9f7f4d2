//go:build bench

package main

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pion/rtp"

	"patchbay/media"
	"patchbay/media/wav"
)

// What a telephone of the bench sends in each packet: 20 ms of G.711.
const (
	phoneRate     = 8000
	packetSamples = phoneRate / 50
)

// pcm is what one packet holds.
type pcm [packetSamples]int16

// talker sends one packet every 20 ms and keeps when each of them left. It has no buffer: a delay that is measured from
// there is not its own.
type talker struct {
	cancel context.CancelFunc
	done   chan struct{}
	mu     sync.Mutex
	left   []time.Time // of each packet
}

// talk sends what say gives for each packet until it is stopped.
func talk(say func(n int) pcm, send func(*rtp.Packet) error) *talker {
	ctx, cancel := context.WithCancel(context.Background())
	tk := &talker{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(tk.done)
		begin := time.Now()
		p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SSRC: uuid.New().ID()}, Payload: make([]byte, packetSamples)}
		for n := 0; ctx.Err() == nil; n++ {
			time.Sleep(time.Until(begin.Add(time.Duration(n) * media.FrameDuration)))
			for i, s := range say(n) {
				p.Payload[i] = muLaw(s)
			}
			at := time.Now()
			if send(p) != nil {
				return // the far end is gone
			}
			tk.mu.Lock()
			tk.left = append(tk.left, at)
			tk.mu.Unlock()
			p.Marker = false
			p.SequenceNumber++
			p.Timestamp += packetSamples
		}
	}()
	return tk
}

func (tk *talker) stop() {
	tk.cancel()
	<-tk.done
}

// when gives the moments at which packets left.
func (tk *talker) when() []time.Time {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	return append([]time.Time{}, tk.left...)
}

// late is how late packets left in a window of time, against the first one and a packet every 20 ms: what the bench itself
// adds to the jitter that the server must even out.
func (tk *talker) late(from, to time.Time) (all []time.Duration) {
	left := tk.when()
	for n, at := range left {
		if at.After(from) && at.Before(to) {
			all = append(all, max(at.Sub(left[0].Add(time.Duration(n)*media.FrameDuration)), 0))
		}
	}
	return all
}

// clipTalk speaks a recording (8 kHz) once, or again and again.
func clipTalk(samples []int16, loop bool) func(n int) pcm {
	return func(n int) (p pcm) {
		at := n * packetSamples
		if loop {
			at %= max(len(samples)-packetSamples, 1)
		}
		if at < len(samples) {
			copy(p[:], samples[at:])
		}
		return p
	}
}

func silent(int) pcm { return pcm{} }

// telephone brings speech at the server's rate to a telephone's.
func telephone(samples []int16) []int16 { return wav.Resample(samples, media.SampleRate, phoneRate) }

// bareCall is a call by sockets alone: the times at which packets leave and arrive are the sockets' own, with no jitter
// buffer of ours between.
type bareCall struct {
	t        testing.TB
	sip, rtp *net.UDPConn
	headers  string // From, To and Call-ID within the dialog
	target   string
	via      string
	invited  time.Time // when the INVITE left
	answered time.Time // when the 200 OK came
	talker   *talker
	byed     chan struct{} // the answer to our BYE came, or the far end's BYE
	once     sync.Once
	wg       sync.WaitGroup
}

// dialBare calls the demo centre from a number; hear gets each packet as it arrives, from one goroutine.
func dialBare(t testing.TB, c *centreUnderTest, from string, say func(n int) pcm, hear func(at time.Time, sound pcm)) *bareCall {
	t.Helper()
	server, err := net.ResolveUDPAddr("udp", c.sip)
	if err != nil {
		t.Fatal(err)
	}
	b := &bareCall{t: t, byed: make(chan struct{})}
	if b.sip, err = net.DialUDP("udp", nil, server); err != nil {
		t.Fatal(err)
	}
	if b.rtp, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.hangUp)
	local, id := b.sip.LocalAddr().String(), uuid.NewString()
	port := b.rtp.LocalAddr().(*net.UDPAddr).Port
	b.via = local
	b.target = "sip:" + demoNumber + "@" + c.sip
	caller := fmt.Sprintf("From: <sip:%s@127.0.0.1>;tag=%s\r\nCall-ID: %s\r\n", from, id[:8], id)
	body := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n", port)
	answers := make(chan string, 8)
	b.wg.Go(func() { b.readSIP(answers) })

	b.headers = caller + "To: <" + b.target + ">\r\n"
	b.invited = time.Now()
	b.request("INVITE", 1, fmt.Sprintf("Contact: <sip:%s@%s>\r\nContent-Type: application/sdp\r\n", from, local), body)
	limit := time.After(10 * time.Second)
	for b.answered.IsZero() {
		select {
		case msg := <-answers:
			if !strings.HasPrefix(msg, "SIP/2.0 200") {
				t.Fatalf("the server answers the INVITE with %q", firstLine(msg))
			}
			b.answered = time.Now()
			b.headers = caller + "To: " + header(msg, "To") + "\r\n"
			b.target = strings.Trim(header(msg, "Contact"), "<> ")
			b.request("ACK", 1, "", "")
			m := regexp.MustCompile(`m=audio (\d+) `).FindStringSubmatch(msg)
			if m == nil {
				t.Fatalf("the server's answer has no audio: %s", msg)
			}
			far, err := net.ResolveUDPAddr("udp", "127.0.0.1:"+m[1])
			if err != nil {
				t.Fatal(err)
			}
			b.wg.Go(func() { readSound(b.rtp.Read, hear) })
			b.talker = talk(say, func(p *rtp.Packet) error {
				raw, err := p.Marshal()
				if err != nil {
					return err
				}
				_, err = b.rtp.WriteToUDP(raw, far)
				return err
			})
		case <-limit:
			t.Fatal("the server does not answer the INVITE within 10 s")
		}
	}
	return b
}

func (b *bareCall) request(method string, seq int, more, body string) {
	msg := fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n%sCSeq: %d %s\r\n%sContent-Length: %d\r\n\r\n%s",
		method, b.target, b.via, uuid.NewString()[:8], b.headers, seq, method, more, len(body), body)
	if _, err := b.sip.Write([]byte(msg)); err != nil {
		b.t.Errorf("%s: %v", method, err)
	}
}

// readSIP passes final answers to the INVITE on, notes the end, and agrees to whatever the server asks.
func (b *bareCall) readSIP(answers chan<- string) {
	buf := make([]byte, 8192)
	for {
		n, err := b.sip.Read(buf)
		if err != nil {
			return // the socket was closed
		}
		msg := string(buf[:n])
		cseq := header(msg, "CSeq")
		switch {
		case strings.HasPrefix(msg, "SIP/2.0 1"):
		case strings.HasPrefix(msg, "SIP/2.0") && strings.HasSuffix(cseq, "INVITE"):
			answers <- msg
		case strings.HasPrefix(msg, "SIP/2.0"):
			b.ended()
		default:
			reply := "SIP/2.0 200 OK\r\n"
			for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
				reply += name + ": " + header(msg, name) + "\r\n"
			}
			_, _ = b.sip.Write([]byte(reply + "Content-Length: 0\r\n\r\n"))
			if strings.HasPrefix(msg, "BYE") {
				b.ended()
			}
		}
	}
}

func (b *bareCall) ended() { b.once.Do(func() { close(b.byed) }) }

// hangUp says BYE and waits for the answer; it may be called again.
func (b *bareCall) hangUp() {
	if b.talker != nil {
		b.talker.stop()
	}
	select {
	case <-b.byed:
	default:
		if !b.answered.IsZero() {
			b.request("BYE", 2, "", "")
			select {
			case <-b.byed:
			case <-time.After(5 * time.Second):
				b.t.Error("the server does not answer the BYE")
			}
		}
	}
	b.sip.Close()
	b.rtp.Close()
	b.wg.Wait()
}

func firstLine(msg string) string { line, _, _ := strings.Cut(msg, "\r\n"); return line }

// header gives a header's value; the server writes names out in full.
func header(msg, name string) string {
	for line := range strings.SplitSeq(msg, "\r\n") {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(k, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// readSound gives what arrives by RTP to hear, as it arrives, until the socket ends.
func readSound(read func([]byte) (int, error), hear func(time.Time, pcm)) {
	buf := make([]byte, 1500)
	var p rtp.Packet
	for {
		n, err := read(buf)
		if err != nil {
			return
		}
		at := time.Now()
		if hear == nil || p.Unmarshal(buf[:n]) != nil || p.PayloadType != 0 || len(p.Payload) != packetSamples {
			continue
		}
		var sound pcm
		for i, u := range p.Payload {
			sound[i] = fromMuLaw(u)
		}
		hear(at, sound)
	}
}

// muLaw and fromMuLaw are G.711's µ-law (ITU-T G.711, table 2a) without the resampling of media/codec, which would hide
// where in a packet a sound begins.
func muLaw(s int16) byte {
	const bias, clip = 0x84, 32635
	v, sign := int(s), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, clip) + bias
	exp := byte(7)
	for mask := 0x4000; v&mask == 0 && exp > 0; mask >>= 1 {
		exp--
	}
	return ^(sign | exp<<4 | byte(v>>(exp+3))&0x0f)
}

func fromMuLaw(u byte) int16 {
	u = ^u
	v := (int(u&0x0f)<<3+0x84)<<(u>>4&7) - 0x84
	if u&0x80 != 0 {
		v = -v
	}
	return int16(v)
}
