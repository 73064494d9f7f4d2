// Package redact masks card numbers, security codes, bank and identity numbers in what is said and typed, before it is
// first shown or kept.
//
// Floor F1. Pure: no I/O, no clock, no goroutines of its own. A Call may be used from several goroutines; it holds one
// mutex for the length of a method.
//
// How a number is found: text is read as tokens (numerals of any script, number words in English and Japanese, "double
// four", "oh"), tokens with nothing but fillers between them are a run, and a run is judged by its digits (Luhn, ISO 7064
// for IBANs), by how long it is, and by the cues before it ("card number", セキュリティコード), said by whoever in the last
// seconds. A recogniser drops digits of long numbers, so among the digits that are said, unlike those that are typed, a
// run need not fit the checksum to be masked.
//
// Mask first, reveal later: a line that ends in the middle of what may be such a number is given out masked; when what
// follows shows that it is none, the line is given out again with its digits. A crash in between leaves the mask.
//
// docs/guardrails.md lists the rules and their limits. It never keeps an original, and never guesses what was masked.
package redact
