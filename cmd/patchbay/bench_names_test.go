//go:build bench

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/transcribe"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/prime"
	"patchbay/transcribe/wer"
	"patchbay/transcribe/worker"
)

// namesCall is a record and what is said in its call.
type namesCall struct {
	record    prime.Record
	sentences []namesSentence
}

type namesSentence struct {
	written string   // as it must be heard
	names   []string // in it
}

// namesCount is what was heard of a set of sentences in one way.
type namesCount struct {
	names, right, words, wrong int
	took                       time.Duration
}

func (c namesCount) share() float64 { return 100 * float64(c.right) / float64(max(c.names, 1)) }
func (c namesCount) rate() float64  { return 100 * float64(c.wrong) / float64(max(c.words, 1)) }

// benchNames measures what the record teaches: names right and words wrong without a prompt, with the record's, and with
// that of somebody else; over the sentences that the means were tuned on, and over others that they never were.
func benchNames(t *testing.T, rows []*budget) {
	engine := benchEngine(t, "")
	for i, set := range []struct{ name, path string }{{"tuned", "testdata/bench/names.txt"}, {"held out", "testdata/bench/names-heldout.txt"}} {
		calls := readNames(t, set.path)
		if quick() {
			calls = calls[2:4]
		}
		unprimed, primed, wrong := hearNames(t, engine, calls)
		sentences := 0
		for _, c := range calls {
			sentences += len(c.sentences)
		}
		right, more := rows[2*i], rows[2*i+1]
		right.set(primed.share() >= 85, "%.0f %%", primed.share())
		right.note("%s: names right: %.0f %% unprimed, %.0f %% primed, %.0f %% with somebody else's record; words wrong %.1f, %.1f and %.1f %%", set.name,
			unprimed.share(), primed.share(), wrong.share(), unprimed.rate(), primed.rate(), wrong.rate())
		right.note("%d sentences, %d names, two Flite voices (rms, slt) through µ-law; a pass takes %.0f ms unprimed, %.0f ms primed", sentences, primed.names/2,
			unprimed.took.Seconds()*1000/float64(2*sentences), primed.took.Seconds()*1000/float64(2*sentences))
		points := wrong.rate() - unprimed.rate()
		more.set(points <= 1, "%+.1f points", points)
	}
}

// hearNames has both voices say every sentence, and counts.
func hearNames(t *testing.T, engine *decoder.Engine, calls []namesCall) (unprimed, primed, wrong namesCount) {
	for i, c := range calls {
		for _, s := range c.sentences {
			for _, voice := range []string{"rms", "slt"} {
				sound := flite(t, voice, spelledNumbers(s.written))
				for _, p := range []struct {
					into   *namesCount
					record prime.Record
				}{{&unprimed, prime.Record{}}, {&primed, c.record}, {&wrong, stranger(calls, i)}} {
					began := time.Now()
					lines := linesIn(t, engine, sound, worker.Config{Language: "en", Prompt: prime.Text(p.record, "en"), Workers: 1})
					p.into.took += time.Since(began)
					for i := range lines { // as the contact centre does
						lines[i] = prime.Remember(p.record).Correct(lines[i])
					}
					text := strings.TrimSpace(allText(lines))
					ref := countedWords(s.written)
					p.into.words += len(ref)
					p.into.wrong += wer.Errors(ref, countedWords(text))
					for _, name := range s.names {
						p.into.names++
						if hasName(text, name) {
							p.into.right++
						} else if p.into == &primed {
							t.Logf("%s: missed %q in %q", voice, name, text)
						}
					}
				}
			}
		}
	}
	return unprimed, primed, wrong
}

// stranger is the next record of another house: one that shares no term of its vocabulary.
func stranger(calls []namesCall, i int) prime.Record {
	mine := map[string]bool{}
	for _, t := range calls[i].record.Vocabulary {
		mine[t.Text] = true
	}
	for k := 1; k < len(calls); k++ {
		other := calls[(i+k)%len(calls)].record
		if !slices.ContainsFunc(other.Vocabulary, func(t prime.Term) bool { return mine[t.Text] }) {
			return other
		}
	}
	return prime.Record{}
}

