package webrtc

import (
	"fmt"
	"time"

	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/sdp/v3"
	pion "github.com/pion/webrtc/v4"
)

// VideoCodec is how a picture is coded. It is never decoded here.
type VideoCodec string

// The codecs that are forwarded, in order of preference (RFC 7742 §5: both are mandatory to implement).
const (
	VP8  VideoCodec = "VP8"
	H264 VideoCodec = "H264"
)

var videoCodecs = []VideoCodec{VP8, H264}

const videoClock = 90000 // RTP clock units a second (RFC 7741 §4.1, RFC 6184 §8.2.1)

// nackEvery is how often lost packets are asked for: a browser answers the same request once in a round trip.
const (
	nackEvery = 40 * time.Millisecond
	nackMost  = 25 // a second later the picture has gone on without it
)

const absSendTime = sdp.ABSSendTimeURI

// parameters gives a codec's entry of the SDP, and that of its retransmissions (RFC 4588).
func (c VideoCodec) parameters(feedback []pion.RTCPFeedback) [2]pion.RTPCodecParameters {
	pt, fmtp := pion.PayloadType(96), ""
	if c == H264 {
		// Constrained baseline: what every browser and phone decodes. Mode 1: fragments (RFC 6184 §6.3).
		pt, fmtp = 102, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	}
	return [2]pion.RTPCodecParameters{{
		RTPCodecCapability: pion.RTPCodecCapability{
			MimeType: "video/" + string(c), ClockRate: videoClock, SDPFmtpLine: fmtp, RTCPFeedback: feedback,
		},
		PayloadType: pt,
	}, {
		RTPCodecCapability: pion.RTPCodecCapability{
			MimeType: pion.MimeTypeRTX, ClockRate: videoClock, SDPFmtpLine: fmt.Sprintf("apt=%d", pt),
		},
		PayloadType: pt + 1,
	}}
}

// videoAPI is pion with what a picture needs, on the sockets of a: retransmission (RFC 4585, RFC 4588), requests for key
// frames, and what either end's congestion control reads. The sender's own controller runs on transport-wide feedback; a
// viewer's browser estimates what it can take from the absolute send time, and says so by REMB.
func (a *API) videoAPI(codecs []VideoCodec, send bool) (*pion.API, error) {
	if len(codecs) == 0 {
		codecs = videoCodecs
	}
	feedback := []pion.RTCPFeedback{{Type: pion.TypeRTCPFBGoogREMB}, {Type: pion.TypeRTCPFBCCM, Parameter: "fir"}}
	var m pion.MediaEngine
	for _, c := range codecs {
		for i, p := range c.parameters(feedback) {
			if i > 0 && send {
				// pion's generator of NACKs does not see what comes back on a stream of its own (RFC 4588), and would ask for ever. So
				// a sender retransmits on the stream itself (RFC 4585).
				continue
			}
			if err := m.RegisterCodec(p, pion.RTPCodecTypeVideo); err != nil {
				return nil, fmt.Errorf("webrtc: codec %s: %w", c, err)
			}
		}
	}
	r, err := reports()
	if err != nil {
		return nil, err
	}
	logs := logFactory{a.log}
	err = pion.ConfigureNackWithOptions(&m, r, []nack.GeneratorOption{
		nack.WithGeneratorLoggerFactory(logs), nack.GeneratorInterval(nackEvery), nack.GeneratorMaxNacksPerPacket(nackMost),
	},
		nack.WithResponderLoggerFactory(logs))
	if err != nil {
		return nil, fmt.Errorf("webrtc: retransmission: %w", err)
	}
	if send {
		err = pion.ConfigureTWCCSender(&m, r)
	} else {
		err = m.RegisterHeaderExtension(pion.RTPHeaderExtensionCapability{URI: absSendTime}, pion.RTPCodecTypeVideo)
	}
	if err != nil {
		return nil, fmt.Errorf("webrtc: congestion feedback: %w", err)
	}
	return pion.NewAPI(pion.WithSettingEngine(a.set), pion.WithMediaEngine(&m), pion.WithInterceptorRegistry(r)), nil
}
