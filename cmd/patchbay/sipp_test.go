package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
)

// sippCall is a call of sipp's, a telephone that shares no code with us, over A-law.
type sippCall struct {
	from   string
	speaks []int16       // 16 kHz
	again  bool          // it begins anew at its end
	talk   time.Duration // until it hangs up; 0: until it is told to, by tappedLine.hangUp
	via    string        // where it sends its SIP, if not to the server
	muLaw  bool          // instead of A-law
}

// startSipp places the call.
func startSipp(t testing.TB, c *centreUnderTest, call sippCall) *program {
	t.Helper()
	law, format, name := "al", "8", "PCMA"
	if call.muLaw {
		law, format, name = "ul", "0", "PCMU"
	}
	raw := filepath.Join(t.TempDir(), "speech."+law)
	sox := exec.Command("sox", writeSound(t, call.speaks, 8000, 0), "-t", law, "-r", "8000", "-c", "1", raw)
	if msg, err := sox.CombinedOutput(); err != nil {
		t.Fatalf("sox: %v: %s", err, msg)
	}
	scenario, err := os.ReadFile("testdata/sipp/call.xml")
	if err != nil {
		t.Fatal(err)
	}
	times, until := "1", "<pause/>"
	if call.again {
		times = "-1"
	}
	if call.talk == 0 {
		until = `<recv request="INFO"/>`
	}
	// sipp puts no -key into the name of a file that it streams.
	scenario = []byte(strings.NewReplacer("[speech],1,8", raw+","+times+","+format, "RTP/AVP 8", "RTP/AVP "+format, "rtpmap:8 PCMA", "rtpmap:"+format+" "+name, "<pause/>", until).Replace(string(scenario)))
	script := filepath.Join(t.TempDir(), "call.xml")
	if err := os.WriteFile(script, scenario, 0o600); err != nil {
		t.Fatal(err)
	}
	to := c.sip
	if call.via != "" {
		to = call.via
	}
	return start(t, "sipp", exec.Command("sipp", "-sf", script, "-s", demoNumber, to,
		"-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", strconv.Itoa(freePort(t)), "-mp", strconv.Itoa(30000+200*int(rtpBlocks.Add(1))), "-m", "1",
		"-key", "caller", call.from, "-d", strconv.Itoa(int(call.talk.Milliseconds())),
		"-nostdin", "-trace_err", "-error_file", filepath.Join(t.TempDir(), "errors.log"), "-timeout", "180s"))
}

// tappedLine is the wire between sipp and the server, with an ear on it: sipp plays sound, but keeps none of what it hears. Both
// sides' SDP is changed to lead the sound through the tap; nothing else is.
type tappedLine struct {
	t             testing.TB
	server        netip.AddrPort // SIP
	sip           [2]*net.UDPConn
	rtp           [2]*net.UDPConn // towards the telephone, towards the server
	running       sync.WaitGroup
	mu            sync.Mutex
	phone         netip.AddrPort    // SIP
	media         [2]netip.AddrPort // where the sound of each is wanted
	callID, to    string
	answered      time.Time
	ssrc, firstTS uint32
	decoder       codec.Decoder
	sound         []int16 // 16 kHz: what the telephone heard
	came          []came
}

// came is when the sound up to a sample was there. A machine that is too busy for a tick gives the telephone fewer samples than
// time went by; the recording misses the same ones.
type came struct {
	at  time.Time
	end int
}

const towardsPhone, towardsServer = 0, 1

func startTappedLine(t testing.TB, c *centreUnderTest) *tappedLine {
	t.Helper()
	server, err := netip.ParseAddrPort(c.sip)
	if err != nil {
		t.Fatal(err)
	}
	w := &tappedLine{t: t, server: server}
	if w.decoder, err = codec.PCMA.NewDecoder(); err != nil {
		t.Fatal(err)
	}
	for _, pair := range []*[2]*net.UDPConn{&w.sip, &w.rtp} {
		for i := range pair {
			conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			pair[i] = conn
		}
	}
	t.Cleanup(func() {
		for _, conn := range append(w.sip[:], w.rtp[:]...) {
			conn.Close()
		}
		w.running.Wait()
	})
	w.pump(w.sip[towardsPhone], w.fromPhone)
	w.pump(w.sip[towardsServer], w.fromServer)
	w.pump(w.rtp[towardsPhone], func(p []byte, _ netip.AddrPort) { w.pass(p, towardsServer) })
	w.pump(w.rtp[towardsServer], func(p []byte, _ netip.AddrPort) { w.hear(p, time.Now()); w.pass(p, towardsPhone) })
	return w
}

func (w *tappedLine) pump(conn *net.UDPConn, f func(p []byte, from netip.AddrPort)) {
	w.running.Go(func() {
		buf := make([]byte, 8192)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			f(buf[:n], from)
		}
	})
}

