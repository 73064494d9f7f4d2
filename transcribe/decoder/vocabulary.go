package decoder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxVocabularyFile = 16 << 20 // bytes; Whisper's have 0.5 MB
	byteTokens        = 256      // the first tokens are the single bytes
)

// vocabulary is Whisper's byte-level BPE: tokens to bytes and text to tokens.
type vocabulary struct {
	bytes [][]byte       // of each text token
	rank  map[string]int // text token by its bytes; the number is also the order of merging

	lines int // of the file: all tokens, special ones too

	eot, sot, transcribe, prev, noSpeech, noTimestamps int

	translate int // 0 in a model that knows no such task

	languages map[string]int // token by code; empty in an English-only model
}

func readVocabulary(path string) (*vocabulary, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxVocabularyFile+1))
	if err != nil {
		return nil, fmt.Errorf("decoder: %s: %w", path, err)
	}
	v, err := parseVocabulary(b)
	if err != nil {
		return nil, fmt.Errorf("decoder: %s: %w", path, err)
	}
	return v, nil
}

// parseVocabulary reads vocabulary.txt: one token a line, its bytes spelt in GPT-2's alphabet of printable characters.
func parseVocabulary(b []byte) (*vocabulary, error) {
	if len(b) > maxVocabularyFile {
		return nil, errors.New("it is too large for a vocabulary")
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	special := make(map[string]int)
	v := &vocabulary{lines: len(lines), rank: make(map[string]int), languages: make(map[string]int)}
	for i, l := range lines {
		if len(l) >= len("<||>") && strings.HasPrefix(l, "<|") && strings.HasSuffix(l, "|>") {
			special[l] = i
		}
	}
	for name, id := range map[string]*int{
		"<|endoftext|>": &v.eot, "<|startoftranscript|>": &v.sot, "<|transcribe|>": &v.transcribe,
		"<|startofprev|>": &v.prev, "<|nocaptions|>": &v.noSpeech, "<|notimestamps|>": &v.noTimestamps,
	} {
		n, ok := special[name]
		if !ok {
			if name != "<|nocaptions|>" {
				return nil, fmt.Errorf("the token %s is missing", name)
			}
			if n, ok = special["<|nospeech|>"]; !ok {
				return nil, fmt.Errorf("the tokens %s and <|nospeech|> are missing", name)
			}
		}
		*id = n
	}
	if !(byteTokens < v.eot && v.eot < v.sot && v.sot < v.transcribe && v.transcribe < v.noSpeech && v.noSpeech < v.noTimestamps) {
		return nil, errors.New("the special tokens are not in Whisper's order")
	}
	v.translate = special["<|translate|>"]
	letters := alphabet()
	for i, l := range lines[:v.eot] {
		t := make([]byte, 0, len(l))
		for _, r := range l {
			c, ok := letters[r]
			if !ok {
				return nil, fmt.Errorf("line %d: %q is not in the alphabet", i+1, r)
			}
			t = append(t, c)
		}
		v.bytes = append(v.bytes, t)
		if _, twice := v.rank[string(t)]; !twice && len(t) > 0 {
			v.rank[string(t)] = i
		}
	}
	// OpenAI's multilingual vocabularies begin with one token more than the English one.
	if v.eot > 50256 {
		for code, id := range special {
			if id > v.sot && id < v.transcribe && code != "<|translate|>" {
				v.languages[code[2:len(code)-2]] = id
			}
		}
	}
	return v, nil
}

// alphabet maps GPT-2's printable characters to bytes: printable Latin-1 stands for itself, the others follow from U+0100.
func alphabet() map[rune]byte {
	m := make(map[rune]byte, 256)
	next := rune(256)
	for c := range rune(256) {
		if c >= '!' && c <= '~' || c >= 0xa1 && c <= 0xac || c >= 0xae {
			m[c] = byte(c)
			continue
		}
		m[next] = byte(c)
		next++
	}
	return m
}

// multilingual says whether the model knows languages beside English.
func (v *vocabulary) multilingual() bool { return len(v.languages) > 0 }

// text joins tokens; special ones have none.
func (v *vocabulary) text(tokens []int32) string {
	var b bytes.Buffer
	for _, t := range tokens {
		b.Write(v.spell(t))
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

func (v *vocabulary) spell(t int32) []byte {
	if t < 0 || int(t) >= len(v.bytes) {
		return nil
	}
	return v.bytes[t]
}

// encode turns text into at most limit tokens, exactly as OpenAI's tokenizer does.
func (v *vocabulary) encode(text string, limit int) []int64 {
	var out []int64
	for text != "" && len(out) < limit {
		n := piece(text)
		out = v.merge(out, text[:n])
		text = text[n:]
	}
	return out[:min(len(out), limit)]
}

// maxPiece bounds one piece: merging costs the square of its length.
const maxPiece = 256

// merge appends the tokens of one piece: the neighbours that form the token of the lowest rank are joined, again and again.
func (v *vocabulary) merge(out []int64, p string) []int64 {
	ends := make([]int, 0, len(p)) // where each part ends
	for i := range len(p) {
		ends = append(ends, i+1)
	}
	start := func(i int) int {
		if i == 0 {
			return 0
		}
		return ends[i-1]
	}
	for {
		best, at := len(v.bytes), -1
		for i := 0; i+1 < len(ends); i++ {
			if r, ok := v.rank[p[start(i):ends[i+1]]]; ok && r < best {
				best, at = r, i
			}
		}
		if at < 0 {
			break
		}
		ends = append(ends[:at], ends[at+1:]...)
	}
	for i, e := range ends {
		if r, ok := v.rank[p[start(i):e]]; ok {
			out = append(out, int64(r))
		}
	}
	return out
}

// piece is the length of the first piece of text in GPT-2's splitting:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func piece(text string) int {
	for _, c := range [...]string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
		if strings.HasPrefix(text, c) {
			return len(c)
		}
	}
	body := strings.TrimPrefix(text, " ")
	space := len(text) - len(body)
	first, _ := utf8.DecodeRuneInString(body)
	for _, class := range [...]func(rune) bool{unicode.IsLetter, unicode.IsNumber, isOther} {
		if body != "" && class(first) {
			return space + min(run(body, class), maxPiece)
		}
	}
	n := run(text, unicode.IsSpace)
	if n < len(text) { // the last space before a word belongs to the word
		_, last := utf8.DecodeLastRuneInString(text[:n])
		if n > last {
			n -= last
		}
	}
	return min(n, maxPiece)
}

func isOther(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// run is the length of the longest beginning of s whose runes are all of a class.
func run(s string, class func(rune) bool) int {
	if n := strings.IndexFunc(s, func(r rune) bool { return !class(r) }); n >= 0 {
		return n
	}
	return len(s)
}
