//go:build bench

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchbay/transcribe"
	"patchbay/transcribe/worker"
	"patchbay/transcribe/worker/workertest"
)

// babblesEnv, set for a server of the bench, puts the babbler in the recogniser's place.
const babblesEnv = "PATCHBAY_TEST_BABBLES"

func init() {
	if os.Getenv(asProgram) != "" && os.Getenv(babblesEnv) != "" && len(os.Args) > 1 && os.Args[1] == "transcriber" {
		in, out, err := worker.Stdio()
		if err == nil {
			err = worker.Serve(context.Background(), in, out, &babbler{}, slog.New(slog.DiscardHandler))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// babbler is a recogniser that costs nothing, so that many calls can be measured on a small machine: it takes all sound
// through the real process and protocol, and writes a word for every 300 ms of it, partials and lines at the usual pace.
type babbler struct{ workertest.Engine }

// Decode implements transcribe.Engine.
func (b *babbler) Decode(_ context.Context, p transcribe.Pass) (transcribe.Hypothesis, error) {
	h := transcribe.Hypothesis{Language: "en"}
	var text []string
	for at := int64(0); at+workertest.WordSamples <= p.To-p.From; at += workertest.WordSamples {
		word := workertest.Word(int(at / workertest.WordSamples % 100))
		text = append(text, word)
		h.Words = append(h.Words, transcribe.Word{Text: word, StartMS: at / 16, EndMS: at/16 + 300, Probability: 1})
		h.Tokens = append(h.Tokens, int32(len(text)))
	}
	h.Text = strings.Join(text, " ")
	h.Sure = len(h.Text)
	return h, nil
}

// cpuTime is what a process has used so far, its children apart.
func cpuTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const userHz = 100 // of /proc, on every Linux
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * time.Second / userHz
}

// cpuCurve is the numbers of calls at which the babbler is measured. What a tick costs once, calls share.
var cpuCurve = []int{1, 5, 20, 50}

// benchCPU measures recorded calls, then others, and how the figure falls with the number of calls.
func benchCPU(t *testing.T, rows []*budget) {
	const calls = 3
	recorded := cpuOfCalls(t, rows[0], calls, "on", false)
	rows[0].set(recorded <= 0.25, "%.2f", recorded)
	plain := cpuOfCalls(t, rows[1], calls, "off", false)
	rows[1].set(plain < recorded, "%.2f", plain)
	var curve []string
	for _, n := range cpuCurve {
		curve = append(curve, fmt.Sprintf("%d: %.2f", n, cpuOfCalls(t, nil, n, "on", true)))
	}
	rows[0].note("calls at a time and CPU seconds per call-minute, recorded, with a recogniser that costs nothing in place of Whisper: %s", strings.Join(curve, ", "))
}

// hire makes people of a role beside those of the demo, all in the demo's queue.
func hire(t testing.TB, c *centreUnderTest, role string, users []string) {
	t.Helper()
	admin := &centreUnderTest{http: c.http, base: c.base, client: &http.Client{Jar: newJar(t), Timeout: 10 * time.Second}}
	admin.signIn(t, "admin")
	var known struct {
		Items []struct {
			ID     string
			Queues []string
		}
	}
	admin.get(t, "/users", &known)
	var queues []string
	for _, u := range known.Items {
		if u.ID == "akiko" {
			queues = u.Queues
		}
	}
	for _, u := range users {
		body, _ := json.Marshal(map[string]any{"id": u, "name": u, "role": role, "language": "en", "queues": queues, "password": demoPassword})
		admin.send(t, "POST", "/users", string(body), http.StatusCreated)
	}
}

// cpuOfCalls measures some calls at a time, everybody speaking, in CPU seconds per call-minute; the recogniser's process and
// PostgreSQL are apart, and so is the bench, which makes all the telephones and browsers.
func cpuOfCalls(t *testing.T, row *budget, calls int, recording string, babbles bool) float64 {
	if babbles {
		t.Setenv(babblesEnv, "1")
	} else {
		t.Setenv(babblesEnv, "")
	}
	c := startCentre(t, true, "--browser-codec", "pcmu")
	defer c.stop()
	c.setRecording(t, recording)
	samples, _ := speech(t, 300*time.Millisecond, "lv-0870", "ls-1272-128104-0000", "lv-0920")
	voice := clipTalk(telephone(samples), true)
	users := []string{"akiko", "ben", "chika"}
	for n := len(users); n < calls; n++ {
		users = append(users, fmt.Sprintf("agent-%d", n))
	}
	hire(t, c, "agent", users[3:])
	users = users[:calls]
	var desks []*bareDesk
	for _, u := range users {
		d := openBareDesk(t, c, u, voice, nil)
		defer d.close()
		desks = append(desks, d)
	}
	pid := c.cmd.Process.Pid
	measure := func(d time.Duration) (server, recogniser time.Duration) {
		children := func() (sum time.Duration) {
			for _, p := range c.transcribers(t) {
				sum += cpuTime(t, p)
			}
			return sum
		}
		s, r := cpuTime(t, pid), children()
		time.Sleep(d)
		return cpuTime(t, pid) - s, children() - r
	}
	idleFor := time.Duration(times(20, 5)) * time.Second
	time.Sleep(time.Second)
	idle, _ := measure(idleFor)
	for i := range users {
		defer dialBare(t, c, fmt.Sprintf("+1202555%04d", 190+i), voice, nil).hangUp()
	}
	c.poll(t, "all in calls", 30*time.Second, func() bool {
		for _, d := range desks {
			if !d.inCall() {
				return false
			}
		}
		return true
	})
	time.Sleep(2 * time.Second)
	talkFor := time.Duration(times(90, 10)) * time.Second
	if babbles {
		talkFor = time.Duration(times(30, 10)) * time.Second
	}
	busy, recogniser := measure(talkFor)
	for i, d := range desks {
		if !d.inCall() {
			t.Fatalf("the call of %s ended early", users[i])
		}
	}
	quiet := time.Duration(float64(idle) * float64(talkFor) / float64(idleFor))
	perMinute := (busy - quiet).Seconds() / (float64(calls) * talkFor.Minutes())
	t.Logf("%d calls for %v: server %.2f s, of which idle %.2f s, recogniser %.2f s: %.3f s per call-minute",
		calls, talkFor, busy.Seconds(), quiet.Seconds(), recogniser.Seconds(), perMinute)
	if row != nil {
		row.note("%d calls for %v, all %d voices speaking and transcribed; the server's process %.2f s, of which idle with the agents signed in %.2f s; its children (recogniser %.2f s, PostgreSQL) apart",
			calls, talkFor, 2*calls, busy.Seconds(), quiet.Seconds(), recogniser.Seconds())
	}
	var live struct{ Items []heldCall }
	c.get(t, "/interactions?state=active", &live)
	for _, call := range live.Items {
		if status, _ := c.fetch(t, "/interactions/"+call.ID+"/peaks"); (status == 200) != (recording == "on") {
			t.Errorf("with recording %s the recording of a call answers %d", recording, status)
		}
	}
	return perMinute
}

// TestCPU measures the curve alone, with other numbers of calls where PATCHBAY_CALLS names them ("3 20"): for a comparison of
// two programs in turns, each of which is a test binary.
func TestCPU(t *testing.T) {
	counts := cpuCurve
	if named := strings.Fields(os.Getenv("PATCHBAY_CALLS")); len(named) > 0 {
		counts = nil
		for _, f := range named {
			n, err := strconv.Atoi(f)
			if err != nil || n < 1 {
				t.Fatalf("PATCHBAY_CALLS: %q is no number of calls", f)
			}
			counts = append(counts, n)
		}
	}
	for _, n := range counts {
		cpuOfCalls(t, nil, n, "on", true)
	}
}
