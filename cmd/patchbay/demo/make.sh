#!/bin/sh
# Makes haruto.mp3 anew: what Haruto Tanaka, a customer of the demo, says on the telephone. Needs flite, sox and lame. The
# words are our own (Apache-2.0); the voice is Flite's rms (CMU Arctic, free for any use).
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0
while read -r sentence; do
  n=$((n + 1))
  flite -voice rms -o "$tmp/raw.wav" -t "$sentence"
  sox "$tmp/raw.wav" -r 16000 -c 1 "$tmp/$n.wav" pad 0 0.9
done <<'WORDS'
Hello, this is Haruto Tanaka speaking.
I booked the winter tour to Hokkaido for two people in February.
My wife cannot travel on the fourteenth, so we would like to move it to the twenty first.
Is there still room on that tour, and does it cost anything to change?
Please send the confirmation to my e-mail address. Thank you very much.
WORDS
sox "$tmp/1.wav" "$tmp/2.wav" "$tmp/3.wav" "$tmp/4.wav" "$tmp/5.wav" "$tmp/all.wav" gain -n -5
lame --quiet -m m -b 32 --noreplaygain "$tmp/all.wav" haruto.mp3
