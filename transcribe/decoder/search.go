package decoder

import (
	"context"
	"fmt"
	"math"

	"patchbay/transcribe/graph"
)

const (
	// noSpeechGate is the probability of nobody speaking from which a multilingual model's unsure words are thrown away.
	// An English-only model's probability says nothing: it lies between 0.49 and 0.98 on real speech.
	noSpeechGate = 0.6
	// sureWords is the mean logarithm of probabilities below which words are unsure. Words that were invented for tones,
	// noise and music had −1.8 and less, words that were said −1.3 and more, mostly −0.1 to −0.6.
	sureWords = -1.5
	// tell is the number of tokens after which nobody speaking may be told before the end is reached.
	tell      = 8
	maxTokens = 224 // text tokens of one pass: half of Whisper's context, as in its own decoding
)

// request is what one search decodes.
type request struct {
	frames   []float32 // log-mel, band by band within each frame
	language string    // code; "" = detect
	prompt   []int64
	bias     *bias // towards the prompt; may be nil
	draft    []int32
	guess    []int64 // what another model heard, in this one's tokens; where there is no draft
	english  bool    // what it means in English is wanted
	times    bool    // where in the sound each token was heard is wanted
}

// final reports whether the whole utterance is there: what goes on has no end to be found.
func (r request) final() bool { return r.times || r.english }

// found is what a search heard.
type found struct {
	tokens   []int32
	p        []float64 // probability of each token
	noSpeech float64
	language string
	accepted int     // tokens of draft or guess that stood
	runs     int     // of the decoder
	heard    []int64 // where each token begins, and behind them where the last one ends: samples; nil unless wanted
}

// search is one greedy search: the sound's keys and values, and the decoder's own memory that grows with each token.
type search struct {
	w     *whisper
	cross []*graph.Tensor
	self  []*graph.Tensor
	n     int // tokens in self
	rows  []float32
	out   []*graph.Tensor // logits and attention of the last step
	first int             // token of the last step whose logits are the first row
	given int             // tokens of the last step
	runs  int
}

// decode runs the model over one stretch.
func (w *whisper) decode(ctx context.Context, r request) (found, error) {
	s, err := w.start(r.frames)
	if err != nil {
		return found{}, err
	}
	defer s.close()
	return s.greedy(ctx, r)
}

// longest is the most tokens that a request can have: nobody says ten a second.
func (w *whisper) longest(r request) int { return min(maxTokens, 8+len(r.frames)/w.bands/10) }

