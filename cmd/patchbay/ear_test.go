package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/transcribe/wer"
)

// speech joins recordings of testdata/speech, each after a pause, and gives the sound at 16 kHz and the words.
func speech(t testing.TB, pause time.Duration, names ...string) (samples []int16, words string) {
	t.Helper()
	table, err := os.ReadFile("testdata/speech/words.tsv")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for sc := bufio.NewScanner(bytes.NewReader(table)); sc.Scan(); {
		file, text, _ := strings.Cut(sc.Text(), "\t")
		known[strings.TrimSuffix(file, ".wav")] = text
	}
	gap := make([]int16, int(pause.Seconds()*media.SampleRate))
	for _, name := range names {
		clip, err := wav.Load("testdata/speech/" + name + ".wav")
		if err != nil {
			t.Fatal(err)
		}
		if known[name] == "" {
			t.Fatalf("the words of %s are not known", name)
		}
		samples = append(append(samples, gap...), clip...)
		words += known[name] + " "
	}
	return samples, words
}

// writeSound writes samples (16 kHz) to a WAV file at another rate, with silence behind them.
func writeSound(t testing.TB, samples []int16, rate int, silence time.Duration) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound.wav")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	samples = append(append([]int16{}, samples...), make([]int16, int(silence.Seconds()*media.SampleRate))...)
	if err := wav.Write(f, wav.Resample(samples, media.SampleRate, rate), rate); err != nil {
		t.Fatal(err)
	}
	return path
}

func duration(samples []int16) time.Duration {
	return time.Duration(len(samples)) * time.Second / media.SampleRate
}

// checkWords compares a transcript with what was spoken.
func checkWords(t testing.TB, who, spoken, written string, most float64) {
	t.Helper()
	ref, hyp := wer.Normalize(spoken), wer.Normalize(written)
	rate := float64(wer.Errors(ref, hyp)) / float64(len(ref))
	t.Logf("%s: %.1f %% of %d words wrong", who, 100*rate, len(ref))
	if rate > most {
		t.Errorf("%s: %.1f %% of the words are wrong\nspoken:  %s\nwritten: %s", who, 100*rate, spoken, written)
	}
}

