// Package sip is the signalling edge: it takes calls over UDP and TCP (Server, Call) and places them (Server.Dial and
// Dial, OutCall).
//
// Floor F1. It imports media and its subpackages only, and knows nothing of queues, agents or customers.
//
// What it stands on: messages are parsed and written by sipgo's sip package; transactions, dialogs and sockets are our
// own, because sipgo's transaction layer forks a goroutine per message (so messages of one call may overtake each
// other), answers a CANCEL under another To tag than the INVITE had, keeps an entry per source address for ever, and
// logs what strangers send. sipgo's parser takes more than RFC 3261 allows, so validate looks at each message again.
//
// Goroutines: an endpoint owns one reader per UDP socket, one acceptor and one reader per TCP connection. A Call or
// OutCall owns one goroutine, the only one that touches its dialog, and one more that reads the events of its RTP
// session; looking up a name or connecting to say BYE takes another, for 5 s at most. A Server with a registrar has one that
// keeps it registered. Server runs Config.Handler in one
// more goroutine per call. A call of Server.Dial is waited for as one that came in. Server.Run and OutCall.Close wait for all.
//
// RFCs: 3261 (SIP), 6026 (2xx and INVITE transactions), 3264 (offer/answer, in sip/sdp), 3311 (UPDATE), 3323 and 3325
// (privacy, asserted identity), 3326 (Q.850 causes of refusals), 3581 (rport), 4028 (session timers, on either side), 2976
// and 6086 (INFO with dtmf-relay), 7616 and 8760 (Digest, as the one who is asked), 4475 (what to refuse: TestTorture).
//
// It registers itself where it is told to (RegisterConfig) and takes nobody's registration. It never asks for a password,
// forwards or forks, never offers 100rel, never logs a number, a body or a packet of a stranger (they are counted in
// Stats), and never hangs up because RTP stopped: that is an Event.
package sip
