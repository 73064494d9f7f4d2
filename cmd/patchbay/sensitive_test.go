package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/media"
	"patchbay/media/wav"
)

// spokenCard is a card number of no account that fits Luhn. It has no long row of one digit: eight of its digits in a row
// lie in nothing by chance.
const (
	spokenCard      = "4539319503436467"
	spokenCardWords = "four five three nine, three one nine five, zero three four three, six four six seven."
)

var numberWords = strings.NewReplacer("zero", "0", "oh", "0", "one", "1", "two", "2", "three", "3", "four", "4", "five", "5",
	"six", "6", "seven", "7", "eight", "8", "nine", "9")

// cardIn gives n digits in a row of spokenCard that lie in b: together, with separators between, or as words.
func cardIn(b []byte, n int) string {
	for _, s := range []string{string(b), numberWords.Replace(string(bytes.ToLower(b)))} {
		packed := strings.Map(func(r rune) rune {
			if strings.ContainsRune(" \t\r\n,.-/", r) {
				return -1
			}
			return r
		}, s)
		for i := range len(spokenCard) - n + 1 {
			if strings.Contains(packed, spokenCard[i:i+n]) {
				return spokenCard[i : i+n]
			}
		}
	}
	return ""
}

func TestCardIsFound(t *testing.T) {
	for text, want := range map[string]bool{
		spokenCard: true, "4539 3195 0343 6467": true, "4539-3195": true, "x=95034364;": true, spokenCardWords: true, "Four five three nine three one nine five": true,
		"nine five oh three four three six four": true, "\x00\xff39319503\xff": true, "4539": false, "4539 and 3195": false, "4539 3196": false, "••••": false,
	} {
		if got := cardIn([]byte(text), 8) != ""; got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// ask sends a command of a user whose socket is tapped, and waits until it is done.
func (w *wiretap) ask(t *testing.T, c *centreUnderTest, d *commander, typ string, data any) {
	t.Helper()
	d.next++
	if err := d.conn.WriteJSON(map[string]any{"id": d.next, "type": typ, "data": data}); err != nil {
		t.Fatal(err)
	}
	c.poll(t, typ+" replied to", 10*time.Second, func() bool {
		for _, m := range w.messages("reply") {
			var r wire.Reply
			if json.Unmarshal(m, &r) == nil && r.ID == d.next {
				if r.Error != nil {
					t.Fatalf("%s: %s", typ, r.Error.Message)
				}
				return true
			}
		}
		return false
	})
}

// messages are the data of what came of one type.
func (w *wiretap) messages(typ string) (all []json.RawMessage) {
	for _, line := range bytes.Split(w.bytes(), []byte("\n")) {
		var m struct {
			Type string
			Data json.RawMessage
		}
		if json.Unmarshal(line, &m) == nil && m.Type == typ {
			all = append(all, m.Data)
		}
	}
	return all
}

// fliteSays is English by Flite's voice rms, without the silence before and behind it.
func fliteSays(t *testing.T, text string) []int16 { return fliteVoice(t, "rms", text) }

func fliteVoice(t *testing.T, voice, text string) []int16 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "said.wav")
	if out, err := exec.Command("flite", "-voice", voice, "-t", text, "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("flite: %v: %s", err, out)
	}
	samples, err := wav.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	from, to := sounding(samples)
	return samples[from:to]
}

// sounding is where sound begins and ends, by frames of 20 ms above −45 dBFS.
func sounding(s []int16) (from, to int) {
	from = -1
	for i := 0; i+media.FrameSamples <= len(s); i += media.FrameSamples {
		if level(s[i:i+media.FrameSamples]) > -45 {
			if from < 0 {
				from = i
			}
			to = i + media.FrameSamples
		}
	}
	return max(from, 0), to
}

// level is the RMS in dBFS.
func level(s []int16) float64 {
	var sum float64
	for _, v := range s {
		sum += float64(v) * float64(v)
	}
	return 10 * math.Log10(max(sum/float64(max(len(s), 1)), 1e-4)/(32768*32768))
}

