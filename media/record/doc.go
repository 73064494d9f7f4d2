// Package record keeps the sound of interactions: stereo Ogg Opus (RFC 7845), the customer left and the agents right, in
// sealed segments (package seal) of a second, spooled on this machine and, when the interaction is over, copied to a
// bucket (gocloud.dev/blob).
//
// Floor: F0. A Vault owns the uploads, which Run drives, and one goroutine for each Recorder, which ends with the
// recording; Close waits for them. A Recorder's two legs are written by a bridge's tick, which they never hold up: frames
// go through a ring, commands are notes to the goroutine.
//
// A segment reaches the file by write(2) within a second of its sound, so kill -9 loses at most 2 s; what a crash left is
// closed into a playable file at the next start. Position 0 is that of the bridge: the time axis is the transcript's, and
// what was not recorded is silence on it. Opus at 48 kHz is the unit of Ogg's clock, 20 ms the unit of ours.
//
// It knows no database: who may listen, and for how long recordings are kept, is decided above.
package record
