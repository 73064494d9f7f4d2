package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// talkingCall starts an agent who answers by itself and a customer who speaks, and gives the customer's program and words.
func talkingCall(t *testing.T, c *centreUnderTest, names ...string) (customer *program, words string) {
	t.Helper()
	patchbay(t, "agent", "--url", c.url(), "--user", "akiko", "--password", demoPassword, "--auto-answer", "--json")
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	samples, words := speech(t, time.Second, names...)
	customer = patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller,
		"--play", writeSound(t, samples, 8000, 0), "--duration", (duration(samples) + 200*time.Millisecond).String(), "--json")
	return customer, words
}

// TestServerKilled: kill -9 in mid-call loses no line that was final, and no word that was not: what was being said is
// written by the next server. The interaction is closed.
func TestServerKilled(t *testing.T) {
	c := startCentre(t, true)
	talkingCall(t, c, "lv-0870", "lv-0880", "lv-0890", "lv-0930")
	c.poll(t, "written two lines", 40*time.Second, func() bool {
		id := c.call(t).ID
		return id != "" && len(c.lines(t, id)) >= 2
	})
	id := c.call(t).ID
	before := c.lines(t, id)
	time.Sleep(2500 * time.Millisecond) // the third sentence is under way: "Unless to be rather cold-hearted …"
	c.kill()
	if strings.Contains(said(before, "customer"), "nless") {
		t.Fatal("the third sentence was final already")
	}
	c.start(t, false)
	got := c.call(t)
	if got.ID != id || got.State != "ended" || got.Outcome != "interrupted" {
		t.Errorf("after the restart the interaction is %+v", got)
	}
	after := said(c.lines(t, id), "customer")
	for _, l := range before {
		if !strings.Contains(after, l.Text) {
			t.Errorf("lost: %q", l.Text)
		}
	}
	c.poll(t, "written what was being said", 30*time.Second, func() bool {
		return strings.Contains(strings.ToLower(said(c.lines(t, id), "customer")), "unless to be")
	})
	c.poll(t, "nothing of it on the disk", 10*time.Second, func() bool {
		files, err := filepath.Glob(filepath.Join(c.data, "spool", "legs", "*"))
		return err == nil && len(files) == 0
	})
}