// TestCardIsNowhere: after a card number was said, and typed wherever a person may type during and after a call, its digits
// are in no file, log, answer or message to a browser, and in the recording they are silent; what was said before and after is there.
func TestCardIsNowhere(t *testing.T) {
	c := startCentre(t, true, "--log-level", "debug")
	taps := map[string]*wiretap{}
	tabs := map[string]*commander{}
	tap := func(user string) {
		own := *c // a session of its own: to sign in again ends the one before
		jar, _ := cookiejar.New(nil)
		own.client = &http.Client{Jar: jar, Timeout: 10 * time.Second}
		tabs[user], taps[user] = own.commander(t, user), &wiretap{}
		go taps[user].read(tabs[user]) // ends with the connection
	}
	join := func(user string) {
		patchbay(t, "agent", "--url", "http://"+c.http, "--user", user, "--password", demoPassword, "--json")
		c.poll(t, user+" available", 20*time.Second, func() bool { return c.available(t, user) })
		tap(user)
	}
	answer := func(user string) {
		c.poll(t, "ringing at "+user, 10*time.Second, func() bool { return len(taps[user].messages("offer")) > 0 })
		var o acd.Offer
		if err := json.Unmarshal(taps[user].messages("offer")[0], &o); err != nil {
			t.Fatal(err)
		}
		taps[user].ask(t, c, tabs[user], "answer", wire.Ref{InteractionID: o.InteractionID})
	}
	join("akiko")
	tap("sofia")

	// One tape: where each piece lies in it is known to the sample.
	var tape []int16
	say := func(pause time.Duration, text string) (from, to int) {
		tape = append(tape, make([]int16, int(pause.Seconds()*media.SampleRate))...)
		from = len(tape)
		tape = append(tape, fliteSays(t, text)...)
		return from, len(tape)
	}
	before, beforeEnd := say(3*time.Second, "Hello. I would like to pay for the blue suitcase today.")
	say(900*time.Millisecond, "My card number is")
	digits, digitsEnd := say(200*time.Millisecond, spokenCardWords)
	after, afterEnd := say(1200*time.Millisecond, "Thank you very much for the quick help.")
	secret, secretEnd := say(4*time.Second, "The umbrella code is four five three nine, three one nine five.")
	last, lastEnd := say(3*time.Second, "Please send the receipt to my office in the garden.")
	tape = append(tape, make([]int16, 7*media.SampleRate)...)

	customer := patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--play", writeSound(t, tape, 8000, 0),
		"--duration", duration(tape).String(), "--json")
	answer("akiko")
	c.poll(t, "talking", 10*time.Second, func() bool { return c.call(t).State == "active" })
	id := c.call(t).ID
	zero := customer.at("answered")
	until := func(sample int) { time.Sleep(time.Until(zero.Add(duration(tape[:sample])))) } // the telephone speaks in real time
	taps["sofia"].ask(t, c, tabs["sofia"], "watch", wire.Watch{InteractionID: id})
	typed := "4539-3195-0343-6467"
	taps["akiko"].ask(t, c, tabs["akiko"], "note", wire.Note{InteractionID: id, Text: "Wants the invoice; paid with " + typed + " just now"})

	until(afterEnd + 3*media.SampleRate)
	taps["akiko"].ask(t, c, tabs["akiko"], "sensitive", wire.Switch{InteractionID: id, On: true})
	join("ben") // meanwhile
	until(secretEnd + media.SampleRate)
	taps["akiko"].ask(t, c, tabs["akiko"], "sensitive", wire.Switch{InteractionID: id, On: false})
	until(lastEnd + media.SampleRate/2)
	taps["akiko"].ask(t, c, tabs["akiko"], "transfer", wire.Transfer{InteractionID: id, Target: acd.Target{Kind: "agent", ID: "ben"}, Reason: "Billing question about 4539 3195 0343 6467"})
	answer("ben")
	if err := customer.ends(30 * time.Second); err != nil {
		t.Fatalf("dial: %v", err)
	}
	c.poll(t, "in wrap-up", 10*time.Second, func() bool { return c.call(t).State == "wrap_up" })
	taps["ben"].ask(t, c, tabs["ben"], "wrap_up", wire.WrapUp{InteractionID: id, Note: "Receipt goes out; card 4539319503436467 was charged"})
	taps["akiko"].ask(t, c, tabs["akiko"], "wrap_up", wire.WrapUp{InteractionID: id, Note: "Handed over, card " + typed})
	c.send(t, "POST", "/interactions/"+id+"/notes", `{"at_ms":5000,"text":"Pinned: he reads out 4539.3195.0343.6467"}`, http.StatusCreated)
	c.poll(t, "written down, and ended", 30*time.Second, func() bool {
		return c.call(t).State == "ended" && strings.Contains(strings.ToLower(said(c.lines(t, id), "customer")), "garden")
	})
	heard := said(c.lines(t, id), "customer")
	t.Logf("the transcript reads: %s", heard)

	// API: every answer, and that each shows what it should.
	for path, shows := range map[string]string{
		"": "••••", "/transcript": "pay for the blue", "/timeline": "Billing question", "/export?format=json": "pay for the blue", "/export?format=vtt": "pay for the blue", "/notes": "Pinned", "/peaks": "",
	} {
		status, b := c.fetch(t, "/interactions/"+id+path)
		checkHolds(t, "GET …"+path, b, shows)
		if status != 200 {
			t.Errorf("GET …%s: %d", path, status)
		}
	}
	_, found := c.fetch(t, "/search?q=blue")
	checkHolds(t, "search", found, id)
	for _, q := range []string{"4539", "6467", "umbrella"} {
		if _, b := c.fetch(t, "/search?q="+q); bytes.Contains(b, []byte(id)) {
			t.Errorf("the search finds %q: %s", q, b)
		}
	}
	for _, word := range []string{"umbrella", "Umbrella"} {
		if strings.Contains(heard, word) {
			t.Errorf("what was said in the sensitive mode is written: %s", heard)
		}
	}
	if s := cardIn([]byte(heard), 4); s != "" || !strings.Contains(heard, "••••") {
		t.Errorf("the transcript shows %q: %s", s, heard)
	}

	// The wire: each message as it came, and, of the words, four digits in a row too.
	for user, w := range taps {
		shows := "pay for the blue"
		if user == "ben" {
			shows = "Billing question" // he came later
		}
		checkHolds(t, "the browser of "+user, w.bytes(), shows)
		for _, typ := range []string{"partial", "line"} {
			for _, m := range w.messages(typ) {
				var v struct{ Text, Spoken string }
				if err := json.Unmarshal(m, &v); err != nil {
					t.Fatal(err)
				}
				if s := cardIn([]byte(v.Text+" | "+v.Spoken), 4); s != "" {
					t.Errorf("a %s to %s shows %q: %s", typ, user, s, m)
				}
			}
		}
		tabs[user].conn.Close()
	}

	// The recording, aligned with the tape by where sound begins.
	_, ogg := c.fetch(t, "/interactions/"+id+"/recording")
	left, _ := playRecording(t, ogg)
	start, _ := sounding(left)
	at := func(what string, from, to int, silent bool) {
		t.Helper()
		from, to = start+from-before, start+to-before
		if from < 0 || to > len(left) {
			t.Errorf("%s: the recording ends before", what)
			return
		}
		db := level(left[from:to])
		t.Logf("%s, %v to %v: %.1f dBFS", what, duration(left[:from]), duration(left[:to]), db)
		if silent != (db < -50) {
			t.Errorf("%s: %.1f dBFS, silent should be %v", what, db, silent)
		}
	}
	at("before the number", before, beforeEnd, false)
	at("the number", digits, digitsEnd, true)
	at("after the number", after, afterEnd, false)
	at("in the sensitive mode", secret, secretEnd, true)
	at("at last", last, lastEnd, false)

	c.checkDisk(t, "while the server runs")
	c.stop()
	c.checkDisk(t, "after its end")
	checkHolds(t, "the log", []byte(c.out.String()), "level=DEBUG")
}

