package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/mediatest"
	"patchbay/media/rtp"
	"patchbay/sip/sdp"
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
	const length, part = time.Second, media.SampleRate / 2
	heard := make(chan []int16, 1)
	go func() { heard <- talk(in, inHz, length) }()
	byOut = talk(out, outHz, length)
	byIn = <-heard
	return byIn[len(byIn)-part:], byOut[len(byOut)-part:]
}

// loudest is the fifth of a second that has most sound: on a busy machine nobody keeps a steady pace, and what is hummed
// has gaps.
func loudest(samples []int16) (best []int16) {
	const part = media.SampleRate / 5
	most := -1000.0
	for at := 0; at+part <= len(samples); at += media.FrameSamples {
		if level := mediatest.RMS(samples[at : at+part]); level > most {
			best, most = samples[at:at+part], level
		}
	}
	return best
}

// hears checks that a tone is there and the other is not.
func hears(t *testing.T, who string, samples []int16, hz, other float64) {
	t.Helper()
	samples = loudest(samples)
	there := mediatest.PowerAt(samples, media.SampleRate, hz)
	not := mediatest.PowerAt(samples, media.SampleRate, other)
	if there < level-6 || not > there-30 {
		t.Errorf("%s hears %v Hz at %.1f dBFS and %v Hz at %.1f dBFS", who, hz, there, other, not)
	}
}

func TestBothHearEachOther(t *testing.T) {
	for _, c := range []codec.Codec{codec.PCMU, codec.PCMA, codec.G722, codec.Opus} {
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

// TestReInviteByEar changes codec, hold and address under a call, with a phone made by hand.
func TestReInviteByEar(t *testing.T) {
	t.Parallel()
	calls, legs := make(chan *Call, 1), make(chan media.Leg, 1)
	s := serve(t, Config{MediaTimeout: 300 * time.Millisecond, Handler: handing(calls, func(c *Call) {
		leg, err := c.Answer(t.Context())
		if err != nil {
			t.Error(err)
		}
		legs <- leg
	})})
	p := dialPeer(t, "udp", s.Addr())
	pool := newPool(t)
	phone := func() *rtp.Session {
		session, err := rtp.NewSession(rtp.SessionConfig{
			Ports: pool, Local: p.local.Addr(), Formats: []rtp.Format{rtp.Default(codec.PCMU), rtp.Default(codec.PCMA), rtp.Default(codec.G722)},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { session.Close() })
		return session
	}
	session := phone()
	var c *Call
	var leg media.Leg
	for i, step := range []struct {
		name      string
		codec     codec.Codec
		direction string
		move      bool
		phone, us bool // who hears the other
	}{
		{"first", codec.PCMU, "sendrecv", false, true, true},
		{"other codec", codec.PCMA, "sendrecv", false, true, true},
		{"wide codec", codec.G722, "sendrecv", false, true, true},
		{"hold", codec.G722, "sendonly", false, false, true},
		{"silent hold", codec.G722, "inactive", false, false, false},
		{"resume", codec.G722, "sendrecv", false, true, true},
		{"other address", codec.PCMU, "sendrecv", true, true, true},
	} {
		if step.move {
			session = phone()
		}
		port := fmt.Sprintf("m=audio %d", session.LocalPort())
		body := strings.Replace(p.sdp(i, step.direction, fmt.Sprint(step.codec.PayloadType())), "m=audio 41000", port, 1)
		p.send(p.request("INVITE", body))
		ok := p.await("SIP/2.0 200")
		p.send(p.request("ACK", ""))
		answered, err := sdp.Parse([]byte(ok.body))
		if err != nil {
			t.Fatal(err)
		}
		if c == nil {
			c, leg = receive(t, calls, "the call"), receive(t, legs, "the leg")
		}
		err = session.SetRemote(rtp.Remote{
			RTP:  netip.AddrPortFrom(answered.Media[0].Addr, uint16(answered.Media[0].Port)),
			Send: rtp.Default(step.codec), Direction: mirror(answered.Media[0].Direction),
		})
		if err != nil {
			t.Fatal(err)
		}
		byUs, byPhone := conversation(leg, session)
		expect := func(who string, samples []int16, hz, other float64, want bool) {
			if want {
				hears(t, step.name+": "+who, samples, hz, other)
			} else if got := mediatest.RMS(samples); got > -60 {
				t.Errorf("%s: %s hears something at %.1f dBFS", step.name, who, got)
			}
		}
		expect("we", byUs, outHz, inHz, step.us)
		expect("the phone", byPhone, inHz, outHz, step.phone)
	}
	// Nobody hums any more: that is an event, and no end. On a slow machine some may be reported between the steps too.
	var holds []EventKind
	for kind := EventKind(0); kind != EventMediaLost || len(holds) < 2; {
		kind = receive(t, c.Events(), "an event").Kind
		if kind == EventHeld || kind == EventResumed {
			holds = append(holds, kind)
		}
	}
	if want := []EventKind{EventHeld, EventResumed}; !slices.Equal(holds, want) {
		t.Errorf("events are %v, want %v", holds, want)
	}
	select {
	case <-c.Done():
		t.Error("the call ended for want of media")
	default:
	}
	p.send(p.request("BYE", ""))
	p.await("SIP/2.0 200")
}

func mirror(d rtp.Direction) rtp.Direction {
	switch d {
	case rtp.SendOnly:
		return rtp.RecvOnly
	case rtp.RecvOnly:
		return rtp.SendOnly
	}
	return d
}
