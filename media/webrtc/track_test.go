package webrtc

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"patchbay/media"
	"patchbay/media/codec"
)

// binding is what pion would bind a track to: it keeps the last header.
type binding struct {
	codecs []codec.Codec
	last   pionrtp.Header
}

func (b *binding) CodecParameters() []pion.RTPCodecParameters {
	var out []pion.RTPCodecParameters
	for i, c := range b.codecs {
		out = append(out, pion.RTPCodecParameters{
			RTPCodecCapability: pion.RTPCodecCapability{MimeType: "audio/" + c.Name()},
			PayloadType:        pion.PayloadType(96 + i),
		})
	}
	return out
}
func (b *binding) HeaderExtensions() []pion.RTPHeaderExtensionParameter { return nil }
func (b *binding) SSRC() pion.SSRC                                      { return 4711 }
func (b *binding) SSRCRetransmission() pion.SSRC                        { return 0 }
func (b *binding) SSRCForwardErrorCorrection() pion.SSRC                { return 0 }
func (b *binding) WriteStream() pion.TrackLocalWriter                   { return b }
func (b *binding) ID() string                                           { return "x" }
func (b *binding) RTCPReader() interceptor.RTCPReader                   { return nil }
func (b *binding) Write([]byte) (int, error)                            { return 0, nil }
func (b *binding) WriteRTP(h *pionrtp.Header, payload []byte) (int, error) {
	b.last = *h
	return len(payload), nil
}

func bound(t *testing.T, codecs ...codec.Codec) (*track, *binding) {
	t.Helper()
	tr, err := newTrack()
	if err != nil {
		t.Fatal(err)
	}
	tr.WriteFrame(&media.Frame{}) // into nothing, before it is bound
	b := &binding{codecs: codecs}
	if _, err := tr.Bind(b); err != nil {
		t.Fatal(err)
	}
	return tr, b
}

// TestTimestampLeapsOverPauses: an agent's phone is written to only in calls; what comes after a pause is not late.
func TestTimestampLeapsOverPauses(t *testing.T) {
	for _, c := range []struct {
		codec codec.Codec
		frame uint32 // in RTP clock units
	}{{codec.PCMU, 160}, {codec.Opus, 960}} {
		t.Run(c.codec.Name(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr, b := bound(t, c.codec)
				var f media.Frame
				next := func(wait time.Duration) (step uint32, seq uint16, marker bool) {
					before := b.last
					time.Sleep(wait)
					tr.WriteFrame(&f)
					return b.last.Timestamp - before.Timestamp, b.last.SequenceNumber - before.SequenceNumber, b.last.Marker
				}
				next(0)
				if b.last.SSRC != 4711 || b.last.PayloadType != 96 {
					t.Errorf("SSRC %d, payload type %d", b.last.SSRC, b.last.PayloadType)
				}
				for range 3 {
					if step, seq, marker := next(media.FrameDuration); step != c.frame || seq != 1 || marker {
						t.Errorf("in a stream: step %d, %d, marker %v", step, seq, marker)
					}
				}
				// A late tick is no pause.
				if step, _, marker := next(3 * media.FrameDuration); step != c.frame || marker {
					t.Errorf("after a late tick: step %d, marker %v", step, marker)
				}
				if step, seq, marker := next(time.Hour); step != 180000*c.frame || seq != 1 || !marker {
					t.Errorf("after an hour: step %d, %d, marker %v", step, seq, marker)
				}
				if step, _, marker := next(media.FrameDuration); step != c.frame || marker {
					t.Errorf("after that: step %d, marker %v", step, marker)
				}
			})
		})
	}
}

func TestBindTakesTheFirstCodecOfOurs(t *testing.T) {
	tr, b := bound(t, codec.None, codec.G722, codec.PCMU)
	if tr.codec() != codec.G722 {
		t.Errorf("sends %s", tr.codec())
	}
	if _, err := tr.Bind(&binding{codecs: []codec.Codec{codec.None}}); err == nil {
		t.Error("bound without a codec")
	}
	if err := tr.Unbind(b); err != nil {
		t.Fatal(err)
	}
	b.last = pionrtp.Header{}
	tr.WriteFrame(&media.Frame{})
	if b.last.Version != 0 {
		t.Error("writes while unbound")
	}
}

func TestQualityFromReports(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 250e6, time.UTC)
	sent := middleNTP(now.Add(-150 * time.Millisecond))
	var q quality
	q.report([]rtcp.ReceptionReport{
		{SSRC: 1, FractionLost: 255},
		{SSRC: 4711, FractionLost: 64, LastSenderReport: sent, Delay: 65536 * 119 / 1000},
	}, 4711, now)
	if rtt := time.Duration(q.rtt.Load()); rtt < 30900*time.Microsecond || rtt > 31100*time.Microsecond {
		t.Errorf("round trip %v, not 31 ms", rtt)
	}
	if l := q.lossOut.Load(); l != 64 {
		t.Errorf("%d/256 lost", l)
	}
	// A report from before our first sender report says nothing of the round trip.
	q.report([]rtcp.ReceptionReport{{SSRC: 4711}}, 4711, now)
	if rtt := time.Duration(q.rtt.Load()); rtt < 30*time.Millisecond {
		t.Errorf("forgot the round trip: %v", rtt)
	}
}