// checkHolds: no card number, and the text that shows that this is the right place to look.
func checkHolds(t *testing.T, what string, b []byte, shows string) {
	t.Helper()
	if s := cardIn(b, 8); s != "" {
		t.Errorf("%s holds %q", what, s)
	}
	if !bytes.Contains(b, []byte(shows)) {
		t.Errorf("%s does not show %q: this test looks in the wrong place: %s", what, shows, tail(string(b), 600))
	}
}

// checkDisk reads every file of the data directory, and of PostgreSQL's wherever it lies.
func (c *centreUnderTest) checkDisk(t *testing.T, when string) {
	t.Helper()
	var all []string
	for _, dir := range []string{c.data, resolved(t, filepath.Join(c.data, "postgres"))} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				all = append(all, path) // an error: PostgreSQL's files come and go
			}
			return nil
		})
	}
	known := map[string]string{} // a file that holds the sentence before, by PostgreSQL's directory
	for _, path := range all {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if s := cardIn(b, 8); s != "" {
			t.Errorf("%s %q lies in %s", when, s, path)
		}
		if bytes.Contains(b, []byte("umbrella")) {
			t.Errorf("%s what was said in the sensitive mode lies in %s", when, path)
		}
		for _, place := range []string{"/base/", "/pg_wal/"} {
			if strings.Contains(path, place) && bytes.Contains(b, []byte("pay for the blue")) {
				known[place] = path
			}
		}
	}
	t.Logf("%s: %d files read; what was said before lies in %v", when, len(all), known)
	if known["/pg_wal/"] == "" || strings.Contains(when, "end") && known["/base/"] == "" {
		t.Errorf("%s the sentence before lies in neither database nor write-ahead log: this test looks in the wrong place: %v", when, known)
	}
}
