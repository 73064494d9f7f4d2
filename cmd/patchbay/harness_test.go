package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test's own binary behave as patchbay, so that servers and telephones of the tests are the code
// under test, children and all.
const asProgram = "PATCHBAY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is a running patchbay, or another command of a test.
type program struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  *output
	done chan struct{}
	err  error
}

// output collects what a command prints, and lets a test wait for it.
type output struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	grown chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs a command to its end or the test's, and shows what it printed where the test fails.
func start(t testing.TB, name string, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd, out: &output{grown: make(chan struct{})}, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.out
	}
	cmd.Stderr = p.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() { p.err = cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("--- %s printed:\n%s", name, tail(p.out.String(), 6000))
		}
	})
	return p
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// patchbay runs one of its commands.
func patchbay(t testing.TB, args ...string) *program {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return start(t, "patchbay "+args[0], cmd)
}

// stop ends a program as a person does, and as the kernel does if it does not listen.
func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.t.Errorf("pid %d does not end by SIGTERM", p.cmd.Process.Pid)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// kill ends a program without a word.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// await waits until the program has printed something.
func (p *program) await(text string, within time.Duration) {
	p.t.Helper()
	limit := time.After(within)
	for {
		p.out.mu.Lock()
		grown, found := p.out.grown, strings.Contains(p.out.buf.String(), text)
		p.out.mu.Unlock()
		if found {
			return
		}
		select {
		case <-grown:
		case <-p.done:
			if !strings.Contains(p.out.String(), text) {
				p.t.Fatalf("ended without printing %q: %v", text, p.err)
			}
		case <-limit:
			p.t.Fatalf("did not print %q within %v", text, within)
		}
	}
}

// ends waits for a program's end by itself.
func (p *program) ends(within time.Duration) error {
	p.t.Helper()
	select {
	case <-p.done:
		return p.err
	case <-time.After(within):
		p.t.Fatalf("did not end within %v", within)
		return nil
	}
}

// centreUnderTest is a server with a data directory of its own.
type centreUnderTest struct {
	*program
	http, sip string
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
	c := &centreUnderTest{
		http: fmt.Sprintf("127.0.0.1:%d", freePort(t)), sip: fmt.Sprintf("127.0.0.1:%d", freePort(t)), data: dataDir(t),
	}
	from := 30000 + 200*int(rtpBlocks.Add(1))
	c.args = append([]string{"serve", "--demo", "--http", c.http, "--sip", c.sip, "--data-dir", c.data,
		"--rtp", fmt.Sprintf("%d-%d", from, from+199), "--grace", "3s"}, more...)
	c.start(t, withWords)
	return c
}

// start runs the server, for the first time or again on the same data.
func (c *centreUnderTest) start(t testing.TB, withWords bool) {
	t.Helper()
	c.program = patchbay(t, c.args...)
	jar, _ := cookiejar.New(nil)
	c.client = &http.Client{Jar: jar, Timeout: 10 * time.Second}
	c.poll(t, "ready", 60*time.Second, func() bool {
		select {
		case <-c.done:
			t.Fatalf("the server ended: %v", c.err)
		default:
		}
		res, err := http.Get("http://" + c.http + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode == 200 && (!withWords || strings.Contains(string(body), `"transcription":"ready"`))
	})
	c.signIn(t, "sofia")
}

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
	body := fmt.Sprintf(`{"user":%q,"password":%q}`, user, demoPassword)
	req, _ := http.NewRequest("POST", "http://"+c.http+"/api/v1/login", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", "http://"+c.http)
	res, err := c.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		t.Fatalf("sign-in: %s", res.Status)
	}
}

