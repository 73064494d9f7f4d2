package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/decoder"
	"patchbay/transcribe/models"
	"patchbay/transcribe/wer"
	"patchbay/transcribe/worker"
)

// openEngine loads the recogniser; a missing model is an error that says how to mend it.
func openEngine(final string, log *slog.Logger) (*decoder.Engine, error) {
	cache, err := models.Open("")
	if err != nil {
		return nil, err
	}
	return decoder.New(decoder.Config{Models: cache, Final: final, Log: log})
}

// transcribeFiles writes down what is said in files and, with a reference, how much of it is wrong; with several models,
// how they compare.
func transcribeFiles(ctx context.Context, args []string, std stdio) error {
	fs := flag.NewFlagSet("transcribe", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "print JSON lines")
	model := fs.String("model", "base", "the model's `name`, or several with commas between to compare them; patchbay models list shows them")
	language := fs.String("language", "en", "language of the speech, such as en or ja; auto finds out")
	reference := fs.String("reference", "", "`table` of files and their words (tab-separated: file, words; or file, set, words): prints the word error rate. Without files, the table's are read")
	names := fs.String("names", "", "`file` of names, one a line: counts how many of those in the reference are heard right")
	prompt := fs.String("prompt", "", "`text` that primes the recogniser, such as names that will be said")
	translate := fs.Bool("translate", false, "print what lines in another language mean in English below them, by the recogniser")
	files, err := parse(fs, args, std, "[flags] FILE…")
	if err != nil {
		return err
	}
	job := transcription{std: std, out: bufio.NewWriter(std.out), asJSON: *asJSON, prompt: *prompt, language: *language, translate: *translate}
	defer job.out.Flush()
	if *reference != "" {
		var listed []string
		if job.said, listed, err = readReference(*reference); err != nil {
			return err
		}
		if len(files) == 0 {
			files = listed
		}
	}
	if *names != "" {
		if job.names, err = readNameList(*names); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return usageError{"name one file or more, as in: patchbay transcribe call.wav"}
	}
	if job.language == "auto" {
		job.language = ""
	}
	for _, file := range files { // before the model is loaded, which takes seconds
		if err := readable(file); err != nil && file != "demo" {
			return err
		}
		if _, ok := job.said[filepath.Base(file)]; !ok && *reference != "" {
			fmt.Fprintf(std.err, "patchbay transcribe: %s has no row for %s: it is not counted\n", *reference, filepath.Base(file))
		}
	}
	models := strings.Split(*model, ",")
	for _, m := range models {
		if err := job.run(ctx, strings.TrimSpace(m), len(models) > 1, files); err != nil {
			return err
		}
	}
	return nil
}

// transcription is one run of the command.
type transcription struct {
	std              stdio
	out              *bufio.Writer
	asJSON           bool
	prompt, language string
	translate        bool
	said             map[string]string
	names            []string
}

