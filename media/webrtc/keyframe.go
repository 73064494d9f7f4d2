package webrtc

// keyframe tells whether a payload begins a key frame, from which on a viewer needs nothing older. It reads the payload's
// headers only.
func keyframe(c VideoCodec, payload []byte) bool {
	if c == H264 {
		return keyframeH264(payload)
	}
	return keyframeVP8(payload)
}

// keyframeVP8 reads the payload descriptor (RFC 7741 §4.2) and the first byte of the frame header (RFC 6386 §9.1).
func keyframeVP8(p []byte) bool {
	if len(p) == 0 {
		return false
	}
	first := p[0]
	if first&0x10 == 0 || first&0x07 != 0 { // S: a partition begins; PID 0: the first of them
		return false
	}
	at := 1
	if first&0x80 != 0 { // X
		if len(p) <= at {
			return false
		}
		ext := p[at]
		at++
		if ext&0x80 != 0 { // I: the picture's number, of one or two bytes
			if len(p) <= at {
				return false
			}
			if p[at]&0x80 != 0 {
				at++
			}
			at++
		}
		if ext&0x40 != 0 { // L
			at++
		}
		if ext&0x30 != 0 { // T or K share a byte
			at++
		}
	}
	return len(p) > at && p[at]&0x01 == 0 // P: 0 in a key frame
}

// Types of H.264's units (RFC 6184 §5.2, ITU-T H.264 table 7-1).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// keyframeH264 looks for the parameters or the picture that begin a coded video sequence.
func keyframeH264(p []byte) bool {
	if len(p) < 2 {
		return false
	}
	begins := func(header byte) bool { return header&0x1f == nalIDR || header&0x1f == nalSPS }
	switch p[0] & 0x1f {
	case nalSTAPA: // RFC 6184 §5.7.1: two bytes of length before each unit
		for at := 1; at+2 < len(p); {
			size := int(p[at])<<8 | int(p[at+1])
			if begins(p[at+2]) {
				return true
			}
			at += 2 + size
		}
		return false
	case nalFUA: // RFC 6184 §5.8: the S bit marks the first fragment
		return p[1]&0x80 != 0 && begins(p[1])
	}
	return begins(p[0])
}