// start runs the encoder and begins a search over what it gave.
func (w *whisper) start(frames []float32) (*search, error) {
	mel, err := graph.Floats(scale(frames, w.bands), 1, int64(w.bands), int64(len(frames)/w.bands))
	if err != nil {
		return nil, err
	}
	defer mel.Close()
	cross, err := w.encoder.Run(mel)
	if err != nil {
		return nil, fmt.Errorf("decoder: encoder: %w", err)
	}
	s := &search{w: w, cross: cross}
	if err := s.begin(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// begin gives the decoder an empty memory: one position that is never read.
func (s *search) begin() error {
	w := s.w
	for range 2 * w.layers {
		t, err := graph.Floats(make([]float32, w.heads*w.headWidth), int64(w.heads), 1, int64(w.headWidth))
		if err != nil {
			return err
		}
		s.self = append(s.self, t)
	}
	return nil
}

// again makes ready for another search over the same sound.
func (s *search) again() error {
	for _, t := range append(s.self, s.out...) {
		t.Close()
	}
	s.self, s.out, s.rows, s.n = nil, nil, nil, 0
	return s.begin()
}

func (s *search) close() {
	for _, list := range [][]*graph.Tensor{s.cross, s.self, s.out} {
		for _, t := range list {
			t.Close()
		}
	}
}

// step adds tokens to the memory; row then gives the logits of those from first on.
func (s *search) step(tokens []int64, first int) error {
	if s.n+len(tokens) > s.w.positions {
		return fmt.Errorf("decoder: %d tokens are more than the model holds", s.n+len(tokens))
	}
	in := make([]*graph.Tensor, 0, 3+len(s.self)+len(s.cross))
	for _, v := range [][]int64{tokens, {int64(s.n)}, {int64(first)}} {
		t, err := graph.Ints(v, int64(len(v)))
		if err != nil {
			return err
		}
		defer t.Close()
		in = append(in, t)
	}
	out, err := s.w.decoder.Run(append(append(in, s.self...), s.cross...)...)
	if err != nil {
		return fmt.Errorf("decoder: step: %w", err)
	}
	for _, t := range append(s.self, s.out...) {
		t.Close()
	}
	s.out, s.self, s.n = out[:2], out[2:], s.n+len(tokens)
	s.rows, s.first, s.given = out[0].Data(), first, len(tokens)
	s.runs++
	return nil
}

// row is the logits of the i-th wanted row of the last step.
func (s *search) row(i int) []float32 { return s.rows[i*s.w.tokens : (i+1)*s.w.tokens] }

// greedy takes the likeliest token again and again. What is guessed is checked in runs of several rows: row i says what follows
// guessed token i−1, so a guess stands as far as it is what the model would have said.
func (s *search) greedy(ctx context.Context, r request) (found, error) {
	limit := s.w.longest(r)
	f, row, offered, g, err := s.prefix(r, limit)
	if err != nil {
		return f, err
	}
	var a *alignment
	if r.times {
		a = newAlignment(s.w.aligned, (len(r.frames)/s.w.bands+1)/2)
	}
	next, p := r.bias.pick(s.w.vocabulary, s.row(row), f.tokens)
	a.add(s, row)
	var end *ending // of what goes on none is looked for: it would cost a look at all tokens each step
	if r.final() {
		end = new(ending)
	}
	for next != s.w.vocabulary.eot && len(f.tokens) < limit {
		end.consider(f.p, s.row(row), s.w.vocabulary.eot)
		f.tokens, f.p = append(f.tokens, int32(next)), append(f.p, p)
		if cut := loop(f.tokens); cut > 0 {
			f.tokens, f.p = f.tokens[:cut], f.p[:cut]
			a.cut(cut + 1)
			break
		}
		if len(f.tokens) >= tell && f.silent(s.w) {
			break
		}
		if len(offered) > 0 && offered[0] == int64(next) {
			offered = offered[1:]
			row++
			f.accepted++
		} else {
			s.n -= len(offered) // forget what was not said
			if err := ctx.Err(); err != nil {
				return found{}, err
			}
			offered = g.after(int64(next), offered)
			if err := s.step(append([]int64{int64(next)}, offered...), 0); err != nil {
				return found{}, err
			}
			row = 0
		}
		next, p = r.bias.pick(s.w.vocabulary, s.row(row), f.tokens)
		a.add(s, row)
	}
	if next == s.w.vocabulary.eot {
		end.consider(f.p, s.row(row), next)
	}
	if n := end.best(); n > 0 && n < len(f.tokens) {
		f.tokens, f.p = f.tokens[:n], f.p[:n]
		a.cut(n + 1)
	}
	f.runs = s.runs
	if f.silent(s.w) {
		f.tokens, f.p = nil, nil
	} else if a != nil {
		f.heard = a.times(len(f.tokens))
	}
	return f, nil
}

// prefix runs everything that stands before the text, and the draft or the guess's beginning. It returns the row that says what
// the first token of text is, what it offered of draft or guess, and the rest of the guess.
func (s *search) prefix(r request, limit int) (f found, row int, draft []int64, g guess, err error) {
	v := s.w.vocabulary
	var tokens []int64
	if len(r.prompt) > 0 {
		tokens = append(append(tokens, int64(v.prev)), r.prompt...)
	}
	first := len(tokens) // the row of <|startoftranscript|>, which also knows whether anybody speaks
	tokens = append(tokens, int64(v.sot))
	for _, t := range r.draft[:min(len(r.draft), limit)] {
		if t < 0 || int(t) >= v.eot {
			break // not text of this model
		}
		draft = append(draft, int64(t))
	}
	if len(draft) == 0 {
		draft, g = newGuess(r.guess[:min(len(r.guess), limit)])
	}
	f.language = r.language
	language, known := v.languages[r.language]
	if v.multilingual() && !known {
		// The language must be known before the next token can be given.
		if err := s.step(tokens, first); err != nil {
			return f, 0, nil, g, err
		}
		f.noSpeech = softmax(s.row(0), v.noSpeech)
		f.language, language = v.likeliest(s.row(0))
		tokens, first = nil, 0
	}
	start := len(tokens)
	if v.multilingual() {
		task := v.transcribe
		if r.english {
			task = v.translate
		}
		tokens = append(tokens, int64(language), int64(task))
	}
	tokens = append(append(tokens, int64(v.noTimestamps)), draft...)
	if err := s.step(tokens, first); err != nil {
		return f, 0, nil, g, err
	}
	if start > 0 {
		f.noSpeech = softmax(s.row(0), v.noSpeech)
	}
	return f, len(tokens) - len(draft) - 1 - first, draft, g, nil
}

// silent says that nobody spoke, where the model is able to tell: it thinks so, and is unsure of its words too. Some
// speakers' first syllable alone looks like nobody to it, but then the words are sure.
func (f *found) silent(w *whisper) bool {
	return w.vocabulary.multilingual() && f.noSpeech > noSpeechGate && f.sureness() < sureWords
}

// sureness is the mean logarithm of the tokens' probabilities.
func (f *found) sureness() float64 {
	sum := 0.0
	for _, p := range f.p {
		sum += math.Log(max(p, 1e-9))
	}
	return sum / float64(max(len(f.p), 1))
}

// likeliest is the language of which <|startoftranscript|>'s row is surest.
func (v *vocabulary) likeliest(row []float32) (code string, token int) {
	for c, t := range v.languages {
		if token == 0 || row[t] > row[token] || row[t] == row[token] && t < token {
			code, token = c, t
		}
	}
	return code, token
}

// best is the likeliest token and its probability.
func best(row []float32) (int, float64) {
	b := 0
	for i, x := range row {
		if x > row[b] {
			b = i
		}
	}
	return b, softmax(row, b)
}

// softmax is the probability of one token. Logits far below the highest add nothing that could be seen.
func softmax(row []float32, token int) float64 {
	top := row[0]
	for _, x := range row {
		top = max(top, x)
	}
	sum := 0.0
	for _, x := range row {
		if d := x - top; d > -16 {
			sum += math.Exp(float64(d))
		}
	}
	return math.Exp(float64(row[token]-top)) / sum
}

// loop finds the end of tokens going round in circles, Whisper's way of failing, and gives the length at which to cut
// them: after the first round. 0 means that they do not. A digit or a short word may well be said some times in a row.
func loop(tokens []int32) int {
	for period := 1; period <= 16; period++ {
		rounds := 4
		if period <= 2 {
			rounds = 8
		}
		if n := len(tokens) - period*rounds; n >= 0 && circular(tokens[n:], period) {
			for n > 0 && tokens[n-1] == tokens[n-1+period] {
				n--
			}
			return n + period
		}
	}
	return 0
}

func circular(t []int32, period int) bool {
	for i := period; i < len(t); i++ {
		if t[i] != t[i-period] {
			return false
		}
	}
	return true
}
