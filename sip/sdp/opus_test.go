package sdp

import (
	"strings"
	"testing"

	"patchbay/media/codec"
	"patchbay/media/rtp"
)

func withOpus() State {
	s := local()
	s.Local.Codecs = []codec.Codec{codec.Opus, codec.G722, codec.PCMU, codec.PCMA}
	return s
}

// TestOpusAnswer: what telephones offer with Opus, and what becomes of it (RFC 7587 §7).
func TestOpusAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		media   string
		send    rtp.Format
		options codec.Options
		event   uint8
		clock   int
		says    string
	}{
		"preferred": {"m=audio 4000 RTP/AVP 96 0 101 102\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1; stereo=1\r\n" +
			"a=rtpmap:101 telephone-event/8000\r\na=rtpmap:102 telephone-event/48000\r\n",
			rtp.Format{Codec: codec.Opus, PayloadType: 96}, codec.Options{Bitrate: 32000, LossPct: 10}, 102, 48000,
			"a=fmtp:96 useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000\r\n"},
		"keys at 8000 Hz only": {"m=audio 4000 RTP/AVP 96 101\r\na=rtpmap:96 OPUS/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n",
			rtp.Format{Codec: codec.Opus, PayloadType: 96}, codec.Options{}, 101, 8000, "a=rtpmap:101 telephone-event/8000\r\n"},
		"not preferred": {"m=audio 4000 RTP/AVP 8 111 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n",
			rtp.Format{Codec: codec.PCMA, PayloadType: 8}, codec.Options{}, 101, 8000, "m=audio 20000 RTP/AVP 8 111 101\r\n"},
		"few bits": {"m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 maxaveragebitrate=12000;maxplaybackrate=8000\r\n",
			rtp.Format{Codec: codec.Opus, PayloadType: 111}, codec.Options{Bitrate: 12000}, 0, 0, "a=ptime:20\r\n"},
		"more bits than we send": {"m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 maxaveragebitrate=510000\r\n",
			rtp.Format{Codec: codec.Opus, PayloadType: 111}, codec.Options{}, 0, 0, "a=rtpmap:111 opus/48000/2\r\n"},
		"nonsense": {"m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=x;maxaveragebitrate=1;;=\r\n",
			rtp.Format{Codec: codec.Opus, PayloadType: 111}, codec.Options{}, 0, 0, ""},
		"mono is none of ours": {"m=audio 4000 RTP/AVP 111 0\r\na=rtpmap:111 opus/48000\r\n",
			rtp.Format{Codec: codec.PCMU}, codec.Options{}, 0, 0, "m=audio 20000 RTP/AVP 0\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := answer(t, withOpus(), head+tc.media)
			r := s.Agreed.Remote
			if r.Send != tc.send || r.Options != tc.options || r.SendEventPT != tc.event || r.ReceiveEventPT != tc.event || r.EventClock != tc.clock {
				t.Errorf("agreed on %+v", r)
			}
			if text := s.Said.String(); !strings.Contains(text, tc.says) || strings.Count(text, "telephone-event") > 1 {
				t.Errorf("the answer is\n%s", text)
			}
		})
	}
}

// TestOpusOffer: each clock has its keys, and the answer settles which hold.
func TestOpusOffer(t *testing.T) {
	offer := Offer(withOpus())
	if text := offer.Said.String(); !strings.Contains(text, "m=audio 20000 RTP/AVP 111 9 0 8 101 96\r\n") ||
		!strings.Contains(text, "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtpmap:96 telephone-event/48000\r\n") ||
		!strings.Contains(text, "a=fmtp:111 useinbandfec=1;") {
		t.Errorf("the offer is\n%s", text)
	}
	for name, tc := range map[string]struct {
		media         string
		send, receive uint8
		clock         int
	}{
		"opus with its keys":    {"m=audio 4000 RTP/AVP 111 0 96 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:96 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n", 96, 96, 48000},
		"opus with other keys":  {"m=audio 4000 RTP/AVP 111 97\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n", 97, 101, 8000},
		"no opus":               {"m=audio 4000 RTP/AVP 0 96 101\r\na=rtpmap:96 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n", 101, 101, 8000},
		"no opus, wrong keys":   {"m=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 telephone-event/48000\r\n", 0, 0, 0},
		"opus without any keys": {"m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n", 0, 0, 0},
	} {
		s, err := Accept(offer, parse(t, head+tc.media))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r := s.Agreed.Remote; r.SendEventPT != tc.send || r.ReceiveEventPT != tc.receive || r.EventClock != tc.clock {
			t.Errorf("%s: agreed on %+v", name, r)
		}
		again := Offer(s)
		if again.Said.Version != 1 {
			t.Errorf("%s: offered anew it is another:\n%s", name, again.Said)
		}
	}
}
