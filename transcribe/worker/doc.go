// Package worker is the recogniser's process: `patchbay transcriber`, a child of the server's or on another machine. It takes
// sound from the host over the protocol of transcribe/proto.go, finds utterances in it, runs the engine over them and sends
// partials and lines back. Transcribe does the same with a whole recording.
//
// Floor F1, below transcribe (whose child it is). It imports transcribe and knows no engine: the command gives it one.
//
// # From sound to lines
//
// A segmenter per stream finds utterances from the voice detector's probabilities; a session around it decides which passes
// of the recogniser they need. Both are state machines without a clock: time is the position in the sound, so that a test
// steps them and a whole recording runs as fast as the machine can. Words appear as a partial 0.4 s after the
// onset. A quarter of a second of silence starts the final pass on trial, half a second makes it the line; speech that goes
// on before throws it away. Only where a voice was detected is anything decoded: the recogniser invents words for silence.
//
// Positions, not a memory, carry a stream over a crash: the child says with every line up to where everything is final,
// and begins anew from there when another process is given the same sound.
//
// # Goroutines
//
// Serve owns them all and waits for them (only ErrHung leaves one behind): a reader, a writer (also the heartbeat), one per
// stream that owns its session, and the workers that run passes. Queues are bounded: a stream takes no more sound in while
// four utterances wait for their lines, the host sends ten seconds ahead at most, and each session has one partial, one
// final on trial and four finals at a time.
//
// The package never logs what was said, keeps nothing on disk and opens no network connection.
package worker
