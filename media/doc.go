// Package media is the sound of a call: frames of 20 ms, and the Bridge in which the legs of one call hear each other.
//
// Floor: F0. It imports nothing of Patchbay.
//
// A Bridge runs from Run to the end of its context. Every 20 ms its tick reads each leg, hands each leg's own sound to its
// Tap, mixes for each listener what the Matrix lets it hear, and writes a frame to every leg, silence included, so that
// the far end never takes the line for dead. A Pacer owns a goroutine for each lane of Bridges, which ticks them one after
// the other, from the lane's first Bridge to its last. A Tap is read by one goroutine of its owner. Nothing else here runs by
// itself.
//
// In the tick nothing blocks, logs, allocates or does I/O, save the UDP send inside a leg's WriteFrame. The one lock that
// it takes guards the table of legs; others hold it for a few instructions, never over I/O. What goes wrong is counted
// and read from outside (Bridge.Stats).
//
// Supervision is a Matrix, not a mode: hold, mute, listen, whisper and barge in are rows of who hears whom.
//
// The package never resamples, knows no codec and no network (see media/codec, media/rtp, media/webrtc), and never
// divides when it mixes: voices are added and clipped, so nobody grows quieter because another joined.
package media
