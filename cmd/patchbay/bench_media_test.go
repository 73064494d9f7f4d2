//go:build bench

package main

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func newJar(t testing.TB) http.CookieJar {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar
}

func isLoopback(ip net.IP) bool { return ip.IsLoopback() }

// A burst is 40 ms of a tone, which begins with its packet.
const (
	burstEvery   = 25 // packets: 500 ms
	burstPackets = 2
	burstHz      = 1000
	burstLevel   = 8000
	burstHeard   = 3000 // a sample beyond this is a burst; comfort noise and echoes of filters stay far below
)

// bursts makes a voice of bursts, the first at packet first.
func bursts(first int) func(n int) pcm {
	return func(n int) (p pcm) {
		if n < first || (n-first)%burstEvery >= burstPackets {
			return p
		}
		for i := range p {
			at := float64((n-first)%burstEvery*packetSamples + i)
			p[i] = int16(burstLevel * math.Sin(2*math.Pi*burstHz*at/phoneRate))
		}
		return p
	}
}

// burstEar notes when the first sample of each burst would sound: the packet's arrival and the sample's place in it.
type burstEar struct {
	mu    sync.Mutex
	last  time.Time
	heard []time.Time
}

func (e *burstEar) hear(at time.Time, sound pcm) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, s := range sound {
		if s > burstHeard || s < -burstHeard {
			onset := at.Add(time.Duration(i) * time.Second / phoneRate)
			if onset.Sub(e.last) > burstPackets*40*time.Millisecond {
				e.heard = append(e.heard, onset)
			}
			e.last = onset
		}
	}
}

func (e *burstEar) all() []time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]time.Time{}, e.heard...)
}

// delays pairs bursts heard with bursts sent in a window of time.
func delays(left, heard []time.Time, first int, from, to time.Time) (all []time.Duration, sent int) {
	for n := first; n < len(left); n += burstEvery {
		if left[n].Before(from) || left[n].After(to) {
			continue
		}
		sent++
		for _, h := range heard {
			if d := h.Sub(left[n]); d > 0 && d < 400*time.Millisecond {
				all = append(all, d)
				break
			}
		}
	}
	return all, sent
}

// benchDelay measures what the server adds: a telephone and an agent send bursts over sockets, G.711 both, and time each
// other's. Nothing is subtracted: kernel, loopback, SRTP, jitter buffer, the tick's phase and the filters are in it.
func benchDelay(t *testing.T, rows []*budget) {
	row := rows[0]
	c := startCentre(t, false, "--browser-codec", "pcmu")
	var agentEar burstEar
	const agentFirst, customerFirst = 12, 0
	d := openBareDesk(t, c, "akiko", bursts(agentFirst), agentEar.hear)
	var toAgent, toCustomer, late []time.Duration
	sent := 0
	for i := range times(8, 1) {
		var ear burstEar
		call := dialBare(t, c, fmt.Sprintf("+120255501%02d", 80+i), bursts(customerFirst), ear.hear)
		c.poll(t, "in a call", 15*time.Second, d.inCall)
		time.Sleep(time.Second) // the streams are new to the jitter buffers
		from := time.Now()
		time.Sleep(time.Duration(times(12, 5)) * time.Second)
		to := time.Now().Add(-time.Second) // what was sent since may still be under way
		a, n := delays(call.talker.when(), agentEar.all(), customerFirst, from, to)
		b, m := delays(d.voice().when(), ear.all(), agentFirst, from, to)
		toAgent, toCustomer, sent = append(toAgent, a...), append(toCustomer, b...), sent+n+m
		late = append(append(late, call.talker.late(from, to)...), d.voice().late(from, to)...)
		call.hangUp()
		c.poll(t, "ended", 20*time.Second, func() bool { return c.call(t).State == "ended" })
		time.Sleep(time.Duration(7*i) * time.Millisecond) // another phase against the bridge's tick
	}
	all := append(append([]time.Duration{}, toAgent...), toCustomer...)
	if len(all) < sent*9/10 || len(all) == 0 {
		t.Errorf("of %d bursts %d were heard", sent, len(all))
		return
	}
	p99 := percentile(all, 0.99)
	row.set(p99 <= 60*time.Millisecond, "%s", millis(p99))
	row.note("customer → agent: %s", spread(toAgent))
	row.note("agent → customer: %s", spread(toCustomer))
	row.note("the bench's own packets left late by: %s", spread(late))
	row.note("%d of %d bursts heard; SIP G.711 µ-law ↔ WebRTC G.711 µ-law over loopback; from the packet with the first sample leaving one socket to that sample's place behind the arrival at the other, nothing subtracted", len(all), sent)
}

// benchAllocations runs the packages' own tests and benchmark of the 20 ms path.
func benchAllocations(t *testing.T, rows []*budget) {
	row := rows[0]
	run := func(args ...string) string {
		cmd := exec.Command("go", append([]string{"test", "-count=1", "-tags=nolibopusfile"}, args...)...)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if err != nil {
			row.note("go test %s: %v: %s", strings.Join(args, " "), err, tail(string(out), 400))
		}
		return string(out)
	}
	out := run("-run", "^$", "-bench", "^BenchmarkTick$", "-benchmem", "-benchtime", "2000x", "./media")
	most, found := 0, 0
	for _, m := range regexp.MustCompile(`BenchmarkTick/(\S+)\s.*?([\d.]+) ns/op.*?(\d+) allocs/op`).FindAllStringSubmatch(out, -1) {
		n, _ := strconv.Atoi(m[3])
		most, found = max(most, n), found+1
		row.note("a bridge's tick, %s: %s allocations, %s ns", m[1], m[3], m[2])
	}
	if found == 0 {
		t.Errorf("the benchmark of the tick printed no figure: %s", tail(out, 1000))
		return
	}
	legs := run("-run", "Alloc", "-v", "./media", "./media/codec", "./media/rtp", "./media/webrtc", "./media/record", "./media/prompt", "./transcribe")
	failed := strings.Count(legs, "--- FAIL")
	row.note("%d tests hold decoding, mixing, encoding, jitter buffer, taps and players to none, %d of them fail", strings.Count(legs, "--- PASS")+failed, failed)
	row.set(most == 0 && failed == 0, "%d", most)
}