// run transcribes the files by one model.
func (j *transcription) run(ctx context.Context, model string, several bool, files []string) error {
	engine, err := openEngine(model, slog.New(slog.NewTextHandler(j.std.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	defer engine.Close()
	if several && !j.asJSON {
		fmt.Fprintf(j.out, "— %s —\n", model)
	}
	total := score{model: model}
	for _, file := range files {
		samples, err := loadSound(file)
		if err != nil {
			return err // it names the file
		}
		cfg := worker.Config{Language: j.language, Prompt: j.prompt}
		if j.translate {
			cfg.Translate = "all"
		}
		began, cpu := time.Now(), usedCPU()
		lines, err := worker.Transcribe(ctx, engine, samples, cfg)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		count := score{model: model, cpu: usedCPU() - cpu, took: time.Since(began), lines: len(lines),
			audio: time.Duration(len(samples)) * time.Second / media.SampleRate}
		for _, l := range lines {
			if j.asJSON {
				line := map[string]any{"file": file, "model": model, "start_ms": l.StartMS, "end_ms": l.EndMS,
					"text": l.Text, "spoken": l.Spoken, "words": l.Words, "language": l.Language}
				if l.Translation != "" {
					line["translation"] = l.Translation
				}
				_ = printJSON(j.out, "line", began, line)
				continue
			}
			fmt.Fprintf(j.out, "%s  %s  %s\n", clock(l.StartMS), clock(l.EndMS), l.Text)
			if l.Translation != "" {
				fmt.Fprintf(j.out, "%16s(English by machine: %s)\n", "", l.Translation)
			}
		}
		if words, ok := j.said[filepath.Base(file)]; ok {
			ref, hyp := countedWords(words), countedWords(heardWords(lines))
			count.words, count.errors = len(ref), wer.Errors(ref, hyp)
			count.names, count.right = countNames(j.names, words, allText(lines))
			total.add(count)
			j.report(file, count)
		}
		if err := j.out.Flush(); err != nil {
			return err
		}
	}
	if total.words > 0 {
		j.report("all", total)
	}
	return nil
}

// score counts the words of a reference and those that the recogniser got wrong, and what that took.
type score struct {
	words, errors int
	names, right  int
	lines         int
	model         string
	audio         time.Duration
	cpu, took     time.Duration
}

func (s *score) add(o score) {
	s.words, s.errors, s.names, s.right, s.lines = s.words+o.words, s.errors+o.errors, s.names+o.names, s.right+o.right, s.lines+o.lines
	s.audio, s.cpu, s.took = s.audio+o.audio, s.cpu+o.cpu, s.took+o.took
}

func (s score) rate() float64 { return float64(s.errors) / float64(max(s.words, 1)) }

// cost is seconds of processor time for each second of sound.
func (s score) cost() float64 { return s.cpu.Seconds() / max(s.audio.Seconds(), 0.001) }

// delay is the time that one line takes, when nothing else runs.
func (s score) delay() time.Duration { return s.took / time.Duration(max(s.lines, 1)) }

func (j *transcription) report(file string, c score) {
	if j.asJSON {
		_ = printJSON(j.out, "score", time.Now(), map[string]any{"file": file, "model": c.model, "words": c.words, "errors": c.errors, "word_error_rate": c.rate(),
			"names": c.names, "names_right": c.right, "audio_seconds": c.audio.Seconds(), "cpu_seconds_per_second": c.cost(), "seconds_per_line": c.delay().Seconds()})
		return
	}
	fmt.Fprintf(j.out, "%s: %d of %d words wrong, %.1f %%", file, c.errors, c.words, 100*c.rate())
	if c.names > 0 {
		fmt.Fprintf(j.out, "; %d of %d names right", c.right, c.names)
	}
	fmt.Fprintf(j.out, "  (%.1f s of sound in %.1f s; %.3f CPU s a second, %.2f s a line)\n", c.audio.Seconds(), c.took.Seconds(), c.cost(), c.delay().Seconds())
}

// heardWords is what the recogniser said word for word, before it was written as people write.
func heardWords(lines []transcribe.Line) string {
	var b strings.Builder
	for _, l := range lines {
		for _, w := range l.Words {
			b.WriteString(w.Text)
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// countedWords are a text's words as they are compared: said in letters, a number that is left open as people mostly say it, so
// that "63726" is five digits, whoever wrote it.
func countedWords(text string) []string { return wer.Normalize(transcribe.Spoken(text, "en")) }

// countNames counts the names that stand in what was said, and those that were heard.
func countNames(names []string, said, heard string) (all, right int) {
	said, heard = " "+strings.Join(wer.Normalize(said), " ")+" ", " "+strings.Join(wer.Normalize(heard), " ")+" "
	for _, name := range names {
		n := " " + strings.Join(wer.Normalize(name), " ") + " "
		there := strings.Count(said, n)
		all += there
		right += min(there, strings.Count(heard, n))
	}
	return all, right
}

func readNameList(path string) ([]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, line := range strings.Split(string(b), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	return names, nil
}

// usedCPU is what this process has used of the processors.
func usedCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func allText(lines []transcribe.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text)
		b.WriteByte(' ')
	}
	return b.String()
}

// clock writes milliseconds as minutes and seconds.
func clock(ms int64) string {
	return fmt.Sprintf("%d:%06.3f", ms/60000, float64(ms%60000)/1000)
}

// readReference reads the table: the words by the file's base name, and the files beside the table, in order.
func readReference(path string) (said map[string]string, files []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	said = map[string]string{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cols := strings.Split(line, "\t")
		if len(cols) < 2 {
			return nil, nil, fmt.Errorf("%s:%d: a line is a file and its words, with a tab between", path, n)
		}
		said[filepath.Base(cols[0])] = cols[len(cols)-1]
		files = append(files, filepath.Join(filepath.Dir(path), cols[0]))
	}
	return said, files, sc.Err()
}
