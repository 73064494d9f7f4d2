package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// command is one subcommand of the program.
type command struct {
	name, what string
	run        func(ctx context.Context, args []string, std stdio) error
}

// stdio is where a command prints.
type stdio struct {
	out, err io.Writer
}

// commands are listed in the order of the help.
func commands() []command {
	return []command{
		{"serve", "run the contact centre", serve},
		{"dial", "call a number as a telephone does", dial},
		{"answer", "answer calls as a telephone does", answer},
		{"agent", "take calls as an agent without a browser", agent},
		{"transcribe", "write down what is said in audio files", transcribeFiles},
		{"models", "list, pull or verify the speech models", modelsCommand},
		{"recordings", "verify, export or re-key recordings", recordingsCommand},
		{"doctor", "check what serve needs, and say how to mend it", doctor},
		{"transcriber", "recognise speech for a server on another machine (serve starts its own)", transcriber},
		{"version", "print the version", printVersion},
	}
}

func main() {
	// A second signal kills at once: whoever types Ctrl-C twice means it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], stdio{os.Stdout, os.Stderr}))
}

// run gives the exit code: 0, 1 for a failure, 2 for a wrong command line.
func run(ctx context.Context, args []string, std stdio) int {
	switch {
	case len(args) == 0:
		usage(std.out)
		return 2
	case args[0] == "help" && len(args) > 1:
		args = []string{args[1], "--help"}
	case args[0] == "help" || args[0] == "--help" || args[0] == "-h":
		usage(std.out)
		return 0
	case args[0] == "--version":
		args = []string{"version"}
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:], std)
		switch {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errReported):
			return 1
		}
		fmt.Fprintf(std.err, "patchbay %s: %s\n", c.name, oneLine(err))
		if errors.As(err, new(usageError)) {
			return 2
		}
		return 1
	}
	fmt.Fprintf(std.err, "patchbay: there is no command %q. Type: patchbay help\n", args[0])
	return 2
}

// oneLine is what went wrong on one line: libraries write some errors on several.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, " ")
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Patchbay is a cloud-telephony contact centre in one program.\n\nUsage: patchbay COMMAND [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-12s %s\n", c.name, c.what)
	}
	fmt.Fprint(w, "\npatchbay COMMAND --help says more of each.\n")
}

// errReported ends a command whose failure was printed already.
var errReported = errors.New("failed")

// version is set by the linker in a release.
var version = "dev"

func printVersion(_ context.Context, _ []string, std stdio) error {
	_, err := fmt.Fprintln(std.out, "patchbay", version)
	return err
}
