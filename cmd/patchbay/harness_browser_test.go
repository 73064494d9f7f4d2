package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// browser is one person's place in real Chromium: a context of its own, with a page and a microphone.
type browser struct {
	*driver
	as string // who of several in the same process; "" where there is one
}

// driver is a process of Chromium, driven by a script of agentui/web/calls.
type driver struct {
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

// person opens a place of a process without a file for its microphones: this one's hums a tone.
func (d *driver) person(as string, hz float64) *browser {
	d.t.Helper()
	b := &browser{driver: d, as: as}
	b.do("desk", args{"hz": hz})
	return b
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
	b := &browser{driver: &driver{t: t, in: in, wait: map[int]chan reply{0: make(chan reply, 1)}}}
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
func (b *browser) begin(op string, a args) func() (json.RawMessage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	answer := make(chan reply, 1)
	b.wait[b.next] = answer
	msg := map[string]any{"id": b.next, "op": op, "as": b.as}
	for k, v := range a {
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
				return nil, fmt.Errorf("browser %s: %s %v: %s", b.as, op, a, r.Error)
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
			_, _ = b.begin("screenshot", args{"path": filepath.Join(shot, "failed"+b.as+".png")})()
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
