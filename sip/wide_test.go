package sip

import (
	"context"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/mediatest"
)

// TestWidebandReachesTheTap: what a telephone says above 4 kHz is there for the recogniser and the recording, by every codec
// that carries it; and Opus is what two ends that have it agree on.
func TestWidebandReachesTheTap(t *testing.T) {
	const high = 6100 // Hz; G.711 has nothing above 4000
	for _, tc := range []struct {
		offered []codec.Codec
		wide    bool
	}{
		{nil, true}, // the default: Opus
		{[]codec.Codec{codec.G722}, true},
		{[]codec.Codec{codec.PCMU}, false},
	} {
		name := "default"
		if tc.offered != nil {
			name = tc.offered[0].Name()
		}
		t.Run(name, func(t *testing.T) {
			legs := make(chan media.Leg, 1)
			far := serve(t, Config{Handler: func(c *Call) {
				leg, err := c.Answer(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				legs <- leg
				<-c.Done()
			}})
			near := serve(t, Config{Handler: func(*Call) {}})
			out, err := near.Dial(context.Background(), DialConfig{URI: "sip:1@" + far.Addr().String(), Codecs: tc.offered})
			if err != nil {
				t.Fatal(err)
			}
			receive(t, out.Answered(), "the answer")
			if tc.offered == nil {
				if got := out.sdp.Agreed.Remote.Send.Codec; got != codec.Opus {
					t.Errorf("two of us agree on %s", got)
				}
			}
			bridge := media.NewBridge(media.BridgeConfig{Silence: true})
			slot, err := bridge.Attach(receive(t, legs, "the leg"))
			if err != nil {
				t.Fatal(err)
			}
			tap := media.NewTap(0)
			bridge.SetTap(slot, tap)
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- bridge.Run(ctx) }()
			go talk(out.Leg(), high, 1200*time.Millisecond)
			var heard []int16
			for range 60 {
				var f media.Frame
				if _, err := tap.Read(context.Background(), &f); err != nil {
					t.Fatal(err)
				}
				heard = append(heard, f[:]...)
			}
			stop()
			<-ended
			tap.Close()
			got := mediatest.PowerAt(loudest(heard), media.SampleRate, high)
			if tc.wide && got < level-8 || !tc.wide && got > -50 {
				t.Errorf("a tone of %d Hz at %d dBFS arrives at %.1f dBFS", high, level, got)
			}
			out.HangUp()
			over(t, out)
		})
	}
}
