package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/agentui/wire"
	"patchbay/media"
	"patchbay/media/wav"
)

// secretNumber is a card number that the card networks publish for tests, in groups as people say it.
var secretNumber = []string{"6011", "0009", "9013", "9424"}

// secretIn finds eight digits in a row of the secret number, however they are separated, or two groups of it in words.
func secretIn(b []byte) string {
	packed := make([]byte, 0, len(b))
	for _, c := range b {
		if c != ' ' && c != ',' && c != '.' && c != '-' && c != '\n' {
			packed = append(packed, c)
		}
	}
	number := strings.Join(secretNumber, "")
	for i := range len(number) - 7 {
		if bytes.Contains(packed, []byte(number[i:i+8])) {
			return number[i : i+8]
		}
	}
	lower := bytes.ToLower(b)
	for _, words := range []string{"nine oh one three", "nine zero one three", "nine four two four", "ninety four twenty four", "ninety thirteen"} {
		if bytes.Contains(lower, []byte(words)) {
			return words
		}
	}
	return ""
}

func TestSecretIsFound(t *testing.T) {
	for text, want := range map[string]bool{
		"it is 6011 0009": true, "0009-9013": true, `{"text":"9013"},{"text":"9424"}`: false, "9013, 9424.": true, "x60110009x": true,
		"Nine oh one three": true, "6011": false, "6011 and 0009": false,
	} {
		if got := secretIn([]byte(text)) != ""; got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// wiretap keeps every message that a browser gets.
type wiretap struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *wiretap) read(d *commander) {
	_ = d.conn.SetReadDeadline(time.Time{}) // that of the last command would end the tap in mid-call
	for {
		_, msg, err := d.conn.ReadMessage()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.buf.Write(append(msg, '\n'))
		w.mu.Unlock()
	}
}

func (w *wiretap) bytes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.buf.Bytes())
}

// TestSecretsAreNowhere: after a card number was said to the recogniser and typed into a note, its digits are in no file
// of the data directory (journal, spool, database, write-ahead log), in no log, and were on no wire to a browser.
func TestSecretsAreNowhere(t *testing.T) {
	c := startCentre(t, true)
	patchbay(t, "agent", "--url", "http://"+c.http, "--user", "akiko", "--password", demoPassword, "--auto-answer", "--json")
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	tab := c.commander(t, "akiko")
	var tap wiretap
	go tap.read(tab) // ends with the connection

	path := filepath.Join(t.TempDir(), "secret.wav")
	const text = "Hello. My card number is six oh one one, oh oh oh nine, nine oh one three, nine four two four. Thank you very much."
	if out, err := exec.Command("flite", "-voice", "rms", "-t", text, "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("flite: %v: %s", err, out)
	}
	samples, err := wav.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	samples = append(make([]int16, media.SampleRate), samples...) // a breath, so that the first words are heard by an agent
	talk := duration(samples) + 3*time.Second
	customer := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--play", writeSound(t, samples, 8000, 0),
		"--duration", talk.String(), "--json")
	c.poll(t, "talking", 20*time.Second, func() bool { return c.call(t).State == "active" })
	id := c.call(t).ID
	note := "Paid with " + strings.Join(secretNumber, "-") + ", wants a receipt"
	for i := len("Paid with "); i <= len(note); i += 3 { // as it is typed, saved again and again
		tab.next++
		if err := tab.conn.WriteJSON(map[string]any{"id": tab.next, "type": "note", "data": wire.Note{InteractionID: id, Text: note[:min(i+2, len(note))]}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := customer.ends(talk + 20*time.Second); err != nil {
		t.Fatalf("dial: %v", err)
	}
	c.poll(t, "written down", 20*time.Second, func() bool {
		heard := said(c.lines(t, id), "customer")
		return c.call(t).State == "ended" && strings.Contains(heard, "••••") && strings.Contains(strings.ToLower(heard), "thank you")
	})
	t.Logf("the transcript reads: %s", said(c.lines(t, id), "customer"))
	for _, p := range []string{"/interactions/" + id, "/interactions/" + id + "/transcript", "/interactions/" + id + "/timeline", "/interactions"} {
		if status, b := c.fetch(t, p); status != 200 || secretIn(b) != "" {
			t.Errorf("GET %s: %d, holds %q", p, status, secretIn(b))
		}
	}
	tab.conn.Close()
	if wired := tap.bytes(); secretIn(wired) != "" {
		t.Errorf("a browser was sent %q", secretIn(wired))
	} else if !bytes.Contains(wired, []byte("••••")) || !bytes.Contains(wired, []byte("wants a receipt")) {
		t.Error("the wiretap heard neither the line nor the note")
	}
	onDisk := func(when string) {
		t.Helper()
		known := false
		for _, dir := range []string{c.data, resolved(t, filepath.Join(c.data, "postgres"))} {
			_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return nil // PostgreSQL's files come and go
				}
				b, err := os.ReadFile(path)
				if err != nil {
					return nil
				}
				known = known || bytes.Contains(b, []byte("wants a receipt"))
				if s := secretIn(b); s != "" {
					t.Errorf("%s %q lies in %s", when, s, path)
				}
				return nil
			})
		}
		if !known {
			t.Errorf("%s the note is in no file: this test looks in the wrong place", when)
		}
	}
	onDisk("while the server runs")
	c.stop()
	onDisk("after its end")
	if s := secretIn([]byte(c.out.String())); s != "" {
		t.Errorf("the log holds %q", s)
	}
}

func resolved(t *testing.T, path string) string {
	t.Helper()
	p, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