// checkLoop compares a transcript with words that were spoken again and again from somewhere on: the written words are
// aligned where they fit best, and every one must have been spoken there.
func checkLoop(t testing.TB, who, spoken, written string, most float64) {
	t.Helper()
	once, hyp := wer.Normalize(spoken), wer.Normalize(written)
	if len(hyp) < len(once)/2 {
		t.Errorf("%s: only %q is written", who, written)
		return
	}
	var ref []string
	for len(ref) < len(hyp)+2*len(once) {
		ref = append(ref, once...)
	}
	// The edit distance, whose beginning and end in ref are free.
	row := make([]int, len(ref)+1)
	for i, word := range hyp {
		diagonal := row[0]
		row[0] = i + 1
		for j, r := range ref {
			change := diagonal
			if word != r {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	rate := float64(slices.Min(row)) / float64(len(hyp))
	t.Logf("%s: %.1f %% of %d words wrong", who, 100*rate, len(hyp))
	if rate > most {
		t.Errorf("%s: %.1f %% of the words are wrong\nspoken again and again: %s\nwritten: %s", who, 100*rate, spoken, written)
	}
}

// rhythm is the loudness of each 20 ms, in dB above a floor and smoothed over 100 ms: it tells speech by its rhythm, whatever
// codec carried it and wherever a jitter buffer gave a little.
func rhythm(samples []int16) []float64 {
	env := envelope(samples)
	for i, e := range env {
		env[i] = 20 * math.Log10(max(e, 100))
	}
	smooth := make([]float64, len(env))
	for i := range env {
		from, to := max(0, i-2), min(len(env), i+3)
		for _, e := range env[from:to] {
			smooth[i] += e / float64(to-from)
		}
	}
	return smooth
}

// envelope is the loudness of each 20 ms.
func envelope(samples []int16) []float64 {
	env := make([]float64, 0, len(samples)/media.FrameSamples)
	for i := 0; i+media.FrameSamples <= len(samples); i += media.FrameSamples {
		sum := 0.0
		for _, s := range samples[i : i+media.FrameSamples] {
			sum += float64(s) * float64(s)
		}
		env = append(env, math.Sqrt(sum/media.FrameSamples))
	}
	return env
}

// likeness finds where heard fits best into spoken, played again and again, and gives the correlation there: near 1 for
// the same speech, below 0.5 for other speech.
func likeness(heard, spoken []int16) float64 {
	h, s := rhythm(heard), rhythm(spoken)
	if len(h) < 50 || len(s) < 50 {
		return 0
	}
	best := 0.0
	window := make([]float64, len(h))
	for at := range s {
		for i := range window {
			window[i] = s[(at+i)%len(s)]
		}
		best = max(best, correlation(h, window))
	}
	return best
}

func correlation(a, b []float64) float64 {
	var ma, mb float64
	for i := range a {
		ma += a[i]
		mb += b[i]
	}
	ma, mb = ma/float64(len(a)), mb/float64(len(b))
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// TestLikeness: the ear tells speech from other speech, through a codec and with holes.
func TestLikeness(t *testing.T) {
	one, _ := speech(t, 500*time.Millisecond, "lv-0870", "lv-0880")
	other, _ := speech(t, 500*time.Millisecond, "lv-0890", "lv-0920", "ls-1272-128104-0000")
	heard := append([]int16{}, one[media.SampleRate:7*media.SampleRate]...)
	for at := 8000; at < len(heard); at += 24000 { // a lost packet now and then
		clear(heard[at : at+640])
	}
	same, different := likeness(heard, one), likeness(heard, other)
	t.Logf("same %.2f, different %.2f", same, different)
	if same < 0.9 || different > 0.6 {
		t.Errorf("likeness of the same speech %.2f, of different speech %.2f", same, different)
	}
}

// checkHeard says whether what one side heard is what the other spoke.
func checkHeard(t testing.TB, who string, heard, spoken []int16) {
	t.Helper()
	like := likeness(heard, spoken)
	t.Logf("%s: likeness %.2f over %v", who, like, duration(heard))
	if like < 0.7 {
		t.Errorf("%s hears something else than was spoken: likeness %.2f", who, like)
	}
}

// listenFor gives what the page plays of the call in the next seconds, at 16 kHz.
func (b *browser) listenFor(seconds float64) (finish func() []int16) {
	b.t.Helper()
	return b.listenTo(args{"seconds": seconds})
}

// listenTo gives what the page plays, of the call or, with "again", of its recording.
func (b *browser) listenTo(what args) (finish func() []int16) {
	b.t.Helper()
	answer := b.begin("listen", what)
	return func() []int16 {
		b.t.Helper()
		raw, err := answer()
		if err != nil {
			b.t.Fatal(err)
		}
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			b.t.Fatal(err)
		}
		webm, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			b.t.Fatal(err)
		}
		dir := b.t.TempDir()
		in, out := filepath.Join(dir, "heard.webm"), filepath.Join(dir, "heard.wav")
		if err := os.WriteFile(in, webm, 0o600); err != nil {
			b.t.Fatal(err)
		}
		if msg, err := exec.Command("ffmpeg", "-v", "error", "-i", in, "-ar", "16000", "-ac", "1", out).CombinedOutput(); err != nil {
			b.t.Fatalf("ffmpeg: %v: %s", err, msg)
		}
		samples, err := wav.Load(out)
		if err != nil {
			b.t.Fatal(err)
		}
		return samples
	}
}

// baresip is a telephone that shares no code with us. It speaks a file and records what it hears.
type baresip struct {
	*program
	t    testing.TB
	dir  string
	conn net.Conn
	rate int // Hz, of what it records
}

// startBaresip starts one whose microphone is a WAV file (8 kHz); from is its number.
func startBaresip(t testing.TB, from, speaks string) *baresip {
	t.Helper()
	return startBaresipAt(t, from, speaks, "127.0.0.1:0", "audio_codecs=PCMU/8000/1")
}

// startBaresipAt starts one that is called at an address; account holds its parameters, such as its codecs. One with Opus
// records at 48 kHz, and its file has that rate.
func startBaresipAt(t testing.TB, from, speaks, listen, account string) *baresip {
	t.Helper()
	dir := t.TempDir()
	control := freePort(t)
	rtp := 30000 + 200*int(rtpBlocks.Add(1))
	config := fmt.Sprintf(`poll_method epoll
statmode_default off
sip_listen %s
net_interface 127.0.0.1
rtp_ports %d-%d
jitter_buffer_delay 1-4
audio_player aubridge,nil
audio_source aufile,%s
audio_alert aubridge,nil
snd_path %s
module_path /usr/lib/baresip/modules
module g711.so
module opus.so
opus_stereo no
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%d
`, listen, rtp, rtp+99, speaks, dir, control)
	for name, text := range map[string]string{
		"config":   config,
		"accounts": fmt.Sprintf("<sip:%s@127.0.0.1>;regint=0;dtmfmode=rtpevent;%s\n", from, account),
		"contacts": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := &baresip{t: t, dir: dir, rate: 8000}
	if strings.Contains(account, "opus") {
		b.rate = 48000
	}
	b.program = start(t, "baresip", exec.Command("baresip", "-f", dir))
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", control))
		if err == nil {
			b.conn = conn
			t.Cleanup(func() {
				b.command("quit", "")
				conn.Close()
				select {
				case <-b.done:
				case <-time.After(5 * time.Second):
				}
			})
			return b
		}
		if time.Now().After(end) {
			t.Fatalf("baresip: %v", err)
		}
	}
}

// command sends a command as a netstring of JSON, as baresip's ctrl_tcp wants it.
func (b *baresip) command(name, params string) {
	b.t.Helper()
	msg, _ := json.Marshal(map[string]string{"command": name, "params": params})
	if _, err := fmt.Fprintf(b.conn, "%d:%s,", len(msg), msg); err != nil {
		b.t.Fatalf("baresip: %v", err)
	}
}

// heard is what it recorded, at 16 kHz.
func (b *baresip) heard() []int16 {
	b.t.Helper()
	files, _ := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if len(files) != 1 {
		b.t.Fatalf("baresip recorded %d files", len(files))
	}
	// It does not mend the header of a file that is still open: the length is what is there.
	raw, err := os.ReadFile(files[0])
	if err != nil {
		b.t.Fatal(err)
	}
	const header = 44
	if len(raw) < header {
		b.t.Fatal("baresip recorded nothing")
	}
	samples := make([]int16, (len(raw)-header)/2)
	for i := range samples {
		samples[i] = int16(raw[header+2*i]) | int16(raw[header+2*i+1])<<8
	}
	return wav.Resample(samples, b.rate, media.SampleRate)
}
