// Package written turns recognised words into the form that people write: "twelve dollars fifty" is $12.50, "A B four five
// one" is AB451, "K-I-N-G" is King, 一万二千円 is 12,000円. The recogniser writes much of that form itself, so the first rule
// is to leave alone what is not certain: text in which no rule finds anything comes back byte for byte.
//
// Floor F1. Pure functions: no I/O, no goroutines, no state. English and Japanese are known; other languages pass through.
// It never corrects grammar, never guesses a word that was not said, and never reads what it writes aloud: the words as
// they were said stand beside the line (transcribe.Spoken).
package written
