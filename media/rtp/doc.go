// Package rtp carries Frames over RTP (RFC 3550, RFC 3551): an adaptive jitter buffer (Receiver), a packetiser (Sender),
// telephone-event both ways (RFC 4733), comfort noise (RFC 3389), and the UDP sockets, RTCP and symmetric RTP (RFC 4961)
// of a SIP leg (Session, PortPool).
//
// Floor F0. A Receiver and a Sender own no goroutine. A Session owns a reader of its RTCP socket and a goroutine that
// sends reports; its Close waits for both. Its RTP socket is read in ReadFrame. Nothing here allocates, blocks or logs on the 20 ms path; malformed packets are counted. The
// package never signals: which addresses, codecs and directions hold is told to it, and a stream that stops is an Event,
// never a hang-up.
package rtp
