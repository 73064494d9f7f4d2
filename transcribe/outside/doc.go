// Package outside is a transcribe.Engine whose lines come from another recogniser by URL, by the request that OpenAI made common:
// POST /v1/audio/transcriptions. Sound, and the words of the record that prime it, leave the machine; so it is off unless an
// operator names a URL, and the desk and the doctor say where it goes.
//
// A local engine stands behind it: it judges where voices are, hears partials, finds the language out, and writes the line where
// the other one is slow, fails, or answers nonsense. After a failure the other one is left alone for a while, so that lines do
// not wait for its time-out again and again.
//
// Floor F1. It owns no goroutines: requests run in their callers'. It never logs what was said, nor the key.
package outside
