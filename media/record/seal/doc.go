// Package seal keeps recordings unreadable at rest. Every recording has a random key of its own, wrapped by a master key
// that rotates (Keys); its bytes lie in a file of sealed segments, each authenticated and chained to the one before
// (Writer, File).
//
// Floor: F0. It owns no goroutine. Keys may be used from any goroutine; a Writer belongs to one at a time; a File may be
// read by several.
//
// Sealing is AES-256-GCM (NIST SP 800-38D) with a 96-bit nonce of epoch and segment number, which no key sees twice: a
// file that is opened again for writing begins a new epoch, and one that is rewritten gets a new key. Destroying the
// small file that holds a recording's wrapped key is what deletes the recording, wherever copies of it lie.
//
// It never knows what is in a segment.
package seal
