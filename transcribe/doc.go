// Package transcribe turns a leg's sound into partials and lines. It is the host's half, in the server's process: streams,
// kept audio, the supervision of the recogniser, which runs in a child process (transcribe/worker) so that a crash in
// its C++ costs no call, and the sharing of calls among it and workers on other machines (transcribe/remote). The two
// halves speak the small protocol of proto.go over the child's stdin and stdout, or over the network.
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
// # Whose call it is
//
// A stream is heard by one worker at a time: at first by that with the most room for its cores (fleet.go). Another hears it
// when that one dies or falls silent, does not take its sound in, or is late with its lines; it begins where a new child
// would. What the old one still says is nobody's: its number of the stream is void.
//
// # Goroutines
//
// Service.Run owns: one supervisor (the caller's goroutine); one keeper (silence while a leg gives no sound, time limits,
// kept audio to files, the health of workers); and per child one that starts and waits for it, one each for what it writes to
// stdout and stderr, and one that writes to it. Attach, the caller's goroutine, owns one that reads a worker and one that writes
// to it. Service.Open starts one goroutine per stream, which calls the Listener and ends when the stream
// does. Nobody waits inside Stream.Write: it copies 20 ms under a short lock and allocates nothing in steady state.
//
// The package never logs what was said, opens no network connection (it is given them) and never decides what is speech: the
// worker does. What a worker says is bounded, must fit the sound that it was sent, and holds printable characters only.
package transcribe
