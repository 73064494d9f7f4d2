#!/bin/sh
# Makes the prompts and hold.mp3 anew. Needs flite, sox, lame and Go. The files are our own (Apache-2.0);
# the voice is Flite's slt (CMU Arctic, free for any use).
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# say FILE WORDS: short silences at both ends, the peak at -5 dBFS.
say() {
  flite -voice slt --setf duration_stretch=0.88 -o "$tmp/raw.wav" -t "$2"
  sox "$tmp/raw.wav" -r 16000 -c 1 "$tmp/said.wav" \
    silence 1 0.02 0.2% reverse silence 1 0.02 0.2% reverse pad 0.15 0.15 highpass 90 gain -n -5
  lame --quiet -m m -b 32 --noreplaygain "$tmp/said.wav" "$1"
}
say greeting.mp3 "Thank you for calling. This call is recorded and transcribed. Please hold for an agent."
say consent.mp3 "Thank you for calling. May we record and transcribe this call? Press one for yes, or two for no."
say question.mp3 "May we record and transcribe this call? Press one for yes, or two for no."
say announced.mp3 "This call is recorded and transcribed."
say unrecorded.mp3 "Thank you for calling. This call is transcribed, but its sound is not kept. Please hold for an agent."
say closing.mp3 "We are sorry. This line is closing now. Please call again in a few minutes."

go run tune.go "$tmp/hold.wav"
lame --quiet -m m -b 40 --noreplaygain "$tmp/hold.wav" hold.mp3
