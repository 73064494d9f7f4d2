package sip

import (
	"fmt"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/mediatest"
)

const (
	inHz, outHz = 437, 911 // what each end hums; no harmonics or aliases of each other
	level       = -12      // dBFS
)

// talk hums into a leg and listens to it for as long as told, at the pace of a bridge.
func talk(leg media.Leg, hz float64, d time.Duration) []int16 {
	tone, heard := mediatest.NewTone(hz, level), new(mediatest.Recorder)
	tick := time.NewTicker(media.FrameDuration)
	defer tick.Stop()
	for range int(d / media.FrameDuration) {
		var say, hear media.Frame
		tone.ReadFrame(&say)
		leg.WriteFrame(&say)
		leg.ReadFrame(&hear)
		heard.WriteFrame(&hear)
		<-tick.C
	}
	return heard.Samples()
}

// conversation lets both ends hum, and gives the last part of what each heard.
func conversation(in, out media.Leg) (byIn, byOut []int16) {
	const length, part = 1200 * time.Millisecond, media.SampleRate / 2
	heard := make(chan []int16, 1)
	go func() { heard <- talk(in, inHz, length) }()
	byOut = talk(out, outHz, length)
	byIn = <-heard
	return byIn[len(byIn)-part:], byOut[len(byOut)-part:]
}

// hears checks that a tone is there and the other is not.
func hears(t *testing.T, who string, samples []int16, hz, other float64) {
	t.Helper()
	there := mediatest.PowerAt(samples, media.SampleRate, hz)
	not := mediatest.PowerAt(samples, media.SampleRate, other)
	if there < level-6 || not > there-30 {
		t.Errorf("%s hears %v Hz at %.1f dBFS and %v Hz at %.1f dBFS", who, hz, there, other, not)
	}
}

func TestBothHearEachOther(t *testing.T) {
	for _, c := range []codec.Codec{codec.PCMU, codec.PCMA, codec.G722} {
		for _, tc := range []struct{ transport, addr string }{{"udp", "127.0.0.1:0"}, {"tcp", "[::1]:0"}} {
			t.Run(fmt.Sprint(c, " ", tc.transport), func(t *testing.T) {
				t.Parallel()
				legs, digits := make(chan media.Leg, 1), make(chan rune, 8)
				s := serve(t, Config{Addr: tc.addr, Handler: func(c *Call) {
					leg, err := c.Answer(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					legs <- leg
					for e := range c.Events() {
						if e.Kind == EventDigit {
							digits <- e.Digit
						}
					}
				}})
				out := dial(t, DialConfig{URI: "sip:1@" + s.Addr().String(), Codecs: []codec.Codec{c}, Transport: tc.transport})
				receive(t, out.Answered(), "the answer")
				in := receive(t, legs, "the leg")
				byIn, byOut := conversation(in, out.Leg())
				hears(t, "the called end", byIn, outHz, inHz)
				hears(t, "the caller", byOut, inHz, outHz)
				if err := out.SendDigits("4#"); err != nil {
					t.Fatal(err)
				}
				go talk(out.Leg(), outHz, time.Second)
				talk(in, inHz, time.Second)
				for _, want := range "4#" {
					if got := receive(t, digits, "a digit"); got != want {
						t.Errorf("got %c, want %c", got, want)
					}
				}
			})
		}
	}
}