// TestDatabaseLost: the database is killed in mid-call. The call goes on, and what was said is written when it is back.
func TestDatabaseLost(t *testing.T) {
	c := startCentre(t, true)
	customer, words := talkingCall(t, c, "lv-0870", "lv-0880", "lv-0890", "lv-0930")
	c.poll(t, "talking", 20*time.Second, func() bool { return c.call(t).State == "active" })
	pidFile, err := os.ReadFile(filepath.Join(c.data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(pidFile), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := customer.ends(time.Minute); err != nil {
		t.Errorf("the call did not go on: %v", err)
	}
	var id string
	c.poll(t, "written to the last word", 60*time.Second, func() bool {
		res, err := c.client.Get("http://" + c.http + "/api/v1/interactions")
		if err != nil || res.StatusCode != 200 {
			return false // the database is not back yet
		}
		res.Body.Close()
		id = c.call(t).ID
		return c.call(t).State == "ended" && strings.Contains(said(c.lines(t, id), "customer"), "amiable")
	})
	checkWords(t, "the customer", words, said(c.lines(t, id), "customer"), mostWrong)
}

// TestGracefulEnd: SIGTERM takes no new calls, lets the present one go on for the grace, then tells the customer, and
// leaves every record closed and every word written.
func TestGracefulEnd(t *testing.T) {
	c := startCentre(t, true)
	customer, _ := talkingCall(t, c, "lv-0870", "lv-0880", "lv-0890", "lv-0930")
	c.poll(t, "talking", 20*time.Second, func() bool { return c.call(t).State == "active" })
	id := c.call(t).ID
	began := time.Now()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // within the grace of 3 s
	late := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--json")
	if err := late.ends(10 * time.Second); err == nil {
		t.Error("a server that ends takes a new call")
	}
	if !strings.Contains(late.out.String(), `"code":503`) {
		t.Errorf("the late caller got: %s", late.out.String())
	}
	if err := customer.ends(20 * time.Second); err != nil {
		t.Errorf("the customer: %v", err)
	}
	if err := c.ends(40 * time.Second); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if took := time.Since(began); took < 3*time.Second {
		t.Errorf("the call was cut after %v", took)
	}
	c.start(t, false)
	if got := c.call(t); got.ID != id || got.State != "ended" {
		t.Errorf("the interaction is %+v", got)
	}
	if text := said(c.lines(t, id), "customer"); !strings.Contains(strings.ToLower(text), "john") {
		t.Errorf("of the call was written: %q", text)
	}
}

// TestWithoutModels: calls work where the models are missing, readiness does not suffer, and the reason is said.
func TestWithoutModels(t *testing.T) {
	t.Setenv("PATCHBAY_MODELS", t.TempDir())
	c := startCentre(t, false)
	c.poll(t, "off", 20*time.Second, func() bool {
		res, err := c.client.Get("http://" + c.http + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body := make([]byte, 200)
		n, _ := res.Body.Read(body)
		return res.StatusCode == 200 && strings.Contains(string(body[:n]), `"transcription":"off"`)
	})
	if !strings.Contains(c.out.String(), "models pull") {
		t.Error("the screen does not say how to get the models")
	}
	patchbay(t, "agent", "--url", "http://"+c.http, "--user", "akiko", "--password", demoPassword, "--auto-answer", "--json")
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	call := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--duration", "3s", "--json")
	if err := call.ends(20 * time.Second); err != nil {
		t.Error(err)
	}
	c.poll(t, "ended", 20*time.Second, func() bool { return c.call(t).State == "ended" })
	if got := c.call(t); got.Outcome != "handled" {
		t.Errorf("the interaction is %+v", got)
	}
}

// TestOneLineErrors: what a person gets wrong is answered by one line that says what and how to mend it.
func TestOneLineErrors(t *testing.T) {
	taken := startCentre(t, false)
	once := startCentre(t, false) // a demo once: its passwords are still those of the README
	once.stop()
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown command", []string{"sreve"}, "patchbay help"},
		{"unknown flag", []string{"serve", "--htpp", "127.0.0.1:1"}, "--help"},
		{"not an address", []string{"serve", "--http", "8080"}, "127.0.0.1:8080"},
		{"taken port", []string{"serve", "--demo", "--http", taken.http, "--data-dir", dataDir(t)}, "--http"},
		{"taken data directory", []string{"serve", "--demo", "--http", "127.0.0.1:0", "--data-dir", taken.data}, "--data-dir"},
		{"demo on the network", []string{"serve", "--demo", "--http", "0.0.0.0:8080"}, "loopback"},
		{"a demo's data on the network", []string{"serve", "--http", "0.0.0.0:0", "--data-dir", once.data, "--sip", "127.0.0.1:0"}, "passwords"},
		{"sip on the network", []string{"serve", "--sip", "0.0.0.0:5060"}, "--trunks"},
		{"half a certificate", []string{"serve", "--tls-cert", "a.pem"}, "--tls-key"},
		{"unreachable database", []string{"serve", "--database", "postgres://127.0.0.1:1/x", "--data-dir", dataDir(t), "--http", "127.0.0.1:0"}, "database"},
		{"unknown key", []string{"serve", "--config", configFile(t, "hptt: 1")}, "docs/config.md"},
		{"nobody there", []string{"dial", "sip:+12025550100@127.0.0.1:1"}, "no answer"},
		{"missing file", []string{"transcribe", "nowhere.wav"}, "nowhere.wav"},
		{"wrong password", []string{"agent", "--url", "http://" + taken.http, "--user", "akiko", "--password", "guess"}, "cannot sign in"},
	} {
		p := patchbay(t, tc.args...)
		err := p.ends(40 * time.Second)
		out := strings.TrimSpace(p.out.String())
		if err == nil || !strings.Contains(out, tc.want) {
			t.Errorf("%s: %v, %q; want a failure that says %q", tc.name, err, out, tc.want)
		}
		if last := out[strings.LastIndexByte(out, '\n')+1:]; !strings.HasPrefix(last, "patchbay") {
			t.Errorf("%s: the last line is %q", tc.name, last)
		}
	}
}

func configFile(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "patchbay.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
