package main

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// weakNet is a network of the test's own between a browser and the server's media port: slow, late and lossy both ways. (The
// kernel's own tools are not to be had everywhere.)
type weakNet struct {
	listen *net.UDPConn
	to     *net.UDPAddr

	mu      sync.Mutex
	rate    float64 // bit/s each way
	loss    float64 // 0…1
	delay   time.Duration
	flows   map[netip.AddrPort]*net.UDPConn
	busy    map[bool]time.Time // until when each way is taken; true: up
	stopped bool
	running sync.WaitGroup
	passed  map[bool]int // bytes
}

const weakQueue = 600 * time.Millisecond // of packets that wait; more are dropped, as a router does

func startWeakNet(t testing.TB, to string, rate, loss float64, delay time.Duration) *weakNet {
	t.Helper()
	addr, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	w := &weakNet{listen: l, to: addr, rate: rate, loss: loss, delay: delay, flows: map[netip.AddrPort]*net.UDPConn{},
		busy: map[bool]time.Time{}, passed: map[bool]int{}}
	w.running.Go(w.run)
	t.Cleanup(w.stop)
	return w
}

func (w *weakNet) port() int { return w.listen.LocalAddr().(*net.UDPAddr).Port }

func (w *weakNet) set(rate, loss float64, delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rate, w.loss, w.delay = rate, loss, delay
}

func (w *weakNet) stop() {
	w.mu.Lock()
	w.stopped = true
	for _, c := range w.flows {
		c.Close()
	}
	w.mu.Unlock()
	w.listen.Close()
	w.running.Wait()
}

func (w *weakNet) run() {
	buf := make([]byte, 2048)
	for {
		n, from, err := w.listen.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		w.mu.Lock()
		c := w.flows[from]
		if c == nil && !w.stopped {
			if c, err = net.DialUDP("udp", nil, w.to); err == nil {
				w.flows[from] = c
				w.running.Go(func() { w.back(c, from) })
			}
		}
		w.mu.Unlock()
		if c != nil {
			w.pass(true, append([]byte(nil), buf[:n]...), func(p []byte) { _, _ = c.Write(p) })
		}
	}
}

func (w *weakNet) back(c *net.UDPConn, to netip.AddrPort) {
	buf := make([]byte, 2048)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		w.pass(false, append([]byte(nil), buf[:n]...), func(p []byte) { _, _ = w.listen.WriteToUDPAddrPort(p, to) })
	}
}

// pass delivers a packet when the link has carried it, or never.
func (w *weakNet) pass(up bool, p []byte, deliver func([]byte)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	start := w.busy[up]
	if start.Before(now) {
		start = now
	}
	if rand.Float64() < w.loss || start.Sub(now) > weakQueue || w.stopped {
		return
	}
	w.busy[up] = start.Add(time.Duration(float64(len(p)+28) * 8 / w.rate * float64(time.Second))) // with IP and UDP headers
	w.passed[up] += len(p) + 28
	time.AfterFunc(w.busy[up].Sub(now)+w.delay, func() { deliver(p) })
}

// TestVideoOnWeakNetworks: a guest whose network carries 300 kb/s with 3 % loss and 150 ms each way still shows a picture that
// moves, and sees strokes in time; at 100 kb/s it shows sharp stills and says so; and better again, it moves again.
func TestVideoOnWeakNetworks(t *testing.T) {
	c := startCentre(t, false)
	v := startVideoCall(t, c, writeVoice(t), nil)
	_, port, _ := net.SplitHostPort(c.http) // the media port is the desk's number by UDP
	from, err := net.LookupPort("udp", port)
	if err != nil {
		t.Fatal(err)
	}
	weak := startWeakNet(t, c.http, 300_000, 0.03, 150*time.Millisecond)
	guest := openVideoBrowser(t, args{"camera": writePattern(t), "width": 390, "height": 844, "touch": true,
		"relay": args{"from": from, "to": weak.port()}})
	guest.do("goto", args{"url": v.link})
	guest.click("button", "Share camera")
	guest.click("button", "Start sharing")
	v.agent.do("moving", nil)
	v.agent.do("readFrames", nil)
	guest.do("readFrames", nil)
	time.Sleep(6 * time.Second) // the browsers find out what the network carries
	v.agent.do("frames", nil)
	guest.do("frames", nil)
	begun := time.Now()
	time.Sleep(12 * time.Second)
	seen, shown := v.agent.frames(), guest.frames()
	p, own := judge(seen, begun, time.Now()), judge(shown, begun, time.Now())
	lag, _ := latency(shown, seen)
	t.Logf("at 300 kb/s, 3 %% and 150 ms: %.1f frames a second of %.1f, frozen %v at most, %d px wide, %v behind; %s", p.fps, own.fps, p.frozen,
		p.width, lag, guest.do("selected", nil))
	if p.fps < 8 || p.frozen > time.Second || p.readable < 0.9 {
		t.Errorf("at 300 kb/s the picture is %+v", p)
	}
	v.agent.do("check", args{"role": "radio", "name": "Arrow"})
	for i := range 5 {
		guest.do("armShapes", args{"count": i + 1})
		x := 0.1 + 0.1*float64(i)
		drawn := struct{ Began, Ended int64 }(into[struct{ Began, Ended int64 }](v.agent, "stroke", args{"points": [][2]float64{{x, 0.3}, {x + 0.2, 0.8}}}))
		arrived := into[int64](guest, "armed", nil)
		t.Logf("stroke %d arrives after %d ms", i, arrived-drawn.Began)
		if took := arrived - drawn.Began; took > 500 {
			t.Errorf("stroke %d arrives after %d ms", i, took)
		}
	}

	weak.set(100_000, 0.03, 150*time.Millisecond)
	guest.do("waitText", args{"text": "a sharp still every moment", "timeout": 30000})
	v.agent.do("waitText", args{"text": "sharp stills instead of a moving picture"})
	v.agent.do("frames", nil)
	begun = time.Now()
	time.Sleep(8 * time.Second)
	p = judge(v.agent.frames(), begun, time.Now())
	t.Logf("at 100 kb/s: %.1f stills a second, %d px wide, readable %.2f; %s", p.fps, p.width, p.readable, guest.do("selected", nil))
	if p.width < patternWidth || p.frames < 3 || p.readable < 0.9 {
		t.Errorf("at 100 kb/s the stills are %+v", p)
	}

	weak.set(3_000_000, 0, 30*time.Millisecond)
	guest.do("waitText", args{"text": "You keep talking on the phone", "timeout": 45000})
}
