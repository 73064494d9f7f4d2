// Package transcribe turns a leg's sound into partials and lines. It is the host's half, in the server's process: streams,
// kept audio, and the supervision of the recogniser, which runs in a child process (transcribe/worker) so that a crash in
// its C++ costs no call. The two halves speak the small protocol of proto.go over the child's stdin and stdout.
//
// Floor F1. It imports media and nothing else of this program.
//
// # How no word is lost
//
// A stream keeps its sound from the moment the recogniser last called final. Lines carry that position with them. When the
// child dies, a new one gets the kept sound again, beginning one second earlier to warm the voice detector up, and takes up
// exactly where lines ended: it hears the same stretches, so lines come in their place, once each, with the same ids. Sound
// beyond a bound in memory goes to an unlinked file (nothing said outlives the process), and beyond MaxKept the oldest is
// dropped and counted.
//
// # Goroutines
//
// Service.Run owns: one supervisor (the caller's goroutine); one keeper (silence while a leg gives no sound, time limits,
// kept audio to files); and per child one that starts and waits for it, one each for what it writes to stdout and stderr,
// and one that writes to it. Service.Open starts one goroutine per stream, which calls the Listener and ends when the stream
// does. Nobody waits inside Stream.Write: it copies 20 ms under a short lock and allocates nothing in steady state.
//
// The package never logs what was said, never talks to a network and never decides what is speech: the child does.
package transcribe
