package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
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
