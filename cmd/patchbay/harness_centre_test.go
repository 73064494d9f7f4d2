package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// centreUnderTest is a server with a data directory of its own.
type centreUnderTest struct {
	*program
	http, sip string
	base      string         // URL of the desk; "" = http and the address
	roots     *x509.CertPool // of its certificate; nil without TLS
	data      string
	args      []string
	client    *http.Client
}

// rtpBlocks hands each server of a test run its own ports for RTP.
var rtpBlocks atomic.Int32

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// dataDir is a directory that PostgreSQL's user may enter too, as t.TempDir's are not, so that the cluster lies in it.
func dataDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "patchbay-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// startCentre starts a demo centre and waits until it is ready, and, if asked, until words are written.
func startCentre(t testing.TB, withWords bool, more ...string) *centreUnderTest {
	t.Helper()
	c := newCentre(t, more...)
	c.start(t, withWords)
	return c
}

// newCentre prepares a demo centre.
func newCentre(t testing.TB, more ...string) *centreUnderTest {
	c := &centreUnderTest{
		http: fmt.Sprintf("127.0.0.1:%d", freePort(t)), sip: fmt.Sprintf("127.0.0.1:%d", freePort(t)), data: dataDir(t),
	}
	from := 30000 + 200*int(rtpBlocks.Add(1))
	c.args = append([]string{"serve", "--demo", "--http", c.http, "--sip", c.sip, "--data-dir", c.data,
		"--rtp", fmt.Sprintf("%d-%d", from, from+199), "--grace", "3s"}, more...)
	return c
}

// start runs the server, for the first time or again on the same data.
func (c *centreUnderTest) start(t testing.TB, withWords bool) {
	t.Helper()
	c.program = patchbay(t, c.args...)
	jar, _ := cookiejar.New(nil)
	c.client = &http.Client{Jar: jar, Timeout: 10 * time.Second}
	if c.roots != nil {
		c.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.roots}}
	}
	c.poll(t, "ready", 60*time.Second, func() bool {
		select {
		case <-c.done:
			t.Fatalf("the server ended: %v", c.err)
		default:
		}
		res, err := c.client.Get(c.url() + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode == 200 && (!withWords || strings.Contains(string(body), `"transcription":"ready"`))
	})
	c.signIn(t, "sofia")
}

// url is the desk's.
func (c *centreUnderTest) url() string { return cmp.Or(c.base, "http://"+c.http) }

// poll asks until the answer is yes: for what lies beyond a process's edge.
func (c *centreUnderTest) poll(t testing.TB, what string, within time.Duration, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !yes(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s within %v", what, within)
		}
	}
}

func (c *centreUnderTest) signIn(t testing.TB, user string) {
	t.Helper()
	c.send(t, "POST", "/login", fmt.Sprintf(`{"user":%q,"password":%q}`, user, demoPassword), http.StatusOK)
}

// send asks the API to do something, with JSON or nothing, and wants that status.
func (c *centreUnderTest) send(t testing.TB, method, path, body string, status int) {
	t.Helper()
	req, err := http.NewRequest(method, c.url()+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", c.url())
	res, err := c.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != status {
		t.Fatalf("%s %s: %s, want %d", method, path, res.Status, status)
	}
}

// get reads one resource of the API.
func (c *centreUnderTest) get(t testing.TB, path string, into any) {
	t.Helper()
	res, err := c.client.Get(c.url() + "/api/v1" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		t.Fatalf("GET %s: %s", path, res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
}

// heldCall is an interaction as the API gives it.
type heldCall struct {
	ID, State, Outcome string
	From               string
	Customer           *struct{ ID, Name string }
	Agents             []string
}

// call gives the newest interaction, the zero value where there is none.
func (c *centreUnderTest) call(t testing.TB) heldCall {
	t.Helper()
	var page struct{ Items []heldCall }
	c.get(t, "/interactions", &page)
	if len(page.Items) == 0 {
		return heldCall{}
	}
	return page.Items[0]
}

// writtenLine is a line of a transcript as the API gives it.
type writtenLine struct {
	Speaker, Leg, Text, Spoken string
	StartMS                    int64 `json:"start_ms"`
	EndMS                      int64 `json:"end_ms"`
	Words                      []struct {
		Text  string
		Known bool
	}
}

func (c *centreUnderTest) lines(t testing.TB, id string) []writtenLine {
	t.Helper()
	var doc struct{ Lines []writtenLine }
	c.get(t, "/interactions/"+id+"/transcript", &doc)
	return doc.Lines
}

// said joins what one speaker said.
func said(lines []writtenLine, speaker string) string {
	var b strings.Builder
	for _, l := range lines {
		if l.Speaker == speaker {
			b.WriteString(l.Text + " ")
		}
	}
	return b.String()
}

// transcribers are the recogniser processes of the server.
func (c *centreUnderTest) transcribers(t testing.TB) []int {
	t.Helper()
	return transcribersOf(t, c.cmd.Process.Pid)
}

// transcribersOf are the recogniser processes that a process has started.
func transcribersOf(t testing.TB, parent int) []int {
	t.Helper()
	procs, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range procs {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if fields[1] == strconv.Itoa(parent) && bytes.Contains(cmdline, []byte("\x00transcriber")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// available tells whether an agent could be rung: ready to take calls, free, and with audio.
func (c *centreUnderTest) available(t testing.TB, user string) bool {
	t.Helper()
	res, err := c.client.Get(c.url() + "/api/v1/agents")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	var doc struct {
		Items []struct {
			ID, Presence, Activity string
			PhoneReady             bool `json:"phone_ready"`
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatalf("agents: %v: %s", err, body)
	}
	for _, a := range doc.Items {
		if a.ID == user {
			return a.Presence == "available" && a.Activity == "idle" && a.PhoneReady
		}
	}
	return false
}
