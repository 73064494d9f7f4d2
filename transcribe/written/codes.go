package written

import (
	"strings"
)

// labelled are words near which letters and figures are a code and not words.
var labelled = words("number numbers order orders code reference ref booking confirmation flight gate seat ticket tracking case invoice policy account " +
	"serial model postcode zip plate registration licence license passport room id row platform pnr voucher")

// acronyms are letters that stay letters where they are spelled.
var acronyms = words("usa uk eu un dvd cd bbc cnn nbc atm faq vip pin sms gps usb pdf ceo cfo cto hr it tv pc id ok asap diy rsvp eta iban vat sim " +
	"api url www http nhs fbi cia nasa ibm bmw mba phd led lcd ev suv jr jal ana abc xyz")

// alphabets are the words that spell letters when people speak of "K as in kilo".
var alphabets = func() map[string]byte {
	m := map[string]byte{}
	for w := range words("alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa quebec romeo " +
		"sierra tango uniform victor whiskey whisky x-ray xray yankee zulu") {
		m[w] = w[0]
	}
	return m
}()

// spelling is what a run of letters and digits said one by one comes to.
type spelling struct {
	text    []byte // A–Z, 0–9, and hyphens that were said
	letters int
	digits  int
	n       int  // tokens
	explain bool // some letters were explained: "K as in kilo"
	single  bool // some letters stood alone or were joined by hyphens: not only one word like UM
	said    bool // some digits were said in words
}

func (s *spelling) add(text string) {
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
			s.digits++
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
			s.letters++
		case c >= 'A' && c <= 'Z':
			s.letters++
		}
		s.text = append(s.text, c)
	}
}

// code writes spelled names and order numbers: "K-I-N-G", "A B four five one", "K as in kilo, I as in India".
func code(w *writer, i int) (string, int) {
	s := w.spell(i)
	if s.n == 0 {
		return "", 0
	}
	text := string(s.text)
	if s.digits == 0 {
		return w.spelledName(i, s, text)
	}
	cued := w.cue(i, labelled)
	first := text[0]
	switch {
	case s.digits < 2 && !(cued && s.n > 1 && s.letters+s.digits > 2):
		return "", 0
	case s.n == 1 && !strings.ContainsRune(w.t[i].core[1:], '-'):
		return "", 0 // AB451: it is written already
	case s.n == 1 && !eachAlone(w.t[i].core):
		return "", 0 // UM-4729-1835
	case !s.single && !s.said && !cued:
		return "", 0 // USA 2024
	case s.letters == 1 && !s.said && !cued:
		return "", 0 // group B 22
	case s.letters == 1 && (first == 'A' || first == 'I') && !cued && s.digits < 3:
		return "", 0
	}
	return text, s.n
}

// eachAlone reports whether a word is letters and digits with a hyphen between any two: A-B-4-5-1.
func eachAlone(core string) bool {
	for _, p := range strings.Split(core, "-") {
		if len(p) != 1 {
			return false
		}
	}
	return true
}

// spelledName writes letters without digits as the name that they spell.
func (w *writer) spelledName(i int, s spelling, text string) (string, int) {
	if s.letters < 3 && !s.explain || s.letters < 2 || strings.ContainsRune(text, '-') || !s.single {
		return "", 0
	}
	low := strings.ToLower(text)
	if acronyms[low] || !strings.ContainsAny(low, "aeiouy") {
		return text, s.n
	}
	if i > 0 && strings.EqualFold(w.t[i-1].core, text) && strings.Trim(w.t[i-1].tail, ",:;") == "" {
		return "", s.n // "King, K-I-N-G": the name stands there
	}
	return text[:1] + low[1:], s.n
}

// spell reads a run of letters and digits at i, said one by one.
func (w *writer) spell(i int) spelling {
	var s spelling
	for at := i; at < len(w.t) && s.n < maxRun; at = i + s.n {
		if at > i && !w.between(at-1) {
			break
		}
		text, n, explained := w.spelled(at, s)
		if n == 0 {
			break
		}
		if s.n == 0 && text[0] >= '0' && text[0] <= '9' {
			return spelling{} // a run of digits is a telephone number, or an amount
		}
		// "K I N G I need …": the last I is the next sentence's, and so is the "a" of "a room".
		if low := w.low(at); n == 1 && (low == "i" || low == "a") && w.joined(at) && w.word(at+1) && s.digits+s.letters != 1 {
			break
		}
		if core := w.t[at].core; len(core) > 1 && text == core && isLetters(core) && s.n > 0 {
			break // a word in capitals begins a code only
		}
		s.explain = s.explain || explained
		s.single = s.single || explained || len(w.t[at].core) == 1 || isLetter(text[0]) && strings.ContainsRune(w.t[at].core, '-')
		if _, word := units[w.low(at)]; word {
			s.said = true
		}
		s.add(text)
		s.n += n
	}
	for s.n > 0 && s.text[len(s.text)-1] == '-' { // a dash that nothing follows
		s.text = s.text[:len(s.text)-1]
		s.n--
	}
	if s.digits > 0 && w.countsOn(i+s.n) {
		return spelling{}
	}
	return s
}

