// Package prime chooses what the recogniser is told of a call before it listens: the customer's name, town and organisation,
// the orders and cases that the call is probably about, the agent's and the queue's names, and the centre's own vocabulary.
// Told of them, Whisper hears them: see docs/speech.md for figures. The text is short (MaxTokens) and natural, because a
// long one slows every pass and invites its words into noise.
//
// It also knows which recognised words stand in the record (Memory), and writes a vocabulary's word where the recogniser
// wrote what it sounds like.
//
// Floor F1. Pure functions: no I/O, no goroutines, no state. It never adds a word to what was heard.
package prime
