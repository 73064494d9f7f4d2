#!/bin/sh
# Makes greeting.mp3 and hold.mp3 anew. Needs flite, sox, lame and Go. Both files are our own (Apache-2.0); the greeting's
# voice is Flite's slt (CMU Arctic, free for any use).
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

flite -voice slt --setf duration_stretch=0.88 -o "$tmp/raw.wav" \
  -t "Thank you for calling. This call is recorded and transcribed. Please hold for an agent."
# Short silences at both ends, the peak at -5 dBFS.
sox "$tmp/raw.wav" -r 16000 -c 1 "$tmp/greeting.wav" \
  silence 1 0.02 0.2% reverse silence 1 0.02 0.2% reverse pad 0.15 0.15 highpass 90 gain -n -5
lame --quiet -m m -b 32 --noreplaygain "$tmp/greeting.wav" greeting.mp3

go run tune.go "$tmp/hold.wav"
lame --quiet -m m -b 40 --noreplaygain "$tmp/hold.wav" hold.mp3
