package written

import "strings"

var (
	endings = words("com org net edu gov io info biz co jp uk de fr it es nl eu us ca au nz in ch at se no dk fi ie pt pl br mx kr cn tw hk sg app dev shop travel")
	mailed  = words("email e-mail emails mail address addresses mailbox gmail")
	marks   = map[string]string{"dot": ".", "underscore": "_", "dash": "-", "hyphen": "-", "minus": "-", "plus": "+"}
	// noLocal are words before "at" that are never somebody's mailbox.
	noLocal = words("is are was look looked looking found find booked book it me us them him her there here up see saw site page website order " +
		"ordered bought buy online back out on address email e-mail mail us reach contact available visit and or the a you available sign signed")
)

// address writes e-mail addresses and sites that were said: "john dot smith at example dot com", "w w w dot example dot org".
func address(w *writer, i int) (string, int) {
	local, n, dots := w.chain(i, false)
	if n == 0 {
		return "", 0
	}
	if w.at(i + n) {
		domain, k := w.domain(i + n + 1)
		cued := w.cue(i, mailed)
		if k > 0 && (dots > 0 || n > 1 || strings.Contains(strings.Trim(local, "."), ".") || cued && !noLocal[strings.ToLower(local)] || w.low(i+n) == "@") {
			return strings.ToLower(local + "@" + domain), n + 1 + k
		}
	}
	if domain, k := w.domain(i); k > 1 {
		return strings.ToLower(domain), k
	}
	return "", 0
}

func (w *writer) at(i int) bool {
	return i < len(w.t) && w.joined(i-1) && w.joined(i) && (w.low(i) == "at" || w.low(i) == "@")
}

// chain reads words joined by "dot", "underscore" and "dash" at i. In a domain the dots alone join.
func (w *writer) chain(i int, domain bool) (text string, n, joints int) {
	var b strings.Builder
	for n < maxRun {
		item, k := w.item(i+n, !domain)
		if k == 0 {
			break
		}
		b.WriteString(item)
		n += k
		mark, ok := marks[w.low(i+n)]
		if !ok || !w.joined(i+n-1) || !w.joined(i+n) || domain && mark != "." && mark != "-" {
			return b.String(), n, joints
		}
		if _, k := w.item(i+n+1, !domain); k == 0 {
			return b.String(), n, joints
		}
		b.WriteString(mark)
		n++
		joints++
	}
	return "", 0, 0
}

// item reads one part of an address: a word, letters said one by one, a number behind either.
func (w *writer) item(i int, numbers bool) (string, int) {
	if i >= len(w.t) || !isAddress(w.low(i)) {
		return "", 0
	}
	text, n := w.t[i].core, 1
	for len(text) == n && n < maxRun && isLetters(text) && w.joined(i+n-1) && len(w.low(i+n)) == 1 && isLetters(w.low(i+n)) {
		text += w.t[i+n].core
		n++
	}
	for numbers && n < maxRun && w.joined(i+n-1) {
		d, ok := w.digit(i+n, true)
		if !ok {
			if f := w.small(i + n); f.n > 0 {
				text, n = text+grouped(f.value, false), n+f.n
				continue
			}
			if !isDigits(w.low(i + n)) {
				break
			}
			d = w.low(i + n)
		}
		text += d
		n++
	}
	return text, n
}

// isAddress reports whether s may be a part of an address.
func isAddress(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.+", r)) {
			return false
		}
	}
	return s != ""
}

// domain reads a domain at i that ends in a known ending, said or written.
func (w *writer) domain(i int) (string, int) {
	text, n, _ := w.chain(i, true)
	dot := strings.LastIndexByte(text, '.')
	if dot < 1 || !endings[strings.ToLower(text[dot+1:])] {
		return "", 0
	}
	return text, n
}