func (w *tappedLine) addr() string { return w.sip[towardsPhone].LocalAddr().String() }

var (
	audioLine    = regexp.MustCompile(`(?m)^m=audio (\d+)`)
	callIDHeader = regexp.MustCompile(`(?m)^Call-ID: *(\S+)`)
	toHeader     = regexp.MustCompile(`(?m)^To: *(.+?)\r?$`)
)

func (w *tappedLine) fromPhone(p []byte, from netip.AddrPort) {
	w.mu.Lock()
	w.phone = from
	if m := callIDHeader.FindSubmatch(p); m != nil {
		w.callID = string(m[1])
	}
	p = w.through(p, towardsPhone)
	w.mu.Unlock()
	_, _ = w.sip[towardsServer].WriteToUDPAddrPort(p, w.server)
}

func (w *tappedLine) fromServer(p []byte, _ netip.AddrPort) {
	w.mu.Lock()
	if bytes.HasPrefix(p, []byte("SIP/2.0 200")) && bytes.Contains(p, []byte("m=audio")) && w.answered.IsZero() {
		w.answered = time.Now()
		w.to = string(toHeader.FindSubmatch(p)[1])
	}
	p = w.through(p, towardsServer)
	to := w.phone
	w.mu.Unlock()
	_, _ = w.sip[towardsPhone].WriteToUDPAddrPort(p, to)
}

// through leads one side's sound through the tap: the other side is told our port, of as many digits.
func (w *tappedLine) through(p []byte, side int) []byte {
	m := audioLine.FindSubmatchIndex(p)
	if m == nil {
		return p
	}
	port, err := strconv.ParseUint(string(p[m[2]:m[3]]), 10, 16)
	if err != nil {
		return p
	}
	w.media[side] = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
	ours := strconv.Itoa(w.rtp[1-side].LocalAddr().(*net.UDPAddr).Port)
	if len(ours) != m[3]-m[2] {
		w.t.Errorf("the port %s in place of %d: the message has another length", ours, port)
	}
	return append(append(bytes.Clone(p[:m[2]]), ours...), p[m[3]:]...)
}

func (w *tappedLine) pass(p []byte, side int) {
	w.mu.Lock()
	to := w.media[side]
	w.mu.Unlock()
	if to.IsValid() {
		_, _ = w.rtp[side].WriteToUDPAddrPort(p, to)
	}
}

// hear keeps what the server sends, each packet where its timestamp puts it.
func (w *tappedLine) hear(p []byte, now time.Time) {
	const header = 12 // RFC 3550 §5.1: the server sends neither CSRC nor extension
	if len(p) <= header || p[0] != 0x80 || p[1]&0x7f != codec.PCMA.PayloadType() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	ts, ssrc := binary.BigEndian.Uint32(p[4:]), binary.BigEndian.Uint32(p[8:])
	if w.sound == nil {
		w.ssrc, w.firstTS = ssrc, ts
	}
	if ssrc != w.ssrc {
		w.t.Errorf("the server sends another SSRC: %08x", ssrc)
	}
	at := 2 * int(ts-w.firstTS) // the clock runs at 8 kHz
	pcm := make([]int16, 2*(len(p)-header))
	if _, err := w.decoder.Decode(p[header:], pcm); err != nil || at < 0 || at > len(w.sound)+media.SampleRate*60 {
		w.t.Errorf("a packet from the server: %v, %d samples behind the first", err, at)
		return
	}
	if missing := at + len(pcm) - len(w.sound); missing > 0 {
		w.sound = append(w.sound, make([]int16, missing)...)
	}
	copy(w.sound[at:], pcm)
	w.came = append(w.came, came{now, at + len(pcm)})
}

// hangUp tells sipp to end the call, by a request of our own that its scenario waits for.
func (w *tappedLine) hangUp() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	// sipp's BYE repeats the last To that it saw: it must be the one with the server's tag.
	message := fmt.Sprintf("INFO sip:customer@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKtest\r\nFrom: <sip:test@%s>;tag=test\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n", w.phone, w.addr(), w.addr(), w.to, w.callID)
	if _, err := w.sip[towardsPhone].WriteToUDPAddrPort([]byte(message), w.phone); err != nil {
		w.t.Fatal(err)
	}
}

// cut gives what was heard in a stretch of time: by the telephone, or in another sound whose samples are its.
func (w *tappedLine) cut(from, to time.Time, sound []int16) []int16 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return sound[min(w.position(from), len(sound)):min(w.position(to), len(sound))]
}

// position is how many samples the telephone had been given by a moment.
func (w *tappedLine) position(x time.Time) int {
	i, _ := slices.BinarySearchFunc(w.came, x, func(c came, x time.Time) int { return c.at.Compare(x) })
	if i == 0 {
		return 0
	}
	return w.came[i-1].end
}

// heard is everything that the telephone heard.
func (w *tappedLine) heard() []int16 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sound
}
