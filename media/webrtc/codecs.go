package webrtc

import (
	"fmt"

	pion "github.com/pion/webrtc/v4"

	"patchbay/media/codec"
	"patchbay/media/rtp"
)

// opusParameters asks browsers for wideband, which is all that we use, and for in-band FEC (RFC 7587 §6.1).
const opusParameters = "minptime=10;useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000"

func mediaEngine(codecs []codec.Codec) (*pion.MediaEngine, error) {
	if len(codecs) == 0 {
		codecs = []codec.Codec{codec.Opus, codec.G722, codec.PCMU, codec.PCMA}
	}
	var m pion.MediaEngine
	for _, c := range codecs {
		p := pion.RTPCodecParameters{
			RTPCodecCapability: pion.RTPCodecCapability{
				MimeType: "audio/" + c.Name(), ClockRate: uint32(c.ClockRate()), Channels: uint16(c.Channels()),
			},
			PayloadType: pion.PayloadType(c.PayloadType()),
		}
		if c == codec.Opus {
			p.SDPFmtpLine = opusParameters
		} else {
			p.Channels = 0 // one channel is not written (RFC 8866 §6.6)
		}
		if err := m.RegisterCodec(p, pion.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("webrtc: codec %s: %w", c, err)
		}
	}
	return &m, nil
}

// formats picks what we speak of what was negotiated, in its order.
func formats(params []pion.RTPCodecParameters) []rtp.Format {
	var out []rtp.Format
	for _, p := range params {
		if c := codecOf(p.MimeType); c != codec.None {
			out = append(out, rtp.Format{Codec: c, PayloadType: uint8(p.PayloadType)})
		}
	}
	return out
}

func codecOf(mimeType string) codec.Codec {
	const audio = "audio/"
	if len(mimeType) <= len(audio) {
		return codec.None
	}
	return codec.ByName(mimeType[len(audio):])
}
