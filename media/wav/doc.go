// Package wav reads and writes WAV files, and brings any sample rate to 16 kHz.
//
// Floor: F0. It owns no goroutine and no state. It reads PCM of 8 to 32 bits, floating point and G.711 (RFC 2361's 1, 3, 6
// and 7), mixed down to one channel, and writes 16-bit PCM, mono. What it reads is bounded in length, whatever the header claims.
package wav
