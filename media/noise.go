package media

// comfortPeak bounds the comfort noise: samples spread evenly over ±18 have a root mean square of 10.7, which is
// −69.7 dBov (RFC 6464 §3 counts from a full-scale square wave). One does not notice it; one would miss it.
const comfortPeak = 18

// noise makes comfort noise: white, from a xorshift generator.
type noise struct{ state uint32 }

func (n *noise) fill(f *Frame) {
	s := n.state
	for i := range f {
		s ^= s << 13
		s ^= s >> 17
		s ^= s << 5
		f[i] = int16((s>>16)*(2*comfortPeak+1)>>16) - comfortPeak
	}
	n.state = s
}
