// Package webrtc carries a leg's sound to and from a browser: pion with one UDP port (and one TCP port) for all peers.
//
// Floor: F0. It knows neither users nor calls, and it does not signal: descriptions and candidates go in and out as
// values, and whoever owns the Peer carries them.
//
// An API owns the sockets, which ticks read: a browser's sound goes from there to its Peer, decrypted in the tick, and all else
// to pion (docs/adr/013). A Peer owns its PeerConnection, one goroutine that delivers its events in order, one that reports, and for each
// direction one that drains RTCP, with one more that reads the remote track; Close waits for all of them. pion's own
// callbacks only append to the Peer's queue and never block, so Close cannot deadlock with them. A Peer is a media.Leg:
// its ReadFrame and WriteFrame neither block nor allocate.
//
// RFCs: 8445 (ICE, ICE-lite), 8838 (trickle), 6544 (ICE over TCP), 5763/5764 (DTLS-SRTP), 8829 (JSEP), 7874 (audio codecs), 7587 (Opus).
package webrtc
