package wer

// Errors counts the fewest substitutions, insertions and deletions of words that turn ref into hyp.
func Errors(ref, hyp []string) int {
	// Levenshtein, row by row: row[j] is the distance from what we have of ref to hyp[:j].
	row := make([]int, len(hyp)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range ref {
		diagonal := row[0]
		row[0] = i + 1
		for j, h := range hyp {
			d := diagonal
			if r != h {
				d++
			}
			diagonal = row[j+1]
			row[j+1] = min(d, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(hyp)]
}

// Rate is the word error rate of hyp against ref, both normalised first: errors per word of ref. Where ref has no words it
// is the number of words in hyp.
func Rate(ref, hyp string) float64 {
	r, h := Normalize(ref), Normalize(hyp)
	return float64(Errors(r, h)) / float64(max(len(r), 1))
}