// get reads one resource of the API.
func (c *centreUnderTest) get(t testing.TB, path string, into any) {
	t.Helper()
	res, err := c.client.Get("http://" + c.http + "/api/v1" + path)
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
	Words                      []struct{ Text string }
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
		if fields[1] == strconv.Itoa(c.cmd.Process.Pid) && bytes.Contains(cmdline, []byte("\x00transcriber")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// browser is real Chromium, driven through agentui/web/calls/driver.mjs.
type browser struct {
	t    testing.TB
	p    *program
	in   io.WriteCloser
	mu   sync.Mutex
	next int
	wait map[int]chan reply
}

type reply struct {
	Result json.RawMessage
	Error  string
}

// openBrowser starts Chromium with a microphone that speaks wav again and again.
func openBrowser(t testing.TB, wav string, more ...string) *browser {
	t.Helper()
	return openDriver(t, append([]string{"../../agentui/web/calls/driver.mjs", wav}, more...)...)
}

// openDriver starts a browser by a script of agentui/web/calls.
func openDriver(t testing.TB, script ...string) *browser {
	t.Helper()
	cmd := exec.Command("node", script...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	b := &browser{t: t, in: in, wait: map[int]chan reply{0: make(chan reply, 1)}}
	b.p = start(t, "browser", cmd)
	w.Close()
	go func() {
		defer r.Close()
		sc := bufio.NewScanner(r)
		sc.Buffer(nil, 64<<20)
		for sc.Scan() {
			var m struct {
				ID int
				reply
			}
			if json.Unmarshal(sc.Bytes(), &m) == nil {
				b.mu.Lock()
				b.wait[m.ID] <- m.reply
				b.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() { // before start's own: Chromium ends with its driver's input
		in.Close()
		select {
		case <-b.p.done:
		case <-time.After(10 * time.Second):
		}
	})
	select {
	case <-b.wait[0]:
	case <-b.p.done:
		t.Fatal("Chromium does not start")
	case <-time.After(60 * time.Second):
		t.Fatal("Chromium does not start within a minute")
	}
	return b
}

// begin sends a request and gives what waits for its answer.
func (b *browser) begin(op string, args map[string]any) func() (json.RawMessage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	answer := make(chan reply, 1)
	b.wait[b.next] = answer
	msg := map[string]any{"id": b.next, "op": op}
	for k, v := range args {
		msg[k] = v
	}
	line, err := json.Marshal(msg)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		b.t.Fatal(err)
	}
	return func() (json.RawMessage, error) {
		select {
		case r := <-answer:
			if r.Error != "" {
				return nil, fmt.Errorf("browser: %s: %s", op, r.Error)
			}
			return r.Result, nil
		case <-b.p.done:
			return nil, fmt.Errorf("browser: %s: Chromium has ended", op)
		case <-time.After(90 * time.Second):
			return nil, fmt.Errorf("browser: %s: no answer", op)
		}
	}
}

type args = map[string]any

// do runs one request to its end.
func (b *browser) do(op string, a args) json.RawMessage {
	b.t.Helper()
	result, err := b.begin(op, a)()
	if err != nil {
		if shot := os.Getenv("PATCHBAY_TEST_SHOTS"); shot != "" {
			_, _ = b.begin("screenshot", args{"path": filepath.Join(shot, "failed.png")})()
		}
		b.t.Fatal(err)
	}
	return result
}

func (b *browser) click(role, name string) {
	b.t.Helper()
	b.do("click", args{"role": role, "name": name})
}

func (b *browser) see(role, name string) {
	b.t.Helper()
	b.do("wait", args{"role": role, "name": name})
}

func (b *browser) text(role, name string) string {
	b.t.Helper()
	var s string
	if err := json.Unmarshal(b.do("text", args{"role": role, "name": name}), &s); err != nil {
		b.t.Fatal(err)
	}
	return s
}

// signIn opens the desk as an agent who is available.
func (b *browser) signIn(c *centreUnderTest, user string) {
	b.t.Helper()
	b.do("goto", args{"url": "http://" + c.http})
	b.do("signIn", args{"user": user, "password": demoPassword})
	b.see("radio", "Available")
	b.click("radio", "Available")
	c.poll(b.t, user+" available", 20*time.Second, func() bool { return c.available(b.t, user) })
}

// available tells whether an agent could be rung: ready to take calls, and with audio.
func (c *centreUnderTest) available(t testing.TB, user string) bool {
	t.Helper()
	res, err := c.client.Get("http://" + c.http + "/api/v1/agents")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	var doc struct {
		Items []struct {
			ID, Presence string
			PhoneReady   bool `json:"phone_ready"`
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatalf("agents: %v: %s", err, body)
	}
	for _, a := range doc.Items {
		if a.ID == user {
			return a.Presence == "available" && a.PhoneReady
		}
	}
	return false
}
