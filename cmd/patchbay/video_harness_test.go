package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchbay/media"
)

// The test pattern: a picture whose number can be read off after any coding and scaling, over a background that moves.
const (
	patternWidth, patternHeight = 640, 360
	patternRate                 = 15 // frames a second
	patternFrames               = 90 // then the numbers begin anew
)

// writePattern writes the test pattern as Y4M. Two rows of sixteen fields hold the frame's number: its bits, and their opposites.
func writePattern(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pattern.y4m")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintf(w, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n", patternWidth, patternHeight, patternRate)
	luma := make([]byte, patternWidth*patternHeight)
	chroma := make([]byte, patternWidth*patternHeight/2)
	for i := range chroma {
		chroma[i] = byte(118 + 20*(i%patternWidth/160%2))
	}
	for n := range patternFrames {
		for y := range patternHeight {
			for x := range patternWidth {
				v := byte(60 + (x/8+y/8)%2*40 + (x+2*n)%64)
				if y < 80 {
					one := n>>(x/40)&1 == 1
					if one == (y < 40) {
						v = 235
					} else {
						v = 16
					}
				}
				luma[y*patternWidth+x] = v
			}
		}
		fmt.Fprint(w, "FRAME\n")
		_, _ = w.Write(luma)
		_, _ = w.Write(chroma)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return path
}

// openVideoBrowser starts Chromium by the driver of video help.
func openVideoBrowser(t testing.TB, options args) *browser {
	t.Helper()
	raw, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	return openDriver(t, "../../agentui/web/calls/video.mjs", string(raw))
}

// into runs a request and reads its result.
func into[T any](b *browser, op string, a args) (v T) {
	b.t.Helper()
	raw := b.do(op, a)
	if err := json.Unmarshal(raw, &v); err != nil {
		b.t.Fatalf("%s: %v: %s", op, err, raw)
	}
	return v
}

// seenFrame is a frame of the test pattern as a page showed it.
type seenFrame struct {
	at     time.Time
	number int // -1: unreadable
	width  int
}

func (b *browser) frames() (out []seenFrame) {
	b.t.Helper()
	for _, f := range into[[][3]int64](b, "frames", nil) {
		out = append(out, seenFrame{time.UnixMilli(f[0]), int(f[1]), int(f[2])})
	}
	return out
}

// picture is how a page's frames were over a stretch of time.
type picture struct {
	frames   int // whose number changed
	readable float64
	fps      float64
	frozen   time.Duration // the longest time without a new frame
	width    int
}

func judge(frames []seenFrame, from, to time.Time) picture {
	var p picture
	last, number, all, good := from, -2, 0, 0
	for _, f := range frames {
		if f.at.Before(from) || f.at.After(to) {
			continue
		}
		all++
		p.width = f.width
		if f.number >= 0 {
			good++
		}
		if f.number == number {
			continue
		}
		number = f.number
		p.frames++
		p.frozen = max(p.frozen, f.at.Sub(last))
		last = f.at
	}
	p.frozen = max(p.frozen, to.Sub(last))
	p.fps = float64(p.frames) / to.Sub(from).Seconds()
	p.readable = float64(good) / float64(max(all, 1))
	return p
}

// latency is how much later one page shows what the other does, the median over the frames that both showed.
func latency(there, here []seenFrame) (median time.Duration, n int) {
	var lags []time.Duration
	for _, h := range here {
		if h.number < 0 {
			continue
		}
		best := time.Duration(-1)
		for _, s := range there {
			if d := h.at.Sub(s.at); s.number == h.number && d >= 0 && d < patternFrames*time.Second/patternRate/2 && (best < 0 || d < best) {
				best = d
			}
		}
		if best >= 0 {
			lags = append(lags, best)
		}
	}
	if len(lags) == 0 {
		return 0, 0
	}
	for i := range lags { // few: an insertion sort
		for j := i; j > 0 && lags[j] < lags[j-1]; j-- {
			lags[j], lags[j-1] = lags[j-1], lags[j]
		}
	}
	return lags[len(lags)/2], len(lags)
}

// shownShape is a drawing as a page shows it, its bounds in parts of the picture's content.
type shownShape struct {
	At             int64
	By, Kind, Text string
	Points         int
	X0, Y0, X1, Y1 float64
}

