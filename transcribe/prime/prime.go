package prime

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTokens is what the recogniser takes of a prompt. Text stays below it by its own, careful count.
const MaxTokens = 60

// budget leaves room for the recogniser's tokenizer cutting a name into more tokens than counted here.
const budget = 56

// maxPhrase is how long one phrase of the record may be, in runes: titles are cut at a word's end.
const maxPhrase = 48

// Record is what is known about one call.
type Record struct {
	Customer     string
	Town         string
	Organisation string
	Orders       []Order // newest first
	Opened       string  // a case that the agent has opened: likeliest to be spoken of
	Cases        []string
	Agents       []string
	Queue        string
	Vocabulary   []Term
}

// Order is something that the customer bought.
type Order struct {
	Number string
	Title  string
	Open   bool // still to come: likelier to be spoken of
}

// Term is one entry of a centre's vocabulary.
type Term struct {
	Text       string   `json:"text"`        // as it is written: "UmiPass"
	SoundsLike []string `json:"sounds_like"` // as the recogniser may write it: "you me pass"
}

// phrase is a part of the prompt: the sentence that it belongs to, and its words.
type phrase struct {
	sentence int
	text     string
}

// The sentences of a prompt, in order.
const (
	customer = iota
	order
	matter
	term
	agent
	queue
	sentences
)

// labels open each sentence. In other languages the phrases stand for themselves.
var labels = map[string][sentences]string{
	"en": {"Customer ", "Order: ", "Case: ", "", "Agent ", ""},
	"ja": {"お客様は", "ご注文は", "ご用件は", "", "担当は", ""},
}

// Text writes the prompt for a language ("" is any). It is empty where nothing is known.
func Text(r Record, language string) string {
	language = primary(language)
	var taken [sentences][]string
	left := budget
	for _, p := range r.phrases() {
		text := short(p.text)
		if text == "" || !readable(text, language) {
			continue
		}
		cost := tokens(text) + 1
		if len(taken[p.sentence]) == 0 {
			cost += tokens(labels[language][p.sentence]) + 1
		}
		if cost > left {
			continue
		}
		left -= cost
		taken[p.sentence] = append(taken[p.sentence], text)
	}
	comma, stop := ", ", ". "
	if language == "ja" {
		comma, stop = "、", "。"
	}
	var b strings.Builder
	for i, list := range taken {
		if len(list) > 0 {
			b.WriteString(labels[language][i] + strings.Join(list, comma) + stop)
		}
	}
	return strings.TrimSpace(b.String())
}

// phrases lists what could be told, the likeliest to be said first.
func (r Record) phrases() []phrase {
	list := []phrase{{customer, r.Customer}, {matter, r.Opened}}
	open, past := r.orders()
	for i, o := range open {
		if i < 2 {
			list = append(list, phrase{order, o.Title}, phrase{order, o.Number})
		}
	}
	list = append(list, phrase{customer, r.Town})
	for i, t := range r.Vocabulary {
		if i < 3 {
			list = append(list, phrase{term, t.Text})
		}
	}
	for i, name := range r.Agents {
		if i < 2 {
			list = append(list, phrase{agent, name})
		}
	}
	list = append(list, phrase{customer, r.Organisation})
	for i, c := range r.Cases {
		if i < 2 {
			list = append(list, phrase{matter, c})
		}
	}
	list = append(list, phrase{queue, r.Queue})
	for i, t := range r.Vocabulary {
		if i >= 3 {
			list = append(list, phrase{term, t.Text})
		}
	}
	for i, o := range past {
		if i < 2 {
			list = append(list, phrase{order, o.Title})
		}
	}
	return list
}

func (r Record) orders() (open, past []Order) {
	for _, o := range r.Orders {
		if o.Open {
			open = append(open, o)
		} else {
			past = append(past, o)
		}
	}
	return open, past
}

// counts are at a title's end, and nobody needs to be taught them: "Hokkaido winter tour, 2 people".
var counts = regexp.MustCompile(`,? \d+ (people|person|adults?|children|nights?|days?)$`)

// short takes a phrase without marks that end sentences, cut at a word's end.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune("<>|.。", r) {
			return -1 // "<|" would look like the recogniser's own marks
		}
		return r
	}, s)
	for cut := counts.ReplaceAllString(s, ""); cut != s; cut = counts.ReplaceAllString(s, "") {
		s = cut
	}
	if utf8.RuneCountInString(s) > maxPhrase {
		r := []rune(s)[:maxPhrase]
		s = string(r)
		if cut := strings.LastIndexByte(s, ' '); cut > 0 {
			s = s[:cut]
		}
	}
	return strings.Trim(s, " ,、:;")
}

// readable reports whether a phrase is in the script of the language: a Japanese name in an English prompt, or the other
// way round, leads the recogniser to the wrong one.
func readable(s, language string) bool {
	asian := strings.IndexFunc(s, isAsian) >= 0
	switch {
	case language == "ja":
		return asian || strings.ContainsFunc(s, unicode.IsDigit) && !strings.Contains(s, " ")
	case language == "zh" || language == "ko" || language == "yue":
		return true
	}
	return !asian
}

func isAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// tokens counts a text's tokens from above: names fall into pieces of three letters, figures of two, and a Han character
// into up to two tokens.
func tokens(s string) int {
	n, letters, digits := 0, 0, 0
	flush := func() {
		if letters > 0 {
			n += 1 + (letters-1)/3
		}
		n += (digits + 1) / 2
		letters, digits = 0, 0
	}
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Han):
			flush()
			n += 2
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			flush()
			n++
		case r >= '0' && r <= '9':
			if letters > 0 {
				flush()
			}
			digits++
		case unicode.IsLetter(r):
			if digits > 0 {
				flush()
			}
			letters++
			if letters > 1 && unicode.IsUpper(r) {
				letters++ // words in capitals fall into shorter pieces
			}
			if r >= utf8.RuneSelf {
				letters += 2
			}
		default:
			flush()
			if r != ' ' {
				n++
			}
		}
	}
	flush()
	return n
}

func primary(language string) string {
	language, _, _ = strings.Cut(strings.ReplaceAll(strings.ToLower(language), "_", "-"), "-")
	if language == "" {
		return "en"
	}
	return language
}
