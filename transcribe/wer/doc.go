// Package wer measures how many words a recogniser got wrong, and says text word by word in letters: "25" is
// "twenty five", so that what was said can be compared with what was written.
//
// Floor F1. Pure functions: no I/O, no goroutines, no state. Numbers and abbreviations are read as English; other
// languages keep their letters, and each Han or kana character is a word of its own.
package wer
