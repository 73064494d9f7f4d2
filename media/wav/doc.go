// Package wav reads and writes WAV files, and brings any sample rate to 16 kHz.
//
// Floor: F0. It owns no goroutine and no state. It reads PCM of 16 bits and G.711 (RFC 2361's 1, 6 and 7), mixed down to
// one channel, and writes 16-bit PCM, mono. What it reads is bounded in length, whatever the header claims.
package wav
