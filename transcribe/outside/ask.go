package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"strings"
	"unicode"

	"patchbay/media/wav"
	"patchbay/transcribe"
)

// Bounds of an answer: a line lasts 25 s, in which nobody says a hundred words.
const (
	maxAnswer   = 1 << 20 // bytes
	maxText     = 4 << 10 // bytes, of the text and of its words together
	maxWords    = 400
	maxWord     = 256 // bytes: languages without spaces have long ones
	maxSegments = 400
	rate        = 16000
)

// answer is what "verbose_json" has that a line needs; others are passed over.
type answer struct {
	Text     *string   `json:"text"`
	Words    []timed   `json:"words"`
	Segments []segment `json:"segments"`
}

type timed struct {
	Word  string  `json:"word"`
	Start float64 `json:"start"` // seconds
	End   float64 `json:"end"`
}

type segment struct {
	Start    float64 `json:"start"`
	End      float64 `json:"end"`
	AvgLog   float64 `json:"avg_logprob"`
	NoSpeech float64 `json:"no_speech_prob"`
}

// ask posts one stretch.
func (e *Engine) ask(ctx context.Context, p transcribe.Pass, sound []int16) (transcribe.Hypothesis, error) {
	body, kind, err := e.form(p, sound)
	if err != nil {
		return transcribe.Hypothesis{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, body)
	if err != nil {
		return transcribe.Hypothesis{}, err
	}
	req.Header.Set("Content-Type", kind)
	if e.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+e.cfg.Key)
	}
	res, err := e.client.Do(req)
	if err != nil {
		return transcribe.Hypothesis{}, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return transcribe.Hypothesis{}, fmt.Errorf("outside: %s", res.Status)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return transcribe.Hypothesis{}, err
	}
	return parse(data, p.Language, int64(len(sound))*1000/rate)
}

// form is the request's body: the sound as a WAV file, and what is known of it.
func (e *Engine) form(p transcribe.Pass, sound []int16) (io.Reader, string, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	file, err := w.CreateFormFile("file", "line.wav")
	if err != nil {
		return nil, "", err
	}
	if err := wav.Write(file, sound, rate); err != nil {
		return nil, "", err
	}
	language, _, _ := strings.Cut(p.Language, "-") // ISO 639-1
	for _, f := range [][2]string{{"model", e.cfg.Model}, {"language", language}, {"prompt", p.Prompt}, {"temperature", "0"},
		{"response_format", "verbose_json"}, {"timestamp_granularities[]", "word"}} {
		if f[1] == "" {
			continue
		}
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, "", err
		}
	}
	return &body, w.FormDataContentType(), w.Close()
}

// parse reads an answer to a stretch of length milliseconds. Times outside of it are moved into it.
func parse(data []byte, language string, length int64) (transcribe.Hypothesis, error) {
	if len(data) > maxAnswer {
		return transcribe.Hypothesis{}, errors.New("outside: the answer is longer than 1 MiB")
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return transcribe.Hypothesis{}, errors.New("outside: the answer is no verbose_json")
	}
	if err := a.check(); err != nil {
		return transcribe.Hypothesis{}, err
	}
	h := transcribe.Hypothesis{Text: strings.Join(strings.Fields(*a.Text), " "), Language: language}
	for _, s := range a.Segments {
		h.NoSpeech = max(h.NoSpeech, within(s.NoSpeech, 0, 1))
	}
	h.Sure = len(h.Text)
	words := a.Words
	if len(words) == 0 {
		words = spread(h.Text, float64(length)/1000)
	}
	last := int64(0)
	for _, w := range words {
		from := max(int64(within(w.Start*1000, 0, float64(length))), last)
		to := max(int64(within(w.End*1000, 0, float64(length))), from)
		last = to
		if text := strings.Join(strings.Fields(w.Word), " "); text != "" {
			h.Words = append(h.Words, transcribe.Word{Text: text, StartMS: from, EndMS: to, Probability: probability(a.Segments, w.Start)})
		}
	}
	return h, nil
}

// check refuses what can be no line, so that nothing of a stranger's is kept or shown which our own engine could not write.
func (a *answer) check() error {
	if a.Text == nil || !writable(*a.Text, maxText) || len(strings.Fields(*a.Text)) > maxWords {
		return errors.New("outside: the answer has no text that could be a line")
	}
	if len(a.Words) > maxWords || len(a.Segments) > maxSegments {
		return errors.New("outside: the answer has more words or segments than a line")
	}
	left := maxText
	for _, w := range a.Words {
		if left -= len(w.Word); left < 0 || !writable(w.Word, maxWord) {
			return errors.New("outside: the answer has words that could be in no line")
		}
	}
	return nil
}

// writable reports text of so many bytes at most and without control characters, of which the database refuses one; those that
// are spaces become such.
func writable(s string, most int) bool {
	return len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) })
}

// spread gives words times by their lengths, where the other end has none.
func spread(text string, seconds float64) []timed {
	fields := strings.Fields(text)
	letters := 0
	for _, f := range fields {
		letters += len(f)
	}
	var out []timed
	at := 0.0
	for _, f := range fields {
		d := seconds * float64(len(f)) / float64(letters)
		out = append(out, timed{f, at, at + d})
		at += d
	}
	return out
}

// probability is that of the segment in which a word lies, 1 where the other end has none.
func probability(segments []segment, at float64) float64 {
	for _, s := range segments {
		if at >= s.Start && at < s.End {
			return within(math.Exp(s.AvgLog), 0, 1)
		}
	}
	return 1
}

// within bounds x; what is no number is the lower bound.
func within(x, least, most float64) float64 {
	if math.IsNaN(x) {
		return least
	}
	return min(max(x, least), most)
}
