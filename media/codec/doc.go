// Package codec turns Frames into the payloads of RTP packets and back: G.711 (ITU-T G.711), G.722 at 64 kb/s (ITU-T
// G.722) and Opus (RFC 6716, by libopus). It also fills in for lost packets, in the spirit of G.711 Appendix I where the
// codec has no concealment of its own, resamples between the 8 kHz of G.711 and the 16 kHz of a Frame, and shortens or
// lengthens sound by a period of the voice, with which package rtp steers its delay.
//
// Floor F0. It owns no goroutine; an Encoder or Decoder belongs to one goroutine at a time. It never allocates after a
// coder is made, and never sees an RTP header: that is package rtp's.
package codec
