package sdp

import (
	"strconv"
	"strings"

	"patchbay/media/codec"
)

// What we say of our Opus (RFC 7587 §6.1): it is decoded at 16 kHz, so a far end need not code more, and what gets lost is
// heard from the copy in the next packet.
const opusParameters = "useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000"

const (
	fecLoss    = 10    // percent that the encoder prepares for where the far end hears copies
	fecBitrate = 32000 // bits per second with copies, where the far end sets no bound
	leastOpus  = 6000  // RFC 7587 §6.1: the bounds of maxaveragebitrate
	mostOpus   = 510000
)

// parametersOf is a codec's a=fmtp in our descriptions.
func parametersOf(c codec.Codec) string {
	if c == codec.Opus {
		return opusParameters
	}
	return ""
}

// opusOptions reads how the far end wants to be sent Opus. What makes no sense is a wish that is ignored.
func opusOptions(parameters string) codec.Options {
	var o codec.Options
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
		if err != nil {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "useinbandfec":
			if n == 1 {
				o.LossPct = fecLoss
			}
		case "maxaveragebitrate":
			if n >= leastOpus && n <= mostOpus {
				o.Bitrate = int(n)
			}
		}
	}
	switch {
	case o.LossPct > 0 && (o.Bitrate == 0 || o.Bitrate > fecBitrate):
		o.Bitrate = fecBitrate
	case o.LossPct == 0 && o.Bitrate > codec.DefaultOpusBitrate:
		o.Bitrate = 0 // we send no more than our own
	}
	return o
}
