package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"patchbay/transcribe"
	"patchbay/transcribe/models"
	"patchbay/transcribe/outside"
	"patchbay/transcribe/remote"
	"patchbay/transcribe/worker"
)

// tokenEnv holds the token of a recogniser that connects, where no file is named.
const tokenEnv = "PATCHBAY_TRANSCRIBER_TOKEN"

// maxSmallFile bounds what is read of a file that should hold one line, in bytes.
const maxSmallFile = 4 << 10

// transcriber is the recogniser's own process: a child of serve, spoken to over stdin and stdout, or one that connects to a
// server on another machine.
func transcriber(ctx context.Context, args []string, std stdio) error {
	fs := flag.NewFlagSet("transcriber", flag.ContinueOnError)
	connect := fs.String("connect", "", "`URL` of the server to recognise speech for, such as https://desk.example.com; without it, stdin and stdout are the server's")
	tokenFile := fs.String("token-file", "", "`file` with the server's token, a copy of transcriber.token in its data directory; without it, $"+tokenEnv)
	ca := fs.String("ca", "", "`file` of certificates (PEM) that the server's may be signed by, beside the system's")
	name := fs.String("name", "", "what the server's screens call this recogniser; the machine's name where empty")
	workers := fs.Int("workers", 0, "passes of the recogniser at a time; 0: one per core")
	model := fs.String("model", "base", "the model's `name`, where serve starts this; patchbay models list shows them. With --connect the server says which")
	var elsewhere outside.Config
	fs.StringVar(&elsewhere.URL, "url", "", "`URL` of another recogniser that final lines come from, where serve starts this: see serve --transcribe-url")
	fs.StringVar(&elsewhere.Model, "url-model", "", "the `model` that it is asked for")
	keyFile := fs.String("url-key-file", "", "`file` with its key")
	rest, err := parse(fs, args, std, "")
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageError{fmt.Sprintf("%q is not understood. Type: patchbay transcriber --help", rest[0])}
	}
	log := slog.New(slog.NewTextHandler(std.err, nil))
	if *connect == "" {
		if in, err := os.Stdin.Stat(); err == nil && in.Mode()&os.ModeCharDevice != 0 {
			return usageError{"name the server to recognise speech for, as in: patchbay transcriber --connect https://desk.example.com --token-file transcriber.token"}
		}
		return childTranscriber(ctx, *model, elsewhere, *keyFile, log)
	}
	fs.Visit(func(f *flag.Flag) {
		if f.Name == "model" {
			err = usageError{"--model and --connect do not go together: the server says which model its recognisers have"}
		}
	})
	if err != nil {
		return err
	}
	token, err := readToken(*tokenFile)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // a machine without a name is called by its address
	loaded := &loadedEngine{log: log}
	err = remote.Run(ctx, remote.Config{URL: *connect, Token: token, CA: *ca, Log: log,
		Options: worker.Options{Load: loaded.get, Name: cmp.Or(*name, host), Program: version, Workers: *workers, Log: log}})
	if errors.Is(err, worker.ErrHung) {
		return err // a pass still runs in the engine, which must not be freed under it
	}
	return errors.Join(err, loaded.close())
}

// childTranscriber serves the server that started it.
func childTranscriber(ctx context.Context, model string, elsewhere outside.Config, keyFile string, log *slog.Logger) error {
	in, out, err := worker.Stdio()
	if err != nil {
		return err
	}
	local, err := openEngine(model, log)
	if err != nil {
		return worker.Refuse(out, err.Error())
	}
	var engine transcribe.Engine = local
	if elsewhere.URL != "" {
		if engine, err = openOutside(elsewhere, keyFile, local, log); err != nil {
			return errors.Join(worker.Refuse(out, err.Error()), local.Close())
		}
	}
	// The server ends this process by closing the pipe, after the last words: a Ctrl-C meant for it is not for us.
	err = worker.Serve(context.WithoutCancel(ctx), in, out, engine, log)
	if errors.Is(err, worker.ErrHung) {
		return err // a pass still runs in the engine, which must not be freed under it
	}
	return errors.Join(err, engine.Close())
}

// openOutside puts another recogniser, by URL, before the local one.
func openOutside(c outside.Config, keyFile string, local transcribe.Engine, log *slog.Logger) (transcribe.Engine, error) {
	key, err := readTranscribeKey(keyFile)
	if err != nil {
		return nil, err
	}
	c.Key, c.Local, c.Log = key, local, log
	return outside.New(c)
}

// readSmall reads a file that should hold one line, such as a password.
func readSmall(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSmallFile))
	return string(b), err
}

// readTranscribeKey reads the key of another recogniser; "" where none is named.
func readTranscribeKey(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := readSmall(file)
	if err != nil {
		return "", fmt.Errorf("the key for --transcribe-url cannot be read: %w", err)
	}
	key := strings.TrimSpace(text)
	if key == "" || strings.ContainsAny(key, " \t\r\n") {
		return "", fmt.Errorf("%s does not hold a key: --transcribe-url-key-file names a file with one line", file)
	}
	return key, nil
}

// readToken reads the token of a recogniser that connects.
func readToken(file string) (string, error) {
	if file == "" {
		token := strings.TrimSpace(os.Getenv(tokenEnv))
		if token == "" {
			return "", usageError{"the server wants a token: copy transcriber.token from its data directory and name it by --token-file, or put what is in it into $" + tokenEnv}
		}
		return token, nil
	}
	text, err := readSmall(file)
	if err != nil {
		return "", fmt.Errorf("the token cannot be read: %w. It is a copy of transcriber.token in the server's data directory", err)
	}
	token := strings.TrimSpace(text)
	if len(token) < remote.MinToken || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("%s does not hold a token: it is a copy of transcriber.token in the server's data directory, one line", file)
	}
	return token, nil
}

// loadedEngine keeps the engine from one connection to the next: loading takes seconds.
type loadedEngine struct {
	log    *slog.Logger
	model  string
	engine interface {
		transcribe.Engine
		Close() error
	}
}

// get gives the engine with the server's model. It is called by one connection at a time.
func (l *loadedEngine) get(model, weights string) (transcribe.Engine, error) {
	model = cmp.Or(model, "base")
	if strings.ContainsAny(model, `/\`) {
		return nil, fmt.Errorf("the server wants the model %q, a directory of its own: import it there and here by patchbay models import DIR --name NAME, and serve with --model NAME", model)
	}
	if own := weightsOf(model); weights != "" && own != "" && own != weights {
		return nil, fmt.Errorf("the model %q has other weights here than at the server: import the same checkpoint on both machines, by patchbay models import", model)
	}
	if l.engine != nil && l.model == model {
		return l.engine, nil
	}
	if err := l.close(); err != nil {
		return nil, err
	}
	engine, err := openEngine(model, l.log)
	if err != nil {
		return nil, fmt.Errorf("the server's model is not on this machine: %w", err)
	}
	l.engine, l.model = engine, model
	return engine, nil
}

func (l *loadedEngine) close() error {
	if l.engine == nil {
		return nil
	}
	err := l.engine.Close()
	l.engine = nil
	return err
}

// weightsOf is the SHA-256 of a model's weights; "" where it is not known.
func weightsOf(model string) string {
	cache, err := models.Open("")
	if err != nil {
		return ""
	}
	for _, m := range cache.List() {
		for _, f := range m.Files {
			if m.Name == model && f.Name == "model.bin" {
				return f.SHA256
			}
		}
	}
	return ""
}
