package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"
)

// usageError is a wrong command line.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

// parse reads flags before and after the positional arguments, which it gives back.
func parse(fs *flag.FlagSet, args []string, std stdio, synopsis string) ([]string, error) {
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	var rest []string
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(std.out, "Usage: patchbay %s %s\n\n", fs.Name(), synopsis)
			printFlags(std.out, fs)
			return nil, err
		}
		if err != nil {
			return nil, usageError{fmt.Sprintf("%s. Type: patchbay %s --help", twoDashes.Replace(err.Error()), fs.Name())}
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

// twoDashes writes flags in package flag's messages as people type them.
var twoDashes = strings.NewReplacer("not defined: -", "not defined: --", "for flag -", "for flag --", "for -", "for --", "an argument: -", "an argument: --")

// printFlags lists the flags as they are typed, with what each wants and its default.
func printFlags(w io.Writer, fs *flag.FlagSet) {
	fs.VisitAll(func(f *flag.Flag) {
		wants, usage := flag.UnquoteUsage(f)
		switch v := f.Value.(type) {
		case interface{ wants() string }:
			wants = v.wants()
		default:
			if wants == "string" || wants == "int" || wants == "duration" {
				wants = map[string]string{"string": "text", "int": "number", "duration": "time"}[wants]
			}
			if d := f.DefValue; d != "" && d != "0" && d != "0s" && d != "false" {
				usage += " (default " + d + ")"
			}
		}
		if wants != "" {
			wants = " " + strings.ToUpper(wants)
		}
		fmt.Fprintf(w, "  --%s%s\n        %s\n", f.Name, wants, usage)
	})
}

// placeholder is what a setting wants, in the help: its tag says it, else its kind does.
func placeholder(tag reflect.StructTag, v reflect.Value) string {
	if want := tag.Get("wants"); want != "" || v.Kind() == reflect.Bool {
		return want
	}
	switch v.Interface().(type) {
	case time.Duration:
		return "TIME"
	case int:
		return "NUMBER"
	default:
		return "TEXT"
	}
}

// otherEnvironment are variables of ours that are no settings.
var otherEnvironment = []string{"PATCHBAY_MODELS", "PATCHBAY_MODEL_SOURCES"}

// unknownEnvironment names what looks like a setting in the environment and is none, such as a slip of the keyboard. It
// may be another's too, as Kubernetes names services: so it is told, and nothing is refused.
func unknownEnvironment(environ []string) (unknown []string) {
	known := map[string]bool{}
	for _, name := range otherEnvironment {
		known[name] = true
	}
	new(settings).each(func(name, _, _ string, _ reflect.Value) { known[envName(name)] = true })
	for _, pair := range environ {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "PATCHBAY_") && !known[name] {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// readable says what is wrong with a file before anything is started for it.
func readable(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}