// videoCall is a call in which the agent has sent a link.
type videoCall struct {
	c     *centreUnderTest
	agent *browser
	phone *program
	line  *tappedLine // of sipp; nil for another telephone
	link  string
	id    string // of the interaction
}

// startVideoCall rings, answers and starts video help.
func startVideoCall(t testing.TB, c *centreUnderTest, speech string, options args) *videoCall {
	t.Helper()
	if options == nil {
		options = args{}
	}
	says, _ := options["phone"].(string) // a file that the telephone plays
	bySipp, _ := options["sipp"].(bool)  // the telephone is sipp, with an ear on its line
	delete(options, "phone")
	delete(options, "sipp")
	options["wav"] = speech
	v := &videoCall{c: c, agent: openVideoBrowser(t, options)}
	v.agent.do("goto", args{"url": "http://" + c.http})
	v.agent.do("signIn", args{"user": "akiko", "password": demoPassword})
	v.agent.see("radio", "Available")
	v.agent.do("check", args{"role": "radio", "name": "Available"})
	c.poll(t, "akiko available", 20*time.Second, func() bool { return c.available(t, "akiko") })
	if bySipp {
		v.line = startTappedLine(t, c)
		v.phone = startSipp(t, c, sippCall{from: demoCaller, speaks: make([]int16, 5*media.SampleRate), again: true, via: v.line.addr()})
	} else {
		v.phone = patchbay(t, "dial", "sip:"+demoNumber+"@"+c.sip, "--from", demoCaller, "--play", says, "--duration", "150s", "--json")
	}
	v.agent.see("alertdialog", "Incoming call")
	v.agent.click("button", "Answer")
	v.agent.see("button", "Mute")
	v.agent.click("button", "Start video help")
	v.link = into[string](v.agent, "value", args{"role": "textbox", "name": "Guest link"})
	v.id = c.call(t).ID
	return v
}

// voiceTones are what the agent "says": a voice that no noise suppression takes for noise, since it changes all the time.
var voiceTones = []float64{437, 911, 1723}

func writeVoice(t testing.TB) string { return writeSound(t, voice(9*time.Second), 48000, 0) }

// voice is so long a piece of it.
func voice(d time.Duration) []int16 {
	const hop = media.SampleRate * 15 / 100
	samples := make([]int16, 0, int(d.Seconds()*media.SampleRate)+hop)
	for i := 0; len(samples) < int(d.Seconds()*media.SampleRate); i++ {
		hz := voiceTones[i*i*i%len(voiceTones)]
		for j := range hop {
			samples = append(samples, int16(9000*math.Sin(2*math.Pi*hz*float64(j)/media.SampleRate)))
		}
	}
	return samples
}

// checkVoice reads what the phone heard second by second: the agent's voice, from the second at which it began to the last.
func checkVoice(t testing.TB, samples []int16, least int) {
	t.Helper()
	first, seconds := -1, len(samples)/media.SampleRate
	for s := range seconds {
		part := samples[s*media.SampleRate : (s+1)*media.SampleRate]
		share := toneShare(part)
		if share > 0.5 && first < 0 {
			first = s + 1 // the first whole second
			continue
		}
		if first >= 0 && s < seconds-1 && share < 0.5 {
			t.Errorf("in second %d the phone does not hear the agent: %.2f of the sound is the voice", s, share)
		}
	}
	t.Logf("the phone heard the agent from second %d to %d without a gap", first, seconds)
	if first < 0 || seconds-first < least {
		t.Errorf("the phone heard the agent for %d s only", seconds-first)
	}
}

// toneShare is how much of a second's sound lies in the voice's tones, by pieces of 50 ms; a silent piece has none.
func toneShare(part []int16) float64 {
	const piece = media.SampleRate / 20
	var good, all float64
	for at := 0; at+piece <= len(part); at += piece {
		all++
		var power float64
		for _, x := range part[at : at+piece] {
			power += float64(x) * float64(x)
		}
		power /= piece
		if power < 100*100 {
			continue
		}
		var most float64
		for _, hz := range voiceTones { // Goertzel's power at one frequency
			w := 2 * math.Pi * hz / media.SampleRate
			var re, im float64
			for i, x := range part[at : at+piece] {
				re += float64(x) * math.Cos(w*float64(i))
				im += float64(x) * math.Sin(w*float64(i))
			}
			most += 2 * (re*re + im*im) / piece / piece
		}
		if most > 0.4*power {
			good++
		}
	}
	return good / all
}
