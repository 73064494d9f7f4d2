package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
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

// transcriber is the recogniser's own process, spoken to over stdin and stdout.
func transcriber(ctx context.Context, args []string, std stdio) error {
	if _, err := parse(flag.NewFlagSet("transcriber", flag.ContinueOnError), args, std, ""); err != nil {
		return err
	}
	in, out, err := worker.Stdio()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(std.err, nil))
	engine, err := openEngine("", log)
	if err != nil {
		return worker.Refuse(out, err.Error())
	}
	// The server ends this process by closing the pipe, after the last words: a Ctrl-C meant for it is not for us.
	err = worker.Serve(context.WithoutCancel(ctx), in, out, engine, log)
	if errors.Is(err, worker.ErrHung) {
		return err // a pass still runs in the engine, which must not be freed under it
	}
	return errors.Join(err, engine.Close())
}

// transcribeFiles writes down what is said in files and, with a reference, how much of it is wrong.
func transcribeFiles(ctx context.Context, args []string, std stdio) error {
	fs := flag.NewFlagSet("transcribe", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "print JSON lines")
	model := fs.String("model", "base", "the model's `name`; patchbay models list shows them")
	language := fs.String("language", "en", "language of the speech, such as en or ja; auto finds out")
	reference := fs.String("reference", "", "`table` of files and their words (tab-separated: file, words; or file, set, words): prints the word error rate. Without files, the table's are read")
	files, err := parse(fs, args, std, "[flags] FILE…")
	if err != nil {
		return err
	}
	var said map[string]string
	if *reference != "" {
		var listed []string
		if said, listed, err = readReference(*reference); err != nil {
			return err
		}
		if len(files) == 0 {
			files = listed
		}
	}
	if len(files) == 0 {
		return usageError{"name one file or more, as in: patchbay transcribe call.wav"}
	}
	if *language == "auto" {
		*language = ""
	}
	engine, err := openEngine(*model, slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	defer engine.Close()
	out := bufio.NewWriter(std.out)
	defer out.Flush()
	var total score
	for _, file := range files {
		samples, err := loadSound(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		began := time.Now()
		lines, err := worker.Transcribe(ctx, engine, samples, worker.Config{Language: *language})
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, l := range lines {
			if *asJSON {
				printJSON(out, "line", began, map[string]any{"file": file, "start_ms": l.StartMS, "end_ms": l.EndMS,
					"text": l.Text, "spoken": l.Spoken, "words": l.Words})
			} else {
				fmt.Fprintf(out, "%s  %s  %s\n", clock(l.StartMS), clock(l.EndMS), l.Text)
			}
		}
		audio := time.Duration(len(samples)) * time.Second / media.SampleRate
		if words, ok := said[filepath.Base(file)]; ok {
			ref, hyp := wer.Normalize(words), wer.Normalize(allText(lines))
			count := score{len(ref), wer.Errors(ref, hyp)}
			total.words += count.words
			total.errors += count.errors
			report(out, *asJSON, file, count, audio, time.Since(began))
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	if total.words > 0 {
		report(out, *asJSON, "all", total, 0, 0)
	}
	return nil
}

// score counts the words of a reference, and those that the recogniser got wrong.
type score struct{ words, errors int }

func (s score) rate() float64 { return float64(s.errors) / float64(max(s.words, 1)) }

func report(out *bufio.Writer, asJSON bool, file string, c score, audio, took time.Duration) {
	if asJSON {
		printJSON(out, "score", time.Now(), map[string]any{"file": file, "words": c.words, "errors": c.errors, "word_error_rate": c.rate()})
		return
	}
	fmt.Fprintf(out, "%s: %d of %d words wrong, %.1f %%", file, c.errors, c.words, 100*c.rate())
	if audio > 0 {
		fmt.Fprintf(out, "  (%.1f s of sound in %.1f s)", audio.Seconds(), took.Seconds())
	}
	fmt.Fprintln(out)
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
