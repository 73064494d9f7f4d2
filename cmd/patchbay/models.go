package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"patchbay/transcribe/decoder"
	"patchbay/transcribe/models"
)

// modelsCommand lists, pulls, verifies or imports speech models.
func modelsCommand(ctx context.Context, args []string, std stdio) error {
	fs := flag.NewFlagSet("models", flag.ContinueOnError)
	dir := fs.String("dir", "", "the cache `directory` (default: $PATCHBAY_MODELS, else patchbay/models in the user's cache directory)")
	name := fs.String("name", "", "import: the model's `name` from now on (default: that of the directory or archive)")
	rest, err := parse(fs, args, std, "list | pull [NAME…] | verify [NAME…] | import DIR|ARCHIVE")
	if err != nil {
		return err
	}
	cache, err := models.Open(*dir)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usageError{"say what to do: patchbay models list, pull, verify or import"}
	}
	switch verb, names := rest[0], rest[1:]; verb {
	case "list":
		return listModels(cache, std.out)
	case "pull":
		bar := &progressBar{w: std.err, live: isTerminal(std.err)}
		err := cache.Pull(ctx, names, models.Options{Progress: bar.show})
		bar.end()
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "The speech models are in %s.\n", cache.Dir())
		return nil
	case "verify":
		return verifyModels(cache, names, std.out)
	case "import":
		var sources []string
		for len(names) > 0 { // flags may also stand behind the verb
			if names, err = parse(fs, names, std, "import DIR|ARCHIVE"); err != nil {
				return err
			}
			if len(names) > 0 {
				sources, names = append(sources, names[0]), names[1:]
			}
		}
		if len(sources) != 1 {
			return usageError{"name one checkpoint, a directory or an archive: patchbay models import DIR|ARCHIVE"}
		}
		return importModel(ctx, cache, sources[0], *name, std)
	default:
		return usageError{fmt.Sprintf("there is no %q: patchbay models list, pull, verify or import", verb)}
	}
}

// importModel makes a checkpoint of one's own a model by name, if it can be loaded and used.
func importModel(ctx context.Context, cache *models.Cache, source, name string, std stdio) error {
	bar := &progressBar{w: std.err, live: isTerminal(std.err)}
	m, err := cache.Import(ctx, source, models.ImportOptions{Name: name, Progress: bar.show,
		Check: func(ctx context.Context, dir string) error { return decoder.Check(ctx, cache, dir) }})
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "The model %s (%.1f MB) is in %s. Compare it by: patchbay transcribe --model base,%s --reference TABLE\n", m.Name, float64(m.Size())/1e6, cache.Dir(), m.Name)
	return nil
}

func listModels(cache *models.Cache, w io.Writer) error {
	for _, m := range cache.List() {
		state := "missing"
		if m.Present {
			state = "here"
		}
		fmt.Fprintf(w, "%-12s %-8s %7.1f MB  %-10s %-12s %s\n", m.Name, state, float64(m.Size())/1e6, m.Licence,
			strings.Join(m.Languages, " "), m.What)
		for i, s := range m.Sources {
			fmt.Fprintf(w, "%14d. %s\n", i+1, s)
		}
	}
	fmt.Fprintf(w, "\nThe cache is %s.\n", cache.Dir())
	return nil
}

func verifyModels(cache *models.Cache, names []string, w io.Writer) error {
	if len(names) == 0 {
		for _, m := range cache.List() {
			names = append(names, m.Name)
		}
	}
	bad := false
	for _, name := range names {
		err := cache.Verify(name)
		switch {
		case err == nil:
			fmt.Fprintf(w, "%-12s good\n", name)
		case errors.Is(err, models.ErrUnknown):
			return err
		default:
			bad = true
			fmt.Fprintf(w, "%-12s %v\n", name, err)
		}
	}
	if bad {
		return errReported
	}
	return nil
}

// progressBar shows how far a download is: a moving line at a terminal, a few lines elsewhere.
type progressBar struct {
	mu    sync.Mutex
	w     io.Writer
	live  bool
	name  string
	shown int64 // tenths shown of name
}

func (p *progressBar) show(name string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if total <= 0 {
		return
	}
	tenth := 10 * done / total
	if name != p.name {
		if p.live && p.name != "" {
			fmt.Fprintln(p.w)
		}
		p.name, p.shown = name, -1
	}
	if p.live {
		fmt.Fprintf(p.w, "\r%-12s [%-20s] %3d %%  %.1f of %.1f MB ", name, strings.Repeat("#", int(min(2*tenth, 20))),
			100*done/total, float64(done)/1e6, float64(total)/1e6)
	} else if tenth > p.shown && (tenth == 10 || tenth%5 == 0) {
		fmt.Fprintf(p.w, "%s: %d %% of %.1f MB\n", name, 100*done/total, float64(total)/1e6)
	}
	p.shown = tenth
}

func (p *progressBar) end() {
	if p.live && p.name != "" {
		fmt.Fprintln(p.w)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