// countsOn reports whether what stands at i makes the digits before it a number: "five hundred", "two point five".
func (w *writer) countsOn(i int) bool {
	if !w.joined(i - 1) {
		return false
	}
	_, scale := scales[w.low(i)]
	_, money := currencies[w.low(i)]
	return scale || money || w.low(i) == "hundred" || w.low(i) == "point" || w.low(i) == "percent"
}

// between reports whether a run may go on behind token i: a comma or the dot of an initial may stand there.
func (w *writer) between(i int) bool {
	if i+1 >= len(w.t) || w.t[i+1].lead != "" {
		return false
	}
	switch w.t[i].tail {
	case "", ",":
		return true
	case ".":
		return len(w.t[i].core) == 1 && len(w.t[i+1].core) == 1
	case "...":
		return len(w.t[i+1].core) == 1
	}
	return false
}

// word reports whether token i is a word and no letter or digit.
func (w *writer) word(i int) bool {
	if i >= len(w.t) {
		return false
	}
	_, n, _ := w.spelled(i, spelling{n: 1, letters: 1})
	return n == 0 || len(w.t[i].core) > 1 && isLetters(w.t[i].core)
}

// spelled reads one item of a run at i, given what stands before it: a letter, one explained, letters with hyphens, a
// digit or digits, "double five", a dash.
func (w *writer) spelled(i int, before spelling) (text string, n int, explained bool) {
	core, low := w.t[i].core, w.low(i)
	switch {
	case len(core) == 1 && isLetter(core[0]):
		if low == "o" && before.digits > 0 {
			return "0", 1, false
		}
		if k := w.explained(i); k > 0 {
			return core, 1 + k, true
		}
		if core == "a" && before.n == 0 {
			return "", 0, false
		}
		return core, 1, false
	case hyphened(core):
		return strings.ReplaceAll(core, "-", ""), 1, false
	case before.n == 0 && len(core) <= 3 && len(core) > 1 && isUpper(core):
		return core, 1, false
	case before.n == 0:
		return w.alphabet(i)
	case (low == "dash" || low == "hyphen") && before.letters+before.digits > 0:
		return "-", 1, false
	case isDigits(core) && len(core) <= 8:
		return core, 1, false
	case low == "double" || low == "triple":
		times := map[string]int{"double": 2, "triple": 3}[low]
		if !w.joined(i) {
			return "", 0, false
		}
		if next := w.t[i+1].core; len(next) == 1 && isLetter(next[0]) {
			return strings.Repeat(next, times), 2, false
		}
		if d, ok := w.digit(i+1, false); ok {
			return strings.Repeat(d, times), 2, false
		}
		return "", 0, false
	}
	if d, ok := w.digit(i, before.digits > 0 || before.letters > 0 && w.oh(i)); ok {
		return d, 1, false
	}
	return "", 0, false
}

// oh reports whether an "oh" at i is a zero: a digit follows.
func (w *writer) oh(i int) bool {
	_, ok := w.digit(i+1, false)
	return w.low(i) == "oh" && ok
}

// explained gives the tokens behind the letter at i that only explain it: "as in kilo", "for kilo", "like kilo".
func (w *writer) explained(i int) int {
	if i+1 >= len(w.t) || w.t[i+1].lead != "" || strings.Trim(w.t[i].tail, ",") != "" {
		return 0
	}
	k := 0
	switch {
	case w.low(i+1) == "as" && w.after(i+2, "in"):
		k = 2
	case w.low(i+1) == "for", w.low(i+1) == "like":
		k = 1
	default:
		return 0
	}
	at := i + 1 + k
	if at >= len(w.t) || !w.joined(at-1) || !strings.HasPrefix(w.low(at), w.low(i)) || len(w.low(at)) < 2 {
		return 0
	}
	return k + 1
}

// alphabet reads four or more words of the spelling alphabet in a row.
func (w *writer) alphabet(i int) (string, int, bool) {
	var letters []byte
	for at := i; at < len(w.t) && at < i+maxRun; at++ {
		c, ok := alphabets[w.low(at)]
		if !ok || at > i && !w.between(at-1) {
			break
		}
		letters = append(letters, c-'a'+'A')
	}
	if len(letters) < 4 {
		return "", 0, false
	}
	return string(letters), len(letters), true
}

// hyphened reports whether a word is letters and digits joined by hyphens, as in K-I-N-G.
func hyphened(core string) bool {
	parts := strings.Split(core, "-")
	if len(parts) < 2 {
		return false
	}
	letters := 0
	for _, p := range parts {
		switch {
		case len(p) == 1 && isLetter(p[0]):
			letters++
		case !isDigits(p) || len(p) > 4:
			return false
		}
	}
	return letters >= 2
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isLetters(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) {
			return false
		}
	}
	return s != ""
}

func isUpper(s string) bool {
	return isLetters(s) && s == strings.ToUpper(s)
}
