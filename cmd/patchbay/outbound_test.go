package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/media"
	"patchbay/media/mediatest"
	"patchbay/media/prompt"
	"patchbay/media/rtp"
	"patchbay/media/wav"
	"patchbay/sip"
)

func code(err error) string {
	var refused *acd.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return fmt.Sprint(err)
}

// TestDemoDials: the demo has a route although nobody named one; a centre without one offers no numbers.
func TestDemoDials(t *testing.T) {
	for _, tc := range []struct {
		args  []string
		dials bool
	}{{nil, false}, {[]string{"--demo"}, true}, {[]string{"--outbound", "sip:127.0.0.1:5999"}, true}} {
		s, err := loadWith(t, nil, tc.args...)
		if err != nil {
			t.Fatal(err)
		}
		if d := (&centre{s: s}).dialer(); (d != nil) != tc.dials {
			t.Errorf("%v: the route is %v", tc.args, d)
		}
	}
}

func TestOutboundNumbers(t *testing.T) {
	s, err := loadWith(t, nil, "--outbound", "sip:127.0.0.1:5999", "--outbound-prefixes", "+1202555, +81,110")
	if err != nil {
		t.Fatal(err)
	}
	r := newOutboundRoute(s, nil)
	for typed, want := range map[string]string{
		"+1 (202) 555-0142": "+12025550142", "202 555 0142": "+12025550142", "011 81 3 1234 5678": "+81312345678",
		"+81 3-0000-0142": "+81300000142", "110": "110",
		"+442071838750": "not_allowed", "+12125550142": "not_allowed", "112": "not_allowed", "0": "bad_number",
		"": "bad_number", "dora": "bad_number", "12@evil.example": "bad_number", "+1202555;phone-context=x": "bad_number",
		"+1202555\r\nVia: x": "bad_number", "sip:+12025550142@10.0.0.1": "bad_number", "+12025550142012345678": "bad_number",
		"％31１０": "bad_number",
	} {
		got, err := r.number(typed)
		if err != nil {
			got = code(err)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
	if s, err = loadWith(t, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := newOutboundRoute(s, nil).number("+12025550142"); code(err) != "no_route" {
		t.Errorf("without a route: %v", err)
	}
}

func TestOutboundSettingsRefused(t *testing.T) {
	for _, flags := range []string{
		"--outbound tel:1", "--outbound sip:1@127.0.0.1", "--outbound sips:127.0.0.1", "--outbound-prefixes +1,x", "--outbound-max -1",
		"--outbound-caller-id dora", "--demo --outbound sip:192.0.2.7:5060", "--demo --outbound sip:proxy.example.com",
	} {
		if _, err := loadWith(t, nil, strings.Fields(flags)...); err == nil || !strings.Contains(err.Error(), "--outbound") {
			t.Errorf("%s: %v", flags, err)
		}
	}
}

// newRoute is a route of a server of its own to a telephone of the test.
func newRoute(t *testing.T, to string, most int) *outboundRoute {
	t.Helper()
	s, err := loadWith(t, nil, "--outbound", "sip:"+to, "--outbound-prefixes", "+1202555", "--outbound-max", fmt.Sprint(most), "--outbound-caller-id", demoNumber)
	if err != nil {
		t.Fatal(err)
	}
	from := 30000 + 200*int(rtpBlocks.Add(1))
	pool, err := rtp.NewPortPool(uint16(from), uint16(from+199), 0)
	if err != nil {
		t.Fatal(err)
	}
	server, err := sip.NewServer(sip.Config{Addr: "127.0.0.1:0", Ports: pool, Handler: func(*sip.Call) {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return newOutboundRoute(s, func() *sip.Server { return server })
}

// answering starts `patchbay answer` and waits until it listens.
func answering(t *testing.T, flags ...string) (p *program, addr string) {
	t.Helper()
	addr = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p = patchbay(t, append([]string{"answer", "--sip", addr, "--json"}, flags...)...)
	p.await("listening", 10*time.Second)
	return p, addr
}

// TestDialWhoseReaderLeaves: patchbay dial … | head -1 hangs up, rather than die and leave the far end in a call.
func TestDialWhoseReaderLeaves(t *testing.T) {
	far, addr := answering(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "dial", "sip:+12025550170@"+addr, "--from", "+12025550142", "--json")
	cmd.Env, cmd.Stdout = append(os.Environ(), asProgram+"=1"), w
	p := start(t, "patchbay dial", cmd)
	w.Close()
	line, err := bufio.NewReaderSize(r, 16).ReadSlice('"') // no more than it takes to see that it lives
	if err != nil {
		t.Fatalf("read %q: %v", line, err)
	}
	r.Close()
	far.await(`"event":"ended"`, 10*time.Second)
	if err := p.ends(10 * time.Second); err != nil {
		t.Errorf("dial ends with %v, want as after Ctrl-C", err)
	}
}

// steps reads the progress of a call to its end.
func steps(t *testing.T, o acd.Outgoing) (states string, last acd.DialProgress) {
	t.Helper()
	limit := time.After(20 * time.Second)
	var all []string
	for {
		select {
		case p, ok := <-o.Progress():
			if !ok {
				return strings.Join(all, " "), last
			}
			last = p
			all = append(all, p.State)
		case <-limit:
			t.Fatalf("the call stands at %q", all)
		}
	}
}

func TestOutboundCall(t *testing.T) {
	tone := sine(911, 5*time.Second)
	heard := filepath.Join(t.TempDir(), "heard.wav")
	far, addr := answering(t, "--ring", "200ms", "--record", heard, "--play", writeSound(t, tone, 16000, 0))
	r := newRoute(t, addr, 1)
	o, err := r.Dial(context.Background(), "202-555-0199", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Dial(context.Background(), "202-555-0198", ""); code(err) != "too_many" {
		t.Errorf("a second call on one line: %v", err)
	}
	states, last := steps(t, o)
	if states != "trying ringing answered" || last.Leg == nil {
		t.Fatalf("steps are %q", states)
	}
	far.await(fmt.Sprintf(`"from":%q`, demoNumber), time.Second)
	voice := &tape{samples: sine(437, 5*time.Second)}
	ear := newEar(voice, 3*time.Second)
	voice.start()
	stop, err := playLeg(ear, last.Leg)
	if err != nil {
		t.Fatal(err)
	}
	if err := last.Leg.(acd.DTMFSender).SendDTMF("42#"); err != nil {
		t.Error(err)
	}
	for _, key := range "42#" {
		far.await(fmt.Sprintf(`"digit":"%c"`, key), 5*time.Second)
	}
	<-ear.enough
	stop()
	o.HangUp()
	<-o.Done()
	far.await(`"event":"ended"`, 5*time.Second)
	got, err := wav.Load(heard)
	if err != nil {
		t.Fatal(err)
	}
	if level := mediatest.PowerAt(got, media.SampleRate, 437); level < -30 {
		t.Errorf("the far end hears our tone at %.0f dBFS", level)
	}
	if level := mediatest.PowerAt(ear.heard, media.SampleRate, 911); level < -30 {
		t.Errorf("we hear the far end's tone at %.0f dBFS", level)
	}
	if o, err = r.Dial(context.Background(), "202-555-0199", ""); err != nil { // the line is free again
		t.Fatal(err)
	}
	o.HangUp()
	if _, last := steps(t, o); last.Cause != "cancelled" {
		t.Errorf("a call given up failed by %q", last.Cause)
	}
	<-o.Done()
}

func TestOutboundFailures(t *testing.T) {
	for flags, want := range map[string]string{
		"--busy": "busy", "--refuse 404": "no_such_number", "--refuse 480": "no_answer", "--refuse 603": "refused", "--refuse 503": "unreachable",
	} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			_, addr := answering(t, strings.Fields(flags)...)
			o, err := newRoute(t, addr, 1).Dial(context.Background(), "+12025550199", "")
			if err != nil {
				t.Fatal(err)
			}
			if _, last := steps(t, o); last.State != "failed" || last.Cause != want {
				t.Errorf("%+v, want %s", last, want)
			}
			<-o.Done()
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		began := time.Now()
		o, err := newRoute(t, fmt.Sprintf("127.0.0.1:%d", freePort(t)), 1).Dial(context.Background(), "+12025550199", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, last := steps(t, o); last.Cause != "unreachable" || time.Since(began) > 5*time.Second {
			t.Errorf("%+v after %v", last, time.Since(began))
		}
	})
	t.Run("given up while it rings", func(t *testing.T) {
		far, addr := answering(t, "--ring", "1m")
		o, err := newRoute(t, addr, 1).Dial(context.Background(), "+12025550199", "")
		if err != nil {
			t.Fatal(err)
		}
		for p := range o.Progress() {
			if p.State == "ringing" {
				o.HangUp()
			}
			if p.State == "failed" && p.Cause != "cancelled" {
				t.Errorf("%+v", p)
			}
		}
		far.await(`"outcome":"cancelled"`, 5*time.Second)
	})
}

// TestKeysReachBaresip: telephone-events as a telephone that shares no code with us reads them.
func TestKeysReachBaresip(t *testing.T) {
	addr := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	silence := writeSound(t, make([]int16, media.SampleRate), 8000, 10*time.Second)
	b := startBaresipAt(t, "+12025550199", silence, addr, "audio_codecs=PCMU/8000/1;answermode=auto")
	const keys = "159*#0"
	pressed := make(chan string, 64)
	go func() {
		defer close(pressed)
		scan := bufio.NewScanner(b.conn)
		scan.Split(netstrings)
		for scan.Scan() {
			var e struct{ Type, Param string }
			if json.Unmarshal(scan.Bytes(), &e) == nil && e.Type == "CALL_DTMF_START" {
				pressed <- e.Param
			}
		}
	}()
	o, err := newRoute(t, addr, 1).Dial(context.Background(), "+12025550199", "")
	if err != nil {
		t.Fatal(err)
	}
	_, last := steps(t, o)
	if last.State != "answered" {
		t.Fatalf("%+v", last)
	}
	stop, err := playLeg(newEar(&tape{}, 0), last.Leg)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if err := last.Leg.(acd.DTMFSender).SendDTMF(keys); err != nil {
		t.Fatal(err)
	}
	got := ""
	for limit := time.After(8 * time.Second); got != keys; {
		select {
		case key, ok := <-pressed:
			if !ok {
				t.Fatalf("baresip ended after %q", got)
			}
			got += key
		case <-limit:
			t.Fatalf("baresip heard %q of %q", got, keys)
		}
	}
	o.HangUp()
	<-o.Done()
}

// TestOpusWithBaresip: Opus with a telephone that shares no code with us, by ear, and both hear what G.711 cannot carry.
func TestOpusWithBaresip(t *testing.T) {
	addr := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	b := startBaresipAt(t, "+12025550199", writeSound(t, sine(6100, 10*time.Second), 48000, 0), addr, "audio_codecs=opus/48000/2;answermode=auto")
	o, err := newRoute(t, addr, 1).Dial(context.Background(), "+12025550199", "")
	if err != nil {
		t.Fatal(err)
	}
	_, last := steps(t, o)
	if last.State != "answered" {
		t.Fatalf("%+v", last)
	}
	voice := &tape{samples: sine(5300, 5*time.Second)}
	ear := newEar(voice, 3*time.Second)
	voice.start()
	stop, err := playLeg(ear, last.Leg)
	if err != nil {
		t.Fatal(err)
	}
	<-ear.enough
	stop()
	o.HangUp()
	<-o.Done()
	if level := mediatest.PowerAt(ear.heard[media.SampleRate:], media.SampleRate, 6100); level < -30 {
		t.Errorf("we hear 6100 Hz at %.0f dBFS", level)
	}
	heard := b.heard()
	if level := mediatest.PowerAt(heard[min(len(heard), media.SampleRate):], media.SampleRate, 5300); level < -30 {
		t.Errorf("baresip hears 5300 Hz at %.0f dBFS", level)
	}
}

// TestWhomWeCallHearsThatItIsRecorded: the called telephone hears the sentence after its answer.
func TestWhomWeCallHearsThatItIsRecorded(t *testing.T) {
	t.Setenv("PATCHBAY_MODELS", t.TempDir())
	heard := filepath.Join(t.TempDir(), "heard.wav")
	far, route := answering(t, "--ring", "200ms", "--record", heard)
	c := startCentre(t, false, "--outbound", "sip:"+route, "--outbound-prefixes", "+1202555")
	agent := patchbay(t, "agent", "--url", "http://"+c.http, "--user", "akiko", "--password", demoPassword, "--json")
	agent.await(`"state":"connected"`, 20*time.Second)
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	akiko := c.commander(t, "akiko")
	akiko.must("call_out", wire.CallOut{Number: "+12025550177"})
	far.await(`"event":"answered"`, 10*time.Second)
	time.Sleep(prompt.Announced().Duration() + time.Second) // the telephone records in real time
	c.poll(t, "recorded", 5*time.Second, func() bool {
		var doc struct{ Events []struct{ Type string } }
		c.get(t, "/interactions/"+c.call(t).ID+"/timeline", &doc)
		return slices.ContainsFunc(doc.Events, func(e struct{ Type string }) bool { return e.Type == "recording_started" })
	})
	akiko.must("hang_up", wire.Ref{InteractionID: c.call(t).ID})
	far.await(`"event":"ended"`, 10*time.Second)
	sound, err := wav.Load(heard)
	if err != nil {
		t.Fatal(err)
	}
	said := prompt.Announced().Samples()
	at, r := mediatest.Correlate(sound, said[len(said)/4:len(said)*3/4])
	t.Logf("heard after %v, like the original by %.3f", time.Duration(at-len(said)/4)*time.Second/media.SampleRate, r)
	if r < 0.5 { // a codec of voices moves phases; other speech is like it by 0.2
		t.Errorf("what the telephone heard is like the sentence by %.3f only", r)
	}
}

// netstrings splits what baresip's ctrl_tcp sends.
func netstrings(data []byte, _ bool) (advance int, token []byte, err error) {
	var n int
	colon := strings.IndexByte(string(data[:min(len(data), 12)]), ':')
	if colon < 0 {
		return 0, nil, nil
	}
	if _, err := fmt.Sscanf(string(data[:colon]), "%d", &n); err != nil || n < 0 {
		return 0, nil, fmt.Errorf("no netstring: %q", data[:colon])
	}
	if len(data) < colon+n+2 {
		return 0, nil, nil
	}
	return colon + n + 2, data[colon+1 : colon+1+n], nil
}

// earTape is a tape that keeps what it hears, and tells when that is enough.
type earTape struct {
	*tape
	heard  []int16
	want   int
	enough chan struct{}
}

func newEar(t *tape, want time.Duration) *earTape {
	return &earTape{tape: t, want: int(want.Seconds() * media.SampleRate), enough: make(chan struct{})}
}

func (e *earTape) WriteFrame(f *media.Frame) {
	before := len(e.heard)
	e.heard = append(e.heard, f[:]...)
	if before < e.want && len(e.heard) >= e.want {
		close(e.enough)
	}
}

func sine(hz float64, d time.Duration) []int16 {
	s := make([]int16, int(d.Seconds()*media.SampleRate))
	for i := range s {
		s[i] = int16(6000 * math.Sin(2*math.Pi*hz*float64(i)/media.SampleRate))
	}
	return s
}

// playLeg joins two legs, each hearing the other, until stop is called.
func playLeg(near, leg media.Leg) (stop func(), err error) {
	b := media.NewBridge(media.BridgeConfig{Silence: true})
	x, err := b.Attach(leg)
	if err != nil {
		return nil, err
	}
	y, err := b.Attach(near)
	if err != nil {
		return nil, err
	}
	b.SetMatrix(media.Matrix{}.With(x, y, true).With(y, x, true))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Run(ctx) }()
	return func() { cancel(); <-done }, nil
}