// benchEngine opens the recogniser in this process, for parts that only listen.
func benchEngine(t testing.TB, final string) *decoder.Engine {
	t.Helper()
	engine, err := openEngine(final, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

// heardIn is what the recogniser writes of a sound (8 kHz).
func heardIn(t testing.TB, engine transcribe.Engine, sound []int16, cfg worker.Config) string {
	t.Helper()
	return strings.TrimSpace(allText(linesIn(t, engine, sound, cfg)))
}

func linesIn(t testing.TB, engine transcribe.Engine, sound []int16, cfg worker.Config) []transcribe.Line {
	t.Helper()
	lines, err := worker.Transcribe(t.Context(), engine, wav.Resample(sound, phoneRate, media.SampleRate), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// flite speaks a text as a telephone carries it: 8 kHz through µ-law, with a breath before and behind.
func flite(t testing.TB, voice, text string) []int16 {
	t.Helper()
	path := t.TempDir() + "/said.wav"
	if out, err := exec.Command("flite", "-voice", voice, "-t", text, "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("flite: %v: %s", err, out)
	}
	wide, err := wav.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	pause := make([]int16, phoneRate/2)
	sound := append(append(append([]int16{}, pause...), telephone(wide)...), pause...)
	for i, s := range sound {
		sound[i] = fromMuLaw(muLaw(s))
	}
	return sound
}

var orderNumber = regexp.MustCompile(`\b[A-Z]{2}-[0-9-]+[0-9]\b`)

// spelledNumbers writes order numbers as people say them: UM-4729-1835 is U M, 4 7 2 9, 1 8 3 5.
func spelledNumbers(text string) string {
	return orderNumber.ReplaceAllStringFunc(text, func(s string) string {
		var b strings.Builder
		for _, r := range s {
			if r == '-' {
				b.WriteString(", ")
				continue
			}
			fmt.Fprintf(&b, "%c ", r)
		}
		return b.String()
	})
}

// hasName reports whether a name was heard: its letters and figures in order, as words of their own.
func hasName(text, name string) bool {
	folded := func(s string) string {
		var b strings.Builder
		b.WriteByte(' ')
		for _, w := range strings.Fields(s) {
			w = strings.TrimSuffix(strings.TrimRight(w, ".,?!"), "'s")
			for _, r := range strings.ToLower(w) {
				if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
					b.WriteRune(r)
				}
			}
			b.WriteByte(' ')
		}
		return b.String()
	}
	if strings.ContainsAny(name, "0123456789") { // where the spaces are in a number is nobody's business
		return strings.Contains(strings.ReplaceAll(folded(text), " ", ""), strings.ReplaceAll(folded(name), " ", ""))
	}
	return strings.Contains(folded(text), folded(name))
}

func readNames(t testing.TB, path string) []namesCall {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var calls []namesCall
	brace := regexp.MustCompile(`\{([^}]*)\}`)
	for sc := bufio.NewScanner(bytes.NewReader(data)); sc.Scan(); {
		line := sc.Text()
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '@':
			calls = append(calls, namesCall{record: readNamesRecord(t, line[1:])})
		default:
			s := namesSentence{written: brace.ReplaceAllString(line, "$1")}
			for _, m := range brace.FindAllStringSubmatch(line, -1) {
				s.names = append(s.names, m[1])
			}
			c := &calls[len(calls)-1]
			c.sentences = append(c.sentences, s)
		}
	}
	return calls
}

func readNamesRecord(t testing.TB, line string) prime.Record {
	t.Helper()
	f := strings.Split(line, "|")
	if len(f) != 8 {
		t.Fatalf("a record has eight fields: %s", line)
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	r := prime.Record{Customer: f[0], Town: f[1], Organisation: f[2], Cases: []string{f[4]}, Agents: []string{f[5]}, Queue: f[6]}
	for i, o := range strings.Split(f[3], ";") {
		number, title, _ := strings.Cut(strings.TrimSpace(o), " ")
		r.Orders = append(r.Orders, prime.Order{Number: number, Title: title, Open: i == 0})
	}
	for _, v := range strings.Split(f[7], ";") {
		r.Vocabulary = append(r.Vocabulary, prime.Term{Text: strings.TrimSpace(v)})
	}
	return r
}
