// Package wer measures how many words a recogniser got wrong.
package wer

// Normalize gives the words of text in lower-case letters, digits as spoken words.
func Normalize(text string) []string { return nil }

// Errors counts the fewest word substitutions, insertions and deletions that turn ref into hyp.
func Errors(ref, hyp []string) int { return 0 }

// Rate is the word error rate of hyp against ref, both normalised first. An empty ref gives the number of words in hyp.
func Rate(ref, hyp string) float64 { return 0 }
