// Package sdp negotiates one audio stream by offer and answer (RFC 3264 over RFC 4566/8866).
//
// Floor F1. It is pure: no goroutine, clock, socket or randomness. A State holds everything that a side has said and
// agreed so far; Answer, Offer and Accept take one and return the next, so a re-INVITE is answered from the full state
// and a refused one leaves the old State as it was.
//
// RFCs: 3264 (offer/answer), 4566 and 8866 (syntax), 3551 (static payload types), 4733 (telephone-event), 3605 (a=rtcp),
// 2543 (hold by c=0.0.0.0).
//
// It carries one audio stream over RTP/AVP or RTP/AVPF; every other m-line is rejected in its place. It never resolves
// names: an address that is none is refused.
package sdp
